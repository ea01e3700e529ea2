"""The table that leads back is right, private, outside the study, and there only when asked for."""

from pathlib import Path

import pytest

from mri.bids import StudyFolder, read_table
from mri.deidentify import write_private
from mri.ingest import ingest
from mri.problems import RefusedError
from mri.reidentification import write_reidentification
from tests.mri.dicom_files import PLANTED, make_series, save, study_folder


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """Give a study of two visits of one patient."""
    later = dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), "20190628")
    source = save(tmp_path / "in", make_series(1), make_series(2, StudyInstanceUID="1.9", **later))
    made = study_folder(tmp_path)
    ingest(source, made)
    return made


def test_every_session_leads_back(tmp_path: Path, folder: StudyFolder) -> None:
    """Patient and true days are those of the source, and only the owner may open the file."""
    path = tmp_path / "private" / "back.csv"
    assert write_reidentification(folder, path) == 2
    rows = read_table(path)
    assert [(row["session_id"], row["mri_date"]) for row in rows] == [("01", "2019-03-14"), ("02", "2019-06-28")]
    assert {row["source_patient_id"] for row in rows} == {PLANTED["PatientID"]}
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_leads_back_unasked(folder: StudyFolder) -> None:
    """No file of the study or beside it holds a true date."""
    files = [*folder.root.rglob("*"), *folder.private.rglob("*")]
    assert len(files) > 10
    for path in files:
        assert not path.is_file() or b"2019-03-14" not in path.read_bytes()


def test_it_never_lies_in_the_study(folder: StudyFolder) -> None:
    """Whatever way the place is written, a table within the study is refused."""
    for path in (folder.root / "back.csv", folder.root / ".." / folder.root.name / "a" / "back.csv"):
        with pytest.raises(RefusedError) as refused:
            write_reidentification(folder, path)
        assert refused.value.problems[0].code == "reidentification_inside"
        assert not path.exists()


def test_without_key_or_ids_there_is_no_way_back(tmp_path: Path, folder: StudyFolder) -> None:
    """Key and list of ids are both needed; what is missing is named and nothing is written."""
    folder.key.unlink()
    with pytest.raises(RefusedError, match="key_missing"):
        write_reidentification(folder, tmp_path / "back.csv")
    write_private(folder.key, "00" * 32)
    with pytest.raises(RefusedError, match="key_other"):
        write_reidentification(folder, tmp_path / "back.csv")
    folder.made_ids.unlink()
    with pytest.raises(RefusedError, match="ids_missing"):
        write_reidentification(folder, tmp_path / "back.csv")
    assert not (tmp_path / "back.csv").exists()
