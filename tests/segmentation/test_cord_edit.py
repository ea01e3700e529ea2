"""A cord is corrected near a click or a lesion, and nowhere else."""

import time
from pathlib import Path

import numpy as np
import pytest

from features.overlap import overlap
from mri.geometry import INFERIOR_SUPERIOR, Geometry
from mri.nifti import read_label_map, read_volume
from mri.problems import RefusedError
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from segmentation.cord import FAR_CLICK, propose_cord
from segmentation.cord_edit import correct_cord
from segmentation.drawing_parameters import CordEditParameters
from tests.segmentation.grids import turned_grid
from tests.segmentation.tube import bend_mm, cord_mask, dice, grid, inside_cord, scan

AXIAL = ((96, 96, 40), (0.6, 0.6, 3.0))
SAGITTAL = ((24, 110, 160), (2.0, 0.8, 0.8))


def wrong_below(geometry: Geometry, height_mm: float, aside_mm: float) -> LabelMap:
    """Return the true cord, but moved backwards below a height."""
    moved = np.roll(inside_cord(geometry), round(aside_mm / geometry.spacing_mm[1]), axis=1)
    z = geometry.to_world(np.stack(np.indices(geometry.shape), axis=-1))[..., 2]
    return LabelMap(array=np.where(z < height_mm, moved, inside_cord(geometry)).astype(np.uint8), geometry=geometry)


def middle(z: float) -> tuple[float, float, float]:
    """Return the middle of the cord at a height."""
    return (0.0, float(bend_mm(np.array(z))), z)


@pytest.mark.parametrize(("shape", "spacing"), [AXIAL, SAGITTAL])
@pytest.mark.parametrize("t1", [False, True])
def test_a_click_brings_the_cord_back(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], t1: bool
) -> None:
    """A cord that ran 5 mm off in its lower part is right again near one click, in T1 and T2, thick and thin."""
    geometry = grid(shape, spacing)
    image, wrong = scan(geometry, t1=t1), wrong_below(geometry, -20.0, 5.0)
    weighting = Weighting.T1 if t1 else Weighting.T2
    corrected = correct_cord(image, weighting, wrong, [middle(-40.0)]).labels
    near = np.abs(geometry.to_world(np.stack(np.indices(shape), axis=-1))[..., 2] + 40.0) < 15.0
    truth = inside_cord(geometry)
    assert dice(wrong.array[near] > 0, truth[near]) < 0.6
    assert dice(corrected.array[near] > 0, truth[near]) > 0.9


def test_far_from_the_click_nothing_changes() -> None:
    """Sections farther than the reach keep what was painted there, voxel by voxel; the others are named."""
    geometry = grid(*AXIAL)
    cord = cord_mask(geometry)
    cord.array[5, 5, :] = 1
    found = correct_cord(scan(geometry), Weighting.T2, cord, [middle(40.0)])
    untouched = np.setdiff1d(np.arange(geometry.shape[2]), found.sections)
    assert found.axis == 2
    assert np.array_equal(found.labels.array[:, :, untouched], cord.array[:, :, untouched])
    assert not found.labels.array[5, 5, found.sections].any()
    heights = geometry.to_world(np.array([[0, 0, k] for k in found.sections]))[:, 2]
    assert (np.abs(heights - 40.0) <= 40.0).all()


def test_any_order_of_axes_gives_the_same() -> None:
    """The same voxels stored in another order are corrected alike."""
    geometry = grid(*AXIAL)
    image, wrong = scan(geometry), wrong_below(geometry, -20.0, 5.0)
    plain = correct_cord(image, Weighting.T2, wrong, [middle(-40.0)]).labels
    affine = geometry.affine
    affine[:3, 3] += affine[:3, 2] * (geometry.shape[2] - 1)
    affine[:3, 2] *= -1
    affine = affine[:, [2, 0, 1, 3]]
    turn = lambda array: np.ascontiguousarray(array[:, :, ::-1].transpose(2, 0, 1))  # noqa: E731
    other = Geometry.from_affine(affine, turn(image.array).shape)
    found = correct_cord(
        Volume(array=turn(image.array), geometry=other),
        Weighting.T2,
        LabelMap(array=turn(wrong.array), geometry=other),
        [middle(-40.0)],
    )
    assert np.array_equal(found.labels.array, turn(plain.array))
    assert found.axis == 0


@pytest.mark.parametrize(("shape", "spacing"), [AXIAL, SAGITTAL])
def test_enhancement_at_the_edge_makes_no_edge_once_it_is_marked(
    shape: tuple[int, int, int], spacing: tuple[float, float, float]
) -> None:
    """On T1, axial or sagittal, a bright lesion on one side of the cord hides the outline until it is marked."""
    geometry = grid(shape, spacing)
    points = geometry.to_world(np.stack(np.indices(shape), axis=-1))
    lesion = inside_cord(geometry) & (np.abs(points[..., 2]) < 15) & (points[..., 1] - bend_mm(points[..., 2]) > 1.0)
    image = scan(geometry, t1=True)
    image.array[lesion] += 120.0
    cord = propose_cord(image, Weighting.T1).labels
    marked = LabelMap(array=lesion.astype(np.uint8), geometry=geometry)
    corrected = correct_cord(image, Weighting.T1, cord, lesion=marked).labels
    near = np.abs(points[..., 2]) < 15
    truth = inside_cord(geometry)
    before, after = (dice(mask.array[near] > 0, truth[near]) for mask in (cord, corrected))
    assert after > 0.88
    assert after > before - 0.01


def test_what_cannot_be_corrected_is_refused() -> None:
    """Unknown weighting, no cord, neither click nor lesion, a click outside, a mask of another grid."""
    geometry = grid(*AXIAL)
    image, cord = scan(geometry), cord_mask(geometry)
    nothing = LabelMap(array=np.zeros(geometry.shape, dtype=np.uint8), geometry=geometry)
    other = cord_mask(grid((20, 20, 20), (1.0, 1.0, 1.0)))
    for weighting, mask, clicks, code in (
        (Weighting.UNKNOWN, cord, [middle(0.0)], "weighting_unknown"),
        (Weighting.T2, nothing, [middle(0.0)], "no_cord"),
        (Weighting.T2, cord, [], "nothing_to_correct"),
        (Weighting.T2, cord, [(500.0, 0.0, 0.0)], "click_outside"),
        (Weighting.T2, other, [middle(0.0)], "mask_other_grid"),
    ):
        with pytest.raises(RefusedError) as refused:
            correct_cord(image, weighting, mask, clicks)
        assert refused.value.problems[0].code == code


def test_a_click_is_quick_on_a_clinical_grid() -> None:
    """Below 0.3 s of computing on 512 × 512 × 20 voxels of a sagittal series."""
    geometry = turned_grid((512, 512, 20), (0.6, 0.6, 3.3), (1, 2, 0), (False, True, False), (0.0, 0.0, 0.0))
    points = geometry.to_world(np.stack(np.indices(geometry.shape), axis=-1))
    radius = np.hypot(points[..., 0] / 5, (points[..., 1] - bend_mm(points[..., 2])) / 4)
    image = Volume(
        array=np.where(radius <= 1, 100, np.where(radius < 1.75, 300, 40)).astype(np.int16), geometry=geometry
    )
    cord = LabelMap(array=(radius <= 1).astype(np.uint8), geometry=geometry)
    correct_cord(image, Weighting.T2, cord, [middle(0.0)])
    started = time.process_time()
    correct_cord(image, Weighting.T2, cord, [middle(0.0)])
    assert time.process_time() - started < 0.3


@pytest.mark.real_data
def test_local_clicks_on_a_hidden_cord(shared_data: Path) -> None:
    """A real T2 cord with a painted lesion as bright as CSF: at least 0.917 after one click, 0.92 after two."""
    folder = shared_data / "volumes" / "sct_testing" / "t2"
    image = read_volume(folder / "t2_fake_lesion.nii.gz")
    drawn = read_label_map(folder / "t2_fake_lesion_sc_seg.nii.gz")
    truth = LabelMap(array=(drawn.array > 0).astype(np.uint8), geometry=drawn.geometry)
    axis = truth.geometry.axis_nearest(INFERIOR_SUPERIOR)
    index = truth.indices()
    rows = np.unique(index[:, axis])
    places = [index[index[:, axis] == rows[k]].mean(axis=0) for k in (len(rows) // 3, 2 * len(rows) // 3)]
    clicks = [tuple(truth.geometry.to_world(place)) for place in places]
    cord = propose_cord(image, Weighting.T2).labels
    for number, least in ((1, 0.917), (2, 0.92)):
        found = correct_cord(image, Weighting.T2, cord, clicks[:number]).labels.array.copy()
        other = np.setdiff1d(np.arange(truth.array.shape[axis]), rows)
        np.moveaxis(found, axis, 0)[other] = 0
        measured = overlap(LabelMap(array=found, geometry=truth.geometry), truth).dice
        assert measured is not None
        assert measured >= least


def test_a_click_in_muscle_is_refused_and_flagged() -> None:
    """40 mm behind the cord a click is refused for a mask and flagged in a proposal; 20 mm off is neither."""
    geometry = grid((60, 150, 30), (1.0, 0.8, 4.0))
    image = scan(geometry)
    x, y, z = middle(0.0)
    for aside, far in ((40.0, True), (20.0, False)):
        click = (x, y + aside, z)
        assert (FAR_CLICK in propose_cord(image, Weighting.T2, clicks_mm=[click]).flags) is far
        if far:
            with pytest.raises(RefusedError, match="40 mm from the middle"):
                correct_cord(image, Weighting.T2, cord_mask(geometry), [click])
        else:
            correct_cord(image, Weighting.T2, cord_mask(geometry), [click])


def test_enhancement_inside_the_cord_is_no_edge_once_it_is_marked() -> None:
    """On T1 a bright lesion in the cord's middle would take the outline; marked, it is cut a little above the level."""
    geometry = grid(*AXIAL)
    points = geometry.to_world(np.stack(np.indices(geometry.shape), axis=-1))
    lesion = inside_cord(geometry, 0.6) & (np.abs(points[..., 2]) < 15)
    image = scan(geometry, t1=True)
    image.array[lesion] += 120.0
    marked = LabelMap(array=lesion.astype(np.uint8), geometry=geometry)
    overlaps = []
    for reach in (None, CordEditParameters(lesion_ceiling=50.0)):
        found = correct_cord(image, Weighting.T1, cord_mask(geometry), lesion=marked, reach=reach).labels
        overlaps.append(dice(found.array[:, :, 16:24] > 0, inside_cord(geometry)[:, :, 16:24]))
    assert overlaps[0] > 0.95
    assert overlaps[1] < 0.7
