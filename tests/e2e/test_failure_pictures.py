"""The pictures of lesions on which proposals fail show what the limits say of them."""

from pathlib import Path

import pytest
from PIL import Image

from benchmarks import failure_pictures, lesion_failures

LARGEST_BYTES = 60_000


def is_small_picture(path: Path) -> bool:
    """Say whether a picture can be opened and weighs little."""
    with Image.open(path) as picture:
        return picture.format == "WEBP" and min(picture.size) > 200 and path.stat().st_size < LARGEST_BYTES


def test_a_click_in_a_bright_lesion_is_refused(tmp_path: Path) -> None:
    """The chosen lesion is one whose click the proposed cord does not hold, and the refusal is the flag."""
    assert lesion_failures.click_outside(tmp_path).startswith("click_outside: click_outside,")
    assert is_small_picture(tmp_path / "click_outside.webp")


def test_leptomeningeal_enhancement_is_taken_for_a_lesion(tmp_path: Path) -> None:
    """Two lesions are proposed where one was planted, and their enhancement touches the cord's edge."""
    said = lesion_failures.leptomeningeal(tmp_path)
    assert "'lesion_id': 2" in said
    assert said.count("touches_cord_edge") == 2
    assert is_small_picture(tmp_path / "leptomeningeal.webp")


def test_a_folder_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a folder nothing is drawn, and the status and a line say so."""
    assert failure_pictures.main([]) == 2
    assert "folder" in capsys.readouterr().err
