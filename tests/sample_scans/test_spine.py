"""The curved axis: positions to and from local coordinates, and levels along it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_scans.spine import Spine

SPINE = Spine(scale=1.03, sideways_mm=1.5, foramen_magnum_mm=(3.0, -4.0, 120.0))


@given(s=st.floats(-60, 520), a=st.floats(-60, 50), r=st.floats(-40, 40))
def test_local_coordinates_return_after_the_way_through_the_world(s: float, a: float, r: float) -> None:
    """Local → LPS → local gives the same to 0.1 mm everywhere an image can show."""
    back = np.array(SPINE.to_local(SPINE.to_world(s, a, r)))
    assert back == pytest.approx([s, a, r], abs=0.1)


def test_arc_length_is_length() -> None:
    """Points 1 mm apart along the axis are 1 mm apart in the patient (sideways bend aside)."""
    points = Spine().to_world(np.arange(0, 450, 1.0))
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert steps == pytest.approx(1.0, abs=0.01)


def test_levels_sit_at_their_vertebral_coordinate() -> None:
    """The coordinate is whole at each disc, and s_at undoes v_at."""
    assert SPINE.v_at(SPINE.level_s_mm) == pytest.approx(np.arange(1, len(SPINE.level_s_mm) + 1))
    assert SPINE.s_at(SPINE.v_at(200.0)) == pytest.approx(200.0)


def test_neck_and_loins_are_hollow_and_the_chest_is_round() -> None:
    """Lordosis: the axis at C4 lies in front of the line C2–T1; kyphosis: at T7 behind the line T1–L1."""

    def behind_chord(v_top: float, v: float, v_bottom: float) -> float:
        top, middle, bottom = (SPINE.to_world(SPINE.s_at(k)) for k in (v_top, v, v_bottom))
        share = (middle[2] - top[2]) / (bottom[2] - top[2])
        return float(middle[1] - (top[1] + share * (bottom[1] - top[1])))

    assert behind_chord(2.0, 5.0, 9.0) < -3
    assert behind_chord(8.5, 14.0, 20.0) > 8
    assert behind_chord(20.0, 23.0, 26.0) < -5


def test_coarse_distance_is_no_less_than_the_true_one() -> None:
    """The distance at a point's own height bounds the distance from the axis."""
    points = SPINE.to_world(np.linspace(10, 400, 40), 12.0, 5.0)
    assert (SPINE.coarse_distance_mm(points) > 12.0).all()
