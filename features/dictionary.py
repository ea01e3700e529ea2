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
    known = {column.name: column for column in columns(table)}
    absent = [] if table == "cohort" else [name for name in known if name not in row]
    unknown = [] if table == "cohort" else [name for name in row if name not in known]
    return [
        *(
            error("column_missing", f"{table}:{n}", f"the column {n} is missing; add it, empty if need be")
            for n in absent
        ),
        *(
            error("column_unknown", f"{table}:{n}", f"{n} is no column of {table}; `iscm dictionary` lists them")
            for n in unknown
        ),
        *_faults(table, known, row),
    ]


def _faults(table: str, known: Mapping[str, Column], row: Mapping[str, object]) -> Iterator[Problem]:
    for name, value in row.items():
        fault = known[name].fault(value) if name in known else None
        if fault is not None:
            yield error("value_wrong", f"{table}:{name}", f"{name}: {fault}")
