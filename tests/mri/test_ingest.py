"""A folder of DICOM becomes a study, the same each time, and nothing of the patient is in it."""

import csv
import datetime
import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from mri.bids import StudyFolder, read_table
from mri.deidentify import date_shift_days
from mri.ingest import IngestResult, ingest
from mri.problems import RefusedError, Severity
from mri.study import Contrast, Plane, Weighting
from tests.mri.dicom_files import AXIAL, PLANTED, ROOT, SLICES, make_series, save, study_folder


def protocol() -> list[list[Dataset]]:
    """Return a short examination: T1, T2, STIR, axial GRE, T1 after contrast, and a localizer."""
    return [
        make_series(1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"]),
        make_series(2, SeriesDescription="t1_tse_sag_c", AcquisitionTime="101112.345"),
        make_series(3, SeriesDescription="t2_tse_sag_c", EchoTime=102.0, RepetitionTime=3500.0),
        make_series(
            4,
            ScanningSequence=["SE", "IR"],
            InversionTime=160.0,
            EchoTime=68.0,
            RepetitionTime=4000.0,
            SeriesDescription="t2_tirm_sag_c",
        ),
        make_series(
            5, direction=AXIAL, first_mm=(0, -70, 86), ScanningSequence="GR", EchoTime=17.0, SeriesDescription="me2d"
        ),
        make_series(6, SeriesDescription="t1_tse_sag_KM", ContrastBolusAgent="Gadovist", AcquisitionTime="103000.000"),
    ]


def lines(folder: StudyFolder) -> list[dict[str, str]]:
    """Return the account."""
    return read_table(folder.received_table)


def contents(root: Path) -> dict[str, bytes]:
    """Return every file of a study."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def names(folder: StudyFolder, result: IngestResult) -> list[str]:
    """Return the names of the kept series without participant and session."""
    return [s.name.split("_", 2)[2] for study in result.studies for s in folder.load(study).series]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give the short examination as files, with a note among them."""
    folder = save(tmp_path / "source", *protocol())
    (folder / "readme.txt").write_text("not an image", encoding="utf-8")
    return folder


def test_an_examination_becomes_a_study(tmp_path: Path, source: Path) -> None:
    """Each series has its name, class and place; the localizer and the note are set aside."""
    folder = study_folder(tmp_path)
    result = ingest(source, folder)
    assert names(folder, result) == [
        "acq-axCGre_T2starw",
        "acq-sagCStir_T2w",
        "acq-sagCT1_T1w",
        "acq-sagCT1_ce-gadolinium_T1w",
        "acq-sagCT2_T2w",
    ]
    assert (result.kept, result.set_aside, result.quarantined) == (5, 2, 0)
    assert {p.severity for p in result.problems} == {Severity.NOTE}
    (study,) = result.studies
    stir = folder.load(study).series[1]
    assert (stir.weighting, stir.plane, stir.contrast) == (Weighting.STIR, Plane.SAGITTAL, Contrast.NO)
    assert stir.fat_suppressed is True
    assert stir.geometry.spacing_mm == pytest.approx((0.8, 0.9, 3.3))


def test_every_file_is_in_the_account(tmp_path: Path, source: Path) -> None:
    """The numbers of files in the account add up to those received, and the private list names each."""
    folder = study_folder(tmp_path)
    ingest(source, folder)
    series = [row for row in lines(folder) if row["kind"] == "series"]
    assert sum(int(row["files"]) for row in series) == 6 * SLICES
    private = read_table(folder.private / "received.csv")
    assert len(private) == 6 * SLICES + 1
    assert {row["item"] for row in private} == {row["item"] for row in lines(folder)}


def test_a_second_ingest_changes_nothing(tmp_path: Path, source: Path) -> None:
    """The same files, also from another place, leave the study as it is to the byte."""
    folder = study_folder(tmp_path)
    first = ingest(source, folder)
    before = contents(folder.root)
    assert ingest(source, folder) == first
    assert contents(folder.root) == before
    shutil.copytree(source, tmp_path / "elsewhere")
    ingest(tmp_path / "elsewhere", folder)
    assert contents(folder.root) == before


def test_a_part_of_the_files_changes_nothing(tmp_path: Path, source: Path) -> None:
    """Phase and region that the whole session told are not forgotten, and a fuller series is not replaced."""
    folder = study_folder(tmp_path)
    ingest(source, folder)
    before = contents(folder.root)
    save(tmp_path / "part", protocol()[1])
    save(tmp_path / "less", protocol()[2][:-1])
    ingest(tmp_path / "part", folder)
    result = ingest(tmp_path / "less", folder)
    assert contents(folder.root) == before
    assert [p.code for p in result.problems if p.severity is Severity.WARNING] == ["series_shorter"]


def test_two_studies_with_one_key_are_equal(tmp_path: Path, source: Path) -> None:
    """Nothing but the key decides names and dates, so that another machine makes the same study."""
    one, two = study_folder(tmp_path / "a"), StudyFolder(root=tmp_path / "b" / "study")
    ingest(source, one)
    ingest(source, two, key=one.key)
    assert contents(one.root) == contents(two.root)
    assert not two.key.exists()


def identifiers() -> Iterator[bytes]:
    """Yield every planted word, date and UID in each way it may be written."""
    for value in PLANTED.values():
        for word in {value, *value.split("^"), value.split(".")[0]}:
            yield word.encode()
    yield from (b"2019-03-14", b"1961-02-03", b"10:11", b"778812", b"Plantagenet", b"PLANTED MAKER", ROOT.encode())


def test_nothing_identifying_comes_out(
    tmp_path: Path, source: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A search of every output, file name, message and log finds no planted identifier."""
    (source / "Zaphod_Plantagenet_19610203.pdf").write_text("no image", encoding="utf-8")
    (source / "cut.dcm").write_bytes((source / "0007.dcm").read_bytes()[:700])
    save(source, make_series(9, SeriesDescription="Zaphod", EchoTime=None))
    folder = study_folder(tmp_path)
    result = ingest(source, folder)
    out, err = capfd.readouterr()
    told = "\n".join(f"{p.code} {p.where} {p.message}" for p in result.problems) + out + err + caplog.text
    everything = {**contents(folder.root), "messages": told.encode()}
    assert len(everything) > 15
    for name, content in everything.items():
        plain = gzip.decompress(content) if name.endswith(".gz") else content
        for word in identifiers():
            assert word not in plain, (name, word)
            assert word not in name.encode()


def test_the_private_folder_is_closed(tmp_path: Path, source: Path) -> None:
    """Key, ids and the list of sources open for their owner alone, beside the study."""
    folder = StudyFolder(root=tmp_path / "study")
    ingest(source, folder)
    assert folder.private.stat().st_mode & 0o777 == 0o700
    files = {path.name: path.stat().st_mode & 0o777 for path in folder.private.iterdir()}
    assert files == {"key": 0o600, "ids.csv": 0o600, "received.csv": 0o600}


def test_visits_keep_their_interval(tmp_path: Path) -> None:
    """Two visits 106 days apart stay 106 days apart, and the shift is the published one."""
    first, later = datetime.date(2019, 3, 14), datetime.date(2019, 6, 28)
    dates = dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), f"{later:%Y%m%d}")
    source = save(tmp_path / "in", make_series(1), make_series(2, StudyInstanceUID="1.9", **dates))
    folder = study_folder(tmp_path)
    result = ingest(source, folder)
    assert [study.session for study in result.studies] == ["01", "02"]
    participant = result.studies[0].participant
    rows = read_table(folder.sessions_table(participant))
    days = [datetime.datetime.fromisoformat(row["acq_time"]).date() for row in rows]
    assert (days[1] - days[0]).days == 106
    key = bytes.fromhex(folder.key.read_text(encoding="utf-8"))
    assert days[0] - datetime.timedelta(days=date_shift_days(key, participant)) == first


def test_late_visits_and_repeats_take_free_names(tmp_path: Path) -> None:
    """An earlier day that comes later is the next session; a repeat that comes later is the next run."""
    folder = study_folder(tmp_path)
    ingest(save(tmp_path / "one", make_series(3)), folder)
    ingest(save(tmp_path / "two", make_series(5), make_series(6)), folder)
    early = save(tmp_path / "three", make_series(1, StudyDate="20180101", StudyInstanceUID="1.9"))
    ingest(early, folder)
    one, two = folder.studies()
    assert [s.name.split("_", 2)[2] for s in folder.load(one).series] == [
        "acq-sagT1_T1w",
        "acq-sagT1_run-2_T1w",
        "acq-sagT1_run-3_T1w",
    ]
    rows = read_table(folder.sessions_table(two.participant))
    assert [row["date_order"] for row in rows] == ["2", "1"]


def edit(folder: StudyFolder, number: str, **values: str) -> None:
    """Change cells of the account as a user would."""
    rows = lines(folder)
    for row in rows:
        if row["series_number"] == number:
            row.update(values)
    with folder.received_table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_a_users_correction_is_applied_and_kept(tmp_path: Path) -> None:
    """An unknown weighting is set aside with the mend; once corrected the series is kept, also in later ingests."""
    source = save(tmp_path / "in", make_series(2), make_series(8, EchoTime=30.0, RepetitionTime=2500.0))
    folder = study_folder(tmp_path)
    first = ingest(source, folder)
    (unknown,) = [p for p in first.problems if p.code == "weighting_unknown"]
    assert "series.csv" in unknown.message
    edit(folder, "8", weighting="T2", stations="T")
    edit(folder, "2", contrast="yes")
    for _ in range(2):
        result = ingest(source, folder)
        assert names(folder, result) == ["acq-sagT1_ce-gadolinium_T1w", "acq-sagTT2_T2w"]
    anat = folder.session(result.studies[0]) / "anat"
    assert len(list(anat.glob("*.nii.gz"))) == len(list(anat.glob("*.json"))) == 2


def test_a_renamed_series_says_which_masks_stay_behind(tmp_path: Path) -> None:
    """Annotations are never moved or removed in silence."""
    source, folder = save(tmp_path / "in", make_series(2)), study_folder(tmp_path)
    (study,) = ingest(source, folder).studies
    mask = folder.mask(folder.load(study).series[0], "cord", "auto")
    mask.parent.mkdir(parents=True)
    mask.write_bytes(b"a mask")
    edit(folder, "2", role="localizer")
    result = ingest(source, folder)
    assert result.kept == 0
    assert "readings_left" in {p.code for p in result.problems}
    assert mask.is_file()


def test_ids_name_participants_and_can_be_mended(tmp_path: Path, source: Path) -> None:
    """Without a row a patient is named by the key; with the row added, the study follows."""
    ids, folder = tmp_path / "ids.csv", study_folder(tmp_path)
    ids.write_text("source_patient_id,participant_id\nsomebody,p9\n", encoding="utf-8")
    first = ingest(source, folder, ids=ids)
    assert "ids_missing" in {p.code for p in first.problems}
    ids.write_text("source_patient_id,participant_id\nMRN-778812,p1\n", encoding="utf-8")
    (study,) = ingest(source, folder, ids=ids).studies
    assert study.participant == "p1"
    assert [row["participant_id"] for row in read_table(folder.participants)] == ["sub-p1"]
    assert [path.name for path in folder.root.glob("sub-*/*_sessions.tsv")] == ["sub-p1_sessions.tsv"]


def test_the_official_validator_finds_no_error(tmp_path: Path, source: Path) -> None:
    """The study, and its derivatives on their own, are BIDS datasets."""
    tool = Path(sys.executable).with_name("bids-validator-deno")
    if not tool.is_file():
        pytest.skip("needs bids-validator-deno, which is not installed")
    folder = study_folder(tmp_path)
    ingest(source, folder)
    for dataset in (folder.root, folder.derivative("ingest")):
        told = subprocess.run([tool, "--format", "json", dataset], capture_output=True, text=True, check=False)
        issues = json.loads(told.stdout)["issues"]["issues"]
        assert [i for i in issues if i["severity"] == "error"] == []


def test_progress_is_told(tmp_path: Path, source: Path) -> None:
    """Headers first, then series, each to its end."""
    steps: list[tuple[str, int, int]] = []
    ingest(source, study_folder(tmp_path), progress=lambda *step: steps.append(step))
    assert ("headers", 6 * SLICES + 1, 6 * SLICES + 1) in steps
    assert steps[-1] == ("series", 6, 6)


def test_another_key_is_refused(tmp_path: Path, source: Path) -> None:
    """A study is never continued with a key that does not fit it, nor without one."""
    folder = study_folder(tmp_path)
    ingest(source, folder)
    before = contents(folder.root)
    other = study_folder(tmp_path / "other")
    other.key.write_text("ab" * 32, encoding="utf-8")
    with pytest.raises(RefusedError, match="key_other"):
        ingest(source, folder, key=other.key)
    folder.key.unlink()
    with pytest.raises(RefusedError, match="key_missing"):
        ingest(source, folder)
    assert contents(folder.root) == before


def test_better_rules_judge_again_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With other rules the same files are told anew; where the new ones cannot tell, the earlier answer stays."""
    with_agent = make_series(6, ContrastBolusAgent="Gadovist", AcquisitionTime="103000.000")
    source, folder = save(tmp_path / "in", make_series(2), with_agent), study_folder(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("mri.judge.rules_version", lambda: "earlier")
        ingest(source, folder)
    rows = lines(folder)
    for row in rows:
        row["contrast"] = row["contrast_found"] = {"2": "yes", "6": "no"}[row["series_number"]]
        row["stations"] = row["stations_found"] = "T"
    with folder.received_table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    ingest(source, folder)
    told = {row["series_number"]: (row["contrast_found"], row["stations_found"]) for row in lines(folder)}
    assert told["6"] == ("yes", "T")
    assert len({row["rules"] for row in lines(folder)} - {"earlier"}) == 1


def test_an_image_that_no_row_lists_is_named(tmp_path: Path, source: Path) -> None:
    """Where the account lost a row and a name changed, the image that stayed behind is told, not left unsaid."""
    folder = study_folder(tmp_path)
    ingest(source, folder)
    study = folder.studies()[0]
    image = next((folder.session(study) / "anat").glob("*.nii.gz"))
    image.with_name(f"{study}_acq-sagT1_run-9_T1w.nii.gz").write_bytes(image.read_bytes())
    told = [p for p in ingest(source, folder).problems if p.code == "image_unlisted"]
    assert [p.where for p in told] == [f"{study} {study}_acq-sagT1_run-9_T1w.nii.gz"]


def test_a_series_of_two_patients_is_nobodys(tmp_path: Path) -> None:
    """One series cannot be of two people: both halves are refused by name, and the other series goes on."""
    one, other = make_series(1), make_series(1, PatientID="MRN-1", first_mm=(10.5, -80.0, 100.0))
    for number, dataset in enumerate(other):
        dataset.SOPInstanceUID = f"{ROOT}.1.9.{number}"
    result = ingest(save(tmp_path / "in", one, other, make_series(2)), study_folder(tmp_path))
    told = [p for p in result.problems if p.code == "series_of_two_patients"]
    assert (result.kept, result.quarantined, len(told)) == (1, 2, 2)
    assert not any(value in str(problem) for problem in told for value in ("MRN", *PLANTED.values()))


def test_who_set_a_series_aside_is_said(tmp_path: Path) -> None:
    """A role that a user wrote is not put down to the headers."""
    source, folder = save(tmp_path / "in", make_series(1)), study_folder(tmp_path)
    ingest(source, folder)
    text = folder.received_table.read_text(encoding="utf-8")
    folder.received_table.write_text(text.replace(",image,T1", ",localizer,T1", 1), encoding="utf-8")
    ingest(source, folder)
    (row,) = [row for row in read_table(folder.received_table) if row["kind"] == "series"]
    assert (row["status"], row["reason"]) == ("set_aside", "localizer")
    assert row["mend"].startswith("set by the user (found: image, ")
