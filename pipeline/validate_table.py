"""What `iscm validate` found, as tables for a person."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

STRUCTURE_COLUMNS = (
    ("dice", "Dice", 3),
    ("hd95_mm", "HD95 mm", 1),
    ("mean_surface_mm", "mean surface mm", 2),
    ("volume_difference_percent", "volume %", 1),
    ("length_mm_truth", "length mm", 1),
    ("length_difference_mm", "± mm", 1),
    ("si_difference_mm", "SI ± mm", 1),
    ("segments_difference", "segments ±", 2),
)
"""Key of the summary, head, decimals."""
_SESSION = re.compile(r"^(.*/)?(sub-[A-Za-z0-9]+_ses-[A-Za-z0-9]+_)?")


def print_tables(summary: Mapping[str, Any]) -> None:
    """Print a table of structures and one of levels, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    rows = summary["structures"]
    if rows:
        table = Table(title="Proposed against truth (research use only)", title_justify="left")
        shown = [column for column in STRUCTURE_COLUMNS if any(row[column[0]] is not None for row in rows)]
        for head in ("structure", "label", *(head for _, head, _ in shown)):
            table.add_column(head, justify="left" if head == "structure" else "right", overflow="fold")
        for name, row in zip(short_names([row["structure"] for row in rows]), rows, strict=True):
            table.add_row(name, str(row["label"]), *(_cell(row[key], digits) for key, _, digits in shown))
        console.print(table)
    for levels in summary["levels"]:
        table = Table(title=f"Levels: {levels['structure']}", title_justify="left")
        for head in ("disc", "along mm", "distance mm", "lies at"):
            table.add_column(head, justify="left" if head in ("disc", "lies at") else "right")
        for disc in levels["discs"]:
            table.add_row(disc["name"], _cell(disc["along_mm"], 1), _cell(disc["distance_mm"], 1), disc["nearest"])
        console.print(table)
        console.print(_in_short(levels))
        for word in ("missing", "extra"):
            if levels[word]:
                console.print(f"{word}: {', '.join(levels[word])}")


def _in_short(levels: Mapping[str, Any]) -> str:
    """Return the errors of levels in one line; without a name in both no slip is excluded."""
    if not levels["discs"]:
        return "no disc has its name in both: there are no errors to tell, and all names may be off"
    mean, largest = _cell(levels["mean_mm"], 1), _cell(levels["largest_mm"], 1)
    return f"mean {mean} mm, largest {largest} mm, slips: {', '.join(levels['slips']) or 'none'}"


def short_names(names: Sequence[str]) -> list[str]:
    """Return names without folder and session, unless two structures would then have the same name."""
    short = {name: _SESSION.sub("", name) or name for name in names}
    return [short[name] if len(set(short.values())) == len(short) else name for name in names]


def _cell(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
