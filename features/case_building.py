"""From annotations to a case: what an author lacks comes from the program's own annotation, with a flag (CONTRACT)."""

from collections.abc import Callable
from datetime import date

from features.case import Case
from mri.problems import Severity
from mri.study import Series, Study
from mri.volume import Volume
from segmentation.annotation import Annotation
from segmentation.regions import Region


def build_case(
    study: Study,
    chosen: Annotation,
    auto: Annotation | None,
    mri_date: date | None = None,
    volumes: Callable[[Series], Volume | None] | None = None,
) -> Case:
    """Return the inputs of one session; cord and discs that the author lacks come from ``auto``, with a flag."""
    masks, discs = chosen.masks, chosen.discs
    # what could not be read of the author's own work is to be seen in the tables too
    flags = sorted({problem.code for problem in chosen.problems if problem.severity is Severity.ERROR})
    flags += sorted({flag for series in study.series for flag in series.flags})
    borrowed = auto if auto is not None and auto is not chosen else None
    if borrowed and not chosen.of_region(Region.CORD) and borrowed.of_region(Region.CORD):
        masks = (*masks, *borrowed.of_region(Region.CORD))
        flags.append("cord_from_auto")
    if borrowed and discs is None and borrowed.discs is not None:
        discs = borrowed.discs
        flags.append("discs_from_auto")
    return Case(
        study=study.id,
        author=chosen.author,
        masks=masks,
        discs=discs,
        findings=chosen.findings,
        series=study.series,
        flags=tuple(flags),
        mri_date=mri_date,
        volumes=volumes,
    )
