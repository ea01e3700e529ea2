"""Patients × clinical table: who matches, what the row holds, what is listed."""

import csv
import re
from pathlib import Path

import pytest

from mri.problems import RefusedError
from pipeline.config import load_config
from survival.clinical import ClinicalTable, read_clinical
from survival.clinical_schema import load_schema
from survival.join import JoinResult, join_tables, write_cohort
from survival.parameters import SurvivalParameters
from tests.survival.tables_of_text import GOOD, IMAGING, table

SHIFTED = GOOD | {"timeline": "shifted"}


def _clinical(tmp_path: Path, *rows: dict[str, str]) -> ClinicalTable:
    return read_clinical(table(tmp_path / "clinical.csv", rows))


def _join(tmp_path: Path, imaging: list[dict[str, str]], *rows: dict[str, str]) -> JoinResult:
    return join_tables(imaging, _clinical(tmp_path, *rows))


def test_a_row_holds_features_clinical_values_and_derived_columns_in_days(tmp_path: Path) -> None:
    """One patient, day by day worked by hand."""
    result = _join(tmp_path, [IMAGING], SHIFTED | {"pet_date": "2010-01-20"})
    row = result.rows[0]
    assert row["reference_session_id"] == "01"
    assert (row["match"], row["days_mri_to_diagnosis"], row["entry_days"]) == ("both", "1", "-1")
    assert (row["death_days"], row["time_presentation_days"], row["pet_in_window"]) == ("100", "110", "1")
    assert (row["lung_breast"], row["iscm_precedes_primary"], row["t2_ge3"]) == ("1", "0", "1")
    assert result.problems == ()
    assert result.counts == {"both": 1, "imaging_only": 0, "clinical_only": 0}


def test_columns_have_a_stable_order_and_no_date(tmp_path: Path) -> None:
    """Identity, imaging as in patients.csv, clinical as in the dictionary, derived last."""
    columns = _join(tmp_path, [IMAGING], dict(reversed(SHIFTED.items()))).columns
    assert columns[:5] == ("participant_id", "reference_session_id", "match", "days_mri_to_diagnosis", "entry_days")
    assert columns == _join(tmp_path, [IMAGING], SHIFTED).columns
    assert list(columns[-16:]) == list(load_schema().derived)
    assert not [name for name in columns if name.endswith("_date") or name in ("timeline", "session_id")]


def test_who_is_on_one_side_only_is_listed_and_keeps_a_row(tmp_path: Path) -> None:
    """P2 has imaging only, P3 a clinical row only; both are in the list with the reason, and in the table."""
    imaging = [IMAGING, IMAGING | {"participant_id": "P2"}]
    result = _join(tmp_path, imaging, SHIFTED, SHIFTED | {"participant_id": "P3"})
    assert [(u.participant_id, u.side, u.clinical_row) for u in result.unmatched] == [
        ("P3", "clinical_only", 3),
        ("P2", "imaging_only", None),
    ]
    assert [(row["participant_id"], row["match"]) for row in result.rows] == [
        ("P1", "both"),
        ("P2", "imaging_only"),
        ("P3", "clinical_only"),
    ]
    assert [(p.code, p.where) for p in result.problems] == [
        ("unmatched", "participant P3"),
        ("unmatched", "participant P2"),
    ]
    assert result.rows[1]["death_days"] == ""
    assert result.rows[1]["t2_ge3"] == "1"


def test_an_excluded_patient_without_imaging_is_expected(tmp_path: Path) -> None:
    """The exclusion code is the reason; it is no error."""
    excluded = {"participant_id": "P4", "timeline": "shifted", "exclusion": "no_pretreatment_mri"}
    result = _join(tmp_path, [IMAGING], SHIFTED, excluded)
    assert [u.reason for u in result.unmatched] == ["excluded: no_pretreatment_mri"]
    assert [(p.code, p.severity) for p in result.problems] == [("excluded_without_imaging", "note")]
    assert result.rows[1]["exclusion"] == "no_pretreatment_mri"


def test_a_source_id_that_is_not_mapped_is_listed_by_its_row(tmp_path: Path) -> None:
    """Nobody can say who it is, so only the row is told."""
    row = {n: t for n, t in SHIFTED.items() if n != "participant_id"}
    path = table(tmp_path / "clinical.csv", [{"source_patient_id": "H1", **row}, {"source_patient_id": "H2", **row}])
    result = join_tables([IMAGING], read_clinical(path, ids={"H1": "P1"}))
    assert [(u.participant_id, u.clinical_row) for u in result.unmatched] == [("", 3)]
    assert len(result.rows) == 1
    assert "H2" not in repr(result)


def test_nothing_in_common_is_refused_with_the_mend(tmp_path: Path) -> None:
    """Two tables of different id schemes are no cohort."""
    with pytest.raises(RefusedError, match="--ids"):
        _join(tmp_path, [IMAGING | {"participant_id": "P9"}], SHIFTED)


def test_original_dates_need_the_shift_and_get_the_same_days(tmp_path: Path) -> None:
    """MRI shifted by −500 days, clinical original: with the shift day −1, without it refused."""
    imaging = [IMAGING | {"mri_date": "2008-08-28"}]
    with pytest.raises(RefusedError, match="--key"):
        _join(tmp_path, imaging, GOOD)
    result = join_tables(imaging, _clinical(tmp_path, GOOD), date_shift_days={"P1": -500})
    assert result.rows[0]["entry_days"] == "-1"


def test_the_nearest_of_several_sessions_stands_in_the_row(tmp_path: Path) -> None:
    """One row per patient: the follow-up is not the reference."""
    follow_up = IMAGING | {"session_id": "02", "mri_date": "2010-03-10", "t2_seg_count_max": "9"}
    result = _join(tmp_path, [follow_up, IMAGING], SHIFTED)
    assert [(r["reference_session_id"], r["t2_seg_count_max"]) for r in result.rows] == [("01", "3")]


def test_contradictions_are_refused_all_at_once(tmp_path: Path) -> None:
    """A death before the MRI and a negative extent of another patient are both named."""
    second = IMAGING | {"participant_id": "P2", "enh_si_mm_max": "-2"}
    early = SHIFTED | {"death_date": "2010-01-12"}
    imaging = [IMAGING | {"mri_date": "2010-01-15"}, second]
    with pytest.raises(RefusedError) as refused:
        _join(tmp_path, imaging, early, SHIFTED | {"participant_id": "P2"})
    assert {p.code for p in refused.value.problems} == {"end_before_mri", "impossible_extent"}


def test_a_column_of_both_tables_must_agree(tmp_path: Path) -> None:
    """Equal values are one column, different ones are refused by the name of the column."""
    imaging = [IMAGING | {"scanner_site": "A"}]
    assert _join(tmp_path, imaging, SHIFTED | {"scanner_site": "A"}).rows[0]["scanner_site"] == "A"
    with pytest.raises(RefusedError, match="scanner_site"):
        _join(tmp_path, imaging, SHIFTED | {"scanner_site": "B"})


@pytest.mark.parametrize(("age", "written"), [("89", "89"), ("89.5", "90"), ("97", "90")])
def test_an_age_above_89_is_written_90(tmp_path: Path, age: str, written: str) -> None:
    """cohort.csv may be shared."""
    result = _join(tmp_path, [IMAGING], SHIFTED | {"age_at_diagnosis_years": age})
    assert result.rows[0]["age_at_diagnosis_years"] == written
    assert bool(result.problems) == (written == "90")


def test_a_table_in_days_joins_without_dates(tmp_path: Path) -> None:
    """The day of the MRI is not known then, and the row says so by being empty."""
    row = {"participant_id": "P1", "primary_malignancy": "lung", "vital_status": "dead", "death_days": "44"}
    result = _join(tmp_path, [IMAGING], row)
    assert (result.rows[0]["entry_days"], result.rows[0]["death_days"]) == ("", "44")


def test_the_reference_rule_is_a_parameter(tmp_path: Path) -> None:
    """A study that declares the first MRI gets it."""
    earlier = IMAGING | {"session_id": "02", "mri_date": "2009-12-10"}
    parameters = SurvivalParameters(reference_rule="first")
    result = join_tables([IMAGING, earlier], _clinical(tmp_path, SHIFTED), parameters=parameters)
    assert result.rows[0]["reference_session_id"] == "02"


WINDOW = SurvivalParameters(mri_window_days=(-60, 14))


@pytest.mark.parametrize(
    ("mri", "match"),
    [("2009-11-12", "both"), ("2009-11-11", "clinical_only"), ("2010-01-25", "both"), ("2010-01-26", "clinical_only")],
)
def test_both_ends_of_a_declared_window_count(tmp_path: Path, mri: str, match: str) -> None:
    """Day -60 and day 14 from the diagnosis on 11 January are inside, the days beside them are not."""
    result = join_tables([IMAGING | {"mri_date": mri}, OTHER], _clinical(tmp_path, SHIFTED, TWIN), parameters=WINDOW)
    row = result.rows[0]
    assert row["match"] == match
    assert bool(row["reference_session_id"]) == bool(row["t2_seg_count_max"]) == (match == "both")


OTHER = IMAGING | {"participant_id": "P2"}
TWIN = SHIFTED | {"participant_id": "P2"}


def test_who_has_no_mri_in_the_window_is_listed_with_the_days(tmp_path: Path) -> None:
    """The reason names window and days, the mend names the setting; the clinical row stays, the imaging does not."""
    far = [IMAGING | {"mri_date": "2009-10-03"}, IMAGING | {"session_id": "02", "mri_date": "2010-03-10"}]
    result = join_tables([*far, OTHER], _clinical(tmp_path, SHIFTED, TWIN), parameters=WINDOW)
    assert [(u.participant_id, u.side, u.clinical_row, u.reason) for u in result.unmatched] == [
        ("P1", "clinical_only", 2, "no MRI on day -60 to 14 from the diagnosis: made on day -100, 58"),
    ]
    assert "mri_window_days" in result.problems[0].message
    assert result.counts == {"both": 1, "imaging_only": 0, "clinical_only": 1}
    assert result.rows[0]["death_days"] == "100"


def test_the_nearest_is_sought_inside_the_window_only(tmp_path: Path) -> None:
    """Day 15 is nearer than day -30, but outside."""
    sessions = [IMAGING | {"mri_date": "2009-12-12"}, IMAGING | {"session_id": "02", "mri_date": "2010-01-26"}]
    result = join_tables(sessions, _clinical(tmp_path, SHIFTED), parameters=WINDOW)
    assert result.rows[0]["days_mri_to_diagnosis"] == "30"


def test_an_mri_of_unknown_day_is_in_no_window(tmp_path: Path) -> None:
    """A clinical table in days knows no calendar: whether the MRI lies in the window cannot be told."""
    row = {"participant_id": "P1", "primary_malignancy": "lung", "vital_status": "dead", "death_days": "44"}
    result = join_tables([IMAGING], _clinical(tmp_path, row), parameters=WINDOW)
    assert "on a day that is not known" in result.unmatched[0].reason


def test_an_excluded_patient_needs_no_mri_in_the_window(tmp_path: Path) -> None:
    """The exclusion is the reason already."""
    excluded = TWIN | {"exclusion": "other"}
    imaging = [IMAGING, OTHER | {"mri_date": "2008-01-01"}]
    result = join_tables(imaging, _clinical(tmp_path, SHIFTED, excluded), parameters=WINDOW)
    assert result.unmatched == ()


def test_a_window_that_ends_before_it_begins_is_refused() -> None:
    """Nothing would lie in it."""
    with pytest.raises(ValueError, match="mri_window_days"):
        SurvivalParameters(mri_window_days=(14, -60))
    with pytest.raises(ValueError, match="pet_window_days"):
        SurvivalParameters(pet_window_days=(1, 0))


def test_a_study_declares_the_window_in_its_settings(tmp_path: Path) -> None:
    """As the page on the clinical table says it; an impossible one is refused with the name of the file."""
    settings = tmp_path / "iscm.toml"
    settings.write_text("[survival]\nmri_window_days = [-60, 14]\n", encoding="utf-8")
    assert load_config(settings).survival.mri_window_days == (-60, 14)
    settings.write_text("[survival]\nmri_window_days = [14, -60]\n", encoding="utf-8")
    with pytest.raises(RefusedError, match="before it begins"):
        load_config(settings)


def test_a_refusal_lists_the_unmatched_too(tmp_path: Path) -> None:
    """A user who mends a table sees everything that is wrong with it at once."""
    imaging = [IMAGING | {"enh_si_mm_max": "-2"}, IMAGING | {"participant_id": "P3"}]
    with pytest.raises(RefusedError) as refused:
        _join(tmp_path, imaging, SHIFTED, TWIN)
    assert sorted(p.code for p in refused.value.problems) == ["impossible_extent", "unmatched", "unmatched"]


def test_what_is_written_is_whole_and_holds_no_date(tmp_path: Path) -> None:
    """cohort.csv and unmatched.csv, no temporary file left, no calendar date anywhere."""
    imaging = table(tmp_path / "patients.csv", [IMAGING, IMAGING | {"participant_id": "P2"}])
    result = join_tables(imaging, _clinical(tmp_path, SHIFTED))
    cohort, unmatched = write_cohort(result, tmp_path / "analysis")
    assert sorted(p.name for p in (tmp_path / "analysis").iterdir()) == ["cohort.csv", "unmatched.csv"]
    with cohort.open(encoding="utf-8", newline="") as file:
        assert [dict(row) for row in csv.DictReader(file)] == [dict(row) for row in result.rows]
    assert unmatched.read_text(encoding="utf-8").splitlines()[1] == "P2,imaging_only,,no row in clinical.csv"
    assert not re.search(
        r"\d{4}-\d{2}-\d{2}", cohort.read_text(encoding="utf-8") + unmatched.read_text(encoding="utf-8")
    )
