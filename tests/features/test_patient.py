"""The papers' rules that turn lesions into a patient."""

from datetime import date

import pytest

from features import measure_case
from features.dictionary import validate_row
from features.measure import CaseFeatures, failed_case
from features.patient import longest, total_levels
from mri.study import Plane, StudyId, Weighting
from segmentation.findings import Answer, Findings
from segmentation.regions import Region
from tests.features.scene import GD, T2, axial_grid, case, cord_mask, discs, mask, sagittal_grid, series, t1_gd, tube

AXIAL = series(axial_grid(10, 13), plane=Plane.AXIAL)
GRE = series(axial_grid(10, 13), Weighting.GRE, Plane.AXIAL)
SHORT, LONG = (4.2, 4.8), (15.0, 17.0)


def said(value: object, source: str = "reader") -> Answer:
    """Return an answer."""
    return Answer(value=value, source=source)  # type: ignore[arg-type]


def two_lesions(**changes: object) -> CaseFeatures:
    """Measure a short lesion at C4 with long oedema, and a long one at T8 with short oedema."""
    drawn = [
        cord_mask(T2),
        mask(Region.ENHANCING, GD, tube(*SHORT, 3), tube(*LONG, 3)),
        mask(Region.T2HYPER, T2, tube(3.0, 8.0, 4), tube(15.0, 17.5, 4)),
    ]
    return measure_case(case(drawn, **changes))


def findings(lesions: dict[int, dict[str, Answer]], state: str = "in_work", **patient: Answer) -> Findings:
    """Return a reader's answers."""
    return Findings(author="AB", state=state, lesions=lesions, patient=patient)  # type: ignore[arg-type]


def test_each_extent_is_the_largest_over_the_lesions() -> None:
    """Longest enhancement and longest T2 may be of different lesions."""
    row = two_lesions().patient
    assert (row["n_lesions"], row["multiple"]) == (2, True)
    assert (row["enh_seg_count_max"], row["t2_seg_count_max"]) == (2, 5)
    assert (row["longest_enh_lesion_id"], row["longest_t2_lesion_id"]) == (2, 1)
    assert row["t2_ge3"] is True
    assert row["t2_total_seg"] == pytest.approx(7.5, abs=0.1)


def test_the_ratio_is_of_the_longest_enhancing_lesion() -> None:
    """ratio_seg_count_longest is that of lesion 2: 3 counted levels (one by half) over 2."""
    features = two_lesions()
    assert features.patient["ratio_seg_count_longest"] == features.lesions[1]["ratio_seg_count"] == 1.5


def test_the_readers_caliper_is_the_size_that_counts() -> None:
    """enh_si_mm_max takes the reader's caliper where given, else the chord; and makes its lesion the longest."""
    without = two_lesions()
    assert without.patient["enh_si_mm_max"] == without.lesions[1]["enh_chord_mm"]
    row = two_lesions(findings=findings({1: {"enh_si_mm_reader": said(60.0)}})).patient
    assert (row["enh_si_mm_max"], row["longest_enh_lesion_id"]) == (60.0, 1)


def test_index_findings_are_of_the_longest_enhancing_lesion() -> None:
    """The index lesion's finding is taken, not that of the first."""
    answers = {1: {"t2_signal": said("hyper")}, 2: {"t2_signal": said("iso")}}
    row = two_lesions(findings=findings(answers)).patient
    assert (row["index_t2_signal"], row["index_t2_signal_source"]) == ("iso", "reader")


def test_a_patient_has_a_sign_if_any_lesion_has() -> None:
    """One lesion with a flame is enough; where no lesion could be assessed the sign is missing."""
    answers = {
        1: {"rim_sign": said("absent"), "flame_sign": said("present")},
        2: {"rim_sign": said("absent"), "flame_sign": said("absent")},
    }
    row = two_lesions(findings=findings(answers)).patient
    assert (row["rim_sign_any"], row["flame_sign_any"], row["rim_flame"]) == (False, True, "flame_only")
    unread = two_lesions().patient
    assert (unread["rim_sign_any"], unread["rim_flame"]) == (None, None)


def test_the_number_of_lesions_is_the_readers() -> None:
    """The reader's number wins over what the masks hold, both are kept, and the difference is flagged."""
    features = two_lesions(findings=findings({}, n_lesions=said(3)))
    assert len(features.lesions) == 2
    assert (features.patient["n_lesions"], features.patient["n_lesions_source"]) == (3, "reader")
    assert "n_lesions_differs" in str(features.patient["flags"])
    assert two_lesions().patient["n_lesions_source"] == "suggested"


def test_the_signed_list_is_the_number() -> None:
    """After signing, a component that the reader did not list keeps its row and is not counted."""
    list_of_one = {2: {"t2_signal": said("hyper")}}
    features = two_lesions(findings=findings(list_of_one, state="signed"))
    assert (features.patient["n_lesions"], features.patient["n_lesions_source"]) == (1, "reader")
    assert features.patient["longest_t2_lesion_id"] == 2
    assert "not_on_signed_list" in str(features.lesions[0]["flags"])


def test_a_number_that_cannot_be_told_is_missing() -> None:
    """A reader who cannot count the lesions leaves the number and the multiplicity missing."""
    cannot = Answer(value="not_assessable", source="reader", na_reason="artefact")
    row = two_lesions(findings=findings({}, n_lesions=cannot)).patient
    assert (row["n_lesions"], row["multiple"]) == (None, None)


def test_a_lesion_of_the_cauda_equina_is_not_counted() -> None:
    """It keeps its row, but the patient is solitary and its extents are those of the other lesion."""
    features = two_lesions(findings=findings({2: {"lesion_origin": said("possibly_leptomeningeal")}}))
    assert len(features.lesions) == 2
    assert (features.patient["n_lesions"], features.patient["multiple"]) == (1, False)
    assert features.patient["enh_seg_count_max"] == 1


def test_a_lesion_on_the_list_without_a_mask_keeps_its_row() -> None:
    """A reader's lesion 3 that nobody drew is counted and has no size."""
    features = two_lesions(findings=findings({3: {"t2_signal": said("hyper")}}))
    assert [row["lesion_id"] for row in features.lesions] == [1, 2, 3]
    assert features.lesions[2]["enh_volume_mm3_missing_reason"] == "not_read"
    assert features.lesions[2]["t2_length_mm_missing_reason"] == "not_read"
    assert "no_voxels" in str(features.lesions[2]["flags"])
    assert features.patient["longest_incomplete"] is True


def test_patient_findings_are_carried_and_derived() -> None:
    """primary_or_noncns_mets and noncord_cns_spinal_mets follow from their parts."""
    answers = findings(
        {},
        primary_visible=said("no"),
        noncns_mets_visible=said("yes"),
        vertebral_mets=said("no"),
        epidural_disease=said("no"),
        leptomeningeal_mets=said("no"),
        intracranial_mets=said("no"),
    )
    row = two_lesions(findings=answers).patient
    assert (row["primary_or_noncns_mets"], row["primary_or_noncns_mets_source"]) == ("yes", "reader")
    assert row["noncord_cns_spinal_mets"] == "no"


def test_what_the_series_are_is_said() -> None:
    """Availability follows the classification, and the day of the MRI is carried."""
    row = two_lesions(series=(T2, GD, AXIAL, GRE), mri_date=date(2020, 1, 2)).patient
    names = ("has_sag_t2", "has_enhanced_t1", "has_axial_t2", "has_gre")
    assert [row[name] for name in names] == [True] * 4
    assert (row["series_t2_sag"], row["series_stir_sag"]) == ("yes", "no")
    assert row["mri_date"] == date(2020, 1, 2)


def test_regions_are_a_union_and_the_readers_choice_wins() -> None:
    """C and T are involved; a reader may say otherwise."""
    row = two_lesions().patient
    assert (row["regions"], row["n_regions"], row["conus_involved"]) == ("C;T", 2, False)
    read = two_lesions(findings=findings({}, regions=said(("C", "conus")))).patient
    assert (read["regions"], read["n_regions"], read["conus_involved"]) == ("C;conus", 2, True)
    assert read["regions_source"] == "reader"


def test_one_lesion_is_certainly_solitary_only_if_the_whole_cord_was_seen() -> None:
    """Both T2 and enhanced series must reach from above C2 to the tip."""
    wide = sagittal_grid(v_from=0.0)
    for t2, expected in ((series(wide), True), (series(sagittal_grid(v_from=6.0)), False)):
        drawn = [cord_mask(series(wide), v_from=0.5), mask(Region.ENHANCING, t1_gd(wide), tube(11, 12, 3))]
        row = measure_case(case([drawn[1], mask(Region.CORD, t1_gd(wide), tube(0.5, 20.7, 5))], series=(t2,))).patient
        assert row["solitary_certain"] is expected
        assert row["coverage_t2"] == ("whole_cord" if expected else "partial")


def test_no_lesion_is_a_number_too() -> None:
    """Empty masks give a patient with 0 lesions and no lesion row; a cut point is not false but missing."""
    features = measure_case(case([cord_mask(T2), mask(Region.ENHANCING, GD), mask(Region.T2HYPER, T2)]))
    assert features.lesions == ()
    assert (features.patient["n_lesions"], features.patient["multiple"]) == (0, False)
    assert features.patient["t2_ge3"] is None


def test_flags_of_the_inputs_reach_both_rows() -> None:
    """A cord borrowed from the program is said in every row."""
    features = two_lesions(flags=("cord_from_auto",), discs=discs())
    assert all("cord_from_auto" in str(row["flags"]).split(";") for row in (*features.lesions, features.patient))


def test_a_failed_session_keeps_its_rows() -> None:
    """Status and error stand in both rows, everything measured is empty."""
    features = failed_case(StudyId(participant="P9", session="02"), author="auto", status="failed", error="damaged")
    assert (features.patient["status"], features.patient["error"]) == ("failed", "damaged")
    assert features.lesions[0]["participant_id"] == "P9"
    assert features.lesions[0]["enh_length_mm"] is None
    assert validate_row("lesions", features.lesions[0]) == validate_row("patients", features.patient) == []


def test_a_union_of_extents_counts_shared_levels_once() -> None:
    """Overlapping extents are not added up."""
    assert total_levels([(3.0, 8.0), (7.0, 9.0), (12.0, 13.0)]) == 7.0
    assert total_levels([]) is None


def test_the_longest_is_the_first_of_equals() -> None:
    """Ties go to the lower lesion number, zero is no extent."""
    rows: list[dict[str, object]] = [{"a": 0.0, "id": 1}, {"a": 2.0, "id": 2}, {"a": 2.0, "id": 3}]
    assert (longest(rows, lambda row: row["a"]) or {})["id"] == 2
    assert longest(rows[:1], lambda row: row["a"]) is None


@pytest.mark.parametrize(
    ("seen_to_v", "oedema", "answers"),
    [
        (21.0, (4.2, 5.0), {"t2_ge2": False, "t2_ge3": False}),
        (12.0, (4.2, 5.0), {"t2_ge2": None, "t2_ge3": None}),
        (12.0, (4.0, 6.1), {"t2_ge2": True, "t2_ge3": None}),
        (12.0, (3.0, 8.0), {"t2_ge2": True, "t2_ge3": True}),
    ],
)
def test_one_long_lesion_is_enough_and_an_unseen_one_leaves_it_open(
    seen_to_v: float, oedema: tuple[float, float], answers: dict[str, bool | None]
) -> None:
    """Yes if any lesion is long; not known, rather than no, where T2 does not show another lesion."""
    shown = series(sagittal_grid(1.0, seen_to_v))
    drawn = [
        cord_mask(GD),
        mask(Region.ENHANCING, GD, tube(*SHORT, 3), tube(*LONG, 3)),
        mask(Region.T2HYPER, shown, tube(*oedema, 4)),
    ]
    patient = measure_case(case(drawn)).patient
    assert {name: patient[name] for name in answers} == answers


def test_without_lesions_nothing_is_long_or_short() -> None:
    """No lesion: the question of a long one has no answer."""
    patient = measure_case(case([cord_mask(T2), mask(Region.ENHANCING, GD)])).patient
    assert patient["n_lesions"] == 0
    assert patient["t2_ge3"] is None
