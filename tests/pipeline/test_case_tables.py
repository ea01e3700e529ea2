"""The words and tables of a patient's page."""

import re
from dataclasses import replace

import pytest

from features.columns import columns
from mri.study import Contrast, Study, Weighting
from pipeline.case_figures import Unread
from pipeline.case_levels import ROW, TOP, extent, level_strip, place_words
from pipeline.case_tables import (
    finding_lines,
    lesion_cells,
    measured_on,
    not_judged,
    patient_findings,
    proposal_flags,
    row_flags,
    series_lines,
    with_availability,
)
from pipeline.case_words import flag_sentences, number, series_label, words
from segmentation.vocabulary import Scope
from tests.pipeline.case_fixtures import AX_T2, DISCS, ELSEWHERE, SAG_GD, SAG_T2, STUDY, cord, lesions, series

MEASURED = {
    "lesion_id": 1,
    "lesion_basis": "both",
    "enh_ap_mm": 11.94,
    "enh_ap_res_mm": 0.8,
    "enh_tr_mm": "",
    "enh_tr_mm_missing_reason": "no_axial",
    "enh_volume_mm3": 83.456,
    "enh_seg_count": 1,
    "enh_levels": "T4-T4",
    "t2_seg_count": 5,
    "t2_seg_frac": 5.02,
    "t2_seg_half": 5.0,
    "t2_seg_touched": 7,
    "t2_levels": "T2-T6",
    "t2_length_mm": 104.2,
    "t2_length_res_mm": 1.0,
    "ratio_seg_count": 5.0,
    "ratio_length": 4.25,
}


def cells(**changes: object) -> dict[str, tuple[str, str]]:
    """Return heading → (number, second line) of a measured lesion."""
    return {cell.label: (cell.main, cell.small) for cell in lesion_cells(MEASURED | changes)}


def test_sizes_carry_their_resolution_and_missing_ones_their_reason() -> None:
    """A size says how fine it is; what is missing says why, never 0."""
    shown = cells()
    assert shown["AP"] == ("11.9 mm", "resolution 0.8 mm")
    assert shown["TR"] == ("–", "no axial or isotropic series with the lesion drawn on it")
    assert shown["Volume"] == ("83 mm³", "")


def test_extents_show_all_four_counts() -> None:
    """The extent is given as the plan reads it, with the other ways to count beside it."""
    shown = cells()
    assert shown["Enhancing levels"] == ("1 (T4)", "")
    assert shown["T2 levels"][0] == "5 (T2–T6)"
    assert shown["T2 levels"][1] == ("fractional 5.02 · nearest half 5.0 · touched 7 · 104.2 mm, resolution 1.0 mm")
    assert shown["T2 : enhancing"] == ("5.00", "lengths 4.25")


def test_truncated_extent_is_a_lower_bound() -> None:
    """An extent that the images cut off is written with ≥."""
    shown = cells(t2_truncated="1")
    assert shown["T2 levels"][0] == "≥ 5 (T2–T6)"
    assert shown["AP"][0] == "11.9 mm"


def test_missing_extent_keeps_its_length() -> None:
    """Without levels the length in mm is still there, and the reason."""
    shown = cells(t2_seg_count=None, t2_seg_count_missing_reason="no_levels")
    assert shown["T2 levels"] == ("–", "104.2 mm · no vertebral levels were marked there")


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(None, 1, "–"), ("", 1, "–"), (float("nan"), 1, "–"), ("3.25", 1, "3.2"), (5, 0, "5"), ("about 3", 1, "about 3")],
)
def test_numbers_are_written_as_they_are(value: object, digits: int, text: str) -> None:
    """Numbers, the text of a CSV and empty cells are all written; a word stays a word."""
    assert number(value, digits) == text


def test_series_are_named_as_one_would_say_them() -> None:
    """Plane, weighting, contrast, fat suppression, stations, run and slice spacing are in the name."""
    assert series_label(SAG_T2) == "Sagittal T2, cervical, 3.3 mm"
    gd = series(weighting=Weighting.T1, contrast=Contrast.YES, stations="CT", fat_suppressed=True, run=2)
    assert series_label(gd) == "Sagittal T1 + Gd fat-suppressed, cervical–thoracic, 3.3 mm, run 2"
    assert series_label(AX_T2) == "Axial T2, cervical, 4 mm"
    unknown = series(weighting=Weighting.T1, contrast=Contrast.UNKNOWN, stations="")
    assert series_label(unknown) == "Sagittal T1 (contrast not known), 3.3 mm"


def test_flags_become_sentences() -> None:
    """A flag is explained, one of a column names it, one without words is shown as it is, each once."""
    said = flag_sentences("tiny;enh_tr_mm:no_axial;quite_new;tiny")
    assert [code for code, _ in said] == ["tiny", "enh_tr_mm:no_axial", "quite_new"]
    assert said[0][1].startswith("Very small")
    assert said[1][1].startswith("Transverse size: No axial")
    assert said[2][1] == "Quite new."
    assert flag_sentences(None) == []


def test_every_missing_reason_and_measure_of_the_dictionary_has_words() -> None:
    """What the tables may hold can be said: reasons, and the measures that may be missing."""
    lesion_columns = columns("lesions")
    reasons = {c for column in lesion_columns if column.name.endswith("_missing_reason") for c in column.codes}
    measures = {c.name.removesuffix("_missing_reason") for c in lesion_columns if c.name.endswith("_missing_reason")}
    assert reasons <= set(words("reasons"))
    assert measures == set(words("topics"))
    status = next(column for column in columns("patients") if column.name == "status")
    assert set(status.codes) - {"ok"} <= set(words("status"))


def test_words_are_sentences() -> None:
    """Each explanation of a flag begins with a capital and ends with a full stop."""
    assert all(re.fullmatch(r"[A-Z].*\.", sentence) for sentence in words("flags").values())


def test_missing_measures_are_grouped() -> None:
    """Lesions that lack the same things for the same reason share one line."""
    gone = {"enh_seg_count_missing_reason": "no_levels", "enh_seg_frac_missing_reason": "no_levels"}
    said = not_judged([{"lesion_id": 1} | gone, {"lesion_id": 2} | gone], {}, (), has_cord=True, has_discs=True)
    assert [(j.what, j.why) for j in said] == [
        ("Lesion 1, 2: enhancing extent in levels", "no vertebral levels were marked there")
    ]


def test_what_could_not_be_judged_is_named() -> None:
    """Missing series, cord, discs, unreadable images, items not assessable and uncertain solitude are told."""
    lesion = {"lesion_id": "1", "rim_sign": "not_assessable", "rim_sign_na_reason": "too_small"}
    patient = {
        "n_lesions": "1",
        "solitary_certain": "0",
        "has_gre": "0",
        "has_sag_t2": "1",
        "vertebral_mets": "not_assessable",
    }
    unread = [Unread(series=SAG_GD, reason="the file is damaged")]
    said = {j.what: j.why for j in not_judged([lesion], patient, unread, has_cord=False, has_discs=False)}
    assert said["Sagittal T1 + Gd, cervical, 3.3 mm"] == "the image could not be read: the file is damaged"
    assert said["Lengths along the cord"] == "no cord was drawn"
    assert said["Vertebral levels"] == "no discs were marked"
    assert said["Lesion 1: rim sign"] == "too small"
    assert said["vertebral mets"] == "the reader could not assess it"
    assert "hemorrhage" in said["No gradient-echo series"]
    assert said["Whether the lesion is the only one"] == "the cord was not imaged whole"
    assert not any("T2-weighted" in what for what in said)


def test_absent_series_are_known_of_an_unmeasured_session() -> None:
    """Without measured columns the series themselves say what is absent; a measured column stands."""
    row = with_availability({"has_gre": "1"}, [SAG_T2, AX_T2])
    said = [j.what for j in not_judged([], row, (), has_cord=True, has_discs=True)]
    assert said == ["No T1-weighted series after gadolinium"]
    only_t1 = with_availability({}, [SAG_GD])
    assert len(not_judged([], only_t1, (), has_cord=True, has_discs=True)) == 3


def test_failed_session_says_so() -> None:
    """A session that could not be measured shows its status and the error."""
    (said,) = not_judged([], {"status": "failed", "error": "mask on another grid"}, (), has_cord=True, has_discs=True)
    assert said.why == "The session could not be measured: mask on another grid"


def test_findings_tell_a_suggestion_from_a_reading() -> None:
    """A suggestion is marked as one, a reader's word stands alone, empty items are left out."""
    rows = [
        {"position_suggested": "central", "t2_signal": "hyper", "t2_signal_source": "reader"},
        {"rim_sign": "not_assessable", "rim_sign_na_reason": "artefact"},
    ]
    assert dict(finding_lines(rows, Scope.LESION)) == {
        "Position": ("central (suggested)", "–"),
        "T2 signal": ("hyper", "–"),
        "Rim sign": ("–", "not assessable (disturbed by an artefact)"),
    }


def test_flags_of_proposals_are_told_with_their_place() -> None:
    """What the program doubts of its own outlines and discs is said once per flag, with where."""
    flags = {"flags": ["area_jump"]}
    masks = [replace(cord(one), provenance=flags) for one in (SAG_T2, AX_T2)]
    masks.append(replace(cord(SAG_GD), provenance={"flags": ("thick_slices_read_low",)}))
    said = proposal_flags([*masks, lesions()], replace(DISCS, flags=("levels_unconfirmed",)))
    assert [(where, code) for where, code, _ in said] == [
        ("Discs", "levels_unconfirmed"),
        ("Cord on 2 series", "area_jump"),
        ("Cord on Sagittal T1 + Gd, cervical, 3.3 mm", "thick_slices_read_low"),
    ]
    assert all(sentence == words("flags")[code] for _, code, sentence in said)


def test_flags_of_rows_are_told_once_with_their_lesions() -> None:
    """A flag that the patient's row repeats from lesions is told of the lesions only."""
    rows = [{"lesion_id": 1, "flags": "tiny"}, {"lesion_id": "2", "flags": "tiny;truncated"}]
    said = row_flags(rows, {"flags": "tiny;truncated;unread"})
    assert [(where, code) for where, code, _ in said] == [
        ("", "unread"),
        ("Lesion 1, 2", "tiny"),
        ("Lesion 2", "truncated"),
    ]


def test_patient_findings_leave_out_what_is_not_assessable() -> None:
    """What says nothing is told of under what could not be judged, not here."""
    said = dict(patient_findings({"vertebral_mets": "yes", "epidural_disease": "not_assessable", "n_lesions": 2}))
    assert said == {"Vertebral mets": "yes"}


def test_series_table_names_frames_by_letters_and_gives_the_evidence() -> None:
    """Series of one frame share a letter; the evidence of scans.tsv stands beside its series only."""
    scans = [{"filename": f"anat/{SAG_T2.name}.nii.gz", "weighting_evidence": "TE 100 ms", "field_strength_t": "1.5"}]
    lines = series_lines([SAG_T2, SAG_GD, ELSEWHERE, series("axTT2", frame_of_reference="")], scans)
    assert [line.frame for line in lines] == ["A", "A", "B", "not stated"]
    assert lines[0].evidence == ("weighting: TE 100 ms", "field strength: 1.5 T")
    assert lines[1].evidence == ()
    assert (lines[0].slices, lines[0].voxel) == (11, "1 × 1.5 × 3.3")


def test_measured_on_names_series_in_words_once() -> None:
    """Two lesions measured on one series give one sentence."""
    rows = [{"enh_series": SAG_GD.entities, "axial_series": ""}, {"enh_series": SAG_GD.entities}]
    study = Study(id=STUDY, series=(SAG_T2, SAG_GD))
    said = "Enhancement along the cord measured on: Sagittal T1 + Gd, cervical, 3.3 mm"
    assert measured_on(rows, study) == (said,)


def test_level_strip_draws_fractions_where_they_are_known() -> None:
    """T2 from the T1–T2 to the T6–T7 disc is five vertebrae high and begins at the lower border of T1."""
    strip = level_strip([{"lesion_id": 1, "t2_v_from": 9.0, "t2_v_to": 14.0, "enh_levels": "T4-T4"}], {})
    assert strip is not None
    t2, enh = strip.bars
    assert (t2.height, enh.height) == (5 * ROW, ROW)
    assert t2.y == TOP + 8 * ROW
    assert (t2.whole_levels, enh.whole_levels) == (False, True)
    assert t2.text == "T2 hyperintensity: disc T1-T2 to disc T6-T7"
    assert enh.text == "enhancement: T4"
    assert [name for name, _ in strip.vertebrae][:2] == ["C1", "C2"]
    assert strip.vertebrae[-1][0] == "L2"


def test_level_strip_opens_ends_that_are_cut_off() -> None:
    """A truncated extent and one that leaves the strip are drawn open."""
    truncated = level_strip([{"lesion_id": 1, "t2_levels": "T2-T3", "t2_truncated": True}], {})
    beyond = level_strip([{"lesion_id": 1, "t2_levels": "L1-L4"}], {})
    assert truncated is not None
    assert beyond is not None
    assert truncated.bars[0].open_ended
    assert beyond.bars[0].open_ended
    assert beyond.bars[0].height == 2 * ROW


def test_level_strip_shows_what_was_imaged() -> None:
    """Imaged levels are a bar of their own, cut to the strip, also where no lesion has levels."""
    strip = level_strip([], {"coverage_t2_levels": "C1-T7", "coverage_gd_levels": "T12-L4"})
    assert strip is not None
    assert [(c.name, c.y, c.height) for c in strip.covers] == [("T2", TOP, 14 * ROW), ("Gd", TOP + 18 * ROW, 3 * ROW)]


def test_no_levels_no_strip() -> None:
    """Lesions without levels, or with levels of no vertebra, draw nothing."""
    assert level_strip([{"lesion_id": 1}, {"lesion_id": 2, "t2_levels": "Q9"}], {}) is None
    assert extent({"t2_v_from": "", "t2_v_to": "", "t2_levels": ""}, "t2") is None


@pytest.mark.parametrize(
    ("v", "text"), [(9.0, "disc T1-T2"), (11.34, "T4 (30% down)"), (1.0, "FM"), (20.0, "disc T12-L1")]
)
def test_places_between_levels_have_words(v: float, text: str) -> None:
    """A coordinate is a disc, or a part of a vertebra."""
    assert place_words(v) == text
