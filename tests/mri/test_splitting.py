"""A series of several volumes is parted where its header says so, and else stays whole."""

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from mri.bids import read_table
from mri.headers import ImageHeader
from mri.ingest import ingest
from mri.parameters import DEFAULTS
from mri.scanning import scan
from mri.splitting import Part, split
from tests.mri.dicom_files import ROOT, SLICES, make_series, save, study_folder
from tests.mri.faults import wrong_slices


def repeated(times: int, **tags: object) -> list[Dataset]:
    """Return one series of several time points at one place."""
    series = []
    for number in range(1, times + 1):
        volume = make_series(number, SeriesInstanceUID=f"{ROOT}.3.1", SeriesNumber=1, **tags)
        for k, dataset in enumerate(volume):
            dataset.AcquisitionNumber = number
            dataset.InstanceNumber = (number - 1) * SLICES + k + 1
        series += volume
    return series


def parts_of(tmp_path: Path, series: list[Dataset]) -> tuple[Part, ...]:
    """Part what was written."""
    headers: tuple[ImageHeader, ...] = scan(save(tmp_path / "in", series)).headers
    return split(headers, DEFAULTS)


def blocks(gap_mm: float, *, skip: int = 0) -> list[Dataset]:
    """Return two blocks of five slices in one series, with instance numbers left out between them."""
    first = make_series(1)
    second = make_series(1, first_mm=(-6.0 - SLICES * 3.3 - gap_mm, -80.0, 100.0))
    for k, dataset in enumerate(second, start=SLICES + skip + 1):
        dataset.InstanceNumber, dataset.SOPInstanceUID = k, f"{ROOT}.1.1.{k}"
    return first + second


def test_one_volume_stays_one(tmp_path: Path) -> None:
    """In any order."""
    (part,) = parts_of(tmp_path, make_series(1)[::-1])
    assert (part.label, part.time_points, len(part.headers)) == ("", 1, SLICES)


def test_time_points_are_told_by_a_tag(tmp_path: Path) -> None:
    """Each holds every place once."""
    one, two = parts_of(tmp_path, repeated(2))
    assert (one.label, two.label) == ("AcquisitionNumber=1.0", "AcquisitionNumber=2.0")
    assert len(one.headers) == len(two.headers) == SLICES
    assert one.time_points == 2


@pytest.mark.parametrize("drop", [0, SLICES + 2])
def test_time_points_that_lack_a_slice_stay_together(tmp_path: Path, drop: int) -> None:
    """Then nothing says which slice is whose, and the stack is refused for its repeats."""
    series = repeated(2)
    del series[drop]
    assert len(parts_of(tmp_path, series)) == 1


def test_repeats_become_runs_in_their_order(tmp_path: Path) -> None:
    """Two measurements under one UID are two images, each with its own voxels."""
    source, folder = save(tmp_path / "in", repeated(2)), study_folder(tmp_path)
    result = ingest(source, folder)
    assert result.kept == 2
    assert "series_split" in {problem.code for problem in result.problems}
    assert [s.name.split("_", 2)[2] for s in folder.load(result.studies[0]).series] == [
        "acq-sagT1_run-1_T1w",
        "acq-sagT1_run-2_T1w",
    ]
    assert wrong_slices(folder, result, source) == []
    assert ingest(source, folder).kept == 2


def test_many_time_points_are_no_anatomy(tmp_path: Path) -> None:
    """A dynamic series is set aside and named."""
    folder = study_folder(tmp_path)
    result = ingest(save(tmp_path / "in", repeated(6)), folder)
    assert (result.kept, result.quarantined, result.set_aside) == (0, 0, 6)
    assert {row["reason"] for row in read_table(folder.received_table)} == {"dynamic"}


@pytest.mark.parametrize(
    ("gap_mm", "skip", "parts"),
    [(60.0, 0, 2), (10.0, 0, 1), (60.0, 3, 1)],
    ids=["far apart", "as if slices were lost", "numbers left out"],
)
def test_blocks_are_parted_only_where_nothing_is_missing(tmp_path: Path, gap_mm: float, skip: int, parts: int) -> None:
    """A gap that lost slices may have left keeps the series whole, so that it is refused."""
    assert len(parts_of(tmp_path, blocks(gap_mm, skip=skip))) == parts
