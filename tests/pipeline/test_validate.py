"""`iscm validate`: files and folders, as tables and as JSON."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mri.bids import write_json
from mri.nifti import write_label_map
from mri.volume import LabelMap
from pipeline.cli import status_of
from pipeline.validate_table import short_names
from segmentation.disc_files import discs_as_json
from segmentation.levels import DiscPoints
from tests.features.test_level_errors import discs
from tests.pipeline.masks import tube


def validated(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, Any]:
    """Run with --json and return what is printed."""
    assert status_of(["validate", *map(str, arguments), "--json"]) == 0
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write a lesion of 40 mm with radius 3, one of 30 mm, and a cord of 100 mm."""
    for name, radius, low, high in (("truth", 3, -20, 20), ("proposed", 3, -20, 10), ("cord", 6, -50, 50)):
        write_label_map(tmp_path / f"{name}.nii.gz", tube(radius_mm=radius, low_mm=low, high_mm=high))
    write_json(tmp_path / "discs.json", discs_as_json(discs()))
    return tmp_path


def test_a_shortened_tube_by_hand(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """30 of 40 mm: Dice 2·30/70, volume −25 %, length −10 mm, in levels −10/18; along the cord and by segments."""
    write_json(folder / "low.json", discs_as_json(discs(30.0)))
    more = ("--cord", folder / "cord.nii.gz", "--discs", folder / "low.json")
    found = validated(capsys, folder / "proposed.nii.gz", folder / "truth.nii.gz", *more)
    (row,) = found["structures"]
    assert (row["structure"], row["label"]) == ("truth", "all")
    assert row["dice"] == pytest.approx(60 / 70, abs=1e-3)
    assert row["volume_difference_percent"] == pytest.approx(-25.0)
    assert row["largest_surface_mm"] == pytest.approx(10.0)
    assert (row["length_mm_truth"], row["length_difference_mm"]) == (pytest.approx(40.0), pytest.approx(-10.0))
    assert row["si_difference_mm"] == pytest.approx(-10.0)
    assert row["segments_difference"] == pytest.approx(-10 / 18, abs=0.01)
    assert found["format"] == 1


def test_without_a_cord_nothing_is_made_up(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Length along the cord and segments are null; levels without a cord are refused."""
    (row,) = validated(capsys, folder / "proposed.nii.gz", folder / "truth.nii.gz")["structures"]
    assert (row["length_mm_truth"], row["segments_difference"]) == (None, None)
    assert row["si_mm_truth"] == pytest.approx(40.0)
    files = [str(folder / name) for name in ("proposed.nii.gz", "truth.nii.gz")]
    assert status_of(["validate", *files, "--discs", str(folder / "discs.json")]) == 2


def test_labels_have_rows_of_their_own(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two lesions: one row for both together, one for each."""
    truth = tube(radius_mm=3, low_mm=-20, high_mm=20)
    array = truth.array.copy()
    array[:, :, 60:] *= 2
    write_label_map(folder / "two.nii.gz", LabelMap(array=array, geometry=truth.geometry))
    rows = validated(capsys, folder / "truth.nii.gz", folder / "two.nii.gz")["structures"]
    assert [row["label"] for row in rows] == ["all", 1, 2]
    assert [row["dice"] for row in rows][0::2] == [1.0, 0.0]


def test_levels_in_json_and_as_points(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """discs.json against points in an image: errors by disc; without --levels two images are masks."""
    cord = tube(radius_mm=6, low_mm=-50, high_mm=50)
    array = np.zeros(cord.geometry.shape, dtype=np.uint8)
    for value, z in ((4, 40), (5, 22), (6, 4)):
        array[12, 12, z + 50] = value
    write_label_map(folder / "points.nii.gz", LabelMap(array=array, geometry=cord.geometry))
    (levels,) = validated(capsys, folder / "points.nii.gz", folder / "discs.json")["levels"]
    assert levels["mean_mm"] == pytest.approx(2.0)
    assert (levels["missing"], levels["slips"]) == (["C2-C3"], [])
    points = (folder / "points.nii.gz", folder / "points.nii.gz")
    assert validated(capsys, *points, "--levels")["levels"][0]["mean_mm"] == 0.0
    assert validated(capsys, *points)["levels"] == []


def test_folders_of_two_authors(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files are paired by name without the author; what one lacks is said; the table names each structure."""
    place = folder / "readings"
    for author, high in (("auto", 10), ("AB", 20)):
        name = f"sub-1_ses-1_acq-sagCT2_label-t2hyper_desc-{author}_mask.nii.gz"
        write_label_map(place / name, tube(radius_mm=3, low_mm=-20, high_mm=high))
        write_json(place / f"sub-1_ses-1_desc-{author}_discs.json", discs_as_json(discs()))
    cord = place / "sub-1_ses-1_acq-sagCT2_label-cord_desc-auto_mask.nii.gz"
    write_label_map(cord, tube(radius_mm=6, low_mm=-50, high_mm=50))
    found = validated(capsys, place, place, "--authors", "auto", "AB")
    assert [row["structure"] for row in found["structures"]] == ["sub-1_ses-1_acq-sagCT2_label-t2hyper"]
    assert found["levels"][0]["mean_mm"] == 0.0
    assert [problem["code"] for problem in found["problems"]] == ["only_one"]
    assert status_of(["validate", str(place), str(place)]) == 2
    assert "--authors" in capsys.readouterr().err
    assert status_of(["validate", str(place), str(place), "--authors", "auto", "AB"]) == 0
    said = " ".join(capsys.readouterr().out.split())  # however narrow the terminal is
    assert "research use only" in said
    assert "slips: none" in said


def test_names_that_nothing_shares_are_not_called_right(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Discs whose names are all off share none with the truth: that is no agreement without a slip."""
    write_json(folder / "off" / "discs.json", discs_as_json(discs(names=("T1-T2", "T2-T3"))))
    assert status_of(["validate", str(folder / "off" / "discs.json"), str(folder / "discs.json")]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "no disc has its name in both" in said
    assert "slips" not in said


def test_a_gap_in_the_levels_is_told_by_their_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--discs` without one between two others is refused under the file's name."""
    gap = {name: point for name, point in discs().points.items() if name != "C3-C4"}
    write_json(folder / "gap_discs.json", discs_as_json(DiscPoints(points=gap)))
    truth = str(folder / "truth.nii.gz")
    assert status_of(["validate", truth, truth, "--cord", truth, "--discs", str(folder / "gap_discs.json")]) == 2
    assert "gap_discs.json: no disc between C2-C3 and C4-C5" in capsys.readouterr().err


def test_names_are_short_where_that_is_clear() -> None:
    """Folder and session are left out of the table, unless two sessions have the same structure."""
    first, second = "ses-01/anat/sub-1_ses-01_acq-sagT2_label-cord", "ses-02/anat/sub-1_ses-02_acq-sagT2_label-cord"
    assert short_names([first, first]) == ["acq-sagT2_label-cord"] * 2
    assert short_names([first, second]) == [first, second]
    assert short_names(["cord"]) == ["cord"]


def test_what_cannot_be_compared_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file, a file against a folder, and folders that share nothing."""
    (folder / "empty").mkdir()
    for pair in (("a.nii.gz", "truth.nii.gz"), ("truth.nii.gz", "empty"), ("empty", "empty")):
        assert status_of(["validate", *(str(folder / name) for name in pair)]) == 2
        assert capsys.readouterr().err
