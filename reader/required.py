"""What must be answered before a read can be signed; the rest may stay empty."""

from collections.abc import Iterable, Iterator, Mapping

from mri.problems import Problem, error
from reader.parameters import ReadingParameters
from segmentation.answers import UNREAD
from segmentation.finding_rules import Answers
from segmentation.vocabulary import Scope, item

SHEET = ("series_t2_sag", "series_t1_sag_gd")
"""Study sheet: what all else rests on; it is filled in from the kept series."""
PATIENT = (
    "n_lesions",
    "iscm_confidence",
    "primary_visible",
    "noncns_mets_visible",
    "vertebral_mets",
    "epidural_disease",
    "leptomeningeal_mets",
    "intracranial_mets",
)
FOLLOW_UP = ("new_lesions_followup",)
LESION = (
    "lesion_basis",
    "lesion_origin",
    "position",
    "cord_expansion",
    "t2_signal",
    "t1_signal",
    "cystic_change",
    "hemorrhage",
    "enhancement_pattern",
    "rim_sign",
    "flame_sign",
)
BY_EYE = ("enh_level_from", "enh_level_to", "t2_level_from", "t2_level_to")
"""Of each lesion, where the protocol asks for levels by eye."""


def required_items(protocol: ReadingParameters) -> tuple[str, ...]:
    """Return every item that must be answered in a first read."""
    return (*SHEET, *PATIENT, *LESION, *(BY_EYE if protocol.levels_by_eye_first else ()))


def unanswered(
    lesions: Mapping[int, Answers],
    patient: Answers,
    drawn: Iterable[int],
    protocol: ReadingParameters,
    *,
    follow_up: bool = False,
) -> Iterator[Problem]:
    """Yield each required item without a reader's answer.

    Parameters
    ----------
    lesions : mapping of int to mapping of str to Answer
    patient : mapping of str to Answer
    drawn : iterable of int
        Lesions in the masks: each must be answered, listed or not.
    protocol : ReadingParameters
    follow_up : bool
        Whether the participant has an earlier session.
    """
    for name in (*SHEET, *PATIENT, *(FOLLOW_UP if follow_up else ())):
        if not _is_answered(name, patient):
            yield _missing(name, "patient")
    for number in sorted({*lesions, *drawn}):
        answers = lesions.get(number, {})
        by_eye = _levels_of(answers) if protocol.levels_by_eye_first else ()
        for name in (*LESION, *by_eye):
            if not _is_answered(name, answers):
                yield _missing(name, f"lesion {number}")


def _levels_of(answers: Answers) -> tuple[str, ...]:
    """Return the levels that a lesion has by eye: none of an enhancement or a T2 extent that it does not show."""
    basis = answers.get("lesion_basis", UNREAD).value
    absent = {"t2": "enh_", "enhancement": "t2_"}.get(str(basis), "none")
    return tuple(name for name in BY_EYE if not name.startswith(absent))


def _is_answered(name: str, answers: Answers) -> bool:
    answer = answers.get(name, UNREAD)
    if answer.value is None:
        return False
    return item(name).scope is Scope.STUDY_SHEET or answer.source != "suggested"


def _missing(name: str, of: str) -> Problem:
    return error("item_unanswered", f"{of}: {name}", f"{name} is not answered; answer it, or say not assessable")
