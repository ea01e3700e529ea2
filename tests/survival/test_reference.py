"""Which MRI is the reference, and on which day from the diagnosis it was made."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mri.problems import RefusedError
from survival.cells import Value
from survival.clinical import ClinicalRow, ClinicalTable
from survival.parameters import ReferenceRule, SurvivalParameters, Timeline
from survival.reference import Session, choose_reference, mri_sessions
from tests.survival.tables_of_text import IMAGING


def _clinical(timeline: Timeline, diagnosis: date | None = date(2010, 1, 11)) -> ClinicalTable:
    row = ClinicalRow(number=2, participant_id="P1", diagnosis_date=diagnosis, values={})
    return ClinicalTable(name="clinical.csv", columns=(), rows=(row,), timeline=timeline, problems=())


def _session(name: str, day: int | None, shifted: str = "") -> Session:
    return Session(row={"session_id": name}, day=day, shifted_date=shifted)


def _chosen(
    sessions: list[Session], clinical: dict[str, Value] | None = None, rule: ReferenceRule = "before_treatment"
) -> tuple[str, list[str]]:
    parameters = SurvivalParameters(reference_rule=rule)
    session, problems = choose_reference("P1", sessions, clinical or {}, parameters)
    return session.row["session_id"], [p.code for p in problems]


def test_dates_on_one_timeline_give_days_directly() -> None:
    """The MRI of 10 January is on day −1 of a diagnosis on 11 January; its date is not kept."""
    sessions, problems = mri_sessions([IMAGING], _clinical("shifted"), None)
    assert problems == []
    assert sessions["P1"][0].day == -1
    assert "mri_date" not in sessions["P1"][0].row


@given(st.integers(-40_000, 40_000))
def test_any_shift_is_taken_back_by_the_same_shift(shift: int) -> None:
    """Un-shifted days do not depend on the size of the shift."""
    shifted = date.fromordinal(date(2010, 1, 10).toordinal() + shift).isoformat()
    rows = [IMAGING | {"mri_date": shifted, "first_new_lesion_date": shifted}]
    sessions, problems = mri_sessions(rows, _clinical("original"), {"P1": shift})
    assert problems == []
    assert sessions["P1"][0].day == -1
    assert sessions["P1"][0].row["first_new_lesion_days"] == "-1"


def test_original_clinical_dates_without_the_key_are_refused_with_three_ways_out() -> None:
    """Shifted and original dates are never subtracted from each other."""
    _, problems = mri_sessions([IMAGING], _clinical("original"), None)
    assert [p.code for p in problems] == ["timeline_mixed"]
    for way in ("--key", "*_days", "--dates shifted"):
        assert way in problems[0].message


def test_a_participant_without_a_shift_is_named() -> None:
    """The key of another study gives no shift for this participant."""
    _, problems = mri_sessions([IMAGING], _clinical("original"), {"P9": 3})
    assert [(p.code, p.where) for p in problems] == [("no_date_shift", "participant P1")]


def test_a_clinical_table_in_days_leaves_the_day_of_the_mri_unknown() -> None:
    """Days from diagnosis say nothing about a calendar."""
    sessions, problems = mri_sessions([IMAGING], _clinical("days", None), None)
    assert problems == []
    assert sessions["P1"][0].day is None


@pytest.mark.parametrize("rows", [[], [{"participant_id": "P1"}]])
def test_a_table_that_is_no_patients_csv_is_refused(rows: list[dict[str, str]]) -> None:
    """Empty, or without session_id."""
    with pytest.raises(RefusedError, match=r"patients\.csv"):
        mri_sessions(rows, _clinical("days", None), None)


def test_the_nearest_to_the_diagnosis_before_treatment_is_the_reference() -> None:
    """Day −2 is nearer than −30; day +1 is after the treatment on day 0."""
    sessions = [_session("01", -30), _session("02", -2), _session("03", 1)]
    assert _chosen(sessions, {"treatment_radiotherapy_days": 0}) == ("02", [])
    assert _chosen(sessions) == ("03", [])


def test_of_two_at_one_distance_the_earlier_is_taken() -> None:
    """Day −3 before day +3."""
    assert _chosen([_session("02", 3), _session("01", -3)]) == ("01", [])


def test_only_mris_after_treatment_give_the_nearest_with_a_warning() -> None:
    """The rule cannot be kept, and that is said."""
    sessions = [_session("01", 20), _session("02", 9)]
    assert _chosen(sessions, {"treatment_surgery_days": 5}) == ("02", ["mri_after_treatment"])


def test_the_rule_of_distance_alone_takes_an_mri_after_treatment_and_says_so() -> None:
    """Day +1 is nearer than day −2, but the treatment was on day 0."""
    sessions, treated = [_session("01", -2), _session("02", 1)], {"treatment_surgery_days": 0}
    assert _chosen(sessions, {**treated}, "nearest_diagnosis") == ("02", ["mri_after_treatment"])
    assert _chosen(sessions, rule="nearest_diagnosis") == ("02", [])


def test_sessions_of_unknown_day_are_taken_in_the_order_of_their_shifted_dates() -> None:
    """The session number is no order; the shifted dates of one participant are."""
    sessions = [_session("01", None, "2011-05-01"), _session("02", None, "2011-04-01")]
    assert _chosen(sessions) == ("02", ["reference_by_order"])
    assert _chosen(sessions[:1]) == ("01", [])


def test_the_first_session_is_the_earliest_date(tmp_path: Path) -> None:
    """Declared rule ``first``."""
    sessions = [_session("02", 5, "2011-05-01"), _session("01", -9, "2011-04-17")]
    assert _chosen(sessions, rule="first") == ("01", [])


def test_of_two_on_one_day_the_lower_number_is_taken_in_either_order() -> None:
    """The choice does not depend on the order of the rows."""
    sessions = [_session("02", -3), _session("01", -3)]
    assert _chosen(sessions) == _chosen(sessions[::-1]) == ("01", [])
