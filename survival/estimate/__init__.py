"""Survival estimates and tests; the only package that imports lifelines and statsmodels.

Every function takes times in days (>= 0) and events coded 0/1, drops nothing and returns plain
numbers. What cannot be estimated is ``None``, never ``nan`` and never an exception.
"""

from survival.estimate.checked import NOT_ESTIMABLE, Interval, Test
from survival.estimate.concordance import Concordance, concordance, corrected_concordance
from survival.estimate.cox import (
    CoxFit,
    CoxModel,
    Ties,
    cox_model,
    cox_regression,
    is_monotone,
    most_degrees,
    multivariable_cox,
)
from survival.estimate.curves import (
    Curve,
    QuantileRule,
    Scale,
    follow_up,
    kaplan_meier,
    median_survival,
    number_at_risk,
    quantile_survival,
    restricted_mean,
)
from survival.estimate.exact import exact_cox_regression
from survival.estimate.firth import FirthFit, firth_regression
from survival.estimate.groups import (
    Weighting,
    log_rank,
    log_rank_hazard_ratio,
    mantel_haenszel_hazard_ratio,
    permutation_log_rank,
)
from survival.estimate.multiplicity import adjusted_p
from survival.estimate.proportionality import TimeScale, proportional_hazards
from survival.estimate.resampling import bootstrap
from survival.estimate.timing import Landmark, landmark, time_varying_cox

__all__ = [
    "NOT_ESTIMABLE",
    "Concordance",
    "CoxFit",
    "CoxModel",
    "Curve",
    "FirthFit",
    "Interval",
    "Landmark",
    "QuantileRule",
    "Scale",
    "Test",
    "Ties",
    "TimeScale",
    "Weighting",
    "adjusted_p",
    "bootstrap",
    "concordance",
    "corrected_concordance",
    "cox_model",
    "cox_regression",
    "exact_cox_regression",
    "firth_regression",
    "follow_up",
    "is_monotone",
    "kaplan_meier",
    "landmark",
    "log_rank",
    "log_rank_hazard_ratio",
    "mantel_haenszel_hazard_ratio",
    "median_survival",
    "most_degrees",
    "multivariable_cox",
    "number_at_risk",
    "permutation_log_rank",
    "proportional_hazards",
    "quantile_survival",
    "restricted_mean",
    "time_varying_cox",
]
