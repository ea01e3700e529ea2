"""What cannot show a cord is refused before it is searched, with the mend; thin images are not."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mri.problems import RefusedError
from mri.study import Weighting
from mri.volume import Volume
from segmentation.cord import propose_cord
from segmentation.propose import propose_case
from tests.segmentation.tube import grid, scan

GRID = grid((13, 70, 90), (3.3, 1.1, 1.1))


def refusal(volume: Volume) -> tuple[str, str]:
    """Return the code and the item of what a proposal is refused for."""
    with pytest.raises(RefusedError) as refused:
        propose_cord(volume, Weighting.T2, name="t2.nii.gz")
    (problem,) = refused.value.problems
    return problem.code, problem.where


def changed(array: NDArray[np.float32], at: float) -> NDArray[np.float32]:
    """Return an array with one voxel changed."""
    other = array.copy()
    other[3, 4, 5] = at
    return other


@pytest.mark.parametrize("factor", [0.001, 0.1])
def test_voxels_too_small_for_a_spine_are_named(factor: float) -> None:
    """A header in metres or tenths shows a few millimetres: refused, not searched."""
    small = replace(GRID, spacing_mm=(3.3 * factor, 1.1 * factor, 1.1 * factor))
    assert refusal(replace(scan(GRID), geometry=small)) == ("image_too_small", "t2.nii.gz")


def test_voxels_too_large_for_a_person_take_no_memory() -> None:
    """Brought to the millimetre grid of the search they would be thousands of voxels wide."""
    large = replace(GRID, spacing_mm=(330.0, 110.0, 110.0))
    assert refusal(replace(scan(GRID), geometry=large)) == ("image_too_large", "t2.nii.gz")


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_an_image_of_one_value_shows_nothing(value: float) -> None:
    """Empty and constant images."""
    flat = Volume(array=np.full(GRID.shape, value, dtype=np.float32), geometry=GRID)
    assert refusal(flat) == ("image_of_one_value", "t2.nii.gz")


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_what_is_not_finite_is_refused(value: float) -> None:
    """One such voxel would spread over the whole search."""
    image = scan(GRID)
    assert refusal(replace(image, array=changed(image.array, value)))[0] == "image_not_finite"


def test_mostly_negative_images_are_refused() -> None:
    """A CT or a normalised image would be searched without any signal; a few negative voxels are usual."""
    image = scan(GRID)
    assert refusal(replace(image, array=image.array - 1000))[0] == "image_negative"
    assert propose_cord(replace(image, array=changed(image.array, -5.0)), Weighting.T2).labels.array.any()


@pytest.mark.parametrize("shape", [(70, 70, 1), (1, 70, 90)])
def test_a_single_thin_slice_is_no_bug(shape: tuple[int, int, int]) -> None:
    """One axial or sagittal slice of 1 mm still gives an outline."""
    assert propose_cord(scan(grid(shape, (1.0, 1.0, 1.0))), Weighting.T2).labels.array.any()


def test_a_case_of_one_section_has_no_axis() -> None:
    """One axial slice is refused with a reason; two are proposed, without levels."""
    with pytest.raises(RefusedError, match="cord_too_short"):
        propose_case(scan(grid((70, 70, 1), (1.0, 1.0, 4.0))), Weighting.T2)
    assert propose_case(scan(grid((70, 70, 2), (1.0, 1.0, 4.0))), Weighting.T2).discs.discs is None
