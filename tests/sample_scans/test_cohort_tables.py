"""The committed synthetic tables."""

import csv
import re
from pathlib import Path

from sample_scans.cohort_tables import FOLDER, build, write
from survival.clinical import read_clinical
from survival.join import join_tables, write_cohort

NAMES = ("clinical", "lesions", "patients", "cohort")
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_committed_tables_are_what_their_source_gives(tmp_path: Path) -> None:
    """Regenerating changes no byte."""
    paths = write(tmp_path)
    assert sorted(p.stem for p in paths) == sorted(NAMES)
    for path in paths:
        assert path.read_bytes() == (FOLDER / path.name).read_bytes()


def test_the_join_makes_the_committed_cohort(tmp_path: Path) -> None:
    """Two independent ways from patients and clinical table to cohort.csv give the same bytes."""
    clinical = read_clinical(FOLDER / "clinical.csv")
    result = join_tables(FOLDER / "patients.csv", clinical, lesions=FOLDER / "lesions.csv")
    cohort, _ = write_cohort(result, tmp_path)
    assert not result.unmatched
    assert cohort.read_bytes() == (FOLDER / "cohort.csv").read_bytes()


def test_every_row_is_marked_synthetic_and_the_cohort_holds_no_date() -> None:
    """The report tells synthetic data by the column; cohort.csv is in days only."""
    for name in NAMES:
        assert {row["synthetic"] for row in _rows(name)} == {"1"}
    assert not ISO_DATE.search((FOLDER / "cohort.csv").read_text(encoding="utf-8"))


def test_counts_are_the_published_ones() -> None:
    """49 patients, 70 lesions, 39 solitary, 47 deaths; 38 with T2, 35 with enhancement, 34 with the ratio."""
    cohort = _rows("cohort")
    solitary = [row for row in cohort if row["multiple"] == "0"]
    known = {n: sum(row[n] != "" for row in solitary) for n in ("t2_ge3", "enh_si_mm_max", "ratio_seg_count_longest")}
    assert (len(cohort), len(_rows("lesions")), len(solitary)) == (49, 70, 39)
    assert sum(row["vital_status"] == "dead" for row in cohort) == 47
    assert known == {"t2_ge3": 38, "enh_si_mm_max": 35, "ratio_seg_count_longest": 34}


def test_patient_rows_hold_the_largest_extent_and_any_sign_of_their_lesions() -> None:
    """The published aggregation over the lesions, and the source's own patient row, agree."""
    tables = build()
    with (FOLDER / "source" / "diehn_like.csv").open(encoding="utf-8", newline="") as file:
        sources = {row["patient_id"].replace("-", ""): row for row in csv.DictReader(file)}
    for row in tables["patients"]:
        source = sources[row["participant_id"]]
        assert row["t2_seg_count_max"] == source["t2_segments"].removesuffix(".0")
        assert row["enh_si_mm_max"] == source["si_mm"].removesuffix(".0")
        assert row["rim_sign_any"] == source["rim"].removesuffix(".0")
        assert row["n_lesions"] == source["iscm_count"]
        assert bool(row["ratio_seg_count_longest"]) == bool(source["ratio"])
        if source["ratio"]:
            assert abs(float(row["ratio_seg_count_longest"]) - float(source["ratio"])) < 1e-3


def test_the_flag_of_the_source_equals_the_order_of_its_dates() -> None:
    """Whether the ISCM preceded the primary is derived from dates, and the source says the same."""
    with (FOLDER / "source" / "diehn_like.csv").open(encoding="utf-8", newline="") as file:
        said = [row["iscm_diagnosis_precedes_primary"] for row in csv.DictReader(file)]
    assert [row["iscm_precedes_primary"] for row in build()["cohort"]] == said
