"""Hand-worked cases of every estimate, and the refusals at the door."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import multivariate_logrank_test

from survival.estimate import (
    Curve,
    Weighting,
    adjusted_p,
    cox_regression,
    kaplan_meier,
    log_rank,
    mantel_haenszel_hazard_ratio,
    median_survival,
    number_at_risk,
    restricted_mean,
)

TIMES = [2, 4, 4, 6, 9]
EVENTS = [1, 1, 0, 1, 0]


def test_curve_is_the_product_of_survivors() -> None:
    """Deaths among 5, 4 and 2 at risk give 4/5, 3/5 and 3/10; the last patient is censored."""
    curve = kaplan_meier(TIMES, EVENTS)
    assert curve.time_days == (2, 4, 6, 9)
    assert curve.at_risk == (5, 4, 2, 1)
    assert curve.events == (1, 1, 1, 0)
    assert curve.censored == (0, 1, 0, 1)
    assert curve.survival == pytest.approx((0.8, 0.6, 0.3, 0.3), abs=1e-12)


def test_limits_are_log_log() -> None:
    """At S = 4/5 of 5 the limits are S to the power exp(± z √(1/20) / −ln S)."""
    curve = kaplan_meier(TIMES, EVENTS)
    half = 1.959963984540054 * math.sqrt(1 / 20) / -math.log(0.8)
    assert curve.low[0] == pytest.approx(0.8 ** math.exp(half), abs=1e-12)
    assert curve.high[0] == pytest.approx(0.8 ** math.exp(-half), abs=1e-12)


def test_a_wider_confidence_gives_wider_limits() -> None:
    """The level of the limits is the one asked for."""
    narrow, wide = kaplan_meier(TIMES, EVENTS, confidence=0.8), kaplan_meier(TIMES, EVENTS, confidence=0.99)
    assert wide.low[1] < narrow.low[1] < narrow.high[1] < wide.high[1]


def test_limits_where_survival_is_one_or_zero() -> None:
    """Before the first death the limits are 1; where nobody is left they are 0."""
    curve = kaplan_meier([1, 2, 3], [0, 1, 1])
    assert (curve.low[0], curve.high[0]) == (1.0, 1.0)
    assert (curve.survival[-1], curve.low[-1], curve.high[-1]) == (0.0, 0.0, 0.0)


def test_nobody_gives_an_empty_curve() -> None:
    """No patient is no error."""
    curve = kaplan_meier([], [])
    assert curve.time_days == ()
    assert median_survival(curve).estimate is None
    assert restricted_mean(curve) is None


def test_a_death_on_day_zero_is_kept() -> None:
    """A time of 0 days counts at its time."""
    curve = kaplan_meier([0, 5, 7], [1, 1, 0])
    assert curve.time_days == (0, 5, 7)
    assert curve.survival == pytest.approx((2 / 3, 1 / 3, 1 / 3))


@pytest.mark.parametrize(
    ("times", "events", "median"),
    [
        ([10, 50], [1, 1], 30),  # S = 0.5 from 10 to 50: midpoint
        ([231, 299, 643], [1, 1, 1], 299),
        ([19, 642, 884, 1261], [1, 1, 1, 1], 763),
        ([5, 7, 9, 11], [1, 1, 0, 0], None),  # rests at 0.5 to the end
        ([5, 7, 9, 11], [1, 1, 0, 1], 9),  # rests at 0.5 until day 11: midpoint of 7 and 11
        ([3, 4, 5], [0, 0, 0], None),
        ([30], [1], 30),
    ],
)
def test_median_by_hand(times: list[int], events: list[int], median: float | None) -> None:
    """The median is the first time below 0.5, or the midpoint of a step that rests on 0.5."""
    assert median_survival(kaplan_meier(times, events)).estimate == median


def test_upper_limit_may_be_the_last_event_time() -> None:
    """S = 0 lies outside the set, so four deaths give 19 to 1261 days, as the published CNS row has."""
    interval = median_survival(kaplan_meier([19, 642, 884, 1261], [1, 1, 1, 1]))
    assert (interval.low, interval.high) == (19, 1261)


def test_one_death_has_no_limits() -> None:
    """A curve that falls from 1 to 0 at once has a median without limits."""
    interval = median_survival(kaplan_meier([30], [1]))
    assert (interval.estimate, interval.low, interval.high) == (30, None, None)


def test_a_half_reached_by_rounding_is_still_a_half() -> None:
    """S = 0.5 computed as 0.5 ± 1e-12 gives the midpoint all the same."""
    for noise in (-1e-12, 1e-12):
        curve = Curve(
            time_days=(10, 20),
            at_risk=(2, 1),
            events=(1, 1),
            censored=(0, 0),
            survival=(0.5 + noise, 0.0),
            low=(0.1, 0.0),
            high=(0.9, 0.0),
        )
        assert median_survival(curve).estimate == 15


def test_restricted_mean_is_the_area_to_the_last_death() -> None:
    """2 × 1 + 2 × 0.8 + 2 × 0.6 = 4.8 days up to the death on day 6."""
    assert restricted_mean(kaplan_meier(TIMES, EVENTS)) == pytest.approx(4.8)


def test_number_at_risk_counts_those_still_observed() -> None:
    """A patient who dies on a day is at risk on that day."""
    assert number_at_risk(TIMES, [0, 4, 5, 10]) == (5, 4, 2, 0)


def test_a_group_that_is_gone_before_the_first_death_takes_no_degree_of_freedom() -> None:
    """R 4.2.2, survdiff, on the same ten patients: chi-square 4.21264822134387 on 1 degree of freedom."""
    test = log_rank([1, 2, 5, 6, 7, 8, 9, 10, 11, 12], [0, 0, 1, 1, 1, 0, 1, 1, 0, 1], list("ccaaaabbbb"))
    assert test is not None
    assert test.statistic == pytest.approx(4.21264822134387, rel=1e-12)
    assert test.degrees_of_freedom == 1


@pytest.mark.parametrize(("weighting", "name"), [("logrank", None), ("gehan", "wilcoxon"), ("tarone", "tarone-ware")])
def test_the_tests_of_lifelines(weighting: Weighting, name: str | None) -> None:
    """One table of deaths serves all tests here, and gives what the library gives, at a fifth of its time."""
    rng = np.random.default_rng(1)
    time, event = rng.integers(1, 40, 90).tolist(), rng.integers(0, 2, 90).tolist()
    group = [str(value) for value in rng.integers(0, 4, 90)]
    mine = log_rank(time, event, group, weighting=weighting)
    theirs = multivariate_logrank_test(time, group, event, weightings=name)
    assert mine is not None
    assert mine.statistic == pytest.approx(theirs.test_statistic, rel=1e-9)


def test_log_rank_by_hand() -> None:
    """Deaths at 1 and 2 in A, at 3 and 4 in B: O − E = 7/6, V = 17/36, chi-square 49/17."""
    test = log_rank([1, 2, 3, 4], [1, 1, 1, 1], list("AABB"))
    assert test is not None
    assert test.statistic == pytest.approx(49 / 17, abs=1e-12)
    assert test.degrees_of_freedom == 1
    assert test.p == pytest.approx(math.erfc(math.sqrt(49 / 34)), abs=1e-12)


def test_gehan_weights_by_those_at_risk() -> None:
    """With weights 4, 3: U = 4/2 + 3 × 2/3 = 4, V = 16/4 + 9 × 2/9 = 6, chi-square 16/6."""
    test = log_rank([1, 2, 3, 4], [1, 1, 1, 1], list("AABB"), weighting="gehan")
    assert test is not None
    assert test.statistic == pytest.approx(16 / 6, abs=1e-12)


@pytest.mark.parametrize(
    ("times", "events", "groups"),
    [
        ([1, 2, 3], [1, 1, 1], "AAA"),
        ([1, 2, 3], [0, 0, 0], "ABB"),
        ([5, 5, 5, 5], [1, 1, 1, 1], "AABB"),
        ([1, 2, 8, 9], [0, 0, 1, 1], "AABB"),
        ([], [], ""),
    ],
)
def test_no_test_without_information(times: list[int], events: list[int], groups: str) -> None:
    """One group, no death, all deaths at once, or deaths only when one group is left: no P rather than P = 1."""
    assert log_rank(times, events, list(groups)) is None


def test_mantel_haenszel_ratio_by_hand() -> None:
    """O − E = 7/6 and V = 17/36 give exp(42/17) with limits exp(± 1.96 × 6/√17)."""
    ratio = mantel_haenszel_hazard_ratio([1, 2, 3, 4], [1, 1, 1, 1], [True, True, False, False])
    assert ratio.estimate == pytest.approx(math.exp(42 / 17), rel=1e-12)
    assert ratio.high == pytest.approx(math.exp(42 / 17 + 1.959963984540054 * 6 / math.sqrt(17)), rel=1e-12)
    assert mantel_haenszel_hazard_ratio([1], [1], [True]).estimate is None


def test_cox_by_hand() -> None:
    """Deaths of x = 1, 0, 1 among {1, 0, 1}: the score 1 − 2r/(2r+1) − r/(r+1) vanishes at r = 1/√2."""
    fit = cox_regression([1, 2, 3], [1, 1, 1], [1, 0, 1])
    assert fit is not None
    assert fit.hazard_ratio == pytest.approx(math.sqrt(0.5), rel=1e-9)
    assert fit.low < fit.hazard_ratio < fit.high


def test_cox_per_unit_of_the_covariate() -> None:
    """A covariate in units ten times smaller has a tenth of the coefficient and the same P."""
    one = cox_regression([3, 1, 4, 1, 5, 9], [1, 1, 0, 1, 1, 1], [2, 7, 1, 8, 2, 8])
    ten = cox_regression([3, 1, 4, 1, 5, 9], [1, 1, 0, 1, 1, 1], [20, 70, 10, 80, 20, 80])
    assert one is not None
    assert ten is not None
    assert ten.coefficient == pytest.approx(one.coefficient / 10, rel=1e-9)
    assert ten.p == pytest.approx(one.p, rel=1e-9)


def test_ties_are_handled_as_asked() -> None:
    """Breslow and Efron differ where deaths are tied."""
    arguments = ([1, 1, 2, 2, 3], [1, 1, 1, 1, 1], [3, 1, 2, 5, 0])
    breslow, efron = cox_regression(*arguments, ties="breslow"), cox_regression(*arguments, ties="efron")
    assert breslow is not None
    assert efron is not None
    assert abs(breslow.coefficient) < abs(efron.coefficient)


@pytest.mark.parametrize(
    ("events", "x"),
    [([0, 0, 0, 0], [1, 2, 3, 4]), ([1, 1, 1, 1], [2, 2, 2, 2]), ([1, 1, 1, 1], [4, 3, 2, 1])],
)
def test_no_cox_without_a_maximum(events: list[int], x: list[int]) -> None:
    """No death, a constant covariate, and deaths in the covariate's order have no estimate."""
    assert cox_regression([1, 2, 3, 4], events, x) is None


def test_adjusted_p_by_hand() -> None:
    """Of .01, .04, .03, Holm gives .03, .06, .06 and BH .03, .04, .04; an absent P stays absent and uncounted."""
    p = [0.01, None, 0.04, 0.03]
    assert adjusted_p(p, "holm") == pytest.approx((0.03, None, 0.06, 0.06))
    assert adjusted_p(p, "bh") == pytest.approx((0.03, None, 0.04, 0.04))
    assert adjusted_p([None], "bh") == (None,)


@pytest.mark.parametrize(
    ("times", "events"), [([-1.0], [1]), ([math.nan], [1]), ([1.0], [2]), ([1.0, 2.0], [1]), ([math.inf], [0])]
)
def test_the_door_refuses_impossible_data(times: list[float], events: list[int]) -> None:
    """Negative or infinite times, 1/2 coding and unequal lengths are refused, not computed."""
    with pytest.raises(ValueError, match="must be"):
        kaplan_meier(times, events)


PATIENT = st.tuples(st.integers(0, 60), st.integers(0, 1), st.sampled_from("AB"))


@settings(max_examples=60, deadline=None)
@given(st.lists(PATIENT, min_size=1, max_size=25))
def test_a_curve_falls_between_its_limits(patients: list[tuple[int, int, str]]) -> None:
    """S never rises, lies between its limits, and everybody is counted once."""
    curve = kaplan_meier([t for t, _, _ in patients], [e for _, e, _ in patients])
    assert all(a >= b for a, b in pairwise(curve.survival))
    assert all(0 <= a <= s <= b <= 1 for a, s, b in zip(curve.low, curve.survival, curve.high, strict=True))
    assert sum(curve.events) + sum(curve.censored) == curve.at_risk[0] == len(patients)


@settings(max_examples=60, deadline=None)
@given(st.lists(PATIENT, min_size=2, max_size=25))
def test_the_log_rank_test_sees_only_the_order_of_times(patients: list[tuple[int, int, str]]) -> None:
    """Squared times and exchanged names of the groups leave the P value as it is."""
    times, events, groups = zip(*patients, strict=True)
    one = log_rank(times, events, groups)
    two = log_rank([t**2 for t in times], events, ["A" if g == "B" else "B" for g in groups])
    assert (one is None) == (two is None)
    if one is not None and two is not None:
        assert one.p == pytest.approx(two.p, abs=1e-9)
