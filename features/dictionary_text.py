"""Columns written out for people and scripts: CSV, JSON or Markdown."""

import csv
import io
import json
from collections.abc import Iterable
from enum import StrEnum
from itertools import groupby

from features.column import SEPARATOR, Column

_HEADER = ("table", "name", "type", "unit", "codes", "minimum", "maximum", "required", "definition", "source")


class Format(StrEnum):
    """How a dictionary is written."""

    CSV = "csv"
    JSON = "json"
    MARKDOWN = "md"


def render(columns: Iterable[Column], form: Format | str) -> str:
    """Return columns as text, in their order; any table's columns may be given, the clinical table's too.

    Parameters
    ----------
    columns : iterable of Column
    form : Format or str
        ``csv``, ``json`` or ``md``.
    """
    return {Format.CSV: _csv, Format.JSON: _json, Format.MARKDOWN: _markdown}[Format(form)](tuple(columns))


def _csv(columns: tuple[Column, ...]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(_cells(column) for column in columns)
    return text.getvalue()


def _json(columns: tuple[Column, ...]) -> str:
    entries = [
        {key: getattr(column, key) for key in _HEADER}
        | {
            "type": column.type.value,
            "codes": list(column.codes),
            "resolution_of": column.resolution_of,
            "interval_of": column.interval_of,
            "finding": column.finding,
        }
        for column in columns
    ]
    return json.dumps({"format": 1, "columns": entries}, indent=2, ensure_ascii=False) + "\n"


def _markdown(columns: tuple[Column, ...]) -> str:
    parts = ["# Data dictionary\n"]
    for table, members in groupby(columns, key=lambda column: column.table):
        parts.append(
            f"\n## {table}\n\n| column | type | unit | codes | definition | source |\n|---|---|---|---|---|---|\n"
        )
        parts.extend(_markdown_row(column) for column in members)
    return "".join(parts)


def _markdown_row(column: Column) -> str:
    cells = (
        f"`{column.name}`",
        column.type.value,
        column.unit,
        ", ".join(column.codes),
        column.definition,
        column.source,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def _cells(column: Column) -> tuple[str, ...]:
    bounds = tuple("" if bound is None else f"{bound:g}" for bound in (column.minimum, column.maximum))
    return (
        column.table,
        column.name,
        column.type.value,
        column.unit,
        SEPARATOR.join(column.codes),
        *bounds,
        str(int(column.required)),
        column.definition,
        column.source,
    )
