"""A marked voxel, its mm, its series value and its level are those of nibabel, on every grid (READING)."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from starlette.testclient import TestClient

from mri.bids import SCANS_COLUMNS, StudyFolder, describe_dataset, write_table
from mri.register import RigidTransform, write_transform
from mri.study import StudyId
from tests.reader.client import client_of, mask_url, nifti, opened
from tests.reader.small_study import DISCS, FIRST, FRAME, LESION_MM

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


def test_a_point_of_another_frame_is_moved_by_its_transform_or_not_at_all(
    client: TestClient, folder: StudyFolder
) -> None:
    """Between frames of reference a point means nothing until a transform joins them; then it is moved by that."""
    table = folder.scans_table(FIRST)
    lines = table.read_text().splitlines()
    table.write_text("\n".join(line.replace(FRAME, "1.2.3") if "axCT2" in line else line for line in lines) + "\n")
    manifest = opened(client)
    axial = next(one for one in manifest["series"] if "t2_ax" in one["roles"])
    sagittal = next(one for one in manifest["series"] if "t2_sag" in one["roles"])
    assert axial["frame"] != sagittal["frame"]
    point = [0.0, 20.0, 12.0]
    url = "/api/cases/c1/probe"
    apart = client.post(url, json={"point": point, "series": axial["series"]}).json()
    assert apart["v"] is None
    assert apart["series"][sagittal["series"]] is None
    assert apart["series"][axial["series"]] is not None
    assert client.post(url, json={"point": point}).json()["series"][axial["series"]] is None

    shift = np.eye(4)
    shift[2, 3] = 6.0
    matrix = tuple(tuple(float(v) for v in row) for row in shift)
    path = folder.transform(FIRST, "acq-axCT2", "acq-sagCT2")
    write_transform(path, RigidTransform(matrix=matrix, method="test"), fixed="a", moving="b")
    opened(client)
    joined = client.post(url, json={"point": point, "series": axial["series"]}).json()
    there = client.post(url, json={"point": [0.0, 20.0, 18.0]}).json()
    assert joined["v"] == there["v"]
    assert joined["series"][sagittal["series"]] == there["series"][sagittal["series"]]
    assert joined["series"][axial["series"]] == apart["series"][axial["series"]]


def test_a_lesion_grows_along_the_cord_of_its_own_frame(client: TestClient, folder: StudyFolder) -> None:
    """A series of another frame of reference is compared along the cord that is drawn on it, not along another."""
    table = folder.scans_table(FIRST)
    lines = table.read_text().splitlines()
    is_late = [line.startswith("anat/sub-P1_ses-01_acq-sagCT1_ce") for line in lines]
    moved = [line.replace(FRAME, "1.2.3") if late else line for line, late in zip(lines, is_late, strict=True)]
    table.write_text("\n".join(moved) + "\n")
    late = next(one for one in opened(client)["series"] if "t1_sag_gd" in one["roles"])
    body = {"region": "enhancing", "series": late["series"], "foreground": [LESION_MM]}
    answer = client.post("/api/cases/c1/grow", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["score"] > 3
