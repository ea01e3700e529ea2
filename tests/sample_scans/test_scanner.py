"""Images: noise, motion, contrast between planted tissues, determinism."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from mri.study import Weighting
from sample_scans.cases import SOLITARY_T4
from sample_scans.parameters import SCANNER
from sample_scans.phantom import Phantom
from sample_scans.protocol import QUICK_PROTOCOL, SAG_T1, SAG_T2, Prescription, Station, sagittal_grid
from sample_scans.rasterise import rasterise
from sample_scans.scanner import ScannedSeries, acquire, scan_all, small_motion
from sample_scans.seeds import number, stream, uid
from segmentation.regions import Region

PHANTOM = SOLITARY_T4.sessions[0].phantom


def pick(scan: list[ScannedSeries], weighting: Weighting, *, gadolinium: bool) -> ScannedSeries:
    """Return the one series of a kind."""
    wanted = (weighting, gadolinium)
    return next(
        one for one in scan if (one.prescription.sequence.weighting, one.prescription.sequence.gadolinium) == wanted
    )


def masks(one: ScannedSeries) -> dict[str, np.ndarray]:
    """Return planted tissues on the grid of a series: normal cord, lesion, oedema and CSF."""
    grid = one.volume.geometry
    cord, canal, lesion, halo = (
        rasterise(PHANTOM, region, grid, one.motion).array > 0
        for region in (Region.CORD, Region.CANAL, Region.ENHANCING, Region.T2HYPER)
    )
    core = binary_erosion(cord, np.ones((3, 3, 1), dtype=bool))
    return {
        "cord": core & ~halo,
        "lesion": lesion & core,
        "oedema": halo & ~lesion & core,
        "csf": binary_erosion(canal, np.ones((2, 2, 1), dtype=bool)) & ~cord,
    }


def test_oedema_and_lesion_stand_out_on_the_images(quick_scan: list[ScannedSeries]) -> None:
    """T2: CSF over oedema over cord, far beyond noise. T1: cord over CSF. After contrast: lesion over cord."""
    t2 = pick(quick_scan, Weighting.T2, gadolinium=False)
    where = masks(t2)
    level = {name: np.median(t2.volume.array[mask]) for name, mask in where.items()}
    assert level["csf"] > 1.2 * level["oedema"]
    assert level["oedema"] > 1.3 * level["cord"]
    assert level["oedema"] - level["cord"] > 10 * SCANNER.noise_sd
    pre, post = (pick(quick_scan, Weighting.T1, gadolinium=phase) for phase in (False, True))
    assert np.median(pre.volume.array[masks(pre)["cord"]]) > 1.5 * np.median(pre.volume.array[masks(pre)["csf"]])
    after = masks(post)
    assert np.median(post.volume.array[after["lesion"]]) > 1.5 * np.median(post.volume.array[after["cord"]])
    assert np.median(post.volume.array[after["cord"]]) == pytest.approx(
        np.median(pre.volume.array[masks(pre)["cord"]]), rel=0.05
    )


def test_noise_in_air_is_rayleigh_of_the_set_level(quick_scan: list[ScannedSeries]) -> None:
    """Behind the skin the mean grey level is √(π/2) and the spread 0.655 of the noise of one channel."""
    for one in quick_scan:
        air = one.volume.array[-6:, 30:90]
        assert air.mean() == pytest.approx(np.sqrt(np.pi / 2) * SCANNER.noise_sd, rel=0.1)
        assert air.std() == pytest.approx(0.655 * SCANNER.noise_sd, rel=0.1)


def test_noise_in_tissue_is_gaussian_of_the_set_level() -> None:
    """Two acquisitions that differ in noise only differ by √2 times its standard deviation."""
    grid = sagittal_grid(PHANTOM, Station(name="C", centre_v=6.0), replace(QUICK_PROTOCOL, sagittal_slices=1), 0.0)
    prescription = Prescription(sequence=SAG_T1, station="C", geometry=grid, thickness_mm=3.0)
    quiet = replace(SCANNER, bias_amplitude=0.0)
    first, second = (
        acquire(PHANTOM, prescription, field_t=1.5, motion=np.eye(4), rng=np.random.default_rng(k), parameters=quiet)
        for k in (1, 2)
    )
    bright = first.array > 60
    difference = first.array.astype(float)[bright] - second.array.astype(float)[bright]
    assert difference.std() == pytest.approx(np.sqrt(2) * SCANNER.noise_sd, rel=0.05)


def test_motion_is_rigid_and_within_its_limits() -> None:
    """Every planted motion turns by at most 0.3° and moves its centre by at most 0.6 mm."""
    centre = np.array([10.0, -20.0, 30.0])
    for k in range(50):
        matrix = small_motion(np.random.default_rng(k), centre)
        turn, moved = matrix[:3, :3], matrix[:3, :3] @ centre + matrix[:3, 3] - centre
        assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-7)
        angle = np.rad2deg(np.arccos(min((np.trace(turn) - 1) / 2, 1)))
        assert angle <= SCANNER.motion_max_deg + 1e-3
        assert np.linalg.norm(moved) <= SCANNER.motion_max_mm + 1e-6


def test_planted_motion_moves_the_image() -> None:
    """A shift of one pixel along the spine moves the image by one row."""
    grid = sagittal_grid(PHANTOM, Station(name="C", centre_v=6.0), replace(QUICK_PROTOCOL, sagittal_slices=1), 0.0)
    prescription = Prescription(sequence=SAG_T2, station="C", geometry=grid, thickness_mm=3.0)
    down = np.eye(4)
    down[2, 3] = -grid.spacing_mm[1]
    still, moved = (
        acquire(PHANTOM, prescription, field_t=1.5, motion=motion, rng=np.random.default_rng(0)).array[:, :, 0]
        for motion in (np.eye(4), down)
    )
    same = np.corrcoef(still.ravel(), moved.ravel())[0, 1]
    shifted = np.corrcoef(still[:, :-1].ravel(), moved[:, 1:].ravel())[0, 1]
    assert 1 - shifted < 0.2 * (1 - same)


def test_same_seed_same_image_other_seed_other_noise() -> None:
    """Numbers follow from the seed and the name, not from what was acquired before."""
    grid = sagittal_grid(PHANTOM, Station(name="C", centre_v=6.0), replace(QUICK_PROTOCOL, sagittal_slices=1), 0.0)
    one = [Prescription(sequence=SAG_T1, station="C", geometry=grid, thickness_mm=3.0)]
    first, again, other = (
        scan_all(Phantom(), one, field_t=1.5, seed=seed, name="x")[0].volume.array for seed in (3, 3, 4)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_uids_and_numbers_follow_from_the_seed() -> None:
    """UIDs are 2.25 decimals of at most 64 characters, the same for the same name and seed only."""
    assert uid(1, "study") == uid(1, "study") != uid(2, "study")
    assert uid(1, "study").startswith("2.25.")
    assert len(uid(1, "study")) <= 64
    assert len(number(1, 8, "accession")) == 8
    assert stream(1, "a").integers(1 << 60) != stream(1, "b").integers(1 << 60)
