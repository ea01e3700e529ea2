"""Contradictions between imaging and clinical data, and impossible extents."""

import pytest

from survival.join_checks import check_joined, check_lesions
from survival.parameters import SurvivalParameters
from tests.survival.tables_of_text import IMAGING

PARAMETERS = SurvivalParameters()
LESION = {"participant_id": "P1", "session_id": "01", "lesion_id": "1", "enh_seg_count": "1", "t2_seg_count": "3"}


def _lesion_codes(*lesions: dict[str, str], patient: dict[str, str] | None = None) -> list[str]:
    return [p.code for p in check_lesions([IMAGING | (patient or {})], lesions, PARAMETERS)]


def test_a_consistent_patient_has_no_problem() -> None:
    """Nothing is invented."""
    assert check_joined("P1", IMAGING, {"death_days": 100, "pet_days": -10}, -1, PARAMETERS) == []
    assert _lesion_codes(LESION) == []


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"has_enhanced_t1": "0"}, "enh_si_mm_max"),
        ({"has_enhanced_t1": "0"}, "rim_sign_any"),
        ({"has_enhanced_t1": "0", "ratio_seg_count_longest": "2"}, "ratio_seg_count_longest"),
        ({"has_sag_t2": "0"}, "t2_seg_count_max"),
        ({"has_sag_t2": "0"}, "t2_ge3"),
    ],
)
def test_a_value_without_the_series_it_needs_is_an_error(change: dict[str, str], column: str) -> None:
    """Enhancement, signs and ratio need an enhanced series; T2 extent needs a sagittal T2."""
    problems = check_joined("P1", IMAGING | change, {}, None, PARAMETERS)
    assert ("value_without_series", f"participant P1, column {column}") in {(p.code, p.where) for p in problems}


def test_not_assessable_is_no_value() -> None:
    """A sign that could not be assessed does not contradict the missing series."""
    row = {"has_enhanced_t1": "0", "rim_sign_any": "", "rim_flame": "not_assessable"}
    assert check_joined("P1", row, {}, None, PARAMETERS) == []


@pytest.mark.parametrize(
    ("clinical", "mri_day", "code"),
    [
        ({"death_days": 10}, 11, "end_before_mri"),
        ({"last_known_alive_days": 10}, 11, "end_before_mri"),
        ({"pet_days": -62}, -1, "pet_outside_window"),
        ({"pet_days": 14}, -1, "pet_outside_window"),
        ({}, 400, "mri_far_from_diagnosis"),
    ],
)
def test_days_that_do_not_fit_the_mri_are_told(clinical: dict[str, int], mri_day: int, code: str) -> None:
    """End before the MRI, PET outside −60 to +14 days of it, an MRI far from the diagnosis."""
    assert [p.code for p in check_joined("P1", {}, clinical, mri_day, PARAMETERS)] == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"enh_si_mm": "-3"}, "impossible_extent"),
        ({"enh_si_mm": "22 mm"}, "impossible_extent"),
        ({"enh_si_mm": "nan"}, "impossible_extent"),
        ({"t2_length_mm": "900"}, "impossible_extent"),
        ({"t2_seg_count": "30"}, "impossible_extent"),
        ({"enh_si_mm": "4.5", "enh_seg_count": "5", "t2_seg_count": "5"}, "unit_mixed"),
        ({"enh_seg_count": "4"}, "enhancement_longer_than_t2"),
    ],
)
def test_an_extent_that_no_cord_can_have_is_an_error(change: dict[str, str], code: str) -> None:
    """Negative, not a number, longer than the cord, in centimetres; enhancement beyond T2 is odd."""
    assert _lesion_codes(LESION | change) == [code]


def test_patient_extents_are_checked_without_lesion_rows() -> None:
    """The largest values stand in patients.csv."""
    problems = check_lesions([IMAGING | {"t2_seg_count_max": "-1"}], None, PARAMETERS)
    assert [p.code for p in problems] == ["impossible_extent"]


def test_lesion_rows_are_counted_against_the_signed_number() -> None:
    """Two rows for one lesion is an error; an empty row and a leptomeningeal lesion are not counted."""
    second = LESION | {"lesion_id": "2"}
    assert _lesion_codes(LESION, second) == ["lesions_do_not_add_up"]
    assert _lesion_codes(LESION, second, patient={"n_lesions": "2"}) == []
    assert _lesion_codes(LESION, second | {"lesion_origin": "possibly_leptomeningeal"}) == []
    assert _lesion_codes(LESION, LESION | {"lesion_id": ""}) == []
