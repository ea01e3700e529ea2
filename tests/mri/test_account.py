"""The account keeps what a user corrects."""

from dataclasses import replace
from pathlib import Path

import pytest

from mri.account import COLUMNS, Entry, Status, evidence_of, read_account, usable, with_edits, write_account
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
    assert f"series 3 (abc), column {column}" in problem.where
    assert value not in problem.message


def test_an_invalid_cell_stays_as_it_was_written(tmp_path: Path) -> None:
    """It is in the table for its author to see, while what is used, and what is told of it, is what was found."""
    path, wrong = tmp_path / "series.csv", replace(FOUND, weighting="PD", weighting_evidence="times do not tell")
    write_account(path, [usable(wrong)], {wrong.item: wrong})
    assert read_account(path)[wrong.item] == wrong
    assert usable(wrong).weighting == "unknown"
    assert "times do not tell" in path.read_text()
    assert "set by the user" not in path.read_text()


def test_a_users_word_is_evidence_of_its_own(tmp_path: Path) -> None:
    """Beside an edited value stands whose it is and what was found; taken back, what was found stands alone again."""
    path, edited = tmp_path / "series.csv", replace(FOUND, weighting="T2", weighting_evidence="TE 30, (of few)")
    write_account(path, [edited])
    assert '"set by the user (found: unknown, TE 30, (of few))"' in path.read_text()
    assert read_account(path) == {edited.item: edited}
    assert evidence_of(usable(replace(edited, weighting="unknown")), "weighting") == "TE 30, (of few)"


def test_a_role_that_no_rule_knows_is_told() -> None:
    """Any word sets a series aside, so a slip of the pen is no silent loss; letters of any case say image."""
    edited, (problem,) = with_edits(FOUND, replace(FOUND, role="imgae"))
    assert (edited.role, problem.code) == ("imgae", "role_unknown")
    aside = replace(FOUND, role="localizer", role_found="localizer")
    assert with_edits(aside, replace(aside, role="Image")) == (replace(aside, role="image"), [])


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


@pytest.mark.parametrize(
    "content", ["", "\n", "garbage", "item\n", "x" * 200_000 + "\n1,2\n", 'a,b\n"' + "x" * 200_000]
)
def test_an_account_that_was_written_over_is_refused(tmp_path: Path, content: str) -> None:
    """Not one line of it is taken for an account, and it stays as it is; one that merely has no rows is empty."""
    path = tmp_path / "series.csv"
    path.write_text(content)
    with pytest.raises(RefusedError, match="put back a copy"):
        read_account(path)
    assert path.read_text() == content
    path.write_text(",".join(COLUMNS) + "\n")
    assert read_account(path) == {}
