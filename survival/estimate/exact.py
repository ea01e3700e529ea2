"""Cox regression with the exact (discrete) likelihood of tied deaths: conditional logistic over the risk sets."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from survival.estimate.checked import Floats, checked
from survival.estimate.cox import CoxFit, coefficient_of, cox_regression

FURTHEST = 30.0
"""Log hazard ratio per standard deviation beyond which no maximum is looked for."""
STEP = 1e-4
"""Of the numerical derivative of the score; its error is of the order of STEP to the fourth power."""
ROOT_TOLERANCE = 1e-13


def exact_cox_regression(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    covariate: Sequence[float] | Floats,
    *,
    confidence: float = 0.95,
) -> CoxFit | None:
    """Return the univariable Cox model with exact ties, as ``coxph(ties = "exact")`` of R.

    The time it takes grows with the number of deaths of one day: meant for hundreds of patients.

    Returns
    -------
    CoxFit or None
        None wherever `cox_regression` gives none.
    """
    time, died = checked(time_days, event)
    x = np.asarray(covariate, dtype=np.float64)
    if cox_regression(time, died, x) is None:
        return None
    import warnings

    from scipy.optimize import brentq

    spread = float(x.std())
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        model = _risk_sets(time, died, (x - x.mean()) / spread)

        def score(coefficient: float) -> float:
            return float(model.score(np.array([coefficient]))[0])

        try:
            best = float(brentq(score, -FURTHEST, FURTHEST, xtol=ROOT_TOLERANCE))
        except ValueError:
            return None
        near, far = score(best + STEP) - score(best - STEP), score(best + 2 * STEP) - score(best - 2 * STEP)
    information = -(8 * near - far) / (12 * STEP)
    if not math.isfinite(information) or information <= 0:
        return None
    return coefficient_of(best / spread, 1 / math.sqrt(information) / spread, confidence)


def _risk_sets(time: Floats, died: Floats, x: Floats) -> Any:
    """Return the conditional logistic model of who dies among those at risk on each day of a death."""
    from statsmodels.discrete.conditional_models import ConditionalLogit

    dies, values, sets = [], [], []
    for i, moment in enumerate(np.unique(time[died == 1])):
        exposed = time >= moment
        if exposed.sum() == died[exposed & (time == moment)].sum():
            continue
        dies.append(((time == moment) & (died == 1))[exposed].astype(int))
        values.append(x[exposed])
        sets.append(np.full(int(exposed.sum()), i))
    return ConditionalLogit(np.concatenate(dies), np.concatenate(values)[:, None], groups=np.concatenate(sets))
