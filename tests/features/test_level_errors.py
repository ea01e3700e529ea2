"""Level errors by hand: places along the cord, slips, missing and extra discs."""

import numpy as np
import pytest

from features.level_errors import level_errors
from segmentation.centreline import Centreline
from segmentation.levels import DiscPoints

NAMES = ("C2-C3", "C3-C4", "C4-C5", "C5-C6")


def discs(shift_mm: float = 0.0, names: tuple[str, ...] = NAMES, y: float = 0.0) -> DiscPoints:
    """Return discs 18 mm apart from z = 60 downwards, all moved down by some mm."""
    return DiscPoints(points={name: (0.0, y, 60 - 18 * k - shift_mm) for k, name in enumerate(names)})


def test_a_shift_along_z() -> None:
    """Discs 2 mm too low and 3 mm too far forward: 2 mm along, √13 mm straight, at their own level."""
    found = level_errors(discs(2.0, y=-3.0), discs())
    assert [one.along_mm for one in found.discs] == pytest.approx([2.0] * 4)
    assert [one.distance_mm for one in found.discs] == pytest.approx([13**0.5] * 4)
    assert (found.mean_mm, found.largest_mm) == (pytest.approx(2.0), pytest.approx(2.0))
    assert (found.slips, found.missing, found.extra) == ((), (), ())


def test_a_slip_of_one_level_is_named() -> None:
    """All discs one level too low: each lies at the next one's place, but the last, which has none below."""
    found = level_errors(discs(18.0), discs())
    assert found.slips == NAMES[:-1]
    assert found.discs[0].nearest == "C3-C4"


def test_missing_and_extra_discs() -> None:
    """What only one of them names is listed and not averaged."""
    found = level_errors(discs(names=("C2-C3", "C3-C4")), DiscPoints(points=dict(list(discs().points.items())[1:])))
    assert ([one.name for one in found.discs], found.missing, found.extra) == (
        ["C3-C4"],
        ("C4-C5", "C5-C6"),
        ("C2-C3",),
    )
    assert level_errors(discs(names=("C2-C3",)), DiscPoints(points={"T1-T2": (0.0, 0.0, 0.0)})).mean_mm is None


def test_along_a_tilted_cord() -> None:
    """On a cord at 45° a disc moved 5 mm along it is 5 mm off, though only 3.5 mm lower."""
    s = np.linspace(0, 100, 401)
    down = np.array([0.0, 0.5**0.5, -(0.5**0.5)])
    axis = Centreline(points_mm=s[:, None] * down, s_mm=s, tangents=np.tile(down, (len(s), 1)))
    truth = DiscPoints(points={"C2-C3": tuple(20 * down), "C3-C4": tuple(40 * down)})
    moved = DiscPoints(points={name: tuple(np.array(point) + 5 * down) for name, point in truth.points.items()})
    assert [one.along_mm for one in level_errors(moved, truth, axis).discs] == pytest.approx([5.0, 5.0], abs=1e-6)


def test_errors_in_both_directions_do_not_cancel() -> None:
    """One disc 2 mm too low, the next 3 mm too high: mean 2.5 and largest 3 mm."""
    low, high = discs(2.0, names=NAMES[:1]), discs(-3.0, names=NAMES[:2])
    mixed = DiscPoints(points={"C2-C3": low.points["C2-C3"], "C3-C4": high.points["C3-C4"]})
    found = level_errors(mixed, discs(names=NAMES[:2]))
    assert [one.along_mm for one in found.discs] == pytest.approx([2.0, -3.0])
    assert (found.mean_mm, found.largest_mm) == (pytest.approx(2.5), pytest.approx(3.0))
