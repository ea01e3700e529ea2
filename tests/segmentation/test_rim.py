"""CSF that shares the voxels of the cord's edge is told from a lesion, on T2 only, and a long lesion is no CSF."""

from dataclasses import replace

import numpy as np
import pytest

from mri.volume import LabelMap, Volume
from segmentation.centreline import Centreline, fit_centreline
from segmentation.contrast import Contrast, signal_contrast
from segmentation.grow import grow
from segmentation.parameters import LesionParameters
from segmentation.rim import rim_excess
from tests.segmentation.tube import CORD, CSF, cord_mask, dice, grid, inside_cord, scan, with_lesion

OPTIONS = LesionParameters()
BLIND = replace(OPTIONS, rim_quantile=0.0)
"""The faintest voxel of each place: as good as nothing is taken off."""
FINE = grid((36, 45, 120), (1.0, 1.0, 1.0))
THICK = grid((12, 45, 120), (3.0, 1.0, 1.0))
AXIAL = grid((40, 40, 40), (0.6, 0.6, 4.0))
SHARED = grid((72, 90, 120), (0.5, 0.5, 1.0))
"""Four of its voxels make one of FINE."""
HALF_WAY = 0.5 * (CSF - CORD) / CORD


def thick(
    array: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return sagittal slices of 3 mm, each the mean of three."""
    mean: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = array.reshape(12, 3, 45, 120).mean(axis=1)
    return mean


def shared_voxels(low_mm: float, high_mm: float, excess: float, *, t1: bool = False) -> tuple[Volume, LabelMap]:
    """Return an image in thick slices with a lesion in the inner cord, and the cord where half of a voxel is cord."""
    image = with_lesion(scan(FINE, t1=t1), low_mm, high_mm, excess, scale=0.7)
    half = thick(inside_cord(FINE).astype(np.float32)) >= 0.5
    return (
        Volume(array=thick(image.array), geometry=THICK),
        LabelMap(array=half.astype(np.uint8), geometry=THICK),
    )


@pytest.fixture(scope="module")
def axis() -> Centreline:
    """Draw the true axis."""
    return fit_centreline([cord_mask(THICK)])


def contrast_of(volume: Volume, cord: LabelMap, axis: Centreline) -> Contrast:
    """Compare the image with its own cord."""
    contrast = signal_contrast(volume, cord, axis, OPTIONS)
    assert contrast is not None
    return contrast


def test_csf_in_the_voxels_of_the_edge_is_no_lesion(axis: Centreline) -> None:
    """With what normal cord has at the edge taken off, one click overlaps the lesion clearly better."""
    volume, cord = shared_voxels(-12, 12, HALF_WAY)
    z = FINE.to_world(np.stack(np.indices(FINE.shape), axis=-1))[..., 2]
    truth = thick((inside_cord(FINE, 0.7) & (np.abs(z) <= 12)).astype(np.float32)) >= 0.5
    found, before = (grow(volume, cord, axis, (0.0, 0.0, 0.0), parameters=one) for one in (OPTIONS, BLIND))
    assert dice(found.labels.array > 0, truth) > 0.78
    assert dice(found.labels.array > 0, truth) > dice(before.labels.array > 0, truth) + 0.05


def test_it_is_most_on_the_side_and_none_in_the_middle(axis: Centreline) -> None:
    """Voxels on the first and last slice of the cord hold CSF, those around the axis do not."""
    contrast = contrast_of(*shared_voxels(-12, 12, HALF_WAY), axis)
    excess = rim_excess(contrast, OPTIONS)
    assert (excess >= 0).all()
    assert not excess[~contrast.cord].any()
    side = contrast.cord.any(axis=(1, 2)).nonzero()[0][[0, -1]]
    assert np.median(excess[side][contrast.cord[side]]) > 0.3
    assert np.median(excess[contrast.core]) < 0.1


def in_fours(
    array: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return voxels of 1 mm, each the mean of four."""
    mean: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = array.reshape(36, 2, 45, 2, 120).mean(axis=(1, 3))
    return mean


def test_a_voxel_of_the_edge_loses_what_csf_it_holds() -> None:
    """Of two voxels at the edge the one that holds more CSF loses more; one without CSF loses next to nothing."""
    share = 1 - in_fours(inside_cord(SHARED).astype(np.float32))
    volume = Volume(array=in_fours(scan(SHARED).array), geometry=FINE)
    cord = LabelMap(array=(share <= 0.5).astype(np.uint8), geometry=FINE)
    contrast = contrast_of(volume, cord, fit_centreline([cord]))
    taken = rim_excess(contrast, OPTIONS)
    seen = tuple(slice(low, low + n) for low, n in zip(contrast.low, taken.shape, strict=True))
    much, none = contrast.cord & (share[seen] >= 0.25), contrast.cord & (share[seen] == 0) & (taken > 0)
    assert np.median(taken[much]) > 0.3
    assert np.median(taken[none]) < 0.1


def test_dark_csf_is_left_alone(axis: Centreline) -> None:
    """On T1 nothing is taken off: what is bright at the edge there is no CSF."""
    assert not rim_excess(contrast_of(*shared_voxels(-12, 12, 0.6, t1=True), axis), OPTIONS).any()


def test_a_long_lesion_is_not_taken_for_csf(axis: Centreline) -> None:
    """A lesion over half of the cord in view keeps its height: only sections without it tell what is normal."""
    contrast = contrast_of(*shared_voxels(-40, 18, HALF_WAY), axis)
    excess = rim_excess(contrast, OPTIONS)
    assert np.percentile(contrast.excess[contrast.core], 75) > 0.5
    assert np.median(excess[contrast.core]) < 0.1


def test_slices_across_the_cord_have_no_side() -> None:
    """In axial slices the first and last section are like the others: the rim is that within each section."""
    cord = cord_mask(AXIAL)
    contrast = contrast_of(scan(AXIAL), cord, fit_centreline([cord]))
    excess = rim_excess(contrast, OPTIONS)
    assert excess.max() < 0.2
