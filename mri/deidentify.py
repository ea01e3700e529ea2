"""Names, dates and UIDs that reveal nobody, from a key; and what may stay in a sidecar.

Shifted dates keep every interval to the day. They follow the modified-dates option of DICOM PS3.15 and are not by
themselves HIPAA Safe Harbor.
"""

import base64
import csv
import datetime
import hmac
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mri.problems import Problem, RefusedError, error

KEY_BYTES = 32
ID_CHARACTERS = 10
"""50 bits: two of 100,000 patients share one with a probability of 5e-6."""
TOKEN_CHARACTERS = 12
SHIFT_LEAST_DAYS = 365
SHIFT_MOST_DAYS = 3650
"""Dates go back by one to ten years: plausible to every reader of dates, and never in the future."""
NO_TIME = "T00:00:00"
"""BIDS wants a full date and time; the time of day is not kept."""
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
_UID_ROOT = "2.25."
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600

SIDECAR_KEYS = (
    "Modality",
    "MagneticFieldStrength",
    "Manufacturer",
    "ManufacturersModelName",
    "PatientPosition",
    "MRAcquisitionType",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "PulseSequenceType",
    "NonlinearGradientCorrection",
    "SeriesNumber",
    "SliceThickness",
    "SpacingBetweenSlices",
    "EchoTime",
    "RepetitionTime",
    "InversionTime",
    "FlipAngle",
    "EchoTrainLength",
    "PixelBandwidth",
    "PhaseEncodingAxis",
    "PhaseEncodingSteps",
    "PercentPhaseFOV",
    "PercentSampling",
    "AcquisitionMatrixPE",
    "ReconMatrixPE",
    "ParallelReductionFactorInPlane",
    "NumberOfAverages",
    "ImagingFrequency",
    "SAR",
    "ImageOrientationPatientDICOM",
    "ConversionSoftware",
    "ConversionSoftwareVersion",
)
"""Everything else a converter may write is left out: institution, station, serial number, times, names, ids, UIDs
and all free text (descriptions, comments, protocol names)."""


def load_key(path: Path, *, create: bool) -> bytes:
    """Return the key of a study, made on first use (folder mode 0700, file mode 0600).

    Raises
    ------
    RefusedError
        If the file is missing and may not be made, is another kind of thing, or holds no key.
    """
    if not is_plain_or_absent(path):
        message = "is no plain file (a folder, a pipe, a link that leads nowhere) and was left as it is; name the file"
        raise RefusedError(error("key_not_a_file", path.name, message))
    if not path.is_file():
        if not create:
            raise RefusedError(
                error("key_missing", path.name, "the key this study was made with is not here; name it with --key")
            )
        _make_key(path)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (ValueError, UnicodeDecodeError):
        key = b""
    if len(key) < KEY_BYTES:
        raise RefusedError(
            error("key_invalid", path.name, f"a key is {KEY_BYTES} bytes as hexadecimal text; name the right file")
        )
    return key


def is_plain_or_absent(path: Path) -> bool:
    """Return whether a path is a file, or nothing at all: a pipe, a folder or a dangling link is neither."""
    return path.is_file() or not os.path.lexists(path)


def _make_key(path: Path) -> None:
    """Write a new key where there is nothing; whatever another program puts there meanwhile is not replaced."""
    _make_private_folder(path.parent)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "w", encoding="ascii") as stream:
        try:
            stream.write(secrets.token_hex(KEY_BYTES) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        except OSError:
            path.unlink(missing_ok=True)
            raise


def _make_private_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=_PRIVATE_FOLDER)
        folder.chmod(_PRIVATE_FOLDER)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    _make_private_folder(path.parent)
    temporary = path.with_name(f".part-{secrets.token_hex(4)}")
    try:
        with os.fdopen(
            os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE), "w", encoding="utf-8", newline=""
        ) as stream:
            stream.write(text)
        temporary.replace(path)
    except OSError as failure:
        # the system names the temporary file, or none at all
        if failure.errno is not None:
            failure.filename, failure.filename2 = str(path), None
        raise
    finally:
        temporary.unlink(missing_ok=True)


def token(key: bytes, kind: str, *parts: str, characters: int = TOKEN_CHARACTERS) -> str:
    """Return a short lower-case name that only the holder of the key can make again."""
    digest = _digest(key, kind, *parts)
    return base64.b32encode(digest).decode("ascii").lower()[:characters]


def participant_id(key: bytes, patient_id: str, issuer: str = "") -> str:
    """Return the participant id of a patient: 10 base32 characters of HMAC(key, issuer|PatientID)."""
    return token(key, "participant", issuer, patient_id, characters=ID_CHARACTERS)


def date_shift_days(key: bytes, participant: str) -> int:
    """Return by how many whole days the dates of a participant are moved (negative: into the past).

    ``shifted = original + shift``, so ``original = shifted - shift``.
    """
    number = int.from_bytes(_digest(key, "date", participant)[:8], "big")
    return -(SHIFT_LEAST_DAYS + number % (SHIFT_MOST_DAYS - SHIFT_LEAST_DAYS + 1))


def shift_day(key: bytes, participant: str, day: str) -> str:
    """Return a DICOM day (YYYYMMDD) as a shifted ISO date; empty if it is no date."""
    try:
        original = datetime.datetime.strptime(day, "%Y%m%d").date()
        return (original + datetime.timedelta(days=date_shift_days(key, participant))).isoformat()
    except (ValueError, OverflowError):
        return ""


def keyed_uid(key: bytes, uid: str) -> str:
    """Return the UID that stands for another one everywhere in the study; empty for an empty one."""
    return _UID_ROOT + str(int.from_bytes(_digest(key, "uid", uid)[:16], "big")) if uid else ""


def scrub_sidecar(sidecar: Mapping[str, Any]) -> dict[str, Any]:
    """Return only what is known to identify nobody."""
    return {name: sidecar[name] for name in SIDECAR_KEYS if name in sidecar}


def read_ids(path: Path) -> dict[str, str]:
    """Return source patient ids and their participant ids from an ids.csv.

    Raises
    ------
    RefusedError
        If a column is missing, an id is not made of letters and digits, or a patient stands there twice.
        Rows are named by number, never by the id they hold.
    """
    ids: dict[str, str] = {}
    owners: dict[str, str] = {}
    problems: list[Problem] = []
    for number, row in enumerate(_id_rows(path), start=2):
        source = (row["source_patient_id"] or "").strip()
        name = (row["participant_id"] or "").strip().removeprefix("sub-")
        fault = _id_fault(source, name)
        if fault is None and ids.setdefault(source, name) != name:
            fault = ("ids_twice", "this patient has two participant ids; keep one")
        # ids that differ in case alone are one folder on some file systems
        if fault is None and owners.setdefault(name.casefold(), source) != source:
            fault = ("ids_shared", "another row gives this participant id to another patient; give each their own")
        if fault is not None:
            problems.append(error(fault[0], f"{path.name} row {number}", fault[1]))
    if problems:
        raise RefusedError(problems)
    return ids


def _id_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            if not {"source_patient_id", "participant_id"} <= set(reader.fieldnames or ()):
                raise RefusedError(error("ids_columns", path.name, _columns_mend(reader.fieldnames or ())))
            return list(reader)
    except OSError as failure:
        raise RefusedError(error("ids_missing", path.name, "no such file; check --ids")) from failure
    except UnicodeDecodeError as failure:
        raise RefusedError(error("ids_not_utf8", path.name, "is not UTF-8 text; save it as CSV UTF-8")) from failure


def _columns_mend(found: Sequence[str]) -> str:
    other = next((name for mark, name in _SEPARATORS.items() if len(found) == 1 and mark in found[0]), "")
    if other:
        return f"its columns are separated by {other}; save it with commas (source_patient_id,participant_id)"
    return "needs the columns source_patient_id and participant_id, separated by a comma; add them"


def is_source_id(source: str, name: str) -> bool:
    """Return whether a participant id is the source's own number of the patient, but for case, signs and zeros."""
    return _bare(source) == _bare(name)


def _bare(text: str) -> str:
    return "".join(filter(str.isalnum, text)).casefold().lstrip("0")


def _id_fault(source: str, name: str) -> tuple[str, str] | None:
    if not source:
        return ("ids_no_source", "source_patient_id is empty; write it or remove the row")
    if not name.isascii() or not name.isalnum():
        return ("ids_not_alphanumeric", "write letters and digits only as participant_id")
    return None


def _digest(key: bytes, *parts: str) -> bytes:
    # the length of each part is hashed too, so that no two lists of parts run together
    message = b"".join(len(p.encode()).to_bytes(4, "big") + p.encode() for p in parts)
    return hmac.new(key, message, "sha256").digest()
