"""Firth's penalised Cox regression: a finite hazard ratio where deaths are few or the likelihood is monotone."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from survival.estimate.checked import Floats, checked
from survival.estimate.cox import Ties
from survival.estimate.riskset import DeathTerm, death_terms

FURTHEST = 50.0
"""Log hazard ratio per standard deviation beyond which no root is looked for."""
ROOT_TOLERANCE = 1e-13
LEAST_RELATIVE = 8.9e-16
"""Four times the rounding of a double: the least that the root finder takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FirthFit:
    """A penalised hazard ratio per unit, with profile-likelihood limits and likelihood-ratio P.

    A limit is ``None`` where the profile never falls so low.
    """

    coefficient: float
    hazard_ratio: float
    low: float | None
    high: float | None
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Penalised:
    """The likelihood of one standardised covariate with Jeffreys' prior."""

    time: Floats
    died: Floats
    x: Floats
    ties: Ties

    def value(self, coefficient: float) -> float:
        """Return log L + ½ log I."""
        total = information = 0.0
        for term in self._terms(coefficient):
            total += coefficient * float(term.observed[0]) - term.log_denominator
            information += float(term.covariance[0, 0])
        return total + 0.5 * math.log(information) if information > 0 else -math.inf

    def slope(self, coefficient: float) -> float:
        """Return its derivative U + ½ I′/I; I′ is the sum of the third central moments."""
        score = information = change = 0.0
        for term in self._terms(coefficient):
            score += float(term.observed[0] - term.mean[0])
            information += float(term.covariance[0, 0])
            change += term.third
        return score + 0.5 * change / information

    def _terms(self, coefficient: float) -> Iterator[DeathTerm]:
        return death_terms(self.time, self.died, self.x, np.array([coefficient]), self.ties)


def firth_regression(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    covariate: Sequence[float] | Floats,
    *,
    ties: Ties = "breslow",
    confidence: float = 0.95,
) -> FirthFit | None:
    """Return the univariable Cox model penalised by ½ log of the information (Heinze and Schemper 2001).

    Returns
    -------
    FirthFit or None
        None without an event, with a constant covariate, or where no death carries information on it.
    """
    from scipy.stats import chi2

    time, died = checked(time_days, event)
    x = np.asarray(covariate, dtype=np.float64)
    spread = float(x.std()) if x.size else 0.0
    if not died.any() or spread == 0.0:
        return None
    likelihood = _Penalised(time=time, died=died, x=((x - x.mean()) / spread)[:, None], ties=ties)
    at_nothing = likelihood.value(0.0)
    if not math.isfinite(at_nothing):
        return None
    best = _root(likelihood.slope, 0.0, 1.0 if likelihood.slope(0.0) > 0 else -1.0)
    if best is None:
        return None
    top, drop = likelihood.value(best), float(chi2.ppf(confidence, 1)) / 2

    def above(coefficient: float) -> float:
        return likelihood.value(coefficient) - top + drop

    low, high = _root(above, best, -1.0), _root(above, best, 1.0)
    return FirthFit(
        coefficient=best / spread,
        hazard_ratio=math.exp(best / spread),
        low=None if low is None else math.exp(low / spread),
        high=None if high is None else math.exp(high / spread),
        p=float(chi2.sf(max(2 * (top - at_nothing), 0.0), 1)),
    )


def _root(function: Callable[[float], float], start: float, step: float) -> float | None:
    """Return the first root from `start` in the direction of `step`; None if there is none within reach."""
    from scipy.optimize import brentq

    before = function(start)
    if before == 0.0:
        return start
    reach = step
    while abs(reach) < FURTHEST:
        here = function(start + reach)
        if not math.isfinite(here):
            return None
        if here * before <= 0:
            return float(brentq(function, start, start + reach, xtol=ROOT_TOLERANCE, rtol=LEAST_RELATIVE))
        reach *= 2
    return None
