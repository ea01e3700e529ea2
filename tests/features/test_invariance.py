"""No number depends on how the voxels happen to be stored or where the scanner put its origin."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import measure_case
from features.case import Case
from features.parameters import FeatureParameters
from mri.geometry import Geometry
from mri.nifti import read_label_map, write_label_map
from mri.study import Plane, Series
from mri.volume import LabelMap
from segmentation.annotation import Mask
from segmentation.levels import DiscPoints
from segmentation.regions import Region
from tests.features.scene import (
    Inside,
    axial_grid,
    case,
    cord_mask,
    discs,
    mask,
    sagittal_grid,
    series,
    t1_gd,
    tube,
)

LOOSE = {"enh_mesh_volume_mm3": 0.02}
"""Relative differences allowed: marching cubes settles ambiguous corners by storage order."""
TOLERANCE = 1e-4
NO_RANGES = FeatureParameters(intervals=False)


def lumpy(seed: int) -> Inside:
    """Return the inside of an irregular lesion: three balls at T3 to T5 joined by a tube."""
    random = np.random.default_rng(seed)
    balls = [
        (random.uniform(-2, 2), random.uniform(-2, 2), random.uniform(-90, -50), random.uniform(2, 5)) for _ in "123"
    ]

    def inside(points):  # type: ignore[no-untyped-def]
        hits = [np.linalg.norm(points - np.array(ball[:3]), axis=-1) <= ball[3] for ball in balls]
        return np.any([*hits, tube(10.4, 12.6, 2.5)(points)], axis=0)

    return inside


@cache
def scene(seed: int = 0) -> Case:
    """Return a case of a cord, an irregular lesion on two series and its oedema."""
    t2, sagittal = series(sagittal_grid(8, 15)), t1_gd(sagittal_grid(8, 15))
    axial = t1_gd(axial_grid(10, 14), Plane.AXIAL)
    drawn = [
        cord_mask(t2, 8, 15),
        mask(Region.ENHANCING, sagittal, lumpy(seed)),
        mask(Region.ENHANCING, axial, lumpy(seed)),
        mask(Region.T2HYPER, t2, tube(9.3, 13.6, 4)),
    ]
    return case(drawn, discs=discs(9, 15))


def stored_otherwise(original: Mask, order: Sequence[int], flips: Sequence[bool]) -> Mask:
    """Return the same mask with its index axes in another order and direction."""
    array, affine = original.labels.array, original.labels.geometry.affine
    for axis, flip in enumerate(flips):
        if flip:
            array = np.flip(array, axis)
            affine = affine.copy()
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
    moved = Geometry.from_affine(affine[:, [*order, 3]], [array.shape[k] for k in order])
    return on_grid(original, np.transpose(array, order), moved)


def on_grid(original: Mask, array: np.ndarray, geometry: Geometry) -> Mask:  # type: ignore[type-arg]
    """Return a mask and its series on another grid."""
    on: Series = replace(original.series, geometry=geometry)
    return replace(original, series=on, labels=LabelMap(array=array, geometry=geometry))


def changed(original: Case, change: Callable[[Mask], Mask]) -> Case:
    """Return a case with every mask changed."""
    masks = tuple(change(m) for m in original.masks)
    return replace(original, masks=masks, series=tuple(m.series for m in masks))


def assert_same(before: Case, after: Case) -> None:
    """Compare every column of every row."""
    one, other = measure_case(before), measure_case(after)
    assert len(one.lesions) == len(other.lesions) == 1
    for old, new in ((one.lesions[0], other.lesions[0]), (one.patient, other.patient)):
        for name, value in old.items():
            if isinstance(value, float):
                limit = LOOSE.get(name.removesuffix("_max"), TOLERANCE)
                assert new[name] == pytest.approx(value, rel=limit, abs=TOLERANCE), name
            else:
                assert new[name] == value, name


@given(order=st.permutations([0, 1, 2]), flips=st.tuples(*[st.booleans()] * 3), seed=st.integers(0, 20))
@settings(max_examples=12, deadline=None)
def test_storage_order_and_direction_do_not_matter(order: list[int], flips: tuple[bool, ...], seed: int) -> None:
    """Flipped and permuted voxel arrays with the matching affine give the same rows."""
    assert_same(scene(seed), changed(scene(seed), lambda m: stored_otherwise(m, order, flips)))


@given(shift=st.tuples(*[st.floats(-200, 200)] * 3))
@settings(max_examples=8, deadline=None)
def test_where_the_origin_is_does_not_matter(shift: tuple[float, float, float]) -> None:
    """Masks and discs moved together give the same rows."""

    def moved(original: Mask) -> Mask:
        affine = original.labels.geometry.affine
        affine[:3, 3] += shift
        return on_grid(original, original.labels.array, Geometry.from_affine(affine, original.labels.array.shape))

    points = {name: tuple(np.add(p, shift)) for name, p in discs(9, 15).points.items()}
    after = replace(changed(scene(), moved), discs=DiscPoints(points=points))  # type: ignore[arg-type]
    assert_same(scene(), after)


def through_file(original: Mask, folder: Path) -> Mask:
    """Return a mask as it is after being written and read: with an affine of single precision."""
    path = folder / f"{original.region.value}.nii.gz"
    write_label_map(path, original.labels)
    read = read_label_map(path)
    return on_grid(original, read.array, read.geometry)


@given(shift=st.tuples(*[st.floats(-300, 300)] * 3))
@settings(max_examples=25, deadline=None)
def test_counts_of_levels_survive_the_files_wherever_the_origin_is(shift: tuple[float, float, float]) -> None:
    """Oedema over three whole levels, its ends at the discs: three by every count though files round the origin."""
    t2 = series(sagittal_grid(8, 14))
    drawn = [cord_mask(t2, 8, 14), mask(Region.T2HYPER, t2, tube(9, 12, 4))]
    points = {name: tuple(np.add(p, shift)) for name, p in discs(9, 13).points.items()}

    with TemporaryDirectory() as folder:

        def moved(original: Mask) -> Mask:
            affine = original.labels.geometry.affine
            affine[:3, 3] += shift
            there = on_grid(original, original.labels.array, Geometry.from_affine(affine, t2.geometry.shape))
            return through_file(there, Path(folder))

        after = changed(case(drawn), moved)
    row = measure_case(replace(after, discs=DiscPoints(points=points)), NO_RANGES).lesions[0]  # type: ignore[arg-type]
    assert (row["t2_seg_count"], row["t2_seg_half"], row["t2_seg_touched"]) == (3, 3.0, 3)
    assert row["t2_ge3_ambiguous"] is False


@given(jitter=st.lists(st.floats(-1.5, 1.5), min_size=14, max_size=14))
@settings(max_examples=25, deadline=None)
def test_jitter_leaves_the_published_example_at_five(jitter: list[float]) -> None:
    """Each disc point and both ends of the oedema moved by up to 1.5 mm: still 5 segments, T2 to T6."""
    t2 = series(sagittal_grid(8, 16))
    ends = [v + mm / 20.0 for v, mm in zip((9.0, 14.0), jitter, strict=False)]
    moved = discs(7, 16, {v: mm for v, mm in zip(range(9, 16), jitter[2:], strict=False) if v not in (9, 14)})
    drawn = [cord_mask(t2, 7, 16), mask(Region.T2HYPER, t2, tube(ends[0], ends[1], 4))]
    row = measure_case(case(drawn, discs=moved)).lesions[0]
    assert (row["t2_seg_count"], row["t2_levels"]) == (5, "T2-T6")
