"""The points that the sizes are drawn between are those that they were measured between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from features import measure_case
from features.case import Case
from features.diameters import Caliper, MeasuredPlaces, measured_places
from mri.geometry import FloatArray
from segmentation.regions import Region
from tests.features.bent import OBLIQUE, QUICK, bent_case, enhanced
from tests.features.scene import case, cord_mask, mask, sagittal_grid, series, tube
from tests.features.test_invariance import changed, stored_otherwise

SAME_MM = 1e-6
ARC_SHARE = 1e-5
"""A polyline of 0.25 mm steps is this much shorter than the arc it stands for."""


def places_of(one: Case) -> MeasuredPlaces:
    """Return the places of the only lesion."""
    (found,) = measured_places(one, QUICK).lesions.values()
    return found


def calipers_of(places: MeasuredPlaces) -> dict[str, Caliper]:
    """Return column → caliper."""
    every = [*(c for slab in places.slabs for c in slab.calipers), places.superior_inferior]
    return {caliper.column: caliper for caliper in every if caliper is not None}


@pytest.mark.parametrize("kinds", [("sag", "ax"), ("iso",), ("sag",)], ids="+".join)
@pytest.mark.parametrize("turn", [None, OBLIQUE], ids=["straight", "oblique"])
def test_distance_of_the_ends_is_the_number(kinds: tuple[str, ...], turn: Rotation | None) -> None:
    """AP, TR and SI in the table are the distances of the ends, on every kind of grid; each is there."""
    one = bent_case(kinds, turn)
    (row,) = measure_case(one, QUICK).lesions
    found = calipers_of(places_of(one))
    assert set(found) == {"enh_ap_mm", "enh_si_mm"} | ({"enh_tr_mm"} if kinds != ("sag",) else set())
    for column, caliper in found.items():
        assert caliper.length_mm == pytest.approx(row[column], abs=SAME_MM), column


@pytest.mark.parametrize("turn", [None, OBLIQUE], ids=["straight", "oblique"])
def test_course_is_as_long_as_the_number(turn: Rotation | None) -> None:
    """The stretches of the cord's axis are as long as the lengths in the table."""
    one = bent_case(("sag", "ax"), turn)
    (row,) = measure_case(one, QUICK).lesions
    places = places_of(one)
    for course in (places.enhancing_course, places.t2_course):
        assert course is not None
        assert course.length_mm == pytest.approx(row[course.column], rel=ARC_SHARE), course.column


def test_jaws_touch_the_lesion() -> None:
    """Each jaw stands at the face of a voxel of the lesion, and no voxel of the slab lies beyond it."""
    (slab, *_) = places_of(bent_case(("sag", "ax"), OBLIQUE)).slabs
    for caliper in slab.calipers:
        along = (caliper.ends_mm[1] - caliper.ends_mm[0]) / caliper.length_mm
        half = float(slab.part.geometry.half_width_mm(along))
        centres = slab.part.points_mm @ along
        low, high = caliper.ends_mm @ along
        assert (centres.min() - half, centres.max() + half) == pytest.approx((low, high), abs=SAME_MM)
        assert caliper.touched_mm @ along == pytest.approx([low, high], abs=SAME_MM)


def test_directions_are_those_of_the_cord() -> None:
    """AP and TR stand at right angles to the cord and to each other; AP runs forwards, TR to the patient's left."""
    places = places_of(bent_case(("iso",), OBLIQUE))
    for slab in places.slabs:
        frame = np.stack([slab.down, slab.right, slab.through])
        assert frame @ frame.T == pytest.approx(np.eye(3), abs=1e-9)
        assert slab.down[1] > 0.9
        assert slab.right[0] > 0.9
        for caliper in slab.calipers:
            assert (caliper.ends_mm[1] - caliper.ends_mm[0]) @ slab.through == pytest.approx(0, abs=SAME_MM)


@given(order=st.permutations([0, 1, 2]), flips=st.tuples(*[st.booleans()] * 3))
@settings(max_examples=6, deadline=None)
def test_storage_does_not_move_the_ends(order: list[int], flips: tuple[bool, ...]) -> None:
    """Voxels stored in another order or direction give the same ends."""
    before = bent_case(("sag", "ax"), OBLIQUE)
    after = changed(before, lambda m: stored_otherwise(m, order, flips))
    one, other = (calipers_of(places_of(c)) for c in (before, after))
    assert set(one) == set(other)
    for column, caliper in one.items():
        assert _ordered(caliper.ends_mm) == pytest.approx(_ordered(other[column].ends_mm), abs=1e-4), column


def _ordered(ends: FloatArray) -> FloatArray:
    return ends[np.argsort(ends.sum(axis=1))]


def test_one_slab_holds_both_where_it_can() -> None:
    """On a tube every slab is the largest: AP and TR are shown in one."""
    gd = enhanced("iso")
    t2 = series(sagittal_grid(8, 14))
    drawn = [cord_mask(t2, 8, 14), mask(Region.ENHANCING, gd, tube(7.9, 8.3, 3.0))]
    (slab,) = places_of(case(drawn)).slabs
    assert [caliper.column for caliper in slab.calipers] == ["enh_ap_mm", "enh_tr_mm"]


def test_without_a_cord_there_is_no_course() -> None:
    """Sizes across and the SI extent need no cord, lengths along it do."""
    places = places_of(bent_case(("sag", "ax"), with_cord=False))
    assert places.enhancing_course is None
    assert places.t2_course is None
    assert set(calipers_of(places)) == {"enh_ap_mm", "enh_tr_mm", "enh_si_mm"}


def test_a_lesion_of_t2_alone_has_its_t2_course() -> None:
    """Where nothing enhances there is nothing to measure across."""
    places = places_of(bent_case(()))
    assert places.slabs == ()
    assert places.superior_inferior is None
    assert places.t2_course is not None
