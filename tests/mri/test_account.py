"""The account keeps what a user corrects."""

from dataclasses import replace
from pathlib import Path

import pytest

from mri.account import COLUMNS, Entry, Status, read_account, with_edits, write_account
from mri.problems import RefusedError

FOUND = Entry(
    item="abc",
    kind="series",
    status=Status.SET_ASIDE,
    participant_id="p1",
    session_id="01",
    series_number="3",
    role="image",
    role_found="image",
    weighting="unknown",
    weighting_found="unknown",
    contrast="no",
    contrast_found="no",
)


def test_rows_survive_a_file_in_a_fixed_order(tmp_path: Path) -> None:
    """The order does not depend on when a row was made, and files stand last."""
    path = tmp_path / "series.csv"
    rows = [
        Entry(item="f", kind="file", status=Status.SET_ASIDE),
        replace(FOUND, item="z", series_number="10"),
        FOUND,
    ]
    write_account(path, rows)
    assert list(read_account(path)) == ["abc", "z", "f"]
    assert read_account(path)["abc"] == FOUND
    again = path.read_bytes()
    write_account(path, reversed(rows))
    assert path.read_bytes() == again


def test_no_account_is_an_empty_one(tmp_path: Path) -> None:
    """A first ingest starts from nothing; columns of a user's own are ignored."""
    assert read_account(tmp_path / "series.csv") == {}
    (tmp_path / "series.csv").write_text(",".join((*COLUMNS, "mine")) + "\n" + "a,series,kept" + "," * 50 + "\n")
    assert list(read_account(tmp_path / "series.csv")) == ["a"]


def test_an_edit_is_kept() -> None:
    """What differs from what was found was written by a user, in any case of letters."""
    edited, problems = with_edits(FOUND, replace(FOUND, weighting="t2", stations="CT", contrast="YES"))
    assert (edited.weighting, edited.stations, edited.contrast) == ("T2", "CT", "yes")
    assert edited.weighting_found == "unknown"
    assert problems == []


def test_better_rules_replace_what_was_not_edited() -> None:
    """A row that the user left alone follows the rules."""
    edited, _ = with_edits(replace(FOUND, weighting="T1", weighting_found="T1"), FOUND)
    assert edited.weighting == "T1"


@pytest.mark.parametrize(
    ("column", "value"), [("weighting", "PD"), ("contrast", "maybe"), ("stations", "LC"), ("weighting", "../x")]
)
def test_invalid_edits_are_named_and_not_used(column: str, value: str) -> None:
    """The message says the cell and what it takes."""
    edited, (problem,) = with_edits(FOUND, replace(FOUND, **{column: value}))
    assert getattr(edited, column) == getattr(FOUND, column)
    assert problem.code == "override_invalid"
    assert column in problem.where


def test_rows_are_named_without_identity() -> None:
    """Messages name participant, session and number."""
    assert FOUND.where == "sub-p1_ses-01 series 3 (abc)"
    assert Entry(item="f", kind="file", status=Status.KEPT).where == "file f"


def test_an_account_saved_by_a_spreadsheet_keeps_its_edits(tmp_path: Path) -> None:
    """Semicolons are read as commas are; a table that lost its columns, or UTF-16, is refused by name."""
    path = tmp_path / "series.csv"
    write_account(path, [FOUND])
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(",", ";"), encoding="utf-8")
    assert read_account(path) == {FOUND.item: FOUND}
    path.write_text("item,comment\nabc,x\n", encoding="utf-8")
    with pytest.raises(RefusedError, match="lacks the columns"):
        read_account(path)
    path.write_text(text, encoding="utf-16")
    with pytest.raises(RefusedError, match="UTF-8"):
        read_account(path)
