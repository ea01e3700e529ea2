"""The way back: which patient and which day a session is. Written only where a person asks for it."""

import datetime
from pathlib import Path

from mri.bids import StudyFolder, read_table
from mri.deidentify import date_shift_days
from mri.people import write_private_table
from mri.problems import RefusedError, error
from mri.study_key import study_key

COLUMNS = ("participant_id", "session_id", "source_patient_id", "mri_date", "shift_days")
_ISO_DATE_CHARACTERS = 10


def write_reidentification(folder: StudyFolder, path: Path, key: Path | None = None) -> int:
    """Write a table that leads from every session back to its patient and its true date, and return its rows.

    It is made from the key and the private list of ids; the study itself holds nothing of it. Only its owner may open
    the file (mode 0600).

    Parameters
    ----------
    folder : StudyFolder
    path : Path
        Outside the study, as a study is what gets shared.
    key : Path, optional
        Where the key is, instead of beside the study.

    Raises
    ------
    RefusedError
        If the file would lie in the study, or the list of ids or the right key is not there.
    """
    if path.resolve().is_relative_to(folder.root.resolve()):
        message = "the table would lie in the study, which is what gets shared; name a file elsewhere"
        raise RefusedError(error("reidentification_inside", path.name, message))
    if not folder.made_ids.is_file():
        message = "the private list of ids is not beside the study, and nothing else leads back to a patient"
        raise RefusedError(error("ids_missing", folder.made_ids.name, message))
    secret = study_key(folder, key)
    patients = {row["participant_id"]: row["source_patient_id"] for row in read_table(folder.made_ids)}
    rows = []
    for participant in sorted({study.participant for study in folder.studies()}):
        shift = date_shift_days(secret, participant)
        for session in read_table(folder.sessions_table(participant)):
            day = _true_day(session.get("acq_time", ""), shift)
            label = session["session_id"].removeprefix("ses-")
            rows.append((participant, label, patients.get(participant, ""), day, str(shift)))
    write_private_table(path, COLUMNS, rows)
    return len(rows)


def _true_day(shifted: str, shift: int) -> str:
    """Return the date before it was shifted; empty where none was stated."""
    try:
        day = datetime.date.fromisoformat(shifted[:_ISO_DATE_CHARACTERS])
    except ValueError:
        return ""
    return (day - datetime.timedelta(days=shift)).isoformat()
