"""Extents on any grid, along the cord, and in vertebral levels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from features.extent import Span, extent, extent_along, nearest_half, segments, union
from features.parameters import FeatureParameters
from mri.geometry import Geometry
from segmentation.levels import STANDARD

OPTIONS = FeatureParameters()
LEVELS = st.floats(1.0, 20.0)


def test_one_voxel_has_the_extent_of_one_voxel() -> None:
    """A single voxel measures its own width in every direction, never 0."""
    geometry = Geometry.from_affine(np.diag([0.6, 0.6, 3.3, 1.0]), (5, 5, 5))
    span = extent(geometry.to_world([[2, 2, 2]]), geometry, (0.0, 0.0, 1.0))
    assert span.length_mm == pytest.approx(3.3)
    assert span.resolution_mm == pytest.approx(3.3)
    assert extent(geometry.to_world([[2, 2, 2]]), geometry, (1.0, 0.0, 0.0)).length_mm == pytest.approx(0.6)


def test_a_row_of_voxels_measures_their_number_times_their_width() -> None:
    """Seven voxels in a row measure seven widths."""
    geometry = Geometry.from_affine(np.diag([0.5, 1.0, 1.0, 1.0]), (9, 3, 3))
    row = geometry.to_world([[k, 1, 1] for k in range(7)])
    assert extent(row, geometry, (1.0, 0.0, 0.0)).length_mm == pytest.approx(3.5)


@given(angles=st.tuples(*[st.floats(-90, 90)] * 3), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_an_extent_turns_with_the_patient(angles: tuple[float, float, float], seed: int) -> None:
    """Turning grid and direction together leaves the extent as it was."""
    turn = Rotation.from_euler("xyz", angles, degrees=True).as_matrix()
    affine = np.diag([0.6, 0.7, 3.3, 1.0])
    turned = affine.copy()
    turned[:3, :3] = turn @ affine[:3, :3]
    index = np.random.default_rng(seed).integers(0, 8, (20, 3))
    one, other = (Geometry.from_affine(matrix, (8, 8, 8)) for matrix in (affine, turned))
    direction = np.array([0.0, 0.6, 0.8])
    before = extent(one.to_world(index), one, direction)
    after = extent(other.to_world(index), other, turn @ direction)
    assert after.length_mm == pytest.approx(before.length_mm, abs=1e-6)


def test_an_extent_along_the_cord_ends_at_the_outer_faces() -> None:
    """Each voxel counts with its own half width."""
    span = extent_along(np.array([10.0, 20.0]), np.array([0.5, 2.0]))
    assert span == Span(low_mm=9.5, high_mm=22.0, resolution_mm=4.0)


def test_a_union_spans_all_and_keeps_the_coarsest_resolution() -> None:
    """The union of two stations reaches from the highest to the lowest end."""
    both = union([Span(low_mm=0, high_mm=5, resolution_mm=0.6), Span(low_mm=4, high_mm=9, resolution_mm=1.0)])
    assert both == Span(low_mm=0, high_mm=9, resolution_mm=1.0)


def test_a_gap_is_negative_where_spans_overlap() -> None:
    """The distance between spans is positive apart and negative on overlap, either way round."""
    one, other = (Span(low_mm=a, high_mm=b, resolution_mm=1.0) for a, b in ((0.0, 5.0), (8.0, 9.0)))
    assert one.gap_to(other) == other.gap_to(one) == 3.0
    assert one.gap_to(Span(low_mm=4.0, high_mm=9.0, resolution_mm=1.0)) == -1.0


def count(v_from: float, v_to: float) -> tuple[float, float, int, int, str]:
    """Return the four counts and the levels."""
    found = segments(v_from, v_to, STANDARD, OPTIONS)
    return found.frac, found.half, found.count, found.touched, found.levels


def test_the_published_example_counts_five_all_ways() -> None:
    """From the T1-T2 to the T6-T7 disc: 5 levels, T2 to T6 (Diehn 2015, Figure 3)."""
    assert count(9.0, 14.0) == (5.0, 5.0, 5, 5, "T2-T6")


@given(top=st.floats(-1.5, 1.5), bottom=st.floats(-1.5, 1.5))
def test_the_published_example_stays_five_under_jitter(top: float, bottom: float) -> None:
    """Ends moved by up to 1.5 mm, on a thoracic level of 18 mm, leave the count; touched levels go up to 7."""
    assert count(9.0 + top / 18, 14.0 + bottom / 18)[2] == 5


def test_touched_counts_what_the_count_leaves_out() -> None:
    """A sliver of two neighbours makes 7 touched levels but no counted ones."""
    assert count(8.95, 14.05)[2:4] == (5, 7)


def test_a_short_lesion_counts_one_level() -> None:
    """An extent below a quarter of a level is one level: the one that holds most of it."""
    assert count(11.9, 12.05)[2:] == (1, 2, "T4")


@pytest.mark.parametrize(("levels", "expected"), [(1.25, 1.5), (1.24, 1.0), (0.75, 1.0), (2.0, 2.0), (0.1, 0.0)])
def test_halves_round_ties_up(levels: float, expected: float) -> None:
    """Ties between halves go up."""
    assert nearest_half(levels) == expected


@given(v_from=LEVELS, length=st.floats(0.01, 8.0))
def test_the_counts_bound_each_other(v_from: float, length: float) -> None:
    """Counted levels are touched ones; touched ones cover the extent; the half is within a quarter of it."""
    found = segments(v_from, v_from + length, STANDARD, OPTIONS)
    assert 1 <= found.count <= found.touched
    assert found.frac <= found.touched + 3e-4
    assert found.touched <= math.ceil(found.frac) + 1
    assert abs(found.half - found.frac) <= 0.25 + 1e-6


@pytest.mark.parametrize(("length", "share"), [(1.5, 0.0), (1.75, 0.25), (2.0, 0.5), (2.25, 0.75), (2.5, 1.0)])
def test_how_often_a_region_counts_three(length: float, share: float) -> None:
    """Over all placements, seg_count reaches 3 for 0, 25, 50, 75 and 100 % of regions 1.5 to 2.5 levels long."""
    starts = np.arange(4.0005, 5.0, 0.001)
    reached = [segments(s, s + length, STANDARD, OPTIONS).reaches(3) for s in starts]
    assert np.mean(reached) == pytest.approx(share, abs=0.005)


def test_a_point_lies_in_one_level() -> None:
    """An extent without length, also at a disc itself, is in the level that begins there."""
    assert count(9.0, 9.0)[2:] == (1, 1, "T2")


@given(shift=st.floats(-2e-5, 2e-5), other=st.floats(-2e-5, 2e-5))
def test_noise_of_single_precision_decides_nothing(shift: float, other: float) -> None:
    """Three whole levels stay three by every count whatever the last digits of their ends are."""
    found = segments(9.0 + shift, 12.0 + other, STANDARD, OPTIONS)
    assert (found.half, found.count, found.touched) == (3.0, 3, 3)
    assert not found.is_ambiguous(3)


def test_ambiguity_is_disagreement_of_the_four() -> None:
    """2.6 levels are 3 by count and 2.5 by half: ambiguous; 5 levels are not."""
    assert segments(10.9, 13.5, STANDARD, OPTIONS).is_ambiguous(3)
    assert not segments(9.0, 14.0, STANDARD, OPTIONS).is_ambiguous(3)
