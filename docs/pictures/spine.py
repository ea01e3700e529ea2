"""A made piece of spine on clinical grids, measured by the program: what the pictures show."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features import measure_case
from features.case import Case
from features.parameters import FeatureParameters
from mri.geometry import FloatArray, Geometry, Vector
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import LabelMap, Volume
from segmentation.annotation import Mask
from segmentation.levels import DiscPoints
from segmentation.regions import Region

Shape = Callable[[FloatArray], NDArray[np.bool_]]
"""Which LPS positions, (..., 3), lie inside."""

STUDY = StudyId(participant="made", session="01")
QUICK = FeatureParameters(intervals=False)
LEVEL_MM, CORD_MM, BEND_MM = 20.0, 5.0, 160.0
"""Height of a level; radius of the cord; radius that it is bent with."""
HALF_MM: Vector = (14.0, 24.0, 75.0)
AXES = {
    Plane.SAGITTAL: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0)),
    Plane.AXIAL: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}
SPACING: Mapping[Plane, Vector] = {Plane.SAGITTAL: (1.0, 1.0, 3.3), Plane.AXIAL: (0.8, 0.8, 4.0)}
_INSIDE_VOXEL = (-1 / 3, 0.0, 1 / 3)
_NAMES = ("C7-T1", "T1-T2", "T2-T3", "T3-T4", "T4-T5", "T5-T6", "T6-T7")
NOISE = 3.0


def grid(plane: Plane, half_mm: Vector = HALF_MM) -> Geometry:
    """Return a grid around the origin."""
    directions, spacing = np.array(AXES[plane]), np.array(SPACING[plane])
    half = np.floor(np.abs(directions @ np.array(half_mm)) / spacing).astype(int)
    origin = -(half * spacing) @ directions
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = directions.T * spacing, origin
    return Geometry.from_affine(affine, [int(n) for n in 2 * half + 1])


def series(plane: Plane, weighting: Weighting, contrast: Contrast = Contrast.NO, half_mm: Vector = HALF_MM) -> Series:
    """Return a series."""
    suffix = {Weighting.T1: "T1w", Weighting.GRE: "T2starw"}.get(weighting, "T2w")
    name = {Weighting.T1: "T1", Weighting.GRE: "Gre"}.get(weighting, "T2")
    return Series(
        study=STUDY,
        acquisition=f"{plane.value}T{name}",
        suffix=suffix,
        weighting=weighting,
        plane=plane,
        contrast=contrast,
        geometry=grid(plane, half_mm),
    )


SAG_T2 = series(Plane.SAGITTAL, Weighting.T2)
SAG_T1 = series(Plane.SAGITTAL, Weighting.T1)
SAG_GD = series(Plane.SAGITTAL, Weighting.T1, Contrast.YES)
AX_GD = series(Plane.AXIAL, Weighting.T1, Contrast.YES, (14.0, 24.0, 24.0))


def middle_y(z: FloatArray) -> FloatArray:
    """Return where the middle of the cord is, from front to back, at a height."""
    bent: FloatArray = np.sqrt(BEND_MM**2 - np.asarray(z) ** 2) - BEND_MM
    return bent


def ball(centre: Vector, semi: Vector) -> Shape:
    """Return an ellipsoid; its centre is relative to the middle of the cord at its height."""
    x, y, z = centre

    def inside(points: FloatArray) -> NDArray[np.bool_]:
        centred = np.array([x, y + float(middle_y(np.array(z))), z])
        hit: NDArray[np.bool_] = (((points - centred) / np.array(semi)) ** 2).sum(axis=-1) <= 1
        return hit

    return inside


def tube(top: float, bottom: float, radius: float, x: float = 0.0, y: float = 0.0) -> Shape:
    """Return a piece of a tube along the cord between two heights in mm."""

    def inside(points: FloatArray) -> NDArray[np.bool_]:
        away = np.hypot(points[..., 0] - x, points[..., 1] - middle_y(points[..., 2]) - y)
        hit: NDArray[np.bool_] = (away <= radius) & (points[..., 2] <= top) & (points[..., 2] >= bottom)
        return hit

    return inside


CORD = tube(70.0, -70.0, CORD_MM)


def positions(geometry: Geometry) -> FloatArray:
    """Return the LPS centres of all voxels, shape (..., 3)."""
    return geometry.to_world(np.moveaxis(np.indices(geometry.shape), 0, -1))


def drawn(region: Region, of: Series, *shapes: Shape) -> Mask:
    """Draw shapes as lesions 1, 2 ... of a mask; one shape as a binary mask."""
    points = positions(of.geometry)
    array = np.zeros(of.geometry.shape, dtype=np.uint8)
    for number, shape in enumerate(shapes, start=1):
        array[shape(points)] = number
    return Mask(region=region, series=of, labels=LabelMap(array=array, geometry=of.geometry), author="AB")


def painted(of: Series, around: float, objects: Sequence[tuple[Shape, float]]) -> Volume:
    """Return an image: objects of one level each, later ones over earlier ones, averaged over each voxel; noise."""
    total = np.zeros(of.geometry.shape)
    steps = [np.array([a, b, c]) for a in _INSIDE_VOXEL for b in _INSIDE_VOXEL for c in _INSIDE_VOXEL]
    index = np.moveaxis(np.indices(of.geometry.shape), 0, -1)
    for step in steps:
        points = of.geometry.to_world(index + step)
        level = np.full(of.geometry.shape, around)
        for shape, value in objects:
            level[shape(points)] = value
        total += level / len(steps)
    noise = np.random.default_rng(0).normal(0, NOISE, of.geometry.shape)
    return Volume(array=total + noise, geometry=of.geometry)


def discs() -> DiscPoints:
    """Return the discs C7-T1 to T6-T7 in front of the cord."""
    places = [(60.0 - LEVEL_MM * k) for k in range(len(_NAMES))]
    points = {name: (0.0, float(middle_y(np.array(z))) - 12.0, z) for name, z in zip(_NAMES, places, strict=True)}
    return DiscPoints(points=points)


def case(masks: Sequence[Mask], images: Mapping[str, Volume] | None = None, extra: Sequence[Series] = ()) -> Case:
    """Return a case with the cord drawn on sagittal T2."""
    every = (drawn(Region.CORD, SAG_T2, CORD), *masks)
    made = Case(study=STUDY, author="AB", masks=every, discs=discs(), series=(*extra, *(m.series for m in every)))
    if images is None:
        return made
    return replace(made, volumes=lambda wanted: images.get(wanted.name))


def measured(of: Case) -> tuple[list[Mapping[str, object]], Mapping[str, object]]:
    """Return the rows of the lesions and of the patient."""
    result = measure_case(of, QUICK)
    return list(result.lesions), result.patient


def number(row: Mapping[str, object], column: str) -> float:
    """Return a number of a row."""
    return float(str(row[column]))
