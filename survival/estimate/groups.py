"""Comparing groups: weighted log-rank tests, their permutation form, and hazard ratios from the test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from survival.estimate.checked import NOT_ESTIMABLE, Floats, Interval, Test, checked, normal_quantile

Weighting = Literal["logrank", "gehan", "tarone", "peto"]
PERMUTATIONS = 4999
"""The least P is 1/5000; Monte Carlo error of a P of .05 is .003."""
SEED = 20260101
CELLS_AT_ONCE = 2_000_000
"""Permuted scores held in memory at a time: 16 MB."""
SAME_STATISTIC = 1e-9
"""Relative: a permuted statistic that differs by rounding only is as large as the observed one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathTable:
    """At each distinct death time: weight, number at risk and deaths, in all and of each group."""

    weight: Floats
    at_risk: Floats
    deaths: Floats
    group_at_risk: Floats
    group_deaths: Floats


def log_rank(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    group: Sequence[str],
    *,
    weighting: Weighting = "logrank",
) -> Test | None:
    """Return a k-sample weighted log-rank test.

    Parameters
    ----------
    weighting : {"logrank", "gehan", "tarone", "peto"}
        Weight of each death: 1 (Mantel–Cox), number at risk (Gehan–Breslow–Wilcoxon), its square root
        (Tarone–Ware), or the modified survival estimate of Peto and Peto, which lifelines does not have.

    Returns
    -------
    Test or None
        None where no death happens while two groups are under observation and someone survives it. A group that
        nobody is left of at the first death takes no degree of freedom, as in R.
    """
    time, died = checked(time_days, event)
    labels = np.asarray(group)
    if not _comparable(time, died, labels):
        return None
    return _chi_square(death_table(time, died, labels, weighting))


def _comparable(time: Floats, died: Floats, group: NDArray[Any]) -> bool:
    """Return whether any death carries information on a difference (else the variance is 0)."""
    if not died.any():
        return False
    table = death_table(time, died, group)
    is_shared = (table.group_at_risk > 0).sum(axis=1) > 1
    return bool((is_shared & (table.at_risk > table.deaths)).any())


def death_table(time: Floats, died: Floats, group: NDArray[Any], weighting: Weighting = "logrank") -> DeathTable:
    """Count those at risk and the deaths of each group, in the order of the groups' names; see `log_rank`."""
    moments = np.unique(time[died == 1])
    members = [group == name for name in np.unique(group)]
    group_at_risk = np.column_stack([_at_risk(time[member], moments) for member in members])
    group_deaths = np.column_stack([_deaths(time[member & (died == 1)], moments) for member in members])
    at_risk, deaths = group_at_risk.sum(axis=1), group_deaths.sum(axis=1)
    weights = {"gehan": at_risk, "tarone": np.sqrt(at_risk), "peto": np.cumprod(1 - deaths / (at_risk + 1))}
    return DeathTable(
        weight=weights.get(weighting, np.ones_like(at_risk)),
        at_risk=at_risk,
        deaths=deaths,
        group_at_risk=group_at_risk,
        group_deaths=group_deaths,
    )


def _at_risk(time: Floats, moments: Floats) -> Floats:
    return (len(time) - np.searchsorted(np.sort(time), moments, side="left")).astype(np.float64)


def _deaths(death_times: Floats, moments: Floats) -> Floats:
    """Return how many of the deaths fall on each moment; every death falls on one of them."""
    return np.bincount(np.searchsorted(moments, death_times), minlength=len(moments)).astype(np.float64)


def excess_deaths(table: DeathTable) -> Floats:
    """Return for each group its weighted observed minus expected deaths."""
    expected = table.deaths[:, None] * table.group_at_risk / table.at_risk[:, None]
    return np.asarray((table.weight[:, None] * (table.group_deaths - expected)).sum(axis=0), dtype=np.float64)


def covariance_of(table: DeathTable) -> Floats:
    """Return the hypergeometric covariance of `excess_deaths`, ties included."""
    share = table.group_at_risk / table.at_risk[:, None]
    left = np.where(table.at_risk > 1, (table.at_risk - table.deaths) / np.maximum(table.at_risk - 1, 1), 0.0)
    scale = table.weight**2 * table.deaths * left
    own = np.diag((scale[:, None] * share).sum(axis=0))
    return np.asarray(own - np.einsum("t,ti,tj->ij", scale, share, share), dtype=np.float64)


def _chi_square(table: DeathTable) -> Test:
    from scipy.stats import chi2

    kept = np.flatnonzero(table.group_at_risk.any(axis=0))[:-1]
    excess, covariance = excess_deaths(table)[kept], covariance_of(table)[np.ix_(kept, kept)]
    statistic, degrees = float(excess @ np.linalg.pinv(covariance) @ excess), len(excess)
    return Test(statistic=statistic, degrees_of_freedom=degrees, p=float(chi2.sf(statistic, degrees)))


def permutation_log_rank(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    group: Sequence[str],
    *,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> float | None:
    """Return the Monte Carlo P of the log-rank statistic under random exchange of the group labels.

    For groups too small for the chi-square approximation. Valid where censoring does not depend on the group.

    Returns
    -------
    float or None
        (1 + number at least as large) / (1 + permutations); None where the test cannot be made.
    """
    time, died = checked(time_days, event)
    labels = np.asarray(group)
    if not _comparable(time, died, labels):
        return None
    scores = log_rank_scores(time, died)
    member = (labels[:, None] == np.unique(labels)[None, :]).astype(np.float64)
    size = member.sum(axis=0)
    generator = np.random.default_rng(seed)
    least = float((((scores @ member) ** 2) / size).sum()) * (1 - SAME_STATISTIC)
    as_large, left, most = 0, permutations, max(CELLS_AT_ONCE // len(scores), 1)
    while left:
        block = np.broadcast_to(scores, (min(left, most), len(scores)))
        sums = generator.permuted(block, axis=1) @ member
        as_large += int((((sums**2) / size).sum(axis=1) >= least).sum())
        left -= len(block)
    return (1 + as_large) / (1 + permutations)


def log_rank_scores(time: Floats, died: Floats) -> Floats:
    """Return each patient's event minus cumulative hazard: their sum over a group is its O − E.

    Exchanging labels keeps the mean 0 and the covariance of the sums, so that Σ (O − E)²/n is, but for a constant,
    the permutation chi-square.
    """
    moments = np.unique(time[died == 1])
    step = _deaths(time[died == 1], moments) / _at_risk(time, moments)
    hazard = np.concatenate(([0.0], np.cumsum(step)))
    return np.asarray(died - hazard[np.searchsorted(moments, time, side="right")], dtype=np.float64)


def mantel_haenszel_hazard_ratio(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    in_group: Sequence[bool],
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return the hazard ratio exp((O − E)/V) of the group against the rest, limits exp(± z/√V)."""
    table = _two_groups(time_days, event, in_group)
    if table is None:
        return NOT_ESTIMABLE
    variance = float(covariance_of(table)[1, 1])
    if variance <= 0:
        return NOT_ESTIMABLE
    return _ratio(float(excess_deaths(table)[1]) / variance, 1 / math.sqrt(variance), confidence)


def log_rank_hazard_ratio(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    in_group: Sequence[bool],
    *,
    confidence: float = 0.95,
) -> Interval:
    """Return the hazard ratio (O₁/E₁)/(O₀/E₀) of the group against the rest, standard error √(1/E₁ + 1/E₀)."""
    table = _two_groups(time_days, event, in_group)
    if table is None:
        return NOT_ESTIMABLE
    observed = table.group_deaths.sum(axis=0)
    expected = observed - excess_deaths(table)
    if not (observed > 0).all() or not (expected > 0).all():
        return NOT_ESTIMABLE
    ratio = (observed[1] / expected[1]) / (observed[0] / expected[0])
    return _ratio(math.log(ratio), math.sqrt(float((1 / expected).sum())), confidence)


def _two_groups(
    time_days: Sequence[float] | Floats, event: Sequence[int] | Floats, in_group: Sequence[bool]
) -> DeathTable | None:
    time, died = checked(time_days, event)
    member = np.asarray(in_group, dtype=bool)
    if not died.any() or np.unique(member).size != 2:
        return None
    return death_table(time, died, member)


def _ratio(logarithm: float, error: float, confidence: float) -> Interval:
    half = normal_quantile(confidence) * error
    return Interval(estimate=math.exp(logarithm), low=math.exp(logarithm - half), high=math.exp(logarithm + half))
