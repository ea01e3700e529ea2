"""The axis of the cord is the same however the mask is stored, and levels along it mean what the papers mean."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mri.geometry import Geometry
from mri.problems import RefusedError
from mri.volume import LabelMap
from segmentation.centreline import Centreline, fit_centreline, level_scale
from segmentation.levels import DiscPoints
from tests.segmentation.tube import bend_mm, cord_mask, grid

GRID = grid((21, 41, 61), (1.0, 1.0, 2.0))


def stored_otherwise(cord: LabelMap, order: tuple[int, ...], flips: tuple[bool, ...]) -> LabelMap:
    """Return the same voxels at the same places with permuted and flipped index axes."""
    geometry = cord.geometry
    array = cord.array.transpose(order)
    origin = np.zeros(3)
    axes = np.array(geometry.axes)[list(order)]
    for k, flip in enumerate(flips):
        if flip:
            array = np.flip(array, k)
            axes[k] = -axes[k]
            origin[order[k]] = geometry.shape[order[k]] - 1
    turned = Geometry(
        shape=array.shape,
        origin_mm=tuple(geometry.to_world(origin)),
        spacing_mm=tuple(geometry.spacing_mm[k] for k in order),
        axes=tuple(tuple(float(v) for v in axis) for axis in axes),
    )
    return LabelMap(array=array, geometry=turned)


@settings(deadline=None, max_examples=20)
@given(
    order=st.sampled_from(list(permutations(range(3)))),
    flips=st.sampled_from(list(product([False, True], repeat=3))),
)
def test_axis_does_not_depend_on_storage(order: tuple[int, ...], flips: tuple[bool, ...]) -> None:
    """Flips and permutations of the index axes give the same line in patient space."""
    cord = cord_mask(GRID)
    plain, turned = fit_centreline([cord]), fit_centreline([stored_otherwise(cord, order, flips)])
    np.testing.assert_allclose(turned.points_mm, plain.points_mm, atol=1e-6)


def test_axis_follows_the_tube() -> None:
    """Every point of the line lies in the middle of a bent tube."""
    axis = fit_centreline([cord_mask(GRID)])
    off = np.hypot(axis.points_mm[:, 0], axis.points_mm[:, 1] - bend_mm(axis.points_mm[:, 2]))
    assert off.max() < 0.3


def test_axis_runs_from_rostral_to_caudal() -> None:
    """Arc length grows downwards, and tangents point there."""
    axis = fit_centreline([cord_mask(GRID)])
    assert axis.points_mm[0, 2] > axis.points_mm[-1, 2]
    assert (axis.tangents[:, 2] < 0).all()


def test_projection_inverts_position() -> None:
    """A position on the axis, or on its straight extension, has its own arc length and no distance."""
    axis = fit_centreline([cord_mask(GRID)])
    s = np.array([-12.0, 0.0, 13.3, axis.length_mm, axis.length_mm + 20])
    seen = axis.project(axis.position_at(s))
    np.testing.assert_allclose(seen.s_mm, s, atol=0.05)
    np.testing.assert_allclose(seen.distance_mm, 0, atol=0.05)


def test_frame_is_right_angled_with_anterior_forwards() -> None:
    """The third vector points to the patient's front."""
    tangent, transverse, anterior = fit_centreline([cord_mask(GRID)]).frame_at(30.0)
    matrix = np.array([tangent, transverse, anterior])
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-6)
    assert anterior[1] < -0.9


def test_two_overlapping_stations_make_one_line() -> None:
    """The axis through two stations is that of the whole."""
    cord = cord_mask(GRID)
    parts = []
    for kept in (slice(0, 35), slice(25, 61)):
        array = np.zeros_like(cord.array)
        array[:, :, kept] = cord.array[:, :, kept]
        parts.append(LabelMap(array=array, geometry=cord.geometry))
    whole, joined = fit_centreline([cord]), fit_centreline(parts)
    assert joined.length_mm == pytest.approx(whole.length_mm, abs=1.0)
    assert whole.project(joined.points_mm).distance_mm.max() < 0.3


def test_an_empty_mask_is_refused() -> None:
    """Without two sections there is no axis."""
    with pytest.raises(RefusedError) as refused:
        fit_centreline([LabelMap(array=np.zeros(GRID.shape, dtype=np.uint8), geometry=GRID)])
    assert refused.value.problems[0].code == "cord_too_short"


def straight_axis() -> Centreline:
    """Make a straight axis of 200 mm from z = 0 downwards."""
    s = np.linspace(0, 200, 801)
    points = np.stack([np.zeros_like(s), np.zeros_like(s), -s], axis=1)
    return Centreline(points_mm=points, s_mm=s, tangents=np.tile([0.0, 0.0, -1.0], (len(s), 1)))


def test_diehn_oracle_is_five_levels() -> None:
    """From the T1-T2 to the T6-T7 disc are 5.0 levels (Diehn 2015, Figure 3), whatever the heights."""
    names = ("T1-T2", "T2-T3", "T3-T4", "T4-T5", "T5-T6", "T6-T7")
    places = (0.0, 19.0, 39.5, 60.0, 81.5, 104.0)
    points = {name: (0.0, -10.0, -10.0 - z) for name, z in zip(names, places, strict=True)}
    scale = level_scale(straight_axis(), DiscPoints(points=points))
    upper, lower = scale.at([10.0, 114.0])
    assert lower - upper == pytest.approx(5.0)
    assert upper == pytest.approx(9.0)


def test_discs_out_of_order_are_named() -> None:
    """A disc above its upper neighbour is refused by both names."""
    points = {"C2-C3": (0.0, 0.0, -30.0), "C3-C4": (0.0, 0.0, -10.0)}
    with pytest.raises(RefusedError, match="C3-C4 lies above C2-C3"):
        level_scale(straight_axis(), DiscPoints(points=points))


def block(low: tuple[float, float, float], high: tuple[float, float, float]) -> LabelMap:
    """Draw a box in LPS mm on the grid of these tests."""
    points = GRID.to_world(np.moveaxis(np.indices(GRID.shape), 0, -1))
    inside = ((points >= low) & (points <= high)).all(axis=-1)
    return LabelMap(array=inside.astype(np.uint8), geometry=GRID)


def joined(*masks: LabelMap) -> LabelMap:
    """Return the union of masks of one grid."""
    return LabelMap(array=np.max([mask.array for mask in masks], axis=0), geometry=GRID)


def farthest_mm(axis: Centreline) -> float:
    """Return how far the line lies from x = y = 0 where it is farthest."""
    return float(np.hypot(axis.points_mm[:, 0], axis.points_mm[:, 1]).max())


STRAIGHT = block((-4, -4, -60), (4, 4, 60))


def test_stray_voxels_do_not_move_the_axis() -> None:
    """A part below a twentieth of the mask is no cord: a stray voxel, or a blob of one hundredth, changes nothing."""
    plain = fit_centreline([STRAIGHT])
    for stray in (block((9, 19, 0), (10, 20, 0)), block((7, 15, 40), (9, 19, 44))):
        assert 0 < stray.array.sum() < 0.05 * STRAIGHT.array.sum()
        np.testing.assert_allclose(fit_centreline([joined(STRAIGHT, stray)]).points_mm, plain.points_mm)


def test_a_cord_in_two_parts_is_kept() -> None:
    """A gap in the drawing does not cost the smaller part: a tenth of the mask is cord."""
    upper, lower = block((-4, -4, 48), (4, 4, 60)), block((-4, -4, -60), (4, 4, 40))
    assert fit_centreline([joined(upper, lower)]).length_mm == pytest.approx(120.0, abs=2.0)


@pytest.mark.parametrize(("width_mm", "is_kept"), [(1.0, False), (4.0, True)])
def test_partial_sections_are_left_out(width_mm: float, is_kept: bool) -> None:
    """Sections of less than three tenths of the usual area would pull the end aside; half a section counts."""
    whole, end = block((-4, -4, -60), (4, 4, 46)), block((4 - width_mm, -4, 48), (4, 4, 52))
    axis = fit_centreline([joined(whole, end)])
    assert bool(axis.points_mm[0, 2] > 47) is is_kept
    assert is_kept or farthest_mm(axis) < 0.1


def test_masks_that_overlap_are_averaged() -> None:
    """Drawn 1 mm to the left on one series and 1 mm to the right on another, the cord is in between, and no zigzag."""
    left, right = block((-3, -4, -60), (5, 4, 60)), block((-5, -4, -60), (3, 4, 60))
    axis = fit_centreline([left, right])
    assert farthest_mm(axis) < 0.05
    assert axis.length_mm == pytest.approx(120.0, abs=1.0)


def test_a_point_far_aside_is_no_farther_along_than_its_vertex() -> None:
    """Where the tangent is not at right angles to a point's offset the next vertex bounds how far along it lies."""
    s = np.linspace(0, 20, 81)
    line = np.stack([0 * s, 0 * s, -s], axis=1)
    tilted = Centreline(points_mm=line, s_mm=s, tangents=np.tile([0.0, 0.6, -0.8], (len(s), 1)))
    seen = tilted.project([[0.0, 10.0, -8.0], [0.0, -10.0, -8.0]])
    np.testing.assert_allclose(seen.s_mm, [8.25, 7.75])
    straight = Centreline(points_mm=line, s_mm=s, tangents=np.tile([0.0, 0.0, -1.0], (len(s), 1)))
    np.testing.assert_allclose(straight.project([[3.0, 0.0, 7.0], [3.0, 0.0, -26.0]]).s_mm, [-7.0, 26.0])


def test_thick_slices_do_not_turn_the_axis() -> None:
    """A straight cord tilted by 8 degrees across 3.3 mm slices: its axis is straight within 2 degrees."""
    thick = Geometry(
        shape=(14, 60, 160),
        origin_mm=(-21.45, -24.0, -64.0),
        spacing_mm=(3.3, 0.8, 0.8),
        axes=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    )
    points = thick.to_world(np.moveaxis(np.indices(thick.shape), 0, -1))
    aside = np.hypot(points[..., 0] - np.tan(np.deg2rad(8)) * points[..., 2], points[..., 1]) <= 5.0
    axis = fit_centreline([LabelMap(array=aside.astype(np.uint8), geometry=thick)])
    true = np.array([-np.sin(np.deg2rad(8)), 0.0, -np.cos(np.deg2rad(8))])
    off = np.rad2deg(np.arccos(np.clip(axis.tangents @ true, -1, 1)))
    assert off[10:-10].max() < 2.0
