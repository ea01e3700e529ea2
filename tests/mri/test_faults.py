"""Each fault is refused or repaired by name, and no volume that is kept is wrong."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

from mri.bids import StudyFolder, read_table
from mri.ingest import IngestResult, ingest
from mri.problems import Severity
from tests.mri.dicom_files import make_series, study_folder
from tests.mri.faults import FAULTS, Series, normal_of, write_fault, wrong_slices

SLICES = 12


def check(name: str, series: Series, tmp_path: Path) -> tuple[IngestResult, StudyFolder]:
    """Ingest a series with a fault and hold what came of it against the table."""
    fault = FAULTS[name]
    source, folder = write_fault(fault, series, tmp_path / "in"), study_folder(tmp_path)
    result = ingest(source, folder)
    assert result.kept == fault.kept, [str(problem) for problem in result.problems]
    assert fault.codes <= {problem.code for problem in result.problems}
    assert (result.quarantined > 0) == any(p.severity is Severity.ERROR for p in result.problems)
    assert result.kept + result.set_aside + result.quarantined >= 1
    assert wrong_slices(folder, result, source) == []
    rows = read_table(folder.private / "received.csv")
    assert {row["source"] for row in rows} == {path.name for path in source.iterdir()}
    return result, folder


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_and_no_volume_is_wrong(tmp_path: Path, name: str) -> None:
    """On our own sagittal series of 12 slices."""
    check(name, make_series(slices=SLICES), tmp_path)


@pytest.fixture(scope="module")
def real_series(shared_data: Path) -> Series:
    """Give 12 slices of a real oblique axial series, in order of place."""
    folder = shared_data / "dicom" / "dcm_qa_ge" / "In" / "05_3D_Ax_T1_MP_RAGE_R22"
    found = [dcmread(path) for path in sorted(folder.iterdir()) if path.suffix != ".txt"]
    normal = normal_of(found)
    found.sort(key=lambda dataset: float(normal @ np.array(dataset.ImagePositionPatient, dtype=float)))
    chosen = found[30 : 30 + SLICES]
    for number, dataset in enumerate(chosen, start=1):
        # a series sorted the other way would have its numbers run backwards, which is as good
        dataset.InstanceNumber, dataset.ImagesInAcquisition = number, SLICES
    return chosen


@pytest.mark.real_data
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_of_a_real_series_is_named(tmp_path: Path, real_series: Series, name: str) -> None:
    """On a real series of another maker, with its private tags and its noise in the directions."""
    check(name, real_series, tmp_path)


def test_two_stations_are_two_images_at_their_places(tmp_path: Path) -> None:
    """The blocks lie 200 mm apart and share direction and spacing."""
    result, folder = check("two stations", make_series(slices=SLICES), tmp_path)
    one, two = (series.geometry for series in folder.load(result.studies[0]).series)
    assert one.spacing_mm == pytest.approx(two.spacing_mm)
    apart = np.linalg.norm(np.subtract(two.origin_mm, one.origin_mm))
    assert apart == pytest.approx(200 + 6 * 3.3, abs=0.01)


def test_tags_of_spacing_are_not_believed(tmp_path: Path) -> None:
    """The distance of the slices comes from their positions."""
    result, folder = check("spacing tags lie", make_series(slices=SLICES), tmp_path)
    (series,) = folder.load(result.studies[0]).series
    assert series.geometry.spacing_mm == pytest.approx((0.8, 0.9, 3.3))
