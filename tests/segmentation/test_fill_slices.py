"""Between drawn slices the shape is interpolated, and nothing that was drawn changes."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mri.geometry import Geometry
from mri.volume import LabelMap
from segmentation.fill_slices import fill_between, slice_axis
from tests.segmentation.grids import turned_grid

ORDERS = st.permutations([0, 1, 2]).map(tuple)


def cone(order: tuple[int, ...], kept: tuple[int, ...]) -> tuple[LabelMap, LabelMap, int]:
    """Return an oblique cone drawn on some slices only, the whole cone, and the axis across the slices."""
    sides = np.array([48, 48, 17])[list(order)]
    spacing = np.array([0.7, 0.7, 3.0])[list(order)]
    geometry = turned_grid(
        (int(sides[0]), int(sides[1]), int(sides[2])),
        (float(spacing[0]), float(spacing[1]), float(spacing[2])),
        order,
        (False, True, False),
        (5.0, -8.0, 12.0),
    )
    axis = order.index(2)
    index = np.stack(np.indices(geometry.shape), axis=-1).astype(float)
    along = index[..., axis]
    across = np.delete(index, axis, axis=-1)
    radius = (8 - 0.25 * along) * 1.4
    inside = np.hypot(across[..., 0] - 14 - along, across[..., 1] - 24) <= radius
    whole = inside.astype(np.uint8) * 2
    drawn = np.where(np.isin(along, kept), whole, 0).astype(np.uint8)
    return LabelMap(array=drawn, geometry=geometry), LabelMap(array=whole, geometry=geometry), axis


@settings(max_examples=15, deadline=None)
@given(ORDERS, st.sampled_from([(0, 16), (0, 8, 16), (0, 4, 5, 16)]))
def test_a_cone_is_restored_from_a_few_slices(order: tuple[int, ...], kept: tuple[int, ...]) -> None:
    """Whatever the order of the axes, a leaning cone comes back; drawn slices stay as they were."""
    drawn, whole, axis = cone(order, kept)
    assert slice_axis(drawn) == axis
    filled = fill_between(drawn, 2)
    overlap = (
        2 * ((filled.array == 2) & (whole.array == 2)).sum() / ((filled.array == 2).sum() + (whole.array == 2).sum())
    )
    assert overlap > 0.97
    for k in kept:
        assert np.array_equal(filled.array.take(k, axis), drawn.array.take(k, axis))


def test_nothing_beyond_the_ends_and_nothing_over_others() -> None:
    """Slices outside the drawn ones stay empty, another label keeps its voxels, a whole mask does not change."""
    drawn, whole, axis = cone((0, 1, 2), (4, 12))
    with_other = drawn.array.copy()
    with_other[18:22, 20:24, 8] = 7
    filled = fill_between(LabelMap(array=with_other, geometry=drawn.geometry), 2)
    assert sorted(set(np.argwhere(filled.array == 2)[:, axis].tolist())) == list(range(4, 13))
    assert (filled.array == 7).sum() == (with_other == 7).sum()
    assert np.array_equal(fill_between(whole, 2).array, whole.array)
    assert fill_between(drawn, 5) is drawn


def test_two_discs_by_hand() -> None:
    """Radii of 4 and 8 mm, halfway: 6 mm within a voxel; the input is not written on."""
    geometry = Geometry(
        shape=(25, 25, 5),
        origin_mm=(-12.0, -12.0, 0.0),
        spacing_mm=(1.0, 1.0, 5.0),
        axes=((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    )
    x, y = np.meshgrid(np.arange(-12, 13), np.arange(-12, 13), indexing="ij")
    array = np.zeros(geometry.shape, dtype=np.uint8)
    array[..., 0], array[..., 4] = np.hypot(x, y) <= 4, np.hypot(x, y) <= 8
    filled = fill_between(LabelMap(array=array, geometry=geometry), 1).array
    assert filled[..., 2].sum() == pytest.approx((np.hypot(x, y) <= 6).sum(), rel=0.06)
    assert array[..., 2].sum() == 0


def test_filling_is_quick_on_a_clinical_grid() -> None:
    """Below 0.3 s on 512 × 512 × 20 voxels with every fourth slice drawn."""
    geometry = turned_grid((512, 512, 20), (0.6, 0.6, 3.3), (1, 2, 0), (False, True, False), (4.0, 6.0, 8.0))
    array = np.zeros(geometry.shape, dtype=np.uint8)
    array[200:320, 100:420, ::4] = 1
    started = time.process_time()
    filled = fill_between(LabelMap(array=array, geometry=geometry), 1)
    assert time.process_time() - started < 0.3
    assert filled.array[250, 250, :17].all()
