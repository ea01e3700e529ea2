"""On which plane a lesion is shown: the slice that shows most of it, or one across the cord, and its voxels there."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from features.diameters import Slab
from features.parts import Part, crop
from mri.geometry import FloatArray, Geometry
from pipeline.case_grid import SLICES, Crop, whole

ACROSS_HALF_MM, ACROSS_MARGIN_MM = 20.0, 12.0
"""Least half width of a picture across the cord: the canal and its walls; and what is kept around the lesion."""
ACROSS_PIXEL_MM = 0.25
"""Pixel of a picture that is cut across: finer than any series here, so that nothing is lost."""
THROUGH_STEPS = 9
"""Planes through a slab in which its voxels are looked up: several to a voxel."""


def fullest_slice(grid: Geometry, parts: Sequence[Part]) -> int:
    """Return the slice of a turned grid that holds most voxels of some parts."""
    depth = np.concatenate([grid.to_index(part.points_mm)[:, SLICES] for part in parts])
    nearest = np.clip(np.rint(depth).astype(int), 0, grid.shape[SLICES] - 1)
    return int(np.argmax(np.bincount(nearest, minlength=grid.shape[SLICES])))


def plane_of_slab(slab: Slab) -> Crop:
    """Return a square plane through the middle of a slab, at right angles to the cord; rows run to the back."""
    touched = np.concatenate([np.concatenate([c.ends_mm, c.touched_mm]) for c in slab.calipers])
    offset = np.concatenate([touched, slab.part.points_mm]) - slab.centre_mm
    reach = float(np.abs(offset @ np.stack([slab.down, slab.right], axis=1)).max())
    half = max(ACROSS_HALF_MM, reach + ACROSS_MARGIN_MM)
    n = 2 * round(half / ACROSS_PIXEL_MM) + 1
    affine = np.eye(4)
    directions = np.stack([slab.down, slab.right, slab.through], axis=1)
    affine[:3, :3] = directions * ACROSS_PIXEL_MM
    affine[:3, 3] = slab.centre_mm - (slab.down + slab.right) * ACROSS_PIXEL_MM * (n // 2)
    return whole(Geometry.from_affine(affine, (n, n, 1)), 0)


def tilt_deg(slab: Slab, grid: Geometry) -> float:
    """Return the angle between a slab and the slices of a grid that it lies most nearly along."""
    nearest = float(np.abs(grid.direction.T @ slab.through).max())
    return float(np.degrees(np.arccos(min(nearest, 1.0))))


def inside(parts: Iterable[Part], positions_mm: FloatArray) -> NDArray[np.bool_]:
    """Return which LPS positions, shape (..., 3), lie in a voxel of some parts."""
    hit = np.zeros(positions_mm.shape[:-1], dtype=bool)
    for part in parts:
        filled, _ = crop(part.index)
        index = np.rint(part.geometry.to_index(positions_mm)).astype(int) - part.index.min(axis=0)
        within = np.all((index >= 0) & (index < filled.shape), axis=-1)
        hit[within] |= filled[tuple(index[within].T)]
    return hit


def shadow(slab: Slab, positions_mm: FloatArray) -> NDArray[np.bool_]:
    """Return which LPS positions of the plane of a slab lie over or under a voxel of it, along the cord."""
    reach = slab.thickness_mm / 2 + float(slab.part.geometry.half_width_mm(slab.through))
    hit = np.zeros(positions_mm.shape[:-1], dtype=bool)
    for step in np.linspace(-reach, reach, THROUGH_STEPS):
        hit |= inside([slab.part], positions_mm + step * slab.through)
    return hit
