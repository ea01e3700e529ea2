"""The tables of sizes against plausibility and published norms."""

import csv
from pathlib import Path

import numpy as np

from sample_scans import anatomy_tables as tables
from sample_scans.spine import level_positions_mm
from segmentation.levels import STANDARD


def test_every_level_has_a_height_and_every_disc_too() -> None:
    """Bodies C3 to S1 and discs C2-C3 to L5-S1 are all there."""
    assert set(tables.BODY_HEIGHT_MM) == set(STANDARD.vertebrae[2:])
    assert set(tables.DISC_HEIGHT_MM) == set(STANDARD.discs[2:])


def test_length_of_the_spine_is_that_of_an_adult() -> None:
    """From the top of C2 to the bottom of L2 is 450 to 480 mm; the cord is 410 to 450 mm long."""
    positions = level_positions_mm()
    top_of_c2, bottom_of_l2 = positions[2], positions[22] - tables.DISC_HEIGHT_MM["L2-L3"] / 2
    assert 450 <= bottom_of_l2 - top_of_c2 <= 480
    tip = np.interp(tables.CONUS_TIP_V, list(positions), list(positions.values()))
    assert 410 <= tip <= 455


def test_bodies_grow_downwards() -> None:
    """No vertebral body from C6 to L2 is lower than the one above it."""
    heights = [tables.BODY_HEIGHT_MM[name] for name in STANDARD.vertebrae[5:21]]
    assert heights == sorted(heights)


def test_cord_diameters_agree_with_published_means(shared_data: Path) -> None:
    """Each diameter is within 0.1 mm of the mean of the whole-spine subjects at its level."""
    with (shared_data / "cord_norms" / "level_norms.csv").open(encoding="utf-8") as handle:
        norms = {int(row["level"]): row for row in csv.DictReader(handle) if row["dataset"] == "whole-spine"}
    for name, (ap_mm, tr_mm) in tables.CORD_AP_TR_MM.items():
        row = norms[STANDARD.vertebra_number(name)]
        assert abs(ap_mm - float(row["AP_mean"])) <= 0.1, name
        assert abs(tr_mm - float(row["RL_mean"])) <= 0.1, name
