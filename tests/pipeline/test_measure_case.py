"""One case from files: a level mask instead of discs, and perturbation ranges switched on and off."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mri.nifti import write_label_map
from mri.volume import LabelMap
from pipeline.cli import status_of
from pipeline.config import load_config
from tests.pipeline.masks import tube

LEVEL_MM = 20
T4 = 11
"""Vertebra number of the level in the middle: 40 to 60 mm above the lowest edge of the grid."""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Write a lesion of 30 mm, a cord and a level mask of five vertebrae, and return the options for them."""
    lesion = tube(radius_mm=3, low_mm=-20, high_mm=10)
    cord = tube(radius_mm=6, low_mm=-50, high_mm=50)
    height = np.arange(100)[None, None, :]
    levels = np.where(cord.array > 0, T4 + 2 - height // LEVEL_MM, 0)
    drawn = {
        "enhancing": lesion,
        "cord": cord,
        "discs": LabelMap(array=levels.astype(np.int16), geometry=cord.geometry),
    }
    for name, labels in drawn.items():
        write_label_map(tmp_path / f"{name}.nii.gz", labels)
    return [word for name in drawn for word in (f"--{name}", str(tmp_path / f"{name}.nii.gz"))]


def measured(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Measure and return what is printed as JSON."""
    assert status_of(["measure-case", *arguments, "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_a_level_mask_stands_for_discs(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One integer per vertebra gives levels: 30 mm of levels of 20 mm is 1.5, over T4 and half of T5."""
    row = measured(files, capsys)["lesions"][0]
    assert row["enh_seg_frac"] == pytest.approx(1.5, abs=0.06)
    assert (row["enh_levels"], row["enh_seg_count"]) == ("T4-T5", 2)


def test_ranges_are_printed_unless_left_out(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """By default each number has its range; --no-intervals leaves all of them empty and nothing else."""
    with_ranges, without = (measured([*files, *more], capsys)["lesions"][0] for more in ([], ["--no-intervals"]))
    assert with_ranges["enh_length_mm_low"] < with_ranges["enh_length_mm"] < with_ranges["enh_length_mm_high"]
    assert {name for name in without if without[name] != with_ranges[name]} == {
        name for name in with_ranges if name.endswith(("_low", "_high", "_prob")) and with_ranges[name] is not None
    }


def test_the_configuration_may_leave_ranges_out(files: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """`intervals = false` in the configuration holds, the option wins over it, and both stand in the provenance."""
    config = Path(files[1]).parent / "iscm.toml"
    config.write_text("[features]\nintervals = false\n[features.followup]\nlarger_share = 0.25\n", encoding="utf-8")
    assert load_config(config).features.followup.larger_share == 0.25
    said = measured([*files, "--config", str(config)], capsys)
    assert said["lesions"][0]["enh_length_mm_low"] is None
    again = measured([*files, "--config", str(config), "--intervals"], capsys)
    assert again["lesions"][0]["enh_length_mm_low"] is not None
    assert again["provenance"] != said["provenance"]
