"""Agreement of masks: shapes worked by hand, and SimpleITK's filters as a second tool."""

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from features.overlap import overlap
from mri.geometry import Geometry
from mri.problems import RefusedError
from mri.volume import LabelMap
from tests.segmentation.grids import grids


def grid(spacing: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Geometry:
    """Make an upright grid of 20 voxels a side."""
    return Geometry(
        shape=(20, 20, 20), origin_mm=(0.0, 0.0, 0.0), spacing_mm=spacing, axes=((1, 0, 0), (0, 1, 0), (0, 0, 1))
    )


def block(geometry: Geometry, start: int, stop: int, label: int = 1) -> LabelMap:
    """Return a block of 4 × 4 voxels across, from start to stop along the first axis."""
    array = np.zeros(geometry.shape, dtype=np.uint8)
    array[start:stop, 8:12, 8:12] = label
    return LabelMap(array=array, geometry=geometry)


def test_equal_masks() -> None:
    """Equal masks: Dice 1, distances 0, no difference of volume."""
    found = overlap(block(grid(), 4, 10), block(grid(), 4, 10))
    assert (found.dice, found.hd95_mm, found.mean_surface_mm, found.volume_difference_percent) == (1.0, 0.0, 0.0, 0.0)


def test_a_shifted_block_by_hand() -> None:
    """Blocks of 6 and 8 voxels sharing 4: Dice 2·64/(96+128); the farthest ends are 2 and 4 voxels of 2 mm away."""
    geometry = grid((2.0, 1.0, 1.0))
    found = overlap(block(geometry, 4, 10), block(geometry, 6, 14))
    assert found.dice == pytest.approx(2 * 64 / 224)
    assert found.largest_surface_mm == pytest.approx(8.0)
    assert (found.proposed_mm3, found.truth_mm3) == (6 * 16 * 2, 8 * 16 * 2)
    assert found.volume_difference_percent == pytest.approx(-25.0)


def test_one_voxel_beside_another() -> None:
    """Two single voxels three apart: Dice 0, every distance is 3 mm."""
    one, other = (LabelMap(array=np.zeros((20, 20, 20), dtype=np.uint8), geometry=grid()) for _ in range(2))
    one.array[5, 5, 5], other.array[5, 8, 5] = 1, 1
    found = overlap(one, other)
    assert (found.dice, found.hd95_mm, found.mean_surface_mm, found.largest_surface_mm) == (0.0, 3.0, 3.0, 3.0)


def test_empty_masks_have_no_distance() -> None:
    """Nothing proposed: Dice 0; nothing at all: no Dice; never a number for a distance to nothing."""
    nothing = LabelMap(array=np.zeros((20, 20, 20), dtype=np.uint8), geometry=grid())
    missed, none = overlap(nothing, block(grid(), 4, 10)), overlap(nothing, nothing)
    assert (missed.dice, missed.hd95_mm, missed.volume_difference_percent) == (0.0, None, -100.0)
    assert (none.dice, none.mean_surface_mm, none.volume_difference_percent) == (None, None, None)


def test_a_label_is_compared_alone() -> None:
    """Lesion 2 agrees though lesion 1 is missing."""
    truth = block(grid(), 2, 6)
    truth.array[12:16, 8:12, 8:12] = 2
    proposed = block(grid(), 12, 16, label=2)
    assert overlap(proposed, truth, 2).dice == 1.0
    assert overlap(proposed, truth, 1).dice == 0.0
    assert overlap(proposed, truth).dice == pytest.approx(2 / 3)


def test_other_grids_are_refused() -> None:
    """Voxels of two grids are not compared by their indices."""
    with pytest.raises(RefusedError, match="different grids"):
        overlap(block(grid(), 4, 10), block(grid((1.0, 1.0, 2.0)), 4, 10))


def itk(mask: NDArray[np.bool_], geometry: Geometry) -> "SimpleITK.Image":
    """Return a mask as an image of SimpleITK with its place."""
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(mask.T.astype(np.uint8)))
    image.SetSpacing(geometry.spacing_mm)
    image.SetOrigin(geometry.origin_mm)
    image.SetDirection(geometry.direction.ravel().tolist())
    return image


def itk_distances(one: "SimpleITK.Image", other: "SimpleITK.Image") -> NDArray[np.float64]:
    """Return the distances of the surface voxels of one mask to the surface of the other, by its distance map."""
    contours = [SimpleITK.LabelContour(image, fullyConnected=False) for image in (one, other)]
    away = SimpleITK.Abs(SimpleITK.SignedMaurerDistanceMap(contours[1], squaredDistance=False, useImageSpacing=True))
    values: NDArray[np.float64] = SimpleITK.GetArrayFromImage(away)[SimpleITK.GetArrayFromImage(contours[0]) > 0]
    return values


@settings(max_examples=25, deadline=None)
@given(grids(), st.integers(0, 10_000))
def test_simpleitk_finds_the_same(geometry: Geometry, seed: int) -> None:
    """Dice, HD95, mean and largest distance equal those of SimpleITK on ragged masks of any grid."""
    random = np.random.default_rng(seed)
    inner = tuple(slice(3, n - 3) for n in geometry.shape)
    masks = []
    for _ in range(2):
        mask = np.zeros(geometry.shape, dtype=bool)
        mask[inner] = random.random(mask[inner].shape) < 0.4
        masks.append(mask)
    found = overlap(*(LabelMap(array=mask.astype(np.uint8), geometry=geometry) for mask in masks))
    images = [itk(mask, geometry) for mask in masks]
    measures = SimpleITK.LabelOverlapMeasuresImageFilter()
    measures.Execute(*images)
    assert found.dice == pytest.approx(measures.GetDiceCoefficient())
    distances = np.concatenate([itk_distances(*images), itk_distances(*images[::-1])])
    assert found.hd95_mm == pytest.approx(np.percentile(distances, 95), abs=1e-4)
    assert found.mean_surface_mm == pytest.approx(distances.mean(), abs=1e-4)
    assert found.largest_surface_mm == pytest.approx(distances.max(), abs=1e-4)
