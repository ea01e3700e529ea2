"""A reader's answers as columns: the value, where it came from, why it is missing, how sure the reader was."""

from features.rows import Row
from segmentation.findings import (
    NOT_APPLICABLE,
    NOT_ASSESSABLE,
    UNREAD,
    Answer,
    Findings,
    Item,
    Kind,
    Scope,
    items,
)

TRUSTED = ("reader", "consensus")
"""Sources that may enter an analysis."""
_CODED = (Kind.CODE, Kind.CODES)


def lesion_readings(findings: Findings | None, lesion_id: int) -> Row:
    """Return the columns of the reader's items of one lesion; what nobody read has the source ``missing``."""
    row: Row = {}
    for entry in items(Scope.LESION):
        row |= _columns(entry, UNREAD if findings is None else findings.of_lesion(lesion_id, entry.name))
    return row


def patient_readings(findings: Findings | None) -> Row:
    """Return the columns of the reader's items of the patient and of the study sheet."""
    row: Row = {}
    for entry in (*items(Scope.PATIENT), *items(Scope.STUDY_SHEET)):
        row |= _columns(entry, UNREAD if findings is None else findings.of_patient(entry.name))
    return row


def override(row: Row, computed: Row, source: str) -> None:
    """Enter computed values for items that no reader answered; their source is that of what was measured."""
    for name, value in computed.items():
        if row.get(name) is None and row.get(f"{name}_na_reason") is None and value is not None:
            row[name] = value
            if f"{name}_source" in row:
                row[f"{name}_source"] = source


def _columns(entry: Item, answer: Answer) -> Row:
    value = cell(entry, answer)
    return {
        entry.name: value,
        f"{entry.name}_source": "missing" if answer.value is None else answer.source or "missing",
        f"{entry.name}_na_reason": answer.na_reason,
        f"{entry.name}_confidence": answer.confidence,
        f"{entry.name}_suggested": value if answer.source == "suggested" else None,
    }


def cell(entry: Item, answer: Answer) -> object:
    """Return an answer as it stands in a cell: several codes joined by ``;``, no number for "not assessable"."""
    if isinstance(answer.value, tuple):
        return ";".join(answer.value) or None
    if answer.value in (NOT_ASSESSABLE, NOT_APPLICABLE) and entry.kind not in _CODED:
        return None
    return answer.value
