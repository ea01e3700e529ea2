"""Suggested readings: what images and masks of known content propose, and that a reader's word wins."""

from dataclasses import replace

import numpy as np
import pytest

from features.case import Case
from features.expansion import area_norm
from features.mask_numbers import BY_LESION, NUMBERING
from features.measure import measure_case
from features.parameters import SuggestionParameters
from features.reference import reference
from mri.geometry import FloatArray
from mri.problems import RefusedError, error
from mri.study import Contrast, Plane, Weighting
from mri.volume import Volume
from segmentation.annotation import Mask
from segmentation.answers import Answer
from segmentation.findings import Findings
from segmentation.regions import Region
from tests.features.painted import CORD_LEVEL, FLUID_T2, Paint, lesion_case
from tests.features.scene import (
    Inside,
    axial_grid,
    case,
    cord_mask,
    mask,
    sagittal_grid,
    series,
    t1_gd,
    tube,
    z_at,
)

GRID = sagittal_grid(5.0, 17.0)
LESION = tube(10.0, 11.0, 3.5)
CORE = tube(10.0, 11.0, 1.8)
ENHANCED = 400.0
ON = {"t1": 1.0, "t2": 1.6, "gd": 2.0}


def row_of(one: Case) -> dict[str, object]:
    """Measure a case of one lesion."""
    (row,) = measure_case(one).lesions
    return dict(row)


def usual(**over: list[Paint]) -> dict[str, object]:
    """Return the row of a lesion bright on T2 and after contrast, with other objects painted over it."""
    painted = {name: [(LESION, CORD_LEVEL * level), *over.get(name, [])] for name, level in ON.items()}
    return row_of(lesion_case(GRID, LESION, **painted))  # type: ignore[arg-type]


@pytest.mark.parametrize(("level", "word"), [(1.5, "hyper"), (1.0, "iso"), (0.6, "hypo")])
def test_signal_is_told_against_normal_cord(level: float, word: str) -> None:
    """A lesion brighter, as bright and darker than cord, with ratio, z and the number of voxels behind it."""
    row = usual(t1=[(LESION, CORD_LEVEL * level)], t2=[(LESION, CORD_LEVEL * level)])
    assert (row["t1_signal"], row["t2_signal"]) == (word, word)
    assert row["t1_signal_ratio"] == pytest.approx(level, abs=0.03)
    assert int(str(row["t1_signal_reference_voxels"])) >= 30
    assert row["t1_signal_source"] == "suggested"


def test_too_little_normal_cord_is_no_basis() -> None:
    """Fewer reference voxels than the least give no reference at all; as many do."""
    p = SuggestionParameters()
    values = np.linspace(90, 110, p.least_reference_voxels)
    assert reference(values[:-1], p) is None
    found = reference(values, p)
    assert found is not None
    assert found.median == pytest.approx(100)


def test_a_readers_word_wins_and_both_are_kept() -> None:
    """The reader says hypo, the image hyper: the value is the reader's, the suggestion stands beside it."""
    said = {"t1_signal": Answer(value="hypo", source="reader"), "t2_signal": Answer(value="iso", source="reader")}
    read = Findings(author="AB", lesions={1: said}, patient={})
    one = lesion_case(GRID, LESION, t1=[(LESION, 320.0)], t2=[(LESION, 320.0)], gd=[(LESION, 400.0)], findings=read)
    row = row_of(one)
    assert (row["t1_signal"], row["t1_signal_source"], row["t1_signal_suggested"]) == ("hypo", "reader", "hyper")
    assert (row["t2_signal"], row["t2_signal_source"], row["t2_signal_suggested"]) == ("iso", "reader", "hyper")


def test_without_images_what_needs_them_is_missing_with_a_reason() -> None:
    """Masks alone suggest expansion only; signal says why it is missing, one reason per kind of lack."""
    after = t1_gd(GRID)
    row = row_of(case([cord_mask(series(GRID)), mask(Region.ENHANCING, after, LESION)]))
    assert (row["t2_signal"], row["t2_signal_source"], row["t2_signal_na_reason"]) == (None, "missing", "other")
    assert (row["t1_signal"], row["t1_signal_na_reason"]) == (None, "sequence_missing")
    assert (row["position"], row["position_na_reason"]) == (None, "sequence_missing")
    assert (row["cord_expansion"], row["cord_expansion_source"]) == ("absent", "suggested")


def test_a_damaged_image_is_a_problem_and_no_failure() -> None:
    """An image that cannot be read is named; the row is there, without suggestions from it."""

    def refuse(_: object) -> Volume:
        raise RefusedError(error("voxels_unreadable", "image", "the file is damaged"))

    after = t1_gd(GRID)
    one = case([cord_mask(series(GRID)), mask(Region.ENHANCING, after, LESION)], volumes=refuse)
    measured = measure_case(one)
    assert {problem.code for problem in measured.problems} == {"voxels_unreadable"}
    assert measured.lesions[0]["enhancement_pattern"] is None
    assert measured.lesions[0]["enh_length_mm"] == pytest.approx(20.0, abs=1.0)


def test_pattern_of_even_ring_and_patchy_lesions() -> None:
    """An even lesion is homogeneous, one with a dark centre a ring, one with two weak bands heterogeneous."""
    bands = [(tube(v, v + 0.15, 3.5), 280.0) for v in (10.3, 10.6)]
    assert usual()["enhancement_pattern"] == "homogeneous"
    ring = usual(gd=[(CORE, CORD_LEVEL)])
    assert (ring["enhancement_pattern"], ring["rim_sign"]) == ("ring", "not_applicable")
    assert float(str(ring["enh_core_fraction"])) < 0.5 * float(str(ring["enh_shell_fraction"]))
    assert usual(gd=bands)["enhancement_pattern"] == "heterogeneous"


def test_a_lesion_that_does_not_enhance() -> None:
    """A T2 lesion shown after contrast as grey as cord: absent, and neither sign applies."""
    before = lesion_case(GRID, LESION, t2=[(LESION, 320.0)])
    drawn = tuple(m for m in before.masks if m.region is Region.CORD)
    t2 = mask(Region.T2HYPER, drawn[0].series, LESION)
    empty = [m for m in before.masks if m.region is Region.ENHANCING]
    one = case([*drawn, t2], volumes=before.volumes, series=(*before.series, empty[0].series))
    row = row_of(one)
    assert row["enhancement_pattern"] == "absent"
    assert (row["rim_sign"], row["flame_sign"], row["rim_flame"]) == ("not_applicable", "not_applicable", "neither")


def cone(v_pole: float, v_tip: float) -> Inside:
    """Return the inside of a cone below a lesion's lower pole."""

    def inside(points: FloatArray) -> np.ndarray:  # type: ignore[type-arg]
        along = (z_at(v_pole) - points[..., 2]) / (z_at(v_pole) - z_at(v_tip))
        hit: np.ndarray = (  # type: ignore[type-arg]
            (along >= 0) & (along <= 1) & (np.hypot(points[..., 0], points[..., 1]) <= 3.5 * (1 - 0.9 * along))
        )
        return hit

    return inside


def test_a_tapering_pole_is_a_flame() -> None:
    """A cone of 12 mm at the lower pole: flame below, a blunt pole above; a tube alone has none."""
    tail = cone(11.0, 11.6)

    def both(points: FloatArray) -> np.ndarray:  # type: ignore[type-arg]
        joined: np.ndarray = LESION(points) | tail(points)  # type: ignore[type-arg]
        return joined

    row = row_of(lesion_case(GRID, both, gd=[(both, ENHANCED)]))
    assert row["flame_sign"] == "present"
    assert float(str(row["flame_inferior_taper_mm"])) > 3 > float(str(row["flame_superior_taper_mm"]))
    assert usual()["flame_sign"] == "absent"


def test_fluid_in_a_lesion_is_a_cyst_and_a_small_spot_is_not() -> None:
    """As bright as fluid on T2, dark on T1, not enhancing, 6 mm long; the same on T2 that enhances is no cyst."""
    fluid = tube(10.35, 10.65, 1.8)
    dark = {"t1": [(fluid, 80.0)], "t2": [(fluid, FLUID_T2)]}
    row = usual(gd=[(fluid, 80.0)], **dark)
    assert row["cystic_change"] == "present"
    assert row["cyst_t2_csf_ratio"] == pytest.approx(1.0, abs=0.1)
    assert float(str(row["cyst_size_mm"])) >= 5
    assert usual(**dark)["cystic_change"] == "absent"


def test_blood_is_t1_bright_without_enhancing() -> None:
    """A part as bright before as after contrast is haemorrhage; an enhancing lesion bright on T1 is none."""
    blood = tube(10.6, 11.0, 3.5)
    row = usual(t1=[(blood, 380.0)], gd=[(blood, 380.0)])
    assert (row["hemorrhage"], row["hemorrhage_evidence"]) == ("present", "t1_hyper")
    assert "melanin_possible" in str(row["flags"]).split(";")
    assert "melanin_possible" not in str(usual()["flags"])
    assert usual(t1=[(LESION, 300.0)], gd=[(LESION, 520.0)])["hemorrhage"] == "absent"


@pytest.mark.parametrize(
    ("offset_mm", "word", "sides"),
    [
        (0.0, "central", "not_applicable"),
        (2.2, "eccentric", "left"),
        (-2.2, "eccentric", "right"),
        (5.0, "exophytic", "left"),
    ],
)
def test_position_on_axial_slices(offset_mm: float, word: str, sides: str) -> None:
    """A lesion of 2 mm radius in a cord of 5 mm: in the middle, half way to a side, and on its edge."""
    axial = t1_gd(axial_grid(9.5, 11.5), Plane.AXIAL)
    drawn = [cord_mask(series(GRID)), mask(Region.ENHANCING, axial, tube(10.0, 11.0, 2.0, (offset_mm, 0.0)))]
    row = row_of(case(drawn))
    assert (row["position"], row["position_side"]) == (word, sides)
    assert row["position_eccentricity"] == pytest.approx(abs(offset_mm) / 5, abs=0.1)


def _row_beside_axial_t2(*drawn: Mask) -> dict[str, object]:
    """Measure masks beside the cord and a lesion's hyperintensity on axial T2, on its left edge."""
    axial = series(axial_grid(9.0, 12.0), plane=Plane.AXIAL)
    on_axial = mask(Region.T2HYPER, axial, tube(10.0, 11.0, 2.0, (5.0, 0.0)))
    (row,) = measure_case(case([cord_mask(series(GRID)), on_axial, *drawn])).lesions
    return dict(row)


def test_the_halo_on_axial_t2_is_not_the_place_of_an_enhancing_lesion() -> None:
    """Enhancement drawn on a sagittal series, oedema on axial T2 beside it: no position; T2 alone: the T2 lesion's."""
    enhancing = mask(Region.ENHANCING, t1_gd(GRID), LESION)
    row = _row_beside_axial_t2(enhancing)
    assert (row["position"], row["position_na_reason"]) == (None, "not_covered")
    t2 = mask(Region.T2HYPER, series(GRID), tube(10.0, 11.0, 2.0, (4.0, 0.0)))
    assert _row_beside_axial_t2(t2)["position"] == "exophytic"


def test_axial_t2_elsewhere_is_no_view_of_a_t2_lesion() -> None:
    """Sagittal hyperintensity 6 mm off the axial one is another place; with the same number it is the same lesion."""
    apart = tube(10.0, 11.0, 2.0, (-1.5, 0.0))
    t2 = mask(Region.T2HYPER, series(GRID), apart)
    assert _row_beside_axial_t2(t2)["position"] is None
    numbered = replace(t2, provenance={NUMBERING: BY_LESION})
    assert _row_beside_axial_t2(numbered)["position"] == "exophytic"


@pytest.mark.parametrize(("radius_mm", "word"), [(5.0, "absent"), (6.2, "present")])
def test_a_wider_cord_is_expanded(radius_mm: float, word: str) -> None:
    """A cord of 5 mm radius that is 5 or 6.2 mm wide at the lesion, drawn on axial slices of 1 mm."""
    fine = series(sagittal_grid(5.0, 17.0), plane=Plane.SAGITTAL)
    wide = mask(Region.CORD, fine, tube(5.0, 17.0, 5.0), tube(9.8, 11.2, radius_mm))
    row = row_of(case([wide, mask(Region.ENHANCING, t1_gd(GRID), LESION)]))
    assert row["cord_expansion"] == word
    assert float(str(row["cord_area_mm2"])) == pytest.approx(np.pi * radius_mm**2, rel=0.15)


def test_expansion_is_not_suggested_beside_a_compressed_cord() -> None:
    """Where the reader says that epidural disease compresses the cord, its width says nothing."""
    read = Findings(
        author="AB", lesions={}, patient={"epidural_disease": Answer(value="cord_compression", source="reader")}
    )
    row = row_of(case([cord_mask(series(GRID)), mask(Region.ENHANCING, t1_gd(GRID), LESION)], findings=read))
    assert (row["cord_expansion"], row["cord_expansion_na_reason"]) == (None, "obscured")


def test_norms_of_the_cords_area() -> None:
    """The published means and spreads at C5, T6 and T11; none below T12."""
    mean, sd = area_norm(np.array([5.5, 13.5, 18.5, 21.0]))
    assert mean[:3] == pytest.approx([72.3, 34.9, 48.8])
    assert sd[:3] == pytest.approx([8.4, 3.9, 8.6])
    assert np.isnan(mean[3])


def test_no_series_of_a_kind_is_said_apart_from_one_that_does_not_show_the_lesion() -> None:
    """T1 before contrast of another station is there but does not cover the lesion."""
    one = lesion_case(GRID, LESION, gd=[(LESION, ENHANCED)])
    elsewhere = series(sagittal_grid(1.0, 4.0), Weighting.T1, contrast=Contrast.NO, acquisition="sagCT1")
    kept = tuple(s for s in one.series if s.weighting is not Weighting.T1 or s.contrast is Contrast.YES)
    row = row_of(case(one.masks, series=(*kept, elsewhere), volumes=one.volumes))
    assert (row["t1_signal"], row["t1_signal_na_reason"]) == (None, "not_covered")
