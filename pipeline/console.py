"""What a person sees on the terminal: progress, problems and summaries."""

import json
import sys
from collections.abc import Iterable, Mapping
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, Self

from mri.problems import Problem, Severity

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_MARKS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}


def take_any_letter() -> None:
    """Let no letter that a terminal or a pipe does not know (–, ³) end a command: its code is written instead."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str = "") -> None:
    """Print a line to standard output, at once: a command that goes on running may be read through a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Print a line to standard error."""
    sys.stderr.write(text + "\n")


def say_json(content: Mapping[str, Any]) -> None:
    """Print a machine-readable summary; a value that is not a number is null, never NaN.

    Where the output is not UTF-8, other letters are written as JSON writes them in ASCII.
    """
    is_utf8 = (sys.stdout.encoding or "utf-8").lower() in ("utf-8", "utf8")
    say(json.dumps({"format": 1, **content}, indent=2, ensure_ascii=not is_utf8, allow_nan=False, default=str))


def report_problems(problems: Iterable[Problem], *, notes: bool = False) -> None:
    """Print each problem on a line of its own: errors and warnings, notes only where asked."""
    for problem in problems:
        if notes or problem.severity is not Severity.NOTE:
            complain(f"{_MARKS[problem.severity]}: {problem}")


def exit_status(problems: Iterable[Problem]) -> int:
    """Return 1 if anything failed, else 0 (CONTRACT, exit status)."""
    return int(any(problem.severity is Severity.ERROR for problem in problems))


class Progress:
    """A progress bar on a terminal, plain lines elsewhere; on standard error so that output can be piped."""

    def __init__(self, title: str, total: int) -> None:
        self._title, self._total, self._done = title, total, 0
        self._bar: RichProgress | None = None

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(console=Console(stderr=True), transient=True)
            self._bar.start()
            self._bar.add_task(self._title, total=self._total)
        return self

    def step(self, what: str) -> None:
        """Count one more item as done and say which."""
        self._done += 1
        if self._bar is None:
            complain(f"{self._title} {self._done}/{self._total} {what}")
        else:
            self._bar.update(self._bar.task_ids[0], advance=1, description=f"{self._title} {what}")

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()
