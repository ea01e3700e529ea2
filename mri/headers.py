"""DICOM files to what ingest needs of their headers, classic and multi-frame; no pixel is read here.

Values that identify a patient stay in `Identity`, whose text form is empty, so that no message or log can show them.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mri.tags import GROUP_TAGS, PLACE_TAGS, Frame, TagValue, frames_of, quiet_pydicom, value_of

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
DATE_TAGS = ("StudyDate", "AcquisitionDate", "SeriesDate", "ContentDate")
"""Where the day of the examination may stand, best first."""
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
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "BitsAllocated",
)
AGENT_SEQUENCE = "ContrastBolusAgentSequence"
NATIVE_SYNTAXES = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2")
"""Implicit and explicit little endian and explicit big endian: the pixels lie in the file as they are."""
DEFLATED_SYNTAX = "1.2.840.10008.1.2.1.99"
_DICOMDIR_CLASS = "1.2.840.10008.1.3.10"
_END_OF_FRAGMENTS = b"\xfe\xff\xdd\xe0"
_TAIL_BYTES = 65536
_IMPLICIT_HEAD_BYTES = 8
_EXPLICIT_HEAD_BYTES = 12
"""Tag, type and length that stand before the pixels."""
_PIXEL_TAGS = (
    ("Rows", 0.0),
    ("Columns", 0.0),
    ("NumberOfFrames", 1.0),
    ("SamplesPerPixel", 1.0),
    ("BitsAllocated", 16.0),
)
"""What the length of the pixels is made of, and what holds where a value is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who was examined and when, as the source says it; never written or shown."""

    patient_id: str
    issuer: str
    day: str
    words: frozenset[str]

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
    is_truncated : bool
        The file is shorter than its own header says.
    """

    path: Path
    size_bytes: int
    transfer_syntax: str
    identity: Identity = field(repr=False)
    tags: Mapping[str, TagValue] = field(repr=False)
    frames: tuple[Frame, ...]
    time_spans: tuple[tuple[int, int], ...]
    is_truncated: bool

    def text(self, keyword: str) -> str:
        """Return a value as text, several joined by a backslash; empty where absent."""
        value = self.tags.get(keyword, "")
        return "\\".join(str(v) for v in value) if isinstance(value, tuple) else str(value)

    def number(self, keyword: str) -> float | None:
        """Return a value as a number, the first of several; None where absent or no number."""
        value = self.tags.get(keyword)
        first = value[0] if isinstance(value, tuple) and value else value
        return float(first) if isinstance(first, int | float) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedFile:
    """A received file that is no usable image, and why."""

    path: Path
    code: str
    message: str
    series_uid: str = field(default="", repr=False)
    """Series that lacks this file, where the file still says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Everything that was found in a source."""

    headers: tuple[ImageHeader, ...]
    rejected: tuple[RejectedFile, ...]


def scan(source: Path, progress: Progress | None = None) -> Scan:
    """Read the headers of every file in a folder (or of one file), in the order of their paths."""
    paths = list(_files(source))
    headers: list[ImageHeader] = []
    rejected: list[RejectedFile] = []
    for done, path in enumerate(paths, start=1):
        found = read_header(path)
        (headers if isinstance(found, ImageHeader) else rejected).append(found)  # type: ignore[arg-type]
        if progress is not None:
            progress("headers", done, len(paths))
    return Scan(headers=tuple(headers), rejected=tuple(rejected))


def read_header(path: Path) -> ImageHeader | RejectedFile:
    """Return the header of one file, or why it is no usable image; never raises for what a file holds."""
    try:
        with quiet_pydicom():
            return _read_header(path)
    except Exception as failure:  # noqa: BLE001 - a hostile file may raise anything, and the others must go on
        reason = f"cannot be read as DICOM ({type(failure).__name__}); send it again from the archive"
        return _rejected(path, "file_unreadable", reason)


def _read_header(path: Path) -> ImageHeader | RejectedFile:
    dataset, pixels_at = _read(path)
    if "SOPClassUID" not in dataset and getattr(dataset, "preamble", None):
        return _rejected(path, "file_truncated", "the file ends within its header; send it again from the archive")
    if "SOPClassUID" not in dataset:
        return _rejected(path, "not_dicom", "no DICOM image; nothing to mend if it does not belong here")
    if str(dataset.SOPClassUID) == _DICOMDIR_CLASS:
        return _rejected(path, "dicomdir", "an index of files, not an image; the files themselves were read")
    return _header(path, dataset, pixels_at)


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
        return
    for folder, folders, names in os.walk(source):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _rejected(path: Path, code: str, message: str) -> RejectedFile:
    return RejectedFile(path=path, code=code, message=message)


def _read(path: Path) -> tuple["Dataset", int]:
    """Return the wanted values and where in the file the pixels begin."""
    from pydicom import dcmread

    wanted = [*SERIES_TAGS, *PLACE_TAGS, *IDENTITY_TAGS, *DATE_TAGS, *TIME_TAGS, *GROUP_TAGS, AGENT_SEQUENCE]
    with path.open("rb") as stream:
        dataset = dcmread(stream, stop_before_pixels=True, force=True, specific_tags=list(wanted))
        return dataset, stream.tell()


def _header(path: Path, dataset: "Dataset", pixels_at: int) -> ImageHeader | RejectedFile:
    spans = tuple(_span(dataset, keyword) for keyword in TIME_TAGS)
    syntax = str(getattr(dataset.file_meta, "TransferSyntaxUID", NATIVE_SYNTAXES[0]))
    tags = {keyword: value for keyword in SERIES_TAGS if (value := value_of(dataset, keyword)) is not None}
    if "Rows" not in tags or "Columns" not in tags:
        return _without_image(path, dataset)
    frames = frames_of(dataset, tags)
    if AGENT_SEQUENCE in dataset and len(dataset[AGENT_SEQUENCE].value or ()):
        tags.setdefault("ContrastBolusAgent", "stated in a sequence")
    for keyword in TIME_TAGS:
        if (value := value_of(dataset, keyword)) is not None:
            tags[keyword] = value
    size = path.stat().st_size
    return ImageHeader(
        path=path,
        size_bytes=size,
        transfer_syntax=syntax,
        identity=_identity(dataset),
        tags=tags,
        frames=frames,
        time_spans=() if syntax == DEFLATED_SYNTAX else tuple(span for span in spans if span),
        is_truncated=_is_truncated(path, size - pixels_at, syntax, tags),
    )


def _without_image(path: Path, dataset: "Dataset") -> RejectedFile:
    from pydicom.uid import UID

    if "Image Storage" not in UID(str(dataset.SOPClassUID)).name:
        return _rejected(path, "not_an_image", "a DICOM object without an image, such as a report; set aside")
    message = "the file ends within its header; send it again from the archive"
    series = str(value_of(dataset, "SeriesInstanceUID") or "")
    return RejectedFile(path=path, code="file_truncated", message=message, series_uid=series)


def _span(dataset: "Dataset", keyword: str) -> tuple[int, int] | None:
    """Return where in the file a value lies; only known before the value is first used."""
    from pydicom.dataelem import RawDataElement
    from pydicom.tag import Tag

    element = dataset.get_item(Tag(keyword)) if keyword in dataset else None
    if not isinstance(element, RawDataElement) or not element.length:
        return None
    return (int(element.value_tell), int(element.length))


def _identity(dataset: "Dataset") -> Identity:
    values = [str(value_of(dataset, keyword) or "") for keyword in IDENTITY_TAGS]
    days = [str(value_of(dataset, keyword) or "") for keyword in DATE_TAGS]
    patient = values[0] or f"study:{value_of(dataset, 'StudyInstanceUID') or ''}"
    words = {word.casefold() for value in (*values, *days) for word in value.replace("^", " ").split()}
    return Identity(
        patient_id=patient,
        issuer=values[1],
        day=next((day for day in days if len(day) == 8 and day.isdecimal()), ""),
        words=frozenset(word for word in words if len(word) > 1),
    )


def _is_truncated(path: Path, left: int, syntax: str, tags: Mapping[str, TagValue]) -> bool:
    """Return whether the bytes left from the pixels on are fewer than the header says, without reading them."""
    if syntax == DEFLATED_SYNTAX:
        return False
    if syntax in NATIVE_SYNTAXES:
        bits = 1.0
        for keyword, default in _PIXEL_TAGS:
            value = tags.get(keyword, default)
            bits *= float(value) if isinstance(value, int | float) else default
        return left < bits / 8 + (_IMPLICIT_HEAD_BYTES if syntax == NATIVE_SYNTAXES[0] else _EXPLICIT_HEAD_BYTES)
    with path.open("rb") as stream:
        stream.seek(-min(left, _TAIL_BYTES), os.SEEK_END)
        return _END_OF_FRAGMENTS not in stream.read()
