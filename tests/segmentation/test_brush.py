"""What is painted is what lies within millimetres of the pointer, on any grid."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mri.geometry import FloatArray, Geometry
from mri.problems import RefusedError
from mri.volume import LabelMap
from segmentation.brush import brush, erase, lasso
from tests.segmentation.grids import grids, turned_grid

POINT = st.tuples(*(st.floats(-6, 6) for _ in range(3)))
ROUNDING_MM, ROUNDING_VOXELS = 1e-9, 1e-6
"""A voxel at the radius itself, or a point on the face between two voxels, may fall on either side."""
LIMIT_S = 0.3
"""What a click may take on 512 × 512 × 20 voxels."""


def empty(geometry: Geometry) -> LabelMap:
    """Return a mask without a voxel."""
    return LabelMap(array=np.zeros(geometry.shape, dtype=np.uint8), geometry=geometry)


def centres(geometry: Geometry) -> FloatArray:
    """Return the positions of all voxels."""
    return geometry.to_world(np.stack(np.indices(geometry.shape), axis=-1))


def clinical() -> LabelMap:
    """Return an empty oblique sagittal mask of 512 × 512 × 20 voxels."""
    return empty(turned_grid((512, 512, 20), (0.6, 0.6, 3.3), (1, 2, 0), (False, True, False), (4.0, 6.0, 8.0)))


@settings(max_examples=40, deadline=None)
@given(grids(), POINT, POINT, st.floats(1.0, 5.0))
def test_a_ball_is_a_ball_on_every_grid(
    geometry: Geometry, start: tuple[float, ...], end: tuple[float, ...], radius: float
) -> None:
    """Painted is exactly what lies within the radius of the straight stroke, and the voxels under its ends."""
    painted = brush(empty(geometry), [start, end], radius, 5).array
    a, line = np.array(start), np.array(end) - np.array(start)
    voxels = np.stack(np.indices(geometry.shape), axis=-1)
    share = np.clip((centres(geometry) - a) @ line / max(line @ line, 1e-12), 0, 1)
    away = np.linalg.norm(centres(geometry) - a - share[..., None] * line, axis=-1)
    off = np.stack([np.abs(voxels - geometry.to_index(point)).max(axis=-1) for point in (start, end)]).min(axis=0)
    assert np.isin(painted, (0, 5)).all()
    assert painted[(away <= radius - ROUNDING_MM) | (off <= 0.5 - ROUNDING_VOXELS)].all()
    assert not painted[(away > radius + ROUNDING_MM) & (off > 0.5 + ROUNDING_VOXELS)].any()


@settings(max_examples=40, deadline=None)
@given(grids(), POINT, st.floats(1.0, 5.0), st.integers(0, 2))
def test_a_disc_stays_in_its_slice(geometry: Geometry, point: tuple[float, ...], radius: float, axis: int) -> None:
    """With the direction across a slice, only voxels of the slice under the pointer are painted, within the radius."""
    painted = np.argwhere(brush(empty(geometry), [point], radius, normal=geometry.axes[axis]).array)
    here = geometry.to_index(point)
    layers = set(painted[:, axis].tolist())
    assert len(layers) <= 1 or abs(here[axis] % 1 - 0.5) < 1e-6
    assert all(abs(layer - here[axis]) <= 0.5 + 1e-6 for layer in layers)
    off = (painted - here) * np.array(geometry.spacing_mm)
    off[:, axis] = 0
    under = (np.abs(painted - here) <= 0.5 + ROUNDING_VOXELS).all(axis=1)
    assert ((np.linalg.norm(off, axis=1) <= radius + 1e-9) | under).all()


@settings(max_examples=30, deadline=None)
@given(grids(), st.lists(POINT, min_size=1, max_size=4), st.floats(1.0, 4.0))
def test_erasing_the_same_stroke_takes_back_the_painting(
    geometry: Geometry, stroke: list[tuple[float, ...]], radius: float
) -> None:
    """Brush and eraser are each other's inverse on an empty mask, and neither writes on its input."""
    before = empty(geometry)
    painted = brush(before, stroke, radius)
    assert not before.array.any()
    assert not erase(painted, stroke, radius).array.any()


def test_painting_keeps_to_what_is_allowed() -> None:
    """Inside the cord only, over background only, and only a named label is erased."""
    geometry = turned_grid((20, 20, 20), (1.0, 1.0, 1.0), (0, 1, 2), (False,) * 3, (0.0, 0.0, 0.0))
    cord = brush(empty(geometry), [(0, 0, 0)], 3.0)
    painted = brush(empty(geometry), [(0, 0, 0)], 6.0, 2, within=cord)
    assert np.array_equal(painted.array > 0, cord.array > 0)
    both = brush(painted, [(0, 0, 0)], 6.0, 3, over={0})
    assert (both.array == 2).sum() == cord.array.sum()
    assert set(np.unique(erase(both, [(0, 0, 0)], 9.0, only={3}).array)) == {0, 2}


def test_volumes_by_hand() -> None:
    """A ball of 10 mm has 4/3·π·1000 mm³ within 2 %, on voxels of 0.5 × 0.5 × 1 mm; a disc π·100 mm² of one slice."""
    geometry = turned_grid((60, 60, 30), (0.5, 0.5, 1.0), (2, 0, 1), (True, False, True), (12.0, -7.0, 20.0))
    ball = brush(empty(geometry), [(0.1, 0.1, 0.1)], 10.0).array.sum() * geometry.voxel_volume_mm3
    assert ball == pytest.approx(4 / 3 * np.pi * 1000, rel=0.02)
    disc = brush(empty(geometry), [(0.1, 0.1, 0.1)], 10.0, normal=geometry.axes[2]).array.sum() * 0.25
    assert disc == pytest.approx(np.pi * 100, rel=0.02)


def test_a_label_that_needs_more_bits_is_not_cut() -> None:
    """Painting 300 on a mask of bytes gives 300."""
    geometry = turned_grid((5, 5, 5), (1.0, 1.0, 1.0), (0, 1, 2), (False,) * 3, (0.0, 0.0, 0.0))
    assert brush(empty(geometry), [(0, 0, 0)], 1.0, 300).array.max() == 300


def test_strokes_outside_change_nothing_and_bad_ones_are_refused() -> None:
    """A stroke beside the image is no fault; no radius, no number and two corners are."""
    mask = empty(turned_grid((9, 9, 9), (1.0, 1.0, 1.0), (0, 1, 2), (False,) * 3, (0.0, 0.0, 0.0)))
    assert not brush(mask, [(90, 0, 0)], 2.0).array.any()
    for call in (
        lambda: brush(mask, [(0, 0, 0)], 0.0),
        lambda: brush(mask, [(0, 0, float("nan"))], 1.0),
        lambda: lasso(mask, [(0, 0, 0), (1, 0, 0)], (0, 0, 1)),
    ):
        with pytest.raises(RefusedError):
            call()


@settings(max_examples=40, deadline=None)
@given(grids(), st.integers(0, 2), st.floats(3.0, 7.0), st.integers(5, 9))
def test_a_lasso_fills_its_polygon_in_one_slice(geometry: Geometry, axis: int, size: float, corners: int) -> None:
    """A regular polygon on an oblique slice holds the centres nearer than its inner circle, none beyond its outer."""
    first, second = (np.array(geometry.axes[(axis + k) % 3]) for k in (1, 2))
    angles = np.arange(corners) * 2 * np.pi / corners
    middle = geometry.to_world(np.rint((np.array(geometry.shape) - 1) / 2))
    polygon = middle + size * (np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second)
    painted = lasso(empty(geometry), polygon, geometry.axes[axis], 4).array
    offset = centres(geometry) - middle
    here = np.abs(offset @ np.array(geometry.axes[axis])) < geometry.spacing_mm[axis] / 4
    distance = np.linalg.norm(offset, axis=-1)
    assert (painted[here & (distance < size * np.cos(np.pi / corners) - 1e-9)] == 4).all()
    assert not painted[~here | (distance > size + 1e-9)].any()


def test_a_lasso_by_hand() -> None:
    """An L of ten square millimetres on voxels of 1 mm paints ten voxels; the notch stays empty."""
    mask = empty(turned_grid((9, 9, 9), (1.0, 1.0, 1.0), (0, 1, 2), (False,) * 3, (0.0, 0.0, 0.0)))
    corners = [(-2.5, -2.5), (1.5, -2.5), (1.5, -0.5), (-1.5, -0.5), (-1.5, 1.5), (-2.5, 1.5)]
    painted = lasso(mask, [(x, y, 0.2) for x, y in corners], (0, 0, 1)).array
    assert painted.sum() == 10
    assert painted[:, :, 4].sum() == 10
    assert painted[5, 5, 4] == 0


def test_drawing_is_quick_on_a_clinical_grid() -> None:
    """Ball, disc of a long stroke and lasso stay below the limit on 512 × 512 × 20 voxels."""
    mask = clinical()
    line = np.linspace((-5.0, -20.0, -60.0), (5.0, 20.0, 60.0), 60)
    across = mask.geometry.axes[2]
    for call in (
        lambda: brush(mask, [(0.0, 0.0, 0.0)], 10.0),
        lambda: brush(mask, line, 4.0, normal=across),
        lambda: lasso(mask, line[::5] + 5 * np.sin(np.arange(12))[:, None], across),
    ):
        started = time.process_time()
        assert call().array.any()
        assert time.process_time() - started < LIMIT_S
