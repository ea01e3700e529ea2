"""Survival estimates and tests; the only module that imports lifelines and statsmodels.

Every function takes times in days (>= 0) and events coded 0/1, drops nothing and returns plain
numbers. What cannot be estimated is ``None``, never ``nan`` and never an exception.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Weighting = Literal["logrank", "gehan"]

EQUAL_SURVIVAL = 1e-8
"""Two survival probabilities closer than this are one value: S = 0.5 is reached as a product of fractions."""
MONOTONE_STANDARD_ERROR = 100.0
"""A log hazard ratio per standard deviation this uncertain means that the likelihood has no maximum."""
LIFELINES_WEIGHTING: dict[Weighting, str | None] = {"logrank": None, "gehan": "wilcoxon"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """Kaplan–Meier curve with a row per distinct time, deaths and censorings alike.

    Attributes
    ----------
    time_days, survival, low, high : tuple of float
        Estimate and pointwise log-log confidence limits. Where S is 1 the limits are 1, where S is 0
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate with its confidence limits; ``None`` where it is not estimable."""

    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Test:
    """A chi-square test over groups."""

    statistic: float
    degrees_of_freedom: int
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """One coefficient of a Cox model: hazard ratio per unit, Wald P."""

    coefficient: float
    standard_error: float
    hazard_ratio: float
    low: float
    high: float
    p: float


NOT_ESTIMABLE = Interval(estimate=None, low=None, high=None)


def _checked(time_days: Sequence[float] | Floats, event: Sequence[int] | Floats) -> tuple[Floats, Floats]:
    time = np.asarray(time_days, dtype=np.float64)
    died = np.asarray(event, dtype=np.float64)
    if time.ndim != 1 or time.shape != died.shape:
        raise ValueError("times and events must be two lists of one length")
    if not np.isfinite(time).all() or (time < 0).any():
        raise ValueError("times must be finite and not negative")
    if not np.isin(died, (0.0, 1.0)).all():
        raise ValueError("events must be coded 0 (censored) or 1 (death)")
    return time, died


def kaplan_meier(
    time_days: Sequence[float] | Floats, event: Sequence[int] | Floats, *, confidence: float = 0.95
) -> Curve:
    """Return the product-limit estimate with log-log pointwise confidence limits.

    Parameters
    ----------
    time_days : (n,) days from the origin
    event : (n,) 1 death, 0 censored
    confidence : two-sided level of the limits

    Raises
    ------
    ValueError
        If a time is negative or not finite, or an event is not 0 or 1.
    """
    time, died = _checked(time_days, event)
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
    return Curve(
        time_days=tuple(float(t) for t in counts.index[kept]),
        at_risk=tuple(int(n) for n in counts["at_risk"][kept]),
        events=tuple(int(n) for n in counts["observed"][kept]),
        censored=tuple(int(n) for n in counts["censored"][kept]),
        survival=tuple(survival[kept].tolist()),
        low=tuple(limits[kept, 0].tolist()),
        high=tuple(limits[kept, 1].tolist()),
    )


def median_survival(curve: Curve) -> Interval:
    """Return the median and its Brookmeyer–Crowley limits by the rule of SAS PROC LIFETEST.

    A curve that equals 0.5 between two deaths has its median at their midpoint; one that stays at 0.5
    to the end has none. The limits are where the pointwise log-log limits cross 0.5 in the same manner.
    S = 0 lies outside the set, so the upper limit may be the last event time; a curve that falls from 1
    to 0 at once has no limits.
    """
    deaths = [i for i, count in enumerate(curve.events) if count]
    if not deaths:
        return NOT_ESTIMABLE
    estimate = _crossing(curve.time_days, curve.survival)
    if curve.survival[deaths[0]] == 0.0:
        return Interval(estimate=estimate, low=None, high=None)
    return Interval(
        estimate=estimate,
        low=_crossing(curve.time_days, curve.low),
        high=_crossing(curve.time_days, curve.high),
    )


def _crossing(time_days: Sequence[float], height: Sequence[float], level: float = 0.5) -> float | None:
    """Return the time at which a falling step function passes `level`, midway if it rests on it."""
    for i, value in enumerate(height):
        if abs(value - level) < EQUAL_SURVIVAL:
            later = (t for t, v in zip(time_days[i:], height[i:], strict=True) if v < level - EQUAL_SURVIVAL)
            end = next(later, None)
            return None if end is None else (time_days[i] + end) / 2
        if value < level:
            return time_days[i]
    return None


def restricted_mean(curve: Curve) -> float | None:
    """Return the mean survival in days up to the largest event time, as SAS PROC LIFETEST prints it."""
    steps = [(t, s) for t, s, d in zip(curve.time_days, curve.survival, curve.events, strict=True) if d]
    if not steps:
        return None
    corners = [(0.0, 1.0), *steps]
    return sum(s * (later - t) for (t, s), (later, _) in pairwise(corners))


def number_at_risk(time_days: Sequence[float] | Floats, at_days: Sequence[float]) -> tuple[int, ...]:
    """Return how many are still under observation just before each time."""
    time = np.asarray(time_days, dtype=np.float64)
    return tuple(int((time >= t).sum()) for t in at_days)


def log_rank(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    group: Sequence[str],
    *,
    weighting: Weighting = "logrank",
) -> Test | None:
    """Return the k-sample log-rank (Mantel–Cox) or Gehan–Breslow–Wilcoxon test.

    Returns
    -------
    Test or None
        None where no death happens while two groups are under observation and someone survives it.
    """
    time, died = _checked(time_days, event)
    names = sorted(set(group))
    if not _comparable(time, died, np.asarray(group)):
        return None
    from lifelines.statistics import multivariate_logrank_test

    try:
        result = multivariate_logrank_test(time, list(group), died, weightings=LIFELINES_WEIGHTING[weighting])
    except np.linalg.LinAlgError:
        return None
    statistic, p = float(result.test_statistic), float(result.p_value)
    if not (math.isfinite(statistic) and math.isfinite(p)):
        return None
    return Test(statistic=statistic, degrees_of_freedom=len(names) - 1, p=p)


def _comparable(time: Floats, died: Floats, group: NDArray[Any]) -> bool:
    """Return whether any death carries information on a difference (else the variance is 0)."""
    for moment in np.unique(time[died == 1]):
        exposed = time >= moment
        survivors = exposed.sum() - ((time == moment) & (died == 1)).sum()
        if survivors and np.unique(group[exposed]).size > 1:
            return True
    return False


def mantel_haenszel_hazard_ratio(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    in_group: Sequence[bool],
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return the hazard ratio exp((O − E)/V) of the group against the rest, limits exp(± z/√V)."""
    from scipy.stats import norm

    time, died = _checked(time_days, event)
    member = np.asarray(in_group, dtype=bool)
    excess = variance = 0.0
    for moment in np.unique(time[died == 1]):
        exposed = time >= moment
        n, n_group = float(exposed.sum()), float((exposed & member).sum())
        dead = (time == moment) & (died == 1)
        d = float(dead.sum())
        excess += float((dead & member).sum()) - d * n_group / n
        if n > 1:
            variance += d * (n_group / n) * (1 - n_group / n) * (n - d) / (n - 1)
    if variance <= 0:
        return NOT_ESTIMABLE
    centre, half = excess / variance, float(norm.ppf(0.5 + confidence / 2)) / math.sqrt(variance)
    return Interval(estimate=math.exp(centre), low=math.exp(centre - half), high=math.exp(centre + half))


def cox_regression(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    covariate: Sequence[float] | Floats,
    *,
    ties: Literal["breslow", "efron"] = "breslow",
    confidence: float = 0.95,
) -> CoxFit | None:
    """Return the univariable Cox model: hazard ratio per unit of the covariate and its Wald P.

    Returns
    -------
    CoxFit or None
        None without an event, with a constant covariate, or where the likelihood is monotone
        (every death in order of the covariate), so that no finite estimate exists.
    """
    time, died = _checked(time_days, event)
    x = np.asarray(covariate, dtype=np.float64)
    spread = float(x.std()) if x.size else 0.0
    if not died.any() or spread == 0.0:
        return None
    result = _fit_cox(time, died, (x - x.mean()) / spread, ties)
    if result is None:
        return None
    from scipy.stats import norm

    coefficient, error = result[0] / spread, result[1] / spread
    half = float(norm.ppf(0.5 + confidence / 2)) * error
    return CoxFit(
        coefficient=coefficient,
        standard_error=error,
        hazard_ratio=math.exp(coefficient),
        low=math.exp(coefficient - half),
        high=math.exp(coefficient + half),
        p=2 * float(norm.sf(abs(coefficient / error))),
    )


def _fit_cox(time: Floats, died: Floats, x: Floats, ties: str) -> tuple[float, float] | None:
    """Return coefficient and standard error of a standardised covariate, None if there is no maximum."""
    import warnings

    from statsmodels.duration.hazard_regression import PHReg

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            fit: Any = PHReg(time, x[:, None], status=died, ties=ties).fit(disp=0, tol=1e-12, maxiter=100)
            coefficient, error = float(fit.params[0]), float(fit.bse[0])
        except (np.linalg.LinAlgError, ValueError, FloatingPointError):
            return None
    if not (math.isfinite(coefficient) and math.isfinite(error)) or not 0 < error < MONOTONE_STANDARD_ERROR:
        return None
    return coefficient, error


def adjusted_p(p_values: Sequence[float | None], method: Literal["holm", "bh"]) -> tuple[float | None, ...]:
    """Return P values adjusted over those that exist: Holm (family-wise) or Benjamini–Hochberg (false discovery)."""
    known = [p for p in p_values if p is not None]
    if not known:
        return tuple(None for _ in p_values)
    from statsmodels.stats.multitest import multipletests

    adjusted = iter(multipletests(known, method="holm" if method == "holm" else "fdr_bh")[1])
    return tuple(None if p is None else float(next(adjusted)) for p in p_values)
