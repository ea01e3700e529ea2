"""A disc that is full, read-only or closed to this user: no bug, no damaged data, and mended outside the program.

Such a failure is told with the place and the mend. The names of files are those of the study, which reveal nobody;
what cannot be read in a source is told elsewhere, without its name.
"""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mri.problems import Problem, StoppedError, error

_FULL = (errno.ENOSPC, errno.EDQUOT)
_AGAIN = "and run the same command again"
_WHOLE = "nothing is half-written"
_MENDS = {
    errno.ENOSPC: ("disc_full", f"the disc is full; {_WHOLE}: free some room {_AGAIN}"),
    errno.EDQUOT: ("disc_full", f"your share of the disc is used up; {_WHOLE}: free some room {_AGAIN}"),
    errno.EROFS: ("disc_read_only", f"the disc cannot be written; {_WHOLE}: name a folder on another {_AGAIN}"),
    errno.EACCES: ("not_permitted", f"you lack the right to it; {_WHOLE}: see to the rights of its folder {_AGAIN}"),
    errno.EPERM: ("not_permitted", f"the system does not let you; {_WHOLE}: see to the rights of its folder {_AGAIN}"),
}
_TEMPORARY = f"has no room, the data are not at fault; free some, or set TMPDIR to a folder on a larger disc, {_AGAIN}"
_PART = ".part-"
_PROBE_BYTES = 1 << 20
"""Written to see whether a disc takes any more: the share of a user may be smaller than what the disc has free."""


class TemporaryFullError(OSError):
    """The folder for temporary files has no room left."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "the temporary folder is full")


def is_full(failure: OSError) -> bool:
    """Return whether a failure is for want of room."""
    return failure.errno in _FULL


def has_room(folder: Path, need_bytes: float) -> bool:
    """Return whether a folder takes as many bytes more."""
    probe = folder / f"{_PART}probe"
    try:
        if shutil.disk_usage(folder).free < need_bytes:
            return False
        probe.write_bytes(bytes(_PROBE_BYTES))
    except OSError as failure:
        return not is_full(failure)
    finally:
        probe.unlink(missing_ok=True)
    return True


def trouble_of(failure: BaseException) -> Problem | None:
    """Return what is wrong with the disc, and the mend; None for any other failure."""
    if isinstance(failure, TemporaryFullError):
        return error("temporary_full", "the temporary folder", _TEMPORARY)
    if not isinstance(failure, OSError) or failure.errno not in _MENDS:
        return None
    code, message = _MENDS[failure.errno]
    return error(code, _place(failure), message)


@contextmanager
def on_the_way() -> Iterator[None]:
    """Mark what is done within as begun: trouble with the disc then ends with a part done.

    Raises
    ------
    StoppedError
        In place of such a failure.
    """
    try:
        yield
    except OSError as failure:
        trouble = trouble_of(failure)
        if trouble is None:
            raise
        raise StoppedError(trouble) from failure


def _place(failure: OSError) -> str:
    named = failure.filename2 or failure.filename
    if not isinstance(named, str):
        return "a disc"
    path = Path(named)
    return path.parent.name if path.name.startswith(_PART) else path.name
