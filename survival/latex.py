"""The printed tables as one LaTeX file, by the writer of pandas; needs ``booktabs`` and ``longtable``."""

from collections.abc import Sequence

from survival.layout import INDENT, Layout

SIGNS = str.maketrans(
    {
        INDENT: r"\quad ",
        "≥": r"$\geq$",
        "≤": r"$\leq$",
        "−": r"$-$",
        "±": r"$\pm$",
        "×": r"$\times$",
        "√": r"$\surd$",
        "“": "``",
        "”": "''",
    }
)
"""Signs that LaTeX does not set from UTF-8 without a further package."""


def latex(tables: Sequence[Layout], notice: str) -> str:
    """Return every table with its caption, stamps and notes, to be input into a manuscript."""
    return "\n".join([f"% {notice}", *(text for table in tables for text in _table(table))])


def _table(table: Layout) -> list[str]:
    import pandas as pd
    from pandas.io.formats.style import Styler

    frame = pd.DataFrame(list(table.rows), columns=list(table.header))
    styler = Styler(frame).hide(axis="index").format(escape="latex").format_index(escape="latex", axis="columns")
    columns = "l" + "r" * (len(table.header) - 1)
    text = styler.to_latex(environment="longtable", column_format=columns, hrules=True, caption=escaped(table.title))
    text = text.translate(SIGNS)
    notes = " ".join(escaped(note).translate(SIGNS) for note in table.notes)
    return [text, *([f"{{\\footnotesize {notes}\\par}}", ""] if notes else [])]


def escaped(text: str) -> str:
    """Return a text without a sign that LaTeX would take as its own."""
    text = text.replace("\\", "/")
    for sign in "&%$#_{}":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("~", r"\textasciitilde{}").replace("^", r"\textasciicircum{}")
