"""The tables and descriptions of a study folder, made from the account, so that they never say more than it does."""

from collections.abc import Iterable, Mapping

from mri.account import Entry, Status, evidence_of
from mri.bids import (
    SCANS_COLUMNS,
    StudyFolder,
    describe_dataset,
    read_table,
    write_json,
    write_table,
    write_text,
)
from mri.deidentify import NO_TIME
from mri.study import StudyId

STUDY_NAME = "Spinal MRI study"
README = """# Spinal MRI study

Made by iscm from DICOM. For research use only.

- Participants and sessions carry made names; dates are moved by a number of days that is fixed for each participant,
  so intervals are exact and calendar dates are not. Times of day are not kept.
- Shifted dates follow the modified-dates option of DICOM PS3.15 and are not by themselves HIPAA Safe Harbor. Images are
  not defaced.
- `derivatives/ingest/series.csv` accounts for every received file and series: kept, set aside or quarantined, and why.
  Correct `role`, `weighting`, `contrast` or `stations` there and ingest the same source again.
- Session numbers follow the order of first receipt. The order of dates is in each participant's sessions table.
"""
_ROOT_IGNORED = "iscm.toml\n*.lock\nproblems.csv\n"
_INGEST_IGNORED = "series.csv\nkey_check.json\n"
_PARTICIPANT_COLUMNS = ("participant_id", "sex")
_SESSION_COLUMNS = ("session_id", "acq_time", "date_order")
_DESCRIPTIONS: Mapping[str, Mapping[str, str]] = {
    "participant_id": {"Description": "made name of a participant"},
    "sex": {"Description": "sex as the scanner's header states it"},
}


def write_descriptions(folder: StudyFolder) -> None:
    """Write what says that this is a BIDS study and what is in it; files that exist are a user's and stay."""
    describe_dataset(folder.root, STUDY_NAME, derivative=False, ignored=_ROOT_IGNORED)
    account = folder.derivative("ingest")
    describe_dataset(account, "Account of received series", derivative=True, ignored=_INGEST_IGNORED)
    if not (folder.root / "README.md").is_file():
        write_text(folder.root / "README.md", README)


def write_scans(folder: StudyFolder, study: StudyId, entries: Iterable[Entry]) -> None:
    """Write scans.tsv of one session from its kept series; without any the table goes."""
    kept = sorted((e for e in entries if e.status == Status.KEPT), key=lambda entry: entry.filename)
    if kept:
        write_table(folder.scans_table(study), SCANS_COLUMNS, (_scan_row(entry) for entry in kept))
    else:
        folder.scans_table(study).unlink(missing_ok=True)


def write_participants(folder: StudyFolder, entries: Iterable[Entry], sexes: Mapping[str, str]) -> None:
    """Write participants and sessions, those that have a kept series."""
    days: dict[str, dict[str, str]] = {}
    for entry in entries:
        if entry.status == Status.KEPT:
            days.setdefault(entry.participant_id, {})[entry.session_id] = entry.session_date
    path = folder.participants
    known = {row["participant_id"].removeprefix("sub-"): row for row in read_table(path)} if path.is_file() else {}
    rows = []
    for participant in sorted(days):
        row = known.get(participant, {})
        rows.append({**row, "participant_id": f"sub-{participant}", "sex": sexes.get(participant) or row.get("sex")})
        write_table(folder.sessions_table(participant), _SESSION_COLUMNS, _session_rows(days[participant]))
    for gone in known.keys() - days.keys():
        folder.sessions_table(gone).unlink(missing_ok=True)
    own = {name: None for row in rows for name in row}
    write_table(path, (*_PARTICIPANT_COLUMNS, *(name for name in own if name not in _PARTICIPANT_COLUMNS)), rows)
    if not path.with_suffix(".json").is_file():
        write_json(path.with_suffix(".json"), _DESCRIPTIONS)


def _session_rows(days: Mapping[str, str]) -> list[dict[str, str]]:
    order = sorted(days, key=lambda session: (days[session] == "", days[session], session))
    return [
        {
            "session_id": f"ses-{session}",
            "acq_time": days[session] + NO_TIME if days[session] else "",
            "date_order": str(order.index(session) + 1) if days[session] else "",
        }
        for session in sorted(days)
    ]


def _scan_row(entry: Entry) -> dict[str, str]:
    row = {column: str(getattr(entry, column, "")) for column in SCANS_COLUMNS}
    row |= {f"{name}_evidence": evidence_of(entry, name) for name in ("weighting", "contrast", "stations")}
    row["acq_time"] = entry.session_date + NO_TIME if entry.session_date else ""
    return row
