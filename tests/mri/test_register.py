"""Rigid motion between two series is found, kept and read again."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from mri.geometry import Geometry
from mri.problems import RefusedError
from mri.register import RigidTransform, identity, read_transform, register_rigid, write_transform
from mri.resample import resample_volume
from mri.volume import LabelMap, Volume

GRID = Geometry(
    shape=(64, 64, 12),
    origin_mm=(20.0, -60.0, 60.0),
    spacing_mm=(1.9, 1.9, 3.3),
    axes=((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)),
)


def scene() -> Volume:
    """Return a smooth sagittal image with structure everywhere."""
    noise = np.random.default_rng(3).normal(size=GRID.shape)
    return Volume(array=(gaussian_filter(noise, (3, 3, 1)) * 1000 + 500).astype(np.float32), geometry=GRID)


def motion(degrees: float, mm: tuple[float, float, float]) -> RigidTransform:
    """Return a turn about the middle of the grid and a shift."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", (degrees, -degrees, degrees), degrees=True).as_matrix()
    middle = GRID.to_world((np.array(GRID.shape) - 1) / 2)
    matrix[:3, 3] = np.array(mm) + middle - matrix[:3, :3] @ middle
    return RigidTransform(matrix=tuple(tuple(float(v) for v in row) for row in matrix), method="planted")


def error_mm(found: RigidTransform, planted: RigidTransform) -> float:
    """Return the mean error over the grid."""
    index = np.random.default_rng(0).integers(0, GRID.shape, (400, 3))
    points = GRID.to_world(index)
    return float(np.linalg.norm(found.apply(points) - planted.apply(points), axis=1).mean())


@pytest.mark.parametrize("invert", [False, True])
def test_planted_motion_is_found(invert: bool) -> None:
    """A turn of 1° and a shift of 2.7 mm are found to half a millimetre, also where bright is dark."""
    fixed, planted = scene(), motion(1.0, (1.0, -2.0, 1.5))
    moving = resample_volume(fixed, GRID, moving_from_fixed=planted.inverse.array, outside=500.0)
    if invert:
        moving = Volume(array=1000 - moving.array, geometry=GRID)
    found = register_rigid(fixed, moving)
    assert error_mm(identity(), planted) > 2.0
    assert error_mm(found, planted) < 0.5
    assert found.metric is not None
    assert found.shift_mm == pytest.approx(3.0, abs=1.5)


def test_registration_repeats_itself() -> None:
    """The same images give the same matrix."""
    fixed = scene()
    moving = resample_volume(fixed, GRID, moving_from_fixed=motion(0.5, (0.5, 1.0, 0.0)).inverse.array)
    assert register_rigid(fixed, moving).matrix == register_rigid(fixed, moving).matrix


def test_a_mask_says_which_part_counts() -> None:
    """Where half of the image moved otherwise, the masked half decides."""
    fixed, planted = scene(), motion(0.0, (0.0, 2.0, 2.0))
    moved = resample_volume(fixed, GRID, moving_from_fixed=planted.inverse.array, outside=500.0)
    other = resample_volume(fixed, GRID, moving_from_fixed=motion(0.0, (0.0, -3.0, -3.0)).inverse.array, outside=500.0)
    array = np.where(np.arange(64)[:, None, None] < 40, moved.array, other.array)
    mask = np.zeros(GRID.shape, dtype=np.uint8)
    mask[:36] = 1
    found = register_rigid(fixed, Volume(array=array, geometry=GRID), mask=LabelMap(array=mask, geometry=GRID))
    assert error_mm(found, planted) < 0.5


def test_images_apart_are_refused() -> None:
    """Series that do not meet cannot be compared."""
    far = Volume(
        array=scene().array,
        geometry=Geometry(
            shape=GRID.shape, origin_mm=(900.0, 900.0, 900.0), spacing_mm=GRID.spacing_mm, axes=GRID.axes
        ),
    )
    with pytest.raises(RefusedError, match="registration_failed"):
        register_rigid(scene(), far)


def test_transforms_survive_a_file(tmp_path: Path) -> None:
    """What is read is what was written, and the file says its convention."""
    planted = motion(3.0, (1.0, 2.0, 3.0))
    write_transform(tmp_path / "x.json", planted, fixed="a", moving="b")
    assert read_transform(tmp_path / "x.json") == planted
    content = json.loads((tmp_path / "x.json").read_text())
    assert (content["format"], content["frame"], content["maps"]) == (1, "LPS", "moving_from_fixed")


def test_inverse_leads_back() -> None:
    """There and back is nowhere."""
    planted, points = motion(10.0, (5.0, 5.0, 5.0)), np.array([[1.0, 2.0, 3.0]])
    assert_allclose(planted.inverse.apply(planted.apply(points)), points, atol=1e-9)
    assert_array_equal(identity().apply(points), points)


@pytest.mark.parametrize(
    "matrix",
    [np.diag([2.0, 1, 1, 1]), np.diag([-1.0, 1, 1, 1]), np.eye(3), np.diag([np.nan, 1, 1, 1])],
)
def test_only_rigid_motion_is_a_transform(matrix: np.ndarray) -> None:
    """Stretching, mirroring and broken matrices are refused."""
    with pytest.raises(RefusedError, match="transform_invalid"):
        RigidTransform(matrix=tuple(tuple(float(v) for v in row) for row in matrix), method="x")


@pytest.mark.parametrize("text", ["", "{}", '{"frame": "RAS", "maps": "moving_from_fixed", "matrix": []}', "[1]"])
def test_foreign_files_are_refused(tmp_path: Path, text: str) -> None:
    """A file of another convention is never read as ours."""
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(RefusedError, match=r"x\.json"):
        read_transform(tmp_path / "x.json")
