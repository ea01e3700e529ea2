"""Bootstrap limits of any statistic of the patients."""

from collections.abc import Callable, Sequence

import numpy as np

from survival.estimate.checked import Floats, Interval, checked

BOOTSTRAPS = 2000
"""Enough for percentile limits at 95 % (Efron and Tibshirani 1993)."""
SEED = 20260103


def bootstrap(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    statistic: Callable[[Floats, Floats], float | None],
    *,
    confidence: float = 0.95,
    repeats: int = BOOTSTRAPS,
    seed: int = SEED,
) -> Interval:
    """Return a statistic with percentile limits over patients drawn with replacement.

    A sample in which it cannot be estimated counts as larger than any number, as a median that is not reached is;
    a limit that falls among these is None.
    """
    time, died = checked(time_days, event)
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(repeats if time.size else 0):
        chosen = generator.integers(len(time), size=len(time))
        value = statistic(time[chosen], died[chosen])
        drawn.append(np.inf if value is None else value)
    if not drawn:
        return Interval(estimate=None, low=None, high=None)
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    return Interval(estimate=statistic(time, died), low=_finite(float(low)), high=_finite(float(high)))


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
