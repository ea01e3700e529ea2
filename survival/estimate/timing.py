"""What is known only after day 0: as a covariate that changes, or from a landmark on."""

from collections.abc import Sequence
from dataclasses import dataclass

from survival.estimate.checked import Floats, checked
from survival.estimate.cox import CoxFit, Ties, cox_regression


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """The patients still observed at a landmark day, their time from it, and who was exposed by then.

    Attributes
    ----------
    kept : positions of those patients in the input
    time_days : from the landmark
    """

    kept: tuple[int, ...]
    time_days: tuple[float, ...]
    event: tuple[int, ...]
    exposed: tuple[bool, ...]


def time_varying_cox(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    exposed_from_days: Sequence[float | None],
    *,
    ties: Ties = "breslow",
    confidence: float = 0.95,
) -> CoxFit | None:
    """Return the hazard ratio of being exposed, each patient unexposed until that day and exposed after it.

    Parameters
    ----------
    exposed_from_days : (n,) day of the exposure, None if it never came; on day 0 or before: exposed throughout
    """
    pieces = split_at_exposure(time_days, event, exposed_from_days)
    columns = [[getattr(piece, name) for piece in pieces] for name in ("start", "stop", "event", "exposed")]
    return cox_regression(columns[1], columns[2], columns[3], ties=ties, confidence=confidence, entry_days=columns[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one patient's time, unexposed (0.0) or exposed (1.0); `row` is the patient's position."""

    row: int
    start: float
    stop: float
    event: int
    exposed: float


def split_at_exposure(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    exposed_from_days: Sequence[float | None],
    entry_days: Sequence[float] | None = None,
) -> tuple[Piece, ...]:
    """Return each patient's time cut at the day of the exposure.

    A stretch that ends on the day it begins is at risk on no day, and R refuses it: it is left out.
    """
    time, died = checked(time_days, event)
    entries = [0.0] * len(time) if entry_days is None else list(entry_days)
    out = []
    for row, (end, death, day, entry) in enumerate(
        zip(time.tolist(), died.tolist(), exposed_from_days, entries, strict=True)
    ):
        change = end if day is None else min(max(day, entry), end)
        before = Piece(row=row, start=entry, stop=change, event=int(death) if change == end else 0, exposed=0.0)
        after = Piece(row=row, start=change, stop=end, event=int(death), exposed=1.0)
        out += [piece for piece in (before, after) if piece.stop > piece.start]
    return tuple(out)


def landmark(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    exposed_from_days: Sequence[float | None],
    landmark_days: float,
) -> Landmark:
    """Return those who are still observed after the landmark, grouped by what had happened by then."""
    time, died = checked(time_days, event)
    kept = [i for i, end in enumerate(time.tolist()) if end > landmark_days]
    days = list(exposed_from_days)
    return Landmark(
        kept=tuple(kept),
        time_days=tuple(float(time[i]) - landmark_days for i in kept),
        event=tuple(int(died[i]) for i in kept),
        exposed=tuple((day := days[i]) is not None and day <= landmark_days for i in kept),
    )
