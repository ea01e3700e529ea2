"""DICOM in, report out: what ``iscm run`` makes of the four sample patients without a reader."""

import gzip
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mri.bids import read_table
from pipeline.compare import Compared, compare
from tests.e2e.conftest import SCANS, SampleRun

IDENTIFYING = ("PatientID", "AccessionNumber", "InstitutionName", "StationName", "StudyDate", "PatientBirthDate")
pytestmark = pytest.mark.xdist_group("sample_run")


@pytest.fixture(scope="module")
def compared(sample_run: SampleRun) -> list[Compared]:
    """Return measured beside planted, author auto."""
    return list(compare(sample_run.truths, sample_run.table("lesions"), sample_run.table("patients")))


def test_nothing_failed(sample_run: SampleRun) -> None:
    """No step has an error, and every session has its row."""
    assert [p for p in sample_run.result.problems if p.problem.severity.value == "error"] == []
    assert [(r["participant_id"], r["session_id"], r["status"]) for r in sample_run.table("patients")] == [
        ("sample01", "01", "ok"),
        ("sample02", "01", "ok"),
        ("sample03", "01", "ok"),
        ("sample04", "01", "ok"),
        ("sample04", "02", "ok"),
    ]


def test_auto_counts_every_lesion(compared: list[Compared]) -> None:
    """Without a reader the lesion count is right in all five sessions."""
    counts = [row for row in compared if row.what == "lesions (n)"]
    assert [(row.planted, row.difference) for row in counts] == [("1", 0), ("2", 0), ("1", 0), ("1", 0), ("2", 0)]


def test_auto_extents_are_within_one_segment(compared: list[Compared]) -> None:
    """Without a reader every enhancing and T2 extent is within one segment of the planted one."""
    extents = [row for row in compared if row.what.endswith("segments")]
    assert len(extents) == 14
    assert [row for row in extents if row.difference is None or abs(row.difference) > 1] == []


def test_auto_sizes_are_near_the_planted_ones(compared: list[Compared]) -> None:
    """Without a reader AP and TR sizes are there for every lesion and within two axial pixels (1.7 mm)."""
    sizes = [row for row in compared if row.what.endswith("size (mm)")]
    assert len(sizes) == 14
    assert [row for row in sizes if row.difference is None or abs(row.difference) > 1.7] == []


def test_report_is_one_file_that_says_what_it_is(sample_run: SampleRun) -> None:
    """The report loads nothing from elsewhere, is stamped, and has a page with pictures for each session."""
    assert sample_run.result.report is not None
    page = sample_run.result.report.read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page)
    assert "<script" not in page
    for words in ("Research use only", "Synthetic", "Unread", "Number at risk"):
        assert words in page
    for name in ("sample01", "sample02", "sample03", "sample04"):
        assert f"Participant {name}, session 01" in page
    assert page.count("data:image/") >= 5 * 5


def test_tables_and_results_are_there(sample_run: SampleRun) -> None:
    """The files that scripts read exist, are whole, and agree on the number of patients."""
    folder = sample_run.folder
    for name in ("lesions.parquet", "patients.parquet", "dictionary.json", "problems.csv", "provenance.json"):
        assert (folder.features() / name).stat().st_size > 0
    results = json.loads((folder.analysis / "diehn2015" / "results.json").read_text(encoding="utf-8"))
    assert results["n"] == 4
    assert len(read_table(folder.cohort)) == 4
    provenance = json.loads((folder.features() / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["config"]["features"]["t2_reach_mm"] == 5.0


def test_cohort_has_days_and_no_date(sample_run: SampleRun) -> None:
    """The interval from MRI to diagnosis is the planted one although dates were shifted; no date is left."""
    rows = {row["participant_id"]: row for row in read_table(sample_run.folder.cohort)}
    clinical = {row["participant_id"]: row for row in read_table(SCANS / "clinical.csv")}
    from datetime import date

    for (participant, session), truth in sample_run.truths.items():
        if session == rows[participant]["reference_session_id"]:
            mri, diagnosis = (
                date.fromisoformat(text) for text in (truth["date"], clinical[participant]["iscm_diagnosis_date"])
            )
            assert int(rows[participant]["days_mri_to_diagnosis"]) == (diagnosis - mri).days
    assert not re.search(r"\d{4}-\d{2}-\d{2}", sample_run.folder.cohort.read_text(encoding="utf-8"))


def test_no_identifier_leaves_the_private_folder(sample_run: SampleRun) -> None:
    """Neither names, hospital numbers, institutions nor true dates are in any file or file name of the study."""
    import pydicom

    words = set()
    for path in (SCANS / "dicom").rglob("*.dcm"):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        words |= {
            str(header.get(name, ""))
            for name in (
                "PatientID",
                "AccessionNumber",
                "InstitutionName",
                "StationName",
                "StudyDate",
                "PatientBirthDate",
            )
        }
        words |= {part for part in str(header.PatientName).split("^") if len(part) > 3}
    secrets = [word.encode() for word in words if len(word) > 3]
    assert len(secrets) > 20
    for path in sample_run.folder.root.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            content = gzip.decompress(content) if path.suffix == ".gz" else content
            found = [secret for secret in secrets if secret in content or secret in path.name.encode()]
            assert found == [], f"{found} in {path.name}"


def test_a_second_run_redoes_nothing(sample_run: SampleRun) -> None:
    """Run again, proposals are not made anew: their files keep their times; the tables stay the same bytes."""
    from pipeline.config import Config
    from pipeline.run import RunOptions, run_all

    folder = sample_run.folder
    masks = {path: path.stat().st_mtime_ns for path in folder.derivative("readings").rglob("*_desc-auto_mask.nii.gz")}
    tables = {name: (folder.features() / name).read_bytes() for name in ("lesions.csv", "patients.csv")}
    assert masks
    run_all(SCANS / "dicom", folder.root, Config(), RunOptions(clinical=SCANS / "clinical.csv", ids=SCANS / "ids.csv"))
    assert {path: path.stat().st_mtime_ns for path in masks} == masks
    assert {name: (folder.features() / name).read_bytes() for name in tables} == tables


def test_one_participant_measured_again_keeps_the_others(sample_run: SampleRun) -> None:
    """With --participant-label the tables keep every other session's rows, and propose says again what it said."""
    from pipeline.cli import status_of

    before = (sample_run.table("lesions"), sample_run.table("patients"))
    root = str(sample_run.folder.root)
    assert status_of(["measure", root, "--participant-label", "sample01"]) == 0
    assert status_of(["propose", root, "--participant-label", "sub-sample01", "--executor", "serial"]) == 0
    assert (sample_run.table("lesions"), sample_run.table("patients")) == before


def test_the_study_is_valid_bids(sample_run: SampleRun) -> None:
    """The official validator has no error on the study and on each derivative dataset."""
    validator = Path(sys.executable).with_name("bids-validator-deno")
    if not validator.is_file():
        pytest.skip("needs bids-validator-deno, which is not installed")
    derivatives = sorted((sample_run.folder.root / "derivatives").iterdir())
    assert [path.name for path in derivatives] == ["analysis", "features", "ingest", "readings"]
    for root in (sample_run.folder.root, *derivatives):
        told = subprocess.run([validator, "--json", str(root)], capture_output=True, text=True, check=False)
        issues = json.loads(told.stdout)["issues"]["issues"]
        assert [issue for issue in issues if issue["severity"] == "error"] == [], root.name


def test_a_bad_study_does_not_stop_the_others(tmp_path: Path) -> None:
    """Of two patients one without geometry is quarantined by name with status 1; the other is measured."""
    import pydicom

    from pipeline.cli import status_of

    source = tmp_path / "dicom"
    shutil.copytree(SCANS / "dicom" / "case03" / "visit01", source / "good")
    shutil.copytree(SCANS / "dicom" / "case01" / "visit01", source / "bad")
    for path in (source / "bad").rglob("*.dcm"):
        header = pydicom.dcmread(path)
        del header.ImagePositionPatient
        header.save_as(path)
    study = tmp_path / "study"
    arguments = ["run", str(source), str(study), "--ids", str(SCANS / "ids.csv"), "--executor", "serial"]
    assert status_of(arguments) == 1
    patients = read_table(study / "derivatives" / "features" / "patients.csv")
    assert [(row["participant_id"], row["status"]) for row in patients] == [("sample03", "ok")]
    problems = read_table(study / "derivatives" / "features" / "problems.csv")
    assert {row["code"] for row in problems if row["severity"] == "error"} == {"geometry_missing"}
    assert (study / "derivatives" / "features" / "cases.html").is_file()


def test_a_patient_keeps_the_name_once_given(tmp_path: Path) -> None:
    """Forgetting --ids the second time changes nobody's name and orphans no session."""
    from pipeline.cli import status_of

    source, study = SCANS / "dicom" / "case03", tmp_path / "study"
    assert status_of(["ingest", str(source), str(study), "--ids", str(SCANS / "ids.csv")]) == 0
    before = sorted(path.relative_to(study).as_posix() for path in study.rglob("*") if path.is_file())
    assert status_of(["ingest", str(source), str(study)]) == 0
    after = sorted(path.relative_to(study).as_posix() for path in study.rglob("*") if path.is_file())
    assert after == before
    assert status_of(["check", str(study)]) == 0


def test_an_unreadable_reading_fails_its_session(sample_run: SampleRun) -> None:
    """Where a reader's findings cannot be read the session is failed: no other author silently takes their place."""
    from pipeline.cli import status_of

    folder = sample_run.folder
    study = folder.studies()[0]
    path = folder.findings(study, "AB")
    try:
        path.write_text("{bad")
        assert status_of(["measure", str(folder.root)]) == 1
        row = next(r for r in sample_run.table("patients") if r["participant_id"] == study.participant)
        assert row["status"] == "failed"
    finally:
        path.unlink()
        assert status_of(["measure", str(folder.root)]) == 0
