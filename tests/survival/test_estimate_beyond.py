"""Firth, permutation, bootstrap, landmark, quantile rules and the other additions on cases worked by hand."""

import math
from itertools import combinations

import numpy as np
import pytest

from survival.estimate import (
    bootstrap,
    concordance,
    corrected_concordance,
    cox_model,
    exact_cox_regression,
    firth_regression,
    kaplan_meier,
    landmark,
    log_rank,
    log_rank_hazard_ratio,
    median_survival,
    most_degrees,
    multivariable_cox,
    permutation_log_rank,
    proportional_hazards,
    quantile_survival,
    restricted_mean,
    time_varying_cox,
)

MONOTONE = ([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0])


def test_firth_by_hand() -> None:
    """Two patients, the exposed one first: log L + ½ log I = 1.5 b − 2 log(1 + e^b), greatest at b = log 3."""
    fit = firth_regression([1, 2], [1, 1], [1, 0])
    assert fit is not None
    assert fit.hazard_ratio == pytest.approx(3, rel=1e-10)
    ratio = 2 * (math.log(0.75 * math.sqrt(0.1875)) - math.log(0.25))
    assert fit.p == pytest.approx(math.erfc(math.sqrt(ratio / 2)), rel=1e-10)


def test_firth_where_the_likelihood_is_monotone() -> None:
    """A finite ratio with a lower limit above 1, where Cox has none; mirrored groups give the inverse ratio."""
    time, event, x = MONOTONE
    assert cox_model(time, event, [[value] for value in x]) is None
    fit, mirrored = firth_regression(time, event, x), firth_regression(time, event, [1 - v for v in x])
    assert fit is not None
    assert mirrored is not None
    assert fit.low is not None
    assert 1 < fit.low < fit.hazard_ratio
    assert mirrored.hazard_ratio == pytest.approx(1 / fit.hazard_ratio, rel=1e-9)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_firth_is_the_top_of_the_penalised_likelihood(ties: str) -> None:
    """Against the penalised likelihood written out and searched on a fine grid, with tied deaths."""
    time, event, x = [1, 1, 2, 3, 3, 5], [1, 1, 1, 0, 1, 1], [1.0, 0.0, 1.0, 1.0, 0.0, 0.0]

    def penalised(b: float) -> float:
        total = information = 0.0
        for moment in (1, 2, 3, 5):
            dead = [i for i in range(6) if time[i] == moment and event[i]]
            for j, i in enumerate(dead):
                share = j / len(dead) if ties == "efron" else 0
                weight = [math.exp(b * x[k]) * (1 - share * (k in dead)) if time[k] >= moment else 0 for k in range(6)]
                mean = sum(w * v for w, v in zip(weight, x, strict=True)) / sum(weight)
                total += b * x[i] - math.log(sum(weight))
                information += sum(w * (v - mean) ** 2 for w, v in zip(weight, x, strict=True)) / sum(weight)
        return total + 0.5 * math.log(information)

    fit = firth_regression(time, event, x, ties=ties)  # type: ignore[arg-type]
    assert fit is not None
    best = max((penalised(b), b) for b in np.linspace(-2, 3, 5001))
    assert fit.coefficient == pytest.approx(best[1], abs=0.002)
    assert penalised(fit.coefficient) >= best[0] - 1e-12


def test_firth_has_no_estimate_without_information() -> None:
    """No death, one value only, or a single patient."""
    assert firth_regression([1, 2], [0, 0], [0, 1]) is None
    assert firth_regression([1, 2], [1, 1], [1, 1]) is None
    assert firth_regression([1, 2], [0, 1], [0, 1]) is None


def test_permutation_is_near_the_exact_p() -> None:
    """All 20 ways to choose three of six; the Monte Carlo P is within its error, and the same each time."""
    time, event, x = MONOTONE
    labels = [str(value) for value in x]
    observed = log_rank(time, event, labels)
    assert observed is not None
    score = [1 - sum(1 / (6 - k) for k in range(i + 1)) for i in range(6)]
    sums = [abs(sum(score[i] for i in chosen)) for chosen in combinations(range(6), 3)]
    exact = sum(s >= abs(sum(score[:3])) - 1e-12 for s in sums) / len(sums)
    p = permutation_log_rank(time, event, labels)
    assert p == pytest.approx(exact, abs=0.015)
    assert p == permutation_log_rank(time, event, labels)


def test_permutation_of_a_large_sample_agrees_with_chi_square() -> None:
    """300 patients in three groups: both P within Monte Carlo error; blocks of memory are not seen in it."""
    generator = np.random.default_rng(3)
    time = generator.exponential(100, 300).round() + 1
    event, labels = (generator.random(300) < 0.8).astype(int), generator.choice(list("abc"), 300).tolist()
    test = log_rank(time, event, labels)
    p = permutation_log_rank(time, event, labels)
    assert test is not None
    assert p == pytest.approx(test.p, abs=0.03)


def test_tests_that_cannot_be_made_are_none() -> None:
    """One group, nobody dead, or no contrast gives None everywhere."""
    assert permutation_log_rank([1, 2], [1, 1], ["a", "a"]) is None
    assert log_rank([1, 2], [0, 0], ["a", "b"], weighting="peto") is None
    assert log_rank_hazard_ratio([1, 2], [0, 0], [True, False]).estimate is None
    assert proportional_hazards([1, 2, 3], [0, 0, 0], [[1], [2], [3]]) is None
    assert exact_cox_regression([1, 2], [0, 0], [1, 2]) is None
    assert concordance([1, 2], [0, 0], [1, 2]) is None
    assert corrected_concordance([1, 2], [0, 0], [1, 2]) is None


def test_quantile_rules_part_where_the_curve_rests_on_the_level() -> None:
    """Deaths on days 10 and 20 of four: midpoint for SAS and R, the first day for lifelines."""
    curve = kaplan_meier([10, 20, 30, 40], [1, 1, 1, 1])
    assert [quantile_survival(curve, 0.5, rule=rule).estimate for rule in ("sas", "r", "lifelines")] == [25, 25, 20]
    flat = kaplan_meier([10, 20, 30, 40], [1, 1, 0, 0])
    assert [median_survival(flat, rule=rule).estimate for rule in ("sas", "r", "lifelines")] == [None, 30, 20]


def test_upper_limit_where_the_curve_ends_at_zero() -> None:
    """The last event day by the rule of SAS, none by that of R."""
    curve = kaplan_meier([10, 20, 30, 40], [1, 1, 1, 1])
    assert median_survival(curve).high == 40
    assert median_survival(curve, rule="r").high is None


def test_restricted_mean_up_to_a_day() -> None:
    """10 days of all, 10 of three quarters; past the last observation of a curve above 0 it is not known."""
    curve = kaplan_meier([10, 20, 30, 40], [1, 1, 0, 0])
    assert restricted_mean(curve, 20) == pytest.approx(17.5)
    assert restricted_mean(curve, 40) == pytest.approx(27.5)
    assert restricted_mean(curve, 41) is None
    assert restricted_mean(kaplan_meier([10], [1]), 50) == pytest.approx(10)


def test_landmark_keeps_who_is_still_observed_and_what_was_known_by_then() -> None:
    """Who died by day 20 is out; an exposure on day 30 is not known yet."""
    chosen = landmark([10, 25, 50, 60], [1, 1, 0, 1], [5, None, 30, 20], 20)
    assert chosen.kept == (1, 2, 3)
    assert chosen.time_days == (5, 30, 40)
    assert chosen.event == (1, 0, 1)
    assert chosen.exposed == (False, False, True)


def test_time_varying_exposure_undoes_immortal_time() -> None:
    """Deaths every day, exposure given to whoever lives to day 50: naive ratio far below 1, the true one near it."""
    time = np.arange(1, 101, dtype=float)
    late = [50.0 if t > 50 and t % 2 else None for t in time]
    naive = cox_model(time, np.ones(100), [[float(day is not None)] for day in late])
    fit = time_varying_cox(time, np.ones(100), late)
    assert naive is not None
    assert fit is not None
    assert naive.coefficients[0].hazard_ratio < 0.5
    assert 0.7 < fit.hazard_ratio < 1.4


def test_bootstrap_of_the_median() -> None:
    """Limits hold the estimate, are the same each time, and are None where the median is often not reached."""
    generator = np.random.default_rng(5)
    time = generator.exponential(100, 60)

    def median(days: object, event: object) -> float | None:
        return median_survival(kaplan_meier(days, event)).estimate  # type: ignore[arg-type]

    got = bootstrap(time, np.ones(60), median, repeats=150)
    assert got.low is not None
    assert got.high is not None
    assert got.estimate is not None
    assert got.low < got.estimate < got.high
    assert got == bootstrap(time, np.ones(60), median, repeats=150)
    rare = bootstrap([10, 20, 30, 40], [1, 1, 0, 1], median, repeats=150)
    assert rare.high is None
    assert bootstrap([], [], median, repeats=10).estimate is None


def test_corrected_concordance_is_lower_for_noise() -> None:
    """C of a covariate without effect falls towards one half."""
    generator = np.random.default_rng(8)
    time, x = generator.exponential(100, 40), generator.normal(size=40)
    got = corrected_concordance(time, np.ones(40), x, repeats=60)
    assert got is not None
    assert got.corrected is not None
    assert got.apparent > 0.5
    assert got.corrected < got.apparent


def test_degrees_of_a_multivariable_model() -> None:
    """One coefficient for every ten deaths."""
    assert [most_degrees(events) for events in (9, 10, 47, 58)] == [0, 1, 4, 5]


def test_a_multivariable_model_of_too_few_deaths_is_refused() -> None:
    """Two coefficients need 20 deaths: refused with 19, fitted with 20."""
    generator = np.random.default_rng(4)
    time, x = np.arange(1, 31), generator.normal(size=(30, 2))
    enough, few = [1] * 20 + [0] * 10, [1] * 19 + [0] * 11
    assert multivariable_cox(time, enough, x) == cox_model(time, enough, x)
    with pytest.raises(ValueError, match="2 coefficients for 19 deaths: at most 1"):
        multivariable_cox(time, few, x)
