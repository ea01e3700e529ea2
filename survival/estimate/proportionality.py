"""Test of proportional hazards: the score test of Grambsch and Therneau in the form that R has since survival 3."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from survival.estimate.checked import Floats, Test, checked
from survival.estimate.cox import Ties, cox_model
from survival.estimate.curves import kaplan_meier
from survival.estimate.riskset import DeathTerm, death_terms

TimeScale = Literal["km", "rank", "identity", "log"]


def proportional_hazards(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    covariates: Sequence[Sequence[float]] | Floats,
    *,
    ties: Ties = "breslow",
    time_scale: TimeScale = "km",
) -> tuple[Test, ...] | None:
    """Return the score test that each coefficient does not change with time, then that none does.

    Parameters
    ----------
    covariates : (n, k)
    time_scale : {"km", "rank", "identity", "log"}
        Of time, along which a coefficient may change: 1 - S(t-) (as R by default), rank, days, log days.

    Returns
    -------
    tuple of Test, or None
        k tests of one degree of freedom, then the global one; None where the model or the test does not exist.
    """
    time, died = checked(time_days, event)
    x = np.asarray(covariates, dtype=np.float64).reshape(len(time), -1)
    model = cox_model(time, died, x, ties=ties)
    if model is None or (time_scale == "log" and (time[died == 1] == 0).any()):
        return None
    x = x - x.mean(axis=0)
    coefficients = np.array([fit.coefficient for fit in model.coefficients])
    terms = list(death_terms(time, died, x, coefficients, ties))
    scale = _scaled(time, died, [term.time_days for term in terms], time_scale)
    return _tests(terms, scale - scale.mean())


def _scaled(time: Floats, died: Floats, at_days: Sequence[float], time_scale: TimeScale) -> Floats:
    at = np.asarray(at_days, dtype=np.float64)
    if time_scale == "identity":
        return at
    if time_scale == "log":
        return np.log(at)
    order = np.sort(time)
    if time_scale == "rank":
        return np.asarray((np.searchsorted(order, at) + np.searchsorted(order, at, side="right") + 1) / 2)
    curve = kaplan_meier(time, died)
    before = dict(zip(curve.time_days, (1.0, *curve.survival[:-1]), strict=True))
    return np.array([1 - before[t] for t in at.tolist()])


def _tests(terms: Sequence[DeathTerm], scale: Floats) -> tuple[Test, ...] | None:
    from scipy.stats import chi2

    covariance = np.array([term.covariance for term in terms])
    residual = np.array([term.observed - term.mean for term in terms])
    k = residual.shape[1]
    moved = np.einsum("t,tij->ij", scale, covariance)
    information = np.block([[covariance.sum(axis=0), moved], [moved, np.einsum("t,tij->ij", scale**2, covariance)]])
    score = scale @ residual
    out = []
    for chosen in [*([j] for j in range(k)), list(range(k))]:
        kept = [*range(k), *(k + j for j in chosen)]
        part = np.concatenate((np.zeros(k), score[chosen]))
        try:
            statistic = float(part @ np.linalg.solve(information[np.ix_(kept, kept)], part))
        except np.linalg.LinAlgError:
            return None
        out.append(Test(statistic=statistic, degrees_of_freedom=len(chosen), p=float(chi2.sf(statistic, len(chosen)))))
    return tuple(out)
