"""problems.csv: what went wrong or wants a look, in which step of which session."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from mri.bids import StudyFolder, describe_dataset, read_table, write_table
from mri.problems import Problem
from mri.study import StudyId

COLUMNS = ("participant_id", "session_id", "step", "code", "severity", "where", "message")
EVERYTHING = "*\n**\n"
"""Patterns of .bidsignore: tables and reports are no files that BIDS knows by name."""
FEATURES = "Features measured from annotations (research use only)"
_STUDY = re.compile(r"sub-(?P<participant>[A-Za-z0-9]+)_ses-(?P<session>[A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProblem:
    """A problem in one step, of one session where it is known which."""

    study: StudyId | None
    step: str
    problem: Problem

    @classmethod
    def of(cls, step: str, problem: Problem) -> Self:
        """Make one from a problem that names its session in ``where``, if it names one."""
        named = _STUDY.match(problem.where)
        study = StudyId(participant=named["participant"], session=named["session"]) if named else None
        return cls(study=study, step=step, problem=problem)

    def as_record(self) -> dict[str, str]:
        """Return the row of problems.csv."""
        known = {"participant_id": "", "session_id": "", "step": self.step}
        if self.study is not None:
            known |= {"participant_id": self.study.participant, "session_id": self.study.session}
        return {**known, **self.problem.as_record()}


def record_problems(
    folder: StudyFolder,
    step: str,
    problems: Iterable[StepProblem],
    studies: Sequence[StudyId] | None = None,
    author: str | None = None,
) -> None:
    """Replace what problems.csv says of a step; the other steps, and sessions that were not worked on, stay.

    Parameters
    ----------
    folder : StudyFolder
    step : str
    problems : iterable of StepProblem
    studies : sequence of StudyId, optional
        The sessions that were worked on; all where it is not given.
    author : str, optional
        Whose tables, where one author is measured apart.
    """
    path = folder.features(author) / "problems.csv"
    rows = read_table(path) if path.is_file() else []
    redone = None if studies is None else {(study.participant, study.session) for study in studies}
    kept = [row for row in rows if row["step"] != step or _is_other(row, redone)]
    write_table(path, COLUMNS, [*kept, *(problem.as_record() for problem in problems)])
    describe_dataset(folder.features(), FEATURES, derivative=True, ignored=EVERYTHING)


def _is_other(row: dict[str, str], redone: set[tuple[str, str]] | None) -> bool:
    return redone is not None and (row["participant_id"], row["session_id"]) not in redone
