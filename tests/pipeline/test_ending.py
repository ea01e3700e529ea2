"""Trouble with a disc ends in a status and a message that name it; no bug of ours."""

import errno
from pathlib import Path

import pytest
import typer

from mri.problems import StoppedError, error
from pipeline.batch import unexpected
from pipeline.ending import run_to_status


def ended(failure: Exception, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Return the status and the message of a command that fails."""
    app = typer.Typer()

    @app.command()
    def fail() -> None:
        raise failure

    return run_to_status(app, []), capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disc_full"),
        (errno.EDQUOT, "disc_full"),
        (errno.EROFS, "disc_read_only"),
        (errno.EACCES, "not_permitted"),
    ],
)
def test_a_disc_that_takes_nothing_is_no_bug(number: int, code: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Status 2, with the name of the file, not its path, and the mend."""
    status, told = ended(OSError(number, "x", "/home/jane-doe/study/cohort.csv"), capsys)
    assert status == 2
    assert told.startswith("error: cohort.csv: ")
    assert f"run the same command again [{code}]" in told
    assert "jane" not in told


def test_a_part_that_was_done_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    """A script that goes on must know that something is there."""
    assert ended(StoppedError(error("disc_full", "x", "y")), capsys) == (1, "error: x: y [disc_full]\n")


def test_other_failures_of_the_system_are_bugs(capsys: pytest.CaptureFixture[str]) -> None:
    """What nobody foresaw stays status 3."""
    assert ended(OSError(errno.EIO, "x"), capsys)[0] == 3


def test_a_session_that_finds_no_room_is_told_so() -> None:
    """In a batch it is a value, of the session, with the file that found none."""
    problem = unexpected("sub-a_ses-01", OSError(errno.ENOSPC, "x", str(Path("readings", "mask.nii.gz"))))
    assert (problem.code, problem.where) == ("disc_full", "sub-a_ses-01")
    assert problem.message.startswith("mask.nii.gz: the disc is full")
