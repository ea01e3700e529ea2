"""A series that may lack slices is refused where its header counts them, and else kept with a warning that stays."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from mri.bids import StudyFolder, read_table
from mri.completeness import lacks_of, lost_series, shorter_than
from mri.geometry import Geometry
from mri.ingest import IngestResult, ingest
from mri.parameters import DEFAULTS
from mri.problems import Severity
from mri.scanning import scan
from tests.mri.dicom_files import ROOT, SLICES, make_series, save, study_folder

FLAG = "possibly_incomplete"
TEXT = "no image"


def warned(result: IngestResult) -> list[str]:
    """Return the series that a warning names as possibly incomplete, by number."""
    return [p.where.split("series ")[1].split()[0] for p in result.problems if p.code == FLAG]


def flags_of(folder: StudyFolder, result: IngestResult) -> dict[int | None, tuple[str, ...]]:
    """Return the flags of the kept series by their numbers, as later steps load them."""
    return {series.series_number: series.flags for series in folder.load(result.studies[0]).series}


@pytest.mark.parametrize("lost", [0, SLICES - 1], ids=["first", "last"])
@pytest.mark.parametrize("numbered", [True, False], ids=["numbered", "without numbers"])
def test_a_text_in_place_of_an_end_slice_is_not_passed_over(tmp_path: Path, lost: int, numbered: bool) -> None:
    """The shorter series is kept, with a warning, a flag in the account and in scans.tsv, and its evidence."""
    series = make_series(4, **({} if numbered else {"InstanceNumber": None}))
    source, folder = save(tmp_path / "in", series), study_folder(tmp_path)
    (source / f"{lost:04d}.dcm").write_text(TEXT)
    for _ in range(2):
        result = ingest(source, folder)
        assert (result.kept, warned(result)) == (1, ["4"])
        assert flags_of(folder, result) == {4: (FLAG,)}
        (row,) = [row for row in read_table(folder.received_table) if row["kind"] == "series"]
        assert row["flags"] == FLAG
        assert "that lie among its own by their names: 1" in row["flags_evidence"]
        assert ("begin at 2" in row["flags_evidence"]) == (numbered and lost == 0)
    (problem,) = [p for p in result.problems if p.code == FLAG]
    assert problem.severity is Severity.WARNING
    assert problem.where.startswith(str(result.studies[0]))


def test_once_the_slice_has_come_the_flag_goes(tmp_path: Path) -> None:
    """The same files from elsewhere keep it; the whole series has none."""
    series, folder = make_series(4), study_folder(tmp_path)
    damaged = save(tmp_path / "in", series)
    (damaged / "0004.dcm").write_text(TEXT)
    ingest(damaged, folder)
    assert flags_of(folder, ingest(save(tmp_path / "part", series[:4]), folder)) == {4: (FLAG,)}
    result = ingest(save(tmp_path / "whole", series), folder)
    assert (flags_of(folder, result), warned(result)) == ({4: ()}, [])


@pytest.mark.parametrize(
    ("name", "suspected"),
    [("0005.dcm", {"1"}), ("notes.dcm", {"1"}), ("0005.txt", set()), ("readme", set()), ("DICOMDIR", set())],
)
def test_a_name_tells_whether_a_file_was_meant_as_a_slice(tmp_path: Path, name: str, suspected: set[str]) -> None:
    """Notes and indices lie beside many series and say nothing of them."""
    source = save(tmp_path / "in", make_series(1))
    (source / name).write_text(TEXT)
    assert set(warned(ingest(source, study_folder(tmp_path)))) == suspected


@pytest.mark.parametrize(("place", "suspected"), [(2, ["1"]), (SLICES, ["1", "2"]), (2 * SLICES, ["2"])])
def test_in_a_folder_of_several_series_the_neighbours_are_named(
    tmp_path: Path, place: int, suspected: list[str]
) -> None:
    """Between two series nobody can tell whose the file was: both are named, and no third one."""
    files = [*make_series(1), *make_series(2)]
    source = save(tmp_path / "in", files[:place])
    (source / f"{place:04d}.dcm").touch()
    save(source, files[place:])
    save(tmp_path / "in" / "third", make_series(3))
    (source / "notes.dcm").write_text(TEXT)
    result = ingest(source, study_folder(tmp_path))
    assert warned(result) == suspected


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([1, 2, 3, 4, 5], ""),
        ([2, 3, 4, 5, 6], "begin at 2"),
        ([1, 2, 3, 4, 6], "1 instance numbers lack"),
        ([1, 2, 3, 4, 50], "45 instance numbers lack"),
        ([16, 17, 18, 19, 30], "10 instance numbers lack"),
        ([2, 4, 6, 8, 10], ""),
        ([6, 7, 8, 9, 10], ""),
        ([16, 17, 18, 19, 20], ""),
        ([1, 1, 1, 1, 1], ""),
        ([0, 1, 2, 3, 4], ""),
    ],
)
def test_instance_numbers_that_lack_some(tmp_path: Path, numbers: list[int], told: str) -> None:
    """Numbers that run on from another volume, or every second one of two echoes, lack nothing; a gap always does."""
    series = make_series(1)
    for dataset, number in zip(series, numbers, strict=True):
        dataset.InstanceNumber = number
    suspected = lacks_of(scan(save(tmp_path / "in", series)).headers, (), str).suspected
    assert (told in suspected[f"{ROOT}.3.1"]) if told else not suspected


def concatenated(total: int) -> list[Dataset]:
    """Return a series whose files say that they are parts of one."""
    return make_series(1, ConcatenationUID=f"{ROOT}.8", InConcatenationTotalNumber=total)


@pytest.mark.parametrize(
    ("make", "kept"),
    [
        (lambda: make_series(1, ImagesInAcquisition=SLICES + 1), 0),
        (lambda: make_series(1, ImagesInAcquisition=SLICES), 1),
        (lambda: make_series(1, ImagesInAcquisition=SLICES - 1), 1),
        (lambda: concatenated(SLICES + 1), 0),
        (lambda: concatenated(SLICES), 1),
    ],
)
def test_fewer_images_than_the_header_counts_are_refused(
    tmp_path: Path, make: Callable[[], list[Dataset]], kept: int
) -> None:
    """By name, with both numbers; the other series goes on."""
    result = ingest(save(tmp_path / "in", make(), make_series(2)), study_folder(tmp_path))
    assert result.kept == kept + 1
    told = [p.message for p in result.problems if p.code == "series_incomplete"]
    assert len(told) == 1 - kept
    assert all(f"counts {SLICES + 1}" in text and f"{SLICES} came" in text for text in told)


def test_a_shorter_neighbour_of_one_plan_is_told(tmp_path: Path) -> None:
    """T2 of five slices and T1 of the first four of them: the T1 may lack one; in another frame it says nothing."""
    long, short = make_series(1, EchoTime=90.0, RepetitionTime=3000.0), make_series(2)[:-1]
    result = ingest(save(tmp_path / "in", long, short), study_folder(tmp_path))
    assert warned(result) == ["2"]
    for dataset in short:
        dataset.FrameOfReferenceUID = f"{ROOT}.9"
    assert warned(ingest(save(tmp_path / "other", long, short), study_folder(tmp_path / "b"))) == []


LONG = Geometry(
    shape=(100, 120, 15), origin_mm=(0, 0, 0), spacing_mm=(1, 1, 3.3), axes=((0, 1, 0), (0, 0, -1), (-1, 0, 0))
)


@pytest.mark.parametrize(
    ("first", "slices", "lacking"),
    [
        (0, 14, 1),
        (1, 14, 1),
        (3, 12, 3),
        (0, 15, 0),
        (1, 13, 0),
        (0.5, 14, 0),
        (0, 7, 8),
        (12, 3, 12),
        (-1, 14, 0),
        (2, 14, 0),
    ],
)
def test_only_an_end_that_lacks_is_a_loss(first: float, slices: int, lacking: int) -> None:
    """Shorter at both ends or shifted was planned so; the larger the loss, the more it matters."""
    own = replace(LONG, origin_mm=(-3.3 * first, 0, 0), shape=(100, 120, slices))
    assert shorter_than(own, LONG, DEFAULTS) == lacking


def test_another_field_of_view_is_another_plan() -> None:
    """A finer matrix over the same field is the same plan, a larger field is not."""
    own = replace(LONG, shape=(100, 120, 14))
    fine = replace(own, shape=(200, 240, 14), spacing_mm=(0.4975, 0.4979, 3.3))
    assert shorter_than(fine, LONG, DEFAULTS) == 1
    assert shorter_than(replace(own, shape=(110, 120, 14)), LONG, DEFAULTS) == 0
    assert shorter_than(replace(own, spacing_mm=(1, 1, 3.0)), LONG, DEFAULTS) == 0


def test_a_damaged_file_is_one_of_the_series_around_it(tmp_path: Path) -> None:
    """An empty file no longer says whose it was; among several series nobody can tell."""
    source = save(tmp_path / "in", make_series(1))
    (source / "9999.dcm").write_bytes(b"")
    found = scan(source)
    assert lost_series(found.headers, found.rejected) == {f"{ROOT}.3.1"}
    save(source, make_series(2))
    found = scan(source)
    assert lost_series(found.headers, found.rejected) == frozenset()
