"""A full or closed disc is told as that; no series is blamed, and the next ingest goes on."""

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom.uid import RLELossless

from mri import bids, convert, decoder, staging
from mri.bids import StudyFolder, read_table
from mri.ingest import IngestResult, ingest
from mri.problems import RefusedError, StoppedError
from mri.trouble import TemporaryFullError, has_room, on_the_way, trouble_of
from tests.mri.dicom_files import PLANTED, make_series, save, study_folder
from tests.mri.test_sources import archive
from tests.mri.test_syntaxes import written

LARGE: dict[str, Any] = {"Rows": 64, "Columns": 64}


def full(*_: object, **__: object) -> None:
    """Fail as a full disc does, which no test can make for every user."""
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def codes(result: IngestResult) -> set[str]:
    """Return the codes of what was told."""
    return {problem.code for problem in result.problems}


def source_of(tmp_path: Path) -> Path:
    """Return two visits of one patient, the first one plain and the second one compressed."""
    first = make_series(1, **LARGE)
    second = make_series(2, **LARGE, StudyDate="20190414", StudyInstanceUID="1.2.3")
    return save(tmp_path / "in", first, written(RLELossless, second))


@pytest.mark.parametrize("place", ["mri.staging.shutil.copyfile", "mri.convert._clean_header", "mri.convert._run"])
def test_a_full_temporary_folder_is_not_blamed_on_the_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Copying, converting or cleaning: nothing is quarantined, TMPDIR is named, and a second ingest keeps it."""
    source, folder = save(tmp_path / "in", make_series(1)), study_folder(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(place, full)
        result = ingest(source, folder)
    assert (result.kept, result.quarantined, codes(result)) == (0, 0, {"temporary_full"})
    assert "TMPDIR" in result.problems[0].message
    assert [row for row in read_table(folder.received_table) if row["kind"] == "series"] == []
    again = ingest(source, folder)
    assert (again.kept, codes(again) & {"image_unlisted", "temporary_full"}) == (1, set())


def test_a_decoder_without_room_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The visit before it is kept and listed, the compressed one comes with the next ingest."""
    source, folder = source_of(tmp_path), study_folder(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(staging, "run_limited", lambda *_, **__: decoder.NO_ROOM)
        result = ingest(source, folder)
    assert (result.kept, result.quarantined, codes(result) & {"temporary_full"}) == (1, 0, {"temporary_full"})
    again = ingest(source, folder)
    assert (again.kept, len(folder.studies())) == (2, 2)


@pytest.mark.parametrize(("failure", "status"), [(errno.ENOSPC, decoder.NO_ROOM), (errno.EIO, decoder.UNDECODABLE)])
def test_the_decoder_tells_want_of_room_from_damage(monkeypatch: pytest.MonkeyPatch, failure: int, status: int) -> None:
    """By its exit status, as it is a program of its own."""

    def fail(_: object) -> None:
        raise OSError(failure, "x")

    monkeypatch.setattr(decoder, "_limit", lambda _: None)
    monkeypatch.setattr("mri.decoder.json.load", fail)
    assert decoder.main(0) == status


def test_a_converter_that_made_nothing_for_want_of_room_is_told_from_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says not why: the room that is left does."""
    source, folder = save(tmp_path / "in", make_series(1)), study_folder(tmp_path)
    monkeypatch.setattr(convert, "run_limited", lambda *_, **__: 1)
    result = ingest(source, folder)
    assert {p.code for p in result.problems} == {"converter_failed"}
    monkeypatch.setattr(convert, "has_room", lambda *_: False)
    assert codes(ingest(source, folder)) == {"temporary_full"}


def test_room_is_looked_for_in_the_folder(tmp_path: Path) -> None:
    """More than the disc has is no room, a little is, and nothing stays behind."""
    assert has_room(tmp_path, 1)
    assert not has_room(tmp_path, shutil.disk_usage(tmp_path).total + 1)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_without_room_is_not_called_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its members are whole; the temporary folder is named."""
    path = archive(tmp_path)
    monkeypatch.setattr(shutil, "copyfileobj", full)
    with pytest.raises(TemporaryFullError):
        ingest(path, StudyFolder(root=tmp_path / "study"))
    assert not (tmp_path / "study").exists()


def test_a_full_disc_under_the_study_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The image that found no room is named; what is there is whole, and a second ingest keeps all."""
    source, folder = source_of(tmp_path), study_folder(tmp_path)
    write = os.fsync

    def fsync(handle: int) -> None:
        if os.fstat(handle).st_size > 20_000:
            full()
        write(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        result = ingest(source, folder)
    (problem,) = [p for p in result.problems if p.code == "disc_full"]
    assert problem.where.endswith("_T1w.nii.gz")
    assert not list(tmp_path.rglob(".part-*"))
    assert not list(folder.root.rglob("*.nii.gz"))
    assert ingest(source, folder).kept == 2


@pytest.mark.parametrize("name", ["series.csv", "participants.tsv"])
def test_a_table_without_room_ends_with_a_part_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The table is named, and no patient."""
    source, folder = save(tmp_path / "in", make_series(1)), study_folder(tmp_path)
    replace: Callable[[Path, bytes], None] = bids._replace
    with monkeypatch.context() as patch:
        patch.setattr(bids, "_replace", lambda path, content: full() if path.name == name else replace(path, content))
        with pytest.raises(StoppedError, match=name) as stopped:
            ingest(source, folder)
    assert not any(value in str(stopped.value) for value in PLANTED.values())
    assert ingest(source, folder).kept == 1


def test_other_failures_stay_what_they_are() -> None:
    """A bug is not called trouble with the disc, nor a refusal."""
    assert trouble_of(OSError(errno.EIO, "x")) is None
    assert trouble_of(ValueError("x")) is None
    with pytest.raises(IsADirectoryError), on_the_way():
        raise IsADirectoryError(errno.EISDIR, "x")
    with pytest.raises(RefusedError), on_the_way():
        raise RefusedError(())


def test_a_closed_source_is_no_fault_of_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that may no longer be read when it is copied: the right is named, not a new transfer."""

    def closed(*_: object) -> None:
        raise PermissionError(errno.EACCES, "x")

    monkeypatch.setattr(shutil, "copyfile", closed)
    result = ingest(save(tmp_path / "in", make_series(1)), study_folder(tmp_path))
    (problem,) = [p for p in result.problems if p.code == "file_unreadable"]
    assert "see to the right" in problem.message
    assert "send it" not in problem.message
