"""The columns of every table, made from the files ``columns_*.csv`` and from the reader's items.

A row of ``columns_<table>.csv`` is either a column of its own or stands for columns made from others: a reader's
``finding``, the ``rest`` of the findings of one scope, the ``index`` lesion's finding or the ``max`` of a lesion's
measure. What accompanies a column (resolution, perturbation range, source …) is made from ``columns_companions.csv``.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from features.column import SEPARATOR, Column, ColumnType
from mri.problems import RefusedError, error
from segmentation.vocabulary import NOT_APPLICABLE, NOT_ASSESSABLE, Item, Kind, Scope, item, items, na_reasons

TABLES = ("lesions", "patients", "cohort", "results", "problems")
"""Tables that the project writes; of the cohort only the computed columns: the rest comes from the other tables."""

_Row = Mapping[str, str]
_COMPANIONS_OF_SCOPE = {
    Scope.LESION: ("source", "na_reason", "confidence"),
    Scope.PATIENT: ("source", "na_reason"),
    Scope.STUDY_SHEET: (),
}
_TYPES = {
    Kind.CODE: ColumnType.CODE,
    Kind.CODES: ColumnType.CODES,
    Kind.INT: ColumnType.INT,
    Kind.NUM: ColumnType.NUM,
    Kind.LEVEL: ColumnType.TEXT,
    Kind.BOOL: ColumnType.BOOL,
    Kind.TEXT: ColumnType.TEXT,
}


@cache
def columns(table: str) -> tuple[Column, ...]:
    """Return the columns of a table in the order they are written.

    Parameters
    ----------
    table : str
        One of ``TABLES``.

    Raises
    ------
    RefusedError
        If there is no such table.
    """
    if table not in TABLES:
        raise RefusedError(error("table_unknown", table, f"'{table}' is no table; use one of {', '.join(TABLES)}"))
    rows = _read(f"columns_{table}.csv")
    made: dict[str, Column] = {}
    for row in rows:
        for column in _columns_of_row(row, table):
            made.setdefault(column.name, column)
    for column in [made[row["name"]] for row in rows if "reason" in row["with"].split()]:
        reason = _companion("reason", column)
        made[reason.name] = reason
    return tuple(made.values())


def column_names(table: str) -> tuple[str, ...]:
    """Return the header of a table."""
    return tuple(column.name for column in columns(table))


def _read(file: str) -> list[dict[str, str]]:
    text = files(__package__).joinpath(file).read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _columns_of_row(row: _Row, table: str) -> Iterable[Column]:
    match row["how"]:
        case "":
            return _with_companions(_own(row, table), row["with"].split())
        case "finding":
            return _finding_columns(item(row["name"]), table, alone=row["with"] == "alone")
        case "rest":
            return (column for entry in items(row["name"]) for column in _finding_columns(entry, table))
        case "index":
            return _with_companions(_companion("index", _finding(item(row["name"]), table)), ["source"])
        case _:
            return _with_companions(_largest(row, table), row["with"].split())


def _own(row: _Row, table: str) -> Column:
    return Column(
        name=row["name"],
        table=table,
        type=ColumnType(row["type"]),
        definition=row["definition"],
        source=row["source"],
        unit=row["unit"],
        codes=_split(row["codes"]),
        minimum=float(row["minimum"]) if row["minimum"] else None,
        maximum=float(row["maximum"]) if row["maximum"] else None,
        required=row.get("with") == "required",
    )


def _largest(row: _Row, table: str) -> Column:
    """Return the column for a measure's largest value over the lesions."""
    measure = next(c for c in columns("lesions") if c.name == row["name"])
    made = _companion("max", measure, table=table)
    changes: dict[str, Any] = {key: row[key] for key in ("definition", "source") if row[key]}
    return replace(made, **changes)


def _finding_columns(entry: Item, table: str, *, alone: bool = False) -> Iterator[Column]:
    if not entry.tabulated:
        return
    column = _finding(entry, table)
    yield column
    if alone:
        return
    kinds = _COMPANIONS_OF_SCOPE[entry.scope]
    for kind in ("suggested", *kinds) if entry.suggested else kinds:
        if not (entry.derived and kind == "na_reason"):
            yield _companion(kind, column)


def _finding(entry: Item, table: str) -> Column:
    """Return the column of a reader's item; what cannot be assessed is a code of its own, never the same as absent."""
    beside = (NOT_ASSESSABLE, NOT_APPLICABLE) if entry.inapplicable_if else (NOT_ASSESSABLE,)
    return Column(
        name=entry.name,
        table=table,
        type=_TYPES[entry.kind],
        definition=entry.definition,
        source=f"DICTIONARY B; {entry.source}",
        unit=entry.unit,
        codes=(*entry.codes, *beside) if entry.codes else (),
        minimum=entry.minimum,
        maximum=entry.maximum,
        finding=entry.name,
    )


def _with_companions(column: Column, kinds: Iterable[str]) -> Iterator[Column]:
    yield column
    for kind in kinds:
        if kind == "interval":
            yield _companion("low", column)
            yield _companion("high", column)
        elif kind in ("res", "source"):
            yield _companion(kind, column)


def _companion(kind: str, column: Column, *, table: str | None = None) -> Column:
    """Return the column that accompanies another, as ``columns_companions.csv`` describes it."""
    row = _companions()[kind]
    words = {
        "name": column.name,
        "stem": column.name.removesuffix("_mm"),
        "type": column.type.value,
        "codes": SEPARATOR.join(column.codes),
        "minimum": "" if column.minimum is None else f"{column.minimum:g}",
        "maximum": "" if column.maximum is None else f"{column.maximum:g}",
        "na_reasons": SEPARATOR.join(na_reasons()),
        "definition": column.definition,
    }
    made = _own({key: value.format(**words) for key, value in row.items()} | {"unit": ""}, table or column.table)
    keeps_unit = kind in ("res", "low", "high", "suggested", "max", "index")
    changes: dict[str, Any] = {
        "unit": column.unit if keeps_unit else "",
        "resolution_of": column.name if kind == "res" else None,
        "interval_of": column.name if kind in ("low", "high") else None,
        "finding": column.finding,
    }
    return replace(made, **changes)


@cache
def _companions() -> Mapping[str, _Row]:
    return {row["kind"]: row for row in _read("columns_companions.csv")}


def _split(codes: str) -> tuple[str, ...]:
    return tuple(codes.split(SEPARATOR)) if codes else ()
