"""Kaplan–Meier curves, their quantiles under three named rules, restricted mean and follow-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from survival.estimate.checked import NOT_ESTIMABLE, Floats, Interval, checked, normal_quantile

Scale = Literal["log-log", "log", "linear"]
QuantileRule = Literal["sas", "r", "lifelines"]

EQUAL_SURVIVAL = 1e-8
"""Two survival probabilities closer than this are one value: S = 0.5 is reached as a product of fractions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Kaplan–Meier curve with a row per distinct time, deaths and censorings alike.

    Attributes
    ----------
    time_days, survival, low, high : tuple of float
        Estimate and pointwise confidence limits. Where S is 1 the limits are 1, where S is 0
        they are 0: the interval does not exist there.
    at_risk, events, censored : tuple of int
        Counted just before, at and at each time.
    """

    time_days: tuple[float, ...]
    at_risk: tuple[int, ...]
    events: tuple[int, ...]
    censored: tuple[int, ...]
    survival: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def kaplan_meier(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    *,
    confidence: float = 0.95,
    scale: Scale = "log-log",
) -> Curve:
    """Return the product-limit estimate with pointwise confidence limits.

    Parameters
    ----------
    time_days : (n,) days from the origin
    event : (n,) 1 death, 0 censored
    confidence : two-sided level of the limits
    scale : on which Greenwood's variance is laid around S: log(-log S) as in both papers, log S (the default of
        R), or S itself ("linear", R's "plain")

    Raises
    ------
    ValueError
        If a time is negative or not finite, or an event is not 0 or 1.
    """
    time, died = checked(time_days, event)
    if time.size == 0:
        return Curve(time_days=(), at_risk=(), events=(), censored=(), survival=(), low=(), high=())
    from lifelines import KaplanMeierFitter

    fitter = KaplanMeierFitter(alpha=1 - confidence).fit(time, died)
    counts = fitter.event_table
    kept = (counts["removed"] > 0).to_numpy()
    survival = np.asarray(fitter.survival_function_.to_numpy()[:, 0], dtype=np.float64)
    survival[survival < EQUAL_SURVIVAL] = 0.0
    limits = np.asarray(fitter.confidence_interval_.to_numpy(), dtype=np.float64)
    limits[survival == 0.0] = 0.0
    low, high = limits[kept, 0], limits[kept, 1]
    at_risk, deaths = counts["at_risk"][kept].to_numpy(), counts["observed"][kept].to_numpy()
    if scale != "log-log":
        low, high = _limits(survival[kept], at_risk, deaths, normal_quantile(confidence), scale)
    return Curve(
        time_days=tuple(float(t) for t in counts.index[kept]),
        at_risk=tuple(int(n) for n in at_risk),
        events=tuple(int(n) for n in deaths),
        censored=tuple(int(n) for n in counts["censored"][kept]),
        survival=tuple(survival[kept].tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
    )


def _limits(survival: Floats, at_risk: Floats, deaths: Floats, z: float, scale: Scale) -> tuple[Floats, Floats]:
    """Return Greenwood limits on the log or the linear scale, cut to 0–1; lifelines has the log-log ones only."""
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard_variance = np.cumsum(np.where(deaths > 0, deaths / (at_risk * (at_risk - deaths)), 0.0))
        half = z * np.sqrt(hazard_variance)
        if scale == "log":
            low, high = survival * np.exp(-half), survival * np.exp(half)
        else:
            low, high = survival * (1 - half), survival * (1 + half)
    gone = survival == 0.0
    return np.where(gone, 0.0, np.clip(low, 0, 1)), np.where(gone, 0.0, np.clip(high, 0, 1))


def median_survival(curve: Curve, *, rule: QuantileRule = "sas") -> Interval:
    """Return the median and its Brookmeyer–Crowley limits; see `quantile_survival`."""
    return quantile_survival(curve, 0.5, rule=rule)


def quantile_survival(curve: Curve, dead_share: float, *, rule: QuantileRule = "sas") -> Interval:
    """Return the time by which that share has died, with its Brookmeyer–Crowley limits.

    Parameters
    ----------
    curve : Curve
    dead_share : 0.5 for the median, 0.25 and 0.75 for the quartiles
    rule : {"sas", "r", "lifelines"}
        A curve that rests at exactly 1 - `dead_share` between two deaths has its quantile at their midpoint
        (``sas``, ``r``) or at the first of them (``lifelines``). One that rests there to the end has none
        (``sas``), one midway to the last observation (``r``), or the first day on it (``lifelines``). S = 0 lies
        outside the set of ``sas`` and ``lifelines``, so the upper limit may be the last event time; ``r`` has no
        limit there. A curve that falls from 1 to 0 at once has no limits.
    """
    deaths = [i for i, count in enumerate(curve.events) if count]
    if not deaths:
        return NOT_ESTIMABLE
    level = 1 - dead_share
    estimate = _crossing(curve.time_days, curve.survival, level, rule)
    if curve.survival[deaths[0]] == 0.0:
        return Interval(estimate=estimate, low=None, high=None)
    known = [i for i, s in enumerate(curve.survival) if s > 0 or rule != "r"]
    times = [curve.time_days[i] for i in known]
    low, high = ([limit[i] for i in known] for limit in (curve.low, curve.high))
    return Interval(
        estimate=estimate,
        low=_crossing(times, low, level, rule),
        high=_crossing(times, high, level, rule),
    )


def _crossing(time_days: Sequence[float], height: Sequence[float], level: float, rule: QuantileRule) -> float | None:
    """Return the time at which a falling step function passes `level`; what holds where it rests on it, by rule."""
    for i, value in enumerate(height):
        if abs(value - level) < EQUAL_SURVIVAL:
            if rule == "lifelines":
                return time_days[i]
            later = (t for t, v in zip(time_days[i:], height[i:], strict=True) if v < level - EQUAL_SURVIVAL)
            end = next(later, time_days[-1] if rule == "r" else None)
            return None if end is None else (time_days[i] + end) / 2
        if value < level:
            return time_days[i]
    return None


def restricted_mean(curve: Curve, until_days: float | None = None) -> float | None:
    """Return the mean survival in days up to a day.

    Parameters
    ----------
    until_days : float or None
        None: the largest event time, as SAS PROC LIFETEST prints it.

    Returns
    -------
    float or None
        None without a death, or where the curve is not known up to that day.
    """
    steps = [(t, s) for t, s, d in zip(curve.time_days, curve.survival, curve.events, strict=True) if d]
    if not steps:
        return None
    end = steps[-1][0] if until_days is None else until_days
    if end > curve.time_days[-1] and curve.survival[-1] > 0:
        return None
    corners = [(0.0, 1.0), *((t, s) for t, s in steps if t < end), (end, 0.0)]
    return sum(s * (later - t) for (t, s), (later, _) in pairwise(corners))


def follow_up(
    time_days: Sequence[float] | Floats, event: Sequence[int] | Floats, *, confidence: float = 0.95
) -> Interval:
    """Return the median follow-up by the reverse Kaplan–Meier estimate: censoring is the event, death censors."""
    time, died = checked(time_days, event)
    return median_survival(kaplan_meier(time, 1 - died, confidence=confidence))


def number_at_risk(time_days: Sequence[float] | Floats, at_days: Sequence[float]) -> tuple[int, ...]:
    """Return how many are still under observation just before each time."""
    time = np.asarray(time_days, dtype=np.float64)
    return tuple(int((time >= t).sum()) for t in at_days)
