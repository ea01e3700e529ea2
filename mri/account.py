"""The account of everything that was received: series.csv, where a user also corrects what the rules found.

Each answer stands twice, as found (``weighting_found``) and as used (``weighting``). Where the two differ a user has
edited the second, and every later ingest keeps the edit.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from pathlib import Path

from mri.bids import read_table, write_table
from mri.problems import Problem, RefusedError, error
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
"""Columns that a user may edit and the values they take; no list means any word."""
MISSPELLED = {column: {value.casefold(): value for value in values} for column, values in EDITABLE.items()}


def read_account(path: Path) -> dict[str, Entry]:
    """Return the rows by item, empty where there is no account yet; columns unknown here are left out.

    Raises
    ------
    RefusedError
        If the table is no account any more: a user edits it, and an edit must not be lost without a word.
    """
    if not path.is_file():
        return {}
    rows = [{name: value for name, value in row.items() if name in COLUMNS} for row in read_table(path)]
    lost = sorted({"item", "status", *EDITABLE} - set(rows[0])) if rows else []
    if lost:
        mend = f"lacks the columns {', '.join(lost)}; put back a copy, or save it as CSV with all its columns"
        raise RefusedError(error("account_columns", path.name, mend))
    return {row["item"]: Entry(**row) for row in rows if row.get("item")}


def write_account(path: Path, entries: Iterable[Entry]) -> None:
    """Write the account in a fixed order: by participant, session, series number, item; files last."""
    write_table(path, COLUMNS, (asdict(entry) for entry in sorted(entries, key=_order)))


def with_edits(found: Entry, earlier: Entry | None) -> tuple[Entry, list[Problem]]:
    """Return an entry with what a user wrote into the earlier one, and what of it is no valid value."""
    problems: list[Problem] = []
    changes: dict[str, str] = {}
    for column, allowed in EDITABLE.items():
        written = getattr(earlier, column) if earlier is not None else ""
        if earlier is None or written == getattr(earlier, f"{column}_found"):
            continue
        value = MISSPELLED[column].get(written.casefold(), written)
        if allowed and value not in allowed:
            problems.append(
                error(
                    "override_invalid",
                    f"series.csv {found.item} {column}",
                    f"'{column}' takes one of {', '.join(sorted(allowed - {''}))}; correct the cell and ingest again",
                )
            )
        else:
            changes[column] = value
    return replace(found, **changes), problems


def _order(entry: Entry) -> tuple[bool, str, str, int, str]:
    number = int(entry.series_number) if entry.series_number.lstrip("-").isdecimal() else 0
    return (entry.kind == "file", entry.participant_id, entry.session_id, number, entry.item)
