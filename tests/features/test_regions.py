"""Regions of the cord and how much of it the images show."""

from dataclasses import replace

import pytest

from features.frame import build_frame
from features.parameters import FeatureParameters
from features.regions import conus_tip_v, coverage, covered_levels, involved, region_intervals
from features.sheet import study_sheet
from segmentation.findings import Answer, Findings
from segmentation.levels import DiscPoints
from segmentation.regions import Region
from tests.features.scene import axial_grid, case, cord_mask, discs, mask, sagittal_grid, series, t1_gd, tube

SEGMENTAL = FeatureParameters()
VERTEBRAL = replace(SEGMENTAL, region_scheme="vertebral")
TIP_V = 21.0
WIDE = series(sagittal_grid(v_from=-1.0))


def test_cord_segments_lie_above_the_vertebrae_of_their_name() -> None:
    """With the tip at L1-L2 the conus is at L1 and the lumbar cord at T11 and T12."""
    intervals = region_intervals(TIP_V, SEGMENTAL)
    assert intervals["T"] == (8.0, 18.0)
    assert intervals["L"] == (18.0, 20.0)
    assert intervals["conus"][0] == 20.0


@pytest.mark.parametrize(
    ("extent", "segmental", "vertebral"),
    [
        ((4.0, 5.0), ("C",), ("C",)),
        ((7.8, 8.6), ("T",), ("T",)),
        ((7.7, 8.3), ("C", "T"), ("C", "T")),
        ((18.5, 19.5), ("L",), ("T",)),
        ((17.0, 20.5), ("T", "L", "conus"), ("T", "conus")),
        ((7.9, 8.05), ("C",), ("C",)),
    ],
)
def test_involved_regions(extent: tuple[float, float], segmental: tuple[str, ...], vertebral: tuple[str, ...]) -> None:
    """A region is involved by a quarter of a level; a lesion shorter than that is where most of it is."""
    assert involved([extent], TIP_V, SEGMENTAL) == segmental
    assert involved([extent], TIP_V, VERTEBRAL) == vertebral


def test_the_tip_is_where_the_drawn_cord_ends() -> None:
    """The end of the cord mask within the images is the tip; a cord that stops at T5 just stops."""
    frame = build_frame(case([cord_mask(WIDE, v_to=20.7)]), SEGMENTAL)
    assert conus_tip_v(frame, True, SEGMENTAL) == pytest.approx(20.7, abs=0.1)
    assert conus_tip_v(frame, False, SEGMENTAL) is None
    stops = build_frame(case([cord_mask(WIDE, v_to=13.0)]), SEGMENTAL)
    assert conus_tip_v(stops, True, SEGMENTAL) is None


def test_the_tip_is_read_seen_or_assumed() -> None:
    """The reader's level wins, then the mask, then the assumed level with a flag."""
    read = Findings(author="AB", lesions={}, patient={"conus_tip": Answer(value="L2", source="reader")})
    drawn = [cord_mask(WIDE, v_to=20.2)]
    for findings, masks, tip, flagged in (
        (read, drawn, 21.5, False),
        (None, drawn, 20.2, False),
        (None, [cord_mask(WIDE, v_to=13.0)], SEGMENTAL.assumed_conus_tip_v, True),
    ):
        made = case(masks, findings=findings)
        sheet = study_sheet(made, build_frame(made, SEGMENTAL), SEGMENTAL)
        assert sheet.tip_v == pytest.approx(tip, abs=0.1)
        assert ("conus_tip_assumed" in sheet.flags) is flagged


def test_coverage_needs_every_part_of_the_cord() -> None:
    """Two stations that meet show the whole cord, one of them or two with a gap do not."""
    frame = build_frame(case([cord_mask(WIDE, v_from=-0.5)], discs=discs(first=1)), SEGMENTAL)
    upper, lower, lowest = sagittal_grid(-1, 12), sagittal_grid(11, 22), sagittal_grid(13, 22)
    assert coverage(frame, [upper, lower], TIP_V, SEGMENTAL) == "whole_cord"
    assert coverage(frame, [upper], TIP_V, SEGMENTAL) == "partial"
    assert coverage(frame, [upper, lowest], TIP_V, SEGMENTAL) == "partial"
    assert coverage(build_frame(case([]), SEGMENTAL), [upper, lower], TIP_V, SEGMENTAL) is None


def test_covered_levels_are_named() -> None:
    """The vertebrae of a station are said from first to last."""
    frame = build_frame(case([cord_mask(WIDE)]), SEGMENTAL)
    assert covered_levels(frame, [sagittal_grid(9.0, 14.0)], SEGMENTAL) == "T2-T6"
    assert covered_levels(frame, [], SEGMENTAL) is None


def test_a_gap_between_blocks_of_slices_is_not_covered() -> None:
    """Two axial blocks are named apart, in order; blocks that meet or leave less than a quarter level are one."""
    frame = build_frame(case([cord_mask(WIDE)]), SEGMENTAL)
    apart = [axial_grid(15.0, 17.0), axial_grid(5.0, 7.0)]
    assert covered_levels(frame, apart, SEGMENTAL) == "C5-C6;T8-T9"
    assert covered_levels(frame, [axial_grid(5.0, 7.0), axial_grid(7.1, 9.0)], SEGMENTAL) == "C5-T1"
    assert covered_levels(frame, [axial_grid(5.0, 7.0), axial_grid(7.5, 9.0)], SEGMENTAL) == "C5-C6;C7-T1"


def test_a_series_that_ends_at_a_disc_shows_the_levels_above_it() -> None:
    """One point of the cord at the highest marked disc, wherever it falls, is no failure; more points are a level."""
    frame = build_frame(case([cord_mask(WIDE)], discs=discs(first=8)), SEGMENTAL)
    for mm in (0.2, 0.5, 1.0, 1.6, 2.4):
        bottom = 8.0 + mm / 20
        assert covered_levels(frame, [sagittal_grid(4.0, bottom)], SEGMENTAL) == "T1", mm
    assert covered_levels(frame, [sagittal_grid(4.0, 7.9)], SEGMENTAL) is None


def test_marks_of_the_foramen_magnum_leave_what_lies_between_unnamed() -> None:
    """Between FM and C2-C3 without C1-C2 there is no level; a series that ends there shows none."""
    points = {name: point for name, point in discs(first=1).points.items() if name != "C1-C2"}
    frame = build_frame(case([cord_mask(WIDE, v_from=0.0)], discs=DiscPoints(points=points)), SEGMENTAL)
    assert covered_levels(frame, [sagittal_grid(-1.0, 2.5)], SEGMENTAL) is None
    assert covered_levels(frame, [sagittal_grid(-1.0, 6.0)], SEGMENTAL) == "C3-C5"


def test_discs_closer_than_the_steps_along_the_cord_are_levels_too() -> None:
    """Discs given in cm instead of mm, 2 mm apart, give levels without a gap between them."""
    points = {name: (x, y, z / 10) for name, (x, y, z) in discs(first=8, last=11).points.items()}
    frame = build_frame(case([cord_mask(WIDE)], discs=DiscPoints(points=points)), SEGMENTAL)
    assert covered_levels(frame, [sagittal_grid()], SEGMENTAL) == "T1-T3"


def test_fat_suppression_may_be_mixed() -> None:
    """Enhanced series with and without fat suppression are mixed."""
    grids = [sagittal_grid(2, 12), sagittal_grid(11, 22)]
    enhanced = [
        t1_gd(g, fat_suppressed=fat, run=k) for k, (g, fat) in enumerate(zip(grids, (True, False), strict=True))
    ]
    made = case([mask(Region.ENHANCING, enhanced[0], tube(4, 5, 3))], series=tuple(enhanced))
    sheet = study_sheet(made, build_frame(made, SEGMENTAL), SEGMENTAL)
    assert sheet.columns["gd_fat_suppressed"] == "mixed"


@pytest.mark.parametrize(
    ("stated", "expected"), [((1.5, 1.494), 1.497), ((None, 3.0), 3.0), ((1.5, 3.0), None), ((None, None), None)]
)
def test_field_strength_is_that_of_every_series(stated: tuple[float | None, ...], expected: float | None) -> None:
    """One scanner gives its field; series of two scanners, or none that states it, give nothing."""
    grid = sagittal_grid(2, 12)
    made = case([cord_mask(series(grid, field_strength_t=stated[0]))])
    made = replace(made, series=(*made.series, t1_gd(grid, field_strength_t=stated[1])))
    sheet = study_sheet(made, build_frame(made, SEGMENTAL), SEGMENTAL)
    assert sheet.columns["field_strength_t"] == (None if expected is None else pytest.approx(expected))


def test_the_tip_may_lie_a_level_below_the_last_disc() -> None:
    """The whole cord is shown though the last marked disc lies above the tip; two levels above it is not known."""
    for last, expected in ((20, "whole_cord"), (18, "partial")):
        frame = build_frame(case([cord_mask(WIDE)], discs=discs(first=1, last=last)), SEGMENTAL)
        assert coverage(frame, [sagittal_grid(-1, 22)], 20.7, SEGMENTAL) == expected
