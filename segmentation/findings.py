"""What one author found in one session, and ``findings.json``, the file that holds it."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from mri.problems import Problem, RefusedError, error
from segmentation.answers import UNREAD, Answer, Approval, KeyImage, ReadRecord, Source, State, Value
from segmentation.finding_rules import Answers, Forced, derived_answer, forced_values, rule_problems
from segmentation.finding_values import level_value
from segmentation.findings_shape import FORMAT, Outline, checked
from segmentation.vocabulary import NOT_APPLICABLE, NOT_ASSESSABLE, Item, Kind, Scope, item, items, series_names

__all__ = [
    "NOT_APPLICABLE",
    "NOT_ASSESSABLE",
    "UNREAD",
    "Answer",
    "Answers",
    "Approval",
    "Findings",
    "Forced",
    "Item",
    "KeyImage",
    "Kind",
    "ReadRecord",
    "Scope",
    "Source",
    "State",
    "Value",
    "derived_answer",
    "findings_as_json",
    "forced_values",
    "item",
    "items",
    "level_value",
    "parse_findings",
    "series_names",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything one author answered in one session; valid once made, and it cannot be changed.

    Attributes
    ----------
    author : str
        ``auto``, a reader's short name, or ``consensus``.
    state : {'untouched', 'in_work', 'signed'}
    lesions : mapping of int to mapping of str to Answer
        By the lesion's integer in the masks.
    patient : mapping of str to Answer
        Items of the patient and of the study sheet.
    approvals : tuple of Approval
    record : ReadRecord or None
        How the read was made.

    Raises
    ------
    RefusedError
        With every answer that breaks the vocabulary or a rule.
    """

    author: str
    state: State = "untouched"
    lesions: Mapping[int, Answers]
    patient: Answers
    approvals: tuple[Approval, ...] = ()
    record: ReadRecord | None = None

    def __post_init__(self) -> None:
        where = f"findings of {self.author}"
        problems = rule_problems(self.lesions, self.patient, signed=self.signed, where=where)
        if problems:
            raise RefusedError(problems)
        lesions = {lesion_id: MappingProxyType(dict(self.lesions[lesion_id])) for lesion_id in sorted(self.lesions)}
        object.__setattr__(self, "lesions", MappingProxyType(lesions))
        object.__setattr__(self, "patient", MappingProxyType(dict(self.patient)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes as JSON: a read-only mapping does not."""
        return parse_findings, (findings_as_json(self), f"findings of {self.author}")

    @property
    def signed(self) -> bool:
        """Whether the author has signed."""
        return self.state == "signed"

    def of_patient(self, name: str) -> Answer:
        """Return the answer to an item of the patient or the study sheet; a derived item is derived where it can be."""
        entry = item(name)
        given = self.patient.get(name, UNREAD)
        if not entry.derived:
            return given
        derived = derived_answer(entry, self.patient)
        return given if derived.value is None else derived

    def of_lesion(self, lesion_id: int, name: str) -> Answer:
        """Return the answer to an item of one lesion; ``UNREAD`` where there is none."""
        return self.lesions.get(lesion_id, {}).get(name, UNREAD)


def findings_as_json(findings: Findings) -> dict[str, Any]:
    """Return findings in the shape of findings.json; every key is always there."""
    return {
        "format": FORMAT,
        "author": findings.author,
        "state": findings.state,
        "lesions": {str(number): _answers_as_json(answers) for number, answers in findings.lesions.items()},
        "patient": _answers_as_json(findings.patient),
        "approvals": [asdict(approval) for approval in findings.approvals],
        "record": None if findings.record is None else _lists(asdict(findings.record)),
    }


def parse_findings(json_data: object, where: str) -> Findings:
    """Return the findings in the content of a findings.json.

    Parameters
    ----------
    json_data : object
        What ``json.load`` gave.
    where : str
        The file, for the messages.

    Raises
    ------
    RefusedError
        With every error in the content, each with its item and how to mend it.
    """
    problems: list[Problem] = []
    outline = checked(Outline, json_data, where, problems)
    raw = json_data if isinstance(json_data, dict) else {}
    patient = _answers(raw.get("patient"), f"{where}: patient", problems)
    lesions = {}
    for number, answers in _lesions(raw.get("lesions"), where, problems):
        lesions[number] = _answers(answers, f"{where}: lesion {number}", problems)
    problems.extend(rule_problems(lesions, patient, signed=raw.get("state") == "signed", where=where))
    if outline is None or problems:
        raise RefusedError(problems)
    return Findings(
        author=outline.author,
        state=outline.state,
        lesions=lesions,
        patient=patient,
        approvals=outline.approvals,
        record=outline.record,
    )


def _lesions(raw: object, where: str, problems: list[Problem]) -> Iterator[tuple[int, object]]:
    """Yield each lesion's integer and answers; a key that is no such integer is a problem."""
    for key, answers in raw.items() if isinstance(raw, dict) else ():
        if isinstance(key, str) and key.isascii() and key.isdigit() and key == str(int(key)) and int(key) > 0:
            yield int(key), answers
        else:
            message = f"'{key}' is no lesion number; write the integer the lesion has in the masks, e.g. \"1\""
            problems.append(error("lesion_number_wrong", f"{where}: lesions", message))


def _answers(raw: object, where: str, problems: list[Problem]) -> dict[str, Answer]:
    found = {}
    for name, data in raw.items() if isinstance(raw, dict) else ():
        answer = checked(Answer, data, f"{where}, {name}", problems) or _what_is_left(data)
        if answer is not None:
            found[name] = answer
    return found


def _what_is_left(data: object) -> Answer | None:
    """Return the value of an answer whose other parts are wrong, so that the rules are told of it in the same go."""
    kept = {key: data[key] for key in ("value", "na_reason") if key in data} if isinstance(data, dict) else None
    return None if not kept else checked(Answer, kept | {"source": "reader"}, "", [])


def _answers_as_json(answers: Answers) -> dict[str, Any]:
    return {name: _lists(asdict(answer)) for name, answer in answers.items()}


def _lists(value: Any) -> Any:
    """Write tuples as lists, as JSON reads them back."""
    if isinstance(value, dict):
        return {key: _lists(entry) for key, entry in value.items()}
    return [_lists(entry) for entry in value] if isinstance(value, tuple | list) else value
