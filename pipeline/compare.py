"""Measured numbers beside planted ones, for synthetic patients whose truth is known."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segmentation.levels import STANDARD

TRUTH_FILE = "truth.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One number of one session, or of one lesion of it.

    Attributes
    ----------
    participant, session : str
    lesion : str
        Planted lesion number; empty for a number of the whole session.
    what : str
    planted, measured : str
        As printed; measured is ``-`` where it is missing.
    difference : float or None
        Measured − planted, in the unit that ``what`` names.
    """

    participant: str
    session: str
    lesion: str
    what: str
    planted: str
    measured: str
    difference: float | None


def read_truths(folder: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Return what was planted at each visit: (participant, session) → session record of truth.json."""
    planted = {}
    for path in sorted(folder.glob(f"*/{TRUTH_FILE}")):
        record = json.loads(path.read_text(encoding="utf-8"))
        for session in record["sessions"]:
            planted[record["participant"], session["session"]] = session
    return planted


def compare(
    planted: Mapping[tuple[str, str], Mapping[str, Any]],
    lesions: Iterable[Mapping[str, str]],
    patients: Iterable[Mapping[str, str]],
) -> Iterator[Compared]:
    """Yield the comparison of every planted session: lesion count, then each lesion's sizes, extents and levels.

    Measured lesions are those nearest along the cord: planted and measured are both numbered from the head downwards,
    and where their numbers differ each planted lesion takes the measured one that overlaps its levels most.

    Parameters
    ----------
    planted : mapping
        As `read_truths` gives it.
    lesions, patients : iterable of mapping
        Rows of lesions.csv and patients.csv as text.
    """
    counted = {(row["participant_id"], row["session_id"]): row["n_lesions"] for row in patients}
    rows = list(lesions)
    for (participant, session), truth in planted.items():
        found = counted.get((participant, session), "")
        yield _number(participant, session, "", "lesions (n)", float(truth["n_lesions"]), found, digits=0)
        own = [row for row in rows if (row["participant_id"], row["session_id"]) == (participant, session)]
        for lesion in truth["lesions"]:
            yield from _lesion(participant, session, lesion, _partner(lesion, own))


def _partner(lesion: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> Mapping[str, str]:
    """Return the measured lesion whose T2 or enhancing levels overlap the planted ones most; empty where none does."""
    best: Mapping[str, str] = {}
    most = 0.0
    for row in rows:
        overlap = max(_overlap(lesion["enh"], row, "enh"), _overlap(lesion["t2"], row, "t2"))
        if overlap > most:
            best, most = row, overlap
    return best


def _overlap(extent: Mapping[str, Any] | None, row: Mapping[str, str], prefix: str) -> float:
    if extent is None or not row.get(f"{prefix}_v_from") or not row.get(f"{prefix}_v_to"):
        return 0.0
    low, high = (float(v) for v in extent["v"])
    return min(high, float(row[f"{prefix}_v_to"])) - max(low, float(row[f"{prefix}_v_from"]))


def _lesion(participant: str, session: str, lesion: Mapping[str, Any], row: Mapping[str, str]) -> Iterator[Compared]:
    number = str(lesion["lesion_id"])
    for prefix, name in (("enh", "enhancing"), ("t2", "T2")):
        extent = lesion[prefix]
        if extent is None:
            continue
        columns = ((f"{prefix}_length_mm", "length_mm", "length (mm)"), (f"{prefix}_seg_frac", "seg_frac", "segments"))
        for column, planted, unit in columns:
            yield _number(participant, session, number, f"{name} {unit}", extent[planted], row.get(column, ""))
        yield _levels(participant, session, number, f"{name} levels", extent["levels"], row.get(f"{prefix}_levels", ""))
    for axis in ("ap", "tr"):
        what = f"{axis.upper()} size (mm)"
        yield _number(participant, session, number, what, lesion[f"{axis}_mm"], row.get(f"enh_{axis}_mm", ""))


def _number(
    participant: str, session: str, lesion: str, what: str, planted: float, measured: str, digits: int = 1
) -> Compared:
    value = float(measured) if measured else None
    return Compared(
        participant=participant,
        session=session,
        lesion=lesion,
        what=what,
        planted=f"{planted:.{digits}f}",
        measured="-" if value is None else f"{value:.{digits}f}",
        difference=None if value is None else value - planted,
    )


def _levels(participant: str, session: str, lesion: str, what: str, planted: str, measured: str) -> Compared:
    difference = None
    if measured:
        difference = float(_first_level(measured) - _first_level(planted))
    return Compared(
        participant=participant,
        session=session,
        lesion=lesion,
        what=what,
        planted=planted,
        measured=measured or "-",
        difference=difference,
    )


def _first_level(levels: str) -> int:
    return STANDARD.vertebra_number(levels.split("-")[0])
