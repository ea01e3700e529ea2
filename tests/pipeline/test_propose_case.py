"""`iscm propose-case`: what the proposals warn of is printed and stands in the summary."""

import json
from pathlib import Path

import pytest

from mri.nifti import write_volume
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
