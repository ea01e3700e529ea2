"""Cox models that a plan declares: several covariates, delayed entry, a landmark, a covariate that changes."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import docx
import numpy as np
import pandas as pd
import pytest

from mri.problems import RefusedError
from survival import formats
from survival.analysis import analyse
from survival.estimate import cox_model, cox_regression
from survival.estimate.timing import landmark, split_at_exposure
from survival.latex import latex
from survival.layout import layouts
from survival.models import compute_models
from survival.plan import load_plan
from survival.results import Patients, ResultRow, compute
from survival.tables import print_tables
from survival.word import word
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
    assert (row.hr, row.n, row.n_missing, row.n_ended) == (fit.hazard_ratio, len(kept), 1, 79 - len(kept))
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
        ('covariates = ["nr_lesions"]', "'nr_lesions' is no row"),
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


def test_each_line_of_a_model_has_its_own_p(tmp_path: Path) -> None:
    """In HTML, Word and LaTeX alike: the heading and the reference have none, every other line that of Wald."""
    patients = _patients(100, grade=tuple(str(i % 3) for i in range(100)))
    groups = [{"label": name, "codes": [i]} for i, name in enumerate("abc")]
    plan = make_plan(
        SIZE,
        {**SIGN, "id": "grade", "variable": "grade", "groups": groups},
        models=[{**MODEL, "covariates": ["grade"]}],
    )
    rows = compute_models(plan, patients)
    (table,) = print_tables(plan, rows, ())
    head, reference, second, third = table.lines
    assert (head.p, reference.p) == ("", "")
    expected = [formats.p_value(row.p) for row in rows[1:]]
    assert [second.p, third.p] == expected
    assert len(set(expected)) == 2
    (laid_out,) = layouts((table,), (), (), (), "notice")
    text = latex([laid_out], "notice")
    (tmp_path / "t.docx").write_bytes(word([laid_out], "t", (), "notice"))
    cells = [[cell.text for cell in row.cells] for row in docx.Document(str(tmp_path / "t.docx")).tables[0].rows]
    column = cells[0].index("P")
    assert [row[column] for row in cells[1:]] == ["", "", *expected]
    for line in (second, third):
        printed = next(row for row in text.splitlines() if line.label in row and row.count("&") > 3)
        assert f"& {line.p} &".replace("<", "$<$") in printed or f"& {line.p} &" in printed


def test_the_report_has_the_p_of_each_line(tmp_path: Path) -> None:
    """The page shows P of the group after the landmark; the detail parts who is not known from who had ended."""
    path = tmp_path / "plan.toml"
    path.write_text(PLAN + 'covariates = ["late"]\nlandmark_days = 120', encoding="utf-8")
    result = analyse(COHORT, load_plan(path), tmp_path / "out")
    row = next(row for row in result.rows if row.group == "New lesion: Yes")
    text = result.report.read_text(encoding="utf-8")
    line = text[text.index("New lesion: Yes") :].split("</tr>")[0]
    assert f"<td>{formats.p_value(row.p)}</td>" in line
    assert (row.n_missing, row.n_ended) == (9, 19)
    assert "9 not known; 19 ended before" in text


@pytest.mark.parametrize("change", [{"time_varying": True, "covariates": ["late"]}, {"entry": "entry_days"}])
def test_a_median_that_was_not_computed_is_a_dash(change: dict[str, object]) -> None:
    """Not NE, which would say that the curve never came down to one half."""
    days = tuple("20" if i % 3 == 0 else "" for i in range(80))
    patients = _patients(late=tuple("1" if day else "0" for day in days), late_days=days, entry_days=("5",) * 80)
    plan = make_plan(SIZE, LATE, models=[{**MODEL, **change}])
    (table,) = print_tables(plan, compute_models(plan, patients), ())
    assert {(line.median, line.months) for line in table.lines[1:]} == {("—", "—")}


def test_who_ends_on_the_landmark_is_out_and_who_comes_on_it_is_exposed() -> None:
    """The landmark's own day: observed after it, exposed by it."""
    days = tuple("30" if i % 2 == 0 else "" for i in range(80))
    patients = _patients(late=tuple("1" if day else "0" for day in days), late_days=days)
    kept = [i for i, end in enumerate(patients.time_days["iscm_diagnosis"]) if (end or 0) > 30]
    rows = _fitted(patients, LATE, covariates=["late"], landmark_days=30)
    assert rows["Late: Yes"].n == sum(i % 2 == 0 for i in kept)
    assert rows["Late: No"].n == sum(i % 2 == 1 for i in kept)
    same = landmark(patients.time_days["iscm_diagnosis"], patients.event, [30.0 if d else None for d in days], 30)  # type: ignore[arg-type]
    assert same.kept == tuple(kept)
    assert sum(same.exposed) == rows["Late: Yes"].n


def test_with_a_landmark_the_entry_counts_from_it() -> None:
    """Who enters on day 50 is at risk from day 20 after a landmark on day 30; who entered before it from its day on."""
    entry = tuple("50" if i % 2 else "10" for i in range(80))
    late = tuple(str(i % 4 // 2) for i in range(80))
    patients = _patients(late=late, late_days=tuple("5" if x == "1" else "" for x in late), entry_days=entry)
    time = [t or 0.0 for t in patients.time_days["iscm_diagnosis"]]
    rows = _fitted(patients, LATE, covariates=["late"], landmark_days=30, entry="entry_days")
    kept = [i for i in range(80) if time[i] > 30 and time[i] > float(entry[i])]
    fit = cox_regression(
        [time[i] - 30 for i in kept],
        [patients.event[i] for i in kept],
        [float(late[i]) for i in kept],
        entry_days=[max(float(entry[i]) - 30, 0) for i in kept],
    )
    assert fit is not None
    assert rows["Late: Yes"].hr == pytest.approx(fit.hazard_ratio)


def test_a_late_covariate_without_post_baseline_has_the_words_of_immortal_time() -> None:
    """The plan forgot to say it, the dictionary knows it: in the data, in the table and in Word's notes."""
    patients = _patients(treated=tuple(str(i % 2) for i in range(80)))
    treated = {**SIGN, "id": "treated", "variable": "treated"}
    plan = make_plan(SIZE, treated, models=[{**MODEL, "covariates": ["size", "treated"]}])
    rows = compute_models(plan, patients)
    assert all({"immortal_time", "post_baseline"} <= set(row.flags.split(";")) for row in rows)
    assert not any(row.baseline for row in rows)
    assert {row.baseline for row in compute(plan, patients) if row.row_id == "treated"} == {False}
    (table,) = print_tables(plan, rows, ())
    assert any("Immortal time" in words for _, words in table.footnotes)
    assert table.lines[0].marks
    (laid_out,) = layouts((table,), (), (), (), "notice")
    assert any("Immortal time" in note for note in laid_out.notes)
    plain = compute_models(make_plan(SIZE, SIGN, models=[{**MODEL, "covariates": ["size", "sign"]}]), patients)
    assert {row.flags for row in plain} == {""}
