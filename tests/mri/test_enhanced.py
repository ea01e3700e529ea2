"""Enhanced multi-frame files: each frame at its place, in whatever order the file holds them."""

from pathlib import Path

import pytest
from pydicom.uid import JPEGLSLossless

from mri.ingest import ingest
from mri.study import Weighting
from tests.mri.dicom_files import SLICES, make_series, save, study_folder
from tests.mri.enhanced_files import enhanced
from tests.mri.faults import wrong_slices


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (4, 3, 2, 1, 0), (0, 2, 4, 1, 3)])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "compressed"])
def test_each_frame_is_at_its_place(tmp_path: Path, order: tuple[int, ...], packed: bool) -> None:
    """Forwards, backwards and interleaved, the volume is that of the classic slices."""
    classic = make_series(Rows=64, Columns=64)
    whole = enhanced(classic, order)
    whole.Rows = whole.Columns = 64
    if packed:
        whole.compress(JPEGLSLossless, generate_instance_uid=False)
    folder, slices = study_folder(tmp_path), save(tmp_path / "classic", classic)
    result = ingest(save(tmp_path / "in", [whole]), folder)
    (series,) = folder.load(result.studies[0]).series
    assert series.geometry.shape == (64, 64, SLICES)
    assert series.weighting is Weighting.T1
    assert wrong_slices(folder, result, slices) == []


@pytest.mark.parametrize(
    ("order", "code"), [((0, 1, 2, 3, 4, 0, 1, 2, 3, 4), "several_volumes"), ((0, 1, 2, 4), "slice_missing")]
)
def test_a_file_that_is_no_single_volume_is_named(tmp_path: Path, order: tuple[int, ...], code: str) -> None:
    """Two time points in one file, and a frame that is missing."""
    result = ingest(save(tmp_path / "in", [enhanced(make_series(), order)]), study_folder(tmp_path))
    assert (result.kept, result.quarantined) == (0, 1)
    assert code in {problem.code for problem in result.problems}
