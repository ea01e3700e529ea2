"""Everything in one go: ingest, propose, measure, join, analyse, with a page per patient in the report."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mri.bids import StudyFolder, read_table
from mri.problems import Problem, RefusedError, Severity, error
from mri.study import StudyId
from mri.trouble import on_the_way
from pipeline.archive import shown_source
from pipeline.case_report import case_sections, write_case_report
from pipeline.commands import check_source, check_target, ingest_source
from pipeline.config import Config
from pipeline.console import Progress
from pipeline.flow import (
    Workers,
    measure_all,
    propose_all,
    require_study,
    select_studies,
)
from pipeline.lock import locked
from pipeline.problem_table import StepProblem
from pipeline.prognosis import analyse_study, join_study

if TYPE_CHECKING:
    from mri.ingest import IngestResult


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What ``iscm run`` was told, besides the configuration.

    Attributes
    ----------
    clinical : Path or None
        Clinical table; None: the run ends with the feature tables.
    plan : str
        Name of a shipped plan, or the path of one.
    ids, key : Path or None
    participants : tuple of str
        Only these, where any are named.
    workers : Workers
    retry_failed : bool
        Only sessions with an error in the last problems.csv.
    dry_run : bool
        Write nothing.
    """

    clinical: Path | None = None
    plan: str = "diehn2015"
    ids: Path | None = None
    key: Path | None = None
    participants: tuple[str, ...] = ()
    workers: Workers = field(default_factory=Workers)
    retry_failed: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run did: lines for a person, every problem, and the report where there is one."""

    said: tuple[str, ...]
    problems: tuple[StepProblem, ...]
    report: Path | None = None


def run_all(source: Path | str, root: Path, config: Config, options: RunOptions) -> RunResult:
    """Run every step on every session; a session or series that fails is listed and the others go on.

    Raises
    ------
    RefusedError
        If the source, the clinical table or the plan cannot be used: they are looked at before anything is written.
    """
    folder = StudyFolder(root=root)
    _check_inputs(source, folder, config, options)
    if options.dry_run:
        return _would_do(source, folder, options)
    received = ingest_source(source, folder, config, ids=options.ids, key=options.key)
    problems = [StepProblem.of("ingest", problem) for problem in received.problems]
    with on_the_way(), locked(folder):
        problems += _imaging_steps(folder, config, options)
        said = [_said_of(received), f"feature tables: {folder.features()}"]
        if options.clinical is None:
            report = write_case_report(folder, case_sections(folder, config.features))
            return RunResult(said=(*said, f"imaging report: {report}"), problems=tuple(problems), report=report)
        return _prognosis(folder, config, options, said, problems)


def _imaging_steps(folder: StudyFolder, config: Config, options: RunOptions) -> list[StepProblem]:
    studies = _studies_to_do(folder, options)
    with Progress("propose", len(studies)) as progress:
        proposed = propose_all(folder, studies, config, options.workers, progress.step, redo=options.retry_failed)
    everyone = folder.studies()
    with Progress("measure", len(everyone)) as progress:
        measured = measure_all(folder, everyone, config, options.workers, progress.step)
    return [*proposed.problems, *measured.problems]


def _prognosis(
    folder: StudyFolder, config: Config, options: RunOptions, said: list[str], problems: list[StepProblem]
) -> RunResult:
    assert options.clinical is not None
    joined = join_study(folder, options.clinical, config, ids=options.ids, key=options.key)
    analysed = analyse_study(folder, options.plan, config)
    for step, found in (("join", joined.problems), ("analyse", analysed.problems)):
        problems = [*problems, *(StepProblem.of(step, problem) for problem in found)]
    lines = (*said, f"cohort: {folder.cohort}", f"report: {analysed.report}")
    return RunResult(said=lines, problems=tuple(problems), report=analysed.report)


def _check_inputs(source: Path | str, folder: StudyFolder, config: Config, options: RunOptions) -> None:
    """Refuse what would fail at the end of a long run: all of it at once, before anything is written."""
    from survival.clinical import check_clinical
    from survival.plan import load_plan

    faults: list[Problem] = []
    for look in (lambda: check_source(source), lambda: check_target(source, folder), lambda: load_plan(options.plan)):
        try:
            look()
        except RefusedError as refused:
            faults += refused.problems
    if options.clinical is not None:
        try:
            ids = _ids_of(options.ids)
            found = check_clinical(options.clinical, ids=ids, parameters=config.survival)
            faults += [problem for problem in found if problem.severity is Severity.ERROR]
        except RefusedError as refused:
            faults += refused.problems
    if options.retry_failed and not (folder.features() / "problems.csv").is_file():
        faults.append(error("nothing_failed", folder.root.name, "there was no run before; leave out --retry-failed"))
    if faults:
        raise RefusedError(faults)


def _ids_of(ids: Path | None) -> dict[str, str] | None:
    """Return the ids that were named; where none were, those that ingest will make cannot be known yet."""
    from mri.deidentify import read_ids

    return None if ids is None else read_ids(ids)


def _studies_to_do(folder: StudyFolder, options: RunOptions) -> tuple[StudyId, ...]:
    studies = select_studies(folder, options.participants)
    if not options.retry_failed:
        return studies
    rows = read_table(folder.features() / "problems.csv")
    failed = {(row["participant_id"], row["session_id"]) for row in rows if row["severity"] == Severity.ERROR.value}
    return tuple(study for study in studies if (study.participant, study.session) in failed)


def _would_do(source: Path | str, folder: StudyFolder, options: RunOptions) -> RunResult:
    steps = ["ingest", "propose", "measure"] + (["join", f"analyse {options.plan}"] if options.clinical else [])
    there = len(require_study(folder.root).studies()) if folder.exists() else 0
    lines = (
        f"would take {shown_source(source)} into {folder.root} ({there} sessions there already)",
        f"steps: {', '.join(steps)}; nothing was written",
    )
    return RunResult(said=lines, problems=())


def _said_of(received: "IngestResult") -> str:
    return (
        f"{len(received.studies)} sessions; series kept {received.kept}, set aside {received.set_aside}, "
        f"quarantined {received.quarantined}"
    )
