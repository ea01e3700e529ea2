"""Real spine MRI, re-cut as two stations and a series with a contrast tag."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pydicom import dcmread

from mri.bids import StudyFolder, read_table
from mri.ingest import ingest
from mri.nifti import read_volume
from mri.parameters import DEFAULTS
from mri.scanning import scan
from mri.stacks import group, place
from mri.study import Contrast, Plane, Weighting
from tests.mri.dicom_files import study_folder

pytestmark = pytest.mark.real_data


@pytest.fixture
def folder(tmp_path: Path, shared_data: Path) -> StudyFolder:
    """Give the study of the real spine."""
    study = study_folder(tmp_path)
    result = ingest(shared_data / "dicom" / "derived_spine_classic", study)
    assert (result.kept, result.quarantined) == (3, 0)
    return study


def test_two_stations_and_contrast_are_told(folder: StudyFolder) -> None:
    """Stations by geometry though BodyPartExamined says HEAD, contrast by its tag though series share a UID."""
    (study,) = folder.studies()
    neck, chest, after = folder.load(study).series
    assert [s.acquisition for s in (neck, chest, after)] == ["sagCT1", "sagTT1", "sagTT1"]
    assert [s.contrast for s in (neck, chest, after)] == [Contrast.NO, Contrast.NO, Contrast.YES]
    assert {s.plane for s in (neck, chest, after)} == {Plane.SAGITTAL}
    assert {s.weighting for s in (neck, chest, after)} == {Weighting.T1}
    assert neck.frame_of_reference == chest.frame_of_reference
    assert chest.geometry.same_grid(after.geometry)
    assert neck.geometry.spacing_mm == pytest.approx((0.803571, 0.803571, 3.3), abs=1e-4)


def test_voxels_are_those_of_the_source(folder: StudyFolder, shared_data: Path) -> None:
    """Each slice of the JPEG-LS series is found with its pixels at its place."""
    (study,) = folder.studies()
    volume = read_volume(folder.image(folder.load(study).series[0]))
    for path in sorted((shared_data / "dicom" / "derived_spine_classic" / "03").glob("*.dcm"))[::5]:
        dataset = dcmread(path)
        index = np.rint(volume.geometry.to_index([float(v) for v in dataset.ImagePositionPatient])).astype(int)
        across = volume.array[:, :, index[2]].T
        assert_array_equal(across if index[1] == 0 else across[::-1], dataset.pixel_array)


def test_real_multi_frame_has_its_geometry(shared_data: Path) -> None:
    """The places in the functional groups give the right grid: 15 slices of 0.8036 × 0.8036 × 3.3 mm."""
    (stack,) = group(scan(shared_data / "dicom" / "zzdicom" / "spine-ls.dcm").headers, DEFAULTS)
    grid = place(stack, DEFAULTS)
    assert grid.shape == (448, 448, 15)
    assert grid.spacing_mm == pytest.approx((0.8036, 0.8036, 3.3), abs=1e-4)


@pytest.mark.parametrize(("name", "slices"), [("dcm_qa_ge", 130), ("dcm_qa_deident", 196)])
def test_real_series_of_another_maker_pass_the_gate(tmp_path: Path, shared_data: Path, name: str, slices: int) -> None:
    """Noise in the direction of real scanners does not quarantine a good series."""
    study = study_folder(tmp_path)
    result = ingest(shared_data / "dicom" / name, study)
    (series,) = study.load(result.studies[0]).series
    assert series.geometry.shape[2] == slices
    assert result.quarantined == 0


def test_good_series_that_are_no_anatomy_are_set_aside(tmp_path: Path, shared_data: Path) -> None:
    """Mosaics of functional MRI are whole: they are not called broken, but of no weighting that is measured."""
    result = ingest(shared_data / "dicom" / "dcm_qa", study_folder(tmp_path))
    assert (result.kept, result.quarantined) == (0, 0)
    assert "weighting_unknown" in {p.code for p in result.problems}


def test_real_multi_frame_becomes_a_series(tmp_path: Path, shared_data: Path) -> None:
    """A secondary capture that kept its geometry is used; what its header lost is said to be unknown."""
    study = study_folder(tmp_path)
    result = ingest(shared_data / "dicom" / "zzdicom", study)
    (series,) = study.load(result.studies[0]).series
    assert series.geometry.shape == (448, 448, 15)
    assert (series.plane, series.contrast) == (Plane.SAGITTAL, Contrast.UNKNOWN)
    assert "contrast_unknown" in {p.code for p in result.problems}


REAL = {
    "dcm_qa": (0, {"weighting_unknown"}),
    "dcm_qa_deident": (1, set()),
    "dcm_qa_ge": (1, set()),
    "dcm_qa_stc": (0, {"diffusion"}),
    "derived_spine_classic": (3, set()),
    "dicom-test-files": (0, {"secondary_capture", "derived", "phase"}),
    "pydicom": (0, {"reformat"}),
    "zzdicom": (1, {"too_few_slices"}),
}
"""Kept series of each folder, and why its others are set aside."""


@pytest.mark.parametrize("name", REAL)
def test_every_real_series_converts_or_is_set_aside_for_a_reason(tmp_path: Path, shared_data: Path, name: str) -> None:
    """No good series is quarantined, and each kept one lies within a thousandth of a millimetre."""
    study = study_folder(tmp_path)
    result = ingest(shared_data / "dicom" / name, study)
    rows = [row for row in read_table(study.received_table) if row["kind"] == "series"]
    for row in rows:
        what = (row["status"], row["reason"], row["slices"], row["plane"], row["weighting"], row["residual_mm"])
        print(name, row["series_number"], *what)  # noqa: T201 - the table, shown by pytest -s
    kept, reasons = REAL[name]
    assert (result.kept, result.quarantined) == (kept, 0)
    assert {row["reason"] for row in rows if row["status"] != "kept"} == reasons
    assert all(float(row["residual_mm"]) <= 0.001 for row in rows if row["status"] == "kept")


def test_the_real_multi_frame_is_told_with_evidence(tmp_path: Path, shared_data: Path) -> None:
    """15 sagittal slices of 0.8036 × 0.8036 × 3.3 mm; what names it T1 is said, and contrast stays unknown."""
    study = study_folder(tmp_path)
    (session,) = ingest(shared_data / "dicom" / "zzdicom" / "spine-ls.dcm", study).studies
    (series,) = study.load(session).series
    assert series.geometry.spacing_mm == pytest.approx((0.8036, 0.8036, 3.3), abs=1e-4)
    assert series.geometry.shape[2] == 15
    assert (series.plane, series.contrast) == (Plane.SAGITTAL, Contrast.UNKNOWN)
    (row,) = read_table(study.scans_table(session))
    assert (row["weighting"], row["weighting_evidence"]) == ("T1", "description only: T1")
