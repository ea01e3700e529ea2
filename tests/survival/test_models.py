"""Cox models that a plan declares: several covariates, delayed entry, a landmark, a covariate that changes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mri.problems import RefusedError
from survival.analysis import analyse
from survival.estimate import cox_model, cox_regression
from survival.estimate.timing import split_at_exposure
from survival.models import compute_models
from survival.plan import load_plan
from survival.results import Patients, ResultRow
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_patients, make_plan

COHORT = Path(__file__).resolve().parents[2] / "sample_scans" / "cohort" / "cohort.csv"
LATE = {**SIGN, "id": "late", "label": "Late", "variable": "late", "post_baseline": True, "exposed_from": "late_days"}
MODEL: dict[str, object] = {"id": "model", "table": "Table 1", "label": "Together", "covariates": ["size"]}
PLAN = """
format = 1
name = "mine"
title = "t"
source = "s"
methods = "m"
[[tables]]
name = "A"
file = "a"
title = "a"
[[rows]]
id = "multiple"
table = "A"
label = "Several"
variable = "multiple"
kind = "categoric"
groups = [{ label = "One", codes = [0] }, { label = "More", codes = [1] }]
[[rows]]
id = "late"
table = "A"
label = "New lesion"
variable = "new_lesions_followup"
kind = "categoric"
post_baseline = true
exposed_from = "new_iscm_days"
groups = [{ label = "No", codes = ["no"] }, { label = "Yes", codes = ["yes"] }]
[[rows]]
id = "all"
table = "A"
label = "All"
kind = "overall"
[[rows]]
id = "other_origin"
table = "A"
label = "Age"
variable = "age_at_diagnosis_years"
kind = "continuous"
origin = "iscm_presentation"
[[models]]
id = "model"
table = "A"
label = "Model"
"""


def _patients(n: int = 80, **columns: tuple[object, ...]) -> Patients:
    """Return many patients of different times, most of whom die."""
    rng = np.random.default_rng(3)
    cells = {
        "sign": tuple(rng.integers(0, 2, n).tolist()),
        "size": tuple(rng.integers(5, 60, n).tolist()),
        "n_lesions": (1,) * n,
        "author": ("reader",) * n,
    } | columns
    return Patients(
        columns={name: tuple(str(cell) for cell in values) for name, values in cells.items()},
        time_days={"iscm_diagnosis": tuple((rng.permutation(n) + 1.0).tolist())},
        event=tuple(int(x) for x in rng.random(n) < 0.8),
    )


def _fitted(patients: Patients, *rows: Mapping[str, object], **model: object) -> dict[str, ResultRow]:
    plan = make_plan(OVERALL, SIGN, SIZE, *rows, models=[{**MODEL, **model}])
    return {str(row.group): row for row in compute_models(plan, patients)}


def _numbers(patients: Patients, name: str) -> list[float]:
    return [float(cell) for cell in patients.columns[name]]


def test_two_covariates_are_fitted_together() -> None:
    """The same as the model made by hand; the reference group has no ratio; the whole model's test is beside it."""
    patients = _patients()
    rows = _fitted(patients, covariates=["sign", "size"])
    columns = np.column_stack([_numbers(patients, "sign"), _numbers(patients, "size")])
    model = cox_model(patients.time_days["iscm_diagnosis"], patients.event, columns)  # type: ignore[arg-type]
    assert model is not None
    assert list(rows) == ["Sign: No", "Sign: Yes", "Size, per mm"]
    yes, size = rows["Sign: Yes"], rows["Size, per mm"]
    assert (yes.hr, yes.p) == (model.coefficients[0].hazard_ratio, model.coefficients[0].p)
    assert (size.hr, size.hr_low, size.hr_high) == (
        model.coefficients[1].hazard_ratio,
        model.coefficients[1].low,
        model.coefficients[1].high,
    )
    assert (rows["Sign: No"].hr, rows["Sign: No"].reference) == (None, "Sign: No")
    assert {row.p_second for row in rows.values()} == {model.likelihood_ratio.p}
    assert {row.test for row in rows.values()} == {"Cox, several covariates"}
    assert rows["Sign: Yes"].n + rows["Sign: No"].n == size.n == 80
    assert rows["Sign: Yes"].median is not None


def test_a_patient_without_one_of_the_covariates_is_left_out_of_all() -> None:
    """Complete cases of the model, counted as missing."""
    patients = _patients()
    sizes = ("", *patients.columns["size"][1:])
    rows = _fitted(_patients(size=sizes), covariates=["sign", "size"])
    assert (rows["Size, per mm"].n, rows["Size, per mm"].n_missing) == (79, 1)


def test_more_coefficients_than_a_tenth_of_the_deaths_are_refused() -> None:
    """Six patients with five deaths: two covariates are not fitted, one is."""
    both = _fitted(make_patients(), covariates=["sign", "size"])
    assert {row.flags for row in both.values()} == {"too_many_coefficients"}
    assert {row.hr for row in both.values()} == {None}
    assert _fitted(make_patients())["Size, per mm"].hr is not None


def test_delayed_entry_takes_nobody_before_the_day_of_entry() -> None:
    """As by hand; who ended before the entry is out, and who has no day of entry is missing."""
    patients = _patients(entry_days=("", *("10",) * 79))
    time = patients.time_days["iscm_diagnosis"]
    row = _fitted(patients, entry="entry_days")["Size, per mm"]
    kept = [i for i in range(1, 80) if (time[i] or 0) > 10]
    fit = cox_regression(
        [time[i] or 0 for i in kept],
        [patients.event[i] for i in kept],
        [_numbers(patients, "size")[i] for i in kept],
        entry_days=[10.0] * len(kept),
    )
    assert fit is not None
    assert (row.hr, row.n, row.n_missing) == (fit.hazard_ratio, len(kept), 80 - len(kept))
    assert row.flags == "day_not_known;ended_before_entry"
    assert (row.test, row.median) == ("Cox, one covariate, delayed entry", None)


def test_a_landmark_counts_what_had_come_by_then() -> None:
    """Exposed after the landmark is not exposed; time runs from it; who ended by then is out."""
    days = tuple("20" if i % 4 == 0 else "60" if i % 4 == 1 else "" for i in range(80))
    late = tuple("1" if day else "0" for day in days)
    patients = _patients(late=late, late_days=days)
    time = patients.time_days["iscm_diagnosis"]
    rows = _fitted(patients, LATE, covariates=["late"], landmark_days=30)
    kept = [i for i in range(80) if (time[i] or 0) > 30]
    fit = cox_regression(
        [(time[i] or 0) - 30 for i in kept],
        [patients.event[i] for i in kept],
        [float(days[i] == "20") for i in kept],
    )
    assert fit is not None
    assert rows["Late: Yes"].hr == fit.hazard_ratio
    assert rows["Late: Yes"].n == sum(days[i] == "20" for i in kept)
    assert rows["Late: Yes"].flags == "before_landmark"
    assert not rows["Late: Yes"].baseline
    assert rows["Late: Yes"].test == "Cox, from a landmark on day 30"


def test_a_covariate_that_changes_beside_one_that_does_not() -> None:
    """Each patient is unexposed until the day and exposed after it; size stays."""
    days = tuple("20" if i % 3 == 0 else "" for i in range(80))
    patients = _patients(late=tuple("1" if day else "0" for day in days), late_days=days)
    time = [t or 0.0 for t in patients.time_days["iscm_diagnosis"]]
    rows = _fitted(patients, LATE, covariates=["late", "size"], time_varying=True)
    pieces = split_at_exposure(time, patients.event, [float(day) if day else None for day in days])
    size = _numbers(patients, "size")
    model = cox_model(
        [p.stop for p in pieces],
        [p.event for p in pieces],
        [(p.exposed, size[p.row]) for p in pieces],
        entry_days=[p.start for p in pieces],
    )
    assert model is not None
    assert rows["Late: Yes"].hr == pytest.approx(model.coefficients[0].hazard_ratio)
    assert rows["Size, per mm"].hr == pytest.approx(model.coefficients[1].hazard_ratio)
    assert rows["Late: Yes"].test == "Cox, a covariate that changes"


def test_an_exposure_without_its_day_is_left_out() -> None:
    """Nobody knows when it came; those who never had it stay."""
    patients = _patients(late=("1", *("0", "1") * 39, "0"), late_days=("", *("", "5") * 39, ""))
    rows = _fitted(patients, LATE, covariates=["late"], time_varying=True)
    assert rows["Late: Yes"].n + rows["Late: No"].n == 79
    assert rows["Late: Yes"].flags == "day_not_known"


@pytest.mark.real_data
def test_the_hearts_of_stanford(shared_data: Path) -> None:
    """One row per patient with the day of the transplant gives R's model of two intervals per patient."""
    heart = pd.read_csv(shared_data / "survival" / "r_reference" / "data" / "heart.csv")
    last = heart.groupby("id").last()
    days = tuple(f"{row.start:g}" if row.transplant == 1 else "" for row in last.itertuples())
    late = tuple("1" if day else "0" for day in days)
    patients = _patients(len(last), late=late, late_days=days, size=tuple(last["age"]), sign=tuple(last["surgery"]))
    patients = replace(
        patients,
        time_days={"iscm_diagnosis": tuple(last["stop"].tolist())},
        event=tuple(last["event"].tolist()),
    )
    rows = _fitted(patients, LATE, covariates=["late", "size", "sign"], time_varying=True)
    found = [rows[name].hr for name in ("Late: Yes", "Size, per mm", "Sign: Yes")]
    assert np.log(np.array(found, dtype=float)) == pytest.approx(
        [0.0144196166127572, 0.0305322105487969, -0.77160999579941], abs=1e-9
    )


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('covariates = ["multple"]', "'multple' is no row"),
        ('covariates = ["all"]', "kind overall"),
        ('covariates = ["late"]', "immortal time"),
        ('covariates = ["multiple"]\ntime_varying = true', "exactly one covariate"),
        ('covariates = ["late"]\ntime_varying = true\nlandmark_days = 30', "either landmark_days or time_varying"),
        ('covariates = ["multiple"]\nlandmark_days = 0', "greater than 0"),
        ('covariates = ["multiple", "multiple"]', "twice"),
        ('covariates = ["other_origin"]', "another origin"),
        ("covariates = []", "at least 1"),
        ('covariates = ["multiple"]\nsubset = "few"', "'few' is not declared"),
        ('covariates = ["multiple"]\nlandmark = 30', "did you mean landmark_days"),
    ],
)
def test_each_error_of_a_model_is_named(tmp_path: Path, lines: str, message: str) -> None:
    """With the model's id as its place."""
    path = tmp_path / "plan.toml"
    path.write_text(PLAN + lines, encoding="utf-8")
    with pytest.raises(RefusedError, match=message) as refused:
        load_plan(path)
    assert all("models" in problem.where for problem in refused.value.problems)


@pytest.mark.parametrize("rows", ["3", '"multiple"', "{ id = 1 }", "[1, 2]"])
def test_rows_that_are_no_entries_are_named_beside_the_model(tmp_path: Path, rows: str) -> None:
    """A plan of the wrong shape is refused like any other, not a fault of the program."""
    path = tmp_path / "plan.toml"
    head = 'format = 1\nname = "a"\ntitle = "t"\nsource = "s"\nmethods = "m"\n'
    model = '[[models]]\nid = "m"\ntable = "A"\nlabel = "M"\ncovariates = ["multiple"]\n'
    path.write_text(f"{head}rows = {rows}\n{model}", encoding="utf-8")
    with pytest.raises(RefusedError, match="'multiple' is no row"):
        load_plan(path)


def test_entry_counts_from_the_diagnosis(tmp_path: Path) -> None:
    """A plan that counts from the presentation cannot use it."""
    path = tmp_path / "plan.toml"
    text = PLAN.replace("format = 1", 'format = 1\norigin = "iscm_presentation"')
    path.write_text(text + 'covariates = ["multiple"]\nentry = "entry_days"', encoding="utf-8")
    with pytest.raises(RefusedError, match="entry counts from the ISCM diagnosis"):
        load_plan(path)


def test_models_stand_in_the_tables_and_the_report(tmp_path: Path) -> None:
    """On the synthetic cohort: the naive ratio of new lesions is far from the one after a landmark."""
    path = tmp_path / "plan.toml"
    path.write_text(PLAN + 'covariates = ["late"]\nlandmark_days = 120', encoding="utf-8")
    result = analyse(COHORT, load_plan(path), tmp_path / "out")
    rows = {row.group: row for row in result.rows if row.row_id == "model"}
    assert rows["New lesion: Yes"].hr is not None
    text = result.report.read_text(encoding="utf-8")
    assert "New lesion: Yes" in text
    assert "left out" in text
    assert "Cox, from a landmark on day 120" in (tmp_path / "out" / "results.json").read_text(encoding="utf-8")
