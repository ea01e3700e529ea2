"""Saving one file of a read: only over the version that the page had seen, logged first, whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path

from filelock import FileLock, Timeout

from mri.bids import write_bytes
from mri.study import StudyId
from reader.audit import AuditLog
from reader.failures import RequestError, refuse, written
from reader.places import Places

NONE = "none"
"""Etag of what does not exist yet."""
_ETAG_DIGITS = 32
_POLL_S = 0.01


def etag_of(content: bytes | None) -> str:
    """Return the etag of a file's content."""
    return NONE if content is None else sha256(content).hexdigest()[:_ETAG_DIGITS]


def content_of(path: Path) -> bytes | None:
    """Return what a file holds, or None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


class Shelf:
    """The files of one reader.

    Parameters
    ----------
    places : Places
    log : AuditLog
    lock_wait_s : float
    """

    def __init__(self, places: Places, log: AuditLog, lock_wait_s: float) -> None:
        self._places, self._log, self._lock_wait_s = places, log, lock_wait_s

    @contextmanager
    def alone(self, study: StudyId) -> Iterator[None]:
        """Hold a session's read, against other threads and other processes.

        Raises
        ------
        RequestError
            503 if another one holds it for longer than a save takes.
        """
        path = self._places.lock(study)
        with written():
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path, timeout=self._lock_wait_s, poll_interval=_POLL_S)
        try:
            with written():
                lock.acquire()
        except Timeout as held:
            message = "another process is saving this session; try again"
            raise refuse(HTTPStatus.SERVICE_UNAVAILABLE, "session_busy", study, message) from held
        try:
            yield
        finally:
            lock.release()

    def save(self, study: StudyId, path: Path, content: bytes, if_match: str | None, **details: object) -> str:
        """Replace a file while `alone`, and return its new etag.

        Parameters
        ----------
        if_match : str or None
            Etag of the version that the page had seen, ``none`` for a new file.
        details
            What else the audit log is to say.

        Raises
        ------
        RequestError
            428 without an etag; 412 where the file is another one by now, then what was sent is kept aside; 507.
        """
        current = etag_of(content_of(path))
        self.check(study, path, content, current, if_match)
        if etag_of(content) == current:
            return current
        return self.put(study, path, content, before=current, **details)

    def check(self, study: StudyId, path: Path, content: bytes, current: str, if_match: str | None) -> None:
        """Refuse to save over a version that the page had not seen; keep what was sent."""
        if if_match is None:
            message = "say which version this replaces: If-Match with its etag, or none for a new one"
            raise refuse(HTTPStatus.PRECONDITION_REQUIRED, "if_match_missing", path.name, message)
        seen = if_match.strip().removeprefix("W/").strip('"')
        if seen != current and etag_of(content) != current:
            raise self._conflict(study, path, content, current, seen)

    def put(self, study: StudyId, path: Path, content: bytes, before: str, **details: object) -> str:
        """Write a file after its line in the log, and return its etag."""
        after = etag_of(content)
        with written():
            self._log.append("save", str(study), file=path.name, before=before, after=after, **details)
            write_bytes(path, content)
            _settle(path.parent)
        return after

    def _conflict(self, study: StudyId, path: Path, content: bytes, current: str, seen: str) -> RequestError:
        kept = self._keep(path, content)
        there = content_of(path)
        if there is not None:
            # the page may go on with what it sent: what it then replaces is kept too
            self._keep(path, there)
        with written():
            self._log.append("conflict", str(study), file=path.name, current=current, seen=seen, kept=kept.name)
        message = f"another tab or program saved it meanwhile; what you sent is kept as {kept.name}"
        return refuse(HTTPStatus.PRECONDITION_FAILED, "version_stale", path.name, message, etag=current, kept=kept.name)

    def _keep(self, path: Path, content: bytes) -> Path:
        """Write a refused version beside the others; the same content twice is kept once."""
        stem, dot, ending = path.name.partition(".")
        number = 1
        while True:
            place = self._places.conflicts / f"{stem}_conflict-{number}{dot}{ending}"
            there = content_of(place)
            if there is None:
                break
            if there == content:
                return place
            number += 1
        with written():
            write_bytes(place, content)
        return place


def _settle(folder: Path) -> None:
    """Have the folder itself written: a renamed file is safe from a power failure only then."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
