"""One command at a time writes to a study; the others wait, and then say who holds it."""

import getpass
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from mri.bids import StudyFolder, write_text
from mri.problems import RefusedError, error

WAIT_S = 30.0
"""How long a second command waits: longer than one save, shorter than a person's patience."""


@contextmanager
def locked(folder: StudyFolder, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the study for writing.

    Raises
    ------
    RefusedError
        If another command holds it for longer than ``wait_s``; the message names its owner.
    """
    is_new = not folder.root.exists()
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        mend = f"the folder cannot be made ({failure.strerror}); name another for the study"
        raise RefusedError(error("study_not_writable", folder.root.name, mend)) from failure
    owner = folder.lock.with_name(folder.lock.name + ".owner")
    lock = FileLock(folder.lock, timeout=wait_s)
    try:
        lock.acquire()
    except Timeout as held:
        who = owner.read_text(encoding="utf-8").strip() if owner.is_file() else "an unknown command"
        raise RefusedError(
            error("study_locked", folder.root.name, f"{who} is writing to it; try again later")
        ) from held
    try:
        write_text(owner, f"user {getpass.getuser()}, process {os.getpid()} on {platform.node()}\n")
        yield
    finally:
        owner.unlink(missing_ok=True)
        if not folder.exists():
            _leave_nothing(folder, is_new=is_new)
        lock.release()


def _leave_nothing(folder: StudyFolder, *, is_new: bool) -> None:
    """Leave neither the lock nor an empty folder where a command was refused before there was a study."""
    folder.lock.unlink(missing_ok=True)
    if is_new and not any(folder.root.iterdir()):
        folder.root.rmdir()
