"""A CSV or Excel table as text cells with their row numbers, before anything is believed about them."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from mri.problems import Problem, RefusedError, error, note

EXCEL_ENDINGS = (".xlsx", ".xlsm")
LOOKED_INTO_BYTES = 5_000_000
"""A workbook up to this size is also searched for merged cells and formulas without a value: some thousand patients."""
EXCEL_1904_YEAR = 1904
"""Year in which Excel's second date system begins; openpyxl gives its first day as the workbook's epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row: the number that a spreadsheet shows for it (the header is row 1) and its cells by column."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table of text; `name` is the file's name without its folder, `notes` what was not read of it."""

    name: str
    header: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    excel_1904: bool = False
    notes: tuple[Problem, ...] = ()

    def where(self, row: int, column: str = "") -> str:
        """Return the place of a cell for a message."""
        return f"{self.name}, row {row}" + (f", column {column}" if column else "")


def read_sheet(path: Path, without: Sequence[str] = ()) -> Sheet:
    """Read a CSV (UTF-8; comma, semicolon or tab) or the first sheet of an Excel workbook.

    Parameters
    ----------
    path : Path
    without : sequence of str
        Columns that are not read, however often they are there.

    Raises
    ------
    RefusedError
        The file is not there, is no table, is not UTF-8, has a column twice or a row with too many cells.
    """
    try:
        is_excel = path.suffix.lower() in EXCEL_ENDINGS
        lines, is_1904, others = _excel(path) if is_excel else (_csv(path), False, 0)
    except OSError:
        raise RefusedError(error("no_file", path.name, "cannot be read: give the path of a CSV or xlsx file")) from None
    filled = [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]
    if not filled:
        raise RefusedError(error("empty_table", path.name, "holds no rows: the first row must name the columns"))
    header = tuple(cell.strip() for cell in filled[0][1])
    while header and not header[-1]:
        header = header[:-1]
    kept = tuple(name for name in header if name not in without)
    _refuse_title(path.name, filled)
    problems = [*_header_problems(path.name, kept), *_width_problems(path.name, header, filled[1:])]
    if problems:
        raise RefusedError(problems)
    rows = tuple(_row(number, header, cells) for number, cells in filled[1:])
    message = f"has {others} further sheets, which are not read: only the first is the table"
    notes = (note("further_sheets", path.name, message),) if others else ()
    return Sheet(name=path.name, header=kept, rows=rows, excel_1904=is_1904, notes=notes)


def _refuse_title(name: str, filled: Sequence[tuple[int, list[str]]]) -> None:
    """Refuse a table whose first row is one cell over several columns: a title, which would make every row too long."""
    widths = [sum(bool(cell.strip()) for cell in cells) for _, cells in filled]
    if widths[0] == 1 and max(widths) > 2:
        message = "is one cell, which looks like a title: take it out, the first row must name the columns"
        raise RefusedError(error("title_row", f"{name}, row {filled[0][0]}", message))


def _row(number: int, header: tuple[str, ...], cells: list[str]) -> SheetRow:
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return SheetRow(number=number, cells={name: cell.strip() for name, cell in zip(header, padded, strict=False)})


def _header_problems(name: str, header: Sequence[str]) -> Iterator[Problem]:
    for column, count in Counter(header).items():
        if not column:
            yield error("column_without_name", f"{name}, row 1", "a column has no name: name it or take it out")
        elif count > 1:
            yield error("column_twice", f"{name}, row 1", f"column {column} is there {count} times: keep one")


def _width_problems(name: str, header: tuple[str, ...], rows: Iterable[tuple[int, list[str]]]) -> Iterator[Problem]:
    for number, cells in rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            message = f"has more cells than the {len(header)} columns: quote a cell that holds the separator"
            yield error("row_too_long", f"{name}, row {number}", message)


def _csv(path: Path) -> list[tuple[int, list[str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RefusedError(error("not_utf8", path.name, "is not UTF-8 text: save it as CSV UTF-8")) from None
    if "\0" in text:
        raise RefusedError(error("not_a_table", path.name, "is no text table: give a CSV (UTF-8) or xlsx file"))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(number, cells) for number, cells in enumerate(reader, start=1)]
    except csv.Error:
        raise RefusedError(
            error("not_a_table", path.name, "cannot be read as CSV: save it anew as CSV UTF-8")
        ) from None


def _excel(path: Path) -> tuple[list[tuple[int, list[str]]], bool, int]:
    """Return the rows of the first sheet, whether its dates count from 1904, and how many further sheets there are."""
    from zipfile import BadZipFile

    import openpyxl

    with path.open("rb") as file:
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (BadZipFile, KeyError, ValueError):
            message = "is no Excel workbook: save it as xlsx or as CSV UTF-8"
            raise RefusedError(error("not_a_table", path.name, message)) from None
        sheet = book.worksheets[0]
        values = list(sheet.values)
        lines = [(n, [_excel_text(v) for v in row]) for n, row in enumerate(values, start=1)]
        others = len(book.worksheets) - 1
        is_1904 = book.epoch.year == EXCEL_1904_YEAR
        book.close()
    if path.stat().st_size <= LOOKED_INTO_BYTES and (problems := list(_hidden(path, values))):
        raise RefusedError(problems)
    return lines, is_1904, others


def _hidden(path: Path, values: Sequence[Sequence[object]]) -> Iterator[Problem]:
    """Yield merged cells, of which only the first would be read, and formulas whose value is not in the file."""
    import openpyxl

    known = {(r, c) for r, row in enumerate(values, 1) for c, value in enumerate(row, 1) if value is not None}
    with path.open("rb") as file:
        sheet = openpyxl.load_workbook(file).worksheets[0]
        for cells in sheet.merged_cells.ranges:
            message = f"the cells {cells.coord} are merged: part them and fill each"
            yield error("merged_cells", f"{path.name}, row {cells.min_row}", message)
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f" and (cell.row, cell.column) not in known:
                    message = f"the formula in {cell.coordinate} has no value in the file: open it in Excel and save it"
                    yield error("formula_without_value", f"{path.name}, row {cell.row}", message)


def _excel_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
