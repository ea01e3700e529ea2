"""clinical.csv and ids.csv of synthetic patients; dates on the original timeline, as a hospital hands them over."""

import csv
from collections.abc import Sequence
from datetime import date
from io import StringIO

from sample_scans.cases import DATA_CUTOFF
from sample_scans.patient import ClinicalValue, Patient

CLINICAL_COLUMNS = (
    "participant_id", "timeline", "site", "exclusion", "sex", "age_at_diagnosis_years", "symptomatic_at_diagnosis",
    "diagnosis_basis", "primary_malignancy", "primary_subtype", "primary_diagnosis_date", "iscm_presentation_date",
    "iscm_diagnosis_date", "vital_status", "last_known_alive_date", "death_date", "data_cutoff_date", "ecog_ps",
    "primary_control", "met_bone", "met_brain", "met_lung", "met_lymph_node_nonregional", "treatment_status",
    "treatment_surgery", "treatment_surgery_date", "treatment_radiotherapy", "treatment_radiotherapy_date",
    "treatment_targeted", "treatment_targeted_date", "treatment_immunotherapy", "treatment_immunotherapy_date",
    "response_symptoms", "followup_mri_n", "last_followup_mri_date", "new_iscm_date", "synthetic",
)  # fmt: skip
"""A part of the columns of the clinical table, in the order of the data dictionary."""

SITE = "synthetic"
TIMELINE = "original"

KNOWN_ABSENT = (
    "met_bone", "met_brain", "met_lung", "met_lymph_node_nonregional",
    "treatment_surgery", "treatment_radiotherapy", "treatment_targeted", "treatment_immunotherapy",
)  # fmt: skip
"""Of an invented patient everything is known: what is not planted is absent, not unknown."""

_SEX = {"F": "female", "M": "male"}


def clinical_csv(patients: Sequence[Patient]) -> str:
    """Return the clinical table, one row per patient; empty means not known."""
    return _csv(CLINICAL_COLUMNS, [clinical_row(patient) for patient in patients])


def clinical_row(patient: Patient) -> dict[str, ClinicalValue]:
    """Return one patient's row."""
    diagnosis = patient.clinical.get("iscm_diagnosis_date")
    day = diagnosis if isinstance(diagnosis, date) else patient.first_visit
    return {
        "participant_id": patient.participant,
        "timeline": TIMELINE,
        "site": SITE,
        "synthetic": 1,
        "sex": _SEX[patient.identity.sex],
        "age_at_diagnosis_years": patient.identity.age_years(day),
        "data_cutoff_date": DATA_CUTOFF,
        **dict.fromkeys(KNOWN_ABSENT, 0),
        **patient.clinical,
    }


def ids_csv(patients: Sequence[Patient]) -> str:
    """Return the table that gives each hospital number its participant id."""
    columns = ("source_patient_id", "participant_id")
    rows: list[dict[str, ClinicalValue]] = [
        {"source_patient_id": patient.identity.patient_id, "participant_id": patient.participant}
        for patient in patients
    ]
    return _csv(columns, rows)


def _csv(columns: Sequence[str], rows: Sequence[dict[str, ClinicalValue]]) -> str:
    buffer = StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
    return buffer.getvalue()
