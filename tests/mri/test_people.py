"""Participants and sessions keep their names."""

import csv
import stat
from pathlib import Path

import pytest

from mri.account import Entry, Status
from mri.deidentify import participant_id
from mri.headers import Identity
from mri.people import People
from tests.mri.dicom_files import KEY


def patient(name: str, day: str = "20190314", issuer: str = "") -> Identity:
    """Return who was examined when."""
    return Identity(patient_id=name, issuer=issuer, day=day, words=frozenset())


def test_listed_patients_take_their_ids_and_others_keyed_ones() -> None:
    """A patient without a row is told by the new id, never by the old."""
    people = People(key=KEY, ids={"MRN-1": "p1"})
    assert people.participant(patient("MRN-1")) == "p1"
    other = people.participant(patient("MRN-2"))
    assert other == participant_id(KEY, "MRN-2")
    (problem,) = people.problems(Path("some/ids.csv"))
    assert problem.where == "ids.csv"
    assert other in problem.message
    assert "MRN-2" not in str(problem)


def test_sessions_are_numbered_by_date() -> None:
    """The order of arrival within one ingest does not matter; two studies of a day are one session."""
    people = People(key=KEY, ids={})
    people.number(
        [("p", "2019-05-01", "b"), ("p", "2019-03-01", "a"), ("p", "2019-05-01", "c"), ("q", "2020-01-01", "d")]
    )
    assert people.session("p", "2019-03-01", "a") == "01"
    assert people.session("p", "2019-05-01", "b") == people.session("p", "2019-05-01", "c") == "02"
    assert people.session("q", "2020-01-01", "d") == "01"


def test_late_arrivals_take_the_next_free_number() -> None:
    """A number once given stays, even if an earlier day comes later."""
    people = People(key=KEY, ids={})
    row = Entry(
        item="x", kind="series", status=Status.KEPT, participant_id="p", session_id="01", session_date="2019-05-01"
    )
    people.recall([row])
    people.number([("p", "2018-01-01", "s")])
    assert people.session("p", "2018-01-01", "s") == "02"
    assert people.session("p", "2019-05-01", "") == "01"


def test_visits_without_date_are_told_by_their_study() -> None:
    """Two undated studies are two sessions."""
    people = People(key=KEY, ids={})
    people.number([("p", "", "a"), ("p", "", "b")])
    assert people.session("p", "", "a") != people.session("p", "", "b")


def test_ids_are_written_for_their_owner_alone(tmp_path: Path) -> None:
    """The table grows and stays private; odd characters in an id do no harm."""
    path = tmp_path / "study.private" / "ids.csv"
    for name in ("MRN-1", 'evil",../\n'):
        people = People(key=KEY, ids={})
        people.participant(patient(name))
        people.write_ids(path)
    with path.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["source_patient_id"] for row in rows} == {"MRN-1", 'evil",../\n'}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("source", "name", "told"),
    [("MRN-00123", "mrn00123", True), ("00123", "123", True), ("MRN-1", "p1", False), ("0012", "123", False)],
)
def test_a_hospitals_own_number_as_participant_id_is_told(source: str, name: str, told: bool) -> None:
    """It would name the folders of the study; the message holds no number."""
    problems = People(key=KEY, ids={source: name}).problems(Path("ids.csv"))
    assert [p.code for p in problems] == ["participant_is_source_id"] * told
    assert not any("123" in str(problem) for problem in problems)
