"""What every estimate shares: checked samples, an estimate with its limits, a test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its confidence limits; ``None`` where it is not estimable."""

    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A chi-square test."""

    __test__ = False
    """Not a test case, whatever its name begins with."""

    statistic: float
    degrees_of_freedom: int
    p: float


NOT_ESTIMABLE = Interval(estimate=None, low=None, high=None)


def checked(time_days: Sequence[float] | Floats, event: Sequence[int] | Floats) -> tuple[Floats, Floats]:
    """Return times and events as arrays.

    Raises
    ------
    ValueError
        If a time is negative or not finite, an event is not 0 or 1, or the lengths differ.
    """
    time = np.asarray(time_days, dtype=np.float64)
    died = np.asarray(event, dtype=np.float64)
    if time.ndim != 1 or time.shape != died.shape:
        raise ValueError("times and events must be two lists of one length")
    if not np.isfinite(time).all() or (time < 0).any():
        raise ValueError("times must be finite and not negative")
    if not np.isin(died, (0.0, 1.0)).all():
        raise ValueError("events must be coded 0 (censored) or 1 (death)")
    return time, died


def normal_quantile(confidence: float) -> float:
    """Return the z of a two-sided interval of that level (1.96 for 0.95)."""
    from scipy.stats import norm

    return float(norm.ppf(0.5 + confidence / 2))
