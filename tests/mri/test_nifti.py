"""NIfTI files are RAS, the inside is LPS, and the two meet without loss."""

import gzip
import tracemalloc
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.testing import assert_allclose, assert_array_equal

from mri.geometry import Geometry
from mri.nifti import ras_to_lps, read_geometry, read_label_map, read_volume, write_label_map, write_volume
from mri.problems import RefusedError
from mri.volume import LabelMap, Volume
from tests.mri.test_geometry import geometries, plain


def save(path: Path, array: np.ndarray, affine: np.ndarray) -> Path:
    """Write a file as other programs do."""
    nib.save(nib.Nifti1Image(array, affine), path)
    return path


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(geometry=geometries())
def test_grid_and_voxels_survive_a_file(tmp_path: Path, geometry: Geometry) -> None:
    """What is written is read again, to the precision of the float32 header."""
    array = np.random.default_rng(0).integers(-50, 50, geometry.shape).astype(np.int16)
    path = tmp_path / "image.nii.gz"
    write_volume(path, Volume(array=array, geometry=geometry))
    again = read_volume(path)
    assert again.geometry.same_grid(geometry, tolerance_mm=1e-3)
    assert_array_equal(again.array, array)


def test_ras_file_becomes_lps(tmp_path: Path) -> None:
    """A voxel to the patient's right and front in the file lies at negative x and y inside."""
    affine = np.diag([1.0, 2.0, 3.0, 1.0])
    affine[:3, 3] = (10, 20, 30)
    geometry = read_geometry(save(tmp_path / "a.nii", np.zeros((4, 5, 6), np.uint8), affine))
    assert_allclose(geometry.to_world((1, 1, 1)), (-11, -22, 33))


def test_ras_to_lps_is_its_own_inverse() -> None:
    """Twice turned is not turned."""
    points = np.array([[1.0, -2.0, 3.0]])
    assert_array_equal(ras_to_lps(ras_to_lps(points)), points)


def test_voxels_agree_with_nibabel(tmp_path: Path) -> None:
    """Slope and intercept are applied, and the axes are those of the file."""
    image = nib.Nifti1Image(np.arange(24, dtype=np.float32).reshape(2, 3, 4), np.eye(4))
    image.header.set_data_dtype(np.int16)
    image.header.set_slope_inter(0.5, 3.0)
    nib.save(image, tmp_path / "s.nii.gz")
    expected = np.asarray(nib.load(tmp_path / "s.nii.gz").dataobj)
    assert_allclose(read_volume(tmp_path / "s.nii.gz").array, expected)


def test_label_map_round_trip_keeps_large_labels(tmp_path: Path) -> None:
    """Labels over 255 need two bytes and get them."""
    array = np.zeros((4, 5, 6), dtype=np.int32)
    array[1, 1, 1] = 300
    write_label_map(tmp_path / "m.nii.gz", LabelMap(array=array, geometry=plain()))
    assert_array_equal(read_label_map(tmp_path / "m.nii.gz").array, array)


def test_labels_with_a_fraction_are_refused(tmp_path: Path) -> None:
    """One voxel of 2.4 among labels 1 to 3 would make all of them 1; a rounding of a scaling is taken for whole."""
    for values, labels in (([1.0, 2.4, 3.0], None), ([1.0, 2.0004, 3.0], [1, 2, 3]), ([0.0, 0.3, 1.02], [0, 0, 1])):
        array = np.array([[values]], dtype=np.float32)
        nib.Nifti1Image(array, np.eye(4)).to_filename(tmp_path / "m.nii.gz")
        if labels is None:
            with pytest.raises(RefusedError) as refused:
                read_label_map(tmp_path / "m.nii.gz")
            assert refused.value.problems[0].code == "mask_fractional"
        else:
            assert read_label_map(tmp_path / "m.nii.gz").array.ravel().tolist() == labels


def test_fractional_mask_is_cut_at_half(tmp_path: Path) -> None:
    """A soft mask becomes a binary one."""
    array = np.array([[[0.2, 0.5, 0.9]]], dtype=np.float32)
    assert read_label_map(save(tmp_path / "m.nii", array, np.eye(4))).array.tolist() == [[[0, 1, 1]]]


@pytest.mark.parametrize(
    ("array", "code"),
    [
        (np.full((2, 2, 2), -1, np.int16), "mask_negative"),
        (np.full((2, 2, 2), np.nan, np.float32), "mask_not_finite"),
        (np.zeros((2, 2, 2, 3), np.int16), "not_3d"),
    ],
)
def test_bad_masks_are_refused_by_name(tmp_path: Path, array: np.ndarray, code: str) -> None:
    """What is wrong with a mask has a name."""
    with pytest.raises(RefusedError, match=code):
        read_label_map(save(tmp_path / "m.nii", array, np.eye(4)))


def test_sheared_missing_and_foreign_files_are_refused(tmp_path: Path) -> None:
    """The message names the file."""
    affine = np.eye(4)
    affine[0, 1] = 0.5
    save(tmp_path / "sheared.nii", np.zeros((2, 2, 2), np.uint8), affine)
    (tmp_path / "text.nii").write_text("no image")
    for name, code in (("sheared.nii", "geometry_sheared"), ("text.nii", "not_nifti"), ("gone.nii", "file_missing")):
        with pytest.raises(RefusedError, match=code) as refused:
            read_geometry(tmp_path / name)
        assert refused.value.problems[0].where == name


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a half-written file nor a temporary one stays behind."""

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(nib.nifti1.Nifti1Image, "to_filename", fail)
    with pytest.raises(OSError, match="disk full"):
        write_volume(tmp_path / "a.nii.gz", Volume(array=np.zeros((4, 5, 6)), geometry=plain()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "tail", "byte"])
def test_a_damaged_image_is_refused(tmp_path: Path, damage: str) -> None:
    """Half an image, one without its end and one with a changed byte are named; none is read as an image."""
    path = tmp_path / "image.nii.gz"
    noise = np.random.default_rng(3).integers(0, 500, (20, 30, 12)).astype(np.int16)
    write_volume(path, Volume(array=noise, geometry=Geometry.from_affine(np.eye(4), noise.shape)))
    content = bytearray(path.read_bytes())
    if damage == "byte":
        content[len(content) // 2] ^= 0xFF
    path.write_bytes(content[: len(content) // 2] if damage == "cut" else content[:-6] if damage == "tail" else content)
    with pytest.raises(RefusedError) as refused:
        read_volume(path)
    assert refused.value.problems[0].code == "voxels_unreadable"


@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize("level", [0, 6])
def test_a_file_packed_in_parts_is_read_whole(tmp_path: Path, parts: int, level: int) -> None:
    """Parallel packers write several gzip parts, here of one size: none is left out, at any strength of packing."""
    path, plain_file = tmp_path / "image.nii.gz", tmp_path / "image.nii"
    noise = np.random.default_rng(3).integers(0, 500, (20, 30, 12)).astype(np.int16)
    write_volume(plain_file, Volume(array=noise, geometry=Geometry.from_affine(np.eye(4), noise.shape)))
    content = plain_file.read_bytes() + bytes(-plain_file.stat().st_size % parts)
    size = len(content) // parts
    packed = [gzip.compress(content[k * size : (k + 1) * size], level) for k in range(parts)]
    path.write_bytes(b"".join(packed))
    assert_array_equal(read_volume(path).array, noise)


def test_a_size_that_cannot_be_is_refused_without_taking_memory(tmp_path: Path) -> None:
    """The last bytes claim 4 GB: named as damaged, and no such buffer is made."""
    path = tmp_path / "image.nii.gz"
    write_volume(path, Volume(array=np.zeros((4, 5, 6), np.int16), geometry=plain()))
    path.write_bytes(path.read_bytes()[:-4] + b"\xff" * 4)
    tracemalloc.start()
    with pytest.raises(RefusedError, match="voxels_unreadable"):
        read_volume(path)
    assert tracemalloc.get_traced_memory()[1] < 10e6
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["image.nii", "image.nii.gz"])
@pytest.mark.parametrize("kind", ["<i2", ">i2", "<f4", ">u2"])
def test_voxels_are_the_machines_own_and_may_be_written_to(tmp_path: Path, name: str, kind: str) -> None:
    """Packed or not, in either order of bytes: the numbers that were written, in memory that is nobody else's."""
    array = np.random.default_rng(1).integers(0, 900, (5, 6, 7)).astype(kind)
    read = read_volume(save(tmp_path / name, array, np.eye(4))).array
    assert_array_equal(read, array)
    assert read.dtype == array.dtype.newbyteorder("=")
    assert read.dtype.isnative
    assert read.flags.f_contiguous
    read[:] = 0


def test_bytes_after_the_packed_image_are_not_read_as_voxels(tmp_path: Path) -> None:
    """What follows the one part is refused, but for the zeros that tapes and copies are filled up with."""
    path = tmp_path / "image.nii.gz"
    whole = np.full((4, 5, 6), 7, np.int16)
    write_volume(path, Volume(array=whole, geometry=plain()))
    content = path.read_bytes()
    path.write_bytes(content + bytes(512))
    assert_array_equal(read_volume(path).array, whole)
    path.write_bytes(content + b"something else")
    with pytest.raises(RefusedError, match="voxels_unreadable"):
        read_volume(path)


@pytest.mark.parametrize("empty", [True, False])
def test_another_way_of_packing_is_no_image(tmp_path: Path, empty: bool) -> None:
    """Packed bytes are no voxels, be they few or many, though nibabel reads the header: named, with what to do."""
    noise = np.random.default_rng(3).integers(-30000, 30000, (9, 9, 9)).astype(np.int16) * (not empty)
    path = save(tmp_path / "image.nii.bz2", noise.astype(np.int16), np.eye(4))
    for read in (read_geometry, read_volume, read_label_map):
        with pytest.raises(RefusedError, match=r"image\.nii\.bz2: packed as \.bz2; unpack it, .*not_nifti"):
            read(path)


@pytest.mark.parametrize(("unit", "said"), [("meter", "metres"), ("micron", "micrometres")])
def test_positions_that_are_not_millimetres_are_refused(tmp_path: Path, unit: str, said: str) -> None:
    """A header in metres made lesions of a hundredth of a millimetre; mm, and no unit, are read."""
    for written in (unit, "mm", "unknown"):
        image = nib.Nifti1Image(np.ones((2, 3, 4), np.uint8), np.eye(4))
        image.header.set_xyzt_units(written, "sec")
        nib.save(image, tmp_path / f"{written}.nii")
    with pytest.raises(
        RefusedError, match=rf"{unit}\.nii: the header says that its positions are {said}; .*units_not_mm"
    ):
        read_label_map(tmp_path / f"{unit}.nii")
    assert read_label_map(tmp_path / "mm.nii").geometry == read_label_map(tmp_path / "unknown.nii").geometry


def test_an_image_of_colours_is_refused(tmp_path: Path) -> None:
    """Three numbers for each voxel are no intensity."""
    from nibabel.nifti1 import Nifti1Image

    colours = np.zeros((4, 4, 4), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    Nifti1Image(colours, np.eye(4)).to_filename(tmp_path / "colours.nii.gz")
    with pytest.raises(RefusedError) as refused:
        read_volume(tmp_path / "colours.nii.gz")
    assert refused.value.problems[0].code == "voxels_not_real"
