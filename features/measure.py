"""From the annotation of one session to its rows of lesions.csv and patients.csv."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from features.case import Case
from features.count import Found, Lesion, find_lesions
from features.frame import Frame, build_frame
from features.lesion import MeasuredLesion, measure_lesion
from features.parameters import FeatureParameters
from features.patient import patient_row
from features.place import Place, places_of, shown_levels
from features.regions import Interval
from features.rows import Row, empty_row, flags_text
from features.sheet import study_sheet
from features.suggestions import add_suggestions
from features.uncertainty import add_ranges
from mri.geometry import Vector
from mri.problems import Problem, error
from mri.study import StudyId
from segmentation.regions import LESION_REGIONS


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFeatures:
    """What was measured of one session.

    Attributes
    ----------
    lesions : tuple of mapping
        Rows of lesions.csv: every column of the dictionary in its order, None where missing.
    patient : mapping
        Row of patients.csv.
    problems : tuple of Problem
    centres_mm : mapping of int to Vector
        Where each numbered lesion is, LPS in the frame of the case: the record of how the program numbered the
        components of a binary mask.
    numbered_by : {'author', 'program', ''}
        Who gave the lesions their numbers; empty where nothing was drawn.
    places : tuple of Place
        The same for other sessions to be set beside it.
    shown_v : Interval or None
        Vertebral coordinates between which lesions can be seen; None where there are no levels.
    """

    lesions: tuple[Mapping[str, object], ...]
    patient: Mapping[str, object]
    problems: tuple[Problem, ...] = ()
    centres_mm: Mapping[int, Vector] = field(default_factory=dict)
    numbered_by: str = ""
    places: tuple[Place, ...] = ()
    shown_v: Interval | None = None


def measure_case(case: Case, parameters: FeatureParameters | None = None, frame: Frame | None = None) -> CaseFeatures:
    """Measure one session; see `features.measure_case`; a frame of the same cord and discs may be given."""
    options = parameters or FeatureParameters()
    if not _is_annotated(case):
        said = {"mri_date": case.mri_date, "synthetic": case.synthetic}
        return failed_case(case.study, author=case.author, status="not_annotated", error=None, **said)
    frame = frame or build_frame(case, options)
    found = find_lesions(case, frame, options)
    drawn = {lesion.id for lesion in found.lesions}
    listed = () if case.findings is None else sorted(set(case.findings.lesions) - drawn)
    lesions = [
        measure_lesion(lesion, found, case, frame, options)
        for lesion in (*found.lesions, *(Lesion(id=number) for number in listed))
    ]
    lesions = _at_the_cord(lesions, case)
    unread = add_suggestions(lesions, found, case, frame, options)
    patient = patient_row(lesions, case, frame, study_sheet(case, frame, options), options)
    if options.intervals:
        add_ranges(lesions, patient, found, case, frame, options)
    return CaseFeatures(
        lesions=tuple(lesion.row for lesion in lesions),
        patient=patient,
        problems=(*frame.problems, *unread, *_unplaced(case), *(p for lesion in lesions for p in lesion.problems)),
        centres_mm={lesion.id: lesion.centre_mm for lesion in lesions if lesion.centre_mm is not None},
        numbered_by=_numberer(found),
        places=places_of(lesions, found.lesions, frame),
        shown_v=shown_levels(case, frame, options),
    )


def failed_case(
    study: StudyId,
    *,
    author: str,
    status: str,
    error: str | None,
    mri_date: object = None,
    synthetic: object = None,
) -> CaseFeatures:
    """Return the rows of a session that could not be measured, so that none is dropped.

    Parameters
    ----------
    study : StudyId
    author : str
        Empty where the author could not be chosen.
    status : {'failed', 'needs_consensus', 'not_annotated'}
    error : str or None
        Why, for the status ``failed``.
    mri_date : date or None
        Day of the MRI, shifted.
    synthetic : bool or None
        Whether the patient is made up.
    """
    said: Row = {"participant_id": study.participant, "session_id": study.session, "author": author or None}
    said |= {"status": status, "error": error, "flags": flags_text([status])}
    said["synthetic"] = synthetic
    return CaseFeatures(
        lesions=(empty_row("lesions") | said,), patient=empty_row("patients") | said | {"mri_date": mri_date}
    )


def _at_the_cord(lesions: Sequence[MeasuredLesion], case: Case) -> list[MeasuredLesion]:
    """Take lesions far from the cord off the list before signing; if all are, the cord is in doubt rather than they."""
    is_signed = case.findings is not None and case.findings.signed
    if is_signed or all(one.is_off_cord for one in lesions):
        return list(lesions)
    return [replace(one, is_listed=one.is_listed and not one.is_off_cord) for one in lesions]


def _numberer(found: Found) -> str:
    if not found.lesions:
        return ""
    return "author" if found.numbered else "program"


def _is_annotated(case: Case) -> bool:
    """Return whether anybody looked for lesions: a mask of them, even empty, or a reading of them."""
    drawn = any(mask.region in LESION_REGIONS for mask in case.masks)
    read = case.findings is not None and (bool(case.findings.lesions) or case.findings.signed)
    return drawn or read


def _unplaced(case: Case) -> tuple[Problem, ...]:
    """Name each mask that lies in another frame of reference and has no transform into that of the case."""
    return tuple(
        error(
            "frame_not_aligned",
            f"{mask.series.name}, {mask.region.value} by {mask.author}",
            "the series has another frame of reference and no transform to it; register the series, or redraw there",
        )
        for mask in case.masks
        if not case.is_placed(mask.series)
    )
