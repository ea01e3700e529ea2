"""What looks bright for other reasons than a lesion: another coil after contrast, CSF around the cone of the conus."""

import numpy as np
import pytest

from mri.geometry import FloatArray
from mri.volume import LabelMap, Volume
from segmentation.centreline import Centreline, fit_centreline
from segmentation.contrast import enhancement_contrast, signal_contrast
from segmentation.lesions import find_candidates
from segmentation.parameters import LesionParameters
from tests.segmentation.tube import CSF, bend_mm, cord_mask, grid, scan, with_lesion

OPTIONS = LesionParameters()
GRID = grid((13, 70, 160), (3.3, 1.1, 1.1))
CONE_MM = 20.0
TIP_MM = -70.0


@pytest.fixture(scope="module")
def axis() -> Centreline:
    """Draw the true axis."""
    return fit_centreline([cord_mask(GRID)])


def heights(grid_points: FloatArray) -> FloatArray:
    """Return z of points."""
    return grid_points[..., 2]


def test_a_gain_that_drifts_along_the_cord_is_no_enhancement(axis: Centreline) -> None:
    """A coil that is 15 % stronger at one end after contrast neither makes a candidate nor lengthens a lesion."""
    z = heights(GRID.to_world(np.stack(np.indices(GRID.shape), axis=-1)))
    post = with_lesion(scan(GRID, t1=True, seed=1), 40, 55, 0.8)
    post = Volume(array=post.array * (1 + 0.15 * (z / 88) ** 2 * (z > 0)), geometry=GRID)
    contrast = enhancement_contrast(post, scan(GRID, t1=True), cord_mask(GRID), axis, OPTIONS)
    assert contrast is not None
    (found,) = find_candidates(contrast, OPTIONS, exophytic=True)
    assert found.length_mm == pytest.approx(15, abs=3)


def coned() -> tuple[Volume, LabelMap]:
    """Make an image of a cord that ends in a cone, in voxels that hold CSF there, and the mask that a reader draws."""
    points = GRID.to_world(np.stack(np.indices(GRID.shape), axis=-1))
    x, z = points[..., 0], heights(points)
    y = points[..., 1] - bend_mm(z)
    width = np.clip((z - TIP_MM) / CONE_MM, 0.0, 1.0)
    image = scan(GRID).array.copy()
    in_sac = (x / 8.75) ** 2 + (y / 7.0) ** 2 <= 1
    cone = in_sac & (z < TIP_MM + CONE_MM)
    share = np.clip(width / 0.7, 0.0, 1.0) * ((y / np.maximum(4.0 * width, 0.1)) ** 2 <= 1) * (np.abs(x) < 5)
    image[cone] = (CSF - share * (CSF - 100.0))[cone]
    mask = ((x / 5.0) ** 2 + (y / 4.0) ** 2 <= np.maximum(width, 0.0) ** 2) & (z > TIP_MM)
    return (
        Volume(array=image.astype(np.float32), geometry=GRID),
        LabelMap(array=mask.astype(np.uint8), geometry=GRID),
    )


def test_the_cone_of_the_conus_is_no_lesion(axis: Centreline) -> None:
    """The cone, where CSF shares the voxels, is no candidate and does not lengthen a lesion above it."""
    image, cord = coned()
    contrast = signal_contrast(image, cord, axis, OPTIONS)
    assert contrast is not None
    assert contrast.thin(OPTIONS.least_area_share, OPTIONS.area_within_mm).any()
    assert find_candidates(contrast, OPTIONS, exophytic=False) == []
    near = with_lesion(image, TIP_MM + CONE_MM, TIP_MM + CONE_MM + 30, 0.8)
    contrast = signal_contrast(near, cord, axis, OPTIONS)
    assert contrast is not None
    (found,) = find_candidates(contrast, OPTIONS, exophytic=False)
    assert found.length_mm == pytest.approx(30, abs=6)


def test_a_cord_of_even_width_has_no_thin_section(axis: Centreline) -> None:
    """Nothing is left out where the cord goes from end to end of the image."""
    contrast = signal_contrast(scan(GRID), cord_mask(GRID), axis, OPTIONS)
    assert contrast is not None
    assert not contrast.thin(OPTIONS.least_area_share, OPTIONS.area_within_mm).any()


def test_bright_roots_at_the_tip_neither_join_a_lesion_nor_make_one(axis: Centreline) -> None:
    """What lies wholly near the tip of a cord that ends in view is no T2 candidate; the lesion above keeps its end."""
    mask = cord_mask(GRID)
    z = heights(GRID.to_world(np.stack(np.indices(GRID.shape), axis=-1)))
    ended = LabelMap(array=(mask.array * (z > -60)).astype(np.uint8), geometry=GRID)
    image = with_lesion(with_lesion(scan(GRID), -60, -42, 0.9), -38, 0, 0.8)
    contrast = signal_contrast(image, ended, axis, OPTIONS)
    assert contrast is not None
    (found,) = find_candidates(contrast, OPTIONS, exophytic=False)
    assert found.length_mm == pytest.approx(38, abs=3)
    whole = signal_contrast(image, mask, axis, OPTIONS)
    assert whole is not None
    assert whole.tip_mm(OPTIONS.below_tip_mm) is None
    (joined,) = find_candidates(whole, OPTIONS, exophytic=False)
    assert joined.length_mm == pytest.approx(60, abs=4)


def test_csf_in_a_corner_of_the_core_is_no_lesion(axis: Centreline) -> None:
    """One bright voxel in five beside the axis, from an outline that is off, does not lengthen a lesion."""
    image = with_lesion(scan(GRID), 20, 45, 0.8)
    points = GRID.to_world(np.stack(np.indices(GRID.shape), axis=-1))
    z = heights(points)
    corner = (points[..., 0] > 1.8) & (points[..., 1] - bend_mm(z) > 0.4) & (z < 20) & (z > -40)
    array = image.array.copy()
    array[corner & (cord_mask(GRID).array > 0)] = CSF
    contrast = signal_contrast(Volume(array=array, geometry=GRID), cord_mask(GRID), axis, OPTIONS)
    assert contrast is not None
    (found,) = find_candidates(contrast, OPTIONS, exophytic=False)
    assert found.length_mm == pytest.approx(25, abs=4)
