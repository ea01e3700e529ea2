"""Discs that another program gives: below each other, at distances of a spine, in front of the cord."""

import numpy as np
import pytest

from mri.geometry import Vector
from mri.problems import RefusedError
from segmentation.centreline import Centreline
from segmentation.disc_checks import check_spacing, far_from_cord
from segmentation.discs import propose_discs
from segmentation.levels import DiscPoints
from tests.segmentation.tube import grid, scan

AXIS = Centreline(
    points_mm=np.array([[0.0, 0.0, -float(k)] for k in range(101)]),
    s_mm=np.arange(101.0),
    tangents=np.tile([0.0, 0.0, -1.0], (101, 1)),
)


def discs(**places: Vector) -> DiscPoints:
    """Return discs by name, with an underscore for the hyphen."""
    return DiscPoints(points={name.replace("_", "-"): place for name, place in places.items()})


@pytest.mark.parametrize(("apart", "fits"), [(7.9, False), (8.0, True), (50.0, True), (50.1, False), (-18.0, False)])
def test_neighbours_lie_at_distances_of_a_spine(apart: float, fits: bool) -> None:
    """8 to 50 mm below each other; else both are named."""
    given = discs(C2_C3=(0.0, -15.0, 0.0), C3_C4=(0.0, -15.0, -apart))
    if fits:
        check_spacing(given, "d.json", "code")
        return
    with pytest.raises(RefusedError, match=r"C2-C3.*C3-C4|C3-C4.*C2-C3"):
        check_spacing(given, "d.json", "code")


def test_a_gap_between_named_discs_may_be_long() -> None:
    """Two discs far apart in number may be far apart in space, but not in the wrong order."""
    check_spacing(discs(C2_C3=(0.0, 0.0, 0.0), T1_T2=(0.0, 0.0, -110.0)), "d.json", "code")
    with pytest.raises(RefusedError, match="T1-T2 does not lie below C2-C3"):
        check_spacing(discs(C2_C3=(0.0, 0.0, 0.0), T1_T2=(0.0, 0.0, 110.0)), "d.json", "code")


@pytest.mark.parametrize(
    ("place", "far"),
    [
        ((0.0, -15.0, -50.0), False),
        ((0.0, -39.0, -50.0), False),
        ((0.0, -41.0, -50.0), True),
        ((0.0, 5.0, -50.0), False),
        ((0.0, 7.0, -50.0), True),
        ((45.0, 0.0, -50.0), True),
        ((0.0, 60.0, -150.0), False),
    ],
)
def test_discs_far_from_the_cord_or_behind_it_are_told(place: Vector, far: bool) -> None:
    """More than 40 mm off or 6 mm behind, at the height of the cord; below its end nothing is known."""
    problems = far_from_cord(discs(C2_C3=place), AXIS, "d.json")
    assert [problem.code for problem in problems] == (["discs_far_from_cord"] if far else [])


def test_contradicting_clicks_are_refused_by_name() -> None:
    """Two named discs in the wrong order, or too near for their names, are named; nothing is proposed."""
    image = scan(grid((13, 70, 120), (3.3, 1.1, 1.1)))
    for lower in ((0.0, -15.0, -10.0), (0.0, -15.0, -95.0)):
        known = {"C4-C5": (0.0, -15.0, -30.0), "C7-T1": lower}
        with pytest.raises(RefusedError) as refused:
            propose_discs([image], AXIS, known=known if lower[2] > -30 else {**known, "C5-C6": lower})
        problem = refused.value.problems[0]
        assert problem.code == "discs_contradict"
        assert "C4-C5" in problem.message
