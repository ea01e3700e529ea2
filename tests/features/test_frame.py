"""The cord's axis and levels of a case, and what happens where one is missing or wrong."""

import numpy as np
import pytest

from features import measure_case
from features.extent import Span
from features.frame import build_frame, level_mask_scale
from features.parameters import FeatureParameters
from mri.geometry import Geometry
from mri.volume import LabelMap
from segmentation.levels import DiscPoints
from segmentation.regions import Region
from tests.features.scene import GD, T2, case, cord_mask, discs, draw, mask, sagittal_grid, series, t1_gd, tube, z_at

OPTIONS = FeatureParameters()
MASKS = [cord_mask(T2), mask(Region.ENHANCING, GD, tube(11.2, 11.8, 3)), mask(Region.T2HYPER, T2, tube(9, 14, 4))]
FM = discs(first=1)


def test_levels_along_the_axis() -> None:
    """A span between two discs has their coordinates."""
    frame = build_frame(case(MASKS), OPTIONS)
    s_mm = frame.levels.s_mm if frame.levels else ()
    found = frame.segments(Span(low_mm=s_mm[7], high_mm=s_mm[12], resolution_mm=1.0), OPTIONS)
    assert found is not None
    assert (found.v_from, found.v_to) == (pytest.approx(9.0), pytest.approx(14.0))


def test_without_discs_only_levels_are_missing() -> None:
    """Lengths stay, segments are empty with their reason, and the flag says so."""
    row = measure_case(case(MASKS, discs=None)).lesions[0]
    assert row["enh_length_mm"] is not None
    assert row["enh_seg_count"] is None
    assert row["enh_seg_count_missing_reason"] == "no_levels"
    assert "no_levels" in str(row["flags"]).split(";")


def test_without_a_cord_sizes_remain() -> None:
    """Volume, diameters and S-I extent need no cord; length and chord are missing with their reason."""
    row = measure_case(case(MASKS[1:])).lesions[0]
    assert row["enh_si_mm"] == pytest.approx(12.0, abs=1.01)
    assert row["enh_volume_mm3"] is not None
    assert [row[f"{name}_missing_reason"] for name in ("enh_length_mm", "enh_chord_mm", "enh_seg_frac")] == [
        "no_cord"
    ] * 3


def test_a_missing_disc_is_refused_by_name() -> None:
    """A gap between discs is a problem that names the disc; the rest of the case is measured."""
    points = {name: point for name, point in discs().points.items() if name != "T3-T4"}
    features = measure_case(case(MASKS, discs=DiscPoints(points=points)))
    assert [problem.code for problem in features.problems] == ["disc_missing"]
    assert "T3-T4" in features.problems[0].message
    assert features.lesions[0]["enh_length_mm"] is not None
    assert features.lesions[0]["enh_seg_count"] is None


def test_a_level_mask_gives_the_same_levels_as_discs() -> None:
    """One integer per vertebra: boundaries midway between neighbours are where the discs are."""
    geometry = sagittal_grid()
    tubes = [tube(v, v + 1, 5) for v in range(1, 20)]
    by_mask = measure_case(case(MASKS, discs=None, level_mask=draw(geometry, *tubes, numbered=True))).lesions[0]
    by_discs = measure_case(case(MASKS)).lesions[0]
    assert by_mask["t2_seg_frac"] == pytest.approx(by_discs["t2_seg_frac"], abs=0.05)
    assert by_mask["t2_levels"] == by_discs["t2_levels"] == "T2-T6"


def test_borders_of_a_level_mask_with_gaps_lie_midway() -> None:
    """Vertebrae drawn from 0.1 to 0.7 of their height meet at 0.9: half way through the gap between them."""
    made = case(MASKS)
    drawn = draw(sagittal_grid(), *[tube(v + 0.1, v + 0.7, 5) for v in range(1, 20)], numbered=True)
    axis = build_frame(made, OPTIONS).axis
    scale = level_mask_scale(axis, drawn)
    heights = axis.position_at(np.array(scale.s_mm))[:, 2]
    assert scale.v == tuple(float(v) for v in range(2, 20))
    assert heights == pytest.approx([z_at(v - 0.1) for v in range(2, 20)], abs=0.6)


def test_hyperintensity_into_the_medulla_counts_to_the_foramen_magnum() -> None:
    """What lies above the marked foramen magnum does not add levels; it is flagged."""
    wide = series(sagittal_grid(v_from=-1.0))
    drawn = [cord_mask(wide, v_from=-0.5), mask(Region.T2HYPER, wide, tube(0.0, 4.0, 4))]
    row = measure_case(case(drawn, discs=FM)).lesions[0]
    assert (row["t2_v_from"], row["t2_levels"]) == (1.0, "C1-C3")
    assert "t2_into_medulla" in str(row["flags"]).split(";")


def test_above_the_first_disc_levels_are_missing() -> None:
    """Without the foramen magnum marked nothing is extrapolated upwards."""
    drawn = [cord_mask(T2), mask(Region.T2HYPER, T2, tube(1.5, 4.0, 4))]
    row = measure_case(case(drawn, discs=discs(first=3))).lesions[0]
    assert row["t2_seg_frac"] is None
    assert row["t2_seg_frac_missing_reason"] == "outside_levels"
    assert "no_levels" not in str(row["flags"])


def test_one_level_below_the_last_disc_is_extrapolated_and_flagged() -> None:
    """Half a level beyond the last disc is measured with a flag, two levels beyond it is not."""
    near = measure_case(case(MASKS, discs=discs(last=13))).lesions[0]
    assert near["t2_seg_frac"] == pytest.approx(5.0, abs=0.06)
    assert "levels_extrapolated" in str(near["flags"])
    assert measure_case(case(MASKS, discs=discs(last=12))).lesions[0]["t2_seg_frac"] is None


def test_a_cord_on_other_coordinates_is_refused() -> None:
    """A cord whose affine is shifted by 25 mm gives no length but an error that says why."""
    shifted = series(moved(sagittal_grid(), 25.0))
    drawn = [
        mask(Region.CORD, shifted, tube(1, 20.7, 5, centre=(0.0, 25.0))),
        mask(Region.ENHANCING, GD, tube(11.2, 11.8, 3)),
    ]
    features = measure_case(case(drawn))
    assert [problem.code for problem in features.problems] == ["lesion_far_from_cord"]
    assert features.lesions[0]["enh_length_mm"] is None
    assert features.lesions[0]["enh_volume_mm3"] is not None


def test_a_mask_of_another_frame_is_refused_without_a_transform() -> None:
    """Frames of reference that differ are never taken for one; a transform joins them."""
    one, other = series(sagittal_grid(), frame_of_reference="1.2"), t1_gd(moved(sagittal_grid(), 40.0))
    other = t1_gd(other.geometry, frame_of_reference="1.3")
    drawn = [cord_mask(one), mask(Region.ENHANCING, other, tube(11.2, 11.8, 3, centre=(0.0, 40.0)))]
    refused = measure_case(case(drawn))
    assert [problem.code for problem in refused.problems] == ["frame_not_aligned"]
    assert refused.patient["n_lesions"] == 0
    back = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, -40.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))
    joined = measure_case(case(drawn, transforms={other.entities: back}))
    assert joined.problems == ()
    assert joined.lesions[0]["enh_levels"] == "T4"


def test_an_empty_cord_mask_is_no_cord() -> None:
    """A cord mask without a voxel is as good as none, not an error."""
    geometry = sagittal_grid()
    empty = LabelMap(array=np.zeros(geometry.shape, dtype=np.uint8), geometry=geometry)
    assert not empty.array.any()
    frame = build_frame(case([mask(Region.CORD, T2)]), OPTIONS)
    assert not frame.has_cord
    assert frame.flags == ("no_cord", "no_levels")


def moved(geometry: Geometry, posterior_mm: float) -> Geometry:
    """Return a grid moved backwards."""
    affine = geometry.affine
    affine[1, 3] += posterior_mm
    return Geometry.from_affine(affine, geometry.shape)


def test_a_cord_of_one_section_is_refused_by_name() -> None:
    """One section makes no axis: a problem says to draw more, the sizes remain."""
    short = mask(Region.CORD, T2, tube(11.0, 11.04, 5))
    features = measure_case(case([short, MASKS[1]]))
    assert [problem.code for problem in features.problems] == ["cord_too_short"]
    assert features.lesions[0]["enh_volume_mm3"] is not None
    assert features.lesions[0]["enh_length_mm_missing_reason"] == "no_cord"


def test_a_lesion_far_past_the_drawn_cord_is_flagged() -> None:
    """The axis goes on straight beyond the drawn cord; more than 10 mm of that is said."""
    drawn = [cord_mask(T2, v_to=11.0), MASKS[1]]
    assert "cord_extrapolated" in str(measure_case(case(drawn)).lesions[0]["flags"]).split(";")
    assert "cord_extrapolated" not in str(measure_case(case(MASKS)).lesions[0]["flags"]).split(";")
