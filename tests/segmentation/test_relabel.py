"""Lesions are split, merged and deleted without losing or gaining a voxel."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mri.geometry import Geometry
from mri.problems import RefusedError
from mri.volume import LabelMap
from segmentation.brush import brush
from segmentation.centreline import Centreline
from segmentation.relabel import (
    delete_label,
    free_label,
    merge_labels,
    split_at_clicks,
    split_at_cord,
    split_at_plane,
)
from tests.segmentation.grids import grids, turned_grid


def upright_axis() -> Centreline:
    """Return a straight axis from 50 mm above the origin to 50 mm below."""
    z = np.linspace(50, -50, 401)
    points = np.stack([np.zeros_like(z), np.zeros_like(z), z], axis=1)
    return Centreline(points_mm=points, s_mm=50 - z, tangents=np.tile([0.0, 0.0, -1.0], (len(z), 1)))


def dumbbell(geometry: Geometry, label: int = 1) -> LabelMap:
    """Return two balls of 3 mm, 7 mm apart along z, joined by a thin bridge."""
    mask = LabelMap(array=np.zeros(geometry.shape, dtype=np.uint8), geometry=geometry)
    for z in (-3.5, 3.5):
        mask = brush(mask, [(0, 0, z)], 3.0, label)
    return brush(mask, [(0, 0, -3.5), (0, 0, 3.5)], 1.0, label)


@settings(max_examples=30, deadline=None)
@given(grids(), st.floats(-2.0, 2.0))
def test_a_cut_across_the_cord_loses_nothing(geometry: Geometry, height: float) -> None:
    """On every grid: all voxels keep one of the two labels, and the section across the cord parts them."""
    mask = dumbbell(geometry, 3)
    parted = split_at_cord(mask, 3, (5.0, -4.0, height), upright_axis(), 9)
    assert np.array_equal(parted.array > 0, mask.array > 0)
    assert parted.points_mm(3)[:, 2].min() >= height - 1e-6
    assert parted.points_mm(9)[:, 2].max() < height + 1e-6
    same = split_at_plane(mask, 3, (0.0, 0.0, height), (0.0, 0.0, -1.0), 9)
    differ = geometry.to_world(np.argwhere(same.array != parted.array))[:, 2]
    assert (np.abs(differ - height) < 1e-6).all()


def test_a_watershed_cuts_at_the_waist() -> None:
    """Clicks in two balls give each its own, the border within a voxel of the middle; a third label is not touched."""
    geometry = turned_grid((40, 40, 40), (0.5, 0.5, 0.5), (2, 0, 1), (True, False, False), (15.0, -10.0, 5.0))
    mask = brush(dumbbell(geometry), [(8, 0, 0)], 1.0, 6)
    parted = split_at_clicks(mask, 1, [(0.4, 0.3, 3.0), (0.0, 0.0, -3.9)], [2])
    assert np.array_equal(parted.array > 0, mask.array > 0)
    assert parted.points_mm(1)[:, 2].min() > -1.0
    assert parted.points_mm(2)[:, 2].max() < 1.0
    assert (parted.array == 6).sum() == (mask.array == 6).sum()


def test_merging_undoes_a_split_and_deleting_keeps_the_other_numbers() -> None:
    """Split, merge: as before; what is deleted becomes background and no lesion gets another number."""
    geometry = turned_grid((30, 30, 30), (0.7, 0.7, 0.7), (0, 2, 1), (False, True, False), (3.0, 4.0, 5.0))
    mask = dumbbell(geometry)
    parted = split_at_plane(mask, 1, (0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 4)
    assert np.array_equal(merge_labels(parted, 1, [4]).array, mask.array)
    left = delete_label(parted, 1)
    assert left.labels() == (4,)
    assert (left.array == 4).sum() == (parted.array == 4).sum()
    assert parted.labels() == (1, 4)


def test_the_lowest_free_number() -> None:
    """Numbers in use in any mask of the session are not given again."""
    geometry = turned_grid((4, 4, 4), (1.0, 1.0, 1.0), (0, 1, 2), (False,) * 3, (0.0, 0.0, 0.0))
    first, second = (LabelMap(array=np.zeros(geometry.shape, dtype=np.uint8), geometry=geometry) for _ in range(2))
    assert free_label([first, second]) == 1
    first.array[0, 0, :2], second.array[0, 0, 0] = (1, 4), 2
    assert free_label([first, second]) == 3


def test_what_cannot_be_split_is_refused() -> None:
    """No such label, a number in use, a cut beside the lesion, one click, and two clicks in one voxel."""
    geometry = turned_grid((30, 30, 30), (1.0, 1.0, 1.0), (0, 1, 2), (False,) * 3, (0.0, 0.0, 0.0))
    mask = brush(dumbbell(geometry), [(9, 9, 9)], 1.0, 2)
    down = (0.0, 0.0, -1.0)
    for call, code in (
        (lambda: split_at_plane(mask, 7, (0, 0, 0), down, 8), "label_missing"),
        (lambda: split_at_plane(mask, 1, (0, 0, 0), down, 2), "label_taken"),
        (lambda: split_at_plane(mask, 1, (0, 0, 40), down, 8), "split_misses"),
        (lambda: split_at_clicks(mask, 1, [(0, 0, 0)], []), "split_clicks"),
        (lambda: split_at_clicks(mask, 1, [(0, 0, 3.2), (0, 0, 3.3)], [8]), "split_clicks"),
    ):
        with pytest.raises(RefusedError) as refused:
            call()
        assert refused.value.problems[0].code == code


def test_splitting_is_quick_on_a_clinical_grid() -> None:
    """Cut and watershed stay below 0.3 s on 512 × 512 × 20 voxels with a lesion of 200 mm."""
    geometry = turned_grid((512, 512, 20), (0.6, 0.6, 3.3), (1, 2, 0), (False, True, False), (4.0, 6.0, 8.0))
    mask = LabelMap(array=np.zeros(geometry.shape, dtype=np.uint8), geometry=geometry)
    mask = brush(mask, [(0, 0, -100), (0, 0, 100)], 8.0)
    for call in (
        lambda: split_at_cord(mask, 1, (0, 0, 0), upright_axis(), 2),
        lambda: split_at_clicks(mask, 1, [(0, 0, -60), (0, 0, 60)], [2]),
        lambda: merge_labels(mask, 3, [1]),
    ):
        started = time.process_time()
        call()
        assert time.process_time() - started < 0.3
