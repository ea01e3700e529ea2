"""A key is made only where one can be meant, and what is unsafe about it is said."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mri import deidentify
from mri.bids import StudyFolder
from mri.deidentify import write_private
from mri.ingest import ingest
from mri.problems import RefusedError, Severity
from tests.mri.dicom_files import KEY, make_series, save, study_folder


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a folder of one series."""
    return save(tmp_path / "in", make_series(1))


def told(source: Path, folder: StudyFolder, key: Path | None = None) -> dict[str, str]:
    """Return the warnings of an ingest by code."""
    return {p.code: str(p) for p in ingest(source, folder, key=key).problems if p.severity is Severity.WARNING}


def test_a_key_that_was_not_there_is_said_to_be_new(tmp_path: Path, source: Path) -> None:
    """A slip in the path of a new study is noticed; the second ingest knows the key."""
    folder, key = StudyFolder(root=tmp_path / "study"), tmp_path / "hopsital.key"
    first = told(source, folder, key)
    assert "hopsital.key" in first["key_made"]
    assert "NEW key" in first["key_made"]
    assert "key_made" not in told(source, folder, key)


def test_the_studys_own_key_is_made_without_a_warning(tmp_path: Path, source: Path) -> None:
    """Nobody named one, so nobody can have meant another."""
    assert "key_made" not in told(source, StudyFolder(root=tmp_path / "study"))


@pytest.mark.parametrize("name", ["other.key", "no-such-folder/key"])
def test_a_key_that_cannot_be_meant_is_refused(tmp_path: Path, source: Path, name: str) -> None:
    """Where the study has a key, or the path leads nowhere; nothing is made."""
    folder = study_folder(tmp_path) if name == "other.key" else StudyFolder(root=tmp_path / "study")
    with pytest.raises(RefusedError, match="key_missing"):
        ingest(source, folder, key=tmp_path / name)
    assert not (tmp_path / name).exists()
    assert not folder.root.exists()


@pytest.mark.skipif(os.name != "posix", reason="this system has no file modes")
@pytest.mark.parametrize(("mode", "expected"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True)])
def test_a_key_that_others_can_open_is_told(tmp_path: Path, source: Path, mode: int, expected: bool) -> None:
    """Named or the study's own; its mode is left as it is, as a group may share it."""
    key = tmp_path / "shared.key"
    key.write_text(KEY.hex())
    key.chmod(mode)
    assert ("key_open" in told(source, StudyFolder(root=tmp_path / "one" / "study"), key)) == expected
    own = study_folder(tmp_path)
    own.key.chmod(mode)
    assert ("key_open" in told(source, own)) == expected
    assert key.stat().st_mode & 0o777 == mode


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to("nowhere")])
@pytest.mark.parametrize("own", [False, True])
def test_what_is_no_file_is_refused_as_a_key_and_left(
    tmp_path: Path, source: Path, make: Callable[[Path], None], own: bool
) -> None:
    """A pipe, a folder or a link that leads nowhere in the place of the key, named or the study's own."""
    folder = StudyFolder(root=tmp_path / "study")
    key = folder.key if own else tmp_path / "odd.key"
    key.parent.mkdir(exist_ok=True)
    make(key)
    before = key.lstat()
    with pytest.raises(RefusedError, match="key_not_a_file"):
        ingest(source, folder, key=None if own else key)
    assert (key.lstat().st_ino, key.lstat().st_mode) == (before.st_ino, before.st_mode)
    assert not folder.root.exists()


def test_a_key_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """Only one of two programs makes it; the other is told."""
    path = tmp_path / "key"
    write_private(path, KEY.hex())
    with pytest.raises(FileExistsError):
        deidentify._make_key(path)
    assert path.read_text() == KEY.hex()
