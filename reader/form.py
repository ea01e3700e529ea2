"""From what the page sends to findings that hold: forced answers entered, what no rule forces any more taken back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from mri.problems import Problem, RefusedError, error
from reader.failures import RequestError, unusable
from reader.parameters import SuggestionMode
from reader.said import Shapes, answer_faults, record_faults
from segmentation.annotation import CONSENSUS
from segmentation.answers import UNREAD, Answer, Approval, KeyImage, NaReason, ReadRecord
from segmentation.finding_rules import Answers, derived_answer, forced_values
from segmentation.findings import Findings
from segmentation.findings_shape import FORMAT, Outline, checked
from segmentation.vocabulary import NOT_APPLICABLE, NOT_ASSESSABLE, Item, Scope, items

LARGEST_LESION = 255
"""Lesions are the integers of a mask of bytes."""
_FORCED_REASONS: tuple[NaReason, ...] = ("sequence_missing", "artefact")
_ROUNDS = 6
"""A forced answer may force another; no chain of the vocabulary is longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """Findings as they are to be saved.

    Attributes
    ----------
    lesions : mapping of int to mapping of str to Answer
    patient : mapping of str to Answer
    forced : mapping
        ``{"patient": {item: value}, "lesions": {number: {item: value}}}``: what the rules entered.
    derived : mapping of str to str
        Items of the patient that come from others, where they can be told.
    key_images : tuple of KeyImage
    comment : str or None
    """

    lesions: Mapping[int, Answers]
    patient: Answers
    forced: Mapping[str, Any]
    derived: Mapping[str, object]
    key_images: tuple[KeyImage, ...] = ()
    comment: str | None = None


def fill(body: object, before: Findings | None, mode: SuggestionMode, shapes: Shapes) -> Filled:
    """Return what a page sent with the form's rules applied.

    Parameters
    ----------
    body : object
        The content of a findings.json; author, state, approvals and the record of the read are the server's.
    before : Findings or None
        What is saved now: an answer that a rule forced then and no rule forces now is taken back.
    mode : {'before', 'after', 'never'}
    shapes : mapping of str to tuple of int
        The series of the session: answers and key images name no other.

    Raises
    ------
    RequestError
        422 with everything that is wrong.
    """
    problems: list[Problem] = []
    outline = checked(Outline, _with_defaults(body), "findings", problems)
    if outline is None:
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, problems)
    patient = _answers(outline.patient, "patient", problems)
    lesions = {number: _answers(raw, f"lesion {number}", problems) for number, raw in _lesions(outline, problems)}
    given = outline.record or ReadRecord()
    problems += answer_faults("patient", patient, shapes, before)
    for number, answers in lesions.items():
        problems += answer_faults(f"lesion {number}", answers, shapes, before)
    problems += record_faults(given, shapes, before)
    if problems:
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, problems)
    old_patient = {} if before is None else before.patient
    patient, forced_patient = _ruled(Scope.PATIENT, patient, None, old_patient, old_patient)
    forced_lesions = {}
    for number, answers in lesions.items():
        old = {} if before is None else before.lesions.get(number, {})
        lesions[number], forced_lesions[str(number)] = _ruled(Scope.LESION, answers, patient, old, old_patient)
    return Filled(
        lesions={number: _seen(answers, mode) for number, answers in lesions.items()},
        patient=_seen(patient, mode),
        forced={"patient": forced_patient, "lesions": forced_lesions},
        derived={e.name: derived_answer(e, patient).value for e in items(Scope.PATIENT) if e.derived},
        key_images=given.key_images,
        comment=given.comment,
    )


def findings_of(
    filled: Filled, reader: str, record: ReadRecord, approvals: tuple[Approval, ...], *, signed: bool = False
) -> Findings:
    """Return findings that keep the vocabulary and the rules.

    Raises
    ------
    RequestError
        422 with everything that is wrong.
    """
    try:
        return Findings(
            author=reader,
            state="signed" if signed else "in_work",
            lesions={number: _sourced(answers, reader) for number, answers in filled.lesions.items()},
            patient=_sourced(filled.patient, reader),
            approvals=approvals,
            record=replace(record, key_images=filled.key_images, comment=filled.comment),
        )
    except RefusedError as refused:
        raise unusable(refused) from refused
    except (ValueError, OverflowError) as failure:
        wrong = error("value_wrong", "findings", f"a value is out of all bounds ({type(failure).__name__})")
        raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, wrong) from failure


def _sourced(answers: Answers, reader: str) -> Answers:
    """Say of what two readers settled together that it is their consensus (DICTIONARY, B)."""
    if reader != CONSENSUS:
        return answers
    return {name: replace(one, source="consensus") if one.source == "reader" else one for name, one in answers.items()}


def _with_defaults(body: object) -> object:
    """Let the page leave out what the server enters itself."""
    if not isinstance(body, Mapping):
        return body
    ours = {"format": FORMAT, "author": "reader", "state": "in_work", "approvals": []}
    record = body.get("record")
    kept = (
        {key: record[key] for key in ("key_images", "comment") if key in record} if isinstance(record, dict) else None
    )
    theirs = {key: value for key, value in body.items() if key not in (*ours, "etag", "from")}
    return {"lesions": {}, "patient": {}, **theirs, **ours, "record": kept}


def _answers(raw: Mapping[str, Any], where: str, problems: list[Problem]) -> dict[str, Answer]:
    found = {}
    for name, data in raw.items():
        answer = checked(Answer, data, f"{where}, {name}", problems)
        if answer is not None:
            found[name] = answer
    return found


def _lesions(outline: Outline, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    for key, raw in outline.lesions.items():
        plain = key.isascii() and key.isdigit() and len(key) <= len(str(LARGEST_LESION))
        if plain and key == str(int(key)) and 1 <= int(key) <= LARGEST_LESION:
            yield int(key), raw
        else:
            message = f"a lesion is the integer it has in the masks, 1 to {LARGEST_LESION}"
            problems.append(error("lesion_number_wrong", "lesions", message))


def _ruled(
    scope: Scope, answers: dict[str, Answer], sheet: Answers | None, old: Answers, old_sheet: Answers
) -> tuple[dict[str, Answer], dict[str, object]]:
    """Enter what other answers force, and take back what they forced before."""
    ruled = dict(answers)
    forced: dict[str, object] = {}
    entries = [e for e in items() if (e.scope is Scope.LESION) == (scope is Scope.LESION)]
    for entry in entries:
        if entry.derived:
            ruled.pop(entry.name, None)
    for _ in range(_ROUNDS):
        now = dict(ruled)
        for entry in entries:
            _rule(entry, now, now if sheet is None else sheet, forced, old, old_sheet)
        if now == ruled:
            break
        ruled = now
    return ruled, forced


def _rule(
    entry: Item, answers: dict[str, Answer], sheet: Answers, forced: dict[str, object], old: Answers, old_sheet: Answers
) -> None:
    given = answers.get(entry.name, UNREAD)
    by_rule = forced_values(entry, answers, sheet)
    if by_rule:
        first = by_rule[0]
        forced[entry.name] = first.value
        if given.value not in {one.value for one in by_rule}:
            made = Answer(value=first.value, source="reader", na_reason=_reason(first.na_reason), comment=given.comment)
            answers[entry.name] = made
        return
    forced.pop(entry.name, None)
    if given.value == NOT_APPLICABLE or _was_forced(entry, given, old, old_sheet):
        answers.pop(entry.name)


def _reason(text: str | None) -> NaReason | None:
    return next((reason for reason in _FORCED_REASONS if reason == text), None)


def _was_forced(entry: Item, given: Answer, old: Answers, old_sheet: Answers) -> bool:
    """Return whether an answer stands only because a series was missing that is there now."""
    if given.value != NOT_ASSESSABLE or given.na_reason not in _FORCED_REASONS:
        return False
    return old.get(entry.name) == given and bool(forced_values(entry, old, old_sheet))


def _seen(answers: dict[str, Answer], mode: SuggestionMode) -> dict[str, Answer]:
    """Say of each answered item whether its suggestion was seen first; in mode after only the page knows."""
    suggested = {entry.name for entry in items() if entry.suggested}
    if mode == "after":
        return answers
    return {
        name: replace(answer, suggestion_seen=mode == "before")
        if name in suggested and answer.value is not None
        else answer
        for name, answer in answers.items()
    }
