"""Every common transfer syntax gives the voxels of its pixels, and one that cannot be decoded is named."""

import copy
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    HTJ2KLossless,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    RLELossless,
)

from mri.ingest import ingest
from mri.nifti import read_volume
from mri.tags import quiet_pydicom
from tests.mri.dicom_files import PLANTED, make_series, save, study_folder
from tests.mri.faults import wrong_slices

PLAIN = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
UNDECODED = (JPEGLossless, JPEGLosslessSV1)
"""What the converter alone can decode."""
PACKED = (RLELossless, JPEGLSLossless, JPEG2000Lossless)


def written(syntax: UID, series: list[Dataset]) -> list[Dataset]:
    """Give a series another transfer syntax."""
    for dataset in series:
        if syntax in PACKED:
            dataset.compress(syntax, generate_instance_uid=False)
        else:
            dataset.file_meta.TransferSyntaxUID = syntax
        if syntax == ExplicitVRBigEndian:
            dataset.PixelData = np.frombuffer(dataset.PixelData, "<u2").astype(">u2").tobytes()
            dataset["PixelData"].VR = "OW"
    return series


@pytest.mark.parametrize("syntax", [*PLAIN, *PACKED], ids=lambda syntax: syntax.name)
def test_a_syntax_changes_no_voxel(tmp_path: Path, syntax: UID) -> None:
    """The image equals that of the plain series, corner by corner and voxel by voxel, without any time in it."""
    source = save(tmp_path / "in", written(syntax, make_series(1, Rows=64, Columns=64)))
    plain = save(tmp_path / "plain", make_series(1, Rows=64, Columns=64))
    folder, other = study_folder(tmp_path), study_folder(tmp_path / "other")
    (study,) = ingest(source, folder).studies
    ingest(plain, other)
    (series,) = folder.load(study).series
    one, two = read_volume(folder.image(series)), read_volume(other.image(series))
    assert one.geometry.same_grid(two.geometry)
    assert_array_equal(one.array, two.array)
    for path in folder.root.rglob("*.json"):
        assert PLANTED["AcquisitionTime"] not in path.read_text()


@pytest.mark.parametrize("syntax", PLAIN[:2], ids=lambda syntax: syntax.name)
@pytest.mark.parametrize("end", [132, None], ids=["no preamble", "no meta information"])
def test_old_exports_lack_their_start(tmp_path: Path, syntax: UID, end: int | None) -> None:
    """Files without preamble, mark or meta information convert to the same voxels."""
    source = save(tmp_path / "in", written(syntax, make_series(1)))
    whole, folder = study_folder(tmp_path / "whole"), study_folder(tmp_path)
    (study,) = ingest(source, whole).studies
    for path in source.iterdir():
        content = path.read_bytes()
        after_meta = 144 + int.from_bytes(content[140:144], "little")
        path.write_bytes(content[after_meta if end is None else end :])
    assert ingest(source, folder).kept == 1
    (series,) = folder.load(study).series
    assert_array_equal(read_volume(folder.image(series)).array, read_volume(whole.image(series)).array)


def test_voxels_that_no_decoder_here_knows_are_said_to_be_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The converter's own decoder made the image: a warning, a flag and why, also when nothing is converted again."""
    source = save(tmp_path / "in", written(RLELossless, make_series(1, Rows=64, Columns=64)))
    folder = study_folder(tmp_path)
    monkeypatch.setattr("mri.staging._decode", lambda *_: False)
    for _ in range(2):
        result = ingest(source, folder)
        (series,) = folder.load(result.studies[0]).series
        assert series.flags == ("voxels_unchecked",)
        (problem,) = [p for p in result.problems if p.code == "voxels_unchecked"]
        assert "no decoder for RLE Lossless" in problem.message
    assert wrong_slices(folder, result, source) == []


def test_files_of_mixed_syntaxes_are_one_series(tmp_path: Path) -> None:
    """An archive that compressed only some of the slices."""
    series = make_series(1, Rows=64, Columns=64)
    mixed = [*written(RLELossless, series[:2]), *written(JPEGLSLossless, series[2:4]), *series[4:]]
    source, folder = save(tmp_path / "in", mixed), study_folder(tmp_path)
    result = ingest(source, folder)
    assert (result.kept, result.quarantined) == (1, 0)
    assert wrong_slices(folder, result, source) == []


@pytest.mark.parametrize("syntax", [JPEGLosslessSV1, HTJ2KLossless, UID("1.2.3.4")])
def test_pixels_that_cannot_be_decoded_are_named(tmp_path: Path, syntax: UID) -> None:
    """Pixels that are no stream of their syntax, or of one that nothing here knows."""
    series = written(RLELossless, make_series(1, Rows=64, Columns=64))
    source, folder = save(tmp_path / "in", series), study_folder(tmp_path)
    for path in source.iterdir():
        old, new = str(RLELossless).encode(), str(syntax).encode()
        content = path.read_bytes()
        at = content.index(old) - 2
        length = len(old) + len(old) % 2
        value = new.ljust(len(new) + len(new) % 2, b"\0")
        meta = int.from_bytes(content[140:144], "little") + len(value) - length
        content = (
            content[:140]
            + meta.to_bytes(4, "little")
            + content[144:at]
            + len(value).to_bytes(2, "little")
            + value
            + content[at + 2 + length :]
        )
        path.write_bytes(content)
    result = ingest(source, folder)
    assert (result.kept, result.quarantined) == (0, 1)
    assert {p.code for p in result.problems} & {"pixels_undecodable", "converter_failed"}


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["MR1", "MR2", "MR3", "MR4"])
def test_real_files_of_four_syntaxes_give_one_image(tmp_path: Path, shared_data: Path, name: str) -> None:
    """The same slice in JPEG 2000, JPEG-LS, RLE and JPEG lossless has the same voxels, or is refused by name."""
    images = []
    for path in sorted((shared_data / "dicom" / "dicom-test-files" / "WG04").rglob(f"{name}_*")):
        source = tmp_path / path.name / "in"
        with quiet_pydicom():
            save(source, stacked(dcmread(path)))
        folder = study_folder(tmp_path / path.name)
        result = ingest(source, folder)
        if result.kept:
            (series,) = folder.load(result.studies[0]).series
            images.append(read_volume(folder.image(series)).array)
            lossless = dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID in UNDECODED
            assert series.flags == (("voxels_unchecked",) if lossless else ())
        else:
            assert {p.code for p in result.problems} & {"pixels_undecodable", "converter_failed"}, path.name
    assert len(images) >= 3
    assert all(np.array_equal(images[0], other) for other in images)


def stacked(dataset: Dataset) -> list[Dataset]:
    """Return three copies of a slice, 5 mm apart, as a T1 series, so that it makes a volume."""
    series = []
    for k in range(3):
        slice_ = copy.deepcopy(dataset)
        normal = np.cross(dataset.ImageOrientationPatient[:3], dataset.ImageOrientationPatient[3:])
        place = np.array(dataset.ImagePositionPatient, dtype=float) + normal * 5.0 * k
        slice_.ImagePositionPatient = [round(float(v), 6) for v in place]
        slice_.SOPInstanceUID = f"{dataset.SOPInstanceUID}.{k + 1}"
        slice_.InstanceNumber = k + 1
        slice_.SeriesDescription, slice_.ProtocolName = "t1_tse", "t1_tse"
        slice_.EchoTime, slice_.RepetitionTime, slice_.ScanningSequence = 10.0, 600.0, "SE"
        slice_.ImageType = ["ORIGINAL", "PRIMARY", "M"]
        series.append(slice_)
    return series
