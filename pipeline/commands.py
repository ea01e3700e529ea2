"""The commands on a study folder: each holds the study's lock while it writes."""

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mri.bids import StudyFolder
from mri.problems import RefusedError, error
from mri.trouble import on_the_way
from pipeline.archive import is_address, is_remote, parse_source
from pipeline.config import Config
from pipeline.console import Progress
from pipeline.flow import (
    StepResult,
    Workers,
    measure_all,
    propose_all,
    require_study,
    select_studies,
)
from pipeline.lock import locked
from pipeline.problem_table import StepProblem, record_problems
from pipeline.prognosis import analyse_cohort, analyse_study, join_study

if TYPE_CHECKING:
    from mri.ingest import IngestResult
    from survival.analysis import AnalysisResult
    from survival.join import JoinResult

_LOG = logging.getLogger(__name__)
TIMELINES = ("original", "shifted", "days")


def ingest_source(
    source: Path | str, folder: StudyFolder, config: Config, *, ids: Path | None = None, key: Path | None = None
) -> "IngestResult":
    """Take a source of DICOM into a study; see `mri.ingest.ingest`, and `pipeline.pacs` for an archive's address."""
    from mri.ingest import ingest

    check_source(source)
    check_target(source, folder)
    _LOG.info("ingest into %s", folder.root.name)
    if is_remote(source):
        return _ingest_archive(str(source), folder, config, ids, key)
    with locked(folder):
        result = ingest(Path(source), folder, ids=ids, key=key, parameters=config.mri)
        _record(folder, result)
    return result


def check_source(source: Path | str) -> None:
    """Refuse a source that is neither there nor the address of an archive.

    Raises
    ------
    RefusedError
    """
    if is_address(source):
        parse_source(str(source))
    elif not os.path.lexists(source):
        # the name may be a patient's, and whoever typed it sees it on the line above
        raise RefusedError(error("source_missing", "SOURCE", "no such file or folder; check the path"))


def check_target(source: Path | str, folder: StudyFolder) -> None:
    """Refuse to make a study in, on or around its source, or in a folder that holds something else.

    Raises
    ------
    RefusedError
    """
    root = folder.root.resolve()
    if not is_remote(source):
        origin = Path(source).resolve()
        if origin == root or origin in root.parents or root in origin.parents:
            mend = "the study would lie in its source, or the source in it; name a folder beside it"
            raise RefusedError(error("study_in_source", folder.root.name, mend))
    if root.is_file():
        raise RefusedError(error("study_is_a_file", folder.root.name, "is a file; name a folder for the study"))
    if root.is_dir() and not folder.exists():
        foreign = [path for path in root.iterdir() if path.name != "derivatives" and not _is_of_command(folder, path)]
        if foreign:
            mend = "is no study and not empty; name a new folder, or an existing study"
            raise RefusedError(error("folder_not_a_study", folder.root.name, mend))


def _is_of_command(folder: StudyFolder, path: Path) -> bool:
    """Return whether a file is of a command that is just making the study: whoever comes second waits for its lock."""
    return path.name.startswith((folder.lock.name, ".part-"))


def _ingest_archive(
    address: str, folder: StudyFolder, config: Config, ids: Path | None, key: Path | None
) -> "IngestResult":
    from mri.deidentify import read_ids
    from mri.ingest import ingest
    from pipeline.pacs import retrieved

    if ids is not None:
        read_ids(ids)  # refused before anything is asked for
    with locked(folder), retrieved(address, folder, config.pacs) as received:
        result = ingest(received.folder, folder, ids=ids, key=key, parameters=config.mri)
        result = replace(result, problems=(*received.problems, *result.problems))
        _record(folder, result)
    return result


def _record(folder: StudyFolder, result: "IngestResult") -> None:
    with on_the_way():
        record_problems(folder, "ingest", [StepProblem.of("ingest", problem) for problem in result.problems])


def propose_study(
    root: Path, config: Config, workers: Workers, participants: Sequence[str], *, redo: bool = False
) -> StepResult:
    """Propose for every session of a study, or of some participants."""
    folder = require_study(root)
    studies = select_studies(folder, participants)
    with locked(folder), Progress("propose", len(studies)) as progress:
        return propose_all(folder, studies, config, workers, progress.step, redo=redo)


def measure_study(
    root: Path, config: Config, workers: Workers, participants: Sequence[str], author: str | None
) -> StepResult:
    """Measure every session of a study, or of some participants; writes the feature tables.

    Raises
    ------
    RefusedError
        If the named author has annotated nothing.
    """
    from segmentation.store import authors

    folder = require_study(root)
    studies = select_studies(folder, participants)
    if author and not any(author in authors(folder, study) for study in studies):
        raise RefusedError(
            error("author_unknown", author, "this author has annotated nothing in the study; check --author")
        )
    with locked(folder), Progress("measure", len(studies)) as progress:
        return measure_all(folder, studies, config, workers, progress.step, author=author)


def join_clinical(
    root: Path,
    clinical: Path,
    config: Config,
    *,
    ids: Path | None = None,
    key: Path | None = None,
    dates: str | None = None,
    codebook: Path | None = None,
) -> "JoinResult":
    """Join the features of a study with a clinical table.

    Parameters
    ----------
    dates : str, optional
        Timeline of the clinical dates: original, shifted or days; overrides table and configuration.
    codebook : Path, optional
        REDCap data dictionary of the clinical table; overrides the configuration.
    """
    if dates is not None and dates not in TIMELINES:
        raise RefusedError(error("timeline_unknown", "--dates", f"'{dates}' is none of {', '.join(TIMELINES)}"))
    folder = require_study(root)
    settings = config.model_dump()
    if dates is not None:
        settings["survival"]["timeline"] = dates
    with locked(folder):
        return join_study(folder, clinical, Config.model_validate(settings), ids=ids, key=key, codebook=codebook)


def analyse_path(
    cohort: Path, plan: str, out: Path | None, config: Config, other_reader: Path | None = None
) -> "AnalysisResult":
    """Analyse a study folder (with its case pages) or a cohort table, beside that of another reader if there is one."""
    if not cohort.is_dir():
        if out is None:
            raise RefusedError(error("out_missing", "--out", "name a folder for the results of a cohort table"))
        return analyse_cohort(cohort, plan, out, config, other_reader=other_reader)
    folder = require_study(cohort)
    with locked(folder):
        return analyse_study(folder, plan, config, out, other_reader)
