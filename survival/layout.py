"""A printed table as plain text cells with its notes: what LaTeX and Word are made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from survival.beyond import PrintedBeyond
from survival.tables import PrintedTable
from survival.uncertainty_table import UncertainTable

INDENT = "\u2003"
"""An em space before the label of a group; LaTeX and Word make it an indent of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One table: caption, header, rows of as many cells, and the notes below it."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]


def layouts(
    tables: Sequence[PrintedTable],
    additions: Sequence[PrintedBeyond],
    uncertain: Sequence[UncertainTable],
    stamps: Sequence[str],
    notice: str,
) -> tuple[Layout, ...]:
    """Return every table in the order of the plan, counts before survival rows, then additions and ranges."""
    out = [layout for table in tables for layout in layouts_of(table, notice)]
    ranges = (range_layout(table, stamps, notice) for table in uncertain)
    return (*out, *([beyond_layout(additions, stamps, notice)] if additions else []), *ranges)


def layouts_of(table: PrintedTable, notice: str) -> tuple[Layout, ...]:
    """Return a table's counts and its survival rows; the notes stand under the last of them."""
    parts: list[tuple[tuple[str, ...], list[tuple[str, ...]]]] = []
    if table.parts:
        parts.append((("Feature", "No. (%)"), _counted(table)))
    if table.lines:
        columns = _columns(table)
        parts.append((tuple(columns), list(zip(*columns.values(), strict=True))))
    notes = tuple(notes_of(table, notice))
    last = len(parts) - 1
    return tuple(
        Layout(title=table.title, header=header, rows=tuple(rows), notes=notes if i == last else ())
        for i, (header, rows) in enumerate(parts)
    )


def _counted(table: PrintedTable) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for counted in table.parts:
        is_counts = counted.part.kind == "counts"
        rows += [(f"{counted.part.label} ({counted.detail})", "")] if is_counts else []
        rows += [(f"{INDENT}{label}" if is_counts else label, value) for label, value in counted.printed]
    return rows


def _columns(table: PrintedTable) -> dict[str, list[str]]:
    lines = table.lines
    labels = [
        f"{INDENT if line.is_group else ''}{line.label}{f' [{line.marks}]' if line.marks else ''}" for line in lines
    ]
    out = {"Variable": labels, "No.": [line.n for line in lines]}
    out[f"Median, {table.time_unit} ({table.level} CI)"] = [line.median for line in lines]
    optional = (
        (table.has_months, "Months", [line.months for line in lines]),
        (table.has_ratio, f"HR ({table.level} CI)", [line.hr for line in lines]),
        (table.has_test, "P", [line.p for line in lines]),
        (bool(table.second_test), f"P, {table.second_test}", [line.p_second for line in lines]),
        (True, "Deaths*", [line.events for line in lines]),
        (table.has_adjusted, "P, Holm*", [line.holm for line in lines]),
        (table.has_adjusted, "P, BH*", [line.bh for line in lines]),
    )
    return out | {name: values for wanted, name, values in optional if wanted}


def notes_of(table: PrintedTable, notice: str) -> list[str]:
    """Return what stands under a table: its note, whom each row is about, lettered footnotes, stamps."""
    of_parts = [f"{part.part.label}: {part.part.note}" for part in table.parts if part.part.note]
    of_rows = [f"{line.label}: {words}" for line in table.lines for words in (line.detail, line.note) if words]
    lettered = [f"[{letter}] {words}" for letter, words in table.footnotes]
    over = [f"P adjusted over {table.adjusted_over}."] if table.adjusted_over else []
    star = ["* Beyond the paper.", "NE, not estimable; CI, confidence interval."] if table.lines else []
    return [*([table.note] if table.note else []), *of_parts, *of_rows, *lettered, *star, *over, *table.stamps, notice]


def beyond_layout(additions: Sequence[PrintedBeyond], stamps: Sequence[str], notice: str) -> Layout:
    """Return the additions to the papers; a column that no row fills is left out."""
    columns = {
        "Variable": [f"{line.label} ({line.detail})" for line in additions],
        "P, proportional hazards": [line.ph for line in additions],
        "P, permutation": [line.permutation for line in additions],
        "Cox HR (CI)": [line.ratio for line in additions],
        "Penalised HR (CI)": [line.firth for line in additions],
        "Time-varying HR (CI)": [line.exposed for line in additions],
        "C (corrected)": [line.c for line in additions],
    }
    filled = {name: values for name, values in columns.items() if any(values)}
    rows = tuple(zip(*filled.values(), strict=True))
    return Layout(title="Beyond the paper", header=tuple(filled), rows=rows, notes=(*stamps, notice))


def range_layout(table: UncertainTable, stamps: Sequence[str], notice: str) -> Layout:
    """Return the ranges of one source of uncertainty."""
    lines = table.lines
    columns = {
        "Variable": [f"{INDENT}{x.label}" if x.is_group else f"{x.label} ({x.detail})" for x in lines],
        "Ambiguous": [x.ambiguous for x in lines],
        "No., range": [x.n_range for x in lines],
        "Median": [x.median for x in lines],
        "Median, range": [x.median_range for x in lines],
        "P": [x.p for x in lines],
        "P, range": [x.p_range for x in lines],
        f"P, {table.ends}": [x.p_ends for x in lines],
        "HR, range": [x.hr_range for x in lines],
    }
    rows = tuple(zip(*columns.values(), strict=True))
    notes = (table.words, *stamps, notice)
    return Layout(title=f"{table.title} (beyond the paper)", header=tuple(columns), rows=rows, notes=notes)
