"""Files that are no part of a series, and the private list of where everything came from."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mri.account import Entry, Status
from mri.bids import read_table
from mri.deidentify import token
from mri.headers import ImageHeader, RejectedFile
from mri.judge import Work
from mri.people import write_private_table
from mri.problems import Problem, error, note
from mri.scanning import Scan
from mri.sources import PLAIN_NAME, Source

_COLUMNS = ("source", "item", "status", "reason", "description")
_HARMLESS = ("not_dicom", "dicomdir", "not_an_image", "file_twice", "link", "no_plain_file", "archive_link")
_MOST_NAMED = 5
"""Items of one fault that a message names."""
_HASHED_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """A file that belongs to no series, its row in the account and what is told of it."""

    path: Path
    entry: Entry
    problem: Problem


def received_files(source: Source, received: Scan, copies: Iterable[ImageHeader], key: bytes) -> list[ReceivedFile]:
    """Account for every file that is no image, cannot be read, or came twice."""
    words = frozenset(word for header in received.headers for word in header.identity.words)
    twice = [
        RejectedFile(path=header.path, code="file_twice", message="the same file was received twice; one is used")
        for header in copies
    ]
    seen: dict[str, int] = {}
    return [_file(source, file, key, words, seen) for file in (*received.rejected, *twice)]


def nothing_usable(source: Source, rejected: Sequence[RejectedFile], name: str) -> list[Problem]:
    """Return why a source holds no image at all: how many files are what, and each fault with the items that have it.

    Items are told by their number, in an archive by their place in it, as their names may be a patient's.
    """
    kinds: dict[str, list[RejectedFile]] = {}
    for file in rejected:
        kinds.setdefault(file.code, []).append(file)
    counts = ", ".join(f"{len(files)} {code}" for code, files in sorted(kinds.items()))
    among = f"no DICOM image among {len(rejected)} files ({counts})" if rejected else "no file at all"
    message = f"{among}; name the folder that holds the export"
    order = list(source.names) or [file.path for file in rejected]
    number = {path: place for place, path in enumerate(order, start=1)}
    told = [error("no_dicom", name, message)]
    for code, files in sorted(kinds.items()):
        if code not in _HARMLESS or code == "archive_link":
            items = ", ".join(str(number[file.path]) for file in files[:_MOST_NAMED])
            more = f" and {len(files) - _MOST_NAMED} more" if len(files) > _MOST_NAMED else ""
            told.append(error(code, f"{name}, item {items}{more}", files[0].message))
    return told


def write_received(
    path: Path, source: Source, works: Sequence[Work], done: Iterable[Entry], files: Sequence[ReceivedFile]
) -> None:
    """Write where each row of the account came from; this list stays beside the study, for its owner alone."""
    final = {entry.item: entry for entry in done}
    rows = {(row["source"], row["item"]): tuple(row.get(column, "") for column in _COLUMNS) for row in _read(path)}
    came = {source.name_of(header.path) for work in works for header in work.stack.headers}
    came |= {source.name_of(file.path) for file in files}
    rows = {place: row for place, row in rows.items() if place[0] not in came}
    for work in works:
        entry, description = final[work.entry.item], work.stack.first.text("SeriesDescription")
        for header in work.stack.headers:
            name = source.name_of(header.path)
            # one file may hold several volumes
            rows[name, entry.item] = (name, entry.item, entry.status, entry.reason, description)
    for file in files:
        name = source.name_of(file.path)
        rows[name, file.entry.item] = (name, file.entry.item, file.entry.status, file.entry.reason, "")
    write_private_table(path, _COLUMNS, (rows[place] for place in sorted(rows)))


def _file(source: Source, file: RejectedFile, key: bytes, words: frozenset[str], seen: dict[str, int]) -> ReceivedFile:
    status = Status.SET_ASIDE if file.code in _HARMLESS else Status.QUARANTINED
    name = PurePosixPath(source.name_of(file.path))
    where = _shown(name, key, words)
    # files of equal name and content, such as empty ones in several folders, are told apart by their order
    same = f"{_content(file.path, name)}|{name.name}"
    number = seen[same] = seen.get(same, 0) + 1
    item = token(key, "file", same, *([str(number)] if number > 1 else []))
    entry = Entry(item=item, kind="file", status=status, reason=file.code, mend=file.message)
    make = error if status is Status.QUARANTINED else note
    message = f"{file.message} (row {item} of series.csv; its path is in received.csv of the private folder)"
    return ReceivedFile(path=file.path, entry=entry, problem=make(file.code, where, message))


def _shown(path: PurePosixPath, key: bytes, words: frozenset[str]) -> str:
    """Return the name of a file if it can name nobody, else a token of it."""
    name = path.name
    plain = PLAIN_NAME.fullmatch(name) and not any(word in name.casefold() for word in words)
    return name if plain else f"file {token(key, 'name', name)}{path.suffix if path.suffix.isalpha() else ''}"


def _content(path: Path, name: PurePosixPath) -> str:
    """Return a digest of size and first bytes, which tells a file wherever it lies; links and devices stay closed."""
    try:
        if path.is_symlink() or not path.is_file():
            return f"unopened:{name}"
        with path.open("rb") as stream:
            start = stream.read(_HASHED_BYTES)
        return f"{path.stat().st_size}:{hashlib.sha256(start).hexdigest()}"
    except OSError:
        return f"unreadable:{name.name}"


def _read(path: Path) -> list[dict[str, str]]:
    return read_table(path) if path.is_file() else []
