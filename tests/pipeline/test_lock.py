"""One command at a time writes to a study."""

from functools import partial
from pathlib import Path

import pytest

from mri.bids import StudyFolder
from mri.problems import RefusedError
from pipeline.commands import ingest_source
from pipeline.config import Config
from pipeline.lock import locked


def test_a_second_command_is_told_who_holds_the_study(tmp_path: Path) -> None:
    """While one holds the lock the other is refused with the owner's process."""
    folder = StudyFolder(root=tmp_path / "study")
    with locked(folder), pytest.raises(RefusedError, match=r"process \d+ on .* is writing"), locked(folder, wait_s=0.1):
        pytest.fail("the second lock must not be given")


def test_the_lock_is_free_again_afterwards(tmp_path: Path) -> None:
    """After the first has finished, or failed, the next gets it at once."""
    folder = StudyFolder(root=tmp_path / "study")
    with pytest.raises(ValueError, match="stop"), locked(folder):
        raise ValueError("stop")
    with locked(folder, wait_s=0.1):
        assert folder.lock.exists()
        (folder.root / "README").write_text("something")
    assert not folder.lock.with_name(folder.lock.name + ".owner").exists()
    assert (folder.root / "README").exists()


def test_a_refused_command_leaves_no_empty_study(tmp_path: Path) -> None:
    """Where nothing was written, the folder that was made for the lock goes again."""
    folder = StudyFolder(root=tmp_path / "study")
    with locked(folder):
        pass
    assert not folder.root.exists()


def test_the_second_ingest_into_a_new_study_is_told_who_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder that the first one just makes is no stranger's."""
    folder, source = StudyFolder(root=tmp_path / "study"), tmp_path / "dicom"
    source.mkdir()
    monkeypatch.setattr("pipeline.commands.locked", partial(locked, wait_s=0.1))
    with locked(folder), pytest.raises(RefusedError, match=r"process \d+ on .* is writing"):
        ingest_source(source, folder, Config())
