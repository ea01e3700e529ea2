"""From annotations to a case: what an author lacks comes from the program's own annotation, with a flag (CONTRACT)."""

from collections.abc import Callable, Sequence
from datetime import date

from features.case import Case, Matrix
from features.proposal_flags import cord_flags
from mri.flags import SYNTHETIC
from mri.problems import Severity
from mri.study import Series, Study
from mri.volume import Volume
from segmentation.annotation import Annotation, Mask
from segmentation.frame_links import FrameLink, main_series, transforms_to
from segmentation.regions import Region

REGISTERED = "registered_frames"
"""Flag of a case of which some series lie in another frame of reference and were registered."""


def build_case(
    study: Study,
    chosen: Annotation,
    auto: Annotation | None,
    mri_date: date | None = None,
    volumes: Callable[[Series], Volume | None] | None = None,
    links: Sequence[FrameLink] = (),
) -> Case:
    """Return the inputs of one session; cord and discs that the author lacks come from ``auto``, with a flag.

    Parameters
    ----------
    study : Study
    chosen, auto : Annotation
        Whose work is measured, and the program's own.
    mri_date : date, optional
    volumes : callable, optional
        Gives the image of a series.
    links : sequence of FrameLink
        Transforms between the session's frames of reference; used ones are flagged ``registered_frames``.
    """
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
    ordered = _main_frame_first(masks, study)
    flags += sorted(cord_flags(ordered))
    transforms = _transforms(ordered, study, links)
    if transforms:
        flags.append(REGISTERED)
    return Case(
        study=study.id,
        author=chosen.author,
        masks=ordered,
        discs=discs,
        findings=chosen.findings,
        series=study.series,
        flags=tuple(flags),
        transforms=transforms,
        mri_date=mri_date,
        synthetic=True if SYNTHETIC in flags else None,
        volumes=volumes,
    )


def _main_frame_first(masks: Sequence[Mask], study: Study) -> tuple[Mask, ...]:
    """Return the masks with those of the main frame of reference first: the case, as its discs, is in their frame."""
    main = main_series(study)
    frame = "" if main is None else main.frame_of_reference
    return tuple(sorted(masks, key=lambda mask: mask.series.frame_of_reference != frame))


def _transforms(masks: Sequence[Mask], study: Study, links: Sequence[FrameLink]) -> dict[str, Matrix]:
    """Return the transforms into the frame of the cord mask, else of the first mask."""
    ordered = sorted(masks, key=lambda mask: mask.region is not Region.CORD)
    start = next((mask.series for mask in ordered if mask.series.frame_of_reference), None)
    return {} if start is None or not links else transforms_to(start, study.series, links)
