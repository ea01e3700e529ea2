"""What is broken is quarantined by name, the rest goes on, and nothing is lost."""

import random
from pathlib import Path

import pytest

from mri.bids import StudyFolder, read_table
from mri.ingest import IngestResult, ingest
from mri.nifti import read_volume
from mri.problems import RefusedError, Severity
from tests.mri.dicom_files import SLICES, make_series, save, study_folder


def errors(result: IngestResult) -> list[str]:
    """Return the codes of what failed."""
    return [p.code for p in result.problems if p.severity is Severity.ERROR]


def test_a_folder_without_dicom_is_refused(tmp_path: Path) -> None:
    """The message names the folder; neither study nor key is made."""
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "note.txt").write_text("x", encoding="utf-8")
    with pytest.raises(RefusedError, match=r"the source folder: no DICOM image among 1 files \(1 not_dicom\)"):
        ingest(tmp_path / "letters", StudyFolder(root=tmp_path / "study"))
    assert [path.name for path in tmp_path.iterdir()] == ["letters"]


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The message names the argument, not what may be a patient's name."""
    with pytest.raises(RefusedError, match="SOURCE: no such file or folder"):
        ingest(tmp_path / "nowhere", StudyFolder(root=tmp_path / "study"))


def test_a_series_without_geometry_is_quarantined(tmp_path: Path) -> None:
    """The others go on."""
    bad = make_series(2, ImagePositionPatient=None, ImageOrientationPatient=None)
    folder = study_folder(tmp_path)
    result = ingest(save(tmp_path / "in", make_series(1), bad), folder)
    assert (result.kept, result.quarantined) == (1, 1)
    assert errors(result) == ["geometry_missing"]


@pytest.mark.parametrize("drop", [2, SLICES - 1])
def test_a_series_with_a_cut_file_is_quarantined(tmp_path: Path, drop: int) -> None:
    """Also where the lost slice is the last, so that the others would look whole."""
    source = save(tmp_path / "in", make_series(1), make_series(2))
    path = source / f"{SLICES + drop:04d}.dcm"
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"\x28\x00\x10\x00")])
    result = ingest(source, study_folder(tmp_path))
    assert result.kept == 1
    assert errors(result) == ["file_truncated", "file_truncated"]


def test_copies_are_set_aside_and_the_series_kept(tmp_path: Path) -> None:
    """The same file received twice does no harm and is listed."""
    series = make_series(1)
    folder = study_folder(tmp_path)
    result = ingest(save(tmp_path / "in", series, series[:2]), folder)
    assert (result.kept, result.set_aside, result.quarantined) == (1, 2, 0)
    assert [row["reason"] for row in read_table(folder.received_table) if row["kind"] == "file"] == ["file_twice"] * 2


def test_files_of_one_content_have_a_row_each(tmp_path: Path) -> None:
    """Four empty files, two of one name, are four rows, and no more after a second ingest."""
    source, folder = save(tmp_path / "in", make_series(1)), study_folder(tmp_path)
    for name in ("a.dcm", "b.dcm", "one/a.dcm", "two/a.dcm"):
        (source / name).parent.mkdir(exist_ok=True)
        (source / name).touch()
    for _ in range(2):
        ingest(source, folder)
        rows = [row for row in read_table(folder.received_table) if row["reason"] == "file_empty"]
        assert len({row["item"] for row in rows}) == len(rows) == 4
        listed = [row["item"] for row in read_table(folder.private / "received.csv") if row["reason"] == "file_empty"]
        assert sorted(listed) == sorted(row["item"] for row in rows)


def test_a_quarantined_series_is_kept_once_it_is_whole(tmp_path: Path) -> None:
    """The missing slice that comes later mends the series under the same row."""
    series, folder = make_series(1), study_folder(tmp_path)
    source = save(tmp_path / "in", [d for k, d in enumerate(series) if k != 2])
    assert errors(ingest(source, folder)) == ["slice_missing"]
    save(source, [series[2]])
    result = ingest(source, folder)
    assert (result.kept, result.quarantined, errors(result)) == (1, 0, [])
    assert len(read_table(folder.received_table)) == 1


def test_hostile_patient_ids_make_harmless_names(tmp_path: Path) -> None:
    """Paths and shell signs in an id reach no file name; patients without an id are not taken for one."""
    series = [
        make_series(1, PatientID="../../etc/passwd; rm -rf $HOME"),
        make_series(2, PatientID="", StudyInstanceUID="1.5"),
        make_series(3, PatientID="", StudyInstanceUID="1.6"),
    ]
    folder = study_folder(tmp_path)
    result = ingest(save(tmp_path / "in", *series), folder)
    assert len({study.participant for study in result.studies}) == 3
    assert all(study.participant.isalnum() for study in result.studies)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "study", "study.private"}


def test_other_modalities_are_set_aside(tmp_path: Path) -> None:
    """A CT in the folder is no fault."""
    result = ingest(save(tmp_path / "in", make_series(1), make_series(2, Modality="CT")), study_folder(tmp_path))
    assert (result.kept, result.set_aside, errors(result)) == (1, 1, [])


def test_single_slices_show_no_volume(tmp_path: Path) -> None:
    """They are set aside with the reason."""
    result = ingest(save(tmp_path / "in", make_series(1, slices=1)), study_folder(tmp_path))
    assert [p.code for p in result.problems] == ["too_few_slices"]


def test_files_without_a_date_still_make_a_session(tmp_path: Path) -> None:
    """No date is invented; the session is told by its study."""
    dates = dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"))
    folder = study_folder(tmp_path)
    (study,) = ingest(save(tmp_path / "in", make_series(1, **dates)), folder).studies
    assert read_table(folder.sessions_table(study.participant))[0]["acq_time"] == ""


def test_an_index_file_leads_to_its_folder(tmp_path: Path) -> None:
    """A DICOMDIR is not followed: the files beside it are read."""
    source = save(tmp_path / "in", make_series(1))
    (source / "DICOMDIR").write_bytes(b"x" * 300)
    result = ingest(source / "DICOMDIR", study_folder(tmp_path))
    assert result.kept == 1


def test_an_invalid_correction_is_an_error_and_not_used(tmp_path: Path) -> None:
    """The cell is named, run after run, and stays as it is written; the series is what was found."""
    source, folder = save(tmp_path / "in", make_series(1)), study_folder(tmp_path)
    ingest(source, folder)
    table = folder.received_table
    table.write_text(table.read_text(encoding="utf-8").replace(",T1,", ",PD,", 1), encoding="utf-8")
    for _ in range(2):
        result = ingest(source, folder)
        assert errors(result) == ["override_invalid"]
        assert result.kept == 1
        assert [(row["weighting"], row["weighting_found"]) for row in read_table(table)] == [("PD", "T1")]
    ingest(save(tmp_path / "more", make_series(2)), folder)
    assert [series.weighting for series in folder.load(result.studies[0]).series] == ["T1", "T1"]
    table.write_text(table.read_text(encoding="utf-8").replace(",PD,", ",T2,", 1), encoding="utf-8")
    result = ingest(source, folder)
    assert errors(result) == []
    (row,) = [r for r in read_table(folder.scans_table(result.studies[0])) if r["weighting"] == "T2"]
    assert row["weighting_evidence"].startswith("set by the user (found: T1, ")


def test_an_interrupted_ingest_resumes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a stop in the middle only whole files are there, and the next ingest completes the study."""
    source, folder = (
        save(tmp_path / "in", make_series(1), make_series(2, EchoTime=90.0, RepetitionTime=3000.0)),
        (study_folder(tmp_path)),
    )

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mri.ingest.write_account", stop)
        with pytest.raises(KeyboardInterrupt):
            ingest(source, folder)
    assert not list(folder.root.rglob(".part-*"))
    whole = study_folder(tmp_path / "other")
    assert ingest(source, folder) == ingest(source, whole)
    for one, two in zip(sorted(folder.root.rglob("*")), sorted(whole.root.rglob("*")), strict=True):
        assert one.name == two.name
        assert one.is_dir() or one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("seed", range(12))
def test_mutated_files_stop_nothing(tmp_path: Path, seed: int) -> None:
    """Bytes changed, cut out or put in at random: no crash, every file accounted for, what is kept can be read."""
    chance = random.Random(seed)
    source = save(tmp_path / "in", make_series(1), make_series(2))
    for path in chance.sample(sorted(source.iterdir()), 3):
        content = bytearray(path.read_bytes())
        for _ in range(chance.choice([1, 3, 10])):
            at, kind = chance.randrange(len(content)), chance.choice(["change", "length", "cut", "insert"])
            if kind == "change":
                content[at] = chance.randrange(256)
            elif kind == "length":
                content[at : at + 4] = b"\xff\xff\xff\xff"
            elif kind == "cut":
                del content[at : at + chance.randrange(1, 60)]
            else:
                content[at:at] = bytes(chance.randrange(256) for _ in range(8))
        path.write_bytes(bytes(content))
    folder = study_folder(tmp_path)
    result = ingest(source, folder)
    assert len(read_table(folder.private / "received.csv")) == 2 * SLICES
    for study in result.studies:
        assert all(read_volume(folder.image(series)).array.size for series in folder.load(study).series)
