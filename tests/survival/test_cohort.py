"""From cohort.csv to who is analysed and for how long."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mri.problems import RefusedError
from sample_scans.cohort_tables import FOLDER
from survival.cohort import CohortRules, Filter, read_cohort, survival_time
from survival.parameters import SurvivalParameters
from tests.survival.tables_of_text import GOOD, table

ROW = {
    "participant_id": "P1",
    "match": "both",
    "vital_status": "dead",
    "death_days": "100",
    "last_known_alive_days": "",
    "iscm_presentation_days": "-10",
    "primary_malignancy": "lung",
    "exclusion": "",
}


def _rows(*changes: dict[str, str]) -> list[dict[str, str]]:
    return [ROW | {"participant_id": f"P{i}"} | change for i, change in enumerate(changes, start=1)]


def test_the_synthetic_cohort_is_analysed_whole() -> None:
    """49 patients, 47 deaths, times as the source has them."""
    cohort = read_cohort(FOLDER / "cohort.csv")
    assert len(cohort.analysed()) == 49
    assert sum(event or 0 for event in cohort.event) == 47
    assert [(step.label, step.n) for step in cohort.flow] == [("Patients in the table", 49), ("Analysed", 49)]
    assert cohort.rows[0]["time_days"] == "23"
    assert cohort.time_days["iscm_presentation"][0] == 72
    assert cohort.columns[-5:] == ("time_days", "event", "origin", "in_analysis", "exclusion_reason")
    assert cohort.problems == ()


def test_the_flow_of_a_published_series_is_rebuilt(tmp_path: Path) -> None:
    """58 patients, 5 without MRI, 4 never diagnosed, 49 analysed; each excluded row says why."""
    changes = [{"exclusion": "no_pretreatment_mri"}] * 5 + [{"exclusion": "never_formally_diagnosed"}] * 4 + [{}] * 49
    cohort = read_cohort(table(tmp_path / "c.csv", _rows(*changes)))
    first, last = cohort.flow
    assert (first.n, first.excluded) == (58, (("no pretreatment MRI", 5), ("never formally diagnosed", 4)))
    assert (last.label, last.n, last.excluded) == ("Analysed", 49, ())
    assert cohort.rows[0]["exclusion_reason"] == "no_pretreatment_mri"
    assert cohort.rows[0]["in_analysis"] == "0"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"match": "clinical_only"}, "no_imaging"),
        ({"match": "imaging_only", "vital_status": "", "death_days": ""}, "no_clinical_row"),
        ({"vital_status": ""}, "no_vital_status"),
        ({"vital_status": "alive", "death_days": ""}, "no_survival_time"),
        ({"exclusion": "other", "match": "clinical_only"}, "other"),
    ],
)
def test_whoever_cannot_be_analysed_is_kept_with_the_reason(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    """No row is dropped."""
    cohort = read_cohort(table(tmp_path / "c.csv", _rows({}, change)))
    assert [row["exclusion_reason"] for row in cohort.rows] == ["", reason]
    assert cohort.in_analysis == (True, False)
    assert cohort.flow[-1].n == 1


def test_the_lost_are_censored_or_excluded_as_declared(tmp_path: Path) -> None:
    """Diehn 2015 censors at last known alive, Lv 2019 leaves out."""
    path = table(
        tmp_path / "c.csv", _rows({}, {"vital_status": "lost", "death_days": "", "last_known_alive_days": "30"})
    )
    censored = read_cohort(path)
    assert (censored.rows[1]["time_days"], censored.rows[1]["event"]) == ("30", "0")
    excluded = read_cohort(path, CohortRules(lost="excluded"))
    assert excluded.rows[1]["exclusion_reason"] == "lost_to_follow_up"
    assert excluded.flow[-2].excluded == (("lost to follow-up", 1),)


def test_the_origin_decides_the_time(tmp_path: Path) -> None:
    """From presentation the time is longer by the days before the diagnosis."""
    path = table(tmp_path / "c.csv", _rows({}, {"iscm_presentation_days": ""}))
    cohort = read_cohort(path, CohortRules(origin="iscm_presentation"))
    assert (cohort.rows[0]["time_days"], cohort.rows[0]["origin"]) == ("110", "iscm_presentation")
    assert cohort.rows[1]["exclusion_reason"] == "no_survival_time"


def test_filters_exclude_by_their_label(tmp_path: Path) -> None:
    """A declared condition is a step of the flow."""
    rules = CohortRules(filters=(Filter(label="lung only", column="primary_malignancy", keep=lambda v: v == "lung"),))
    cohort = read_cohort(table(tmp_path / "c.csv", _rows({}, {"primary_malignancy": "renal"})), rules)
    assert cohort.rows[1]["exclusion_reason"] == "filter: lung only"
    assert cohort.flow[-2].excluded == (("lung only", 1),)


def test_a_survival_of_0_days_needs_a_declared_rule(tmp_path: Path) -> None:
    """Refused, kept as 0, or half a day."""
    path = table(tmp_path / "c.csv", _rows({"death_days": "0", "iscm_presentation_days": ""}))
    with pytest.raises(RefusedError, match="zero_duration"):
        read_cohort(path)
    for rule, written in (("keep", "0"), ("half_day", "0.5")):
        parameters = SurvivalParameters(zero_duration=rule)  # type: ignore[arg-type]
        assert read_cohort(path, parameters=parameters).rows[0]["time_days"] == written


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"death_days": "-1", "iscm_presentation_days": ""}, "end_before_diagnosis"),
        ({"death_days": "soon"}, "not_a_number"),
        ({"vital_status": "2"}, "not_a_code"),
        ({"participant_id": ""}, "no_id"),
        ({"participant_id": "P1"}, "id_twice"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(tmp_path: Path, change: dict[str, str], code: str) -> None:
    """The door is the same for a table made elsewhere."""
    with pytest.raises(RefusedError) as refused:
        read_cohort(table(tmp_path / "c.csv", _rows({}, change)))
    assert {(p.code, p.where.split(",")[1]) for p in refused.value.problems} == {(code, " row 3")}


def test_every_missing_column_is_named(tmp_path: Path) -> None:
    """What the plan reads, what a filter reads, and what survival needs."""
    path = table(tmp_path / "c.csv", [{"participant_id": "P1"}])
    rules = CohortRules(needed=("t2_ge3",), filters=(Filter(label="f", column="n_lesions", keep=bool),))
    with pytest.raises(RefusedError) as refused:
        read_cohort(path, rules)
    text = str(refused.value)
    assert all(name in text for name in ("t2_ge3", "n_lesions", "vital_status", "death_days"))


def test_a_table_with_dates_and_words_meets_the_dictionary_too(tmp_path: Path) -> None:
    """Dates become days, yes/no becomes 0/1, derived columns are made, no date is left."""
    cohort = read_cohort(table(tmp_path / "c.csv", [GOOD | {"met_bone": "yes", "grade": "3"}]))
    row = cohort.rows[0]
    assert (row["time_days"], row["met_bone"], row["lung_breast"], row["grade"]) == ("100", "1", "1", "3")
    assert "death_date" not in cohort.columns
    assert "2010-04-21" not in row.values()


def test_months_become_days_by_the_declared_mean_month(tmp_path: Path) -> None:
    """A table without dates has its time from os_months."""
    row = {"participant_id": "P1", "vital_status": "dead", "os_months": "4"}
    assert read_cohort(table(tmp_path / "c.csv", [row])).rows[0]["time_days"] == "121.75"


def test_reading_its_own_copy_changes_nothing(tmp_path: Path) -> None:
    """The copy that an analysis writes can be analysed again."""
    first = read_cohort(FOLDER / "cohort.csv")
    again = read_cohort(table(tmp_path / "c.csv", [dict(row) for row in first.rows]))
    assert again.columns == first.columns
    assert again.rows == first.rows


@given(st.integers(0, 5000), st.integers(-3000, 0))
def test_time_from_presentation_is_never_shorter(end: int, presentation: int) -> None:
    """Presentation comes before the diagnosis, so its time is the longer one."""
    values = {"death_days": end, "iscm_presentation_days": presentation}
    parameters = SurvivalParameters(zero_duration="keep")
    from_diagnosis = survival_time(values, "iscm_diagnosis", parameters)
    from_presentation = survival_time(values, "iscm_presentation", parameters)
    assert from_diagnosis == end
    assert from_presentation == end - presentation
