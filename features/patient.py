"""One session: the papers' rules that turn lesions into one row of patients.csv (DICTIONARY B and C)."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from features.case import Case
from features.columns import columns
from features.frame import Frame
from features.lesion import MeasuredLesion, rim_flame
from features.parameters import FeatureParameters
from features.readings import TRUSTED, override, patient_readings
from features.regions import involved
from features.rows import Row, empty_row, flags_text
from features.sheet import Sheet

_INDEX = "index_"
_SIGNS = ("rim_sign", "flame_sign")
_EXTENTS = ("enh_length_mm", "enh_seg_count", "t2_seg_count")


def patient_row(
    lesions: Sequence[MeasuredLesion], case: Case, frame: Frame, sheet: Sheet, parameters: FeatureParameters
) -> Row:
    """Return the row of a session from its lesions, its series and the reader's answers."""
    counted = [lesion for lesion in lesions if lesion.is_counted]
    rows = [lesion.row for lesion in counted]
    row = empty_row("patients")
    row |= {"participant_id": case.study.participant, "session_id": case.study.session, "author": case.author}
    row |= {"status": "ok", "mri_date": case.mri_date, "synthetic": case.synthetic}
    row |= _known(patient_readings(case.findings), row)
    override(row, sheet.columns, "suggested")
    _count(row, counted, case)
    row |= _largest_values(rows, row)
    row |= _longest(rows)
    row |= _t2_cut_points(rows)
    row |= _signs(rows)
    row |= _index(rows)
    row["t2_total_seg"] = total_levels([(s.v_from, s.v_to) for lesion in counted if (s := lesion.t2_segments)])
    _regions(row, counted, sheet, parameters)
    row["solitary_certain"] = _solitary(row)
    row |= sheet.availability
    of_lesions = {flag for lesion in lesions for flag in str(lesion.row["flags"] or "").split(";") if flag}
    row["flags"] = flags_text({*of_lesions, *case.flags, *frame.flags, *sheet.flags, *_flags(row, lesions)})
    return row


def total_levels(extents: Sequence[tuple[float, float]]) -> float | None:
    """Return the length in levels of the union of extents; None where there is none."""
    if not extents:
        return None
    total, reached = 0.0, float("-inf")
    for start, end in sorted(extents):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _known(answers: Row, row: Mapping[str, object]) -> Row:
    return {name: value for name, value in answers.items() if name in row}


def _count(row: Row, counted: Sequence[MeasuredLesion], case: Case) -> None:
    """Enter the number of lesions: the reader's answer, else the signed list, else what was found in the masks."""
    if row["n_lesions"] is None and row["n_lesions_na_reason"] is None:
        signed = case.findings is not None and case.findings.signed
        row["n_lesions"] = len(counted)
        row["n_lesions_source"] = _signed_source(case) if signed else "suggested"
    row["multiple"] = None if row["n_lesions"] is None else int(str(row["n_lesions"])) >= 2


def _signed_source(case: Case) -> str:
    return "consensus" if case.author == "consensus" else "reader"


def _largest_values(rows: Sequence[Row], row: Row) -> Row:
    """Return each measure's largest value over the lesions, under ``<measure>_max``."""
    names = [column.name for column in columns("lesions") if f"{column.name}_max" in row]
    found: Row = {f"{name}_max": _largest(lesion[name] for lesion in rows) for name in names}
    found["enh_si_mm_max"] = _largest(caliper(lesion) for lesion in rows)
    return found


def caliper(row: Row) -> object:
    """Return the superior-inferior size Diehn's row uses: the reader's caliper, else the chord, else plain S-I."""
    names = ("enh_si_mm_reader", "enh_chord_mm", "enh_si_mm")
    return next((row[name] for name in names if row[name] is not None), None)


def _largest(values: Iterable[object]) -> object:
    return max((v for v in values if v is not None), key=lambda v: float(str(v)), default=None)


def _longest(rows: Sequence[Row]) -> Row:
    enhancing = longest(rows, caliper)
    t2 = longest(rows, lambda row: row["t2_length_mm"] or row["t2_si_mm"])
    index = enhancing or {}
    return {
        "longest_enh_lesion_id": index.get("lesion_id"),
        "longest_t2_lesion_id": None if t2 is None else t2["lesion_id"],
        "longest_incomplete": any(_is_incomplete(row) for row in rows) if rows else None,
        **{f"{name}_longest": index.get(name) for name in ("ratio_length", "ratio_segments", "ratio_seg_count")},
    }


def longest(rows: Sequence[Row], value: Callable[[Row], object]) -> Row | None:
    """Return the lesion with the largest value above 0, the first of equals; None where none has one."""
    known = [row for row in rows if value(row) not in (None, 0)]
    return max(known, key=lambda row: float(str(value(row))), default=None)


def _is_incomplete(row: Row) -> bool:
    lacking = [name for name in _EXTENTS if row[name] is None]
    expected = [name for name in lacking if row.get(f"{name}_missing_reason") != "not_enhancing"]
    return bool(expected or row["enh_truncated"] or row["t2_truncated"])


def _t2_cut_points(rows: Sequence[Row]) -> Row:
    of_longest = longest(rows, lambda row: row["t2_length_mm"]) or {}
    ambiguous = of_longest.get("t2_ge3_ambiguous")
    return {name: _any([row[name] for row in rows]) for name in ("t2_ge2", "t2_ge3")} | {"t2_ge3_ambiguous": ambiguous}


def _any(answers: Sequence[object]) -> bool | None:
    """Return true if one is, missing if one that could be is not known, else false."""
    if any(answer is True for answer in answers):
        return True
    return None if not answers or None in answers else False


def _signs(rows: Sequence[Row]) -> Row:
    """Return the signs of the patient: positive if any lesion is, missing where none could be assessed."""
    found: Row = {}
    for sign in _SIGNS:
        answers = [row for row in rows if row[sign] in ("present", "absent", "not_applicable")]
        found[f"{sign}_any"] = any(row[sign] == "present" for row in answers) if answers else None
        sources = {str(row[f"{sign}_source"]) for row in answers}
        found[f"{sign}_any_source"] = next(
            (s for s in ("suggested", "missing", "reader", "consensus") if s in sources), "missing"
        )
    signs = [{True: "present", False: "absent"}.get(found[f"{sign}_any"]) for sign in _SIGNS]  # type: ignore[call-overload]
    return found | {"rim_flame": rim_flame(*signs)}


def _index(rows: Sequence[Row]) -> Row:
    """Return the findings of the index lesion: the longest enhancing one, or the only one."""
    index = longest(rows, caliper) or (rows[0] if len(rows) == 1 else None)
    names = [column.name for column in columns("patients") if column.name.startswith(_INDEX)]
    return {} if index is None else {name: index[name.removeprefix(_INDEX)] for name in names}


def _regions(row: Row, counted: Sequence[MeasuredLesion], sheet: Sheet, parameters: FeatureParameters) -> None:
    extents = [(s.v_from, s.v_to) for lesion in counted if (s := lesion.segments)]
    if counted and len(extents) == len(counted):
        override(row, {"regions": ";".join(involved(extents, sheet.tip_v, parameters))}, "suggested")
    row["region_scheme"] = parameters.region_scheme
    regions = str(row["regions"] or "")
    if regions and regions != "not_assessable":
        names = regions.split(";")
        row |= {"n_regions": len(names), "conus_involved": "conus" in names}


def _solitary(row: Row) -> bool:
    whole = row["coverage_t2"] == "whole_cord" and row["coverage_gd"] == "whole_cord"
    return row["n_lesions"] == 1 and whole


def _flags(row: Row, lesions: Sequence[MeasuredLesion]) -> set[str]:
    unread = row["n_lesions_source"] not in TRUSTED
    tests = {
        "unread": unread,
        "n_lesions_differs": not unread and row["n_lesions"] not in (None, len(lesions)),
        "lesion_not_counted": any(not lesion.is_counted for lesion in lesions),
    }
    return {name for name, is_so in tests.items() if is_so}
