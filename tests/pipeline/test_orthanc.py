"""The same round trip against a real archive, where Orthanc is installed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.commands import ingest_source
from pipeline.config import Config
from tests.mri.dicom_files import make_series, save, study_folder
from tests.pipeline.archives import same_study
from tests.pipeline.orthanc_trip import PASSWORD, USER

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def orthanc() -> tuple[str, str]:
    """Give the program and its plugin for DICOMweb; skips where they, or the right to isolate them, are missing."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin")
    if program is None:
        pytest.skip("needs Orthanc (Debian: orthanc, orthanc-dicomweb; make browser), which is not installed")
    plugin = Path(program).resolve().parents[1] / "share" / "orthanc" / "plugins" / "libOrthancDicomWeb.so"
    if not plugin.exists():
        pytest.skip("needs the plugin of orthanc-dicomweb, which is not installed")
    if shutil.which("ip") is None or subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode:
        pytest.skip("Orthanc listens on every interface, so it needs a network namespace, which needs root")
    return program, str(plugin)


def test_the_round_trip_over_orthanc_equals_the_folder(tmp_path: Path, orthanc: tuple[str, str]) -> None:
    """Stored by C-STORE, fetched by C-GET and by DICOMweb with a password: each study is that of the folder."""
    source = save(tmp_path / "source", make_series(1), make_series(2, EchoTime=102.0, RepetitionTime=3500.0))
    plain, dimse, web = (study_folder(tmp_path / name) for name in ("plain", "dimse", "web"))
    ingest_source(source, plain, Config())
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "tests.pipeline.orthanc_trip", str(tmp_path), *orthanc],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        timeout=90,
        env=os.environ | {"ISCM_PACS_USER": USER, "ISCM_PACS_PASSWORD": PASSWORD},
    )
    assert done.returncode == 0, done.stderr
    assert len(list(plain.root.rglob("*.nii.gz"))) == 2
    assert same_study(dimse.root, plain.root)
    assert same_study(web.root, plain.root)
