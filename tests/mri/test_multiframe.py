"""One file of several volumes: each is an image of its own where the file says whose each frame is."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, JPEGLSLossless

from mri import staging
from mri.bids import StudyFolder, read_table
from mri.headers import ImageHeader
from mri.ingest import IngestResult, ingest
from mri.multiframe import volumes_of
from mri.parameters import DEFAULTS
from mri.scanning import scan
from mri.study import Plane
from tests.mri.dicom_files import AXIAL, SLICES, make_series, save, study_folder
from tests.mri.enhanced_files import of_volumes
from tests.mri.faults import wrong_slices

SIZE = {"Rows": 64, "Columns": 64}


def taken(tmp_path: Path, whole: Dataset, *volumes: list[Dataset]) -> tuple[IngestResult, StudyFolder]:
    """Ingest a file and hold every voxel against the classic slices it was made of."""
    whole.Rows = whole.Columns = 64
    folder = study_folder(tmp_path)
    slices = save(tmp_path / "classic", *volumes)
    result = ingest(save(tmp_path / "in", [whole]), folder)
    assert wrong_slices(folder, result, slices) == []
    return result, folder


def headers_of(tmp_path: Path, whole: Dataset) -> tuple[ImageHeader, ...]:
    """Return the volumes that a file is parted into."""
    (header,) = scan(save(tmp_path / "in", [whole])).headers
    return volumes_of(header, DEFAULTS)


def test_large_files_are_parted_from_where_they_lie(tmp_path: Path) -> None:
    """Pixels beyond what is read at once come from their own frames, with the preamble or other things before them."""
    large = {"Rows": 512, "Columns": 512}
    one, two = make_series(1, **large), make_series(2, **large)
    whole = of_volumes(one, two, TemporalPositionIndex=[1, 2])
    whole.Rows = whole.Columns = 512
    folder, slices = study_folder(tmp_path), save(tmp_path / "classic", one, two)
    result = ingest(save(tmp_path / "in", [whole]), folder)
    assert (result.kept, wrong_slices(folder, result, slices)) == (2, [])


def test_frames_of_another_volume_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part is held against the source, not against the copy that was made of it."""
    whole = of_volumes(make_series(1, **SIZE), make_series(2, **SIZE), TemporalPositionIndex=[1, 2])
    whole.Rows = whole.Columns = 64
    tell = staging._order
    monkeypatch.setattr(staging, "_order", lambda *of: (*tell(*of)[:3], tell(*of)[3] + 2 * 64 * 64))
    result = ingest(save(tmp_path / "in", [whole]), study_folder(tmp_path))
    assert (result.kept, {p.code for p in result.problems} & {"voxels_differ"}) == (0, {"voxels_differ"})


@pytest.mark.parametrize(
    "pack", [None, JPEGLSLossless, DeflatedExplicitVRLittleEndian], ids=["plain", "jls", "deflated"]
)
def test_time_points_become_runs(tmp_path: Path, pack: str | None) -> None:
    """Two volumes at one place, in their order, told as a split; the same files again change nothing."""
    one, two = make_series(1, **SIZE), make_series(2, **SIZE)
    whole = of_volumes(one, two, TemporalPositionIndex=[1, 2])
    whole.Rows = whole.Columns = 64
    if pack == JPEGLSLossless:
        whole.compress(pack, generate_instance_uid=False)
    elif pack is not None:
        whole.file_meta.TransferSyntaxUID = pack
    result, folder = taken(tmp_path, whole, one, two)
    assert (result.kept, result.quarantined) == (2, 0)
    assert {"series_split"} <= {p.code for p in result.problems}
    assert [s.run for s in folder.load(result.studies[0]).series] == [1, 2]
    assert ingest(tmp_path / "in", folder).kept == 2
    rows = read_table(folder.private / "received.csv")
    assert [row["source"] for row in rows] == ["0000.dcm"] * 2
    assert len({row["item"] for row in rows}) == 2


def test_echoes_are_judged_each_by_its_own_time(tmp_path: Path) -> None:
    """The weighting of each volume comes from its frames, not from the first of the file."""
    one, two = make_series(1, **SIZE), make_series(2, **SIZE)
    whole = of_volumes(one, two, EffectiveEchoTime=[10.0, 60.0])
    _, folder = taken(tmp_path, whole, one, two)
    rows = read_table(folder.received_table)
    assert sorted((row["echo_time_ms"], row["weighting_found"]) for row in rows) == [("10", "T1"), ("60", "unknown")]


def test_stacks_of_two_directions_are_two_planes(tmp_path: Path) -> None:
    """A file of a sagittal and an axial stack."""
    sagittal = make_series(1, slices=12, **SIZE)
    axial = make_series(2, slices=12, direction=AXIAL, first_mm=(-20.0, -70.0, 40.0), **SIZE)
    result, folder = taken(tmp_path, of_volumes(sagittal, axial, StackID=["1", "2"]), sagittal, axial)
    assert {s.plane for s in folder.load(result.studies[0]).series} == {Plane.SAGITTAL, Plane.AXIAL}


def test_stations_in_one_file_are_two_images(tmp_path: Path) -> None:
    """Two stacks far apart under one UID."""
    upper, lower = make_series(1, **SIZE), make_series(2, first_mm=(60.0, -80.0, 100.0), **SIZE)
    result, _ = taken(tmp_path, of_volumes(upper, lower, StackID=["1", "2"]), upper, lower)
    assert (result.kept, result.quarantined) == (2, 0)


def test_the_phase_beside_the_magnitude_is_set_aside(tmp_path: Path) -> None:
    """Parts of the signal in one file."""
    one, two = make_series(1, **SIZE), make_series(2, **SIZE)
    kinds = [["ORIGINAL", "PRIMARY", "M", "NONE"], ["ORIGINAL", "PRIMARY", "P", "NONE"]]
    whole = of_volumes(one, two, FrameType=kinds)
    del whole.ImageType
    result, folder = taken(tmp_path, whole, one, two)
    assert (result.kept, result.set_aside) == (1, 1)
    assert {row["reason"] for row in read_table(folder.received_table)} == {"", "phase"}


def test_many_time_points_in_one_file_are_no_anatomy(tmp_path: Path) -> None:
    """A dynamic series is set aside, not cut into many images."""
    volumes = [make_series(number, **SIZE) for number in range(1, 7)]
    result, folder = taken(tmp_path, of_volumes(*volumes, TemporalPositionIndex=range(1, 7)), *volumes)
    assert (result.kept, result.quarantined) == (0, 0)
    assert {row["reason"] for row in read_table(folder.received_table)} == {"dynamic"}


@pytest.mark.parametrize(
    "make",
    [
        lambda: of_volumes(make_series(1), make_series(2)),
        lambda: of_volumes(make_series(1)[:2], make_series(2)[:2], StackID=["1", "2"]),
        lambda: of_volumes(make_series(1), TemporalPositionIndex=[1]),
        lambda: of_volumes(make_series(1, ImagePositionPatient=[0.0, 0.0, 0.0]), make_series(2), StackID=["1", "2"]),
    ],
    ids=["nothing tells them", "too few slices", "one volume", "a part that repeats a place"],
)
def test_what_cannot_be_parted_stays_whole(tmp_path: Path, make: Callable[[], Dataset]) -> None:
    """Then it is one volume, or refused by name."""
    (header,) = headers_of(tmp_path, make())
    assert (header.chosen, header.part) == ((), "")


def test_a_value_that_varies_within_a_volume_parts_nothing(tmp_path: Path) -> None:
    """A file whose every frame has an index of its own is one volume still."""
    whole = of_volumes(make_series(1, slices=SLICES + 3))
    for number, frame in enumerate(whole.PerFrameFunctionalGroupsSequence):
        frame.FrameContentSequence[0].TemporalPositionIndex = number + 1
    assert len(headers_of(tmp_path, whole)) == 1


def test_files_of_two_frames_or_fewer_stay_whole(tmp_path: Path) -> None:
    """Nothing can be parted, neither in a file whose list of frames is empty; the ingest names it and goes on."""
    for count in (0, 1, 2):
        whole = of_volumes(make_series(1, slices=max(count, 1), **SIZE), TemporalPositionIndex=[1])
        if not count:
            whole.PerFrameFunctionalGroupsSequence = []
        assert [header.chosen for header in headers_of(tmp_path / str(count), whole)] == [()]
    result = ingest(tmp_path / "0" / "in", study_folder(tmp_path))
    assert (result.kept, result.quarantined + result.set_aside) == (0, 1)
