"""Which tissue is where."""

import itertools

import numpy as np
import pytest

from sample_scans.cases import NAMED_PATIENTS, SOLITARY_T4
from sample_scans.lesion import PlantedLesion, Position
from sample_scans.phantom import Phantom
from sample_scans.shape import cord_half_mm
from sample_scans.spine import Spine
from sample_scans.tissue import Tissue
from segmentation.regions import Region

HEALTHY = Phantom()
SPINE = HEALTHY.spine


def tissue(phantom: Phantom, v: float, a: float = 0.0, r: float = 0.0) -> int:
    """Return the tissue at a vertebral coordinate and an offset from the axis."""
    return int(phantom.tissue_at(phantom.spine.to_world(phantom.spine.s_at(v), a, r)))


@pytest.mark.parametrize("v", [3.5, 6.5, 9.5, 14.5, 19.5])
def test_from_front_to_back_at_mid_vertebra(v: float) -> None:
    """Marrow of the body, CSF in front of the cord, cord, CSF beside it, fat under the skin, air outside."""
    ap, tr = (float(np.interp(SPINE.s_at(v), SPINE.s_mm, half)) for half in cord_half_mm(SPINE))
    assert tissue(HEALTHY, v, -15.0, 5.0) == Tissue.MARROW
    assert tissue(HEALTHY, v, -ap - 0.5) == Tissue.CSF
    assert tissue(HEALTHY, v) in (Tissue.WHITE, Tissue.GREY)
    assert tissue(HEALTHY, v, r=tr + 1.0) == Tissue.CSF
    assert tissue(HEALTHY, v, 120.0) == Tissue.AIR


def test_bodies_and_discs_alternate_with_dark_end_plates() -> None:
    """Going down 15 mm in front of the axis one meets marrow, end plate, disc, end plate, marrow."""
    s = SPINE.s_at(14.0) + np.arange(-12, 12, 0.25)
    found = HEALTHY.tissue_at(SPINE.to_world(s, -15.0, 1.0))
    runs = [int(k) for k in found[np.flatnonzero(np.diff(found, prepend=255))]]
    discs = {Tissue.NUCLEUS, Tissue.ANNULUS}
    order = ["disc" if k in discs else Tissue(k).name for k in runs]
    compact = [k for n, k in enumerate(order) if n == 0 or k != order[n - 1]]
    assert compact == ["MARROW", "CORTEX", "disc", "CORTEX", "MARROW"]


def test_spinous_process_and_airway() -> None:
    """C7 has marrow in its spinous process; air is in front of C5; muscle beside the midline."""
    behind = [tissue(HEALTHY, v, 22.0) for v in np.arange(7.2, 8.6, 0.05)]
    assert Tissue.MARROW in behind
    before = [tissue(HEALTHY, 5.5, a) for a in np.arange(-45.0, -25.0, 1.0)]
    assert Tissue.AIR in before
    assert tissue(HEALTHY, 5.5, 30.0, 22.0) == Tissue.MUSCLE


def test_cord_ends_in_the_conus_and_roots_go_on() -> None:
    """No cord below its tip at L1; roots and CSF there; brainstem above the foramen magnum."""
    below = {tissue(HEALTHY, 22.0, a, r) for a in np.arange(-4, 5.0) for r in np.arange(-4, 5.0)}
    assert not below & {Tissue.WHITE, Tissue.GREY}
    assert {Tissue.ROOT, Tissue.CSF} <= below
    assert int(HEALTHY.tissue_at(SPINE.to_world(-15.0))) in (Tissue.WHITE, Tissue.GREY)
    assert not HEALTHY.inside(Region.CORD, SPINE.to_world(-15.0))


def test_cord_area_by_level_is_that_of_the_table() -> None:
    """Counting points inside the cord across C5 and T6 gives π/4·AP·TR."""
    a, r = np.meshgrid(np.arange(-8, 8, 0.1), np.arange(-8, 8, 0.1))
    for v, ap, tr in ((5.5, 7.3, 12.6), (13.5, 5.7, 7.7)):
        inside = HEALTHY.inside(Region.CORD, SPINE.to_world(SPINE.s_at(v), a, r))
        assert inside.sum() * 0.01 == pytest.approx(np.pi / 4 * ap * tr, rel=0.03)


def test_oedema_and_lesion_of_the_solitary_case() -> None:
    """Oedema from the T1-T2 to the T6-T7 disc, the lesion at T4, normal cord above and below."""
    phantom = SOLITARY_T4.sessions[0].phantom
    assert tissue(phantom, 9.1) == Tissue.OEDEMA
    assert tissue(phantom, 13.9) == Tissue.OEDEMA
    assert tissue(phantom, 11.5) == Tissue.LESION
    assert tissue(phantom, 8.9) in (Tissue.WHITE, Tissue.GREY)
    assert tissue(phantom, 14.1) in (Tissue.WHITE, Tissue.GREY)


def test_lesions_of_one_patient_are_at_least_20_mm_apart() -> None:
    """Counting parts that touch is not what the sample tests."""
    for patient in NAMED_PATIENTS:
        for session in patient.sessions:
            ends = [lesion.extent_mm(session.phantom.spine) for lesion in session.phantom.lesions]
            gaps = [below[0] - above[1] for above, below in itertools.pairwise(ends)]
            assert all(gap >= 20 for gap in gaps)


def test_exophytic_lesion_leaves_the_cord_and_expansion_widens_it() -> None:
    """Part of an exophytic lesion lies in the CSF space; an expanding one widens the cord around it."""
    lesion = PlantedLesion(
        enh_v=(12.0, 12.8), t2_v=(11.5, 13.2), ap_mm=4.0, tr_mm=5.0, left_mm=4.0, position=Position.EXOPHYTIC,
        side="left", expansion=1.3,
    )  # fmt: skip
    phantom = Phantom(lesions=(lesion,))
    point = phantom.spine.to_world(phantom.spine.s_at(12.4), 0.0, 6.0)
    assert phantom.inside(Region.ENHANCING, point)
    assert not phantom.inside(Region.CORD, point)
    assert not phantom.inside(Region.T2HYPER, point)
    widened, normal = (
        np.interp(SPINE.s_at(12.4), SPINE.s_mm, cord_half_mm(SPINE, lesions)[0]) for lesions in ((lesion,), ())
    )
    assert widened == pytest.approx(1.3 * normal)


def test_metastases_outside_the_cord() -> None:
    """A vertebral metastasis replaces marrow of its vertebra only; a leptomeningeal one coats the cord."""
    phantom = Phantom(bone_metastases=(14,), pial_v=(9.0, 11.0))
    assert tissue(phantom, 14.5, -20.0, -3.0) == Tissue.BONE_METASTASIS
    assert tissue(phantom, 15.5, -20.0, -3.0) == Tissue.MARROW
    ap = float(np.interp(SPINE.s_at(10.0), SPINE.s_mm, cord_half_mm(SPINE)[0]))
    assert tissue(phantom, 10.0, ap + 0.5) == Tissue.PIAL_METASTASIS
    assert tissue(HEALTHY, 10.0, ap + 0.5) == Tissue.CSF


def test_disc_points_lie_in_discs_and_project_on_their_level() -> None:
    """Each planted disc point is disc tissue, and its foot on the axis has the disc's whole coordinate."""
    phantom = Phantom(spine=Spine(scale=0.96, foramen_magnum_mm=(1.0, 2.0, 100.0)))
    for value, name, point in phantom.discs().ordered():
        s, _, _ = phantom.spine.to_local(np.array(point))
        assert phantom.spine.v_at(s) == pytest.approx(value, abs=0.01), name
        if value >= 3:
            assert int(phantom.tissue_at(point)) in (Tissue.NUCLEUS, Tissue.ANNULUS), name
