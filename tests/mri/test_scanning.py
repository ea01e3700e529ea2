"""Every file is told of once, however many processes read, and nothing but plain files is opened."""

import os
from pathlib import Path

import pytest

from mri.bids import read_table
from mri.ingest import ingest
from mri.scanning import scan
from tests.mri.dicom_files import SLICES, make_series, save, study_folder


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
