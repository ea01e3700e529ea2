"""CSV and Excel files as text."""

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from mri.problems import RefusedError
from survival.sheet import Sheet, read_sheet


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


def _book(path: Path, *rows: list[object]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    return book


def test_what_hides_in_a_workbook_is_named(tmp_path: Path) -> None:
    """Merged cells and formulas that nobody has computed would read as empty: every one at once."""
    path = tmp_path / "t.xlsx"
    book = _book(path, ["id", "sex", "age"], ["P1", "female", "=1+1"], ["P2", None, 60])
    book.worksheets[0].merge_cells("B2:B3")
    book.save(path)
    with pytest.raises(RefusedError) as refused:
        read_sheet(path)
    found = [(p.code, p.where) for p in refused.value.problems]
    assert found == [("merged_cells", "t.xlsx, row 2"), ("formula_without_value", "t.xlsx, row 2")]
    assert "B2:B3" in str(refused.value)
    assert "C2" in str(refused.value)


def test_a_title_above_the_columns_is_named(tmp_path: Path) -> None:
    """One message of the title, not one of each row that is too long; a table of two columns is none."""
    path = tmp_path / "t.xlsx"
    _book(path, ["Patients of 2010"], ["id", "sex", "age"], ["P1", "female", 60]).save(path)
    with pytest.raises(RefusedError) as refused:
        read_sheet(path)
    assert [(p.code, p.where) for p in refused.value.problems] == [("title_row", "t.xlsx, row 1")]
    _book(path, ["id"], ["P1"]).save(path)
    assert read_sheet(path).header == ("id",)


def test_further_sheets_are_counted_and_not_named(tmp_path: Path) -> None:
    """Their names may be of patients."""
    path = tmp_path / "t.xlsx"
    book = _book(path, ["id", "sex"], ["P1", "female"])
    assert read_sheet_of(book, path).notes == ()
    book.create_sheet("Somebody")
    (found,) = read_sheet_of(book, path).notes
    assert found.code == "further_sheets"
    assert "1 further" in found.message
    assert "Somebody" not in found.message


def read_sheet_of(book: openpyxl.Workbook, path: Path) -> Sheet:
    """Save a workbook and read it."""
    book.save(path)
    return read_sheet(path)
