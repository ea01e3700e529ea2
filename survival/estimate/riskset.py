"""The sums over the patients at risk at each death, from which score and information of a Cox model are made."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from survival.estimate.checked import Floats
from survival.estimate.cox import Ties


@dataclass(frozen=True, slots=True, kw_only=True)
class DeathTerm:
    """What one death contributes; deaths of one time share it among them (Efron) or have it alike (Breslow).

    Attributes
    ----------
    time_days : float
    log_denominator : log of the sum of the risks
    mean : (k,) weighted mean of the covariates of those at risk
    covariance : (k, k) weighted
    third : weighted third central moment of the first covariate
    observed : (k,) mean covariates of those who died then
    """

    time_days: float
    log_denominator: float
    mean: Floats
    covariance: Floats
    third: float
    observed: Floats


def death_terms(time: Floats, died: Floats, x: Floats, coefficients: Floats, ties: Ties) -> Iterator[DeathTerm]:
    """Yield the term of every death, in order of time.

    Parameters
    ----------
    time, died : (n,)
    x : (n, k)
    coefficients : (k,)
    """
    risk = np.exp(x @ coefficients)
    for moment in np.unique(time[died == 1]):
        exposed = (time >= moment).astype(np.float64)
        dead = ((time == moment) & (died == 1)).astype(np.float64)
        count = int(dead.sum())
        observed = dead @ x / count
        for i in range(count):
            share = i / count if ties == "efron" else 0.0
            weight = risk * (exposed - share * dead)
            total = float(weight.sum())
            mean = weight @ x / total
            centred = x - mean
            yield DeathTerm(
                time_days=float(moment),
                log_denominator=float(np.log(total)),
                mean=mean,
                covariance=(weight[:, None] * centred).T @ centred / total,
                third=float(weight @ centred[:, 0] ** 3 / total),
                observed=observed,
            )
