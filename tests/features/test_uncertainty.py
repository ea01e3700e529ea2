"""The perturbation range of each number."""

from time import process_time

import pytest

from features import measure_case
from features.columns import columns
from features.dictionary import validate_row
from features.measure import CaseFeatures
from features.parameters import FeatureParameters
from features.uncertainty import share
from mri.study import Plane
from segmentation.findings import Answer, Findings
from segmentation.regions import Region
from tests.features.scene import GD, T2, Inside, axial_grid, case, cord_mask, mask, nothing, t1_gd, tube

NAMES = [c.interval_of for c in columns("lesions") if c.interval_of and c.name.endswith("_low")]


def measured(*drawn: Inside, t2: Inside = nothing, intervals: bool = True, **changes: object) -> CaseFeatures:
    """Measure enhancing lesions within one T2 hyperintensity."""
    axial = t1_gd(axial_grid(9, 14), Plane.AXIAL)
    masks = [
        cord_mask(T2),
        mask(Region.ENHANCING, GD, *drawn),
        mask(Region.ENHANCING, axial, *drawn),
        mask(Region.T2HYPER, T2, t2),
    ]
    return measure_case(case(masks, **changes), FeatureParameters(intervals=intervals))


def test_every_number_lies_in_its_range() -> None:
    """Low ≤ number ≤ high for every column that has a range; all of them are there and fit the dictionary."""
    features = measured(tube(10.6, 12.3, 3.0), t2=tube(9.3, 13.4, 4.0))
    row = features.lesions[0]
    assert len(NAMES) == 25
    for name in NAMES:
        low, value, high = (float(str(row[key])) for key in (f"{name}_low", name, f"{name}_high"))
        assert low <= value <= high, name
    assert validate_row("lesions", row) == validate_row("patients", features.patient) == []


def test_the_range_of_a_length_is_one_voxel_at_each_end() -> None:
    """A length of 34 mm on 1 mm voxels is 32 to 36: a voxel less or more at both poles; a shift alone moves nothing."""
    row = measured(tube(10.6, 12.3, 3.0)).lesions[0]
    assert row["enh_length_mm"] == pytest.approx(34.0, abs=0.01)
    assert (row["enh_length_mm_low"], row["enh_length_mm_high"]) == (pytest.approx(32.0), pytest.approx(36.0))


def test_the_count_of_levels_moves_with_the_mask() -> None:
    """T2 that covers 0.22 of a third level counts 2, and 3 where it is drawn a voxel longer or lower."""
    row = measured(tube(11.2, 11.8, 3.0), t2=tube(10.0, 12.22, 4.0)).lesions[0]
    assert row["t2_seg_count"] == 2
    assert (row["t2_seg_count_low"], row["t2_seg_count_high"]) == (2, 3)
    assert 0.2 < float(str(row["t2_ge3_prob"])) < 0.8


@pytest.mark.parametrize(("to_v", "probability"), [(15.0, 1.0), (11.5, 0.0)])
def test_a_clear_extent_is_certain(to_v: float, probability: float) -> None:
    """Five levels are 3 or more in every perturbed mask, one and a half in none."""
    features = measured(tube(11.2, 11.8, 3.0), t2=tube(10.1, to_v, 4.0))
    assert features.lesions[0]["t2_ge3_prob"] == features.patient["t2_ge3_prob"] == probability


def test_the_ratio_ranges_over_both_masks() -> None:
    """Both masks may be wrong in opposite ways: smallest T2 by largest enhancement, and the other way."""
    row = measured(tube(10.6, 12.3, 3.0), t2=tube(9.3, 13.4, 4.0)).lesions[0]
    t2_low, enh_high = float(str(row["t2_length_mm_low"])), float(str(row["enh_length_mm_high"]))
    assert row["ratio_length_low"] == pytest.approx(t2_low / enh_high)


def test_what_is_missing_has_no_range() -> None:
    """Without an axial series TR has neither a value nor a range; without T2 everything of it is exactly 0."""
    drawn = [cord_mask(T2), mask(Region.ENHANCING, GD, tube(11, 12, 3)), mask(Region.T2HYPER, T2, nothing)]
    row = measure_case(case(drawn)).lesions[0]
    assert (row["enh_tr_mm_low"], row["enh_tr_mm_high"]) == (None, None)
    assert (row["t2_length_mm_low"], row["t2_length_mm_high"], row["t2_ge3_prob"]) == (0.0, 0.0, 0.0)


def test_intervals_can_be_left_out() -> None:
    """Without intervals the numbers are the same and every range is empty."""
    drawn, without = measured(tube(11, 12, 3)), measured(tube(11, 12, 3), intervals=False)
    ends = [c.name for c in columns("lesions") if c.interval_of] + ["t2_ge3_prob"]
    assert all(without.lesions[0][name] is None for name in ends)
    assert {k: v for k, v in drawn.lesions[0].items() if k not in ends} == {
        k: v for k, v in without.lesions[0].items() if k not in ends
    }


def test_the_patients_range_is_of_the_largest() -> None:
    """The largest value's ends are the largest ends of the lesions; the caliper of a reader moves with no mask."""
    features = measured(tube(9.5, 10.0, 3.0), tube(11.0, 13.0, 3.0), t2=tube(9.3, 13.4, 4.0))
    longest = features.lesions[1]
    assert features.patient["enh_length_mm_max_low"] == longest["enh_length_mm_low"]
    assert features.patient["ratio_length_longest_high"] == longest["ratio_length_high"]
    assert features.patient["enh_si_mm_max_high"] == longest["enh_chord_mm_high"]
    caliper = {2: {"enh_si_mm_reader": Answer(value=60.0, source="reader")}}
    said = Findings(author="AB", state="in_work", lesions=caliper, patient={})  # type: ignore[arg-type]
    read = measured(tube(9.5, 10.0, 3.0), tube(11.0, 13.0, 3.0), findings=said).patient
    assert (read["enh_si_mm_max_low"], read["enh_si_mm_max_high"]) == (60.0, 60.0)


def test_a_lesion_that_nobody_drew_leaves_the_patient_uncertain() -> None:
    """A listed lesion without a mask may be long: the probability is missing, the others keep their ranges."""
    said = Findings(author="AB", state="in_work", lesions={1: {}, 2: {}}, patient={})  # type: ignore[arg-type]
    features = measured(tube(11, 12, 3), t2=tube(10, 13, 4), findings=said)
    assert features.patient["t2_ge3_prob"] is None
    assert features.lesions[0]["t2_ge3_prob"] is not None
    assert features.lesions[1]["enh_volume_mm3_low"] is None


def test_the_number_of_lesions_has_a_range() -> None:
    """Two lesions 2 mm apart join when drawn a voxel larger, and a thin one vanishes when drawn smaller."""
    near = measured(tube(10.0, 10.5, 3.0), tube(10.6, 11.1, 3.0)).patient
    assert (near["n_lesions"], near["n_lesions_low"], near["n_lesions_high"]) == (2, 1, 2)
    thin = measured(tube(9.5, 10.0, 3.0), tube(12.0, 12.05, 3.0)).patient
    assert (thin["n_lesions"], thin["n_lesions_low"], thin["n_lesions_high"]) == (2, 1, 2)


def test_a_number_that_somebody_gave_has_no_range() -> None:
    """Lesions that are numbered in the mask, or counted by a reader, are as many as they say."""
    two = [cord_mask(T2), mask(Region.ENHANCING, GD, tube(10.0, 10.5, 3), tube(10.6, 11.1, 3), numbered=True)]
    assert measure_case(case(two)).patient["n_lesions_low"] is None
    said = {"n_lesions": Answer(value=2, source="reader")}
    read = Findings(author="AB", state="in_work", lesions={}, patient=said)  # type: ignore[arg-type]
    assert measured(tube(10.0, 10.5, 3.0), findings=read).patient["n_lesions_high"] is None


def test_shares_count_what_is_known() -> None:
    """A change for which the answer is not known is left out; with none known there is no share."""
    assert share([True, False, None, True]) == pytest.approx(2 / 3)
    assert share([None, None]) is None


def test_ranges_take_less_than_a_second() -> None:
    """A case of four lesions on two series is measured with ranges within the second that is allowed."""
    drawn = [tube(v, v + 0.8, 3.0) for v in (9.1, 10.2, 11.3, 12.4)]
    start = process_time()
    features = measured(*drawn, t2=tube(9, 14, 4))
    assert process_time() - start < 1.0
    assert len(features.lesions) == 4
