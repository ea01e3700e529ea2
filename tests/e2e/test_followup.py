"""A new lesion at follow-up, found by the program's own proposals."""

import pytest

from tests.e2e.conftest import SampleRun

pytestmark = pytest.mark.xdist_group("sample_run")
FOLLOWED = "sample04"


def test_the_new_lesion_is_found_without_a_reader(sample_run: SampleRun) -> None:
    """On auto candidates and auto levels the lesion planted at follow-up is new and the other one is larger."""
    rows = [row for row in sample_run.table("lesions") if row["participant_id"] == FOLLOWED]
    assert [(row["session_id"], row["followup_status"]) for row in rows] == [
        ("01", ""),
        ("02", "larger"),
        ("02", "new"),
    ]
    assert {row["followup_status_source"] for row in rows[1:]} == {"suggested"}


def test_the_patient_says_when_it_was_seen(sample_run: SampleRun) -> None:
    """The first session's row carries the answer, a suggestion, and the day of the session that shows the lesion."""
    rows = {row["session_id"]: row for row in sample_run.table("patients") if row["participant_id"] == FOLLOWED}
    assert (rows["01"]["new_lesions_followup"], rows["01"]["new_lesions_followup_source"]) == ("yes", "suggested")
    assert rows["01"]["first_new_lesion_date"] == rows["02"]["mri_date"]


def test_the_others_have_no_follow_up(sample_run: SampleRun) -> None:
    """Patients with one session have no status of lesions and no new ones."""
    others = [row for row in sample_run.table("patients") if row["participant_id"] != FOLLOWED]
    assert {row["new_lesions_followup"] for row in others} == {"no_followup_mri"}
    assert {row["first_new_lesion_date"] for row in others} == {""}
