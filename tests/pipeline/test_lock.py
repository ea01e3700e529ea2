"""One command at a time writes to a study."""

from pathlib import Path

import pytest

from mri.bids import StudyFolder
from mri.problems import RefusedError
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
