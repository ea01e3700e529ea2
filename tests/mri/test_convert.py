"""Conversion keeps every voxel at its place, or refuses by name."""

import gzip
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from mri.convert import convert, gate
from mri.nifti import read_volume
from mri.parameters import DEFAULTS, MriParameters
from mri.problems import RefusedError
from mri.scanning import scan
from mri.stacks import Stack, corners_mm, group
from tests.mri.dicom_files import AXIAL, COLUMNS, PLANTED, ROWS, make_series, save

OBLIQUE = ((0.0, 0.96, 0.28), (0.0, 0.28, -0.96))


def one_stack(tmp_path: Path, series: list[Dataset]) -> Stack:
    """Write a series and return it as a stack."""
    (stack,) = group(scan(save(tmp_path / "in", series)).headers, DEFAULTS)
    return stack


def convert_here(tmp_path: Path, series: list[Dataset]) -> tuple[Stack, Path]:
    """Convert a series and return its stack and image."""
    stack = one_stack(tmp_path, series)
    out = tmp_path / "out"
    out.mkdir()
    return stack, convert(stack, out, DEFAULTS).image


@pytest.mark.parametrize("direction", [((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)), AXIAL, OBLIQUE])
def test_every_pixel_lies_where_its_slice_says(
    tmp_path: Path, direction: tuple[tuple[float, float, float], ...]
) -> None:
    """The corner pixels and a middle one of each slice are found at their LPS positions with their values."""
    stack, image = convert_here(tmp_path, make_series(direction=direction))  # type: ignore[arg-type]
    volume = read_volume(image)
    for header in stack.headers:
        pixels = dcmread(header.path).pixel_array
        corners = corners_mm(header.frames[0], COLUMNS, ROWS)
        wanted = [pixels[r, c] for c in (0, COLUMNS - 1) for r in (0, ROWS - 1)]
        for point, value in zip(corners, wanted, strict=True):
            index = tuple(np.rint(volume.geometry.to_index(point)).astype(int))
            assert volume.array[index] == value


@pytest.mark.parametrize("syntax", [JPEGLSLossless, RLELossless, JPEG2000Lossless])
def test_compressed_series_convert_to_the_same_voxels(tmp_path: Path, syntax: str) -> None:
    """Lossless compression changes no value."""
    series = make_series(Rows=64, Columns=64)
    _, plain = convert_here(tmp_path / "plain", series)
    for dataset in series:
        dataset.compress(syntax, generate_instance_uid=False)
    _, packed = convert_here(tmp_path / "packed", series)
    assert_array_equal(read_volume(packed).array, read_volume(plain).array)


def test_the_image_header_holds_no_text(tmp_path: Path) -> None:
    """Neither time nor comment of the source is in the file, and the source is as it was."""
    stack = one_stack(tmp_path, make_series())
    before = [header.path.read_bytes() for header in stack.headers]
    out = tmp_path / "out"
    out.mkdir()
    content = gzip.decompress(convert(stack, out, DEFAULTS).image.read_bytes())
    assert not any(value.encode() in content for value in PLANTED.values())
    assert b"101112" not in content[:352]
    assert [header.path.read_bytes() for header in stack.headers] == before


def test_text_that_slips_through_is_blanked(tmp_path: Path) -> None:
    """Where a time could not be blanked in the staged copy, the image is packed anew without it."""
    stack = one_stack(tmp_path, make_series())
    open_times = replace(stack, headers=tuple(replace(h, time_spans=()) for h in stack.headers))
    out = tmp_path / "out"
    out.mkdir()
    converted = convert(open_times, out, DEFAULTS)
    header = gzip.decompress(converted.image.read_bytes())[:352]
    assert header[148:228] == bytes(80)
    assert read_volume(converted.image).geometry.same_grid(converted.geometry)


def test_conversion_is_the_same_each_time(tmp_path: Path) -> None:
    """The same files give the same bytes."""
    _, one = convert_here(tmp_path / "a", make_series())
    _, two = convert_here(tmp_path / "b", make_series())
    assert one.read_bytes() == two.read_bytes()


def test_read_only_sources_convert(tmp_path: Path) -> None:
    """An archive that may not be written to is staged all the same."""
    stack = one_stack(tmp_path, make_series())
    for header in stack.headers:
        header.path.chmod(stat.S_IRUSR)
    out = tmp_path / "out"
    out.mkdir()
    assert convert(stack, out, DEFAULTS).residual_mm < 0.001


def test_the_gate_counts_slices(tmp_path: Path) -> None:
    """An image of fewer slices than were received is refused."""
    stack, image = convert_here(tmp_path, make_series())
    grid = read_volume(image).geometry
    with pytest.raises(RefusedError, match="slice_count"):
        gate(stack, replace(grid, shape=(*grid.shape[:2], grid.shape[2] - 1)), 0.01)


@pytest.mark.parametrize(("moved_mm", "passes"), [(0.005, True), (0.02, False)])
def test_the_gate_measures_to_a_hundredth(tmp_path: Path, moved_mm: float, passes: bool) -> None:
    """A shift of the whole image beyond 0.01 mm does not pass."""
    stack, image = convert_here(tmp_path, make_series())
    grid = read_volume(image).geometry
    moved = replace(grid, origin_mm=(grid.origin_mm[0] + moved_mm, *grid.origin_mm[1:]))
    if passes:
        assert gate(stack, moved, 0.01) == pytest.approx(moved_mm, abs=1e-3)
    else:
        with pytest.raises(RefusedError, match="geometry_residual"):
            gate(stack, moved, 0.01)


def test_the_gate_wants_every_slice_once(tmp_path: Path) -> None:
    """Two slices that fall on one slice of the image leave another unaccounted."""
    series = make_series()
    stack, image = convert_here(tmp_path, series)
    doubled = replace(stack, headers=(*stack.headers[:-1], stack.headers[0]))
    with pytest.raises(RefusedError, match="slice_unaccounted"):
        gate(doubled, read_volume(image).geometry, 0.01)


def test_a_stack_that_the_converter_parts_is_refused(tmp_path: Path) -> None:
    """Slices of two series that were forced into one stack make two images or none, never one."""
    first, second = make_series(1), make_series(2, first_mm=(60.0, -80.0, 100.0), EchoTime=90.0, RepetitionTime=3000.0)
    one, two = (one_stack(tmp_path / name, s) for name, s in (("a", first), ("b", second)))
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(RefusedError) as refused:
        convert(replace(one, headers=(*one.headers, *two.headers)), out, DEFAULTS)
    assert refused.value.problems[0].code in {"converter_split", "slice_count", "geometry_residual"}
    assert list(out.iterdir()) == []


def test_a_file_that_went_away_is_refused(tmp_path: Path) -> None:
    """A source that changes under the ingest costs one series, not the run."""
    stack = one_stack(tmp_path, make_series())
    stack.headers[2].path.unlink()
    with pytest.raises(RefusedError, match="file_unreadable"):
        convert(stack, tmp_path, DEFAULTS)


def test_odd_text_costs_the_sidecar_not_the_series(tmp_path: Path) -> None:
    """Quotes and control characters in a description do not stop the conversion."""
    _, image = convert_here(tmp_path, make_series(ManufacturerModelName='a"b\\', SeriesDescription='t1\x07"}{'))
    assert image.is_file()


def test_a_hanging_converter_is_stopped(tmp_path: Path) -> None:
    """Time is bounded, and the reason named."""
    stack = one_stack(tmp_path, make_series())
    with pytest.raises(RefusedError, match="converter_timeout"):
        convert(stack, tmp_path, MriParameters(convert_timeout_s=1e-4))
