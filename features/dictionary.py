"""Every column that the project writes: the one source of headers, documentation and checks."""

from collections.abc import Iterator, Mapping

from features.column import Column, ColumnType
from features.columns import TABLES, column_names, columns
from features.dictionary_text import Format, render
from mri.problems import Problem, error

__all__ = [
    "TABLES",
    "Column",
    "ColumnType",
    "Format",
    "all_columns",
    "as_csv",
    "as_json",
    "as_markdown",
    "column_names",
    "columns",
    "render",
    "validate_row",
]

_NO_COLUMN = "the table has no such column; remove it, or see `iscm dictionary` for the right name"


def all_columns() -> tuple[Column, ...]:
    """Return the columns of every table, table after table."""
    return tuple(column for table in TABLES for column in columns(table))


def as_csv() -> str:
    """Return the whole dictionary as CSV."""
    return render(all_columns(), Format.CSV)


def as_json() -> str:
    """Return the whole dictionary as JSON."""
    return render(all_columns(), Format.JSON)


def as_markdown() -> str:
    """Return the whole dictionary as Markdown tables."""
    return render(all_columns(), Format.MARKDOWN)


def validate_row(table: str, row: Mapping[str, object]) -> list[Problem]:
    """Return everything that is wrong with one row, as read from CSV (text) or as made (typed).

    Parameters
    ----------
    table : str
        One of ``TABLES``.
    row : mapping of str to object
        Column to value; None and empty text are missing values. A cohort may hold columns of the clinical table.
    """
    known = {column.name: column for column in _columns_allowed(table)}
    missing = [c.name for c in columns(table) if c.required and row.get(c.name) in (None, "")]
    unknown = [] if table == "cohort" else [name for name in row if name not in known]
    return [
        *(error("value_missing", f"{table}:{name}", f"{name} is missing; every row needs it") for name in missing),
        *(error("column_unknown", f"{table}:{name}", f"{name}: {_NO_COLUMN}") for name in unknown),
        *_faults(table, known, row),
    ]


def _columns_allowed(table: str) -> tuple[Column, ...]:
    """Return the columns that may stand in a table: a cohort also holds those of the patients."""
    return (*columns("patients"), *columns("cohort")) if table == "cohort" else columns(table)


def _faults(table: str, known: Mapping[str, Column], row: Mapping[str, object]) -> Iterator[Problem]:
    for name, value in row.items():
        fault = known[name].fault(value) if name in known else None
        if fault is not None:
            yield error("value_wrong", f"{table}:{name}", f"{name}: {fault}")
