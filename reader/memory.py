"""What was read or computed, kept in memory up to a limit: the least recently used goes first."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock
from typing import TypeVar, cast

T = TypeVar("T")


class Memory:
    """Values by key, with their sizes in bytes; safe to be used by several threads.

    Parameters
    ----------
    limit_bytes : int
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
        self._used_bytes = 0
        self._lock = Lock()

    @property
    def used_bytes(self) -> int:
        """How much is kept."""
        return self._used_bytes

    def get(self, key: Hashable, make: Callable[[], T], size_of: Callable[[T], int]) -> T:
        """Return the value of a key; it is made where it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return cast(T, self._kept[key][0])
        # made outside the lock, so that one slow image does not hold up the others
        value = make()
        self.put(key, value, size_of(value))
        return value

    def put(self, key: Hashable, value: object, size_bytes: int) -> None:
        """Keep a value, and forget the least recently used ones where that is too much."""
        with self._lock:
            _, old = self._kept.pop(key, (None, 0))
            self._kept[key] = (value, size_bytes)
            self._used_bytes += size_bytes - old
            while self._used_bytes > self._limit_bytes and len(self._kept) > 1:
                _, (_, freed) = self._kept.popitem(last=False)
                self._used_bytes -= freed


Stamp = tuple[int, int, int]
"""Of a file: it changes whenever the file is written or replaced."""


def stamp(path: Path) -> Stamp | None:
    """Return the stamp of a file, or None where there is none."""
    try:
        known = path.stat()
    except FileNotFoundError:
        return None
    return known.st_ino, known.st_mtime_ns, known.st_size
