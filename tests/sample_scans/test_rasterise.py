"""Planted truth on a voxel grid."""

import json

import numpy as np
import pytest

from mri.geometry import Geometry
from sample_scans.cases import NAMED_PATIENTS, SOLITARY_T4, TWO_LESIONS_C2_L1
from sample_scans.lesion import PlantedLesion
from sample_scans.patient import Session
from sample_scans.phantom import Phantom
from sample_scans.protocol import TYPICAL_PROTOCOL, axial_grids, sagittal_grid
from sample_scans.rasterise import disc_points, rasterise
from sample_scans.truth import phantom_record
from segmentation.regions import Region

SESSIONS = [session for patient in NAMED_PATIENTS for session in patient.sessions]


def extent_v(phantom: Phantom, points_mm: np.ndarray, half_mm: float) -> tuple[float, float]:
    """Return the vertebral coordinates of the ends of a mask, outer faces of its voxels."""
    s, _, _ = phantom.spine.to_local(points_mm)
    upper, lower = phantom.spine.v_at(np.array([s.min() - half_mm, s.max() + half_mm]))
    return float(upper), float(lower)


def sagittal(session: Session, station: int = 0) -> Geometry:
    """Return the sagittal grid of a session."""
    return sagittal_grid(session.phantom, session.stations[station], TYPICAL_PROTOCOL, session.turn_deg)


def test_oedema_of_the_solitary_case_runs_from_9_to_14() -> None:
    """On the sagittal grid the T2 mask ends within one voxel of the T1-T2 and the T6-T7 disc."""
    session = SOLITARY_T4.sessions[0]
    grid = sagittal(session)
    mask = rasterise(session.phantom, Region.T2HYPER, grid)
    upper, lower = extent_v(session.phantom, mask.points_mm(1), grid.spacing_mm[1] / 2)
    voxel_v = grid.spacing_mm[1] / 20.0
    assert upper == pytest.approx(9.0, abs=voxel_v)
    assert lower == pytest.approx(14.0, abs=voxel_v)


@pytest.mark.parametrize("session", SESSIONS)
def test_every_planted_extent_is_kept_within_a_voxel(session: Session) -> None:
    """Enhancement and T2 hyperintensity of each lesion in view end within one voxel of what is planted."""
    spine = session.phantom.spine
    for station in range(len(session.stations)):
        grid = sagittal(session, station)
        for region, ends in ((Region.ENHANCING, "enh_v"), (Region.T2HYPER, "t2_v")):
            mask = rasterise(session.phantom, region, grid)
            for k in mask.labels():
                s, _, _ = spine.to_local(mask.points_mm(k))
                planted = spine.s_at(getattr(session.phantom.lesions[k - 1], ends))
                half = grid.spacing_mm[1] / 2
                assert s.min() - half == pytest.approx(planted[0], abs=grid.spacing_mm[1])
                assert s.max() + half == pytest.approx(planted[1], abs=grid.spacing_mm[1])


def test_lesions_are_numbered_from_above_and_only_in_view() -> None:
    """The upper station holds lesion 1, the lower lesion 2; every label lies where the truth has its centre."""
    session = TWO_LESIONS_C2_L1.sessions[0]
    for station, label in ((0, 1), (1, 2)):
        mask = rasterise(session.phantom, Region.ENHANCING, sagittal(session, station))
        assert mask.labels() == (label,)
        lesion = session.phantom.lesions[label - 1]
        middle = session.phantom.spine.to_world(sum(lesion.extent_mm(session.phantom.spine)) / 2)
        assert np.linalg.norm(mask.points_mm(label).mean(axis=0) - middle) < 2.0


def test_t2_mask_stays_in_the_cord_mask() -> None:
    """All T2 hyperintensity is within the cord, and the cord within the canal."""
    session = SOLITARY_T4.sessions[0]
    grid = sagittal(session)
    halo, cord, canal = (
        rasterise(session.phantom, region, grid).array > 0 for region in (Region.T2HYPER, Region.CORD, Region.CANAL)
    )
    assert not (halo & ~cord).any()
    assert not (cord & ~canal).any()
    assert canal.sum() > 1.5 * cord.sum()


def test_volume_on_axial_slices_is_that_of_the_shape() -> None:
    """A plain cylinder of 5 × 6 mm across one level has π/4·5·6·length mm³ but for its rounded ends."""
    lesion = PlantedLesion(enh_v=(13.0, 14.0), t2_v=(13.0, 14.0), ap_mm=5.0, tr_mm=6.0, expansion=1.3)
    phantom = Phantom(lesions=(lesion,))
    station = SOLITARY_T4.sessions[0].stations[0]
    fine = TYPICAL_PROTOCOL
    grid = axial_grids(phantom, type(station)(name="T", centre_v=13.5), fine)[0]
    mask = rasterise(phantom, Region.ENHANCING, grid)
    upper, lower = lesion.extent_mm(phantom.spine)
    volume = len(mask.indices(1)) * grid.voxel_volume_mm3
    assert volume == pytest.approx(np.pi / 4 * 30 * (lower - upper), rel=0.12)


def test_motion_moves_mask_and_discs_alike() -> None:
    """A planted shift of 8 mm downwards moves the mask's centre and each disc by as much."""
    session = SOLITARY_T4.sessions[0]
    grid = sagittal(session)
    motion = np.eye(4)
    motion[2, 3] = -8.0
    still, moved = (
        rasterise(session.phantom, Region.ENHANCING, grid, m).points_mm(1).mean(axis=0) for m in (None, motion)
    )
    assert moved - still == pytest.approx([0, 0, -8], abs=0.4)
    discs, discs_moved = disc_points(session.phantom).points, disc_points(session.phantom, motion).points
    assert discs_moved["C2-C3"][2] - discs["C2-C3"][2] == pytest.approx(-8.0)


def test_truth_gives_the_same_mask_as_its_phantom() -> None:
    """A session of truth.json, read back from text, rasterises to the same voxels."""
    session = SOLITARY_T4.sessions[0]
    grid = sagittal(session)
    record = json.loads(json.dumps({"phantom": phantom_record(session.phantom)}))
    for region in (Region.ENHANCING, Region.T2HYPER):
        assert (rasterise(record, region, grid).array == rasterise(session.phantom, region, grid).array).all()


def test_cyst_and_hemorrhage_have_masks_of_their_own() -> None:
    """A cyst lies inside the enhancing lesion; blood is not T2 hyperintense."""
    lesion = PlantedLesion(
        enh_v=(13.0, 14.5), t2_v=(12.5, 15.0), ap_mm=6.0, tr_mm=7.0, cyst=True, hemorrhage=True, expansion=1.3
    )
    phantom = Phantom(lesions=(lesion,))
    grid = sagittal_grid(phantom, SOLITARY_T4.sessions[0].stations[0], TYPICAL_PROTOCOL, 0.0)
    mask = {
        region: rasterise(phantom, region, grid).array > 0
        for region in (Region.CYST, Region.HEMORRHAGE, Region.ENHANCING, Region.T2HYPER)
    }
    assert mask[Region.CYST].any()
    assert mask[Region.HEMORRHAGE].any()
    assert not (mask[Region.CYST] & ~mask[Region.ENHANCING]).any()
    # a voxel that is half blood and half oedema may be in both
    assert (mask[Region.HEMORRHAGE] & mask[Region.T2HYPER]).sum() < 0.1 * mask[Region.HEMORRHAGE].sum()
