"""Every file of a source to its header, over several processes where there are many; nothing is followed or run."""

import multiprocessing
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from mri.headers import ImageHeader, Progress, RejectedFile, read_header, unreadable

FEWEST_FOR_PROCESSES = 1000
"""Below this a scan takes less than a second, and a second process gains less than a person notices."""
_MOST_PROCESSES = 8
_BATCH = 64
_CLOSED = "the folder cannot be opened, so nothing in it was received; see to the right to read it, and ingest again"

Found = ImageHeader | RejectedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Everything that was found in a source."""

    headers: tuple[ImageHeader, ...]
    rejected: tuple[RejectedFile, ...]


def scan(source: Path, progress: Progress | None = None, *, processes: int | None = None) -> Scan:
    """Read the headers of every file in a folder (or of one file), in the order of their paths.

    Parameters
    ----------
    source : Path
    progress : callable, optional
        Told (``"headers"``, done, total).
    processes : int, optional
        How many to use; chosen by the number of files and cores unless given.
    """
    closed: list[Path] = []
    paths = list(_files(source, closed))
    headers: list[ImageHeader] = []
    rejected = [RejectedFile(path=path, code="folder_unreadable", message=_CLOSED) for path in sorted(closed)]
    for done, found in enumerate(_read_all(paths, processes or _processes(len(paths))), start=1):
        (headers if isinstance(found, ImageHeader) else rejected).append(found)  # type: ignore[arg-type]
        if progress is not None:
            progress("headers", done, len(paths))
    return Scan(headers=tuple(headers), rejected=tuple(rejected))


def _files(source: Path, closed: list[Path]) -> Iterator[Path]:
    """Yield every file and link; folders that cannot be listed, which stand for all that is in them, go into a list."""
    if not source.is_dir():
        yield source
        return
    for folder, folders, names in os.walk(source, onerror=lambda failure: closed.append(Path(failure.filename))):
        folders.sort()
        # Path.is_symlink raises in a folder that may be listed and not entered
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]  # noqa: PTH114, PTH118
        for name in sorted((*names, *links)):
            yield Path(folder, name)


def _processes(files: int) -> int:
    if files < FEWEST_FOR_PROCESSES or sys.platform != "linux":
        return 1
    return min(_MOST_PROCESSES, len(os.sched_getaffinity(0)))


def _read_all(paths: Sequence[Path], processes: int) -> Iterator[Found]:
    done = 0
    if processes > 1:
        try:
            for found in _read_in_processes(paths, processes):
                yield found
                done += 1
            return
        except BrokenProcessPool:
            # a process that was killed, perhaps for want of memory, costs time and no file
            pass
    for path in paths[done:]:
        yield _read_one(path)


def _read_in_processes(paths: Sequence[Path], processes: int) -> Iterator[Found]:
    """Read in forked processes, which start in milliseconds and take nothing from this one but the paths."""
    batches = _batches(paths)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("fork")) as pool:
            for found in pool.map(_read_batch, batches):
                yield from found


def _batches(paths: Iterable[Path]) -> Iterator[list[Path]]:
    left = iter(paths)
    while batch := list(islice(left, _BATCH)):
        yield batch


def _read_batch(paths: Iterable[Path]) -> list[Found]:
    return [_read_one(path) for path in paths]


def _read_one(path: Path) -> Found:
    try:
        return _read_known(path)
    except OSError as failure:
        # where not even its kind may be known, as in a folder that may be listed and not entered
        return RejectedFile(path=path, code="file_unreadable", message=unreadable(failure))


def _read_known(path: Path) -> Found:
    if path.is_symlink():
        message = "a link is not followed; name the folder that holds the file itself"
        return RejectedFile(path=path, code="link", message=message)
    if not path.is_file():
        return RejectedFile(path=path, code="no_plain_file", message="no plain file, so it was not opened")
    return read_header(path)
