"""Objects of exactly known size, drawn onto any grid by the voxel-centre rule."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from mri.geometry import FloatArray, Geometry, Vector
from mri.volume import LabelMap
from tests.features.scene import AXIAL_AXES, SAGITTAL_AXES

GRIDS: dict[str, tuple[Vector, tuple[Vector, Vector, Vector]]] = {
    "iso": ((1.0, 1.0, 1.0), AXIAL_AXES),
    "sag": ((0.6, 0.6, 3.3), SAGITTAL_AXES),
    "ax": ((0.6, 0.6, 4.0), AXIAL_AXES),
}
"""Spacing and axes of clinical grids."""
ARC_RADIUS_MM = {"capsule_arc60": (60.0, 60.0), "capsule_arc30": (120.0, 30.0)}
"""Radius in mm and opening in degrees of the two curved objects of the reference set."""
CORD_RADIUS_MM = 5.0
_LINE_STEP_MM = 0.1
_TAIL_MM = 60.0
"""Cord drawn on either side of a lesion's middle beyond the arc."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A cord's axis: an arc with straight ends, turned in space; s = 0 in its middle."""

    radius_mm: float = np.inf
    opening_deg: float = 0.0
    turn: Rotation = field(default_factory=Rotation.identity)
    centre: Vector = (0.0, 0.0, 0.0)

    def at(self, s_mm: FloatArray) -> FloatArray:
        """Return positions, (n, 3), at arc lengths from the middle, caudally."""
        half = np.deg2rad(self.opening_deg) / 2
        if half == 0.0:
            flat = np.stack([0 * s_mm, 0 * s_mm, -s_mm], axis=1)
        else:
            phi = np.clip(s_mm / self.radius_mm, -half, half)
            rest = s_mm - phi * self.radius_mm
            y = self.radius_mm * (1 - np.cos(phi)) + rest * np.sin(phi)
            z = self.radius_mm * np.sin(phi) + rest * np.cos(phi)
            flat = np.stack([0 * s_mm, y, -z], axis=1)
        placed: FloatArray = self.turn.apply(flat) + np.array(self.centre)
        return placed


def grid_around(points_mm: FloatArray, kind: str, margin_mm: float, turn: Rotation | None = None) -> Geometry:
    """Return a clinical grid, perhaps turned, that holds points with a margin; its lattice goes through the origin."""
    spacing, axes = GRIDS[kind]
    directions = (turn or Rotation.identity()).apply(np.array(axes))
    index = points_mm @ directions.T / np.array(spacing)
    low = np.floor(index.min(axis=0) - margin_mm / np.array(spacing)).astype(int)
    high = np.ceil(index.max(axis=0) + margin_mm / np.array(spacing)).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = directions.T * np.array(spacing)
    affine[:3, 3] = affine[:3, :3] @ low
    return Geometry.from_affine(affine, [int(n) for n in high - low + 1])


def draw_tube(curve: Curve, geometry: Geometry, radius_mm: float, from_s: float, to_s: float) -> LabelMap:
    """Draw a tube about a curve between two arc lengths, its ends flat and at right angles to the curve."""
    s_mm = np.arange(from_s - 2 * radius_mm, to_s + 2 * radius_mm, _LINE_STEP_MM)
    line = curve.at(s_mm)
    index = _near(line[::5], geometry, radius_mm)
    distance, nearest = cKDTree(line).query(geometry.to_world(index))
    at = s_mm[nearest]
    inside = (distance <= radius_mm) & (at >= from_s) & (at <= to_s)
    return _filled(index[inside], geometry)


def draw_capsule(curve: Curve, geometry: Geometry, radius_mm: float, from_s: float, to_s: float) -> LabelMap:
    """Draw a tube with round ends, which reach one radius beyond both arc lengths."""
    line = curve.at(np.arange(from_s, to_s, _LINE_STEP_MM))
    index = _near(line[::5], geometry, radius_mm)
    distance, _ = cKDTree(line).query(geometry.to_world(index))
    return _filled(index[distance <= radius_mm], geometry)


def draw_cord(curve: Curve, geometry: Geometry, radius_mm: float = CORD_RADIUS_MM) -> LabelMap:
    """Draw the cord about a curve, well beyond any lesion."""
    return draw_tube(curve, geometry, radius_mm, -_TAIL_MM, _TAIL_MM)


def draw_ellipsoid(semi_mm: Vector, turn: Rotation, centre: Vector, geometry: Geometry) -> LabelMap:
    """Draw a turned ellipsoid."""
    index = np.argwhere(np.ones(geometry.shape, dtype=bool))
    local = turn.inv().apply(geometry.to_world(index) - np.array(centre)) / np.array(semi_mm)
    return _filled(index[(local**2).sum(axis=1) <= 1.0], geometry)


def ellipsoid_extent(semi_mm: Vector, turn: Rotation, direction: Vector) -> float:
    """Return the exact extent of a turned ellipsoid along a direction."""
    return float(2 * np.linalg.norm(np.array(semi_mm) * turn.inv().apply(direction)))


def arc(radius_mm: float, opening_deg: float, straight_mm: float) -> FloatArray:
    """Return an arc in the sagittal plane, (n, 3), that goes on straight at both ends."""
    half = np.deg2rad(opening_deg) / 2
    phi = np.linspace(-half, half, 400)
    curve = np.stack([0 * phi, radius_mm * (1 - np.cos(phi)), radius_mm * np.sin(phi)], axis=1)
    steps = np.linspace(0, straight_mm, 200)[1:, None]
    tail = np.array([0.0, np.sin(half), np.cos(half)])
    ahead = curve[-1] + steps * tail
    return np.concatenate([(ahead * [1, 1, -1])[::-1], curve, ahead])


def tube_around(line: FloatArray, like: Geometry, radius_mm: float = CORD_RADIUS_MM) -> LabelMap:
    """Draw a tube around a line on a grid like another, wide enough to hold it."""
    step = np.array(like.spacing_mm)
    pad = np.ceil(45.0 / step).astype(int)
    affine = like.affine
    affine[:3, 3] = like.to_world(-pad)
    shape = np.array(like.shape) + 2 * pad
    geometry = Geometry.from_affine(affine, [int(n) for n in shape])
    centres = geometry.to_world(np.moveaxis(np.indices(geometry.shape), 0, -1))
    near, _ = cKDTree(line).query(centres.reshape(-1, 3), distance_upper_bound=radius_mm)
    return LabelMap(array=np.isfinite(near).reshape(geometry.shape).astype(np.uint8), geometry=geometry)


def _near(line: FloatArray, geometry: Geometry, radius_mm: float) -> NDArray[np.intp]:
    """Return the voxels within reach of a line, and some more."""
    reach = np.ceil(radius_mm / np.array(geometry.spacing_mm)).astype(int) + 1
    box = np.stack(np.meshgrid(*[np.arange(-n, n + 1) for n in reach], indexing="ij"), axis=-1).reshape(-1, 3)
    centres = np.unique(np.rint(geometry.to_index(line)).astype(int), axis=0)
    hit = np.zeros(geometry.shape, dtype=bool)
    for centre in centres:
        index = box + centre
        index = index[((index >= 0) & (index < geometry.shape)).all(axis=1)]
        hit[tuple(index.T)] = True
    return np.argwhere(hit)


def _filled(index: NDArray[np.intp], geometry: Geometry) -> LabelMap:
    array = np.zeros(geometry.shape, dtype=np.uint8)
    array[tuple(index.T)] = 1
    return LabelMap(array=array, geometry=geometry)
