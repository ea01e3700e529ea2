"""Discs that cannot be those of the cord are told; the numbers stay."""

import numpy as np
import pytest

from features.measure import CaseFeatures, measure_case
from features.parameters import FeatureParameters
from mri.geometry import Vector
from segmentation.disc_files import FRAME_ASSUMED, discs_as_json, parse_discs
from segmentation.levels import DiscPoints
from segmentation.regions import Region
from tests.features.scene import GD, T2, case, cord_mask, discs, mask, tube


def measured(shift: Vector = (0.0, 0.0, 0.0), stretch: float = 1.0) -> CaseFeatures:
    """Measure a lesion at T4 with discs moved, and set apart further or less."""
    points = {
        name: tuple(float(x) for x in np.array(point) * (1.0, 1.0, stretch) + shift)
        for name, point in discs(9, 13).points.items()
    }
    drawn = [cord_mask(T2), mask(Region.ENHANCING, GD, tube(11.2, 11.8, 3.0))]
    made = case(drawn, discs=DiscPoints(points=points))  # type: ignore[arg-type]
    return measure_case(made, FeatureParameters(intervals=False))


@pytest.mark.parametrize(
    ("shift", "stretch", "code", "said"),
    [
        ((0.0, 80.0, 0.0), 1.0, "discs_far_from_cord", "up to 68"),
        ((0.0, 0.0, 0.0), 3.9, "level_height_implausible", "78 mm"),
        ((0.0, 0.0, -50.0), 0.1, "level_height_implausible", "2 mm"),
    ],
)
def test_impossible_discs_are_told_with_the_distance(shift: Vector, stretch: float, code: str, said: str) -> None:
    """80 mm behind the cord, levels of 78 mm, and centimetres taken for millimetres: a flag and a warning each."""
    features = measured(shift, stretch)
    (problem,) = [one for one in features.problems if one.code == code]
    assert problem.severity.value == "warning"
    assert said in problem.message
    assert code in str(features.lesions[0]["flags"]).split(";")


def test_usual_discs_are_not_doubted() -> None:
    """Discs 12 mm before the cord, 20 mm apart, have no warning; neither has a child's neck or a tall loin."""
    for stretch in (0.4, 1.0, 2.5):
        assert measured(stretch=stretch).problems == ()


def test_a_file_that_does_not_say_its_coordinates_is_flagged() -> None:
    """Without `frame` points are taken for LPS, and the lesion's row says so; with it there is no flag."""
    content = discs_as_json(discs())
    bare = {name: value for name, value in content.items() if name != "frame"}
    drawn = [cord_mask(T2), mask(Region.ENHANCING, GD, tube(11.2, 11.8, 3.0))]
    for written, expected in ((content, False), (bare, True)):
        row = measure_case(case(drawn, discs=parse_discs(written, "discs.json"))).lesions[0]
        assert (FRAME_ASSUMED in str(row["flags"]).split(";")) is expected
