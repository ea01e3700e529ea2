"""A spine of known shape, drawn onto any grid: what the tests of this folder measure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.case import Case
from mri.geometry import FloatArray, Geometry, Vector
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import LabelMap
from segmentation.annotation import Mask
from segmentation.levels import STANDARD, DiscPoints
from segmentation.regions import Region

STUDY = StudyId(participant="P01", session="01")
LEVEL_MM = 20.0
"""Height of every level of the straight spine."""
CORD_RADIUS_MM = 5.0
DISC_ANTERIOR_MM = 12.0
TOP_V, BOTTOM_V = 1.0, 22.0

SAGITTAL_AXES = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0))
AXIAL_AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

Inside = Callable[[FloatArray], NDArray[np.bool_]]


def z_at(v: float) -> float:
    """Height in mm of a vertebral coordinate on the straight spine; T1 begins at 0."""
    return (8.0 - v) * LEVEL_MM


def grid(low: Vector, high: Vector, spacing: Vector, axes: tuple[Vector, Vector, Vector]) -> Geometry:
    """Return a grid that fills a box in LPS mm."""
    directions = np.array(axes)
    size = np.abs(directions @ (np.array(high) - np.array(low)))
    shape = np.maximum(np.rint(size / np.array(spacing)).astype(int), 1)
    centre = (np.array(low) + np.array(high)) / 2
    origin = centre - ((shape - 1) / 2 * np.array(spacing)) @ directions
    return Geometry(
        shape=(int(shape[0]), int(shape[1]), int(shape[2])),
        origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
        spacing_mm=spacing,
        axes=axes,
    )


def sagittal_grid(v_from: float = TOP_V, v_to: float = BOTTOM_V, shift_mm: float = 0.0) -> Geometry:
    """Return a sagittal grid of 1 mm in plane and 3.3 mm slices over some levels."""
    low, high = (-14.0, -12.0, z_at(v_to) + shift_mm), (14.0, 12.0, z_at(v_from) + shift_mm)
    return grid(low, high, (1.0, 1.0, 3.3), SAGITTAL_AXES)


def axial_grid(v_from: float, v_to: float) -> Geometry:
    """Return an axial grid of 0.6 mm in plane and 4 mm slices over some levels."""
    return grid((-12.0, -12.0, z_at(v_to)), (12.0, 12.0, z_at(v_from)), (0.6, 0.6, 4.0), AXIAL_AXES)


def series(
    geometry: Geometry,
    weighting: Weighting = Weighting.T2,
    plane: Plane = Plane.SAGITTAL,
    contrast: Contrast = Contrast.NO,
    **changes: object,
) -> Series:
    """Return a series on a grid, named after what it is."""
    made = Series(
        study=STUDY,
        acquisition=f"{plane.value}{weighting.value}",
        suffix="T1w" if weighting is Weighting.T1 else "T2w",
        weighting=weighting,
        plane=plane,
        contrast=contrast,
        geometry=geometry,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def t1_gd(geometry: Geometry, plane: Plane = Plane.SAGITTAL, **changes: object) -> Series:
    """Return a T1-weighted series after gadolinium."""
    return series(geometry, Weighting.T1, plane, Contrast.YES, **changes)


def tube(v_from: float, v_to: float, radius_mm: float, centre: tuple[float, float] = (0.0, 0.0)) -> Inside:
    """Return the inside of a straight vertical tube between two vertebral coordinates."""

    def inside(points: FloatArray) -> NDArray[np.bool_]:
        across = np.hypot(points[..., 0] - centre[0], points[..., 1] - centre[1]) <= radius_mm
        hit: NDArray[np.bool_] = across & (points[..., 2] <= z_at(v_from)) & (points[..., 2] >= z_at(v_to))
        return hit

    return inside


def nothing(points: FloatArray) -> NDArray[np.bool_]:
    """Return the inside of nothing: a mask that was looked at and left empty."""
    return np.zeros(points.shape[:-1], dtype=bool)


def draw(geometry: Geometry, *objects: Inside, numbered: bool = False) -> LabelMap:
    """Draw objects by the voxel-centre rule; numbered from 1 in order, or all 1."""
    centres = geometry.to_world(np.moveaxis(np.indices(geometry.shape), 0, -1))
    array = np.zeros(geometry.shape, dtype=np.uint8)
    for number, inside in enumerate(objects, start=1):
        array[inside(centres)] = number if numbered else 1
    return LabelMap(array=array, geometry=geometry)


def mask(region: Region, of: Series, *objects: Inside, numbered: bool = False, author: str = "AB") -> Mask:
    """Draw objects as a mask of a series."""
    return Mask(region=region, series=of, labels=draw(of.geometry, *objects, numbered=numbered), author=author)


def cord_mask(of: Series, v_from: float = TOP_V, v_to: float = 20.7) -> Mask:
    """Draw the cord."""
    return mask(Region.CORD, of, tube(v_from, v_to, CORD_RADIUS_MM))


def discs(first: int = 2, last: int = 22, shifts_mm: Mapping[int, float] | None = None) -> DiscPoints:
    """Return disc points from v = first to last, in front of the cord, some shifted upwards."""
    moved = shifts_mm or {}
    points: dict[str, Vector] = {
        STANDARD.disc_name(v): (0.0, -DISC_ANTERIOR_MM, z_at(v) + moved.get(v, 0.0)) for v in range(first, last + 1)
    }
    return DiscPoints(points=points)


def case(drawn: Sequence[Mask], **changes: object) -> Case:
    """Return a case with discs and every series that was drawn on."""
    made = Case(study=STUDY, author="AB", masks=tuple(drawn), discs=discs(), series=tuple(m.series for m in drawn))
    return replace(made, **changes)  # type: ignore[arg-type]


T2 = series(sagittal_grid())
GD = t1_gd(sagittal_grid())
"""The usual two series over the whole spine, both sagittal: T2, and T1 after gadolinium."""
