"""Regions of the spine from words, held against geometry."""

from mri.parameters import DEFAULTS
from mri.sequence import Finding
from mri.stations import Extent, extent_of, settle_stations
from tests.mri.test_geometry import plain


def settle(*series: tuple[str, float, float], frames: str = "") -> list[Finding]:
    """Settle series given as (claim, lowest, highest); ``frames`` holds one letter for each."""
    claims = [Finding(value=claim, evidence="words" if claim else "") for claim, _, _ in series]
    names = frames or "a" * len(series)
    extents = [Extent(frame=f, low_mm=low, high_mm=high) for f, (_, low, high) in zip(names, series, strict=True)]
    return settle_stations(claims, extents, DEFAULTS)


def values(found: list[Finding]) -> list[str]:
    """Return the letters alone."""
    return [finding.value for finding in found]


def test_neck_above_chest_is_confirmed() -> None:
    """Two stations in their natural order keep their words, and say why."""
    found = settle(("C", 0, 230), ("T", -150, 80))
    assert values(found) == ["C", "T"]
    assert all("confirmed" in finding.evidence for finding in found)


def test_neck_below_chest_is_refuted() -> None:
    """Words that geometry contradicts are not used."""
    found = settle(("C", -150, 80), ("T", 0, 230))
    assert values(found) == ["", ""]
    assert "refuted" in found[0].evidence


def test_another_frame_confirms_nothing() -> None:
    """Coordinates of two frames of reference do not compare."""
    found = settle(("C", -150, 80), ("T", 0, 230), frames="ab")
    assert values(found) == ["C", "T"]
    assert "no other station" in found[0].evidence


def test_silent_series_take_the_region_of_their_neighbour() -> None:
    """An axial block within the sagittal neck series is a neck series."""
    found = settle(("C", 0, 230), ("T", -200, 30), ("", 120, 180), ("", -190, -100))
    assert values(found) == ["C", "T", "C", "T"]


def test_long_series_show_the_whole_spine() -> None:
    """Length alone tells a whole spine."""
    assert values(settle(("", -300, 300))) == ["CTL"]


def test_what_is_not_known_is_said() -> None:
    """Without words the letters stay empty, and the evidence tells the order."""
    upper, lower = settle(("", 0, 230), ("", -300, -60))
    assert (upper.value, lower.value) == ("", "")
    assert "0 series lie higher and 1 lower" in upper.evidence
    assert "1 series lie higher and 0 lower" in lower.evidence


def test_extent_runs_along_the_body() -> None:
    """The reach of a grid is taken along z, between voxel centres."""
    extent = extent_of(plain(), "f")
    assert (extent.low_mm, extent.high_mm, extent.length_mm, extent.centre_mm) == (30.0, 45.0, 15.0, 37.5)


def test_no_frame_is_shared_by_nobody() -> None:
    """An unstated frame of reference equals no other."""
    one = Extent(frame="", low_mm=0, high_mm=1)
    assert one.shared(one) == 0.0
