"""Planted identifiers, from an archive to the study: outputs, names, messages and the whole log are searched."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mri.bids import StudyFolder, read_table
from mri.deidentify import write_private
from tests.mri.dicom_files import KEY, PLANTED, ROOT, make_series, save
from tests.pipeline.archives import Stock, dimse_archive, same_study, web_archive

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "geheimes-wort"
LATER = dict.fromkeys(("StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate"), "20190628")


def identifiers() -> Iterator[bytes]:
    """Yield every planted value in each way it may be written; the days of the later visit too."""
    for value in (*PLANTED.values(), *LATER.values(), SECRET):
        for word in {value, *value.split("^"), value.split(".")[0]}:
            yield word.encode()
    yield from (b"2019-03-14", b"2019-06-28", b"1961-02-03", b"778812", b"PLANTED MAKER", ROOT.encode())


def iscm(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a user does, with its log, in a process and an environment of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline.cli", "-v", *arguments],
        capture_output=True,
        check=False,
        cwd=PROJECT,
        timeout=60,
        env=os.environ | {"ISCM_PACS_TOKEN": SECRET, "PYTHONWARNINGS": "always"} | environment,
    )


def assert_silent(root: Path, told: bytes) -> None:
    """Fail if any planted identifier is in a file, a file name or what was said."""
    contents = {str(p.relative_to(root.parent)): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    for name, content in {**contents, "said": told}.items():
        plain = gzip.decompress(content) if name.endswith(".gz") else content
        for word in identifiers():
            assert word not in plain, (name, word)
            assert word not in name.encode()


@pytest.fixture
def stock(tmp_path: Path) -> Stock:
    """Give two visits of one patient 106 days apart, with odd values that libraries like to repeat in warnings."""
    first = make_series(1, PatientAge="Zaphod", AccessionNumber="ACC556677" * 4)
    later = make_series(2, StudyInstanceUID=f"{ROOT}.5", **LATER)
    return Stock().fill(save(tmp_path / "source", first, later))


@pytest.fixture
def folder(tmp_path: Path) -> StudyFolder:
    """Give an empty study with a known key."""
    made = StudyFolder(root=tmp_path / "study")
    write_private(made.key, KEY.hex())
    return made


@pytest.mark.parametrize("serve", [dimse_archive, web_archive])
def test_nothing_comes_out_of_a_retrieval(stock: Stock, folder: StudyFolder, serve: object) -> None:
    """From both kinds of archive, with the whole log: no name, id, day, UID or token, and nothing is left over."""
    with serve(stock) as address:  # type: ignore[operator]
        done = iscm("ingest", f"{address}?patient={PLANTED['PatientID']}", str(folder.root))
    assert done.returncode == 0, done.stderr
    assert b"ingest into study" in done.stderr
    assert len(list(folder.root.rglob("*.nii.gz"))) == 2
    assert_silent(folder.root, done.stdout + done.stderr)
    assert {p.name for p in folder.private.iterdir()} == {"key", "ids.csv", "received.csv"}


@pytest.mark.parametrize("serve", [dimse_archive, web_archive])
def test_nothing_comes_out_of_a_failure(stock: Stock, folder: StudyFolder, serve: object) -> None:
    """A transfer that breaks for good, and a patient who is not found, are told without saying who it is."""
    stock.break_after, stock.refuse = 3, {f"{ROOT}.1.1.4"}
    with serve(stock) as address:  # type: ignore[operator]
        broken = iscm("ingest", f"{address}?patient={PLANTED['PatientID']}", str(folder.root))
        nobody = iscm("ingest", f"{address}?patient=Zaphod&study={ROOT}.2", str(folder.root))
    assert (broken.returncode, nobody.returncode) == (1, 2)
    assert b"pacs_not_given" in broken.stderr
    assert b"pacs_nothing" in nobody.stderr
    assert_silent(folder.root, broken.stdout + broken.stderr + nobody.stdout + nobody.stderr)


def test_the_same_key_gives_the_same_shift_on_another_machine(
    tmp_path: Path, stock: Stock, folder: StudyFolder
) -> None:
    """Another process, clock zone, language and order of hashing make the same study, 106 days between the visits."""
    other = StudyFolder(root=tmp_path / "elsewhere" / "study")
    write_private(other.key, KEY.hex())
    source = str(tmp_path / "source")
    iscm("ingest", source, str(folder.root), TZ="UTC", PYTHONHASHSEED="1", LC_ALL="C")
    iscm("ingest", source, str(other.root), TZ="Pacific/Kiritimati", PYTHONHASHSEED="2", LC_ALL="C.UTF-8")
    assert len(list(folder.root.rglob("*.nii.gz"))) == 2
    assert same_study(folder.root, other.root)
    rows = read_table(folder.sessions_table(folder.studies()[0].participant))
    days = [row["acq_time"][:10] for row in rows]
    assert days == ["2012-08-08", "2012-11-22"]
