"""Which sessions two readers have signed: of those a consensus can be read."""

from mri.study import StudyId
from reader.room import Room
from segmentation.annotation import AUTO, CONSENSUS
from segmentation.store import authors

READERS = 2
"""A consensus needs two readings to settle."""


def signed_readers(room: Room, study: StudyId) -> tuple[str, ...]:
    """Return who else has signed a session: persons, neither the program nor a consensus."""
    names = (name for name in authors(room.folder, study) if name not in (AUTO, CONSENSUS, room.reader))
    return tuple(name for name in names if _has_signed(room, study, name))


def may_settle(room: Room, study: StudyId) -> bool:
    """Return whether enough readers have signed a session for a consensus."""
    return len(signed_readers(room, study)) >= READERS


def _has_signed(room: Room, study: StudyId, name: str) -> bool:
    found = room.findings(study, name, [])
    return found is not None and found.signed
