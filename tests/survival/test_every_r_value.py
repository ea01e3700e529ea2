"""No number of R's files is left aside: each is met to 1e-9, or stands in a list with the reason why not."""

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from survival.estimate import cox_model, kaplan_meier, log_rank, median_survival, proportional_hazards
from survival.intake import take_in
from survival.plan import load_plan
from survival.results import Sample, sample_of
from tests.survival.r_values import Values, computed, leaves, places_in_csv
from tests.survival.test_published import COHORT, R_COX, R_TESTS

pytestmark = [pytest.mark.real_data, pytest.mark.xdist_group("r_values")]
TOLERANCE = 1e-9

LABELS = r"^(R|survival)$|/(name|label|formula|group_first)$|/(term|levels)(/\d+)?$"
REASONS = {
    LABELS: "a label or a version, no number",
    r"^p_adjust/p/|^fisher/tab/": "an input",
    r"/std_err_S(/\d+)?$": "S is 0: R leaves the error open",
    r"/km/(plain|log|log-log)/c[lu](/\d+)?$": "S is 0, or on the log-log scale 1: no interval exists; here it is S",
    r"/km/(logit|arcsin)/(c[lu](/\d+)?|lower|upper)$": "no plan lays limits on this scale",
    r"^(edge_km/(all_cens|n1_cens)|grouped/monotone_noevents_in_group/groups/1)/rmean_to_last_obs$": "rule differs: "
    "without a death R takes the last day for the mean, here there is none",
    r"/se_rmean$": "no table prints the standard error of a mean",
    r"/tests/(fh10|survdiff_rho1)/(U/\d+|V|chisq|p)$": "rule differs: R's rho = 1 weighs by S just before the death, "
    "the Peto test here by its modified S (met as peto_modified_S)",
    r"/concordance/1$": "no table prints the standard error of C",
    r"^cox/(lung_age_sex|rossi_all|veteran_celltype)/fits/exact/(?!n$|nevent$)": "exact ties take one covariate",
    r"/fits/exact/(loglik|lr|score|wald)/\d$": "the exact likelihood is made for its coefficient",
    r"^p_adjust/(bonferroni|BY|hochberg)/|^fisher/p$": "not offered: Holm and Benjamini-Hochberg are, as declared",
    r"^overall_km/aml/km/log/upper$": "the limit is not monotone: quantile() of R takes its last crossing, print() "
    "of R and this package the first",
}
MUST_BE_EMPTY = tuple(pattern for pattern in REASONS if "std_err_S" in pattern or "plain|log|" in pattern)
"""Reasons that hold only where R has no number."""


@pytest.fixture(scope="module")
def ours(r_folder: Path, r_reference: dict[str, Any]) -> Values:
    """Every number of this package."""
    return computed(r_folder, r_reference)


def _reasons(place: str, value: object) -> list[str]:
    return [p for p in REASONS if re.search(p, place) and (value is None or p not in MUST_BE_EMPTY)]


def _agree(mine: float | None, theirs: object) -> bool:
    if mine is None or theirs is None:
        return mine is theirs
    return mine == pytest.approx(float(str(theirs)), rel=TOLERANCE, abs=TOLERANCE)


def test_every_value_of_the_json(ours: Values, r_reference: dict[str, Any]) -> None:
    """Seventy thousand values: met, or listed; no reason that is not needed."""
    theirs = dict(leaves(r_reference))
    used = {reason for place, value in theirs.items() for reason in _reasons(place, value)}
    is_listed = {place for place, value in theirs.items() if _reasons(place, value)}
    wrong = [
        (place, ours[place], value)
        for place, value in theirs.items()
        if place in ours and place not in is_listed and not _agree(ours[place], value)
    ]
    assert wrong == []
    assert [place for place in theirs if place not in ours and place not in is_listed] == []
    assert set(ours) <= set(theirs)
    assert len(set(theirs) & set(ours) - is_listed) > 61_000
    assert used == set(REASONS)


def test_no_reason_hides_a_number_that_is_met(ours: Values, r_reference: dict[str, Any]) -> None:
    """What is listed is not computed, but for the one limit that R itself has in two ways."""
    theirs = dict(leaves(r_reference))
    both = [place for place, value in theirs.items() if place in ours and _reasons(place, value)]
    assert both == ["overall_km/aml/km/log/upper"]


@pytest.mark.parametrize(("name", "least"), [("r_km_medians", 1500), ("r_tests", 150), ("r_cox", 600)])
def test_every_cell_of_the_tables(
    r_folder: Path, ours: Values, r_reference: dict[str, Any], name: str, least: int
) -> None:
    """Each CSV file, cell by cell; an infinite ratio is none here, and its reason is the JSON's."""
    terms = {model["name"]: _terms(model) for model in r_reference["cox"]}
    compared = 0
    with (r_folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            for place, text in places_in_csv(row, terms):
                value = None if text in ("NA", "Inf") else text
                if _reasons(place, value):
                    continue
                assert _agree(ours.get(place), value), (place, text)
                compared += 1
    assert compared > least


def _terms(model: Mapping[str, Any]) -> list[str]:
    named = model["fits"]["breslow"]["term"]
    return named if isinstance(named, list) else [named]


MEDIANS = {
    "all": ("overall_diagnosis", "All"),
    "presentation": ("overall_presentation", "All"),
    "lung": ("primary_malignancy", "Lung"),
    "LB": ("lung_breast", "Yes"),
    "nonLB": ("lung_breast", "No"),
    "solitary": ("multiple", "Solitary"),
    "multiple": ("multiple", "Multiple"),
    "T2lt3": ("t2_ge3", "No"),
    "T2ge3": ("t2_ge3", "Yes"),
}


@pytest.fixture(scope="module")
def samples() -> dict[str, Sample]:
    """Return the patients of every row of ``diehn2015`` in the committed cohort."""
    plan = load_plan("diehn2015")
    patients = take_in(COHORT, plan).patients
    return {row.id: sample_of(plan, row, patients) for row in plan.rows}


def test_every_value_of_the_synthetic_cohort_in_r(r_folder: Path, samples: Mapping[str, Sample]) -> None:
    """Medians with limits, chi-squares with degrees and P, Cox fits with P under both ties and the PH test."""
    r = json.loads((r_folder / "diehn_like_R.json").read_text(encoding="utf-8"))
    assert (set(r), set(r["medians"]), set(r["logrank"]), set(r["cox_breslow"])) == (
        {"medians", "logrank", "cox_breslow"},
        set(MEDIANS),
        set(R_TESTS),
        set(R_COX),
    )
    for name, values in r["medians"].items():
        row_id, group = MEDIANS[name]
        inside = samples[row_id].of(group)
        median = median_survival(kaplan_meier(inside.time_days, inside.event))
        assert [len(inside.members), sum(inside.event), median.estimate, median.low, median.high] == values, name
    for name, values in r["logrank"].items():
        sample = samples[R_TESTS[name]]
        test = log_rank(sample.time_days, sample.event, [m.group for m in sample.members])
        assert test is not None
        assert (test.statistic, test.degrees_of_freedom, test.p) == pytest.approx(tuple(values), rel=TOLERANCE), name
    for name, values in r["cox_breslow"].items():
        # R read the ratio with six decimals, the cohort holds it in full
        tolerance = 1e-5 if name == "ratio" else TOLERANCE
        mine, efron = _cox(samples[R_COX[name]])
        assert mine == pytest.approx(values[:6] + values[7:], rel=tolerance), name
        # R fitted this one to its default convergence; to eps = 1e-14 it gives what stands here
        assert efron == pytest.approx(values[6], abs=max(tolerance, 2e-9)), name


def _cox(sample: Sample) -> tuple[list[float], float]:
    """Return coefficient, error, ratio, limits, P and the P of proportional hazards; and P under Efron's ties."""
    x = [[float(m.value)] for m in sample.members]
    model = cox_model(sample.time_days, sample.event, x)
    efron = cox_model(sample.time_days, sample.event, x, ties="efron")
    ph = proportional_hazards(sample.time_days, sample.event, x)
    assert model is not None
    assert efron is not None
    assert ph is not None
    fit = model.coefficients[0]
    own = [fit.coefficient, fit.standard_error, fit.hazard_ratio, fit.low, fit.high, fit.p]
    return [*own, ph[-1].p], efron.coefficients[0].p
