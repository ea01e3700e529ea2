"""The rules that tie a reading's answers to the vocabulary and to each other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mri.problems import Problem, RefusedError, error
from segmentation.answers import UNREAD, Answer, Source
from segmentation.finding_values import value_fault, written
from segmentation.vocabulary import NOT_APPLICABLE, NOT_ASSESSABLE, Item, Scope, item, items

Answers = Mapping[str, Answer]

_NON_DIAGNOSTIC = 1
"""Lowest image quality: nothing can be read on the series."""
_CONFIDENCES = (1, 2, 3)
"""Low, moderate, high."""
_TRUST: tuple[Source | None, ...] = (None, "suggested", "reader", "consensus")
"""Sources from the least to the most trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A value that other answers force on an item, and why."""

    value: str
    na_reason: str | None
    why: str


def forced_values(entry: Item, answers: Answers, sheet: Answers) -> tuple[Forced, ...]:
    """Return what other answers force on an item; more than one where both an exclusion and a missing series do.

    Parameters
    ----------
    entry : Item
    answers : mapping
        Answers of the same lesion, or of the patient for an item of the patient.
    sheet : mapping
        Answers of the patient and the study sheet.
    """
    excluded = [
        Forced(value=NOT_APPLICABLE, na_reason=None, why=f"{parent} is {answers[parent].value}")
        for parent, values in entry.inapplicable_if.items()
        if parent in answers and answers[parent].value in values
    ]
    lacking = [_lacking(series, sheet) for series in entry.needs]
    if entry.needs and all(lacking):
        reason = "artefact" if any(reason == "artefact" for reason in lacking) else "sequence_missing"
        why = f"no {' or '.join(entry.needs)} series can be read"
        excluded.append(Forced(value=NOT_ASSESSABLE, na_reason=reason, why=why))
    return tuple(excluded)


def derived_answer(entry: Item, answers: Answers) -> Answer:
    """Return the answer to a derived item from the answers it comes from.

    Any part that is neither ``no`` nor unknown makes it ``yes``; else a part not read leaves it unread, a part that is
    not assessable makes it not assessable, and only all ``no`` make it ``no``. One trusted part is enough for ``yes``;
    the other answers are only as trusted as their least trusted part.
    """
    parts = [answers.get(name, UNREAD) for name in entry.yes_if_any]
    said_yes = [part for part in parts if part.value not in (None, "no", NOT_ASSESSABLE, NOT_APPLICABLE)]
    if said_yes:
        return Answer(value="yes", source=max((part.source for part in said_yes), key=_trust))
    if any(part.value is None for part in parts):
        return UNREAD
    least = min((part.source for part in parts), key=_trust)
    unclear = [part for part in parts if part.value == NOT_ASSESSABLE]
    if unclear:
        return Answer(value=NOT_ASSESSABLE, source=least, na_reason=unclear[0].na_reason)
    return Answer(value="no", source=least)


def rule_problems(
    lesions: Mapping[int, Answers], patient: Answers, *, signed: bool = False, where: str = "findings"
) -> list[Problem]:
    """Return everything that is wrong with the answers of one session.

    Parameters
    ----------
    lesions : mapping of int to mapping of str to Answer
    patient : mapping of str to Answer
        Of the patient and the study sheet.
    signed : bool
        Whether the reading is signed; then the number of lesions must agree with the list.
    where : str
        File or session, for the messages.
    """
    found = list(_list_problems("patient", patient, patient, where))
    for lesion_id, answers in lesions.items():
        found.extend(_list_problems(f"lesion {lesion_id}", answers, patient, where))
    found.extend(_derived_problems(patient, where))
    if signed:
        found.extend(_count_problems(lesions, patient, where))
    return found


def _list_problems(of: str, answers: Answers, sheet: Answers, where: str) -> Iterator[Problem]:
    known = {entry.name: entry for entry in items() if (entry.scope is Scope.LESION) == (of != "patient")}
    for name, answer in answers.items():
        place = f"{where}: {of}, {name}"
        if name not in known:
            yield _misplaced(name, of, place)
            continue
        yield from _answer_problems(known[name], answer, place)
        yield from _forced_problems(known[name], answer, forced_values(known[name], answers, sheet), place)


def _misplaced(name: str, of: str, place: str) -> Problem:
    try:
        scope = item(name).scope
    except RefusedError as refused:
        return error("item_unknown", place, refused.problems[0].message)
    home = "a lesion" if scope is Scope.LESION else "the patient"
    return error("item_misplaced", place, f"{name} is said of {home}, not of {of}; move it there")


def _answer_problems(entry: Item, answer: Answer, place: str) -> Iterator[Problem]:
    fault = value_fault(entry, answer.value)
    if fault is not None:
        yield error("value_wrong", place, fault)
    if answer.value == NOT_ASSESSABLE and answer.na_reason is None:
        yield error("na_reason_missing", place, "not_assessable needs a na_reason; say why it could not be assessed")
    if answer.value != NOT_ASSESSABLE and answer.na_reason is not None:
        yield error(
            "na_reason_alone", place, "a na_reason goes with not_assessable only; remove it or change the value"
        )
    if answer.confidence is not None and answer.confidence not in _CONFIDENCES:
        yield error("confidence_wrong", place, f"confidence is {answer.confidence}; write 1 low, 2 moderate or 3 high")
    if answer.value is not None and answer.source is None:
        yield error("source_missing", place, "the value has no source; write reader, suggested or consensus")


def _forced_problems(entry: Item, answer: Answer, forced: tuple[Forced, ...], place: str) -> Iterator[Problem]:
    allowed = {force.value for force in forced}
    if answer.value is None or answer.value in allowed:
        return
    if forced:
        force = forced[0]
        message = f"{entry.name} is {written(answer.value)}, but {force.why}: write {force.value} or leave it empty"
        yield error(f"must_be_{force.value}", place, message)
    elif answer.value == NOT_APPLICABLE:
        yield error("not_applicable_unfounded", place, f"no answer excludes {entry.name}; answer it, or leave it empty")


def _derived_problems(patient: Answers, where: str) -> Iterator[Problem]:
    for entry in items(Scope.PATIENT):
        given = patient.get(entry.name, UNREAD).value
        if not entry.derived or given is None:
            continue
        value = derived_answer(entry, patient).value
        if value is not None and value != given:
            parts = ", ".join(f"{name} {written(patient.get(name, UNREAD).value)}" for name in entry.yes_if_any)
            message = f"{entry.name} is {written(given)}, but its parts ({parts}) make it {value}; correct one of them"
            yield error("derived_disagrees", f"{where}: patient, {entry.name}", message)


def _count_problems(lesions: Mapping[int, Answers], patient: Answers, where: str) -> Iterator[Problem]:
    """Yield a problem where the number given is not that of the lesions listed in the cord."""
    given = patient.get("n_lesions", UNREAD).value
    counted = sum(_in_cord(answers) for answers in lesions.values())
    if lesions and isinstance(given, int) and given != counted:
        message = f"n_lesions is {given}, but {counted} lesions in the cord are listed; correct the number or the list"
        yield error("lesion_count_disagrees", f"{where}: patient, n_lesions", message)


def _in_cord(answers: Answers) -> bool:
    """Return whether a listed lesion counts: in the cord, and still there."""
    elsewhere = answers.get("lesion_origin", UNREAD).value == "possibly_leptomeningeal"
    gone = answers.get("followup_status", UNREAD).value == "gone"
    return not (elsewhere or gone)


def _lacking(series: str, sheet: Answers) -> str | None:
    """Return why nothing can be read on a series, or None where it can or nobody said."""
    if sheet.get(f"series_{series}", UNREAD).value == "no":
        return "sequence_missing"
    if sheet.get(f"quality_{series}", UNREAD).value == _NON_DIAGNOSTIC:
        return "artefact"
    return None


def _trust(source: Source | None) -> int:
    return _TRUST.index(source)
