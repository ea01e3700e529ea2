"""What one item may hold, and levels named by eye."""

import pytest

from mri.problems import RefusedError
from segmentation.answers import Value
from segmentation.finding_values import level_value, value_fault
from segmentation.levels import LevelScheme
from segmentation.vocabulary import item


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("t2_signal", "bright", "hyper, iso, hypo, not_assessable"),
        ("t2_signal", 1, "'1' is not one of"),
        ("rim_sign", "yes", "absent, present, not_assessable, not_applicable"),
        ("artefacts", "motion", "no list"),
        ("artefacts", ("motion", "ghost"), "'ghost' is not among none, motion"),
        ("artefacts", ("motion", "motion"), "twice"),
        ("artefacts", ("none", "motion"), "none stands beside"),
        ("n_lesions", 1.5, "no whole number"),
        ("n_lesions", True, "no number"),
        ("n_lesions", -1, "below 0"),
        ("iscm_confidence", 6, "above 5"),
        ("quality_t2_sag", 0, "below 1"),
        ("t2_segments_reader", 2.25, "no multiple of 0.5"),
        ("enh_si_mm_reader", float("nan"), "no number"),
        ("enh_si_mm_reader", "12", "no number"),
        ("conus_tip", "L9", "write a vertebra such as T4"),
        ("conus_tip", 20.5, "no level"),
        ("lesion_pet_uptake_blinded", "yes", "neither true nor false"),
        ("coverage_t2_levels", 3, "no text"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: Value, words: str) -> None:
    """The message shows the value and the mend."""
    fault = value_fault(item(name), value)
    assert fault is not None
    assert words in fault


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("t2_signal", "iso"),
        ("t2_signal", None),
        ("n_lesions", "not_assessable"),
        ("artefacts", ("none",)),
        ("artefacts", ()),
        ("t2_segments_reader", 2.5),
        ("t2_segments_reader", 3),
        ("conus_tip", "T12-L1"),
        ("conus_tip", "T13"),
        ("conus_tip", "L6"),
        ("t2_level_from", "FM"),
        ("lesion_pet_uptake_blinded", False),
        ("coverage_t2_levels", "C1-L2"),
    ],
)
def test_a_right_value_has_no_fault(name: str, value: Value) -> None:
    """Empty and not assessable are right everywhere; variants of the spine are known."""
    assert value_fault(item(name), value) is None


@pytest.mark.parametrize(("text", "v"), [("T4", 11.5), ("C2-C3", 3.0), ("T1-T2", 9.0), ("L1", 20.5), ("FM", 1.0)])
def test_a_level_by_eye_has_a_coordinate(text: str, v: float) -> None:
    """A vertebra stands for its middle and a disc for itself, in steps of half a level."""
    assert level_value(text) == v


def test_the_published_extent_by_eye_is_five_levels() -> None:
    """From the T1-T2 to the T6-T7 disc are five levels (Diehn 2015, Fig 3)."""
    assert level_value("T6-T7") - level_value("T1-T2") == 5


def test_a_level_follows_the_scheme() -> None:
    """With a T13 vertebra, L1 lies one level lower; without one, T13 is refused."""
    assert level_value("L1", LevelScheme(n_thoracic=13)) == 21.5
    with pytest.raises(RefusedError, match="T13"):
        level_value("T13")
