"""Shape and contents of planted lesions."""

from dataclasses import replace

import numpy as np
import pytest

from sample_scans.lesion import FLAME_MM, Pattern, PlantedLesion, closing
from sample_scans.spine import Spine
from sample_scans.tissue import Tissue

SPINE = Spine()
LESION = PlantedLesion(enh_v=(11.0, 12.0), t2_v=(10.0, 13.0), ap_mm=5.0, tr_mm=6.0)


def tissues(lesion: PlantedLesion, s: float, a: float) -> int:
    """Return the tissue of one point in the lesion's mid-sagittal plane."""
    at, behind, left = (np.array([k], dtype=np.float32) for k in (s, a, 0.0))
    return int(lesion.tissue(SPINE, at, behind, left, lesion.depth_mm(SPINE, at, behind, left))[0])


def test_extent_is_that_of_the_levels() -> None:
    """A lesion over one level is as long as that level."""
    upper, lower = LESION.extent_mm(SPINE)
    assert lower - upper == pytest.approx(SPINE.level_s_mm[11] - SPINE.level_s_mm[10])


def test_radius_closes_at_both_ends() -> None:
    """The relative radius is 0 at the ends and beyond, 1 in the middle."""
    s = np.array([9.9, 10.0, 15.0, 20.0, 20.1], dtype=np.float32)
    assert closing(s, 10.0, 20.0) == pytest.approx([0, 0, 1, 0, 0])


def test_depth_has_the_sign_of_inside() -> None:
    """Half a millimetre inside the front is 0.5 mm deep; outside is negative; beyond the ends too."""
    upper, lower = LESION.extent_mm(SPINE)
    middle = np.float32((upper + lower) / 2)
    s = np.array([middle, middle, upper - 1], dtype=np.float32)
    a = np.array([-2.0, -3.0, 0.0], dtype=np.float32)
    depth = LESION.depth_mm(SPINE, s, a, np.zeros(3, dtype=np.float32))
    assert depth[0] == pytest.approx(0.5, abs=1e-3)
    assert depth[1] < 0
    assert depth[2] < 0


@pytest.mark.parametrize("site", ["superior", "inferior"])
def test_flame_tapers_at_its_pole_only(site: str) -> None:
    """Near the flame's tip the radius is small but not nothing; at the other pole the body is blunt."""
    lesion = replace(LESION, flame=site)
    upper, lower = lesion.extent_mm(SPINE)
    near = np.array([upper + 3.0, lower - 3.0], dtype=np.float32)
    radius = lesion.section(SPINE, near)
    tip, blunt = (radius[0], radius[1]) if site == "superior" else (radius[1], radius[0])
    assert 0.4 < tip < 0.85
    assert blunt == pytest.approx(1.0)
    body = lesion.body_mm(SPINE)
    assert (lower - upper) - (body[1] - body[0]) == pytest.approx(FLAME_MM)


def test_a_spindle_tapers_at_both_poles() -> None:
    """With flames above and below each half is that of a lesion with the one flame, and both poles are weak."""
    spindle = replace(LESION, flame="both")
    upper, lower = spindle.extent_mm(SPINE)
    above, below = (np.linspace(*ends, 9, dtype=np.float32) for ends in ((upper, upper + 8), (lower - 8, lower)))
    for s, site in ((above, "superior"), (below, "inferior")):
        assert spindle.section(SPINE, s) == pytest.approx(replace(LESION, flame=site).section(SPINE, s))
    assert spindle.body_mm(SPINE) == pytest.approx((upper + FLAME_MM, lower - FLAME_MM))
    for pole, inwards in ((upper, 1.0), (lower, -1.0)):
        assert Tissue.LESION_WEAK in {tissues(spindle, pole + inwards * k, 0.0) for k in (1.0, 2.0, 3.0, 4.0)}


def test_ring_enhances_at_the_wall_and_not_in_the_core() -> None:
    """A ring lesion is necrotic in the middle and strong at its side and ends."""
    ring = replace(LESION, pattern=Pattern.RING)
    upper, lower = ring.extent_mm(SPINE)
    middle = (upper + lower) / 2
    assert tissues(ring, middle, 0.0) == Tissue.NECROSIS
    assert tissues(ring, middle, 2.0) == Tissue.LESION_STRONG
    assert tissues(ring, upper + 0.8, 0.0) == Tissue.LESION_STRONG


def test_rim_is_stronger_than_a_centre_that_enhances_too() -> None:
    """A rim sign: thin strong shell around an enhancing lesion."""
    rim = replace(LESION, rim=True)
    middle = sum(rim.extent_mm(SPINE)) / 2
    assert tissues(rim, middle, 0.0) == Tissue.LESION
    assert tissues(rim, middle, 2.2) == Tissue.LESION_STRONG


def test_heterogeneous_lesion_holds_weak_and_strong_parts() -> None:
    """Along the middle of a heterogeneous lesion at least two degrees of enhancement are met."""
    mixed = replace(LESION, pattern=Pattern.HETEROGENEOUS)
    upper, lower = mixed.extent_mm(SPINE)
    found = {tissues(mixed, s, a) for s in np.linspace(upper + 1, lower - 1, 40) for a in (-1.0, 0.0, 1.0)}
    assert {Tissue.LESION, Tissue.LESION_WEAK} <= found


def test_cyst_and_hemorrhage_lie_inside() -> None:
    """A cyst is in the middle, blood at the lower end; a lesion without enhancement is made of oedema."""
    middle = sum(LESION.extent_mm(SPINE)) / 2
    assert tissues(replace(LESION, cyst=True), middle, 0.0) == Tissue.CYST
    assert tissues(replace(LESION, hemorrhage=True), LESION.extent_mm(SPINE)[1] - 1.0, 0.0) == Tissue.HEMORRHAGE
    absent = replace(LESION, pattern=Pattern.ABSENT)
    assert tissues(absent, middle, 0.0) == Tissue.OEDEMA
    assert not absent.enhances
