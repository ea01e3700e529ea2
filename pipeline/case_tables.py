"""The tables of a patient's page: measured numbers, findings, what could not be judged, and the series."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mri.study import Contrast, Plane, Series, Study, Weighting
from pipeline.case_figures import Unread
from pipeline.case_words import (
    NONE,
    flag_sentences,
    is_false,
    is_missing,
    is_true,
    number,
    plain,
    reason_words,
    series_label,
    slice_count,
    words,
)
from segmentation.annotation import Mask
from segmentation.levels import DiscPoints
from segmentation.vocabulary import NOT_APPLICABLE, NOT_ASSESSABLE, Item, Scope, items

Row = Mapping[str, object]
SIZES = (("AP", "enh_ap"), ("TR", "enh_tr"), ("SI", "enh_si"), ("Length along cord", "enh_length"))
"""Heading and stem of the columns in mm that have a resolution."""

TOLD_ELSEWHERE = ("n_lesions", "regions", "lesion_basis")
"""Items that the head of the page or the table of lesions already shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One measured number with its heading; the second line holds resolution, other counts, or why it is missing."""

    label: str
    main: str
    small: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Something that could not be judged, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLine:
    """How one series was classified, and from what."""

    label: str
    name: str
    contrast: str
    voxel: str
    slices: int
    frame: str
    evidence: tuple[str, ...]


def lesion_cells(row: Row) -> tuple[Cell, ...]:
    """Return the measured numbers of one lesion, in the order of the table."""
    return (
        Cell(label="Seen on", main=plain(row.get("lesion_basis") or NONE)),
        *(_size(row, label, stem) for label, stem in SIZES),
        _volume(row),
        _levels(row, "Enhancing levels", "enh"),
        _levels(row, "T2 levels", "t2"),
        _ratio(row),
    )


def _size(row: Row, label: str, stem: str) -> Cell:
    value = row.get(f"{stem}_mm")
    if is_missing(value):
        return Cell(label=label, main=NONE, small=_reason(row, f"{stem}_mm"))
    return Cell(label=label, main=f"{_bound(row, 'enh')}{number(value)} mm", small=_resolution(row, stem))


def _volume(row: Row) -> Cell:
    value = row.get("enh_volume_mm3")
    if is_missing(value):
        return Cell(label="Volume", main=NONE, small=_reason(row, "enh_volume_mm3"))
    return Cell(label="Volume", main=f"{_bound(row, 'enh')}{number(value, 0)} mm³")


def _levels(row: Row, label: str, stem: str) -> Cell:
    length = row.get(f"{stem}_length_mm")
    in_mm = f"{number(length)} mm" if not is_missing(length) and stem == "t2" else ""
    count = row.get(f"{stem}_seg_count")
    if is_missing(count):
        return Cell(
            label=label, main=NONE, small=" · ".join(t for t in (in_mm, _reason(row, f"{stem}_seg_count")) if t)
        )
    named = "" if is_missing(row.get(f"{stem}_levels")) else f" ({_range(row[f'{stem}_levels'])})"
    others = (
        ("fractional", row.get(f"{stem}_seg_frac"), 2),
        ("nearest half", row.get(f"{stem}_seg_half"), 1),
        ("touched", row.get(f"{stem}_seg_touched"), 0),
    )
    small = [f"{name} {number(value, digits)}" for name, value, digits in others if not is_missing(value)]
    small += [f"{in_mm}, {_resolution(row, 't2_length')}".rstrip(", ")] if in_mm else []
    return Cell(label=label, main=f"{_bound(row, stem)}{number(count, 0)}{named}", small=" · ".join(small))


def _ratio(row: Row) -> Cell:
    by_count = row.get("ratio_seg_count")
    others = (("levels", row.get("ratio_segments")), ("lengths", row.get("ratio_length")))
    small = [f"{name} {number(value, 2)}" for name, value in others if not is_missing(value)]
    if is_missing(by_count) and not small:
        small = [_reason(row, "ratio_seg_count")]
    return Cell(label="T2 : enhancing", main=number(by_count, 2), small=" · ".join(small))


def _bound(row: Row, stem: str) -> str:
    return "≥ " if is_true(row.get(f"{stem}_truncated")) else ""


def _resolution(row: Row, stem: str) -> str:
    value = row.get(f"{stem}_res_mm")
    return "" if is_missing(value) else f"resolution {number(value)} mm"


def _reason(row: Row, column: str) -> str:
    code = row.get(f"{column}_missing_reason")
    return "" if is_missing(code) else reason_words(code)


def _range(levels: object) -> str:
    first, *rest = str(levels).split("-")
    return first if not rest or rest[-1] == first else f"{first}–{rest[-1]}"


def measured_on(lesion_rows: Sequence[Row], study: Study) -> tuple[str, ...]:
    """Say on which series the numbers were measured, each series once."""
    labels = {key: series_label(series) for series in study.series for key in (series.name, series.entities)}
    kinds = (("Enhancement along the cord", "enh_series"), ("T2 extent", "t2_series"), ("AP and TR", "axial_series"))
    said = []
    for what, column in kinds:
        names = dict.fromkeys(str(row[column]) for row in lesion_rows if not is_missing(row.get(column)))
        if names:
            said.append(f"{what} measured on: {'; '.join(labels.get(name, name) for name in names)}")
    return tuple(said)


def finding_lines(rows: Sequence[Row], scope: Scope) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (finding, its value in each row) for the items of a scope that have a value or a suggestion anywhere."""
    told = (item for item in items(scope) if item.name not in TOLD_ELSEWHERE)
    lines = ((_title(item), tuple(_finding(row, item.name) for row in rows)) for item in told)
    return tuple((title, values) for title, values in lines if any(value != NONE for value in values))


def _title(item: Item) -> str:
    name = plain(item.name)
    return name[0].upper() + name[1:] + (f", {item.unit}" if item.unit else "")


def _finding(row: Row, name: str) -> str:
    value, suggested = row.get(name), row.get(f"{name}_suggested")
    if not is_missing(value):
        source = row.get(f"{name}_source")
        why = row.get(f"{name}_na_reason")
        beside = "suggested" if source == "suggested" else "" if is_missing(why) else reason_words(why)
        return plain(value) + (f" ({beside})" if beside else "")
    return NONE if is_missing(suggested) else f"{plain(suggested)} (suggested)"


def not_judged(
    lesion_rows: Sequence[Row], patient_row: Row, unread: Iterable[Unread], has_cord: bool, has_discs: bool
) -> tuple[Judgement, ...]:
    """Return everything that could not be judged in a session, and why.

    Which series are absent is read from the columns ``has_…`` of the row; see `with_availability`.
    """
    found = [Judgement(what="Measuring", why=_status(patient_row))] if _status(patient_row) else []
    found += [
        Judgement(what=series_label(one.series), why=f"the image could not be read: {one.reason}") for one in unread
    ]
    if not has_cord:
        found.append(Judgement(what="Lengths along the cord", why="no cord was drawn"))
    if not has_discs:
        found.append(Judgement(what="Vertebral levels", why="no discs were marked"))
    found += _missing_measures(lesion_rows)
    found += [j for row in lesion_rows for j in _not_assessable(row, Scope.LESION, f"Lesion {row.get('lesion_id')}: ")]
    found += _not_assessable(patient_row, Scope.PATIENT, "")
    for column, sentence in words("absent_series").items():
        if is_false(patient_row.get(column)):
            missing, _, consequence = sentence.partition(": ")
            found.append(Judgement(what=missing, why=consequence))
    if number(patient_row.get("n_lesions"), 0) == "1" and is_false(patient_row.get("solitary_certain")):
        found.append(Judgement(what="Whether the lesion is the only one", why="the cord was not imaged whole"))
    return tuple(found)


def with_availability(patient_row: Row, series: Sequence[Series]) -> Row:
    """Fill the columns ``has_…`` of a patient's row from the series, where the session was not measured."""
    t2 = [one.plane for one in series if one.weighting is Weighting.T2]
    enhanced = [one for one in series if one.weighting is Weighting.T1 and one.contrast is Contrast.YES]
    seen = {
        "has_sag_t2": Plane.SAGITTAL in t2 or Plane.ISOTROPIC in t2,
        "has_axial_t2": Plane.AXIAL in t2 or Plane.ISOTROPIC in t2,
        "has_enhanced_t1": bool(enhanced),
        "has_gre": any(one.weighting is Weighting.GRE for one in series),
    }
    return {**patient_row, **{name: value for name, value in seen.items() if is_missing(patient_row.get(name))}}


def _status(patient_row: Row) -> str:
    status = words("status").get(str(patient_row.get("status")), "")
    error = patient_row.get("error")
    return ": ".join(str(part) for part in (status, error) if not is_missing(part))


def _missing_measures(lesion_rows: Sequence[Row]) -> list[Judgement]:
    """Group the missing measures by reason, and lesions that lack the same ones."""
    lesions_of: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for row in lesion_rows:
        topics: dict[str, dict[str, None]] = {}
        for column, topic in words("topics").items():
            reason = row.get(f"{column}_missing_reason")
            if not is_missing(reason):
                topics.setdefault(str(reason), {})[topic] = None
        for reason, named in topics.items():
            lesions_of.setdefault((reason, tuple(named)), []).append(str(row.get("lesion_id", "")))
    return [
        Judgement(what=f"Lesion {', '.join(lesions)}: {', '.join(named)}", why=reason_words(reason))
        for (reason, named), lesions in lesions_of.items()
    ]


def _not_assessable(row: Row, scope: Scope, prefix: str) -> list[Judgement]:
    return [
        Judgement(what=f"{prefix}{plain(item.name)}", why=_why_not(row, item))
        for item in items(scope)
        if row.get(item.name) == NOT_ASSESSABLE
    ]


def _why_not(row: Row, item: Item) -> str:
    code = row.get(f"{item.name}_na_reason")
    return "the reader could not assess it" if is_missing(code) else reason_words(code)


def proposal_flags(masks: Iterable[Mask], discs: DiscPoints | None) -> tuple[tuple[str, str, str], ...]:
    """Return (what it is of, code, sentence) for the flags that masks and discs carry from how they were made."""
    found = [("Discs", "", flag) for flag in (discs.flags if discs else ())]
    for mask in masks:
        flags = mask.provenance.get("flags")
        name = words("regions")[mask.region]
        place = (f"{name[0].upper()}{name[1:]}", series_label(mask.series))
        found += [(*place, str(flag)) for flag in flags] if isinstance(flags, list | tuple) else []
    by_flag: dict[tuple[str, str], list[str]] = {}
    for what, where, flag in found:
        by_flag.setdefault((what, flag), []).append(where)
    return tuple((_place(what, places), *flag_sentences(flag)[0]) for (what, flag), places in by_flag.items())


def row_flags(lesion_rows: Sequence[Row], patient_row: Row) -> tuple[tuple[str, str, str], ...]:
    """Return (lesions or nothing, code, sentence) for each flag once: a flag of a lesion is told with its lesion."""
    lesions_of: dict[tuple[str, str], list[str]] = {}
    for row in lesion_rows:
        for told in flag_sentences(row.get("flags")):
            lesions_of.setdefault(told, []).append(str(row.get("lesion_id", "")))
    of_patient = [("", *told) for told in flag_sentences(patient_row.get("flags")) if told not in lesions_of]
    return (*of_patient, *((f"Lesion {', '.join(lesions)}", *told) for told, lesions in lesions_of.items()))


def _place(what: str, places: Sequence[str]) -> str:
    if len(places) > 1:
        return f"{what} on {len(places)} series"
    return f"{what} on {places[0]}" if places[0] else what


def patient_findings(patient_row: Row) -> tuple[tuple[str, str], ...]:
    """Return (finding, value) of the patient that say something; not assessable ones are told of elsewhere."""
    silent = (NONE, plain(NOT_ASSESSABLE), plain(NOT_APPLICABLE))
    lines = finding_lines([patient_row], Scope.PATIENT)
    return tuple((title, value) for title, (value,) in lines if value.split(" (")[0] not in silent)


def series_lines(series: Sequence[Series], scans: Sequence[Mapping[str, str]]) -> tuple[SeriesLine, ...]:
    """Return one line per series: its classification with the evidence that ``scans.tsv`` holds."""
    by_name = {row.get("filename", "").rpartition("/")[2].removesuffix(".nii.gz"): row for row in scans}
    frames = list(dict.fromkeys(one.frame_of_reference for one in series if one.frame_of_reference))
    return tuple(_series_line(one, by_name.get(one.name, {}), frames) for one in series)


def _series_line(series: Series, scan: Mapping[str, str], frames: Sequence[str]) -> SeriesLine:
    frame = series.frame_of_reference
    strength = scan.get("field_strength_t", "")
    evidence = (
        ("weighting", scan.get("weighting_evidence", "")),
        ("contrast", scan.get("contrast_evidence", "")),
        ("stations", scan.get("stations_evidence", "")),
        ("field strength", f"{strength} T" if strength else ""),
    )
    return SeriesLine(
        label=series_label(series),
        name=series.name.removeprefix(f"{series.study}_"),
        contrast=words("contrast")[series.contrast],
        voxel=" × ".join(f"{mm:.2g}" for mm in sorted(series.geometry.spacing_mm)),
        slices=slice_count(series),
        frame=chr(ord("A") + frames.index(frame)) if frame in frames[:26] else "not stated",
        evidence=tuple(f"{what}: {text}" for what, text in evidence if text),
    )
