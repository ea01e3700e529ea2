"""Every estimate against R's survival package, to 1e-9."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from survival.estimate import (
    adjusted_p,
    cox_regression,
    kaplan_meier,
    log_rank,
    mantel_haenszel_hazard_ratio,
    median_survival,
)
from tests.survival.r_inputs import frame_of, groups_of, model_of

pytestmark = pytest.mark.real_data
TOLERANCE = 1e-9

UNIVARIABLE = (
    "lung_age",
    "lung_sex",
    "lung_wtloss",
    "veteran_karno",
    "veteran_age",
    "veteran_trt",
    "ovarian_age",
    "ovarian_rx",
    "rossi_fin",
)


def _check_curve(time: Any, event: Any, r: Mapping[str, Any], where: str) -> None:
    curve = kaplan_meier(time, event)
    listed = {key: value if isinstance(value, list) else [value] for key, value in r.items()}
    assert list(curve.time_days) == pytest.approx(listed["time"], abs=TOLERANCE), where
    assert list(curve.survival) == pytest.approx(listed["surv"], abs=TOLERANCE), where
    for mine, theirs in ((curve.low, listed["cl"]), (curve.high, listed["cu"])):
        for s, a, b in zip(curve.survival, mine, theirs, strict=True):
            if b is not None and 0 < s < 1:
                assert a == pytest.approx(b, abs=TOLERANCE), where
    _check_median(time, event, r, where)


def _check_median(time: Any, event: Any, r: Mapping[str, Any], where: str) -> None:
    """Compare the median and limits, with the two rules of SAS that R does not have."""
    curve = kaplan_meier(time, event)
    mine = median_survival(curve)
    rests_on_half = abs(curve.survival[-1] - 0.5) < TOLERANCE
    assert mine.estimate == (None if rests_on_half else r["median"]), where
    assert mine.low == r["lower"], where
    falls_to_zero = curve.survival[-1] == 0 and len(curve.time_days) > 1 and r["lower"] is not None
    expected = curve.time_days[-1] if r["upper"] is None and falls_to_zero else r["upper"]
    assert mine.high == expected, where


def test_curves_and_medians_of_every_group(r_folder: Path, r_reference: dict[str, Any]) -> None:
    """Survival, limits, medians and their limits of every group of 13 data sets."""
    compared = 0
    for grouped in r_reference["grouped"]:
        table = groups_of(r_folder, grouped["name"])
        for group in grouped["groups"]:
            inside = table[table["label"] == group["label"]]
            _check_curve(inside["time"], inside["event"], group["km"]["log-log"], f"{grouped['name']} {group['label']}")
            compared += 1
    assert compared > 25


def test_curves_and_medians_of_the_edge_cases(r_folder: Path, r_reference: dict[str, Any]) -> None:
    """One patient, all censored, 0.5 to the end, a death on day 0 and the like."""
    edge = pd.read_csv(r_folder / "data" / "edge_cases.csv")
    for case in r_reference["edge_km"]:
        inside = edge[edge["set"] == case["label"]]
        _check_curve(inside["time"], inside["event"], case["km"]["log-log"], case["label"])


def test_log_rank_and_gehan(r_folder: Path, r_reference: dict[str, Any]) -> None:
    """Chi-square and P of both tests, two to four groups."""
    for grouped in r_reference["grouped"]:
        table = groups_of(r_folder, grouped["name"])
        for weighting, name in (("logrank", "survdiff_rho0"), ("gehan", "gehan")):
            expected = grouped["tests"][name]
            test = log_rank(table["time"], table["event"], table["label"].tolist(), weighting=weighting)  # type: ignore[arg-type]
            assert test is not None, grouped["name"]
            assert test.statistic == pytest.approx(expected["chisq"], rel=TOLERANCE), grouped["name"]
            assert test.p == pytest.approx(expected["p"], abs=TOLERANCE), grouped["name"]


def test_mantel_haenszel_hazard_ratio(r_folder: Path, r_reference: dict[str, Any]) -> None:
    """The hazard ratio from the log-rank test and its limits, two groups."""
    compared = 0
    for grouped in r_reference["grouped"]:
        expected = grouped.get("graphpad_hr")
        if not expected:
            continue
        table = groups_of(r_folder, grouped["name"])
        member = (table["label"] == str(expected["group_first"])).tolist()
        ratio = mantel_haenszel_hazard_ratio(table["time"], table["event"], member)
        mine = (ratio.estimate, ratio.low, ratio.high)
        assert mine == pytest.approx((expected["HR_MH"], expected["HR_MH_lo"], expected["HR_MH_hi"]), rel=TOLERANCE)
        compared += 1
    assert compared > 5


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("name", UNIVARIABLE)
def test_cox(r_folder: Path, r_reference: dict[str, Any], name: str, ties: Any) -> None:
    """Coefficient, standard error, hazard ratio, limits and Wald P."""
    expected = next(model for model in r_reference["cox"] if model["name"] == name)["fits"][ties]
    time, event, covariates = model_of(r_folder, name)
    fit = cox_regression(time, event, covariates[:, 0], ties=ties)
    assert fit is not None
    assert fit.coefficient == pytest.approx(expected["coef"], abs=TOLERANCE)
    assert fit.standard_error == pytest.approx(expected["se"], abs=TOLERANCE)
    assert (fit.hazard_ratio, fit.low, fit.high) == pytest.approx(
        (math.exp(expected["coef"]), expected["lo"], expected["hi"]), rel=TOLERANCE
    )
    assert fit.p == pytest.approx(expected["p"], abs=TOLERANCE)


def test_cox_of_the_time_tied_case(r_folder: Path, r_reference: dict[str, Any]) -> None:
    """A small set with many ties, and the monotone set that has no estimate."""
    table = frame_of(r_folder, "ties_two_groups")
    expected = next(model for model in r_reference["cox"] if model["name"] == "ties_x")["fits"]["breslow"]
    fit = cox_regression(table["time"], table["event"], table["x"])
    assert fit is not None
    assert fit.coefficient == pytest.approx(expected["coef"], abs=TOLERANCE)
    monotone = frame_of(r_folder, "monotone")
    assert cox_regression(monotone["time"], monotone["event"], monotone["x"]) is None


def test_adjusted_p(r_reference: dict[str, Any]) -> None:
    """Holm and Benjamini–Hochberg over the 19 published P values."""
    given = r_reference["p_adjust"]
    assert adjusted_p(given["p"], "holm") == pytest.approx(given["holm"], abs=TOLERANCE)
    assert adjusted_p(given["p"], "bh") == pytest.approx(given["BH"], abs=TOLERANCE)
