"""Every stop and warning of the clinical table and of the join: a bad table for each, and one with all of them."""

import ast
from datetime import date
from pathlib import Path

import pytest

from mri.problems import Problem, RefusedError
from survival.baseline import baseline_problems, known_late
from survival.clinical import read_clinical
from survival.clinical_schema import load_schema
from survival.intake import take_in
from survival.join import join_tables
from survival.parameters import SurvivalParameters
from survival.plan import load_plan
from survival.results import compute
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_patients, make_plan
from tests.survival.tables_of_text import GOOD, IMAGING, table

TODAY = date(2026, 1, 1)
SURVIVAL = Path(__file__).resolve().parents[2] / "survival"
Row = dict[str, str]

CLINICAL: dict[str, Row] = {
    "no_id": {"participant_id": ""},
    "id_twice": {"participant_id": "P1"},
    "id_not_alphanumeric": {"participant_id": "A 1"},
    "date_not_iso": {"death_date": "21/04/2010"},
    "excel_serial": {"death_date": "40289"},
    "no_such_day": {"death_date": "2010-02-30"},
    "date_partial": {"primary_diagnosis_date": "2009-01"},
    "date_in_future": {"death_date": "2031-01-01"},
    "end_before_diagnosis": {"death_date": "2010-01-05"},
    "end_before_presentation": {"death_date": "2009-12-05"},
    "alive_after_death": {"last_known_alive_date": "2010-05-05"},
    "diagnosis_before_presentation": {"iscm_presentation_date": "2010-01-12"},
    "no_diagnosis": {"iscm_diagnosis_date": ""},
    "not_a_code": {"vital_status": "1"},
    "dead_without_date": {"death_date": ""},
    "alive_with_death_date": {"vital_status": "alive"},
    "zero_duration": {"death_date": "2010-01-11"},
    "missing_code": {"ecog_ps": "9"},
    "out_of_range": {"age_at_diagnosis_years": "140"},
    "not_a_number": {"age_at_diagnosis_years": "sixty"},
    "not_an_integer": {"ecog_ps": "2.5"},
    "decimal_comma": {"age_at_diagnosis_years": "61,5"},
    "not_a_boolean": {"met_bone": "2"},
    "against_its_sources": {"primary_malignancy": "cns", "lung_breast": "1"},
    "subtype_of_another_primary": {"primary_subtype": "glioblastoma"},
    "value_without_parent": {"paraplegia": "0", "paraplegia_interval_days": "3"},
    "paraplegia_and_not": {"paraplegia": "0", "paraplegia_at_diagnosis": "1"},
    "treated_and_not": {"treatment_status": "refused", "treatment_surgery": "1"},
    "new_iscm_without_mri": {"followup_mri_n": "0", "new_iscm_date": "2010-02-01"},
    "sites_do_not_add_up": {"n_other_metastatic_sites": "3"} | dict.fromkeys(load_schema().metastatic_sites(), "no"),
    "os_months_with_dates": {"os_months": "3"},
    "cutoff_differs": {"data_cutoff_date": "2016-01-01"},
    "after_cutoff": {"data_cutoff_date": "2010-03-01"},
    "timeline_unknown": {"timeline": "guessed"},
    "timeline_mixed": {"pet_days": "3"},
    "no_status": {"vital_status": ""},
    "no_censoring_date": {"vital_status": "lost", "death_date": ""},
    "unusual_age": {"age_at_diagnosis_years": "17"},
    "age_against_dates": {"age_at_diagnosis_years": "30", "primary_diagnosis_date": "1975-01-01"},
    "new_iscm_at_baseline": {"new_iscm_date": "2010-01-01"},
    "treated_before": {"treatment_surgery": "1", "treatment_surgery_date": "2010-01-01"},
    "column_misspelt": {"age_at_diagnosis_yrs": "61"},
    "derived_column": {"melanoma": "0"},
    "many_missing": {"comorbidity_index": "2"},
    "unknown_as_empty": {"sex": "unknown"},
    "identifying_column": {"patient_name": "Somebody"},
    "mail_address": {"comment": "somebody@hospital.example"},
    "date_in_text": {"remark": "seen 2010-01-02"},
}
"""What is changed in a good row, by the code that must come of it."""

ELSEWHERE = {
    "no_id_column": "a table without participant_id cannot have a row without one (test_clinical)",
    "no_ids": "as above: it is of tables with source_patient_id alone (test_clinical)",
    "id_not_mapped": "as above (test_clinical)",
    "no_column": "a column cannot be missing and wrong at once (test_clinical)",
    "empty_table": "a table without rows has no wrong row (test_clinical)",
    "timeline_assumed": "a table either declares its timeline or not (test_clinical)",
    "diagnosis_not_day_0": "only a table in days can have it, and that has no dates (below)",
    "excel_1904": "a workbook's own system of days; a CSV has none (test_sheet)",
}
"""Codes that one table cannot have together with the others: each has its own test, as named."""

DAY_TABLE = {"participant_id": "P1", "primary_malignancy": "lung", "vital_status": "dead", "death_days": "44"}
"""A patient in days."""
LATE_CHOICE: dict[str, object] = {"label": "later", "variable": "new_lesions_followup", "codes": ["yes"]}
COUNT_IN_LATER: dict[str, object] = {
    "id": "counted",
    "table": "Table 1",
    "label": "Sex",
    "variable": "sex",
    "subset": "later",
    "lines": [{"label": "Men", "codes": ["male"]}],
}


def _rows(*changes: Row) -> list[Row]:
    """Return a good row, and one of another participant for each change."""
    return [GOOD, *(GOOD | {"participant_id": f"P{i}"} | change for i, change in enumerate(changes, start=2))]


def _found(path: Path, parameters: SurvivalParameters | None = None) -> tuple[Problem, ...]:
    try:
        return read_clinical(path, parameters=parameters, today=TODAY).problems
    except RefusedError as refused:
        return refused.problems


def _cutoffs(code: str, change: Row) -> Row:
    """Return what the good row must say so that the change contradicts it."""
    return {"data_cutoff_date": "2015-01-01"} if code == "cutoff_differs" else {}


def _codes_in(*modules: str) -> set[str]:
    """Return every code that these modules can give, read from their source."""
    calls = [
        node
        for name in modules
        for node in ast.walk(ast.parse((SURVIVAL / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    named = [k.value for call in calls for k in call.keywords if k.arg == "code"]
    first = [call.args[0] for call in calls if call.func.id in ("error", "warning", "note") and call.args]  # type: ignore[attr-defined]
    return {node.value for node in (*named, *first) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("code", CLINICAL)
def test_a_bad_table_for_each(tmp_path: Path, code: str) -> None:
    """The one change gives the code, with the file as its place, a message of its own, and no date or name in it."""
    rows = _rows(CLINICAL[code])
    rows[0] = rows[0] | _cutoffs(code, CLINICAL[code])
    found = [p for p in _found(table(tmp_path / "clinical.csv", rows)) if p.code == code]
    assert found
    for problem in found:
        assert problem.where.startswith("clinical.csv")
        assert len(problem.message) > 15
        assert "Somebody" not in problem.message
        assert "2010-01-02" not in problem.message


def test_one_table_with_all_of_them_lists_all(tmp_path: Path) -> None:
    """Every stop and every warning of the table at once, each in its own row."""
    rows = _rows(*CLINICAL.values())
    rows[0] = rows[0] | {"data_cutoff_date": "2015-01-01"}
    found = _found(table(tmp_path / "clinical.csv", rows))
    assert sorted(set(CLINICAL) - {problem.code for problem in found}) == []
    numbers = {code: i for i, code in enumerate(CLINICAL, start=3)}
    places = {(problem.code, problem.where) for problem in found}
    for code, number in numbers.items():
        own = [where for of, where in places if of == code]
        of_rows = [where for where in own if ", row " in where and not where.endswith("row 1")]
        assert any(f"row {number}," in where for where in of_rows) or not of_rows, code


def test_no_code_is_without_its_bad_table() -> None:
    """A new check cannot come without a table made for it."""
    possible = _codes_in("cells.py", "row_checks.py", "clinical.py", "clinical_header.py")
    assert possible == set(CLINICAL) | set(ELSEWHERE)
    assert all(len(reason) > 20 for reason in ELSEWHERE.values())


def test_the_diagnosis_is_day_0(tmp_path: Path) -> None:
    """A table in days may leave the column out, but not contradict it."""
    found = _found(table(tmp_path / "clinical.csv", [DAY_TABLE | {"iscm_diagnosis_days": "3"}]))
    assert [p.code for p in found if p.severity == "error"] == ["diagnosis_not_day_0"]


@pytest.mark.parametrize(
    ("age", "born", "is_told"),
    [("30", "1979-01-10", True), ("30", "1979-01-13", False), ("30", "1978-12-31", True), ("90", "1850-01-01", False)],
)
def test_a_date_before_birth(tmp_path: Path, age: str, born: str, is_told: bool) -> None:
    """Somebody of 30 years on 11 January 2010 was born between 12 January 1979 and 11 January 1980."""
    row = GOOD | {"age_at_diagnosis_years": age, "primary_diagnosis_date": born}
    codes = [p.code for p in _found(table(tmp_path / "clinical.csv", [row]))]
    assert ("age_against_dates" in codes) == is_told


SHIFTED = GOOD | {"timeline": "shifted"}
LESION = {"session_id": "01", "lesion_id": "1", "enh_seg_count": "1", "t2_seg_count": "3"}
FAR = IMAGING | {"mri_date": "2012-01-10"}
Case = tuple[Row, list[Row], Row]
JOIN: dict[str, Case] = {
    "end_before_mri": ({"death_date": "2010-01-12"}, [IMAGING | {"mri_date": "2010-01-15"}], {}),
    "mri_far_from_diagnosis": ({"death_date": "2013-01-01"}, [FAR], {}),
    "pet_outside_window": ({"pet_date": "2009-11-10"}, [IMAGING], {}),
    "mri_after_treatment": (
        {"treatment_surgery": "1", "treatment_surgery_date": "2010-01-12"},
        [IMAGING | {"mri_date": "2010-01-20"}],
        {},
    ),
    "value_without_series": ({}, [IMAGING | {"has_enhanced_t1": "0"}], {}),
    "impossible_extent": ({}, [IMAGING | {"enh_si_mm_max": "-2"}], {}),
    "unit_mixed": ({}, [IMAGING], {"enh_si_mm": "4.5", "enh_seg_count": "5", "t2_seg_count": "5"}),
    "enhancement_longer_than_t2": ({}, [IMAGING], {"enh_seg_count": "4"}),
    "lesions_do_not_add_up": ({}, [IMAGING | {"n_lesions": "2"}], {}),
    "column_on_both_sides": ({"scanner_site": "B"}, [IMAGING | {"scanner_site": "A"}], {}),
    "age_capped": ({"age_at_diagnosis_years": "95"}, [IMAGING], {}),
    "excluded_without_imaging": ({"exclusion": "no_pretreatment_mri"}, [], {}),
    "unmatched": ({}, [], {}),
    "reference_by_order": (
        {"iscm_diagnosis_date": "", "death_date": "", "vital_status": "", "exclusion": "other"}
        | {"iscm_presentation_date": "", "primary_diagnosis_date": ""},
        [IMAGING, IMAGING | {"session_id": "02"}],
        {},
    ),
}
"""Changes of the clinical row, rows of patients.csv, change of the lesion row, by the code that must come of them."""

JOIN_ELSEWHERE = {
    "nothing_matches": "of tables that share no participant (test_join)",
    "no_date_shift": "of a key that is not the study's (test_reference)",
    "timeline_mixed": "of original dates without the key (test_reference)",
    "no_column": "of a table that is no patients.csv (test_reference)",
}


def _joined(folder: Path, *codes: str) -> tuple[Problem, ...]:
    clinical, imaging, lesions = [SHIFTED], [IMAGING], [LESION | {"participant_id": "P1"}]
    for number, code in enumerate(codes, start=2):
        change, sessions, lesion = JOIN[code]
        who = {"participant_id": f"P{number}"}
        clinical.append(SHIFTED | change | who)
        imaging += [session | who for session in sessions]
        lesions += [LESION | lesion | who | {"session_id": session["session_id"]} for session in sessions]
    for row in imaging:
        row.setdefault("scanner_site", "")
    read = read_clinical(table(folder / "clinical.csv", clinical))
    try:
        return join_tables(imaging, read, lesions=lesions).problems
    except RefusedError as refused:
        return refused.problems


@pytest.mark.parametrize("code", JOIN)
def test_a_bad_pair_of_tables_for_each(tmp_path: Path, code: str) -> None:
    """The participant, or the column, is named."""
    found = [p for p in _joined(tmp_path, code) if p.code == code]
    assert found
    assert all("P2" in p.where or "scanner_site" in p.where for p in found)


def test_one_pair_with_all_of_them_lists_all(tmp_path: Path) -> None:
    """Contradictions, warnings and the unmatched in one answer."""
    assert {p.code for p in _joined(tmp_path, *JOIN)} == set(JOIN)


def test_no_code_of_the_join_is_without_its_bad_tables() -> None:
    """A new check cannot come without a table made for it."""
    assert _codes_in("join.py", "join_checks.py", "reference.py") == set(JOIN) | set(JOIN_ELSEWHERE)


@pytest.mark.parametrize(
    ("pet", "is_told"), [(-61, False), (-62, True), (13, False), (14, True), (-60, False), (12, False)]
)
def test_both_ends_of_the_pet_window_count(tmp_path: Path, pet: int, is_told: bool) -> None:
    """The MRI is on day -1: from 60 days before it to 14 after it, days -61 to 13 from the diagnosis."""
    day = date.fromordinal(date(2010, 1, 11).toordinal() + pet).isoformat()
    clinical = read_clinical(table(tmp_path / "clinical.csv", [SHIFTED | {"pet_date": day}]))
    result = join_tables([IMAGING], clinical)
    assert ([p.code for p in result.problems] == ["pet_outside_window"]) == is_told
    assert result.rows[0]["pet_in_window"] == ("0" if is_told else "1")


def test_what_is_known_late_and_read_as_known_early_is_told() -> None:
    """A row on treatment that does not say post_baseline; the shipped plans say it where they should."""
    late = {**SIGN, "id": "treated", "variable": "treated"}
    assert [p.code for p in baseline_problems(make_plan(late))] == ["post_baseline_as_baseline"]
    assert list(baseline_problems(make_plan({**late, "post_baseline": True}))) == []
    for name in ("diehn2015", "lv2019", "template"):
        assert list(baseline_problems(load_plan(name))) == []
    assert {"treated", "response_days", "new_iscm_days", "new_lesions_followup"} <= known_late()


@pytest.mark.parametrize(
    ("rows", "changes", "place"),
    [
        (SIGN, {"filters": [LATE_CHOICE]}, "filters (later)"),
        (SIGN | {"subset": "later"}, {"subsets": [LATE_CHOICE | {"name": "later"}]}, "subsets (later; used by sign)"),
        (SIGN | {"missing_if": LATE_CHOICE}, {}, "rows (sign), missing_if"),
        (SIGN, {"subsets": [LATE_CHOICE | {"name": "later"}], "counts": [COUNT_IN_LATER]}, "used by counted)"),
    ],
)
def test_patients_chosen_by_the_future_are_told(
    rows: dict[str, object], changes: dict[str, object], place: str
) -> None:
    """A filter, a subset of a row or of a count, and a limit that are known only on follow-up."""
    (found,) = baseline_problems(make_plan(rows, **changes))
    assert found.code == "chosen_by_the_future"
    assert place in found.where
    assert "immortal time" in found.message


def test_a_late_subset_that_only_counts_what_comes_late_is_no_fault() -> None:
    """The response of the treated is counted among the treated; a subset that nothing uses does nothing."""
    later = {"subsets": [LATE_CHOICE | {"name": "later"}]}
    assert list(baseline_problems(make_plan(SIGN, **later))) == []
    late_count = COUNT_IN_LATER | {"variable": "treatment_status"}
    assert list(baseline_problems(make_plan(SIGN, counts=[late_count], **later))) == []


def test_an_analysis_carries_that_warning(tmp_path: Path) -> None:
    """With the plan and the row as its place."""
    treated = DAY_TABLE | {"treatment_status": "treated", "n_lesions": "1"}
    rows = [treated, DAY_TABLE | {"participant_id": "P2", "death_days": "60"}]
    plan = make_plan({**SIGN, "id": "treated", "variable": "treated"})
    problems = take_in(table(tmp_path / "cohort.csv", rows), plan).problems
    assert [p.where for p in problems if p.code == "post_baseline_as_baseline"] == ["plan small: rows (treated)"]


def test_small_and_deathless_groups_are_flagged() -> None:
    """Fewer than five patients, or no death: the rows of the results say so."""
    patients = make_patients(sign=(0, 0, 0, 0, 0, 1))
    flags = {row.group: row.flags for row in compute(make_plan(SIGN), patients)}
    assert flags == {"No": "", "Yes": "no_events;single_patient;small_group"}


def test_images_after_day_0_are_told_with_how_many_ended_before_them(tmp_path: Path) -> None:
    """Three after it, one of whom died on the very day; on day 0 or before nothing is told, nor where models use it."""
    days = [("30", "100"), ("60", "60"), ("1", "50"), ("0", "40"), ("-5", "30"), ("", "20")]
    rows = [
        DAY_TABLE | {"participant_id": f"P{i}", "entry_days": entry, "death_days": end}
        for i, (entry, end) in enumerate(days)
    ]
    path = table(tmp_path / "cohort.csv", rows)
    plain = make_plan(OVERALL, missing_columns="not_recorded")
    (found,) = [p for p in take_in(path, plain).problems if p.code == "entry_after_day_0"]
    assert "3 of 6 patients had their reference MRI after day 0, 1 of them ended by that day" in found.message
    early = table(tmp_path / "early.csv", rows[3:])
    assert not [p for p in take_in(early, plain).problems if p.code == "entry_after_day_0"]
    age = {**SIZE, "id": "age", "variable": "age_at_diagnosis_years"}
    model = {"id": "m", "table": "Table 1", "label": "M", "covariates": ["age"], "entry": "entry_days"}
    entered = take_in(path, make_plan(age, models=[model], missing_columns="not_recorded"))
    assert not [p for p in entered.problems if p.code == "entry_after_day_0"]


@pytest.mark.parametrize(("end", "is_told"), [("2010-04-20", True), ("2010-04-21", False)])
def test_the_day_of_the_cut_off_belongs_to_it(tmp_path: Path, end: str, is_told: bool) -> None:
    """The death of GOOD is on 2010-04-21: later than a cut-off of the day before only."""
    found = _found(table(tmp_path / "clinical.csv", [GOOD | {"data_cutoff_date": end}]))
    assert ("after_cutoff" in {p.code for p in found}) is is_told


@pytest.mark.parametrize(("empty", "is_told"), [(1, False), (2, True)])
def test_a_fifth_may_be_missing(tmp_path: Path, empty: int, is_told: bool) -> None:
    """One of five is 20 %, the limit itself; two are more."""
    rows = [GOOD | {"participant_id": f"P{i}", "ecog_ps": "" if i < empty else "1"} for i in range(5)]
    found = _found(table(tmp_path / "clinical.csv", rows))
    assert any(p.code == "many_missing" and "ecog_ps" in p.where for p in found) is is_told
