"""Files sort into stacks, and each fault of a stack has its own name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from pydicom.dataset import Dataset

from mri.parameters import DEFAULTS
from mri.problems import RefusedError
from mri.scanning import scan
from mri.stacks import Stack, corners_mm, group, place, repeats
from tests.mri.dicom_files import AXIAL, COLUMNS, ROWS, SLICES, make_series, save


def stacks_of(tmp_path: Path, *series: list[Dataset]) -> tuple[Stack, ...]:
    """Write series and group what is read again."""
    return group(scan(save(tmp_path, *series)).headers, DEFAULTS)


def shift(dataset: Dataset, *mm: float) -> None:
    """Move one slice."""
    dataset.ImagePositionPatient = [float(a) + b for a, b in zip(dataset.ImagePositionPatient, mm, strict=True)]


def test_a_good_stack_becomes_its_grid(tmp_path: Path) -> None:
    """Columns, rows and slices, whatever the order of the files."""
    (stack,) = stacks_of(tmp_path, make_series()[::-1])
    grid = place(stack, DEFAULTS)
    assert grid.shape == (COLUMNS, ROWS, SLICES)
    assert_allclose(grid.spacing_mm, (0.8, 0.9, 3.3))
    corners = np.array([corners_mm(frame, COLUMNS, ROWS) for frame in stack.frames]).reshape(-1, 3)
    index = grid.to_index(corners)
    assert_allclose(index, np.rint(index), atol=1e-6)
    assert grid.contains(corners).all()


def test_series_are_told_by_number_too(tmp_path: Path) -> None:
    """Two series that share a UID by mistake are two stacks if their numbers differ."""
    both = stacks_of(tmp_path, make_series(4, SeriesInstanceUID="1.2.3"), make_series(7, SeriesInstanceUID="1.2.3"))
    assert [len(stack.headers) for stack in both] == [SLICES, SLICES]
    assert len({stack.name for stack in both}) == 2


def test_orientations_and_echoes_of_one_series_part(tmp_path: Path) -> None:
    """A localizer of two directions or a double echo becomes two stacks."""
    series = [
        *make_series(),
        *make_series(direction=AXIAL, first_mm=(0, 0, 0)),
        *make_series(EchoTime=90.0),
    ]
    stacks = stacks_of(tmp_path, series)
    assert len(stacks) == 3
    assert {stack.orientations for stack in stacks} == {2}


def test_orientation_noise_does_not_part(tmp_path: Path) -> None:
    """Real scanners write direction cosines with noise of 4e-8."""
    series = make_series()
    for k, dataset in enumerate(series):
        dataset.ImageOrientationPatient = [0, 1, 4e-8 * k, 0, 4e-8 * k, -1]
    (stack,) = stacks_of(tmp_path, series)
    assert place(stack, DEFAULTS).shape[2] == SLICES


def missing(series: list[Dataset]) -> None:
    """Take a slice out of the middle."""
    del series[2]


def two_stations(series: list[Dataset]) -> None:
    """Put the last slices elsewhere."""
    for dataset in series[3:]:
        shift(dataset, 200, 0, 0)


def twice(series: list[Dataset]) -> None:
    """Put a second slice into a place."""
    series[1].ImagePositionPatient = series[2].ImagePositionPatient


def sheared(series: list[Dataset]) -> None:
    """Shift each slice a little more sideways."""
    for k, dataset in enumerate(series):
        shift(dataset, 0, 0.4 * k, 0)


def jitter(series: list[Dataset]) -> None:
    """Move one slice by two hundredths of a millimetre along the normal."""
    shift(series[2], 0.02, 0, 0)


def no_position(series: list[Dataset]) -> None:
    """Lose the position of a slice."""
    del series[2].ImagePositionPatient


def no_direction(series: list[Dataset]) -> None:
    """Lose the direction of a slice."""
    del series[2].ImageOrientationPatient


def rescaled(series: list[Dataset]) -> None:
    """Scale the slices differently."""
    for k, dataset in enumerate(series):
        dataset.RescaleSlope, dataset.RescaleIntercept = 1 + k / 100, 0


def no_spacing(series: list[Dataset]) -> None:
    """Write a pixel spacing of zero."""
    for dataset in series:
        dataset.PixelSpacing = [0, 0]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (missing, "slice_missing"),
        (two_stations, "slice_missing"),
        (jitter, "slice_missing"),
        (twice, "slice_twice"),
        (sheared, "slices_sheared"),
        (no_position, "geometry_missing"),
        (no_direction, "geometry_missing"),
        (rescaled, "rescale_varies"),
        (no_spacing, "spacing_invalid"),
    ],
)
def test_each_fault_is_refused_by_its_name(tmp_path: Path, fault: Callable[[list[Dataset]], None], code: str) -> None:
    """The converter would return success on nearly all of these."""
    series = make_series()
    fault(series)
    (stack,) = stacks_of(tmp_path, series)
    with pytest.raises(RefusedError) as refused:
        place(stack, DEFAULTS)
    assert refused.value.problems[0].code == code


def test_only_copies_to_the_byte_are_repeats(tmp_path: Path) -> None:
    """The same instance with other bytes is no copy and stays to be refused."""
    series = make_series()
    other = make_series()[0]
    other.PixelData = bytes(len(other.PixelData))
    once, copies = repeats(scan(save(tmp_path, series, [series[1]], [other])).headers)
    assert (len(once), len(copies)) == (SLICES + 1, 1)
