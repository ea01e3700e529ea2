"""Where the files of an ingest come from: a folder, one file, the folder of a DICOMDIR, or a zip archive.

An archive is unpacked under limits into a temporary folder where only numbers are names, so that no name in it can
lead anywhere; what would break a limit is left in it and told.
"""

import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mri.headers import INDEX_NAME, RejectedFile
from mri.parameters import MriParameters
from mri.problems import RefusedError, error
from mri.trouble import TemporaryFullError, is_full

_ENCRYPTED = 0x1
_DICOM_MARK_END = 132
_MODE_SHIFT = 16
_RATIO_MATTERS_BYTES = 10 << 20
"""Below this any ratio is harmless."""
_ZIP = ".zip"
_OTHER_ARCHIVES = (".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst")
_MAGIC: Mapping[bytes, str] = {
    b"PK\x03\x04": _ZIP,
    b"PK\x05\x06": _ZIP,
    b"PK\x07\x08": _ZIP,
    b"\x1f\x8b": ".gz",
    b"7z\xbc\xaf": ".7z",
    b"Rar!": ".rar",
}
"""How archives begin, whatever their name says."""
_COPY_BYTES = 1 << 20
_DRIVE = re.compile(r"[A-Za-z]:")
PLAIN_NAME = re.compile(
    r"(i|im|img|image|mr|dcm|dicom|slice|file|series|ser|se|readme|notes?|index|autorun|report|dicomdir|thumbs|licen[cs]e)"
    r"?[-_ ]?\d{0,5}(\.[a-z]{1,4})?",
    re.IGNORECASE,
)
"""File names that cannot name a patient: a technical word, a short number, an extension."""
_WHY: Mapping[str, str] = {
    "archive_link": "a link in the archive is not followed; pack the file itself",
    "unsafe_path": "its name leads out of the archive, so it was not unpacked; pack the export anew",
    "archive_encrypted": "it is encrypted; unpack the archive with its password and ingest the folder",
    "archive_ratio": "it would unpack to very many times its size, so it was not unpacked; ingest the unpacked folder",
    "archive_unopened": "an archive within the archive is not opened; unpack it and ingest the folder",
    "archive_damaged": "it cannot be unpacked; send the archive again",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Files to be read.

    Attributes
    ----------
    root : Path
        Folder or single file.
    names : Mapping
        Name in the source of each file that does not carry its own.
    refused : tuple of RejectedFile
        Members of an archive that were not unpacked; their paths do not exist.
    """

    root: Path
    names: Mapping[Path, str] = field(default_factory=dict, repr=False)
    refused: tuple[RejectedFile, ...] = ()

    def name_of(self, path: Path) -> str:
        """Return the name of a file within the source, as text that can be written; it may name a patient."""
        own = path.name if path == self.root else path.relative_to(self.root).as_posix()
        return self.names.get(path, own).encode("utf-8", "backslashreplace").decode()


@contextmanager
def opened(path: Path, parameters: MriParameters) -> Iterator[Source]:
    """Give the files of a source; an archive is unpacked for as long.

    Raises
    ------
    RefusedError
        If there is nothing, or an archive is damaged or holds more than it may.
    """
    kind = _kind_of(path)
    if kind == INDEX_NAME:
        yield Source(root=path.parent)
    elif kind == _ZIP:
        _refuse_unreadable(path)
        with tempfile.TemporaryDirectory(prefix="iscm-zip-") as folder:
            yield _unpacked(path, Path(folder), parameters)
    else:
        yield Source(root=path)


def _kind_of(path: Path) -> str:
    """Return whether a source is an index, an archive or anything else (empty)."""
    try:
        if not path.exists():
            raise RefusedError(error("source_missing", "SOURCE", "no such file or folder; check the path"))
        if path.is_file() and path.name.upper() == INDEX_NAME:
            return INDEX_NAME
        return _ZIP if path.is_file() and _is_archive(path) else ""
    except OSError as failure:
        message = f"cannot be opened ({type(failure).__name__}); see to the right to read it"
        raise RefusedError(error("source_unreadable", "SOURCE", message)) from failure


def _is_archive(path: Path) -> bool:
    """Return whether a file is, or was meant to be, an archive; a DICOM file with one hung on its end is none."""
    with path.open("rb") as stream:
        start = stream.read(_DICOM_MARK_END)
    meant = path.suffix.casefold() in (_ZIP, *_OTHER_ARCHIVES) or start.startswith(tuple(_MAGIC))
    return not start.endswith(b"DICM") and (meant or zipfile.is_zipfile(path))


def _refuse_unreadable(path: Path) -> None:
    """Refuse an archive of another kind than zip, and a zip that lacks its table of contents."""
    if zipfile.is_zipfile(path):
        return
    with path.open("rb") as stream:
        start = stream.read(_DICOM_MARK_END)
    kind = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), path.suffix.casefold())
    if kind == _ZIP:
        message = "its table of contents is missing, as where a transfer broke off; send the archive again"
        raise RefusedError(error("archive_damaged", shown(path), message))
    message = "only zip archives are unpacked; unpack this one and ingest the folder"
    raise RefusedError(error("archive_kind", shown(path), message))


def _unpacked(path: Path, folder: Path, parameters: MriParameters) -> Source:
    names: dict[Path, str] = {}
    refused: list[RejectedFile] = []
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _check_size(path, members, folder, parameters)
            for number, member in enumerate(members):
                target = _target(folder, number, member.filename)
                names[target] = member.filename
                code = _refusal(member, parameters) or _unpack(archive, member, target)
                if code:
                    refused.append(RejectedFile(path=target, code=code, message=_WHY[code]))
    except TemporaryFullError:
        raise
    # NotImplementedError: what zipfile raises for a compression it does not know
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError) as failure:
        message = f"the archive cannot be read ({type(failure).__name__}); send it again"
        raise RefusedError(error("archive_damaged", shown(path), message)) from failure
    return Source(root=folder, names=names, refused=tuple(refused))


def _check_size(path: Path, members: list[zipfile.ZipInfo], folder: Path, parameters: MriParameters) -> None:
    total = sum(member.file_size for member in members)
    free = shutil.disk_usage(folder).free
    if len(members) > parameters.zip_most_files:
        message = f"holds {len(members)} files, more than {parameters.zip_most_files}; ingest the unpacked folder"
    elif total > parameters.zip_most_bytes:
        message = "unpacks to more than an archive may; unpack it, look at it and ingest the folder"
    elif total > free:
        message = "the temporary folder has no room to unpack it; free some, or ingest the unpacked folder"
    else:
        return
    raise RefusedError(error("archive_too_large", shown(path), message))


def _target(folder: Path, number: int, name: str) -> Path:
    """Return where a member goes: its folders as a number of their own, so that series stay apart, its name a number.

    The name goes into the path only as digits; an index keeps its own, which is always the same.
    """
    parent = folder / f"{_folder_number(PurePosixPath(name).parent):08x}"
    parent.mkdir(exist_ok=True)
    index = parent / INDEX_NAME
    is_index = PurePosixPath(name).name.upper() == INDEX_NAME and not index.exists()
    return index if is_index else parent / f"{number:06d}"


def _folder_number(parent: PurePosixPath) -> int:
    return zlib.crc32(str(parent).encode("utf-8", "backslashreplace"))


def _refusal(member: zipfile.ZipInfo, parameters: MriParameters) -> str:
    """Return why a member is not unpacked; empty if it may be."""
    name = member.filename.replace("\\", "/")
    mode = member.external_attr >> _MODE_SHIFT
    if stat.S_ISLNK(mode):
        return "archive_link"
    if name.startswith("/") or ".." in name.split("/") or "\0" in member.orig_filename or _DRIVE.match(name):
        return "unsafe_path"
    if member.flag_bits & _ENCRYPTED:
        return "archive_encrypted"
    if name.casefold().endswith(".zip"):
        return "archive_unopened"
    ratio = member.file_size / max(member.compress_size, 1)
    return "archive_ratio" if member.file_size > _RATIO_MATTERS_BYTES and ratio > parameters.zip_most_ratio else ""


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> str:
    """Write one member; never more than its entry says, which was counted before."""
    try:
        with archive.open(member) as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain, _COPY_BYTES)
    # NotImplementedError: a compression that zipfile does not know; RuntimeError: a member with a password
    except (
        zipfile.BadZipFile,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
        EOFError,
        zlib.error,
    ) as failure:
        target.unlink(missing_ok=True)
        if isinstance(failure, OSError) and is_full(failure):
            raise TemporaryFullError from failure
        return "archive_damaged"
    return ""


def shown(path: Path) -> str:
    """Return how messages name a source: an archive by its kind alone, others only where a name can be no patient's."""
    suffix = path.suffix.casefold()
    try:
        if path.is_file() and _is_archive(path):
            return f"the {suffix if suffix in (_ZIP, *_OTHER_ARCHIVES) else _ZIP} archive"
        kind = "folder" if path.is_dir() else "file"
    except OSError:
        kind = "file or folder"
    return path.name if PLAIN_NAME.fullmatch(path.name) else f"the source {kind}"
