"""What an archive is asked for, where what arrives is kept, and where an archive is: nothing of the network itself."""

import hashlib
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, parse_qsl, urlsplit

from mri.problems import Problem, RefusedError, error
from pipeline.parameters import PacsParameters

SCHEMES = ("dimse", "https", "http")
UNREACHABLE, REFUSED = "pacs_unreachable", "pacs_refused"
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_UID = re.compile(r"[0-9.]{1,64}")
_AE_TITLE = re.compile(r"[ -\[\]-~]{1,16}")
_STUDIES = re.compile(r"^(?P<base>.*?)(?:/studies/(?P<study>[^/]+))?/?$")
_QUERY = {"study", "patient"}
_PRIVATE_FOLDER = 0o700
_PRIVATE_FILE = 0o600
_NAME_CHARACTERS = 32
MR_MODALITIES = ("MR", "")
"""Series of other kinds are not asked for: they have no use here, and what is not fetched cannot leak."""

Arrived = Callable[[str], None]
"""Told after each series that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where an archive is and what is wanted of it.

    Attributes
    ----------
    scheme : str
        ``dimse``, ``https`` or ``http``.
    host : str
    port : int
        0 where the scheme's own is meant.
    ae_title : str
        Called application entity; empty for the web.
    path : str
        Path of a DICOMweb service, without ``/studies``.
    study, patient : str
        StudyInstanceUID and PatientID to ask for; empty: any.
    """

    scheme: str
    host: str
    port: int = 0
    ae_title: str = ""
    path: str = ""
    study: str = ""
    patient: str = ""

    def __str__(self) -> str:
        """Return the address of the archive without what is asked of it: that may name a patient."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{self.ae_title + '@' if self.ae_title else ''}{host}{port}{self.path}"

    __repr__ = __str__


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteImage:
    """One image that an archive has; never shown."""

    study: str
    series: str
    uid: str

    def __repr__(self) -> str:
        return "RemoteImage()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What an archive has of what was asked: images, and how many series of other kinds it was not asked for."""

    images: tuple[RemoteImage, ...]
    other_series: int = 0


class Archive(Protocol):
    """What can be asked and fetched from; both kinds of network do it."""

    def find(self) -> Listing:
        """Return every image that was asked for; RefusedError if the archive does not answer."""

    def fetch(self, wanted: Sequence[RemoteImage], incoming: "Incoming", arrived: Arrived) -> None:
        """Keep what arrives; `BrokenTransferError` where the connection breaks."""


class BrokenTransferError(Exception):
    """The connection broke, or the archive said by a status, told in the text, that it failed."""


def is_remote(source: object) -> bool:
    """Return whether a SOURCE names an archive on the network."""
    return str(source).partition("://")[0].lower() in SCHEMES and "://" in str(source)


def is_address(source: object) -> bool:
    """Return whether a SOURCE is written as an address, of whatever kind."""
    return _ADDRESS.match(str(source)) is not None


def shown_source(source: object) -> str:
    """Return what may be shown of a SOURCE: of an archive its address, not what is asked of it."""
    return str(parse_source(str(source))) if is_remote(source) else str(source)


def parse_source(text: str) -> Source:
    """Return the archive that an address names: ``dimse://AET@host:port`` or ``https://…/dicom-web``.

    Raises
    ------
    RefusedError
        With the form that is right; what was written is not repeated, as it may name a patient.
    """
    if not is_remote(text):
        raise RefusedError(error("source_kind", "SOURCE", _KINDS))
    try:
        parts = urlsplit(text)
        port = parts.port or 0
    except ValueError:
        raise _unclear("a port is a number up to 65535") from None
    if parts.password is not None or (parts.scheme != "dimse" and parts.username is not None):
        raise _unclear("no user or password stands in an address; set ISCM_PACS_USER and ISCM_PACS_PASSWORD")
    if not parts.hostname:
        raise _unclear("the host is missing")
    asked = _asked(parts)
    if parts.scheme == "dimse":
        return _dimse_source(parts, port, asked)
    place = _STUDIES.match(parts.path)
    study = asked.get("study") or (place["study"] if place else None) or ""
    path = place["base"] if place else ""
    return _with_study(
        Source(scheme=parts.scheme, host=parts.hostname, port=port, path=path, patient=asked.get("patient", "")), study
    )


class Incoming:
    """A private folder of received images, each whole; it outlives a broken transfer and nothing else.

    Parameters
    ----------
    folder : Path
        Made with mode 0700.
    limits : PacsParameters
    """

    def __init__(self, folder: Path, limits: PacsParameters) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
        for place in (folder.parent.parent, folder.parent, folder):
            place.chmod(_PRIVATE_FOLDER)
        self.folder, self._limits = folder, limits
        self._wanted: dict[str, RemoteImage] = {}
        self._bytes = 0
        self.refusal: Problem | None = None

    def expect(self, images: Iterable[RemoteImage]) -> None:
        """Take only these from now on; what lies here and is not of them, such as a file cut short, goes."""
        self._wanted = {image.uid: image for image in images}
        places = {self._path(image) for image in self._wanted.values()}
        for path in self.folder.rglob("*"):
            if path.is_file() and path not in places:
                path.unlink()
        self._bytes = sum(path.stat().st_size for path in places if path.is_file())

    def missing(self) -> list[RemoteImage]:
        """Return what has not arrived."""
        return [image for image in self._wanted.values() if not self._path(image).is_file()]

    def keep(self, uid: str, content: bytes) -> bool:
        """Keep an image that was asked for, whole or not at all; False, with `refusal` set, where that cannot be."""
        image = self._wanted.get(uid)
        if image is None:
            return False
        if len(content) > self._limits.max_image_bytes or self._bytes + len(content) > self._limits.max_total_bytes:
            self.refusal = error("pacs_too_large", "archive", _TOO_LARGE)
            return False
        try:
            _write(self._path(image), content)
        except OSError as failure:
            message = f"what arrives cannot be written ({failure.strerror}); make room, then give the command again"
            self.refusal = error("pacs_not_written", "archive", message)
            return False
        self._bytes += len(content)
        return True

    def withhold(self, images: Iterable[RemoteImage]) -> int:
        """Remove every series that lacks one of these images, and return how many series that were."""
        places = {self._path(image).parent for image in images}
        for place in places:
            shutil.rmtree(place, ignore_errors=True)
        return len(places)

    def is_empty(self) -> bool:
        """Return whether no image is here."""
        return next(self.folder.rglob("*.dcm"), None) is None

    def remove(self) -> None:
        """Remove all that was received."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.parent.is_dir() and not any(self.folder.parent.iterdir()):
            self.folder.parent.rmdir()

    def _path(self, image: RemoteImage) -> Path:
        # names of ours only: what an archive sends could lead out of the folder, or name a patient
        return self.folder / _name(image.study, image.series) / f"{_name(image.uid)}.dcm"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(exist_ok=True, mode=_PRIVATE_FOLDER)
    part = path.with_name(f".part-{secrets.token_hex(4)}")
    part.touch(_PRIVATE_FILE)
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def incoming_name(source: Source) -> str:
    """Return the folder name of a query: the same for the same archive and the same question."""
    return _name(str(source), source.study, source.patient)


def checked_uid(value: object, where: Source) -> str:
    """Return a UID as an archive told it.

    Raises
    ------
    RefusedError
        If it is none.
    """
    text = str(value or "").strip("\0 ")
    if not _UID.fullmatch(text):
        raise RefusedError(
            error("pacs_answer", where, "the archive's answer holds no valid UID; ask its administrator")
        )
    return text


def checked_count(count: int, limit: int, what: str, setting: str, where: Source) -> None:
    """Refuse more answers than are allowed.

    Raises
    ------
    RefusedError
    """
    if count > limit:
        message = f"the query means more than {limit} {what}; name a study or a patient, or raise {setting} in [pacs]"
        raise RefusedError(error("pacs_too_many", where, message))


_KINDS = (
    "no address of this kind can be read; SOURCE is a folder, a .zip, a DICOMDIR, one DICOM file, "
    "dimse://AETITLE@host:port or https://host/dicom-web; copy the files to a folder and name that"
)
_TOO_LARGE = (
    "the images are larger than allowed; name a study or a patient, or raise max_image_bytes or max_total_bytes "
    "in [pacs]"
)


def _dimse_source(parts: SplitResult, port: int, asked: dict[str, str]) -> Source:
    title = (parts.username or "").strip()
    if not port or not _AE_TITLE.fullmatch(title) or parts.path not in ("", "/"):
        raise _unclear("a PACS is named dimse://AETITLE@host:port, the title having up to 16 characters")
    source = Source(
        scheme="dimse", host=str(parts.hostname), port=port, ae_title=title, patient=asked.get("patient", "")
    )
    return _with_study(source, asked.get("study", ""))


def _asked(parts: SplitResult) -> dict[str, str]:
    asked = dict(parse_qsl(parts.query))
    if set(asked) - _QUERY or (parts.query and not asked):
        raise _unclear("only study=UID and patient=ID can be asked for")
    if any(character in asked.get("patient", "") for character in "*?\\"):
        raise _unclear("a patient is one id, without wildcards")
    return asked


def _with_study(source: Source, study: str) -> Source:
    if study and not _UID.fullmatch(study):
        raise _unclear("a study is named by its UID, figures and dots")
    return replace(source, study=study)


def _unclear(message: str) -> RefusedError:
    form = "write dimse://AETITLE@host:port[?study=UID&patient=ID] or https://host/dicom-web[/studies/UID]"
    return RefusedError(error("source_address", "SOURCE", f"{message}; {form}"))


def _name(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:_NAME_CHARACTERS]
