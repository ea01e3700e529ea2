"""Where a lesion lies in the cord's section, from drawings of known offset."""

from dataclasses import replace

import numpy as np
import pytest

from features.frame import Frame, build_frame
from features.parameters import FeatureParameters, SuggestionParameters
from features.parts import Part, make_part
from features.position import Contour, Position, cord_contour, position
from mri.study import Plane
from segmentation.regions import Region
from tests.features.scene import CORD_RADIUS_MM, axial_grid, case, cord_mask, mask, sagittal_grid, series, t1_gd, tube

P = SuggestionParameters()
AXIAL = t1_gd(axial_grid(9.0, 12.0), Plane.AXIAL)
FRAME = build_frame(case([cord_mask(series(sagittal_grid(5.0, 17.0)))]), FeatureParameters())


def part(radius_mm: float, centre: tuple[float, float], frame: Frame = FRAME) -> Part:
    """Draw a lesion on axial slices."""
    drawn = mask(Region.ENHANCING, AXIAL, tube(10.0, 11.0, radius_mm, centre))
    return make_part(AXIAL, "AB", AXIAL.geometry, drawn.labels.indices(), frame.axis)


def seen(radius_mm: float, centre: tuple[float, float]) -> Position:
    """Return the position of a lesion that a cord surrounds."""
    found = position(part(radius_mm, centre), FRAME, P)
    assert found is not None
    return found


def test_the_contour_is_the_cords() -> None:
    """From 1 x 3.3 mm sagittal voxels: half widths of the true 5 mm, within half a millimetre."""
    contour = cord_contour(FRAME, FRAME.axis.length_mm / 2, P)
    assert contour is not None
    assert contour.half_mm == pytest.approx([CORD_RADIUS_MM, CORD_RADIUS_MM], abs=0.5)
    assert contour.centre_mm == pytest.approx([0.0, 0.0], abs=0.2)


def test_the_radius_is_relative_to_an_ellipse() -> None:
    """1 on the contour, half of it half way, whatever the direction."""
    contour = Contour(centre_mm=np.array([1.0, 2.0]), half_mm=np.array([6.0, 3.0]))
    assert contour.radius(np.array([[7.0, 2.0], [1.0, 5.0], [4.0, 2.0], [1.0, 2.0]])) == pytest.approx([1, 1, 0.5, 0])


@pytest.mark.parametrize(
    ("centre", "sides"),
    [
        ((2.5, 0.0), ("left",)),
        ((-2.5, 0.0), ("right",)),
        ((0.0, 2.5), ("posterior",)),
        ((0.0, -2.5), ("anterior",)),
        ((2.2, -2.0), ("left", "anterior")),
    ],
)
def test_sides_are_the_patients(centre: tuple[float, float], sides: tuple[str, ...]) -> None:
    """X grows to the left and y to the back; a second side counts where the lesion lies there too."""
    found = seen(1.5, centre)
    assert found.word == "eccentric"
    assert set(found.sides) == set(sides)
    assert found.eccentricity == pytest.approx(np.hypot(*centre) / CORD_RADIUS_MM, abs=0.08)


def test_a_lesion_in_the_middle_has_no_side() -> None:
    """As large as most of the cord and in its middle: central, half in each half, nothing outside."""
    found = seen(3.0, (0.0, 0.0))
    assert (found.word, found.sides) == ("central", ())
    assert found.half_fraction == pytest.approx(0.5, abs=0.08)
    assert found.outside_fraction == 0.0


def test_off_the_middle_by_less_than_a_third_but_in_one_half_is_eccentric() -> None:
    """A small lesion 1.4 mm aside: its centre is near, all of its area on one side."""
    found = seen(1.0, (1.4, 0.0))
    assert found.eccentricity < P.eccentricity
    assert (found.word, found.sides) == ("eccentric", ("left",))


@pytest.mark.parametrize(("columns", "word"), [((20,), "central"), ((19,), "central"), ((21,), "eccentric")])
def test_half_a_voxel_off_the_middle_is_not_eccentric(columns: tuple[int, ...], word: str) -> None:
    """One voxel thin beside the middle of an even grid: all of it in one half, yet central; one voxel further is not.

    The numbers behind the word stay what was measured.
    """
    index = np.array([(i, j, 4) for i in columns for j in range(18, 22)])
    found = position(make_part(AXIAL, "AB", AXIAL.geometry, index, FRAME.axis), FRAME, P)
    assert found is not None
    assert found.half_fraction == 1.0
    assert (found.word, bool(found.sides)) == (word, word == "eccentric")


def test_exophytic_needs_area_and_distance() -> None:
    """Half outside is exophytic by area and distance; each threshold alone can withhold the word."""
    found = seen(2.0, (5.0, 0.0))
    assert found.word == "exophytic"
    assert found.outside_fraction == pytest.approx(0.55, abs=0.15)
    assert found.outside_mm == pytest.approx(2.0, abs=0.4)
    for strict in (replace(P, exophytic_mm=3.0), replace(P, exophytic_fraction=0.9)):
        withheld = position(part(2.0, (5.0, 0.0)), FRAME, strict)
        assert withheld is not None
        assert withheld.word == "eccentric"


def test_without_a_drawn_cord_there_nothing_is_said() -> None:
    """A cord drawn elsewhere only gives no contour."""
    high = build_frame(case([cord_mask(series(sagittal_grid(1.0, 22.0)), 1.0, 5.0)]), FeatureParameters())
    assert position(part(2.0, (0.0, 0.0), high), high, P) is None
