"""CPU time of work in this process and its children, and tables of text."""

import os
import platform
import resource
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pipeline.console import say

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
"""Reference data beside the checkout; the sections that use it say where it is not there."""


def cpu_seconds() -> float:
    """Return the CPU time so far, user and system, of this process and its finished children."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def least(work: Callable[[], object], repeats: int) -> float:
    """Return the least CPU time of several runs: what other users of the machine add only lengthens them."""
    return min(_once(work) for _ in range(repeats))


def _once(work: Callable[[], object]) -> float:
    start = cpu_seconds()
    work()
    return cpu_seconds() - start


def machine() -> str:
    """Return the kind of machine, without its name."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table under a title: the first column to the left, numbers to the right."""
    say(f"### {title}")
    say()
    cells = [[str(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(header))]
    for line in _lines(cells, widths):
        say(line)


def _lines(cells: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    for number, row in enumerate(cells):
        padded = [
            cell.ljust(width) if k == 0 else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"| {' | '.join(padded)} |"
        if number == 0:
            rules = ["-" * width if k == 0 else "-" * (width - 1) + ":" for k, width in enumerate(widths)]
            yield f"| {' | '.join(rules)} |"
