"""Which author's annotation of a session is measured (CONTRACT)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from features.case import Case
from features.case_building import build_case
from mri.bids import StudyFolder
from mri.nifti import read_volume
from mri.problems import Problem, RefusedError, Severity, warning
from mri.study import Study
from segmentation.annotation import AUTO, CONSENSUS, Annotation, is_reserved
from segmentation.frame_links import read_links
from segmentation.store import authors, load_annotation

SIGNED = "signed"
NEEDS_CONSENSUS = "needs_consensus"
NOT_ANNOTATED = "not_annotated"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseChoice:
    """What of a session is measured.

    Attributes
    ----------
    case : Case or None
        None where there is nothing to measure.
    annotation : Annotation or None
        The chosen author's annotation.
    status : str
        Empty, ``needs_consensus`` or ``not_annotated``.
    problems : tuple of Problem
        What of the choice a person should know.
    """

    case: Case | None
    annotation: Annotation | None
    status: str = ""
    problems: tuple[Problem, ...] = ()


def choose_case(
    folder: StudyFolder, study: Study, author: str | None = None, mri_date: date | None = None
) -> CaseChoice:
    """Return the case of a session: signed consensus, else the only signed reader, else ``auto``; or a named author."""
    annotations = {name: load_annotation(folder, study, name) for name in authors(folder, study.id)}
    name, status = (author, "") if author else choose_author(annotations)
    chosen = annotations.get(name or "")
    unread = [problem for problem in _unreadable(annotations) if author in (None, problem[0])]
    if unread:
        # whose reading it was, and whether it was signed, stands in that file: no other author takes its place
        raise RefusedError(problem for _, problem in unread)
    passed_over = () if author else tuple(_unsigned_consensus(annotations, str(study.id)))
    if chosen is None:
        return CaseChoice(case=None, annotation=None, status=status or NOT_ANNOTATED, problems=passed_over)
    links, faults = read_links(folder, study)
    case = build_case(
        study, chosen, annotations.get(AUTO), mri_date, lambda series: read_volume(folder.image(series)), links
    )
    known = replace(chosen, problems=(*passed_over, *chosen.problems, *faults))
    return CaseChoice(case=case, annotation=known, problems=passed_over)


def choose_author(annotations: Mapping[str, Annotation]) -> tuple[str | None, str]:
    """Return the author to measure and an empty status, or None and why there is no one author."""
    if CONSENSUS in annotations and _is_signed(annotations[CONSENSUS]):
        return CONSENSUS, ""
    signed = [name for name, one in annotations.items() if not is_reserved(name) and _is_signed(one)]
    if len(signed) > 1:
        return None, NEEDS_CONSENSUS
    if signed:
        return signed[0], ""
    return (AUTO, "") if AUTO in annotations else (None, NOT_ANNOTATED)


def _unsigned_consensus(annotations: Mapping[str, Annotation], where: str) -> Iterator[Problem]:
    """Yield a warning for a consensus that nobody signed: it may be half made, and takes nobody's place."""
    if CONSENSUS in annotations and not _is_signed(annotations[CONSENSUS]):
        message = "the consensus is not signed and is not measured; finish and sign it, or remove its files"
        yield warning("consensus_unsigned", where, message)


def _unreadable(annotations: Mapping[str, Annotation]) -> Iterator[tuple[str, Problem]]:
    """Yield the findings files of readers that cannot be read."""
    for name, annotation in annotations.items():
        for problem in annotation.problems:
            if name != AUTO and problem.severity is Severity.ERROR and f"_desc-{name}_findings.json" in problem.where:
                yield name, problem


def _is_signed(annotation: Annotation) -> bool:
    return annotation.findings is not None and annotation.findings.state == SIGNED
