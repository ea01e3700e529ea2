"""Every file is told of once, however many processes read, and nothing but plain files is opened."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mri.bids import read_table
from mri.ingest import ingest
from mri.problems import Severity
from mri.scanning import scan
from tests.mri.dicom_files import SLICES, make_series, save, study_folder

NOBODY = 65534


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked, which this system cannot")
def test_two_processes_read_what_one_reads(tmp_path: Path) -> None:
    """In the same order, with the same values, and progress to the end."""
    source = save(tmp_path / "in", make_series(1, slices=40), make_series(2, slices=40))
    (source / "0003.dcm").write_text("no image")
    told: list[tuple[str, int, int]] = []
    assert scan(source, lambda *step: told.append(step), processes=2) == scan(source, processes=1)
    assert told == [("headers", k, 80) for k in range(1, 81)]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_links_are_not_opened(tmp_path: Path) -> None:
    """A pipe would block for ever; both are listed."""
    source = save(tmp_path / "in", make_series(1))
    os.mkfifo(source / "pipe.dcm")
    (source / "loop").symlink_to(source)
    folder = study_folder(tmp_path)
    result = ingest(source, folder)
    assert result.kept == 1
    assert {"link", "no_plain_file"} <= {problem.code for problem in result.problems}
    assert len(read_table(folder.private / "received.csv")) == SLICES + 2


def test_names_that_are_no_text_are_listed(tmp_path: Path) -> None:
    """A file name in another encoding stops nothing."""
    source = save(tmp_path / "in", make_series(1))
    try:
        (source / os.fsdecode(b"M\xfcller.txt")).write_text("x")
    except OSError:
        pytest.skip("this file system takes no such name")
    folder = study_folder(tmp_path)
    assert ingest(source, folder).kept == 1
    assert any("ller.txt" in row["source"] for row in read_table(folder.private / "received.csv"))


def test_a_folder_that_cannot_be_listed_is_in_the_account(tmp_path: Path) -> None:
    """Here because its path is longer than the system takes, which holds for every user: a row, an error, no crash."""
    source = save(tmp_path / "in", make_series(1))
    name, deep = "d" * 250, os.open(source, os.O_RDONLY)
    for _ in range(20):
        os.mkdir(name, dir_fd=deep)
        inner = os.open(name, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.close(deep)
    folder = study_folder(tmp_path)
    result = ingest(source, folder)
    (row,) = [row for row in read_table(folder.received_table) if row["reason"] == "folder_unreadable"]
    assert (result.kept, result.quarantined, row["status"]) == (1, 1, "quarantined")
    (problem,) = [p for p in result.problems if p.code == "folder_unreadable"]
    assert problem.severity is Severity.ERROR
    shutil.rmtree(source)


@pytest.fixture
def closed_to_others() -> Iterator[Path]:
    """Give a folder in a place that every user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="iscm-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="this system has no such users")
def test_who_may_not_read_is_told_of_the_right(closed_to_others: Path) -> None:
    """A closed folder, one that may be listed and not entered, and a closed file: each by name, none sent again."""
    source = save(closed_to_others / "in", make_series(1))
    closed, listed = save(source / "closed", make_series(2)), save(source / "listed", make_series(3))
    for path in (source, *source.rglob("*")):  # whatever the mask of who runs this test
        path.chmod(0o755 if path.is_dir() else 0o644)
    scan(source)  # what is imported at first use would be closed too
    (source / "0000.dcm").chmod(0)
    closed.chmod(0)
    listed.chmod(0o644)
    user = os.geteuid()
    os.seteuid(user or NOBODY)
    try:
        found = scan(source)
    finally:
        os.seteuid(user)
        for folder in (closed, listed):
            folder.chmod(0o755)
    codes = [file.code for file in found.rejected]
    assert (codes.count("folder_unreadable"), codes.count("file_unreadable")) == (1, 1 + SLICES)
    assert len(found.headers) == SLICES - 1
    assert all("see to the right" in file.message and "send it" not in file.message for file in found.rejected)
