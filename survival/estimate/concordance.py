"""Harrell's C, with its optimism corrected by the bootstrap."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from survival.estimate.checked import Floats, checked
from survival.estimate.cox import Ties, cox_regression
from survival.estimate.groups import log_rank_scores

BOOTSTRAPS = 200
"""Harrell's usual number; the standard error of the mean optimism is then about .003."""
SEED = 20260102


@dataclass(frozen=True, slots=True, kw_only=True)
class Concordance:
    """C of a one-covariate Cox model, as seen and corrected for having been fitted to the same patients."""

    apparent: float
    corrected: float | None


def concordance(
    time_days: Sequence[float] | Floats, event: Sequence[int] | Floats, score: Sequence[float] | Floats
) -> float | None:
    """Return the share of comparable pairs in which the higher score dies first, ties of score counting half.

    Of two who end on one day only one who died with one who was censored is comparable.
    """
    time, died = checked(time_days, event)
    if not died.any():
        return None
    from lifelines.utils import concordance_index

    try:
        return 1 - float(concordance_index(time, np.asarray(score, dtype=np.float64), died))
    except ZeroDivisionError:
        return None


def corrected_concordance(
    time_days: Sequence[float] | Floats,
    event: Sequence[int] | Floats,
    covariate: Sequence[float] | Floats,
    *,
    ties: Ties = "breslow",
    repeats: int = BOOTSTRAPS,
    seed: int = SEED,
) -> Concordance | None:
    """Return C of the univariable Cox model and C less its mean optimism over bootstrap samples.

    In each sample the model is fitted anew; its optimism is its C there less its C in the patients. C depends on
    the sign of the coefficient alone, which is that of the score where the coefficient is 0 (the likelihood has one
    top), so no sample needs iterations.
    """
    time, died = checked(time_days, event)
    x = np.asarray(covariate, dtype=np.float64)
    fit = cox_regression(time, died, x, ties=ties)
    apparent = None if fit is None else concordance(time, died, fit.coefficient * x)
    if apparent is None:
        return None
    rising = concordance(time, died, x) or 0.0
    generator = np.random.default_rng(seed)
    optimism = []
    for _ in range(repeats):
        chosen = generator.integers(len(time), size=len(time))
        again = time[chosen], died[chosen], x[chosen]
        slope = float(log_rank_scores(again[0], again[1]) @ again[2]) if again[1].any() else 0.0
        inside = concordance(*again) if slope else None
        if inside is not None:
            optimism.append(inside - rising if slope > 0 else rising - inside)
    corrected = apparent - float(np.mean(optimism)) if optimism else None
    return Concordance(apparent=apparent, corrected=corrected)
