"""Files full of zeros hold nobody up."""

import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from mri.blank import head_before_zeros
from mri.headers import ImageHeader, RejectedFile, read_header
from tests.mri.dicom_files import make_series, save

SIZE_BYTES = 256 << 20
MOST_CPU_S = 2.0
REFERENCED_IMAGES = b"\x08\0\x40\x11SQ"
META_END = 144


def with_sequence() -> bytes:
    """Return a file that holds a sequence of unstated length."""
    (dataset,) = make_series(1, slices=1)
    item = Dataset()
    item.CodeValue, item.is_undefined_length_sequence_item = "x", True
    element = DataElement(0x00081140, "SQ", [item])
    element.is_undefined_length = True
    dataset.add(element)
    written = BytesIO()
    dataset.save_as(written, enforce_file_format=True)
    return written.getvalue()


def cut(name: str) -> bytes:
    """Return the start of a file, cut at a place."""
    whole = with_sequence()
    sequence = whole.find(REFERENCED_IMAGES)
    meta = META_END + int.from_bytes(whole[140:META_END], "little")
    ends = {"nothing": 0, "mark": 132, "half of the meta information": meta - 20, "meta information": meta}
    return whole[: (ends | {"a value": meta + 101, "a sequence": sequence + 12, "an item": sequence + 20})[name]]


@pytest.mark.parametrize(
    "name", ["nothing", "mark", "half of the meta information", "meta information", "a value", "a sequence", "an item"]
)
def test_a_file_filled_with_zeros_is_refused_at_once(tmp_path: Path, name: str) -> None:
    """As where a transfer reserved the room and broke off; wherever it did, 256 MB take less than two seconds."""
    path = tmp_path / "x.dcm"
    with path.open("wb") as stream:
        stream.write(cut(name))
        stream.truncate(SIZE_BYTES)
    started = time.process_time()
    found = read_header(path)
    assert time.process_time() - started < MOST_CPU_S
    assert isinstance(found, RejectedFile)
    assert found.code in {"nothing": ("not_dicom",)}.get(name, ("file_truncated", "file_unreadable"))


def test_a_foreign_volume_is_not_searched(tmp_path: Path) -> None:
    """An image of another format whose background is zero, with something at its end."""
    path = tmp_path / "x.img"
    with path.open("wb") as stream:
        stream.truncate(SIZE_BYTES)
        stream.seek(SIZE_BYTES)
        stream.write(b"end")
    started = time.process_time()
    found = read_header(path)
    assert time.process_time() - started < MOST_CPU_S
    assert isinstance(found, RejectedFile)
    assert found.code == "not_dicom"


def test_black_pixels_are_no_damage(tmp_path: Path) -> None:
    """An image that ends in zeros, or is nothing else, is read as any other."""
    series = make_series(1, slices=1)
    series[0].PixelData = np.zeros((16, 12), np.uint16).tobytes()
    found = read_header(save(tmp_path, series) / "0000.dcm")
    assert isinstance(found, ImageHeader)
    assert found.fault == ""


def test_the_tag_of_the_pixels_is_found_where_two_reads_meet() -> None:
    """An image in black whose header ends just there is no damaged file."""
    for shift in range(5):
        content = b"x" * ((1 << 16) - shift) + b"\xe0\x7f\x10\0" + bytes(8192)
        assert head_before_zeros(BytesIO(content)) is None
    assert head_before_zeros(BytesIO(b"x" * 100 + bytes(8192))) == b"x" * 100 + bytes(64)
