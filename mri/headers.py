"""DICOM files to what ingest needs of their headers, classic and multi-frame; no pixel is read here.

Values that identify a patient stay in `Identity`, whose text form is empty, so that no message or log can show them.
"""

import datetime
import io
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mri.blank import head_before_zeros, may_be_dicom
from mri.pixels import DEFLATED_SYNTAX, EXPLICIT_SYNTAX, IMPLICIT_SYNTAX, examine, inflated_head
from mri.tags import (
    GROUP_TAGS,
    PLACE_TAGS,
    Frame,
    TagValue,
    frames_of,
    quiet_pydicom,
    tag_of,
    value_of,
    values_of,
)

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Progress = Callable[[str, int, int], None]
"""Told what is done, how much of it, of how much."""

IDENTITY_TAGS = (
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "OtherPatientIDs",
    "AccessionNumber",
    "StudyID",
)
DATE_TAGS = ("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate")
"""Where the day of the examination may stand, best first."""
_DAY_DIGITS = 8
_FIRST_YEAR = 1900
"""What stands for "no date" is written as a year long before magnetic resonance."""
TIME_TAGS = ("AcquisitionTime", "AcquisitionDateTime")
"""What the converter would write into the image; blanked in the staged copies."""
SERIES_TAGS = (
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "Manufacturer",
    "SeriesNumber",
    "InstanceNumber",
    "SeriesDescription",
    "ProtocolName",
    "ImageType",
    "BodyPartExamined",
    "BurnedInAnnotation",
    "PatientSex",
    "SeriesTime",
    "StudyTime",
    "ScanningSequence",
    "SequenceVariant",
    "ScanOptions",
    "SequenceName",
    "PulseSequenceName",
    "MRAcquisitionType",
    "EchoTime",
    "RepetitionTime",
    "InversionTime",
    "EchoTrainLength",
    "FlipAngle",
    "MagneticFieldStrength",
    "ContrastBolusAgent",
    "ContrastBolusVolume",
    "ContrastBolusIngredient",
    "ContrastBolusRoute",
    "DiffusionBValue",
    "RescaleSlope",
    "RescaleIntercept",
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoNumbers",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "ImagesInAcquisition",
    "ConcatenationUID",
    "InConcatenationTotalNumber",
    "SamplesPerPixel",
    "BitsAllocated",
    "PixelRepresentation",
    "PhotometricInterpretation",
)
COMMENTS = "PatientComments"
SYNTHETIC_MARK = "SYNTHETIC"
"""How the comment on a made-up patient begins; of others' comments nothing is kept."""
AGENT_SEQUENCE = "ContrastBolusAgentSequence"
INDEX_NAME = "DICOMDIR"
_INDEX = "an index of files, not an image; the files themselves were read"
_DICOMDIR_CLASS = "1.2.840.10008.1.3.10"
_PREAMBLE_BYTES = 144
"""128 free bytes, DICM, and the element of 12 bytes that tells the length of the rest of the file meta information."""
_PIXEL_TAGS = (0x7FE00010, 0x7FE00009, 0x7FE00008)
_BETWEEN_WORDS = re.compile(r"[\s^\\]+")
_ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who was examined and when, as the source says it; never written or shown."""

    patient_id: str
    issuer: str
    day: str
    words: frozenset[str]
    has_invalid_day: bool = False

    def __repr__(self) -> str:
        return "Identity()"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHeader:
    """What is kept of one DICOM image file.

    Attributes
    ----------
    path : Path
    size_bytes : int
    transfer_syntax : str
    identity : Identity
    tags : Mapping
        Values under their classic keywords; absent and unreadable ones are not there.
    frames : tuple of Frame
        One per slice in the file.
    time_spans : tuple of (offset, length)
        Bytes of the file that hold a time which the converter would copy.
    pixels_at : int
        Offset in bytes of the first pixel; of a deflated file, once it is inflated.
    fault : str
        What is wrong with the pixels, a key of `mri.pixels.FAULTS`; empty if nothing.
    chosen : tuple of int
        Frames of the file that are meant, counted from 0; empty: all.
    part : str
        What tells these frames from the others of the file.
    time_points : int
        Number of volumes that the file has at this place.
    meta_bytes : int
        Bytes before the data set, which every archive that passes a file on writes anew.
    is_synthetic : bool
        Whether the header says that the patient is made up.
    """

    path: Path
    size_bytes: int
    transfer_syntax: str
    identity: Identity = field(repr=False)
    tags: Mapping[str, TagValue] = field(repr=False)
    frames: tuple[Frame, ...]
    time_spans: tuple[tuple[int, int], ...]
    pixels_at: int = 0
    fault: str = ""
    meta_bytes: int = 0
    chosen: tuple[int, ...] = ()
    part: str = ""
    time_points: int = 1
    is_synthetic: bool = False

    def text(self, keyword: str) -> str:
        """Return a value as text, several joined by a backslash; empty where absent."""
        return joined(self.tags.get(keyword))

    def number(self, keyword: str) -> float | None:
        """Return a value as a number, the first of several; None where absent or no number."""
        value = self.tags.get(keyword)
        first = value[0] if isinstance(value, tuple) and value else value
        return float(first) if isinstance(first, int | float) else None


def joined(value: TagValue | None) -> str:
    """Return a value as DICOM writes it, several joined by a backslash; empty where absent."""
    return "\\".join(str(v) for v in value) if isinstance(value, tuple) else "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedFile:
    """A received file that is no usable image, and why."""

    path: Path
    code: str
    message: str
    series_uid: str = field(default="", repr=False)
    """Series that lacks this file, where the file still says so."""


def read_header(path: Path) -> ImageHeader | RejectedFile:
    """Return the header of one file, or why it is no usable image; never raises for what a file holds."""
    try:
        with quiet_pydicom():
            return _read_header(path)
    except Exception as failure:  # noqa: BLE001 - a hostile file may raise anything, and the others must go on
        return _rejected(path, "file_unreadable", unreadable(failure))


def unreadable(failure: Exception) -> str:
    """Return why a file cannot be read and the mend: who lacks the right to open it need not ask the archive."""
    name = type(failure).__name__
    if isinstance(failure, PermissionError):
        return f"cannot be opened ({name}); see to the right to read it, and ingest again"
    return f"cannot be read as DICOM ({name}); send it again from the archive"


def _read_header(path: Path) -> ImageHeader | RejectedFile:
    if path.name.upper() == INDEX_NAME:
        return _rejected(path, "dicomdir", _INDEX)
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        if size == 0:
            return _rejected(path, "file_empty", "the file is empty; send it again from the archive")
        dataset, plain, deflated = _read(stream)
        if "SOPClassUID" not in dataset:
            return _no_image(path, stream, bool(getattr(dataset, "preamble", None)))
        if str(dataset.SOPClassUID) == _DICOMDIR_CLASS:
            return _rejected(path, "dicomdir", _INDEX)
        return _header(path, dataset, plain, size, deflated)


def _no_image(path: Path, stream: BinaryIO, has_preamble: bool) -> RejectedFile:
    if has_preamble:
        return _rejected(path, "file_truncated", "the file ends within its header; send it again from the archive")
    stream.seek(0)
    if path.suffix.casefold() == ".zip" and stream.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC:
        return _rejected(path, "archive_unopened", "an archive within the source is not opened; ingest it by itself")
    return _rejected(path, "not_dicom", "no DICOM image; nothing to mend if it does not belong here")


def _rejected(path: Path, code: str, message: str) -> RejectedFile:
    return RejectedFile(path=path, code=code, message=message)


def _read(stream: BinaryIO) -> tuple["Dataset", BinaryIO, bool]:
    """Return the wanted values, and the stream as it stands before the pixels; a deflated one is inflated first."""
    from pydicom.dataset import Dataset
    from pydicom.filereader import read_partial

    if not may_be_dicom(stream):
        return Dataset(), stream, False
    head = inflated_head(stream)
    short = head_before_zeros(stream) if head is None else head
    plain: BinaryIO = stream if short is None else io.BytesIO(short)
    plain.seek(0)
    dataset = read_partial(plain, _ends_header, force=True, specific_tags=list(_wanted()))
    return dataset, plain, head is not None


def _ends_header(tag: int, _: str | None, __: int) -> bool:
    """Return whether the header ends here: at the pixels, or where a file was filled with zeros."""
    return tag in _PIXEL_TAGS or tag == 0


@cache
def _wanted() -> tuple[int, ...]:
    """Return the tags that are read at all; looking up their names for each file would cost a third of the scan."""
    names = (*SERIES_TAGS, *PLACE_TAGS, *IDENTITY_TAGS, *DATE_TAGS, *TIME_TAGS, *GROUP_TAGS, AGENT_SEQUENCE, COMMENTS)
    return tuple(tag_of(name) for name in names)


def _header(path: Path, dataset: "Dataset", plain: BinaryIO, size: int, deflated: bool) -> ImageHeader | RejectedFile:
    pixels_at = plain.tell()
    spans = tuple(_span(dataset, keyword) for keyword in TIME_TAGS)
    tags = values_of(dataset, SERIES_TAGS)
    if "Rows" not in tags or "Columns" not in tags:
        return _without_image(path, dataset)
    implicit = bool(dataset.original_encoding[0])
    stated = str(getattr(dataset.file_meta, "TransferSyntaxUID", IMPLICIT_SYNTAX if implicit else EXPLICIT_SYNTAX))
    syntax = DEFLATED_SYNTAX if deflated else stated
    pixels = examine(plain, pixels_at, size=size, syntax=syntax, implicit=implicit, tags=tags)
    frames = frames_of(dataset, tags)
    if AGENT_SEQUENCE in dataset and len(dataset[AGENT_SEQUENCE].value or ()):
        tags.setdefault("ContrastBolusAgent", "stated in a sequence")
    return ImageHeader(
        path=path,
        size_bytes=size,
        transfer_syntax=syntax,
        identity=_identity(dataset),
        tags=tags | values_of(dataset, TIME_TAGS),
        frames=frames,
        time_spans=tuple(span for span in spans if span),
        pixels_at=pixels.at,
        fault=pixels.fault,
        meta_bytes=_meta_bytes(dataset),
        is_synthetic=joined(value_of(dataset, COMMENTS)).startswith(SYNTHETIC_MARK),
    )


def _meta_bytes(dataset: "Dataset") -> int:
    length = getattr(dataset, "file_meta", {}).get("FileMetaInformationGroupLength")
    return _PREAMBLE_BYTES + length if isinstance(length, int) else 0


def _without_image(path: Path, dataset: "Dataset") -> RejectedFile:
    from pydicom.uid import UID

    # an object that is no image but bears the UID of a series of images is a damaged slice of it
    series = joined(value_of(dataset, "SeriesInstanceUID"))
    code, message = "file_truncated", "the file ends within its header; send it again from the archive"
    if "Image Storage" not in UID(str(dataset.SOPClassUID)).name:
        code, message = "not_an_image", "a DICOM object without an image, such as a report; set aside"
    return RejectedFile(path=path, code=code, message=message, series_uid=series)


def _span(dataset: "Dataset", keyword: str) -> tuple[int, int] | None:
    """Return where in the file a value lies; only known before the value is first used."""
    from pydicom.dataelem import RawDataElement

    tag = tag_of(keyword)
    element = dataset.get_item(tag) if tag in dataset else None
    if not isinstance(element, RawDataElement) or not element.length:
        return None
    return (int(element.value_tell), int(element.length))


def _is_day(text: str) -> bool:
    """Return whether a text is a day of the calendar, as DICOM writes it."""
    if not (len(text) == _DAY_DIGITS and text.isascii() and text.isdecimal()):
        return False
    try:
        return datetime.date(int(text[:4]), int(text[4:6]), int(text[6:])).year >= _FIRST_YEAR
    except ValueError:
        return False


def _identity(dataset: "Dataset") -> Identity:
    found = values_of(dataset, (*IDENTITY_TAGS, *DATE_TAGS, "StudyInstanceUID"))
    values = [joined(found.get(keyword)) for keyword in IDENTITY_TAGS]
    days = [joined(found.get(keyword)) for keyword in DATE_TAGS]
    best = next((place for place, day in enumerate(days) if _is_day(day)), len(days))
    patient = values[0] or f"study:{joined(found.get('StudyInstanceUID'))}"
    words = {word.casefold() for value in (*values, *days) for word in _BETWEEN_WORDS.split(value)}
    return Identity(
        patient_id=patient,
        issuer=values[1],
        day="".join(days[best : best + 1]),
        has_invalid_day=any(days[:best]),
        words=frozenset(word for word in words if len(word) > 1),
    )
