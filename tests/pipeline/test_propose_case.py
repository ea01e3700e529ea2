"""`iscm propose-case`: what the proposals warn of is printed and stands in the summary."""

import json
from pathlib import Path

import numpy as np
import pytest

from mri.nifti import write_volume
from mri.volume import Volume
from pipeline.cli import status_of
from segmentation.proposal_words import WORDS, flag_warnings
from tests.segmentation.tube import disc_heights_mm, grid, scan


def test_flags_are_printed_and_in_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Unnamed levels and thick slices warn on stderr, in --json and in words; a named disc takes the first away."""
    image = scan(grid((13, 70, 120), (3.3, 1.1, 1.1)), discs=disc_heights_mm("C2-C3", 55.0, -55.0))
    write_volume(tmp_path / "t2.nii.gz", image)
    words = ["propose-case", "--image", str(tmp_path / "t2.nii.gz"), "--weighting", "T2w", "--json"]
    disc = ["--disc", "C2-C3=0,-12,55"]
    for more, unconfirmed in (([], True), (disc, False)):
        assert status_of([*words, "--out", str(tmp_path / "out"), *more]) == 0
        said = capsys.readouterr()
        problems = json.loads(said.out)["problems"]
        codes = [problem["code"] for problem in problems]
        assert ("levels_unconfirmed" in codes) is unconfirmed
        assert ("[levels_unconfirmed]" in said.err) is unconfirmed
        assert "thick_slices_read_low" in codes
        assert "[thick_slices_read_low]" in said.err
        record = json.loads((tmp_path / "out" / "proposal.json").read_text())
        flags = {*record["cord"]["flags"], *record["discs"]["flags"]}
        assert flags <= {*codes} <= {*WORDS} | {"no_precontrast", "no_reference"}


def test_a_flag_without_words_is_not_lost() -> None:
    """A flag that the table does not know is still a warning."""
    (problem,) = flag_warnings(["new_flag"], "cord")
    assert (problem.code, problem.where) == ("new_flag", "cord")


@pytest.fixture
def neck(tmp_path: Path) -> list[str]:
    """Write a small image and return the words that propose on it."""
    write_volume(tmp_path / "t2.nii.gz", scan(grid((13, 70, 90), (3.3, 1.1, 1.1))))
    return ["propose-case", "--image", str(tmp_path / "t2.nii.gz"), "--weighting", "T2w"]


@pytest.mark.parametrize("inside", ["", "out"])
def test_results_cannot_go_into_a_file(
    neck: list[str], inside: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the place of the folder, or above it, is refused before the work, and left as it is."""
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    assert status_of([*neck, "--out", str(file / inside)]) == 2
    assert "notes.txt: is a file" in capsys.readouterr().err
    assert file.read_text() == "mine"


def test_a_disc_named_twice_is_refused(neck: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither of two places may win in silence; C2/C3 and C2-C3 are one name."""
    words = [*neck, "--out", str(tmp_path / "out"), "--disc", "C2-C3=0,-12,30", "--disc", "C2/C3=0,-12,0"]
    assert status_of(words) == 2
    assert "C2-C3 is named twice" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("error")
def test_a_point_at_infinity_is_outside(neck: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is refused in words, without a warning of the arithmetic."""
    assert status_of([*neck, "--out", str(tmp_path / "out"), "--click", "inf,0,0"]) == 2
    assert "[point_outside]" in capsys.readouterr().err


def test_a_refused_image_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An image of one value is refused under its file's name, and nothing is written."""
    flat = scan(grid((13, 70, 90), (3.3, 1.1, 1.1)))
    write_volume(tmp_path / "t2.nii.gz", Volume(array=np.ones_like(flat.array), geometry=flat.geometry))
    words = ["propose-case", "--image", str(tmp_path / "t2.nii.gz"), "--weighting", "T2w"]
    assert status_of([*words, "--out", str(tmp_path / "out")]) == 2
    assert "t2.nii.gz: every voxel is 1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
