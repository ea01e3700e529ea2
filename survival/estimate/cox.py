"""Cox models: one or several covariates, delayed entry and covariates that change; Wald, likelihood-ratio and score."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from survival.estimate.checked import Floats, Test, checked, normal_quantile

Ties = Literal["breslow", "efron"]

MONOTONE_STANDARD_ERROR = 100.0
"""A log hazard ratio per standard deviation this uncertain means that the likelihood has no maximum."""
EVENTS_PER_DEGREE = 10
"""Deaths that each coefficient of a multivariable model needs (Peduzzi 1995); a factor of k groups has k - 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxFit:
    """One coefficient of a Cox model: hazard ratio per unit, Wald P."""

    coefficient: float
    standard_error: float
    hazard_ratio: float
    low: float
    high: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CoxModel:
    """A Cox model of several covariates.

    Attributes
    ----------
    coefficients : one per covariate, in their order
    log_likelihood : (without, with) the covariates
    likelihood_ratio, score, wald : tests of all coefficients together
    """

    coefficients: tuple[CoxFit, ...]
    log_likelihood: tuple[float, float]
    likelihood_ratio: Test
    score: Test
    wald: Test


@dataclass(frozen=True, slots=True, kw_only=True)
class _Raw:
    """A fit of standardised covariates."""

    parameters: Floats
    covariance: Floats
    log_likelihood: tuple[float, float]
    score_statistic: float


def cox_regression(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    covariate: Sequence[float] | Floats,
    *,
    ties: Ties = "breslow",
    confidence: float = 0.95,
    entry_days: Sequence[float] | Floats | None = None,
) -> CoxFit | None:
    """Return the univariable Cox model: hazard ratio per unit of the covariate and its Wald P.

    See `cox_model` for the parameters.

    Returns
    -------
    CoxFit or None
        None without an event, with a constant covariate, or where the likelihood is monotone
        (every death in order of the covariate), so that no finite estimate exists.
    """
    column = np.asarray(covariate, dtype=np.float64)[:, None]
    model = cox_model(time_days, event, column, ties=ties, confidence=confidence, entry_days=entry_days)
    return None if model is None else model.coefficients[0]


def cox_model(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    covariates: Sequence[Sequence[float]] | Floats,
    *,
    ties: Ties = "breslow",
    confidence: float = 0.95,
    entry_days: Sequence[float] | Floats | None = None,
) -> CoxModel | None:
    """Return a Cox model of several covariates.

    Parameters
    ----------
    time_days : (n,) end of observation of each row
    event : (n,)
    covariates : (n, k)
    entry_days : (n,) or None
        Day after which a row is at risk: delayed entry, or one of several intervals of a patient whose
        covariate changes. A row is at risk at t if entry < t <= time.

    Returns
    -------
    CoxModel or None
        None without an event, with a constant covariate, or where no finite estimate exists.
    """
    time, died = checked(time_days, event)
    if not died.any():
        return None
    x = np.asarray(covariates, dtype=np.float64).reshape(len(time), -1)
    spread = x.std(axis=0)
    if (spread == 0.0).any():
        return None
    entry = None if entry_days is None else np.asarray(entry_days, dtype=np.float64)
    raw = _fit(time, died, (x - x.mean(axis=0)) / spread, ties, entry)
    if raw is None:
        return None
    degrees = x.shape[1]
    wald = float(raw.parameters @ np.linalg.solve(raw.covariance, raw.parameters))
    ratio = 2 * (raw.log_likelihood[1] - raw.log_likelihood[0])
    errors = np.sqrt(np.diag(raw.covariance))
    return CoxModel(
        coefficients=tuple(
            coefficient_of(float(b), float(e), confidence)
            for b, e in zip(raw.parameters / spread, errors / spread, strict=True)
        ),
        log_likelihood=raw.log_likelihood,
        likelihood_ratio=_chi_square(ratio, degrees),
        score=_chi_square(raw.score_statistic, degrees),
        wald=_chi_square(wald, degrees),
    )


def multivariable_cox(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    covariates: Sequence[Sequence[float]] | Floats,
    *,
    ties: Ties = "breslow",
    confidence: float = 0.95,
) -> CoxModel | None:
    """Return a Cox model of several covariates, if there are deaths enough for it; see `cox_model`.

    Raises
    ------
    ValueError
        More coefficients than a tenth of the deaths: the model would fit noise.
    """
    deaths, degrees = int(np.sum(event)), np.asarray(covariates).shape[1]
    if degrees > most_degrees(deaths):
        allowed = most_degrees(deaths)
        raise ValueError(
            f"{degrees} coefficients for {deaths} deaths: at most {allowed}, one for every {EVENTS_PER_DEGREE} deaths"
        )
    return cox_model(time_days, event, covariates, ties=ties, confidence=confidence)


def is_monotone(
    time_days: Sequence[float] | Floats, event: Sequence[int] | Floats, covariate: Sequence[float] | Floats
) -> bool:
    """Return whether whoever dies always has the largest value at risk, or always the least: no finite ratio exists.

    Where both hold, values never differ among those at risk: the model has no information, which is not the same.
    """
    time, died = checked(time_days, event)
    x = np.asarray(covariate, dtype=np.float64)
    order = np.argsort(time)[::-1]
    last = len(time) - np.searchsorted(time[order][::-1], time[died == 1]) - 1
    values = x[died == 1]
    is_largest = bool((values == np.maximum.accumulate(x[order])[last]).all())
    is_least = bool((values == np.minimum.accumulate(x[order])[last]).all())
    return bool(died.any()) and is_largest != is_least


def most_degrees(events: int) -> int:
    """Return how many coefficients a multivariable model of so many deaths may have."""
    return events // EVENTS_PER_DEGREE


def coefficient_of(coefficient: float, error: float, confidence: float) -> CoxFit:
    """Return a log hazard ratio and its standard error as a hazard ratio with Wald limits and P."""
    from scipy.stats import norm

    half = normal_quantile(confidence) * error
    return CoxFit(
        coefficient=coefficient,
        standard_error=error,
        hazard_ratio=math.exp(coefficient),
        low=math.exp(coefficient - half),
        high=math.exp(coefficient + half),
        p=2 * float(norm.sf(abs(coefficient / error))),
    )


def _chi_square(statistic: float, degrees: int) -> Test:
    from scipy.stats import chi2

    return Test(statistic=statistic, degrees_of_freedom=degrees, p=float(chi2.sf(statistic, degrees)))


def _fit(time: Floats, died: Floats, x: Floats, ties: str, entry: Floats | None) -> _Raw | None:
    """Return the fit of standardised covariates, None if there is no maximum."""
    import warnings

    from statsmodels.duration.hazard_regression import PHReg

    # statsmodels counts a row as at risk at its very entry; the next number after it is the rule of R
    after = None if entry is None else np.nextafter(entry, np.inf)
    nothing = np.zeros(x.shape[1])
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            model: Any = PHReg(time, x, status=died, ties=ties, entry=after)
            fit: Any = model.fit(disp=0, tol=1e-12, maxiter=100)
            parameters, errors = np.asarray(fit.params), np.asarray(fit.bse)
            gradient, information = np.asarray(model.score(nothing)), -np.asarray(model.hessian(nothing))
            raw = _Raw(
                parameters=parameters,
                covariance=np.asarray(fit.cov_params()),
                log_likelihood=(float(model.loglike(nothing)), float(fit.llf)),
                score_statistic=float(gradient @ np.linalg.solve(information, gradient)),
            )
        except (np.linalg.LinAlgError, ValueError, FloatingPointError):
            return None
    if not (np.isfinite(parameters).all() and np.isfinite(errors).all()):
        return None
    return raw if ((errors > 0) & (errors < MONOTONE_STANDARD_ERROR)).all() else None
