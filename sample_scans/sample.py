"""Write synthetic patients as a hospital would hand them over, and beside them what was planted."""

import json
from collections.abc import Iterator
from pathlib import Path

from sample_scans.clinical_table import clinical_csv, ids_csv
from sample_scans.cohort import patients as planned_patients
from sample_scans.dicom_writer import VisitHeader, write_dicom
from sample_scans.patient import Patient, Session
from sample_scans.protocol import TYPICAL_PROTOCOL, Protocol, prescribe
from sample_scans.scanner import ScannedSeries, scan_all
from sample_scans.truth import truth_of


def write_sample(out: Path, *, patients: int = 4, seed: int = 0, protocol: Protocol = TYPICAL_PROTOCOL) -> list[Path]:
    """Write synthetic patients: the same arguments give the same bytes in one environment.

    Parameters
    ----------
    out : Path
        Gets ``dicom/<patient>/<visit>/<series>/*.dcm``, ``clinical.csv``, ``ids.csv`` and
        ``truth/<participant>/truth.json``. Folder names carry no identity.
    patients : int
        The first four are the named ones of the README, the others random.
    seed : int
        Of noise, motion, UIDs and the random patients.
    protocol : Protocol
        What is acquired; `QUICK_PROTOCOL` is a cheap one.

    Returns
    -------
    list of Path
        Every file written.
    """
    planned = planned_patients(patients, seed)
    written = []
    for patient in planned:
        written += list(write_patient(out, patient, seed=seed, protocol=protocol))
    written.append(_write_whole(out / "clinical.csv", clinical_csv(planned)))
    written.append(_write_whole(out / "ids.csv", ids_csv(planned)))
    return written


def write_patient(out: Path, patient: Patient, *, seed: int, protocol: Protocol) -> Iterator[Path]:
    """Write one patient's visits and truth; yield every file written."""
    scans = {}
    for session in patient.sessions:
        label = patient.session_label(session)
        scans[label] = scan_session(patient, session, seed=seed, protocol=protocol)
        folder = out / "dicom" / f"case{patient.participant.removeprefix('sample')}" / f"visit{label}"
        yield from write_dicom(scans[label], VisitHeader.of(patient, session, seed), folder)
    text = json.dumps(truth_of(patient, scans), indent=1) + "\n"
    yield _write_whole(out / "truth" / patient.participant / "truth.json", text)


def scan_session(patient: Patient, session: Session, *, seed: int, protocol: Protocol) -> list[ScannedSeries]:
    """Acquire one visit without writing it."""
    planned = prescribe(session.phantom, session.stations, protocol.at_field(session.scanner.field_t), session.turn_deg)
    name = f"{patient.participant}/{patient.session_label(session)}"
    return scan_all(session.phantom, planned, field_t=session.scanner.field_t, seed=seed, name=name)


def _write_whole(path: Path, text: str) -> Path:
    """Write a text file so that it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8", newline="\n")
    partial.replace(path)
    return path
