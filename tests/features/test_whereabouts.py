"""One mask of a lesion on other coordinates than the cord, the other in its place."""

import pytest

from features.measure import CaseFeatures, measure_case
from features.parameters import FeatureParameters
from mri.study import Plane, Series
from segmentation.regions import Region
from tests.features.scene import AXIAL_AXES, SAGITTAL_AXES, T2, case, cord_mask, grid, mask, series, t1_gd, tube, z_at

QUICK = FeatureParameters(intervals=False)
WIDE = grid((-14.0, -12.0, z_at(15)), (14.0, 42.0, z_at(9)), (1.0, 1.0, 3.3), SAGITTAL_AXES)
WIDE_T2, WIDE_GD = series(WIDE, acquisition="wideT2"), t1_gd(WIDE)


def measured(enhancing_off_mm: float, t2_off_mm: float, *, numbered: bool = False) -> CaseFeatures:
    """Measure a lesion and its T2 hyperintensity, each drawn so far behind its place."""
    lesion = tube(11.2, 11.8, 3.0, (0.0, enhancing_off_mm))
    oedema = tube(10.0, 13.0, 4.0, (0.0, t2_off_mm))
    drawn = [
        cord_mask(T2),
        mask(Region.ENHANCING, WIDE_GD, lesion, numbered=numbered),
        mask(Region.T2HYPER, WIDE_T2, oedema, numbered=numbered),
    ]
    return measure_case(case(drawn), QUICK)


@pytest.mark.parametrize(("offs", "astray"), [((25.0, 0.0), ("enh", WIDE_GD)), ((0.0, 25.0), ("t2", WIDE_T2))])
def test_one_mask_far_from_the_cord_is_named_and_not_measured_along_it(
    offs: tuple[float, float], astray: tuple[str, Series]
) -> None:
    """The other mask, which lies in the cord, does not vouch for it; its own numbers stay."""
    prefix, named = astray
    result = measured(*offs)
    (problem,) = result.problems
    assert (problem.code, named.name in problem.where) == ("lesion_far_from_cord", True)
    (row,) = result.lesions
    for name in ("length_mm", "seg_frac", "seg_count"):
        assert row[f"{prefix}_{name}"] is None
        assert row[f"{prefix}_{name}_missing_reason"] == "far_from_cord"
    other = {"enh": "t2", "t2": "enh"}[prefix]
    assert row[f"{other}_seg_count"] == measured(0.0, 0.0).lesions[0][f"{other}_seg_count"]
    assert row["ratio_length"] is None
    assert "lesion_far_from_cord" in str(row["flags"]).split(";")
    assert result.patient["n_lesions"] == 1


def test_t2_far_from_the_cord_answers_no_cut_off() -> None:
    """Neither yes nor no: the extent along the levels is not known."""
    row = measured(0.0, 25.0).lesions[0]
    assert (row["t2_ge2"], row["t2_ge3"], row["t2_levels"]) == (None, None, None)


@pytest.mark.parametrize(("offs", "told"), [((0.0, 0.0), False), ((9.5, 0.0), True), ((0.0, 10.5), True)])
def test_one_mask_beside_the_cord_is_flagged(offs: tuple[float, float], told: bool) -> None:
    """No voxel of one mask in the cord, near as it is: flagged, measured and counted."""
    result = measured(*offs)
    (row,) = result.lesions
    assert ("outside_cord" in str(row["flags"]).split(";")) is told
    assert None not in (row["enh_length_mm"], row["t2_length_mm"])
    assert result.problems == ()


def test_both_masks_far_from_the_cord_are_both_named() -> None:
    """Each file is to be looked at; with no lesion elsewhere it is the cord that is in doubt, and the lesion counts."""
    result = measured(25.0, 25.0, numbered=True)
    assert [problem.code for problem in result.problems] == ["lesion_far_from_cord"] * 2
    assert {WIDE_GD.name in p.where for p in result.problems} == {True, False}
    assert result.patient["n_lesions"] == 1


def test_an_axial_view_elsewhere_is_named_though_the_sagittal_one_is_in_place() -> None:
    """The same number on both series: a length along the cord is not told while one of them is in doubt."""
    wide = grid((-12.0, -12.0, z_at(13)), (12.0, 42.0, z_at(10)), (0.6, 0.6, 4.0), AXIAL_AXES)
    axial = t1_gd(wide, Plane.AXIAL)
    there, here = tube(11.2, 11.8, 3.0, (0.0, 25.0)), tube(11.2, 11.8, 3.0)
    drawn = [mask(Region.ENHANCING, WIDE_GD, here, numbered=True), mask(Region.ENHANCING, axial, there, numbered=True)]
    second = mask(Region.T2HYPER, WIDE_T2, tube(17.2, 17.8, 3.0), here, numbered=True)
    result = measure_case(case([cord_mask(T2), *drawn, second]), QUICK)
    named = [problem.where for problem in result.problems if problem.code == "lesion_far_from_cord"]
    assert named == [f"sub-P01_ses-01, {axial.name}"]
    row = result.lesions[0]
    assert (row["enh_length_mm"], row["position_suggested"]) == (None, None)
