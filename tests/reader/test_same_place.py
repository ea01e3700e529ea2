"""A marked voxel, its mm, its series value and its level are those of nibabel, on every grid (READING)."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from starlette.testclient import TestClient

from mri.bids import SCANS_COLUMNS, StudyFolder, describe_dataset, write_table
from mri.study import StudyId
from tests.reader.client import client_of, mask_url, nifti, opened
from tests.reader.small_study import DISCS

REAL = {
    "axial": "sct_testing/t2s/t2s.nii.gz",
    "sagittal": "sct_tutorial/t2/t2.nii.gz",
}
LPS_RAS = np.array([-1.0, -1.0, 1.0])
SOME_VOXELS = 12


def points(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    """Return some voxels of a grid, its corners among them."""
    inner = np.random.default_rng(5).integers(0, shape, (SOME_VOXELS, 3))
    return np.vstack([inner, [0, 0, 0], np.array(shape) - 1])


def check_series(client: TestClient, image: Nifti1Image, series: dict[str, Any]) -> None:
    """Compare positions and values of one series with nibabel's reading of the study's own file."""
    voxels = np.asarray(image.dataobj)
    affine = np.array(series["affine_lps"])
    assert tuple(series["shape"]) == image.shape
    for index in points(image.shape):
        expected_mm = (image.affine @ [*index, 1])[:3] * LPS_RAS
        given_mm = (affine @ [*index, 1])[:3]
        assert np.allclose(given_mm, expected_mm, atol=1e-3)
        probed = client.post("/api/cases/c1/probe", json={"point": given_mm.tolist()}).json()
        at = probed["series"][series["series"]]
        assert at["index"] == index.tolist()
        assert at["value"] == pytest.approx(float(voxels[tuple(index)]))


def check_mask(client: TestClient, image: Nifti1Image, series: dict[str, Any]) -> None:
    """Draw voxels by their place in mm, as a click does, and find the same voxels in the saved file."""
    array = np.zeros(image.shape, dtype=np.uint8)
    to_index = np.linalg.inv(np.array(series["affine_lps"]))
    clicked = points(image.shape)
    for index in clicked:
        mm = (image.affine @ [*index, 1])[:3] * LPS_RAS
        array[tuple(np.rint((to_index @ [*mm, 1])[:3]).astype(int))] = 1
    headers = {"Content-Type": "application/octet-stream", "If-Match": "none"}
    assert client.put(mask_url(series), content=nifti(array, series["affine_lps"]), headers=headers).status_code == 200
    saved = Nifti1Image.from_bytes(gzip.decompress(client.get(mask_url(series)).content))
    marked = {tuple(index) for index in np.argwhere(np.asarray(saved.dataobj) == 1).tolist()}
    assert marked == {tuple(index) for index in clicked.tolist()}
    assert np.allclose(saved.affine, image.affine, atol=1e-4)


@pytest.mark.parametrize("role", ["t2_sag", "t2_ax", "t1_sag_pre"])
def test_places_of_a_made_study_are_those_of_nibabel(client: TestClient, role: str) -> None:
    """Oblique, permuted and straight grids: voxel, mm and value agree both ways."""
    series = next(one for one in opened(client)["series"] if role in one["roles"])
    image = Nifti1Image.from_bytes(gzip.decompress(client.get(series["url"]).content))
    check_series(client, image, series)
    check_mask(client, image, series)


def test_the_plain_file_is_the_packed_one(client: TestClient) -> None:
    """Both addresses of a series give the study's own bytes."""
    url = opened(client)["series"][0]["url"]
    assert client.get(url.removesuffix(".gz")).content == gzip.decompress(client.get(url).content)


def test_levels_are_those_between_the_discs(client: TestClient) -> None:
    """Halfway between two discs along the cord the level is halfway between theirs, named after the vertebra."""
    opened(client)
    heights = {name: point[2] for name, point in DISCS.points.items()}
    middle = (heights["C3-C4"] + heights["C4-C5"]) / 2
    for shift_mm in (0.0, 3.0):
        probed = client.post("/api/cases/c1/probe", json={"point": [shift_mm, 20.0, middle]}).json()
        assert probed["v"] == pytest.approx(4.5, abs=0.02)
        assert probed["level"] == "C4"
    above = client.post("/api/cases/c1/probe", json={"point": [0.0, 20.0, 80.0]}).json()
    assert above["v"] is None


def study_of(path: Path, root: Path, plane: str) -> StudyFolder:
    """Make a study of one real image, its bytes as they are."""
    folder = StudyFolder(root=root)
    describe_dataset(root, "real", derivative=False, ignored="")
    study = StudyId(participant="R1", session="01")
    name = f"{study}_acq-{plane}T2_T2w"
    place = folder.session(study) / "anat" / f"{name}.nii.gz"
    place.parent.mkdir(parents=True)
    place.write_bytes(path.read_bytes())
    row = {"filename": f"anat/{name}.nii.gz", "weighting": "T2", "plane": plane, "contrast": "no"}
    write_table(folder.scans_table(study), SCANS_COLUMNS, [row])
    return folder


@pytest.mark.real_data
@pytest.mark.parametrize("plane", ["ax", "sag"])
def test_places_of_real_images_are_those_of_nibabel(shared_data: Path, tmp_path: Path, plane: str) -> None:
    """Real grids, which are oblique and in other orders, agree as the made ones do."""
    found = sorted((shared_data / "volumes").rglob("*t2s*.nii.gz" if plane == "ax" else "*t2.nii.gz"))
    assert found
    path = found[0]
    client = client_of(study_of(path, tmp_path / "study", plane))
    series = opened(client)["series"][0]
    image = Nifti1Image.from_filename(path)
    check_series(client, image, series)
    check_mask(client, image, series)
