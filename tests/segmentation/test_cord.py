"""The cord is found without a click, in any plane and contrast, to the figures that were measured before."""

from pathlib import Path

import numpy as np
import pytest

from mri.geometry import INFERIOR_SUPERIOR, RIGHT_LEFT, Geometry
from mri.nifti import read_label_map, read_volume
from mri.problems import RefusedError
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from segmentation.cord import AREA_JUMP, LOW_SCORE, THICK_SLICES, CordProposal, propose_cord
from segmentation.upright import upright
from tests.segmentation.tube import CORD, CSF, FAT, bend_mm, cord_mask, dice, grid, inside_cord, scan, with_lesion

SAGITTAL = grid((13, 80, 110), (3.3, 1.1, 1.1))
AXIAL = grid((70, 70, 24), (0.8, 0.8, 4.0))

REAL = {
    # name: image, truth, weighting, least Dice
    "t2": ("t2/t2", "t2/t2_seg-manual", Weighting.T2, 0.97),
    "t2_full_fov": ("t2/t2_full_fov", "t2/t2_seg-manual", Weighting.T2, 0.97),
    "t2_fake_lesion": ("t2/t2_fake_lesion", "t2/t2_fake_lesion_sc_seg", Weighting.T2, 0.87),
    "t1": ("t1/t1w", "t1/t1w_seg-manual", Weighting.T1, 0.91),
    "t2s": ("t2s/t2s", "t2s/t2s_seg", Weighting.GRE, 0.88),
    "mt0": ("mt/mt0", "mt/mt0_seg", Weighting.GRE, 0.93),
    "mt1": ("mt/mt1", "mt/mt1_seg", Weighting.GRE, 0.93),
    "template": ("template/t2", "template/cord", Weighting.T2, 0.94),
}


def overlap(proposal: CordProposal, truth: LabelMap) -> float:
    """Return the Dice on the sections that the truth covers; the truth may be on a part of the grid."""
    geometry = proposal.labels.geometry
    index = np.rint(geometry.to_index(truth.points_mm())).astype(int)
    index = index[((index >= 0) & (index < geometry.shape)).all(axis=1)]
    wanted = np.zeros(geometry.shape, dtype=bool)
    wanted[tuple(index.T)] = True
    axis = geometry.axis_nearest(INFERIOR_SUPERIOR)
    covered = np.moveaxis(wanted, axis, 0).any(axis=(1, 2))
    found = np.moveaxis(proposal.labels.array > 0, axis, 0)[covered]
    return dice(found, np.moveaxis(wanted, axis, 0)[covered])


@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL)
def test_real_cords_are_found(shared_data: Path, name: str) -> None:
    """Automatic proposals on real volumes reach the figures of the design."""
    image, truth, weighting, least = REAL[name]
    folder = shared_data / "volumes" / "sct_testing"
    proposal = propose_cord(read_volume(folder / f"{image}.nii.gz"), weighting)
    assert overlap(proposal, read_label_map(folder / f"{truth}.nii.gz")) >= least


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "least"), [("t2_full_fov", 0.90), ("t1", 0.90), ("t2_fake_lesion", 0.83)])
def test_thick_sagittal_slices_are_enough(shared_data: Path, name: str, least: float) -> None:
    """Averaged to 3 mm sagittal slices the same volumes still give the cord."""
    image, truth, weighting, _ = REAL[name]
    folder = shared_data / "volumes" / "sct_testing"
    thick = thickened(read_volume(folder / f"{image}.nii.gz"), 3)
    mask = read_label_map(folder / f"{truth}.nii.gz")
    wanted = thickened(Volume(array=mask.array.astype(float), geometry=mask.geometry), 3)
    truth_map = LabelMap(array=(wanted.array >= 0.5).astype(np.uint8), geometry=wanted.geometry)
    assert overlap(propose_cord(thick, weighting), truth_map) >= least


def thickened(volume: Volume, factor: int) -> Volume:
    """Average neighbouring sagittal slices."""
    geometry = volume.geometry
    axis = geometry.axis_nearest(RIGHT_LEFT)
    array = np.moveaxis(volume.array, axis, 0)
    count = len(array) // factor
    array = array[: count * factor].reshape(count, factor, *array.shape[1:]).astype(float).mean(axis=1)
    first = np.zeros(3)
    first[axis] = (factor - 1) / 2
    spacing = list(geometry.spacing_mm)
    spacing[axis] *= factor
    array = np.moveaxis(array, 0, axis)
    return Volume(
        array=array,
        geometry=Geometry(
            shape=array.shape,
            origin_mm=tuple(geometry.to_world(first)),
            spacing_mm=tuple(spacing),
            axes=geometry.axes,
        ),
    )


@pytest.mark.parametrize("geometry", [SAGITTAL, AXIAL], ids=["sagittal", "axial"])
@pytest.mark.parametrize("weighting", [Weighting.T1, Weighting.T2])
def test_tube_is_found_in_every_plane(geometry: Geometry, weighting: Weighting) -> None:
    """A synthetic cord is found in sagittal and axial slices, with dark and with bright CSF."""
    proposal = propose_cord(scan(geometry, t1=weighting is Weighting.T1), weighting)
    assert dice(proposal.labels.array > 0, inside_cord(geometry)) > 0.8
    assert (THICK_SLICES in proposal.flags) == (geometry is SAGITTAL)


def test_result_does_not_depend_on_storage() -> None:
    """A flipped and permuted image gives the same voxels."""
    volume = scan(AXIAL)
    geometry = Geometry(
        shape=(AXIAL.shape[2], AXIAL.shape[0], AXIAL.shape[1]),
        origin_mm=tuple(AXIAL.to_world((0, 0, AXIAL.shape[2] - 1))),
        spacing_mm=(AXIAL.spacing_mm[2], AXIAL.spacing_mm[0], AXIAL.spacing_mm[1]),
        axes=((0.0, 0.0, -1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    )
    other = Volume(array=np.flip(volume.array, 2).transpose(2, 0, 1), geometry=geometry)
    plain = propose_cord(volume, Weighting.T2).labels.array
    turned = propose_cord(other, Weighting.T2).labels.array
    np.testing.assert_array_equal(np.flip(turned.transpose(1, 2, 0), 2), plain)


def test_upright_goes_there_and_back() -> None:
    """Turning an array and back changes nothing, and places stay where they are."""
    way = upright(SAGITTAL)
    array = np.arange(np.prod(SAGITTAL.shape)).reshape(SAGITTAL.shape)
    np.testing.assert_array_equal(way.back(way.turn(array)), array)
    index = np.array([1, 2, 3])
    where = way.geometry.to_world(index)
    there = tuple(np.rint(SAGITTAL.to_index(where)).astype(int))
    assert way.turn(array)[tuple(index)] == array[there]


def test_a_t2_lesion_as_bright_as_csf_does_not_lead_astray() -> None:
    """Where nothing of the cord is dark, the path still follows the canal, and the sections are marked as hidden."""
    volume = with_lesion(scan(SAGITTAL), -20, 20, excess=2.0, scale=1.0)
    proposal = propose_cord(volume, Weighting.T2)
    off = np.abs(proposal.centre_mm[:, 1] - 6 * np.sin(proposal.centre_mm[:, 2] / 60))
    assert off.max() < 3
    middle = np.abs(proposal.centre_mm[:, 2]) < 15
    assert proposal.hidden[middle].mean() > 0.8
    assert proposal.hidden[np.abs(proposal.centre_mm[:, 2]) > 35].mean() < 0.2


def test_a_click_moves_the_path_near_it_only() -> None:
    """The correction by a click fades along the cord."""
    volume = scan(SAGITTAL)
    plain = propose_cord(volume, Weighting.T2)
    k = len(plain.centre_mm) // 4
    click = plain.centre_mm[k] + [0, 3.0, 0]
    moved = propose_cord(volume, Weighting.T2, clicks_mm=[tuple(click)])
    assert moved.provenance["clicks"] == 1
    np.testing.assert_allclose(moved.centre_mm[-1], plain.centre_mm[-1], atol=1.5)


def test_an_unknown_weighting_is_refused() -> None:
    """The contrast is never guessed."""
    with pytest.raises(RefusedError) as refused:
        propose_cord(scan(AXIAL), Weighting.UNKNOWN)
    assert refused.value.problems[0].code == "weighting_unknown"


def test_noise_is_flagged() -> None:
    """An image without a cord gives a low score, and says so."""
    noise = np.random.default_rng(1).normal(100, 30, AXIAL.shape)
    proposal = propose_cord(Volume(array=noise, geometry=AXIAL), Weighting.T2)
    assert LOW_SCORE in proposal.flags


def test_mask_is_on_the_grid_of_the_image() -> None:
    """The proposal has the image's own grid."""
    assert propose_cord(scan(SAGITTAL), Weighting.T2).labels.geometry == cord_mask(SAGITTAL).geometry


@pytest.mark.parametrize(("wide", "flagged"), [(1.0, False), (1.35, False), (2.2, True)])
def test_an_area_that_changes_as_good_cords_do_is_not_flagged(wide: float, flagged: bool) -> None:
    """A cord that widens to 1.8 times its area at one place is not flagged; to almost five times is."""
    fine = grid((40, 60, 100), (1.0, 1.0, 1.0))
    points = fine.to_world(np.stack(np.indices(fine.shape), axis=-1))
    x, y, z = points[..., 0], points[..., 1] - bend_mm(points[..., 2]), points[..., 2]
    scale = 1 + (wide - 1) / (1 + np.exp(-z / 1.5))
    distance = np.sqrt((x / 4.0) ** 2 + (y / 3.2) ** 2)
    image = np.where(distance <= scale, CORD, np.where(distance <= 1.5 * scale, CSF, FAT))
    image = image + np.random.default_rng(0).normal(0, 4, fine.shape)
    proposal = propose_cord(Volume(array=image.astype(np.float32), geometry=fine), Weighting.T2)
    assert (AREA_JUMP in proposal.flags) == flagged


@pytest.mark.real_data
def test_a_flag_tells_a_good_area_from_a_bad_one(shared_data: Path) -> None:
    """On a public T2 the area is flagged where it is searched as if CSF were dark, and not otherwise."""
    volume = read_volume(shared_data / "volumes/sct_testing/t2/t2.nii.gz")
    assert AREA_JUMP not in propose_cord(volume, Weighting.T2).flags
    assert AREA_JUMP in propose_cord(volume, Weighting.T1).flags
