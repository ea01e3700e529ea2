"""A new demo never removes what a person has read in an earlier one."""

from dataclasses import replace
from pathlib import Path

import pytest

from mri.problems import RefusedError
from pipeline.demo import _clear
from segmentation.store import save_annotation
from tests.reader.small_study import FIRST, make_study, proposal


def test_an_earlier_demo_is_removed(tmp_path: Path) -> None:
    """What only the program made is made anew."""
    make_study(tmp_path / "demo" / "study", (FIRST,))
    _clear(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_a_demo_that_was_read_is_refused_and_stays(tmp_path: Path) -> None:
    """Marks of a reader are named and kept."""
    folder = make_study(tmp_path / "demo" / "study", (FIRST,))
    marks = proposal(FIRST)
    save_annotation(folder, replace(marks, author="AB", masks=tuple(replace(m, author="AB") for m in marks.masks)))
    with pytest.raises(RefusedError) as refused:
        _clear(tmp_path / "demo")
    assert refused.value.problems[0].code == "demo_was_read"
    assert "AB" in refused.value.problems[0].message
    assert list(folder.readings(FIRST).glob("*desc-AB*"))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    """A folder that no demo made is somebody's."""
    (tmp_path / "letters.txt").write_text("dear")
    with pytest.raises(RefusedError):
        _clear(tmp_path)
    assert (tmp_path / "letters.txt").is_file()
