"""Rows of the tables while they are made: values, resolutions and reasons under the names of the dictionary."""

from collections.abc import Iterable, Mapping

from features.columns import columns
from features.extent import Segments
from segmentation.annotation import AUTO, CONSENSUS

Value = str | int | float | bool | None
Row = dict[str, object]
"""Column to value; None is missing."""

MISSING_REASON = "_missing_reason"
SEGMENT_NAMES = ("frac", "half", "count", "touched")


def empty_row(table: str) -> Row:
    """Return a row of a table with every column empty, in order."""
    return dict.fromkeys(column.name for column in columns(table))


def measure(name: str, value: float, resolution_mm: float | None = None) -> Row:
    """Return a measured value under its name, with its resolution."""
    row: Row = {name: value}
    if resolution_mm is not None:
        row[f"{name.removesuffix('_mm')}_res_mm"] = resolution_mm
    return row


def missing(names: Iterable[str], reason: str) -> Row:
    """Return why some measures are missing."""
    return {f"{name}{MISSING_REASON}": reason for name in names}


def segment_columns(prefix: str, found: Segments | None, reason: str) -> Row:
    """Return the columns of an extent in vertebral levels, or why they are missing."""
    if found is None:
        return missing((f"{prefix}_seg_{name}" for name in SEGMENT_NAMES), reason)
    row: Row = {f"{prefix}_seg_{name}": getattr(found, name) for name in SEGMENT_NAMES}
    return row | {
        f"{prefix}_levels": found.levels,
        f"{prefix}_v_from": found.v_from,
        f"{prefix}_v_to": found.v_to,
    }


def source_of(authors: Iterable[str]) -> str:
    """Return where a drawn structure came from, the least trusted of its authors."""
    known = set(authors)
    if not known:
        return "missing"
    if AUTO in known:
        return "suggested"
    return "consensus" if known == {CONSENSUS} else "reader"


def reasons(row: Mapping[str, object]) -> set[str]:
    """Return the distinct reasons for which measures of a row are missing."""
    return {str(value) for name, value in row.items() if name.endswith(MISSING_REASON) and value is not None}


def flags_text(flags: Iterable[str]) -> str | None:
    """Return flags as they stand in a cell: sorted, each once, joined by ``;``."""
    return ";".join(sorted(set(flags))) or None
