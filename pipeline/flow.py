"""A whole study through its steps: each command of the program is one function here."""

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mri.bids import StudyFolder, write_json
from mri.problems import Problem, RefusedError, error
from mri.study import StudyId
from pipeline.batch import Outcome, run_batch
from pipeline.config import Config
from pipeline.executors import ExecutorKind, open_executor
from pipeline.problem_table import StepProblem, record_problems
from pipeline.propose_step import propose_with_plugins
from pipeline.provenance import input_hashes, provenance
from pipeline.steps import FAILED, SessionTask, failed, measure

if TYPE_CHECKING:
    from features.measure import CaseFeatures

_LOG = logging.getLogger(__name__)
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Where the sessions are worked on."""

    kind: ExecutorKind = ExecutorKind.SERIAL
    jobs: int = 1
    scheduler: str | None = None

    def open(self) -> Executor:
        """Open a fresh executor."""
        return open_executor(self.kind, self.jobs, self.scheduler)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What a step over all sessions gave."""

    studies: tuple[StudyId, ...]
    problems: tuple[StepProblem, ...] = ()
    failed: tuple[StudyId, ...] = ()


def require_study(root: Path) -> StudyFolder:
    """Return the study folder, refused if it is none."""
    folder = StudyFolder(root=root)
    if not folder.exists():
        mend = "no study folder (it has no dataset_description.json); make one with iscm ingest"
        raise RefusedError(error("not_a_study", root.name, mend))
    return folder


def select_studies(folder: StudyFolder, participants: Sequence[str] = ()) -> tuple[StudyId, ...]:
    """Return the sessions of a study, of the named participants only where any are named.

    Raises
    ------
    RefusedError
        If a named participant is not in the study, or the study is empty.
    """
    found = folder.studies()
    wanted = {name.removeprefix("sub-") for name in participants}
    unknown = sorted(wanted - {study.participant for study in found})
    if unknown:
        listed = ", ".join(unknown)
        raise RefusedError(
            error("participant_unknown", folder.root.name, f"no participant {listed}; see participants.tsv")
        )
    if not found:
        raise RefusedError(
            error("study_empty", folder.root.name, "no session with images; see derivatives/ingest/series.csv")
        )
    return tuple(study for study in found if not wanted or study.participant in wanted)


def propose_all(
    folder: StudyFolder, studies: Sequence[StudyId], config: Config, workers: Workers, told: Told, *, redo: bool = False
) -> StepResult:
    """Propose cord, levels and lesions of every session as author ``auto``."""
    tasks = [SessionTask(root=folder.root, study=study, config=config, redo=redo) for study in studies]
    _LOG.info("propose %d sessions, executor %s, %d jobs", len(tasks), workers.kind.value, workers.jobs)
    outcomes = run_batch(propose_with_plugins, tasks, workers.open, _tell(told))
    problems = tuple(
        StepProblem(study=outcome.item.study, step="propose", problem=problem)
        for outcome in outcomes
        for problem in (*(outcome.result or ()), *outcome.problems)
    )
    record_problems(folder, "propose", problems, studies)
    failed_ones = tuple(outcome.item.study for outcome in outcomes if outcome.result is None)
    return StepResult(studies=tuple(studies), problems=problems, failed=failed_ones)


def measure_all(
    folder: StudyFolder,
    studies: Sequence[StudyId],
    config: Config,
    workers: Workers,
    told: Told,
    *,
    author: str | None = None,
) -> StepResult:
    """Measure sessions and write lesions.csv, patients.csv, problems.csv and provenance.json.

    Rows of sessions that were not asked for stay in the tables.
    """
    from features.numbering import write_numbering
    from features.table import write_features
    from pipeline.sessions import compare_sessions

    out = folder.features(author)
    others = tuple(_others(out, studies))
    tasks = [SessionTask(root=folder.root, study=study, config=config, author=author) for study in studies]
    outcomes = run_batch(measure, tasks, workers.open, _tell(told))
    measured = [outcome.result or failed(outcome.item, outcome.problems) for outcome in outcomes]
    measured, noticed = compare_sessions(folder, measured, config.features)
    found = [(study, problem) for study, session in zip(studies, measured, strict=True) for problem in session.problems]
    problems = tuple(
        StepProblem(study=study, step="measure", problem=_with_session(problem, study))
        for study, problem in (*found, *noticed)
    )
    _LOG.info("measured %d sessions into %s", len(tasks), out.relative_to(folder.root))
    write_features(out, [*measured, *others])
    write_numbering(out, measured)
    record_problems(folder, "measure", problems, studies, author)
    write_json(out / "provenance.json", _features_provenance(folder, config))
    return StepResult(studies=tuple(studies), problems=problems, failed=_failed_studies(measured, studies))


def _with_session(problem: Problem, study: StudyId) -> Problem:
    """Return a problem that names its session: of many, "discs" is not enough to find it by."""
    if str(study) in problem.where:
        return problem
    return replace(problem, where=f"{study}, {problem.where}")


def _others(out: Path, studies: Sequence[StudyId]) -> Iterator["CaseFeatures"]:
    """Yield what the tables already hold of other sessions."""
    from features.measure import CaseFeatures
    from features.table import read_rows

    if not all((out / f"{table}.parquet").is_file() for table in ("lesions", "patients")):
        return
    redone = {(study.participant, study.session) for study in studies}
    lesions = read_rows(out / "lesions.parquet", "lesions")
    for patient in read_rows(out / "patients.parquet", "patients"):
        ids = (patient["participant_id"], patient["session_id"])
        if ids not in redone:
            own = tuple(lesion for lesion in lesions if (lesion["participant_id"], lesion["session_id"]) == ids)
            yield CaseFeatures(lesions=own, patient=patient)


def _features_provenance(folder: StudyFolder, config: Config) -> dict[str, Any]:
    inputs: dict[str, str] = {}
    for study in folder.studies():
        readings = folder.readings(study)
        inputs |= input_hashes((path for path in readings.glob("*") if path.is_file()), folder.root)
    return provenance(config.as_json(), inputs)


def _failed_studies(measured: Sequence["CaseFeatures"], studies: Sequence[StudyId]) -> tuple[StudyId, ...]:
    return tuple(study for study, session in zip(studies, measured, strict=True) if session.patient["status"] == FAILED)


def _tell(told: Told) -> Callable[[Outcome[SessionTask, Any]], None]:
    return partial(_tell_item, told)


def _tell_item(told: Told, outcome: Outcome[SessionTask, Any]) -> None:
    for problem in outcome.problems:
        _LOG.info("%s", problem)
    told(str(outcome.item) + ("" if outcome.result is not None else " failed"))
