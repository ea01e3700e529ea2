"""The commands that take an archive, and the one that leads back to patients, as a person gives them."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.cli import status_of
from tests.mri.dicom_files import PLANTED, make_series, save, study_folder
from tests.pipeline.archives import Stock, web_archive


def test_a_dry_run_shows_the_archive_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What would be asked for is not repeated, and nothing is asked: no archive is there."""
    address = "dimse://ARCHIVE@127.0.0.1:9"
    assert status_of(["run", f"{address}?patient=Zaphod", str(tmp_path / "study"), "--dry-run"]) == 0
    said = capsys.readouterr()
    assert address in said.out
    assert "Zaphod" not in said.out + said.err


@pytest.mark.parametrize("command", ["ingest", "run"])
def test_a_wrong_address_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    """Status 2, the right form, and no study."""
    assert status_of([command, "dimse://nobody:104", str(tmp_path / "study")]) == 2
    assert "dimse://AETITLE@host:port" in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


@pytest.mark.parametrize("command", ["ingest", "run"])
@pytest.mark.parametrize("address", ["ftp://pacs/Zaphod", "s3://bucket/Zaphod", "file:///Zaphod"])
def test_another_kind_of_address_is_told_which_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, address: str
) -> None:
    """Every kind of source is named, what was written is not repeated, and help says the same."""
    assert status_of([command, address, str(tmp_path / "study")]) == 2
    refusal = capsys.readouterr().err
    assert "Zaphod" not in refusal
    assert status_of([command, "--help"]) == 0
    told = "".join(capsys.readouterr().out.split())
    for kind in ("folder", ".zip", "DICOMDIR", "file", "dimse://", "https://"):
        assert kind in refusal
        assert kind in told
    assert not (tmp_path / "study").exists()


def test_progress_is_told_by_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each series is a line where there is no terminal."""
    folder = study_folder(tmp_path)
    with web_archive(Stock().fill(save(tmp_path / "in", make_series(1), make_series(2)))) as address:
        assert status_of(["ingest", address, str(folder.root)]) == 0
    assert [line for line in capsys.readouterr().err.splitlines() if line.startswith("retrieve")] == [
        "retrieve 1/2 5 images",
        "retrieve 2/2 5 images",
    ]


def test_the_way_back_is_a_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It writes the table outside the study, names no patient on the screen, and refuses to write it inside."""
    folder = study_folder(tmp_path)
    assert status_of(["ingest", str(save(tmp_path / "in", make_series(1))), str(folder.root)]) == 0
    assert status_of(["reidentify", str(folder.root), str(tmp_path / "back.csv")]) == 0
    assert PLANTED["PatientID"] in (tmp_path / "back.csv").read_text()
    assert status_of(["reidentify", str(folder.root), str(folder.root / "back.csv")]) == 2
    said = capsys.readouterr()
    assert PLANTED["PatientID"] not in said.out + said.err


def test_the_network_is_not_loaded_for_a_folder() -> None:
    """The command line and an ingest of a folder import neither library of the network."""
    heavy = "{'pynetdicom', 'dicomweb_client', 'requests', 'dicomanonymizer'}"
    code = f"import sys, pipeline.cli, pipeline.commands, mri.ingest; print(sorted({heavy} & {{*sys.modules}}))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"
