"""The table of 61 synthetic patients: made again byte for byte, consistent, marked as synthetic."""

from pathlib import Path

import pytest

from sample_scans import lv_counts as lv
from sample_scans.cohort_tables import read_rows
from sample_scans.lv_cohort import FOLDER, build, write


def test_the_committed_table_is_what_the_program_makes(tmp_path: Path) -> None:
    """A change of the program or of its counts shows here."""
    assert write(tmp_path).read_bytes() == (FOLDER / "cohort.csv").read_bytes()


def test_every_row_is_marked_synthetic() -> None:
    """61 rows, each with its own id and the mark."""
    rows = build()
    assert len({row["participant_id"] for row in rows}) == lv.PATIENTS
    assert {row["synthetic"] for row in rows} == {"1"}


def test_survival_and_groups_are_those_of_the_source() -> None:
    """The first 58 keep months, status, sex, age group, performance status, regions and treatment."""
    for mine, source in zip(build(), read_rows(FOLDER / "source" / "lv_like.csv"), strict=False):
        assert mine["os_months"] == source["os_months"]
        assert (mine["vital_status"] == "dead") == (source["event"] == "1")
        assert (mine["sex"] == "male") == (source["male"] == "1")
        assert (int(mine["age_at_diagnosis_years"]) <= 55) == (source["age_le55"] == "1")
        assert (int(mine["ecog_ps"]) <= 2) == (source["ps_0_2"] == "1")
        assert (mine["n_regions"] == "1") == (source["one_level"] == "1")
        assert (mine["n_other_metastatic_sites"] == "1") == (source["one_site"] == "1")
        assert mine["treatment_status"] == {"1": "treated", "0": "refused", "": ""}[source["treated"]]


def test_no_patient_contradicts_itself() -> None:
    """Prostate cancer in men only, regions that count up, no treatment of those who refused."""
    for row in build():
        assert row["primary_malignancy"] != "prostate" or row["sex"] == "male"
        assert row["primary_malignancy"] not in ("ovary", "endometrium") or row["sex"] == "female"
        assert len(row["regions"].split(";")) == int(row["n_regions"])
        treatments = [row[f"treatment_{name}"] for name in lv.TREATMENT_NAMES]
        assert ("1" in treatments) == (row["treatment_status"] == "treated")


def test_counts_that_cannot_be_dealt_out_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A published sum that does not fit stops the program instead of writing another table."""
    monkeypatch.setattr(lv, "REGIONS", {"C": 25, "T": 47, "L": 21, "conus": 4})
    with pytest.raises(ValueError, match="cannot be given out"):
        build()
