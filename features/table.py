"""Features to CSV and Parquet and back (CONTRACT, "Tables")."""

import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from features.columns import columns
from features.dictionary import Column, ColumnType, as_json
from features.measure import CaseFeatures
from features.rows import Row
from mri.bids import read_table, write_bytes, write_table, write_text
from mri.problems import Problem, RefusedError, error

if TYPE_CHECKING:
    import pyarrow

LESIONS, PATIENTS = "lesions", "patients"
_ORDER = ("participant_id", "session_id", "lesion_id")


def write_features(folder: Path, cases: Iterable[CaseFeatures]) -> None:
    """Write lesions and patients as CSV and Parquet, and the data dictionary, each file whole or not at all.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    cases : iterable of CaseFeatures
        Every session, also those that failed: no row is dropped. Their order does not matter.
    """
    done = list(cases)
    write_rows(folder, LESIONS, [row for case in done for row in case.lesions])
    write_rows(folder, PATIENTS, [case.patient for case in done])
    write_text(folder / "dictionary.json", as_json())


def write_rows(folder: Path, table: str, rows: Iterable[Mapping[str, object]]) -> None:
    """Write one table as ``<table>.csv`` and ``<table>.parquet``, ordered by participant, session and lesion.

    Raises
    ------
    ValueError
        If a row has not exactly the columns of the dictionary, or a number is not finite.
    """
    header = columns(table)
    ordered = sorted(rows, key=_order)
    for row in ordered:
        if set(row) != {column.name for column in header}:
            odd = sorted(set(row) ^ {column.name for column in header})
            raise ValueError(f"a row of {table} differs from the dictionary in {', '.join(odd)}")
    texts = [{column.name: cell_text(column, row[column.name]) for column in header} for row in ordered]
    write_bytes(folder / f"{table}.parquet", _parquet(header, ordered))
    write_table(folder / f"{table}.csv", [column.name for column in header], texts)


def read_rows(path: Path, table: str) -> list[Row]:
    """Read a table that `write_rows` wrote, CSV or Parquet, back to the same values.

    Columns that an earlier version did not know are empty.

    Raises
    ------
    RefusedError
        With every cell of a CSV that does not fit the dictionary; if a Parquet file is damaged.
    """
    header = columns(table)
    if path.suffix == ".parquet":
        return _read_parquet(path, header)
    problems: list[Problem] = []
    rows = [
        {column.name: _value(column, cells.get(column.name, ""), f"{path.name}:{line}", problems) for column in header}
        for line, cells in enumerate(read_table(path), start=2)
    ]
    if problems:
        raise RefusedError(problems)
    return rows


def json_row(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row for a JSON file: dates as ISO text, missing values as null."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in row.items()}


def cell_text(column: Column, value: object) -> str:
    """Return a value as it stands in a CSV cell: empty where missing, booleans 0 and 1, dates ISO."""
    if value is None:
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{column.name} is not finite")
    if column.type is ColumnType.BOOL:
        return "1" if value else "0"
    if isinstance(value, date):
        return value.isoformat()
    # a number computed by numpy is written as plain digits
    return repr(float(str(value))) if column.type is ColumnType.NUM else str(value)


_FROM_TEXT: Mapping[ColumnType, Callable[[str], object]] = {
    ColumnType.NUM: float,
    ColumnType.INT: int,
    ColumnType.BOOL: lambda text: text.lower() in ("1", "true"),
    ColumnType.DATE: date.fromisoformat,
}


def _value(column: Column, text: str, where: str, problems: list[Problem]) -> object:
    if text == "":
        return None
    fault = column.fault(text)
    if fault is not None:
        problems.append(error("value_wrong", where, f"{column.name}: {fault}"))
        return None
    return _FROM_TEXT.get(column.type, str)(text)


def _order(row: Mapping[str, object]) -> tuple[str, str, int]:
    participant, session, lesion = (row.get(name) for name in _ORDER)
    return str(participant), str(session), int(str(lesion or 0))


def _parquet(header: Sequence[Column], rows: Sequence[Mapping[str, object]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    arrays = [pyarrow.array([row[column.name] for row in rows], type=_arrow_type(column)) for column in header]
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_arrays(arrays, names=[column.name for column in header]), buffer)
    return buffer.getvalue()


def _arrow_type(column: Column) -> "pyarrow.DataType":
    import pyarrow

    types = {
        ColumnType.NUM: pyarrow.float64(),
        ColumnType.INT: pyarrow.int64(),
        ColumnType.BOOL: pyarrow.bool_(),
        ColumnType.DATE: pyarrow.date32(),
    }
    return types.get(column.type, pyarrow.string())


def _read_parquet(path: Path, header: Sequence[Column]) -> list[Row]:
    from pyarrow import ArrowException, parquet

    try:
        known = set(parquet.read_schema(path).names)
        table = parquet.read_table(path, columns=[column.name for column in header if column.name in known])
    except (ArrowException, OSError) as failure:
        mend = "the table cannot be read; delete it and measure the whole study again"
        raise RefusedError(error("table_unreadable", path.name, mend)) from failure
    empty: Row = dict.fromkeys(column.name for column in header)
    return [empty | row for row in table.to_pylist()]
