"""The audit log: one JSON line for each thing a reader did, each holding the hash of the line before it.

Lines are only ever appended. A change is logged before it is made, so that whatever stands on the disk has its line
even if the machine fails in between; the hashes show whether a line was altered or taken out later.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

FIRST = "0" * 64
"""What stands for the line before the first."""
_TAIL_BYTES = 1 << 16
_POLL_S = 0.01


class AuditLog:
    """The log of one reader in one study.

    Parameters
    ----------
    path : Path
    wait_s : float
        How long a line waits for another process to write its own.
    """

    def __init__(self, path: Path, wait_s: float = 10.0) -> None:
        self._path, self._wait_s = path, wait_s

    def append(self, event: str, study: str = "", **details: object) -> None:
        """Write one line, on the disk when this returns.

        Raises
        ------
        OSError
            If it cannot be written; then nothing of it is.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{self._path}.lock", timeout=self._wait_s, poll_interval=_POLL_S)
        with lock:
            handle = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                last, is_torn = _last_line(handle)
                record: dict[str, object] = {
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "event": event,
                    "study": study,
                }
                record |= {"prev": _digest(last), **details}
                line = json.dumps(record, sort_keys=True, default=str).encode() + b"\n"
                _write(handle, b"\n" + line if is_torn else line)
            finally:
                os.close(handle)

    def lines(self, study: str | None = None) -> Iterator[dict[str, object]]:
        """Yield the lines of one session, or all; a line that was cut off by a failure is left out."""
        if not self._path.is_file():
            return
        for raw in self._path.read_bytes().splitlines():
            try:
                record = json.loads(raw)
            except ValueError:
                continue
            if isinstance(record, dict) and study in (None, record.get("study")):
                yield record


def broken_lines(path: Path) -> list[int]:
    """Return the numbers, from 1, of the lines whose hash does not fit the line before: none in a whole log."""
    broken = []
    last = None
    for number, raw in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            record = json.loads(raw)
            fits = isinstance(record, dict) and record.get("prev") == _digest(last)
        except ValueError:
            fits = True  # cut off by a failure of the machine: the next line holds its hash
        if not fits:
            broken.append(number)
        last = raw
    return broken


def _digest(line: bytes | None) -> str:
    return FIRST if line is None else sha256(line).hexdigest()


def _last_line(handle: int) -> tuple[bytes | None, bool]:
    """Return the last line without its end, and whether it was cut off before its end."""
    size = os.fstat(handle).st_size
    if size == 0:
        return None, False
    reach = _TAIL_BYTES
    while True:
        start = max(size - reach, 0)
        tail = os.pread(handle, size - start, start)
        body = tail.removesuffix(b"\n")
        if start == 0 or b"\n" in body:
            return body.rpartition(b"\n")[2], not tail.endswith(b"\n")
        reach *= 2


def _write(handle: int, line: bytes) -> None:
    before = os.fstat(handle).st_size
    try:
        written = os.write(handle, line)
        if written < len(line):
            raise OSError(28, "No space left on device")
        os.fsync(handle)
    except OSError:
        os.ftruncate(handle, before)
        raise
