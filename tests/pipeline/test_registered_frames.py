"""A patient who left the table before contrast: the later series lie in another frame of reference."""

import shutil
from pathlib import Path

import numpy as np
import pydicom
import pytest

from mri.bids import StudyFolder, read_table
from mri.register import read_transform
from pipeline.config import Config
from pipeline.executors import ExecutorKind
from pipeline.flow import Workers, measure_all
from pipeline.run import RunOptions, run_all

SCANS = Path(__file__).resolve().parents[2] / "sample_scans"
SHIFT_MM = np.array([1.5, -3.0, 4.0])
"""How the scanner's coordinates moved with the patient's second placing."""
NEW_FRAME = "2.25.314159265358979323846"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Run one sample patient whose enhanced series have another frame of reference."""
    root = tmp_path_factory.mktemp("frames")
    moved = 0
    for path in sorted((SCANS / "dicom" / "case01").rglob("*.dcm")):
        header = pydicom.dcmread(path, stop_before_pixels=True)
        if header.SeriesDescription not in ("t1_tse_sag", "t2_tse_sag", "t1_tse_sag_KM"):
            continue
        there = root / "dicom" / path.relative_to(SCANS)
        there.parent.mkdir(parents=True, exist_ok=True)
        if header.get("ContrastBolusAgent"):
            moved += 1
            image = pydicom.dcmread(path)
            image.FrameOfReferenceUID = NEW_FRAME
            image.ImagePositionPatient = [float(v) for v in np.array(image.ImagePositionPatient) + SHIFT_MM]
            image.save_as(there)
        else:
            shutil.copy(path, there)
    assert moved > 5
    folder = StudyFolder(root=root / "study")
    options = RunOptions(clinical=None, workers=Workers(kind=ExecutorKind.SERIAL))
    run_all(root / "dicom", folder.root, Config(), options)
    return folder


def test_the_registration_is_kept_with_the_readings(study: StudyFolder) -> None:
    """The transform leads from the later series to an earlier one, right within 1 mm, with its residual."""
    (path,) = study.root.glob("derivatives/readings/sub-*/ses-*/anat/*_mode-image_xfm.json")
    assert "_from-acq-sagT1_ce-gadolinium_to-acq-sagT1_" in path.name
    found = read_transform(path)
    assert found.residual_mm is not None
    assert found.residual_mm <= 1.0
    middle = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, -150.0]])
    assert np.linalg.norm(found.apply(middle + SHIFT_MM) - middle, axis=1).max() < 1.0


def test_lesions_seen_in_two_frames_are_one(study: StudyFolder) -> None:
    """The enhancing lesion of one frame has its T2 hyperintensity from the other, and the tables say how."""
    rows = read_table(study.features() / "lesions.csv")
    both = [row for row in rows if row["lesion_basis"] == "both"]
    assert both
    assert all("registered_frames" in row["flags"].split(";") for row in rows)
    assert all(float(row["ratio_length"]) > 1 for row in both)
    assert "frame_not_aligned" not in (study.features() / "problems.csv").read_text("utf-8")


def test_without_the_transform_the_other_frame_is_not_measured(study: StudyFolder, tmp_path: Path) -> None:
    """Across frames of reference without a transform: refused, by name."""
    copy = StudyFolder(root=shutil.copytree(study.root, tmp_path / "study"))
    for path in copy.root.glob("derivatives/readings/sub-*/ses-*/anat/*_mode-image_xfm.json"):
        path.unlink()
    measure_all(copy, copy.studies(), Config(), Workers(kind=ExecutorKind.SERIAL), lambda _: None)
    rows = read_table(copy.features() / "lesions.csv")
    assert all("registered_frames" not in row["flags"] for row in rows)
    assert all(row["enh_length_mm"] == "" and row["t2_length_mm"] != "" for row in rows)
    assert "frame_not_aligned" in (copy.features() / "problems.csv").read_text("utf-8")
