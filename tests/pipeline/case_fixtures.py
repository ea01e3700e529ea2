"""A small made session for the tests of a patient's page: a straight cord, two lesions, several series."""

from dataclasses import replace

import numpy as np

from mri.geometry import Geometry, Vector
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import LabelMap, Volume
from segmentation.annotation import Mask
from segmentation.levels import DiscPoints
from segmentation.regions import Region

STUDY = StudyId(participant="P1", session="01")
FRAME = "1.2.840.1"
RIGHT, LEFT = (-1.0, 0.0, 0.0), (1.0, 0.0, 0.0)
FRONT, BACK = (0.0, -1.0, 0.0), (0.0, 1.0, 0.0)
UP, DOWN = (0.0, 0.0, 1.0), (0.0, 0.0, -1.0)
LESION_ONE: Vector = (0.0, 20.0, 30.0)
LESION_TWO: Vector = (6.6, 20.0, -30.0)
DISCS = DiscPoints(points={"C2-C3": (0.0, 10.0, 60.0), "C3-C4": (0.0, 10.0, 40.0), "C4-C5": (0.0, 10.0, 20.0)})


def centred(shape: tuple[int, int, int], spacing: Vector, axes: tuple[Vector, Vector, Vector]) -> Geometry:
    """Return a grid whose middle voxel is at the LPS origin."""
    offset = sum(np.array(a) * d * (n // 2) for a, d, n in zip(axes, spacing, shape, strict=True))
    return Geometry(shape=shape, origin_mm=tuple(-offset), spacing_mm=spacing, axes=axes)


SAGITTAL_GRID = centred((11, 160, 80), (3.3, 1.0, 1.5), (LEFT, DOWN, BACK))
"""Slices from right to left; rows fall, columns run to the back: pixels are not square."""
AXIAL_GRID = centred((100, 100, 30), (0.8, 0.8, 4.0), (LEFT, BACK, UP))


def series(acquisition: str = "sagCT2", **changes: object) -> Series:
    """Return a sagittal cervical T2 series, or one with other attributes."""
    usual: dict[str, object] = {
        "suffix": "T2w",
        "weighting": Weighting.T2,
        "plane": Plane.SAGITTAL,
        "contrast": Contrast.NO,
        "geometry": SAGITTAL_GRID,
        "stations": "C",
        "frame_of_reference": FRAME,
    }
    return Series(study=STUDY, acquisition=acquisition, **(usual | changes))  # type: ignore[arg-type]


SAG_T2 = series()
SAG_GD = series("sagCT1", suffix="T1w", weighting=Weighting.T1, contrast=Contrast.YES)
AX_T2 = series("axCT2", plane=Plane.AXIAL, geometry=AXIAL_GRID)
LOWER_GRID = replace(SAGITTAL_GRID, origin_mm=(SAGITTAL_GRID.origin_mm[0], SAGITTAL_GRID.origin_mm[1], -150.0))
ELSEWHERE = series("sagLT2", stations="L", frame_of_reference="1.2.840.2", geometry=LOWER_GRID)


def image(one: Series) -> Volume:
    """Return an image that grows brighter to the patient's left, to the back and upwards."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in one.geometry.shape], indexing="ij"), axis=-1)
    array = one.geometry.to_world(index) @ np.array([1.0, 2.0, 4.0]) + 1000.0
    return Volume(array=array.astype(np.float32), geometry=one.geometry)


def mask(region: Region, one: Series, balls: dict[int, tuple[Vector, float]], author: str = "AB") -> Mask:
    """Return a mask with a ball (centre in LPS mm, radius in mm) for each label."""
    array = np.zeros(one.geometry.shape, dtype=np.uint8)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in array.shape], indexing="ij"), axis=-1)
    points = one.geometry.to_world(index)
    for label, (centre, radius_mm) in balls.items():
        array[np.linalg.norm(points - np.array(centre), axis=-1) <= radius_mm] = label
    return Mask(region=region, series=one, labels=LabelMap(array=array, geometry=one.geometry), author=author)


def cord(one: Series) -> Mask:
    """Return a straight cord of radius 5 mm at y = 20 mm."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in one.geometry.shape], indexing="ij"), axis=-1)
    points = one.geometry.to_world(index)
    inside = np.hypot(points[..., 0], points[..., 1] - 20.0) <= 5.0
    return Mask(
        region=Region.CORD,
        series=one,
        labels=LabelMap(array=inside.astype(np.uint8), geometry=one.geometry),
        author="AB",
    )


def lesions(one: Series = SAG_GD) -> Mask:
    """Return two enhancing lesions: one in the middle, one further down on the patient's left."""
    return mask(Region.ENHANCING, one, {1: (LESION_ONE, 5.0), 2: (LESION_TWO, 3.0)})
