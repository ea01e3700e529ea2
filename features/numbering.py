"""Which lesion is which: where each number of a session stands, kept beside the tables (CONTRACT, "Masks")."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from features.measure import CaseFeatures
from mri.bids import write_json

FILE = "numbering.json"


def write_numbering(folder: Path, cases: Iterable[CaseFeatures]) -> None:
    """Write for each session who numbered its lesions and where each is; other sessions' records stay.

    Parameters
    ----------
    folder : Path
        Of the feature tables.
    cases : iterable of CaseFeatures
        Sessions that were measured now.
    """
    sessions = dict(_known(folder / FILE)) | {_name(case): _record(case) for case in cases}
    content = {
        "format": 1,
        "frame": "LPS",
        "units": "mm",
        "use": "research use only",
        "sessions": dict(sorted(sessions.items())),
    }
    write_json(folder / FILE, content)


def _record(case: CaseFeatures) -> dict[str, Any]:
    lesions = {
        str(number): {"centre": [round(v, 2) for v in centre]} for number, centre in sorted(case.centres_mm.items())
    }
    return {"author": case.patient["author"], "numbered_by": case.numbered_by or None, "lesions": lesions}


def _name(case: CaseFeatures) -> str:
    return f"sub-{case.patient['participant_id']}_ses-{case.patient['session_id']}"


def _known(path: Path) -> Mapping[str, Any]:
    """Return what was written before; nothing where that cannot be read, since it is made anew with the tables."""
    try:
        sessions = json.loads(path.read_text("utf-8"))["sessions"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return sessions if isinstance(sessions, dict) else {}
