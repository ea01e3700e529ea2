"""Small tables for the tests of the clinical table, the join and the cohort."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

GOOD = {
    "participant_id": "P1",
    "timeline": "original",
    "sex": "female",
    "age_at_diagnosis_years": "61",
    "primary_malignancy": "lung",
    "primary_diagnosis_date": "2009-01-10",
    "iscm_presentation_date": "2010-01-01",
    "iscm_diagnosis_date": "2010-01-11",
    "vital_status": "dead",
    "last_known_alive_date": "",
    "death_date": "2010-04-21",
}
"""A patient who died 100 days after the ISCM diagnosis."""

IMAGING = {
    "participant_id": "P1",
    "session_id": "01",
    "author": "consensus",
    "status": "ok",
    "error": "",
    "flags": "",
    "mri_date": "2010-01-10",
    "n_lesions": "1",
    "has_sag_t2": "1",
    "has_enhanced_t1": "1",
    "enh_si_mm_max": "22",
    "enh_seg_count_max": "1",
    "t2_seg_count_max": "3",
    "t2_ge3": "1",
    "rim_sign_any": "0",
}
"""One session on the day before the diagnosis."""


def table(path: Path, rows: Sequence[Mapping[str, str]]) -> Path:
    """Write rows as CSV; the columns are those of all rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path
