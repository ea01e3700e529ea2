"""Random patients: plausible, reproducible, inside the rules of the clinical table."""

import csv
import itertools
from dataclasses import fields
from datetime import date
from io import StringIO

import pytest

from sample_scans.cases import NAMED_PATIENTS
from sample_scans.clinical_table import CLINICAL_COLUMNS, clinical_csv, ids_csv
from sample_scans.cohort import patients, random_patient
from sample_scans.patient import Patient
from sample_scans.protocol import QUICK_PROTOCOL, prescribe

MANY = patients(40, seed=7)


def test_named_patients_come_first_whatever_the_seed() -> None:
    """The first four are the named ones, the rest are numbered on."""
    assert tuple(MANY[:4]) == NAMED_PATIENTS
    assert [patient.participant for patient in MANY] == [f"sample{k:02d}" for k in range(1, 41)]
    assert len(patients(2, seed=0)) == 2


def test_a_patient_depends_on_seed_and_number_only() -> None:
    """The same index gives the same person in a smaller cohort; another seed another person."""
    assert patients(9, seed=7)[8] == MANY[8]
    assert random_patient(9, seed=8) != MANY[8]


def test_random_lesions_keep_the_rules() -> None:
    """Rostral to caudal, at least 20 mm apart, T2 around the enhancement, above the conus tip, each in view."""
    counts = set()
    for patient in MANY[4:]:
        session = patient.sessions[0]
        spine, lesions = session.phantom.spine, session.phantom.lesions
        counts.add(len(lesions))
        ends = [lesion.extent_mm(spine) for lesion in lesions]
        assert all(below[0] - above[1] >= 20 for above, below in itertools.pairwise(ends))
        assert all(one.t2_v[0] <= one.enh_v[0] < one.enh_v[1] <= one.t2_v[1] <= 20.9 for one in lesions)
        grids = [p.geometry for p in prescribe(session.phantom, session.stations, QUICK_PROTOCOL)]
        for upper, lower in ends:
            assert any(grid.contains(spine.to_world([upper, lower])).all() for grid in grids)
    assert counts >= {1, 2}


def test_hospital_numbers_and_names_are_unique() -> None:
    """No two patients share an id or a name."""
    for name in ("patient_id", "name"):
        assert len({getattr(patient.identity, name) for patient in MANY}) == len(MANY)


def table(people: list[Patient]) -> list[dict[str, str]]:
    """Return the clinical table as a script reads it."""
    return list(csv.DictReader(StringIO(clinical_csv(people))))


def test_clinical_table_has_the_dictionary_columns_and_one_row_each() -> None:
    """Header as declared, participant ids unique, codes lower case, dates ISO, empty when not known."""
    rows = table(MANY)
    assert tuple(rows[0]) == CLINICAL_COLUMNS
    assert len({row["participant_id"] for row in rows}) == 40
    for row in rows:
        assert row["sex"] in ("male", "female")
        assert 18 <= float(row["age_at_diagnosis_years"]) <= 100
        for column in CLINICAL_COLUMNS:
            if column.endswith("_date") and row[column]:
                date.fromisoformat(row[column])
            assert row[column] not in ("None", "nan", "NaN", "True", "False")


def test_outcomes_are_consistent() -> None:
    """The dead have a death date after diagnosis, the living none; nobody outlives the cutoff."""
    for row in table(MANY):
        diagnosed, last = row["iscm_diagnosis_date"], row["last_known_alive_date"]
        assert diagnosed <= last <= row["data_cutoff_date"]
        assert (row["vital_status"] == "dead") == bool(row["death_date"])
        assert not row["death_date"] or row["death_date"] >= last
    assert {row["vital_status"] for row in table(MANY)} == {"dead", "alive"}


def test_ids_table_maps_each_hospital_number() -> None:
    """source_patient_id,participant_id for everybody."""
    rows = list(csv.reader(StringIO(ids_csv(MANY))))
    assert rows[0] == ["source_patient_id", "participant_id"]
    assert rows[1:] == [[patient.identity.patient_id, patient.participant] for patient in MANY]


@pytest.mark.parametrize("patient", NAMED_PATIENTS)
def test_named_patients_know_only_declared_columns(patient: Patient) -> None:
    """A misspelt clinical column would silently be lost; MRI is within two weeks of the diagnosis."""
    assert set(patient.clinical) <= set(CLINICAL_COLUMNS)
    diagnosis = patient.clinical["iscm_diagnosis_date"]
    assert isinstance(diagnosis, date)
    assert 0 <= (diagnosis - patient.first_visit).days <= 14
    assert {field.name for field in fields(patient.identity)} >= {"name", "patient_id"}
