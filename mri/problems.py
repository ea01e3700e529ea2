"""A failure as a value, until the edge of the program turns it into an exit code."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem stands in the way."""

    ERROR = "error"
    """The item was not done."""
    WARNING = "warning"
    """The item was done, and a person should look at it."""
    NOTE = "note"
    """For the account only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, with where it is and how to mend it.

    Attributes
    ----------
    code : str
        Stable lower-case name that scripts may rely on, e.g. ``"no_dicom"``.
    severity : Severity
    where : str
        File, table cell, series or participant. Never a patient's name, id or date.
    message : str
        One sentence that says what is wrong and how to mend it.
    """

    code: str
    severity: Severity
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.code}]"

    def as_record(self) -> dict[str, str]:
        """Return the problem as the row that ``problems.csv`` and ``--json`` write."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "where": self.where,
            "message": self.message,
        }


def error(code: str, where: object, message: str) -> Problem:
    """Return a problem of severity error."""
    return Problem(code=code, severity=Severity.ERROR, where=str(where), message=message)


def warning(code: str, where: object, message: str) -> Problem:
    """Return a problem of severity warning."""
    return Problem(code=code, severity=Severity.WARNING, where=str(where), message=message)


def note(code: str, where: object, message: str) -> Problem:
    """Return a problem of severity note."""
    return Problem(code=code, severity=Severity.NOTE, where=str(where), message=message)


class RefusedError(Exception):
    """The input is refused and nothing was written; holds every problem that was found (exit status 2)."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(p) for p in self.problems))


class StoppedError(Exception):
    """The work stopped on the way: what was written is whole, the rest is not done (exit status 1)."""

    def __init__(self, problem: Problem) -> None:
        self.problems = (problem,)
        super().__init__(str(problem))
