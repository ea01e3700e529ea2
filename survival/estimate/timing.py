"""What is known only after day 0: as a covariate that changes, or from a landmark on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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
    time, died = checked(time_days, event)
    start, stop, ended, exposed = [], [], [], []
    for end, death, day in zip(time.tolist(), died.tolist(), exposed_from_days, strict=True):
        change = end if day is None else min(max(day, 0.0), end)
        if change > 0 or end == 0:
            start.append(0.0)
            stop.append(change)
            ended.append(death if change == end else 0.0)
            exposed.append(0.0)
        if change < end:
            start.append(change)
            stop.append(end)
            ended.append(death)
            exposed.append(1.0)
    # a row that ends on the day it begins is at risk on no day, and R refuses it
    kept = np.asarray(stop) > np.asarray(start)
    columns = [np.asarray(c, dtype=np.float64)[kept] for c in (start, stop, ended, exposed)]
    return cox_regression(columns[1], columns[2], columns[3], ties=ties, confidence=confidence, entry_days=columns[0])


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
