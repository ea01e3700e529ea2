"""CSV and Excel files as text."""

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from mri.problems import RefusedError
from survival.sheet import read_sheet


def test_rows_are_numbered_as_a_spreadsheet_does_and_empty_ones_are_skipped(tmp_path: Path) -> None:
    """The header is row 1; an empty line counts in the numbering."""
    path = tmp_path / "t.csv"
    path.write_text("a,b\n1,2\n\n3\n", encoding="utf-8-sig")
    sheet = read_sheet(path)
    assert sheet.header == ("a", "b")
    assert [(r.number, dict(r.cells)) for r in sheet.rows] == [(2, {"a": "1", "b": "2"}), (4, {"a": "3", "b": ""})]
    assert sheet.where(2, "b") == "t.csv, row 2, column b"


def test_semicolons_are_understood(tmp_path: Path) -> None:
    """A CSV from an office program in a decimal-comma country."""
    path = tmp_path / "t.csv"
    path.write_text("a;b\n1;2,5\n", encoding="utf-8")
    assert dict(read_sheet(path).rows[0].cells) == {"a": "1", "b": "2,5"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"a,a\n1,2\n", "column_twice"),
        (b"a,,b\n1,2,3\n", "column_without_name"),
        (b"a,b\n1,2,3\n", "row_too_long"),
        (b"", "empty_table"),
        ("a\nZürich\n".encode("latin-1"), "not_utf8"),
        (b"a\0b\n", "not_a_table"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(tmp_path: Path, content: bytes, code: str) -> None:
    """Each kind of broken file has its code, and the message names the file."""
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=r"broken\.csv") as refused:
        read_sheet(path)
    assert [p.code for p in refused.value.problems] == [code]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """No traceback for a wrong path."""
    with pytest.raises(RefusedError, match="cannot be read"):
        read_sheet(tmp_path / "none.csv")


def test_a_workbook_that_is_none_is_refused(tmp_path: Path) -> None:
    """A CSV renamed to xlsx."""
    path = tmp_path / "t.xlsx"
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(RefusedError, match="no Excel workbook"):
        read_sheet(path)


@pytest.mark.parametrize("is_1904", [False, True])
def test_excel_dates_come_as_iso_in_both_date_systems(tmp_path: Path, is_1904: bool) -> None:
    """A true date cell is the same day, whichever day the workbook counts from."""
    book = openpyxl.Workbook()
    if is_1904:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "death_date", "n", "yes", "x"])
    sheet.append([1001, datetime(2010, 5, 1), 2.5, True, None])
    book.save(tmp_path / "t.xlsx")
    read = read_sheet(tmp_path / "t.xlsx")
    assert dict(read.rows[0].cells) == {"id": "1001", "death_date": "2010-05-01", "n": "2.5", "yes": "1", "x": ""}
    assert read.excel_1904 is is_1904
