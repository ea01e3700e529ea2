"""The statistics beyond both papers against R's survival package, to 1e-9."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from survival.estimate import (
    Curve,
    Scale,
    Ties,
    TimeScale,
    Weighting,
    concordance,
    cox_model,
    cox_regression,
    exact_cox_regression,
    follow_up,
    kaplan_meier,
    log_rank,
    log_rank_hazard_ratio,
    proportional_hazards,
    quantile_survival,
    restricted_mean,
    time_varying_cox,
)
from tests.survival.r_inputs import MODELS, frame_of, groups_of, model_of

pytestmark = pytest.mark.real_data
TOLERANCE = 1e-9
SCALES: Mapping[str, Scale] = {"plain": "linear", "log": "log", "log-log": "log-log"}
EXACT = ("lung_age", "veteran_karno", "veteran_trt", "ovarian_age", "ovarian_rx", "aml_x", "ties_x", "ties_group")
"""The exact likelihood of larger sets takes seconds each."""


def _check_scales(curve_of: Mapping[Scale, Curve], expected: Mapping[str, Any], where: str) -> None:
    for name, scale in SCALES.items():
        curve, r = curve_of[scale], expected[name]
        listed = {key: value if isinstance(value, list) else [value] for key, value in r.items()}
        for mine, theirs in ((curve.low, listed["cl"]), (curve.high, listed["cu"])):
            for s, a, b in zip(curve.survival, mine, theirs, strict=True):
                if b is not None and 0 < s < 1:
                    assert a == pytest.approx(b, abs=TOLERANCE), (where, name)
        median = quantile_survival(curve, 0.5, rule="r")
        assert median.estimate == r["median"], (where, name)
        if len(curve.time_days) > 1:
            assert (median.low, median.high) == (r["lower"], r["upper"]), (where, name)
        for share, key in ((0.25, "q25"), (0.75, "q75")):
            assert quantile_survival(curve, share, rule="r").estimate == r[key], (where, name, key)


def test_every_scale_and_the_quantile_rule_of_r(r_folder: Path, r_reference: dict[str, Any]) -> None:
    """Limits on three scales; median, limits and quartiles by R's rule; all groups and all edge cases."""
    samples = [(case["label"], frame_of(r_folder, case["label"]), case) for case in r_reference["edge_km"]]
    for grouped in r_reference["grouped"]:
        frame = groups_of(r_folder, grouped["name"])
        for group in grouped["groups"]:
            samples.append((f"{grouped['name']} {group['label']}", frame[frame["label"] == group["label"]], group))
    for where, inside, expected in samples:
        curves = {s: kaplan_meier(inside["time"], inside["event"], scale=s) for s in SCALES.values()}
        _check_scales(curves, expected["km"], where)
        last = float(inside["time"].max())
        mean = restricted_mean(curves["log"], last)
        if mean is not None:
            assert mean == pytest.approx(expected["rmean_to_last_obs"], rel=TOLERANCE), where
    assert len(samples) > 45


@pytest.mark.parametrize(("weighting", "name"), [("tarone", "tarone"), ("peto", "peto_modified_S")])
def test_weighted_log_rank(r_folder: Path, r_reference: dict[str, Any], weighting: Weighting, name: str) -> None:
    """Chi-square and P of Tarone–Ware and of Peto–Peto, two to four groups."""
    for grouped in r_reference["grouped"]:
        frame = groups_of(r_folder, grouped["name"])
        test = log_rank(frame["time"], frame["event"], frame["label"].tolist(), weighting=weighting)  # type: ignore[arg-type]
        assert test is not None, grouped["name"]
        assert test.statistic == pytest.approx(grouped["tests"][name]["chisq"], rel=TOLERANCE), grouped["name"]
        assert test.p == pytest.approx(grouped["tests"][name]["p"], abs=TOLERANCE), grouped["name"]


def test_hazard_ratio_of_the_log_rank_test(r_folder: Path, r_reference: dict[str, Any]) -> None:
    """(O₁/E₁)/(O₀/E₀) with its limits; none where a group has no death."""
    compared = 0
    for grouped in r_reference["grouped"]:
        expected = grouped.get("graphpad_hr")
        if not expected:
            continue
        frame = groups_of(r_folder, grouped["name"])
        member = (frame["label"] == str(expected["group_first"])).tolist()
        ratio = log_rank_hazard_ratio(frame["time"], frame["event"], member)
        theirs = tuple(expected[f"HR_logrank{end}"] for end in ("", "_lo", "_hi"))
        if not all(isinstance(value, float | int) and math.isfinite(value) and value > 0 for value in theirs):
            assert ratio.estimate is None
            continue
        assert (ratio.estimate, ratio.low, ratio.high) == pytest.approx(theirs, rel=TOLERANCE), grouped["name"]
        compared += 1
    assert compared > 4


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("name", MODELS)
def test_cox_models(r_folder: Path, r_reference: dict[str, Any], name: str, ties: Ties) -> None:
    """Coefficients, limits, log likelihood, likelihood-ratio and score test, one to seven covariates."""
    expected = next(model for model in r_reference["cox"] if model["name"] == name)["fits"][ties]
    model = cox_model(*model_of(r_folder, name), ties=ties)
    assert model is not None
    many = {key: np.atleast_1d(expected[key]) for key in ("coef", "se", "p", "lo", "hi")}
    for i, fit in enumerate(model.coefficients):
        assert fit.coefficient == pytest.approx(many["coef"][i], abs=TOLERANCE)
        assert fit.standard_error == pytest.approx(many["se"][i], abs=TOLERANCE)
        assert fit.p == pytest.approx(many["p"][i], abs=TOLERANCE)
        assert (fit.low, fit.high) == pytest.approx((many["lo"][i], many["hi"][i]), rel=TOLERANCE)
    assert model.log_likelihood == pytest.approx(expected["loglik"], rel=TOLERANCE)
    for test, key in ((model.likelihood_ratio, "lr"), (model.score, "score")):
        assert test.statistic == pytest.approx(expected[key][0], abs=TOLERANCE)
        assert (test.degrees_of_freedom, test.p) == pytest.approx(expected[key][1:], abs=TOLERANCE)


@pytest.mark.parametrize("name", EXACT)
def test_exact_ties(r_folder: Path, r_reference: dict[str, Any], name: str) -> None:
    """Coefficient, standard error, limits and P of the discrete likelihood."""
    expected = next(model for model in r_reference["cox"] if model["name"] == name)["fits"]["exact"]
    time, event, x = model_of(r_folder, name)
    fit = exact_cox_regression(time, event, x[:, 0])
    assert fit is not None
    assert fit.coefficient == pytest.approx(expected["coef"], abs=TOLERANCE)
    assert fit.standard_error == pytest.approx(expected["se"], abs=TOLERANCE)
    assert fit.p == pytest.approx(expected["p"], abs=TOLERANCE)


@pytest.mark.parametrize("scale", ["km", "rank", "identity", "log"])
@pytest.mark.parametrize("name", MODELS)
def test_proportional_hazards(r_folder: Path, r_reference: dict[str, Any], name: str, scale: TimeScale) -> None:
    """The score test of each coefficient and the global one, with the approximate one of lifelines far off."""
    fits = next(model for model in r_reference["cox"] if model["name"] == name)["fits"]
    ties: Ties
    for ties in ("breslow", "efron"):
        expected = fits[ties][f"zph_{scale}"]
        tests = proportional_hazards(*model_of(r_folder, name), ties=ties, time_scale=scale)
        assert tests is not None
        if name == "veteran_celltype":
            tests = (tests[-1], tests[-1])
            expected = {key: [expected[key][-1]] * 2 for key in ("chisq", "p")}
        assert [test.statistic for test in tests] == pytest.approx(expected["chisq"], abs=TOLERANCE)
        assert [test.p for test in tests] == pytest.approx(expected["p"], abs=TOLERANCE)


@pytest.mark.parametrize("name", MODELS)
def test_concordance(r_folder: Path, r_reference: dict[str, Any], name: str) -> None:
    """Harrell's C of every model's linear predictor."""
    fits = next(model for model in r_reference["cox"] if model["name"] == name)["fits"]
    time, event, x = model_of(r_folder, name)
    model = cox_model(time, event, x)
    assert model is not None
    score = np.round(x @ np.array([fit.coefficient for fit in model.coefficients]), 12)
    assert concordance(time, event, score) == pytest.approx(fits["breslow"]["concordance"][0], abs=TOLERANCE)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_delayed_entry(r_folder: Path, r_reference: dict[str, Any], ties: Ties) -> None:
    """The Stanford heart transplants: two intervals per patient, entries on days of deaths."""
    heart = pd.read_csv(r_folder / "data" / "heart.csv")
    columns = heart[["transplant", "age", "surgery"]].to_numpy(dtype=np.float64)
    model = cox_model(heart["stop"], heart["event"], columns, ties=ties, entry_days=heart["start"])
    expected = r_reference["tvcox_heart"][ties]
    assert model is not None
    assert [fit.coefficient for fit in model.coefficients] == pytest.approx(expected["coef"], abs=TOLERANCE)
    assert [fit.standard_error for fit in model.coefficients] == pytest.approx(expected["se"], abs=TOLERANCE)


def test_a_covariate_that_changes_is_split_as_r_users_split_it(r_folder: Path) -> None:
    """From one row per patient the same two intervals come as the data set has."""
    heart = pd.read_csv(r_folder / "data" / "heart.csv")
    last = heart.groupby("id").last()
    day = [row.start if row.transplant == 1 else None for row in last.itertuples()]
    split = cox_regression(heart["stop"], heart["event"], heart["transplant"].astype(float), entry_days=heart["start"])
    mine = time_varying_cox(last["stop"], last["event"], day)
    assert split is not None
    assert mine is not None
    assert mine.coefficient == pytest.approx(split.coefficient, abs=TOLERANCE)


def test_follow_up(r_folder: Path, r_reference: dict[str, Any]) -> None:
    """The reverse Kaplan–Meier median and its limits."""
    expected = next(case for case in r_reference["reverse_km"] if case["label"] == "lung")["km"]["log-log"]
    lung = frame_of(r_folder, "lung")
    median = follow_up(lung["time"], lung["event"])
    assert (median.estimate, median.low) == (expected["median"], expected["lower"])
