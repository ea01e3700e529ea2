"""How far a read is: when it began, how long it took, what it started from; kept apart from the findings.

The page reports its activity every few seconds. In findings.json that would make every open form stale.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

from mri.bids import write_json
from mri.problems import RefusedError
from mri.study import StudyId
from reader.places import Places
from segmentation.disc_files import read_json

FORMAT = 1
StartedFrom = Literal["empty", "auto"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of one reader in one session.

    Attributes
    ----------
    read_number : int
        1; one more each time a signed read was unlocked.
    started : str or None
        ISO time of the first thing done.
    active_seconds : float
        Time at work.
    started_from : {'empty', 'auto'} or None
        Whether any mark was taken over from the proposals.
    saw_others : bool
        Whether another reader's marks were looked at, which is possible after signing only.
    accepted, rejected : tuple of str
        Candidates that the reader took over or refused, as ``region:series name:label``.
    numbers : mapping of int to int
        Number of a proposed lesion to the number it has among the reader's.
    """

    read_number: int = 1
    started: str | None = None
    active_seconds: float = 0.0
    started_from: StartedFrom | None = None
    saw_others: bool = False
    accepted: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    numbers: Mapping[int, int] = field(default_factory=dict)


def now() -> str:
    """Return the time as it stands in files."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def load_progress(places: Places, study: StudyId) -> Progress:
    """Return the progress of a session; that of an untouched one where the file is missing or cannot be read."""
    path = places.progress(study)
    if not path.is_file():
        return Progress()
    try:
        content = read_json(path)
        return _parsed(content)
    except (RefusedError, TypeError, ValueError, AttributeError):
        # it counts minutes; a read is not to be lost over it
        return Progress()


def save_progress(places: Places, study: StudyId, progress: Progress) -> None:
    """Write the progress of a session, whole or not at all."""
    write_json(places.progress(study), {"format": FORMAT, **asdict(progress)})


def begun(progress: Progress, started_from: StartedFrom | None = None) -> Progress:
    """Return the progress after something was done; once anything was taken from the proposals, that stays said."""
    known = progress.started_from
    source = "auto" if "auto" in (known, started_from) else started_from or known
    return replace(progress, started=progress.started or now(), started_from=source)


def _parsed(content: Mapping[str, Any]) -> Progress:
    source = content.get("started_from")
    return Progress(
        read_number=int(content.get("read_number", 1)),
        started=None if content.get("started") is None else str(content["started"]),
        active_seconds=float(content.get("active_seconds", 0.0)),
        started_from=source if source in ("empty", "auto") else None,
        saw_others=content.get("saw_others") is True,
        accepted=_names(content.get("accepted", ())),
        rejected=_names(content.get("rejected", ())),
        numbers={int(label): int(number) for label, number in dict(content.get("numbers", {})).items()},
    )


def _names(raw: Iterable[object]) -> tuple[str, ...]:
    names = (str(name) for name in raw)
    return tuple(name for name in names if name.count(":") == 2 and name.rpartition(":")[2].isdigit())
