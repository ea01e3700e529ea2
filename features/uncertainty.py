"""The perturbation range of each number: how far it moves under small changes of the masks (DEFINITIONS 14).

It is no confidence interval: nothing is said of how likely a change is, nor of two readers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from features.case import Case
from features.columns import columns
from features.count import Found, Lesion, find_lesions
from features.enhancing import measure_enhancing
from features.extent import Span
from features.frame import Frame
from features.hyperintensity import measure_t2
from features.lesion import RATIOS, MeasuredLesion
from features.parameters import FeatureParameters
from features.parts import Parts, span_of
from features.perturb import CHANGES, Perturbed, perturb, with_surface
from features.readings import TRUSTED
from features.rows import SEGMENT_NAMES, Row
from features.views import along_cord
from segmentation.regions import LESION_REGIONS

LOW, HIGH = "_low", "_high"
_MAX, _LONGEST = "_max", "_longest"
_LONG_LEVELS = 3
"""Cut point of ``t2_ge3_prob``."""
Answers = Sequence[bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The perturbation range of one lesion.

    Attributes
    ----------
    row : Row
        Its columns.
    is_long : sequence of bool or None
        For each change whether the T2 hyperintensity is 3 levels long or more; None where that is not known.
    """

    row: Row
    is_long: Answers


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Views:
    """Every view of a lesion with its changes."""

    lesion: Lesion
    enhancing: tuple[Perturbed, ...]
    t2: tuple[tuple[Perturbed, ...], ...]

    def changed(self, number: int) -> Lesion:
        regions = tuple(
            replace(region, parts=tuple(one.changed(number) for one in parts))
            for region, parts in zip(self.lesion.t2, self.t2, strict=True)
        )
        return replace(self.lesion, enhancing=tuple(one.changed(number) for one in self.enhancing), t2=regions)


def add_ranges(
    measured: Sequence[MeasuredLesion],
    patient: Row,
    found: Found,
    case: Case,
    frame: Frame,
    parameters: FeatureParameters,
) -> None:
    """Enter the perturbation ranges into the rows of the lesions, and of the patient."""
    drawn = {lesion.id: lesion for lesion in found.lesions}
    counted: list[Answers] = []
    for one in measured:
        if one.id not in drawn:
            continue
        found_range = lesion_range(drawn[one.id], one.row, found, case, frame, parameters)
        one.row.update(found_range.row)
        if one.is_counted:
            counted.append(found_range.is_long)
    rows = [one.row for one in measured if one.is_counted]
    patient.update(_patient_range(rows, patient))
    patient["t2_ge3_prob"] = share(_any_long(counted)) if len(counted) == len(rows) else None
    if patient["n_lesions_source"] not in TRUSTED and not found.numbered:
        low, high = count_range(case, frame, parameters)
        patient.update({f"n_lesions{LOW}": low, f"n_lesions{HIGH}": high})


def count_range(case: Case, frame: Frame, parameters: FeatureParameters) -> tuple[int, int]:
    """Return the smallest and largest number of lesions of binary masks: as drawn, and a voxel less and more all round.

    A voxel less may part or lose lesions, a voxel more may join them.
    """
    numbers = [len(find_lesions(case, frame, parameters).lesions)]
    for step in (-1, 1):
        masks = (with_surface(m, step, parameters) if m.region in LESION_REGIONS else m for m in case.masks)
        numbers.append(len(find_lesions(replace(case, masks=tuple(masks)), frame, parameters).lesions))
    return min(numbers), max(numbers)


def lesion_range(
    lesion: Lesion, row: Mapping[str, object], found: Found, case: Case, frame: Frame, parameters: FeatureParameters
) -> Range:
    """Measure a lesion again after every change of its masks; sizes only where it keeps its place, as they do then.

    Parameters
    ----------
    lesion : Lesion
        As drawn; which T2 region is whose is not decided anew.
    row : mapping
        The lesion as measured: what is missing there has no range.
    found : Found
    case : Case
    frame : Frame
        The cord's axis and the discs are not changed.
    parameters : FeatureParameters
    """
    views = _Views(
        lesion=lesion,
        enhancing=tuple(perturb(part, frame.axis, parameters) for part in lesion.enhancing),
        t2=tuple(tuple(perturb(part, frame.axis, parameters) for part in region.parts) for region in lesion.t2),
    )
    rows = [_measured(views.changed(k), found, case, frame, parameters, k) for k in range(len(CHANGES))]
    ends: Row = {}
    for name in _with_range("lesions"):
        if row[name] is not None and name not in RATIOS:
            values = [one[name] for one in rows if one.get(name) is not None]
            ends |= {f"{name}{LOW}": min(values, key=_number), f"{name}{HIGH}": max(values, key=_number)}
    ends |= _ratio_ranges(row, ends)
    is_known = row["t2_seg_count"] is not None
    is_long = [_is_long(one.get("t2_seg_count")) if is_known else None for one in rows]
    return Range(row=ends | {"t2_ge3_prob": share(is_long)}, is_long=is_long)


def share(answers: Answers) -> float | None:
    """Return the share of yes among the answers that are known; None where none is."""
    known = [answer for answer in answers if answer is not None]
    return sum(known) / len(known) if known else None


def _measured(
    lesion: Lesion, found: Found, case: Case, frame: Frame, parameters: FeatureParameters, number: int
) -> Row:
    if CHANGES[number].keeps_place:
        enhancing = measure_enhancing(lesion, case, frame, parameters).row
        return enhancing | measure_t2(lesion, found, case, frame, parameters).row
    along = along_cord(lesion.enhancing, parameters)
    t2 = tuple(part for region in lesion.t2 for part in region.parts)
    return _along("enh", along, frame, parameters) | _along("t2", t2, frame, parameters)


def _along(prefix: str, parts: Parts, frame: Frame, parameters: FeatureParameters) -> Row:
    """Return what a shift of a mask changes: its length along the cord, and its levels."""
    if not parts:
        return {f"{prefix}_seg_{name}": 0 for name in SEGMENT_NAMES} if prefix == "t2" else {}
    span: Span = span_of(parts)
    counted = frame.segments(span, parameters)
    levels: Row = {} if counted is None else {f"{prefix}_seg_{n}": getattr(counted, n) for n in SEGMENT_NAMES}
    return levels | {f"{prefix}_length_mm": span.length_mm}


def _ratio_ranges(row: Mapping[str, object], ends: Row) -> Row:
    """Return the smallest T2 extent by the largest enhancing one, and the other way: both are drawn separately."""
    found: Row = {}
    for name, (above, below) in RATIOS.items():
        if row[name] is not None:
            found[f"{name}{LOW}"] = _number(ends[f"{above}{LOW}"]) / _number(ends[f"{below}{HIGH}"])
            found[f"{name}{HIGH}"] = _number(ends[f"{above}{HIGH}"]) / _number(ends[f"{below}{LOW}"])
    return found


def _patient_range(rows: Sequence[Row], patient: Mapping[str, object]) -> Row:
    """Return the ranges of the largest values, and of the ratios of the index lesion."""
    found: Row = {}
    index = next((row for row in rows if row["lesion_id"] == patient["longest_enh_lesion_id"]), None)
    for name in _with_range("patients"):
        if patient[name] is None:
            continue
        if name.endswith(_LONGEST):
            of = index or {}
            ends = {end: of.get(f"{name.removesuffix(_LONGEST)}{end}") for end in (LOW, HIGH)}
        else:
            ends = {end: _largest(rows, name.removesuffix(_MAX), end) for end in (LOW, HIGH)}
        found |= {f"{name}{end}": value for end, value in ends.items()}
    return found


def _largest(rows: Sequence[Row], name: str, end: str) -> object:
    """Return the largest of one end over the lesions; a reader's caliper moves with no mask."""
    values = [_caliper_end(row, end) if name == "enh_si_mm" else row[f"{name}{end}"] for row in rows]
    return max((value for value in values if value is not None), key=_number, default=None)


def _caliper_end(row: Row, end: str) -> object:
    if row["enh_si_mm_reader"] is not None:
        return row["enh_si_mm_reader"]
    return next((row[f"{n}{end}"] for n in ("enh_chord_mm", "enh_si_mm") if row[n] is not None), None)


def _any_long(lesions: Iterable[Answers]) -> Answers:
    """Return for each change whether any lesion is long; not known where none is and one is not known."""
    return [_any(answers) for answers in zip(*lesions, strict=True)]


def _any(answers: Iterable[bool | None]) -> bool | None:
    given = list(answers)
    return True if True in given else None if None in given else False


def _is_long(count: object) -> bool | None:
    return None if count is None else _number(count) >= _LONG_LEVELS


@cache
def _with_range(table: str) -> tuple[str, ...]:
    """Return the columns of a table that have a range."""
    return tuple(c.interval_of for c in columns(table) if c.interval_of is not None and c.name.endswith(LOW))


def _number(value: object) -> float:
    return float(str(value))
