"""What imaging and clinical data must agree on, and what no extent of a cord can be."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from mri.problems import Problem, error, warning
from survival.cells import Value, shape
from survival.derived import end_days, number
from survival.parameters import SurvivalParameters

TextRow = Mapping[str, str]
EXTENTS = ("enh_ap_mm", "enh_tr_mm", "enh_si_mm", "enh_chord_mm", "enh_length_mm", "t2_length_mm", "t2_si_mm")
LEVELS = ("enh_seg_frac", "enh_seg_half", "enh_seg_count", "enh_seg_touched")
LEVELS_T2 = ("t2_seg_frac", "t2_seg_half", "t2_seg_count", "t2_seg_touched")
NEEDS_ENHANCED = ("enh_si_mm_max", "enh_seg_count_max", "rim_sign_any", "flame_sign_any", "rim_flame")
NEEDS_ENHANCED_OR_T2 = "ratio_seg_count_longest"
NEEDS_T2 = ("t2_seg_count_max", "t2_seg_half_max", "t2_seg_frac_max", "t2_ge2", "t2_ge3")
NO_WORDS = ("", "not_assessable", "not_applicable")
WHOLE_LEVELS_FROM = 3
"""An extent of this many levels or more covers all but its first and last whole."""

NOT_LISTED, N_LESIONS_READ = "not_on_signed_list", "n_lesions_differs"
"""Flags of the feature tables: drawn but not on the reader's signed list; a count that a reader gave."""


def check_joined(
    participant: str,
    features: TextRow,
    clinical: Mapping[str, Value],
    mri_day: int | None,
    parameters: SurvivalParameters,
) -> list[Problem]:
    """Return what the reference MRI and the clinical row of one participant contradict each other in."""
    return [
        *_days(participant, clinical, mri_day, parameters),
        *_series(f"participant {participant}", features),
    ]


def check_lesions(
    features: Sequence[TextRow], lesions: Sequence[TextRow] | None, parameters: SurvivalParameters
) -> list[Problem]:
    """Return impossible extents in either table, and sessions whose lesion rows do not add up to ``n_lesions``."""
    problems: list[Problem] = []
    for row in features:
        where = f"participant {row['participant_id']}, session {row['session_id']}"
        problems += _extents(where, row, "_max", parameters)
    for row in lesions or ():
        where = f"participant {row['participant_id']}, session {row['session_id']}, lesion {row['lesion_id']}"
        problems += [*_extents(where, row, "", parameters), *_longer_than_t2(where, row)]
    return problems + (list(_counts(features, lesions)) if lesions is not None else [])


def _days(
    participant: str, clinical: Mapping[str, Value], mri_day: int | None, parameters: SurvivalParameters
) -> Iterator[Problem]:
    where = f"participant {participant}"
    end, pet = end_days(clinical), number(clinical, "pet_days")
    if mri_day is None:
        return
    if end is not None and end < mri_day:
        yield error("end_before_mri", where, "death or last known alive is before the reference MRI: mend the dates")
    if abs(mri_day) > parameters.mri_distance_days:
        message = f"the reference MRI is {mri_day} days from the diagnosis: make sure that the timelines are the same"
        yield warning("mri_far_from_diagnosis", where, message)
    first, last = parameters.pet_window_days
    if pet is not None and not first <= pet - mri_day <= last:
        message = f"PET is {pet - mri_day:g} days from the reference MRI, outside {first} to {last}"
        yield warning("pet_outside_window", where, message)


def _series(where: str, row: TextRow) -> Iterator[Problem]:
    for has, names, series in (
        ("has_enhanced_t1", (*NEEDS_ENHANCED, NEEDS_ENHANCED_OR_T2), "a contrast-enhanced T1 series"),
        ("has_sag_t2", (*NEEDS_T2, NEEDS_ENHANCED_OR_T2), "a sagittal T2 series"),
    ):
        for name in names if row.get(has) == "0" else ():
            if row.get(name, "") not in NO_WORDS:
                message = f"has a value without {series} ({has} = 0): leave it empty or mend {has}"
                yield error("value_without_series", f"{where}, column {name}", message)


def _extents(where: str, row: TextRow, suffix: str, parameters: SurvivalParameters) -> Iterator[Problem]:
    for names, longest in ((EXTENTS, parameters.cord_length_mm), ((*LEVELS, *LEVELS_T2), parameters.cord_levels)):
        for name in (f"{stem}{suffix}" for stem in names):
            fault = _extent_fault(row.get(name, ""), longest)
            if fault:
                yield error("impossible_extent", f"{where}, column {name}", fault)
    for length, levels in (("enh_si_mm", "enh_seg_count"), ("t2_si_mm", "t2_seg_count")):
        mm, count = _number(row.get(f"{length}{suffix}", "")), _number(row.get(f"{levels}{suffix}", ""))
        if mm is None or count is None or count < WHOLE_LEVELS_FROM:
            continue
        if mm < (count - 2) * parameters.level_height_mm:
            message = f"{mm:g} mm cannot reach over {count:g} levels: is it in cm?"
            yield error("unit_mixed", f"{where}, column {length}{suffix}", message)


def _extent_fault(text: str, longest: float) -> str:
    value = _number(text)
    if text in NO_WORDS:
        return ""
    if value is None:
        return f"a text of the form {shape(text)} is no number: mend it or leave it empty"
    if value < 0:
        return f"{value:g} is negative: mend it or leave it empty"
    return f"{value:g} is longer than the cord (at most {longest:g}): mend it" if value > longest else ""


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if value == value else None


def _longer_than_t2(where: str, row: TextRow) -> Iterator[Problem]:
    enhancing, t2 = _number(row.get("enh_seg_count", "")), _number(row.get("t2_seg_count", ""))
    if enhancing is not None and t2 is not None and enhancing > t2:
        message = f"the enhancement has {enhancing:g} levels, the T2 hyperintensity {t2:g}: look at both masks"
        yield warning("enhancement_longer_than_t2", where, message)


def _counts(features: Sequence[TextRow], lesions: Sequence[TextRow]) -> Iterator[Problem]:
    rows = Counter(
        (row["participant_id"], row["session_id"]) for row in lesions if row["lesion_id"] and _is_counted(row)
    )
    for row in features:
        if N_LESIONS_READ in row.get("flags", "").split(";"):
            continue  # a reader's own count, which may differ from what was drawn
        said, counted = row.get("n_lesions", ""), rows[row["participant_id"], row["session_id"]]
        if said and _number(said) != counted:
            where = f"participant {row['participant_id']}, session {row['session_id']}, column n_lesions"
            yield error("lesions_do_not_add_up", where, f"is {said}, but lesions.csv has {counted} rows: measure again")


def _is_counted(row: TextRow) -> bool:
    """Return whether a lesion is one of the patient's: listed where a list was signed, in the cord, still there."""
    is_elsewhere = row.get("lesion_origin") == "possibly_leptomeningeal" or row.get("followup_status") == "gone"
    return not is_elsewhere and NOT_LISTED not in row.get("flags", "").split(";")
