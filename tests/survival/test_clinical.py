"""The clinical table at the door: what it refuses, what it warns of, what it makes of good rows."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from mri.problems import RefusedError
from survival.clinical import check_clinical, read_clinical
from survival.cohort import read_cohort
from survival.parameters import SurvivalParameters
from tests.survival.tables_of_text import GOOD, table

TODAY = date(2026, 1, 1)


def _problems(tmp_path: Path, *rows: dict[str, str], parameters: SurvivalParameters | None = None) -> dict[str, str]:
    found = check_clinical(table(tmp_path / "clinical.csv", rows), parameters=parameters)
    return {p.code: f"{p.where}: {p.message}" for p in found}


def test_a_good_table_has_no_problem_and_holds_days(tmp_path: Path) -> None:
    """Dates become days from the diagnosis; the id leaves the values."""
    found = read_clinical(table(tmp_path / "clinical.csv", [GOOD]), today=TODAY)
    row = found.rows[0]
    assert found.problems == ()
    assert found.timeline == "original"
    assert (row.participant_id, row.number, row.diagnosis_date) == ("P1", 2, date(2010, 1, 11))
    assert row.values["death_days"] == 100
    assert row.values["iscm_presentation_days"] == -10
    assert row.values["iscm_diagnosis_days"] == 0
    assert "participant_id" not in found.columns
    assert not any(name.endswith("_date") for name in found.columns)


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"participant_id": ""}, "no_id", "participant_id"),
        ({"participant_id": "A 1"}, "id_not_alphanumeric", "participant_id"),
        ({"death_date": "21/04/2010"}, "date_not_iso", "death_date"),
        ({"death_date": "40289"}, "excel_serial", "death_date"),
        ({"primary_diagnosis_date": "2009-01"}, "date_partial", "primary_diagnosis_date"),
        ({"death_date": "2031-01-01"}, "date_in_future", "death_date"),
        ({"death_date": "2010-01-05"}, "end_before_diagnosis", "death_date"),
        ({"death_date": "2009-12-05"}, "end_before_presentation", "death_date"),
        ({"last_known_alive_date": "2010-05-05"}, "alive_after_death", "last_known_alive_date"),
        ({"iscm_presentation_date": "2010-01-12"}, "diagnosis_before_presentation", "iscm_presentation_date"),
        ({"iscm_diagnosis_date": ""}, "no_diagnosis", "iscm_diagnosis_date"),
        ({"vital_status": "1"}, "not_a_code", "vital_status"),
        ({"death_date": ""}, "dead_without_date", "death_date"),
        ({"vital_status": "alive"}, "alive_with_death_date", "death_date"),
        ({"death_date": "2010-01-11"}, "zero_duration", "death_date"),
        ({"sex": "woman"}, "not_a_code", "sex"),
        ({"ecog_ps": "9"}, "missing_code", "ecog_ps"),
        ({"ecog_ps": "UNK"}, "missing_code", "ecog_ps"),
        ({"iscm_precedes_primary": "1"}, "against_its_sources", "iscm_precedes_primary"),
        ({"primary_malignancy": "cns", "lung_breast": "1"}, "against_its_sources", "lung_breast"),
        ({"primary_subtype": "glioblastoma"}, "subtype_of_another_primary", "primary_subtype"),
        ({"paraplegia": "0", "paraplegia_interval_days": "3"}, "value_without_parent", "paraplegia_interval_days"),
        ({"paraplegia": "0", "paraplegia_at_diagnosis": "1"}, "paraplegia_and_not", "paraplegia"),
        ({"treatment_status": "refused", "treatment_surgery": "1"}, "treated_and_not", "treatment_status"),
        ({"followup_mri_n": "0", "new_iscm_date": "2010-02-01"}, "new_iscm_without_mri", "new_iscm_date"),
        ({"os_months": "3"}, "os_months_with_dates", "os_months"),
        ({"timeline": "guessed"}, "timeline_unknown", "timeline"),
    ],
)
def test_each_stop_is_named_with_row_and_column(tmp_path: Path, change: dict[str, str], code: str, column: str) -> None:
    """One bad cell: one refusal, at its place."""
    path = table(tmp_path / "clinical.csv", [GOOD | change])
    with pytest.raises(RefusedError) as refused:
        read_clinical(path, today=TODAY)
    errors = {p.code: p for p in refused.value.problems if p.severity == "error"}
    assert code in errors
    assert column in errors[code].where
    assert "clinical.csv" in errors[code].where


def test_every_problem_is_named_at_once(tmp_path: Path) -> None:
    """Four bad rows are four messages, not one after the other."""
    rows = [
        GOOD,
        GOOD | {"participant_id": "P2", "age_at_diagnosis_years": "-9"},
        GOOD | {"participant_id": "P3", "death_date": "21.04.2010", "sex": "2"},
        GOOD,
    ]
    with pytest.raises(RefusedError) as refused:
        read_clinical(table(tmp_path / "clinical.csv", rows), today=TODAY)
    assert {(p.code, p.where) for p in refused.value.problems} == {
        ("missing_code", "clinical.csv, row 3, column age_at_diagnosis_years"),
        ("date_not_iso", "clinical.csv, row 4, column death_date"),
        ("not_a_code", "clinical.csv, row 4, column sex"),
        ("id_twice", "clinical.csv, row 5, column participant_id"),
    }


def test_a_date_that_cannot_be_read_is_not_also_called_missing(tmp_path: Path) -> None:
    """One fault, one message."""
    assert set(_problems(tmp_path, GOOD | {"death_date": "x"})) == {"date_not_iso"}


@pytest.mark.parametrize("column", ["vital_status", "primary_malignancy", "iscm_diagnosis_date"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    """The refusal names the column to add."""
    row = {name: text for name, text in GOOD.items() if name != column}
    assert f"no column {column}" in _problems(tmp_path, row)["no_column"]


def test_a_table_without_an_id_column_is_refused_with_the_mend(tmp_path: Path) -> None:
    """The message names participant_id and the way by source_patient_id."""
    row = {name: text for name, text in GOOD.items() if name != "participant_id"}
    message = _problems(tmp_path, row)["no_id_column"]
    assert "participant_id" in message
    assert "--ids" in message
    assert "is it study_id?" in _problems(tmp_path, row | {"study_id": "7"})["no_id_column"]


def test_a_row_without_a_study_code_takes_it_from_the_map(tmp_path: Path) -> None:
    """Both id columns: the study code where it stands, else the mapped hospital number."""
    rows = [GOOD | {"source_patient_id": "H1"}, GOOD | {"participant_id": "", "source_patient_id": "H2"}]
    found = read_clinical(table(tmp_path / "clinical.csv", rows), ids={"H1": "P9", "H2": "P2"}, today=TODAY)
    assert [row.participant_id for row in found.rows] == ["P1", "P2"]


def test_source_ids_are_mapped_and_never_shown(tmp_path: Path) -> None:
    """A hospital number becomes a participant; one that is not mapped is told by its row only."""
    row = {name: text for name, text in GOOD.items() if name != "participant_id"}
    rows = [{"source_patient_id": "H-7001", **row}, {"source_patient_id": "H-7002", **row}]
    found = read_clinical(table(tmp_path / "clinical.csv", rows), ids={"H-7001": "P1"}, today=TODAY)
    assert [r.participant_id for r in found.rows] == ["P1", ""]
    assert [(p.code, p.where) for p in found.problems] == [
        ("id_not_mapped", "clinical.csv, row 3, column source_patient_id")
    ]
    assert "H-700" not in repr(found)


def test_source_ids_without_their_map_are_refused(tmp_path: Path) -> None:
    """Without --ids nobody can be told."""
    row = {name: text for name, text in GOOD.items() if name != "participant_id"}
    assert "--ids" in _problems(tmp_path, row | {"source_patient_id": "H-7001"})["no_ids"]


def test_timelines_do_not_mix(tmp_path: Path) -> None:
    """Rows of two timelines, dates beside days, dates on a table in days, and a contradicted option are refused."""
    other = GOOD | {"participant_id": "P2", "timeline": "shifted"}
    assert "timeline_mixed" in _problems(tmp_path, GOOD, other)
    assert "timeline_mixed" in _problems(tmp_path, GOOD | {"pet_days": "3"})
    assert "timeline_mixed" in _problems(tmp_path, GOOD | {"timeline": "days"})
    assert "timeline_mixed" in _problems(tmp_path, GOOD, parameters=SurvivalParameters(timeline="shifted"))


def test_an_undeclared_timeline_is_taken_as_original_with_a_warning(tmp_path: Path) -> None:
    """The reader of the log can see what was assumed."""
    row = {name: text for name, text in GOOD.items() if name != "timeline"}
    found = read_clinical(table(tmp_path / "clinical.csv", [row]), today=TODAY)
    assert found.timeline == "original"
    assert [p.code for p in found.problems] == ["timeline_assumed"]


def test_a_table_in_days_needs_no_date(tmp_path: Path) -> None:
    """``*_days`` stand for the dates; the diagnosis is day 0."""
    row = {"participant_id": "P1", "primary_malignancy": "lung", "vital_status": "lost", "last_known_alive_days": "44"}
    found = read_clinical(table(tmp_path / "clinical.csv", [row]))
    assert found.timeline == "days"
    assert found.rows[0].diagnosis_date is None
    assert found.rows[0].values["last_known_alive_days"] == 44
    assert found.rows[0].values["iscm_diagnosis_days"] == 0


def test_survival_in_months_stands_in_for_dates(tmp_path: Path) -> None:
    """Neither dates nor days are asked for where os_months is given; 0 needs the declared rule."""
    row = {"participant_id": "P1", "primary_malignancy": "lung", "vital_status": "dead", "os_months": "0"}
    assert set(_problems(tmp_path, row)) == {"zero_duration"}
    assert not _problems(tmp_path, row, parameters=SurvivalParameters(zero_duration="keep"))


def test_shifted_dates_may_lie_in_the_future(tmp_path: Path) -> None:
    """A shift may lead past today; only original dates are held against it."""
    row = GOOD | {"timeline": "shifted", "death_date": "2010-06-01"}
    assert read_clinical(table(tmp_path / "clinical.csv", [row]), today=date(2010, 2, 1)).problems == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"age_at_diagnosis_years": "17"}, "unusual_age"),
        ({"vital_status": "lost", "death_date": ""}, "no_censoring_date"),
        ({"vital_status": ""}, "no_status"),
        ({"new_iscm_date": "2010-01-01"}, "new_iscm_at_baseline"),
        ({"treatment_surgery": "1", "treatment_surgery_date": "2010-01-01"}, "treated_before"),
        ({"data_cutoff_date": "2010-03-01"}, "after_cutoff"),
        ({"age_at_diagnosis_yrs": "61"}, "column_misspelt"),
        ({"lung_breast": "1"}, "derived_column"),
        ({"ecog_ps": ""}, "many_missing"),
        ({"sex": "unknown"}, "unknown_as_empty"),
        ({"patient_name": "Somebody"}, "identifying_column"),
        ({"remark": "seen 2010-01-02"}, "date_in_text"),
    ],
)
def test_what_is_odd_but_possible_is_a_warning(tmp_path: Path, change: dict[str, str], code: str) -> None:
    """The table is read all the same, with the warning."""
    found = read_clinical(table(tmp_path / "clinical.csv", [GOOD | change]), today=TODAY)
    assert code in {p.code for p in found.problems}


def test_other_columns_pass_through_but_nothing_that_identifies_or_dates(tmp_path: Path) -> None:
    """A user's column stays, a user's date is in days, a name, a birth date and a remark with a date are left out."""
    row = GOOD | {
        "biopsy_grade": "3",
        "relapse_date": "2010-01-21",
        "Surname": "Somebody",
        "mrn": "123",
        "birth_date": "1950-01-01",
        "remark": "on 2010-01-02",
    }
    found = read_clinical(table(tmp_path / "clinical.csv", [row]), today=TODAY)
    assert found.columns[-2:] == ("biopsy_grade", "relapse_days")
    assert found.rows[0].values["biopsy_grade"] == "3"
    assert found.rows[0].values["relapse_days"] == 10
    assert not {"Surname", "mrn", "remark", "birth_days"} & set(found.columns)
    assert "Somebody" not in repr(found)


def test_sites_are_added_up_and_held_against_the_given_sum(tmp_path: Path) -> None:
    """All twelve sites known: the sum is made; a different sum that was typed in is refused."""
    sites = "bone brain leptomeninges liver adrenal lung kidney bone_marrow muscle lymph_node_nonregional spleen other"
    row = GOOD | {f"met_{site}": "no" for site in sites.split()} | {"met_bone": "yes", "met_liver": "yes"}
    found = read_clinical(table(tmp_path / "clinical.csv", [row]), today=TODAY)
    assert found.rows[0].values["n_other_metastatic_sites"] == 2
    assert "n_other_metastatic_sites" in found.columns
    assert "sites_do_not_add_up" in _problems(tmp_path, row | {"n_other_metastatic_sites": "3"})


def test_an_excluded_patient_needs_neither_dates_nor_status(tmp_path: Path) -> None:
    """The row feeds the inclusion flow only."""
    excluded = {"participant_id": "P2", "timeline": "original", "exclusion": "no_pretreatment_mri"}
    found = read_clinical(table(tmp_path / "clinical.csv", [GOOD, excluded]), today=TODAY)
    assert found.rows[1].values["exclusion"] == "no_pretreatment_mri"
    assert found.problems == ()


def test_two_cut_offs_in_original_dates_are_refused(tmp_path: Path) -> None:
    """The data cut-off is one day for all."""
    rows = [GOOD | {"data_cutoff_date": "2015-01-01"}]
    rows.append(rows[0] | {"participant_id": "P2", "data_cutoff_date": "2016-01-01"})
    assert "cutoff_differs" in _problems(tmp_path, *rows)


def test_an_excel_table_is_read_like_a_csv(tmp_path: Path) -> None:
    """Date cells, number cells and text cells give the same rows."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(GOOD))
    sheet.append(
        [date.fromisoformat(t) if n.endswith("_date") and t else int(t) if t.isdigit() else t for n, t in GOOD.items()]
    )
    book.save(tmp_path / "clinical.xlsx")
    from_excel = read_clinical(tmp_path / "clinical.xlsx", today=TODAY)
    assert from_excel.rows == read_clinical(table(tmp_path / "clinical.csv", [GOOD]), today=TODAY).rows


def test_an_empty_table_is_refused(tmp_path: Path) -> None:
    """A header alone is no cohort."""
    (tmp_path / "clinical.csv").write_text(",".join(GOOD) + "\n", encoding="utf-8")
    assert "empty_table" in {p.code for p in check_clinical(tmp_path / "clinical.csv")}


@pytest.mark.parametrize("bad", ["", "11/01/2010"])
def test_a_bad_diagnosis_calls_no_other_date_missing(tmp_path: Path, bad: str) -> None:
    """The death has a date, which only cannot be counted; what is truly wrong beside it is listed at once."""
    found = _problems(tmp_path, GOOD | {"iscm_diagnosis_date": bad, "sex": "woman"})
    assert "dead_without_date" not in found
    assert set(found) - {"many_missing"} == {"no_diagnosis" if not bad else "date_not_iso", "not_a_code"}
    lost = GOOD | {"iscm_diagnosis_date": bad, "vital_status": "lost", "death_date": ""}
    assert "no_censoring_date" not in _problems(tmp_path, lost | {"last_known_alive_date": "2010-04-21"})
    assert "no_censoring_date" in _problems(tmp_path, lost)


def test_an_address_in_any_column_of_a_cohort_is_refused(tmp_path: Path) -> None:
    """A cohort table is copied as it is, unknown columns and all: the column is named, the address is not."""
    path = table(tmp_path / "cohort.csv", [GOOD | {"remark": "ask doctor@hospital.example"}])
    with pytest.raises(RefusedError, match="column remark: holds an e-mail address") as refused:
        read_cohort(path)
    assert "doctor" not in str(refused.value)
