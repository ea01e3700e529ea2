"""Masks of other programs are read where they are, whatever the format, and nothing of the patient is taken."""

from pathlib import Path

import numpy as np
import pytest

from mri.foreign import read_foreign_mask
from mri.geometry import Geometry
from mri.nifti import write_label_map
from mri.problems import RefusedError
from mri.volume import LabelMap
from tests.mri.foreign_files import IDENTIFIERS, mr_slices, slicer_header, write_nrrd, write_seg
from tests.pipeline.small_study import sagittal_grid


def box(grid: Geometry, *, low: int = 4, high: int = 9) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a box of ones that touches no border and is different along each axis."""
    array = np.zeros(grid.shape, dtype=np.uint8)
    array[low : high + 6, low:high, 2:4] = 1
    return array


def code_of(path: Path) -> str:
    """Return the code with which a file is refused."""
    with pytest.raises(RefusedError) as refused:
        read_foreign_mask(path)
    assert refused.value.problems[0].where == path.name
    return refused.value.problems[0].code


def test_every_format_puts_the_same_voxels_at_the_same_places(tmp_path: Path) -> None:
    """NIfTI, NRRD and DICOM SEG of one box give the same points in the patient, on an oblique grid."""
    grid = sagittal_grid()
    labels = LabelMap(array=box(grid), geometry=grid)
    write_label_map(tmp_path / "m.nii.gz", labels)
    write_nrrd(tmp_path / "m.nrrd", [labels.array], grid)
    write_seg(tmp_path / "m.dcm", {"lesion": labels.array}, grid)
    wanted = np.sort(labels.points_mm(), axis=0)
    for name in ("m.nii.gz", "m.nrrd", "m.dcm"):
        read = read_foreign_mask(tmp_path / name)
        assert len(read.segments) == 1
        assert np.abs(np.sort(read.layers[0].points_mm(), axis=0) - wanted).max() < 1e-3, name


def test_overlapping_segments_of_slicer_are_layers(tmp_path: Path) -> None:
    """A .seg.nrrd of two layers and three segments gives each by its name, layer and value."""
    grid = sagittal_grid()
    first, second = box(grid), 2 * box(grid, low=6, high=12)
    first[20:, :, :] = 3
    header = slicer_header(["cord", "canal", "syrinx"], layers=[0, 1, 0], values=[1, 2, 3])
    read = read_foreign_mask(write_nrrd(tmp_path / "a.seg.nrrd", [first, second], grid, header))
    assert [(s.number, s.name, s.layer, s.value) for s in read.segments] == [
        (1, "cord", 0, 1),
        (2, "canal", 1, 2),
        (3, "syrinx", 0, 3),
    ]
    assert np.array_equal(read.layers[1].array, second)


def test_old_slicer_files_have_one_layer_for_each_segment(tmp_path: Path) -> None:
    """Before layers were written down, segment k was component k with the value 1."""
    grid = sagittal_grid()
    header = {"Segment0_Name": "cord", "Segment1_Name": "lesion"}
    read = read_foreign_mask(write_nrrd(tmp_path / "a.seg.nrrd", [box(grid), box(grid, low=7)], grid, header))
    assert [(s.name, s.layer, s.value) for s in read.segments] == [("cord", 0, 1), ("lesion", 1, 1)]


def test_segments_of_a_seg_may_overlap(tmp_path: Path) -> None:
    """Each segment of a DICOM SEG is whole, also where two overlap, and frames without voxels may be missing."""
    grid = sagittal_grid()
    one, two = box(grid), box(grid, low=6, high=12)
    read = read_foreign_mask(write_seg(tmp_path / "s.dcm", {"one": one, "two": two}, grid))
    assert [(s.number, s.name) for s in read.segments] == [(1, "one"), (2, "two")]
    assert [int(layer.array.sum()) for layer in read.layers] == [int(one.sum()), int(two.sum())]


def test_a_fractional_seg_is_cut_at_half(tmp_path: Path) -> None:
    """Occupancy below one half is outside."""
    grid = sagittal_grid()
    soft = np.where(box(grid), 0.8, 0.0)
    soft[box(grid, low=10, high=12) > 0] = 0.3
    read = read_foreign_mask(write_seg(tmp_path / "s.dcm", {"soft": soft}, grid, fractional=True))
    assert read.layers[0].array.sum() == (soft > 0.5).sum() > 0


def test_a_label_map_seg_is_parted_into_its_segments(tmp_path: Path) -> None:
    """The newer label-map kind of DICOM SEG gives the same segments as a binary one."""
    grid = sagittal_grid()
    one, two = box(grid), box(grid, low=10, high=14)
    one[two > 0] = 0
    read = read_foreign_mask(write_seg(tmp_path / "s.dcm", {"one": one, "two": two}, grid, label_map=True))
    assert [(s.number, s.name) for s in read.segments] == [(1, "one"), (2, "two")]
    assert [int(layer.array.sum()) for layer in read.layers] == [int(one.sum()), int(two.sum())]


def test_nothing_of_the_patient_is_read(tmp_path: Path) -> None:
    """What is returned from a DICOM SEG holds no word of the patient that its header names."""
    path = write_seg(tmp_path / "s.dcm", {"one": box(sagittal_grid())}, sagittal_grid())
    assert all(word.encode() in path.read_bytes() for word in IDENTIFIERS)
    said = repr(read_foreign_mask(path))
    assert not [word for word in IDENTIFIERS if word in said]


def test_files_that_are_no_masks_are_refused(tmp_path: Path) -> None:
    """An image, a damaged file, a missing one and one of no known format are each named with their reason."""
    image = mr_slices(sagittal_grid())[0]
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.save_as(tmp_path / "image.dcm", enforce_file_format=True)
    (tmp_path / "bad.nrrd").write_bytes(b"NRRD0004\nnonsense\n\n")
    (tmp_path / "mask.xyz").write_bytes(b"\0" * 200)
    whole = write_seg(tmp_path / "whole.dcm", {"one": box(sagittal_grid())}, sagittal_grid()).read_bytes()
    (tmp_path / "half.dcm").write_bytes(whole[: len(whole) // 2])
    assert code_of(tmp_path / "image.dcm") == "not_a_seg"
    assert code_of(tmp_path / "bad.nrrd") == "not_nrrd"
    assert code_of(tmp_path / "mask.xyz") == "mask_format"
    assert code_of(tmp_path / "missing.nii.gz") == "file_missing"
    assert code_of(tmp_path / "half.dcm") == "seg_unreadable"


def test_an_nrrd_that_does_not_say_where_it_is_is_refused(tmp_path: Path) -> None:
    """Without a space the axes of the patient are unknown."""
    path = tmp_path / "nowhere.nrrd"
    path.write_bytes(
        b"NRRD0004\ntype: unsigned char\ndimension: 3\nsizes: 2 2 2\nencoding: raw\nendian: little\n\n" + bytes(8)
    )
    assert code_of(path) == "no_geometry"


def test_an_nrrd_in_ras_is_turned(tmp_path: Path) -> None:
    """A header that says right-anterior-superior gives the same place in LPS with x and y turned."""
    path = tmp_path / "ras.nrrd"
    head = (
        "NRRD0004\ntype: unsigned char\ndimension: 3\nspace: right-anterior-superior\nsizes: 2 2 2\n"
        "space directions: (1,0,0) (0,1,0) (0,0,2)\nspace origin: (5,6,7)\nencoding: raw\nendian: little\n\n"
    )
    path.write_bytes(head.encode() + bytes([1, 0, 0, 0, 0, 0, 0, 0]))
    read = read_foreign_mask(path)
    assert read.layers[0].points_mm()[0].tolist() == [-5.0, -6.0, 7.0]
