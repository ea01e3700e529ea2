"""The printed tables as one LaTeX file, by the writer of pandas; needs ``booktabs`` and ``longtable``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from survival.tables import PrintedTable

if TYPE_CHECKING:
    import pandas as pd

INDENT = "\u2003"
"""An em space before the label of a group; LaTeX with UTF-8 sets it."""


def latex(tables: Sequence[PrintedTable], notice: str) -> str:
    """Return every table with its caption, stamps and notes, to be input into a manuscript."""
    return "\n".join([f"% {notice}", *(text for table in tables for text in _table(table, notice))])


def frames(table: PrintedTable) -> "list[pd.DataFrame]":
    """Return the table as text columns: its counts, then its survival rows."""
    import pandas as pd

    out = []
    if table.parts:
        out.append(pd.DataFrame(list(_counted(table)), columns=["Feature", "No. (%)"]))
    if table.lines:
        out.append(pd.DataFrame(_columns(table)))
    return out


def _counted(table: PrintedTable) -> "list[tuple[str, str]]":
    rows: list[tuple[str, str]] = []
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
    out[f"Median, {table.time_unit} (CI)"] = [line.median for line in lines]
    optional = (
        (table.has_months, "Months", [line.months for line in lines]),
        (table.has_ratio, "HR (CI)", [line.hr for line in lines]),
        (table.has_test, "P", [line.p for line in lines]),
        (bool(table.second_test), f"P, {table.second_test}", [line.p_second for line in lines]),
        (True, "Deaths*", [line.events for line in lines]),
        (table.has_adjusted, "P, Holm*", [line.holm for line in lines]),
        (table.has_adjusted, "P, BH*", [line.bh for line in lines]),
    )
    return out | {name: values for wanted, name, values in optional if wanted}


def notes_of(table: PrintedTable, notice: str) -> list[str]:
    """Return what stands under a table: its note, lettered footnotes, stamps."""
    lettered = [f"[{letter}] {words}" for letter, words in table.footnotes]
    star = ["* Beyond the paper."] if table.lines else []
    return [*([table.note] if table.note else []), *lettered, *star, *table.stamps, notice]


def _table(table: PrintedTable, notice: str) -> list[str]:
    from pandas.io.formats.style import Styler

    texts = []
    for frame in frames(table):
        styler = Styler(frame).hide(axis="index").format(escape="latex").format_index(escape="latex", axis="columns")
        columns = "l" + "r" * (len(frame.columns) - 1)
        texts.append(styler.to_latex(environment="longtable", column_format=columns, hrules=True, caption=table.title))
    notes = " ".join(_escaped(note) for note in notes_of(table, notice))
    return [*texts, f"{{\\footnotesize {notes}\\par}}", ""]


def _escaped(text: str) -> str:
    for sign in "&%$#_{}":
        text = text.replace(sign, f"\\{sign}")
    return text
