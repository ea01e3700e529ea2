"""The steps of one session: propose, measure. One flow, top to bottom; a failure is a value."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mri.bids import StudyFolder, read_table, write_json
from mri.problems import Problem, RefusedError, Severity
from mri.study import Study, StudyId
from mri.version import software_version
from pipeline.config import Config
from pipeline.provenance import content_hash, input_hashes

if TYPE_CHECKING:
    from features.measure import CaseFeatures
    from segmentation.frame_links import FrameLink

FAILED = "failed"
"""Status of a session that could not be measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTask:
    """One session to work on; small enough to be sent to a worker process.

    Attributes
    ----------
    root : Path
        The study folder.
    study : StudyId
    config : Config
    author : str or None
        Whose annotation is measured; None: consensus, else the only signed reader, else auto.
    redo : bool
        Work even where nothing has changed.
    """

    root: Path
    study: StudyId
    config: Config
    author: str | None = None
    redo: bool = False

    def __str__(self) -> str:
        return str(self.study)

    @property
    def folder(self) -> StudyFolder:
        """The study folder's paths."""
        return StudyFolder(root=self.root)


def propose(task: SessionTask) -> tuple[Problem, ...]:
    """Propose cord, levels and lesions as author ``auto``; done again only where inputs, options or version changed."""
    from mri.nifti import read_volume
    from segmentation.frame_links import find_links, read_links, remove_links, save_links
    from segmentation.propose_linked import propose_linked
    from segmentation.session_canal import with_canals
    from segmentation.store import save_annotation

    folder = task.folder
    study = folder.load(task.study)
    kept, wrong = read_links(folder, study)
    given = [link for link in kept if not link.is_estimated]
    key = _propose_key(folder, study, task.config, given)
    record = folder.proposal_record(task.study)
    before = _recorded(record)
    if not task.redo and before.get("key") == key:
        # what was said then still holds
        return tuple(Problem(**fields) for fields in before["problems"])
    options = task.config.segmentation
    found, said = find_links(study, lambda s: read_volume(folder.image(s)), given, options.frames)
    annotation = propose_linked(study, lambda s: read_volume(folder.image(s)), [*given, *found], options)
    annotation = with_canals(annotation, lambda s: read_volume(folder.image(s)), options.canal)
    remove_links(folder, task.study, [link for link in kept if link.is_estimated])
    save_links(folder, task.study, found)
    save_annotation(folder, annotation)
    problems = (*wrong, *said, *annotation.problems)
    write_json(record, {"format": 1, "key": key, "problems": [p.as_record() for p in problems]})
    return problems


def measure(task: SessionTask) -> "CaseFeatures":
    """Measure one session; where that cannot be done its rows say so, with status and error."""
    from features.measure import measure_case
    from pipeline.cases import choose_case

    folder = task.folder
    try:
        study = folder.load(task.study)
        choice = choose_case(folder, study, task.author, session_date(folder, task.study))
        if choice.case is None:
            return unmeasured(task, choice.status, "; ".join(one.message for one in choice.problems), choice.problems)
        measured = measure_case(choice.case, task.config.features)
    except RefusedError as refused:
        return failed(task, refused.problems)
    noticed = choice.annotation.problems if choice.annotation else ()
    return replace(measured, problems=(*noticed, *measured.problems))


def failed(task: SessionTask, problems: tuple[Problem, ...]) -> "CaseFeatures":
    """Return the rows of a session that could not be measured."""
    said = "; ".join(problem.message for problem in problems if problem.severity is Severity.ERROR)
    return unmeasured(task, FAILED, said, problems)


def unmeasured(task: SessionTask, status: str, said: str = "", problems: tuple[Problem, ...] = ()) -> "CaseFeatures":
    """Return the rows of a session without numbers: no case is dropped from the tables."""
    from features.measure import failed_case

    day = session_date(task.folder, task.study)
    rows = failed_case(task.study, author=task.author or "", status=status, error=said or None, mri_date=day)
    return replace(rows, problems=problems)


def session_date(folder: StudyFolder, study: StudyId) -> date | None:
    """Return the (shifted) day of a session, from sessions.tsv."""
    table = folder.sessions_table(study.participant)
    if not table.is_file():
        return None
    for row in read_table(table):
        if row.get("session_id") == f"ses-{study.session}" and row.get("acq_time"):
            return date.fromisoformat(row["acq_time"][:10])
    return None


def _propose_key(folder: StudyFolder, study: Study, config: Config, given: Sequence["FrameLink"]) -> str:
    """Return what the proposals of a session rest on: images, classification, given transforms, options, version."""
    paths = [folder.scans_table(study.id), *(folder.image(series) for series in study.series)]
    return content_hash(
        {
            "inputs": input_hashes(paths, folder.root),
            "transforms": [[link.source, link.target, link.transform.matrix] for link in given],
            "parameters": config.as_json()["segmentation"],
            "version": software_version(),
        }
    )


def _recorded(record: Path) -> dict[str, Any]:
    """Return what an earlier proposal recorded; nothing where there is none, or it cannot be read."""
    try:
        content = json.loads(record.read_text(encoding="utf-8"))
        problems = [{**fields, "severity": Severity(fields["severity"])} for fields in content["problems"]]
        return {"key": content["key"], "problems": problems}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
