"""The account of everything that was received: series.csv, where a user also corrects what the rules found.

Each answer stands twice, as found (``weighting_found``) and as used (``weighting``). Where the two differ a user has
edited the second, and every later ingest keeps the edit. A cell that is no valid value stays in the table as the user
wrote it, is named, and is not used.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from mri.bids import read_table, write_table
from mri.problems import Problem, RefusedError, error, warning
from mri.sequence import ROLE_IMAGE, roles
from mri.study import Contrast, Weighting


class Status(StrEnum):
    """What became of a received file or series."""

    KEPT = "kept"
    SET_ASIDE = "set_aside"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row of series.csv: a series (one stack of slices) or a file that belongs to none. All values are text.

    ``item`` is a keyed token: the private table beside the study tells which source files it stands for.
    """

    item: str
    kind: str
    status: str
    reason: str = ""
    mend: str = ""
    participant_id: str = ""
    session_id: str = ""
    session_date: str = ""
    filename: str = ""
    role: str = ""
    weighting: str = ""
    contrast: str = ""
    stations: str = ""
    plane: str = ""
    fat_suppression: str = ""
    role_found: str = ""
    role_evidence: str = ""
    weighting_found: str = ""
    weighting_evidence: str = ""
    contrast_found: str = ""
    contrast_evidence: str = ""
    stations_found: str = ""
    stations_evidence: str = ""
    fat_evidence: str = ""
    series_number: str = ""
    files: str = ""
    slices: str = ""
    rows: str = ""
    columns: str = ""
    pixel_spacing_mm: str = ""
    slice_spacing_mm: str = ""
    echo_time_ms: str = ""
    repetition_time_ms: str = ""
    inversion_time_ms: str = ""
    field_strength_t: str = ""
    residual_mm: str = ""
    frame_of_reference: str = ""
    study: str = ""
    fingerprint: str = ""
    rules: str = ""
    flags: str = ""
    flags_evidence: str = ""

    @property
    def where(self) -> str:
        """How messages name this row."""
        if self.kind == "file":
            return f"file {self.item}"
        session = f"sub-{self.participant_id}_ses-{self.session_id}" if self.participant_id else "no session"
        return f"{session} series {self.series_number or '?'} ({self.item})"


COLUMNS = tuple(column.name for column in fields(Entry))
EDITABLE: dict[str, frozenset[str]] = {
    "role": frozenset(),
    "weighting": frozenset(Weighting),
    "contrast": frozenset(Contrast),
    "stations": frozenset({"", "C", "T", "L", "CT", "TL", "CTL"}),
}
"""Columns that a user may edit and the values they take; no list means any word, which sets the series aside."""
_PUT_BACK = "put back a copy, or save it as CSV with all its columns; remove it to start anew, without its corrections"
_BY_USER = re.compile(r"set by the user \(found: [^,]*, (.*)\)", re.DOTALL)
MISSPELLED = {column: {value.casefold(): value for value in values} for column, values in EDITABLE.items()} | {
    "role": {ROLE_IMAGE: ROLE_IMAGE}
}


def read_account(path: Path) -> dict[str, Entry]:
    """Return the rows by item, empty where there is no account yet; columns unknown here are left out.

    Raises
    ------
    RefusedError
        If the table is no account any more: a user edits it, and an edit must not be lost without a word.
    """
    if not path.is_file():
        return {}
    try:
        rows = [{name: value for name, value in row.items() if name in COLUMNS} for row in read_table(path)]
        text = path.read_text(encoding="utf-8-sig")
    except csv.Error as failure:
        raise RefusedError(error("account_columns", path.name, f"is no table ({failure}); {_PUT_BACK}")) from failure
    # without rows only the first line tells an account from what was written over it
    columns = rows[0] if rows else re.split("[,;]", text.partition("\n")[0].strip())
    lost = sorted({"item", "status", *EDITABLE} - set(columns))
    if lost:
        raise RefusedError(error("account_columns", path.name, f"lacks the columns {', '.join(lost)}; {_PUT_BACK}"))
    return {row["item"]: _as_found(Entry(**row)) for row in rows if row.get("item")}


def write_account(path: Path, entries: Iterable[Entry], written: Mapping[str, Entry] = MappingProxyType({})) -> None:
    """Write the account in a fixed order: by participant, session, series number, item; files last.

    Parameters
    ----------
    path : Path
    entries : iterable of Entry
    written : Mapping, optional
        Rows by item as a user left them: a cell that is no valid value stays, so that the next ingest names it again.
    """
    write_table(path, COLUMNS, (_row(entry, written.get(entry.item)) for entry in sorted(entries, key=_order)))


def evidence_of(entry: Entry, column: str) -> str:
    """Return what an answer rests on: what was found, or the user's word for another."""
    used, found, told = (getattr(entry, f"{column}{part}") for part in ("", "_found", "_evidence"))
    return str(told) if used == found else f"set by the user (found: {found or 'nothing'}, {told})"


def usable(entry: Entry) -> Entry:
    """Return a row without the cells that are no valid value: what was found stands in their place."""
    found = {column: getattr(entry, f"{column}_found") for column in EDITABLE}
    return with_edits(replace(entry, **found), entry)[0]


def with_edits(found: Entry, earlier: Entry | None) -> tuple[Entry, list[Problem]]:
    """Return an entry with what a user wrote into the earlier one, and what of it is no valid value."""
    problems: list[Problem] = []
    changes: dict[str, str] = {}
    for column, allowed in EDITABLE.items():
        written = getattr(earlier, column) if earlier is not None else ""
        if earlier is None or written == getattr(earlier, f"{column}_found"):
            continue
        value = _meant(column, written)
        if allowed and value not in allowed:
            problems.append(_invalid(found, column, allowed))
            continue
        if column == "role" and value not in roles():
            problems.append(_unknown_role(found))
        changes[column] = value
    return replace(found, **changes), problems


def _meant(column: str, cell: str) -> str:
    """Return the value that a cell says, in any case of letters."""
    return MISSPELLED[column].get(cell.strip().casefold(), cell)


def _invalid(found: Entry, column: str, allowed: frozenset[str]) -> Problem:
    words = ", ".join(word or "(empty)" for word in sorted(allowed))
    used = getattr(found, f"{column}_found") or "(empty)"
    message = f"'{column}' takes one of {words}; the cell stays as you wrote it and {used} is used: correct the cell"
    return error("override_invalid", f"{found.where}, column {column} of series.csv", f"{message} and ingest again")


def _unknown_role(found: Entry) -> Problem:
    known = ", ".join(sorted(roles() - {ROLE_IMAGE}))
    message = f"no role that is known, so the series is set aside; write {ROLE_IMAGE} to keep it, or one of {known}"
    return warning("role_unknown", f"{found.where}, column role of series.csv", message)


def _as_found(entry: Entry) -> Entry:
    told = {f"{column}_evidence": getattr(entry, f"{column}_evidence") for column in EDITABLE}
    return replace(entry, **{name: _BY_USER.sub(r"\1", text) for name, text in told.items()})


def _row(entry: Entry, written: Entry | None) -> dict[str, str]:
    row: dict[str, str] = asdict(entry) | {f"{column}_evidence": evidence_of(entry, column) for column in EDITABLE}
    for column, allowed in EDITABLE.items():
        cell = "" if written is None else getattr(written, column)
        if written is not None and allowed and _meant(column, cell) not in allowed:
            row[column] = cell
    return row


def _order(entry: Entry) -> tuple[bool, str, str, int, str]:
    number = int(entry.series_number) if entry.series_number.lstrip("-").isdecimal() else 0
    return (entry.kind == "file", entry.participant_id, entry.session_id, number, entry.item)
