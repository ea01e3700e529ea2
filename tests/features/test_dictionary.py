"""The data dictionary: every promised column is there, in order, with units and codes; rows are held to it."""

import csv
import io
import json
from pathlib import Path

import pytest

from features.dictionary import (
    TABLES,
    Column,
    ColumnType,
    Format,
    all_columns,
    as_csv,
    as_json,
    as_markdown,
    column_names,
    columns,
    render,
    validate_row,
)
from mri.problems import RefusedError
from segmentation.findings import Scope, item, items


def names(text: str) -> list[str]:
    """Return the names in a text."""
    return text.split()


# The lists below are typed from the project's contract and its dictionary, not made from the code.
LESIONS_IN_ORDER = names("""
    participant_id session_id lesion_id author lesion_basis status error flags enh_series t2_series axial_series
    enh_ap_mm enh_tr_mm enh_si_mm enh_max_mm enh_feret_mm enh_length_mm enh_volume_mm3 enh_mesh_volume_mm3
    enh_rano_long_mm enh_rano_perp_mm enh_seg_frac enh_seg_half enh_seg_count enh_seg_touched enh_levels
    t2_length_mm t2_si_mm t2_volume_mm3 t2_seg_frac t2_seg_half t2_seg_count t2_seg_touched t2_levels t2_ge2
    t2_ge3 t2_ge3_ambiguous t2_ge3_prob ratio_length ratio_segments
""")
SUGGESTED_FINDINGS = names("""
    position position_side cord_expansion t2_signal t1_signal cystic_change hemorrhage enhancement_pattern
    rim_sign flame_sign
""")
LESIONS_REMAINING = names("""
    lesion_basis lesion_origin enh_plane enh_source t2_source enh_chord_mm ratio_seg_count t2_bridged
    t2_shared_with t2_truncated enh_truncated rim_flame
""")
MEASURES_WITH_REASON = names("""
    enh_ap_mm enh_tr_mm enh_si_mm enh_length_mm enh_volume_mm3 enh_seg_count enh_chord_mm t2_length_mm
    t2_seg_count ratio_length ratio_seg_count
""")
PATIENTS_IN_ORDER = names("""
    participant_id session_id author status error flags mri_date n_lesions multiple solitary_certain
""")
PATIENTS_REMAINING = names("""
    t2_seg_count_max t2_seg_half_max t2_seg_frac_max t2_ge2 t2_ge3 t2_ge3_ambiguous enh_si_mm_max
    enh_seg_count_max ratio_seg_count_longest longest_enh_lesion_id longest_t2_lesion_id longest_incomplete
    solitary_certain rim_flame index_position index_cord_expansion index_t2_signal index_t1_signal
    index_cystic_change index_hemorrhage index_enhancement_pattern t2_total_seg rim_sign_any flame_sign_any
    regions n_regions conus_involved region_scheme has_sag_t2 has_enhanced_t1 has_axial_t2 has_gre
    new_lesions_followup first_new_lesion_date days_mri_to_diagnosis
""")
COHORT = names("""
    time_days event origin in_analysis exclusion_reason reference_session_id time_presentation_days entry_days
    iscm_precedes_primary presentation_precedes_primary iscm_first_sign interval_primary_to_iscm_months
    lung_breast melanoma cns_primary age_gt55 ps_3_4 sites_2_4 regions_2_4 treated treatment_group
    iscm_pathology
""")
RESULTS_IN_ORDER = names("""
    table row variable group n events median ci_low ci_high hr hr_low hr_high p test ties subset flags reference
    n_missing n_na_recoded measure author p_permutation baseline
""")
PROBLEMS_IN_ORDER = names("""
    participant_id session_id step code severity where message
""")
UNIT_OF_ENDING = {
    "_mm": "mm",
    "_mm2": "mm2",
    "_mm3": "mm3",
    "_days": "days",
    "_months": "months",
    "_t": "T",
    "_voxels": "voxels",
}


def column(table: str, name: str) -> Column:
    """Return one column of a table."""
    return next(c for c in columns(table) if c.name == name)


def of_names(table: str, wanted: list[str]) -> list[str]:
    """Return the wanted names in the order the table has them."""
    return [name for name in column_names(table) if name in wanted]


@pytest.mark.parametrize(
    ("table", "names"),
    [
        ("lesions", [*LESIONS_IN_ORDER, *SUGGESTED_FINDINGS]),
        ("patients", PATIENTS_IN_ORDER),
        ("results", RESULTS_IN_ORDER),
        ("problems", PROBLEMS_IN_ORDER),
    ],
)
def test_columns_come_in_the_order_of_the_contract(table: str, names: list[str]) -> None:
    """Every column that the contract lists is there, and in its order."""
    assert of_names(table, names) == names


def test_tables_start_with_exactly_the_contract_columns() -> None:
    """Nothing stands between the first columns of the contract's lists."""
    assert list(column_names("lesions")[:12]) == LESIONS_IN_ORDER[:12]
    assert list(column_names("patients")[:10]) == PATIENTS_IN_ORDER


@pytest.mark.parametrize(
    ("table", "names"), [("lesions", LESIONS_REMAINING), ("patients", PATIENTS_REMAINING), ("cohort", COHORT)]
)
def test_the_dictionarys_remaining_columns_are_there(table: str, names: list[str]) -> None:
    """Every column that the dictionary adds to the contract is there."""
    assert set(names) - set(column_names(table)) == set()


@pytest.mark.parametrize("table", TABLES)
def test_no_column_stands_twice(table: str) -> None:
    """A header names each column once."""
    assert len(set(column_names(table))) == len(column_names(table))


@pytest.mark.parametrize("name", SUGGESTED_FINDINGS)
def test_a_suggested_finding_is_followed_by_its_companions(name: str) -> None:
    """The suggestion, the source, the reason and the confidence stand right after the finding."""
    start = column_names("lesions").index(name)
    expected = [name, *(f"{name}_{part}" for part in ("suggested", "source", "na_reason", "confidence"))]
    assert list(column_names("lesions")[start : start + 5]) == expected


def test_every_lesion_item_is_in_lesions() -> None:
    """What a reader says of a lesion has its column, with source, reason and confidence."""
    wanted = {f"{i.name}{part}" for i in items(Scope.LESION) for part in ("", "_source", "_na_reason", "_confidence")}
    assert wanted - set(column_names("lesions")) == set()


def test_every_patient_and_study_sheet_item_is_in_patients_but_free_text_on_incidental_findings() -> None:
    """All items of the session are in the table; what goes to the site's own procedure is not."""
    wanted = {i.name for scope in (Scope.PATIENT, Scope.STUDY_SHEET) for i in items(scope)}
    assert wanted - set(column_names("patients")) == {"incidental_actionable_text"}


@pytest.mark.parametrize("name", MEASURES_WITH_REASON)
def test_a_measure_says_why_it_is_missing(name: str) -> None:
    """Each measure has its `_missing_reason`, with the codes of the dictionary."""
    codes = column("lesions", f"{name}_missing_reason").codes
    published = {"no_sagittal_t2", "no_sagittal_gd", "no_axial", "not_enhancing", "not_covered", "not_read"}
    assert published <= set(codes)


def test_an_extent_is_followed_by_its_resolution_and_its_range() -> None:
    """`enh_ap_mm` has `enh_ap_res_mm`, `enh_ap_mm_low` and `enh_ap_mm_high`, which say what they belong to."""
    start = column_names("lesions").index("enh_ap_mm")
    names = column_names("lesions")[start : start + 4]
    assert names == ("enh_ap_mm", "enh_ap_res_mm", "enh_ap_mm_low", "enh_ap_mm_high")
    assert column("lesions", "enh_ap_res_mm").resolution_of == "enh_ap_mm"
    assert column("lesions", "enh_ap_mm_high").interval_of == "enh_ap_mm"


@pytest.mark.parametrize("name", ["enh_volume_mm3", "t2_seg_count"])
def test_what_has_no_direction_has_no_resolution(name: str) -> None:
    """Volumes and counts have a perturbation range but no resolution."""
    belonging = [c for c in columns("lesions") if name in (c.resolution_of, c.interval_of)]
    assert [c.name for c in belonging] == [f"{name}_low", f"{name}_high"]


def test_units_agree_with_names() -> None:
    """A name that ends in a unit has that unit, and a unit of length, area, volume or time stands in the name."""
    for entry in all_columns():
        if entry.type not in (ColumnType.INT, ColumnType.NUM):
            assert entry.unit == "", entry.name
            continue
        stem = f"{entry.name}_days" if entry.name.startswith("days_") else entry.name
        for ending in ("_low", "_high", "_max", "_reader"):
            stem = stem.removesuffix(ending)
        unit = next((unit for ending, unit in UNIT_OF_ENDING.items() if stem.endswith(ending)), None)
        if unit is not None or entry.unit in set(UNIT_OF_ENDING.values()):
            assert entry.unit == unit, entry.name


def test_extents_in_segments_are_in_levels() -> None:
    """Every fractional, half, whole and touched extent is counted in vertebral levels."""
    for part in ("frac", "half", "count", "touched"):
        assert column("lesions", f"t2_seg_{part}").unit == "levels"
        assert column("patients", f"t2_seg_{part}_max").unit == "levels"


def test_every_definition_is_a_sentence_with_a_source() -> None:
    """A statistician finds a full sentence and where it comes from in every column."""
    for entry in all_columns():
        assert entry.definition.endswith("."), entry.name
        assert len(entry.definition.split()) >= 3, entry.name
        assert entry.source, entry.name


@pytest.mark.parametrize("table", TABLES)
def test_codes_go_with_coded_columns_only(table: str) -> None:
    """A coded column lists its codes, and no other column does."""
    for entry in columns(table):
        assert bool(entry.codes) == (entry.type in (ColumnType.CODE, ColumnType.CODES)), entry.name


def test_not_assessable_is_a_code_of_its_own() -> None:
    """A finding can be not assessable, which is not absent; not applicable only where something excludes it."""
    assert column("lesions", "rim_sign").codes == ("absent", "present", "not_assessable", "not_applicable")
    assert column("lesions", "cord_expansion").codes == ("absent", "present", "not_assessable")


def test_the_index_finding_has_the_codes_of_the_finding() -> None:
    """`index_t2_signal` is the `t2_signal` of one lesion."""
    index = column("patients", "index_t2_signal")
    assert index.codes == column("lesions", "t2_signal").codes
    assert index.finding == "t2_signal"


def test_findings_are_taken_from_the_vocabulary() -> None:
    """Definition and rows of the papers come from the reader's items, not from a second list."""
    entry = column("lesions", "position")
    assert entry.definition == item("position").definition
    assert "003-008" in entry.source


def test_the_largest_value_keeps_unit_and_type() -> None:
    """`t2_seg_count_max` is an integer in levels, as `t2_seg_count` is."""
    entry = column("patients", "t2_seg_count_max")
    assert (entry.type, entry.unit) == (ColumnType.INT, "levels")
    assert entry.definition.startswith("Largest value over the lesions.")


def test_the_size_row_of_the_paper_is_defined_by_caliper_or_chord() -> None:
    """The published SI size is the reader's caliper if given, else the chord."""
    assert "caliper" in column("patients", "enh_si_mm_max").definition
    assert "enh_chord_mm" in column("patients", "enh_si_mm_max").definition


def test_an_unknown_table_is_refused_by_name() -> None:
    """The message names what may be asked for."""
    with pytest.raises(RefusedError, match="lesions, patients, cohort, results, problems"):
        columns("lesion")


def test_csv_holds_every_column_of_every_table() -> None:
    """The CSV reads back to the same tables, names and codes."""
    rows = list(csv.DictReader(io.StringIO(as_csv())))
    assert [(r["table"], r["name"]) for r in rows] == [(c.table, c.name) for c in all_columns()]
    rim = next(r for r in rows if r["table"] == "lesions" and r["name"] == "rim_sign")
    assert rim["codes"] == "absent;present;not_assessable;not_applicable"


def test_json_has_its_format_and_real_lists() -> None:
    """The JSON says its version, and codes are lists."""
    data = json.loads(as_json())
    assert data["format"] == 1
    assert len(data["columns"]) == len(all_columns())
    entry = next(e for e in data["columns"] if e["name"] == "enh_ap_res_mm")
    assert entry["resolution_of"] == "enh_ap_mm"
    assert entry["codes"] == []
    assert entry["minimum"] == 0


def test_markdown_has_a_section_for_each_table() -> None:
    """The page has one heading and one table for each table, and one line for each column."""
    text = as_markdown()
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(TABLES)
    assert sum(line.startswith("| `") for line in text.splitlines()) == len(all_columns())


def test_any_columns_can_be_rendered_and_bars_are_escaped() -> None:
    """Columns of another table, such as the clinical one, are written by the same function."""
    other = Column(
        name="ecog_ps", table="clinical", type=ColumnType.INT, definition="0|4.", source="000-012", minimum=0, maximum=4
    )
    assert r"0\|4." in render([other], Format.MARKDOWN)
    assert "clinical,ecog_ps,int,,,0,4,0,0|4.,000-012" in render([other], "csv")


def test_the_committed_cohort_meets_the_dictionary() -> None:
    """The synthetic tables that are shipped break no rule of their own dictionary."""
    folder = Path(__file__).resolve().parents[2] / "sample_scans" / "cohort"
    for table in ("lesions", "patients", "cohort"):
        with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            found = [
                problem
                for row in csv.DictReader(file)
                for problem in validate_row(table, row)
                if not (table == "cohort" and problem.code == "column_unknown")
            ]
        assert found == [], table


GOOD_LESION = {
    "participant_id": "P01",
    "session_id": "01",
    "lesion_id": "1",
    "status": "ok",
    "enh_ap_mm": "4.5",
    "t2_seg_count": "5",
    "t2_ge3": "1",
    "position": "eccentric",
    "position_side": "left;anterior",
    "rim_sign": "not_applicable",
    "flags": "enh_tr_mm:no_axial",
    "enh_tr_mm": "",
}


@pytest.mark.parametrize(
    "row", [GOOD_LESION, GOOD_LESION | {"t2_ge3": True, "enh_ap_mm": 4.5, "position_side": ("left",)}]
)
def test_a_good_row_has_no_problem(row: dict[str, object]) -> None:
    """Text as read from CSV and values as made are both accepted, and empty is missing."""
    assert validate_row("lesions", row) == []


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("position", "middle", "central, eccentric, exophytic, not_assessable"),
        ("position_side", "left;up", "'up' is not among left, right, anterior, posterior"),
        ("position_side", "left;left", "twice"),
        ("enh_ap_mm", "4,5", "decimal point"),
        ("enh_ap_mm", "nan", "leave the cell empty"),
        ("enh_ap_mm", "-1", "below"),
        ("t2_seg_count", "2.5", "whole number"),
        ("t2_seg_count", "five", "no number"),
        ("t2_ge3", "2", "neither 0 nor 1"),
        ("lesion_id", "0", "below"),
        ("position_confidence", "4", "above"),
        ("participant_id", "sub-01", "letters and digits"),
        ("error", "two\nlines", "line break"),
        ("status", "done", "ok, failed, needs_consensus, not_annotated"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(name: str, value: str, words: str) -> None:
    """The message names the column, the value's fault and the mend."""
    (problem,) = validate_row("lesions", GOOD_LESION | {name: value})
    assert problem.code == "value_wrong"
    assert problem.where == f"lesions:{name}"
    assert words in problem.message


def test_every_fault_of_a_row_is_reported_at_once() -> None:
    """A missing id, a stranger's column and a wrong date come together."""
    row = {"participant_id": "", "session_id": "01", "status": "ok", "mri_date": "05/01/2010", "t2_seg": "3"}
    found = validate_row("patients", row)
    assert [(p.code, p.where) for p in found] == [
        ("value_missing", "patients:participant_id"),
        ("column_unknown", "patients:t2_seg"),
        ("value_wrong", "patients:mri_date"),
    ]


def test_a_cohort_may_hold_other_columns_but_not_wrong_values() -> None:
    """Clinical columns pass; the columns of the patients are checked."""
    row = {"participant_id": "P01", "favourite_colour": "green", "t2_seg_count_max": "many", "event": "1"}
    assert [p.where for p in validate_row("cohort", row)] == ["cohort:t2_seg_count_max"]
