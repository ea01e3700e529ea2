"""The columns of the T2 hyperintensity of a lesion (DEFINITIONS 4)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.case import Case
from features.count import Found, Lesion
from features.extent import Segments, Span
from features.frame import OUTSIDE_LEVELS, Frame
from features.parameters import FeatureParameters
from features.parts import Parts, is_truncated, series_of, si_of, span_of, volume_of
from features.rows import SEGMENT_NAMES, Row, measure, missing, segment_columns, source_of
from features.t2 import is_bridged, t2_masks
from features.views import is_t2, shows_length
from mri.geometry import Geometry
from segmentation.annotation import Mask

_SEGMENTS = tuple(f"t2_seg_{name}" for name in SEGMENT_NAMES)
_COLUMNS = ("t2_length_mm", "t2_si_mm", "t2_volume_mm3", *_SEGMENTS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hyperintensity:
    """The T2 hyperintensity of a lesion as measured.

    Attributes
    ----------
    row : Row
        Its columns.
    is_none : bool
        T2 was read at the lesion and there is no hyperintensity.
    span : Span or None
    segments : Segments or None
    flags : frozenset of str
    """

    row: Row
    is_none: bool = False
    span: Span | None = None
    segments: Segments | None = None
    flags: frozenset[str] = frozenset()


def measure_t2(lesion: Lesion, found: Found, case: Case, frame: Frame, parameters: FeatureParameters) -> Hyperintensity:
    """Measure from the highest to the lowest point of the T2 hyperintensity that belongs to a lesion."""
    masks = t2_masks(case, parameters)
    if lesion.t2 and masks:
        return _measured(lesion, found, [case.mask_geometry(mask) for mask in masks], frame, parameters)
    reason = _absence(lesion, masks, case, parameters)
    if reason is not None:
        return Hyperintensity(row=missing(_COLUMNS, reason) | {"t2_source": "missing"})
    return _none(masks, frame)


def _none(masks: Sequence[Mask], frame: Frame) -> Hyperintensity:
    row: Row = dict.fromkeys(("t2_length_mm", "t2_si_mm", "t2_volume_mm3", "t2_seg_frac", "t2_seg_half"), 0.0)
    row |= {"t2_seg_count": 0, "t2_seg_touched": 0, "t2_ge2": False, "t2_ge3": False, "t2_ge3_ambiguous": False}
    row |= {"t2_bridged": False, "t2_truncated": False}
    row |= {"t2_series": masks[0].series.name, "t2_source": source_of(mask.author for mask in masks)}
    return Hyperintensity(row=row, is_none=True)


def _measured(
    lesion: Lesion, found: Found, grids: Sequence[Geometry], frame: Frame, parameters: FeatureParameters
) -> Hyperintensity:
    parts: Parts = tuple(part for region in lesion.t2 for part in region.parts)
    span, si = span_of(parts), si_of(parts)
    counted = frame.segments(span, parameters)
    row = measure("t2_si_mm", si.length_mm, si.resolution_mm)
    if frame.has_cord:
        row |= measure("t2_length_mm", span.length_mm, span.resolution_mm)
    else:
        row |= missing(("t2_length_mm",), frame.cord_reason)
    row |= segment_columns("t2", counted, frame.level_reason or OUTSIDE_LEVELS)
    row |= _cut_points(counted, is_cut=is_truncated(parts, grids, along=True), parameters=parameters)
    row |= {
        "t2_series": series_of(parts),
        "t2_source": source_of(part.author for part in parts),
        "t2_volume_mm3": volume_of(parts),
        "t2_bridged": is_bridged(lesion.t2),
        "t2_truncated": is_truncated(parts, grids),
        "t2_shared_with": _sharers(lesion, found),
    }
    flags = frozenset({"t2_into_medulla"} if frame.in_medulla(span) else set())
    return Hyperintensity(row=row, span=span, segments=counted, flags=flags)


def _absence(lesion: Lesion, masks: Sequence[Mask], case: Case, parameters: FeatureParameters) -> str | None:
    """Return why the T2 extent is not known; None where T2 was read and the lesion has none."""
    if not masks:
        has_series = any(is_t2(s) and shows_length(s, parameters) for s in case.every_series)
        return "not_read" if has_series else "no_sagittal_t2"
    if not lesion.enhancing:
        return "not_read"
    points = np.concatenate([part.points_mm for part in lesion.enhancing])
    shown = np.zeros(len(points), dtype=bool)
    for mask in masks:
        shown |= case.mask_geometry(mask).contains(points)
    return None if shown.all() else "not_covered"


def _cut_points(counted: Segments | None, *, is_cut: bool, parameters: FeatureParameters) -> Row:
    """Return whether the extent reaches the cut points; of a truncated one only what is sure."""
    if counted is None:
        return {}
    row: Row = {}
    for least in parameters.t2_long_levels:
        reached = counted.reaches(least)
        row[f"t2_ge{least}"] = reached if reached or not is_cut else None
    if row["t2_ge3"] is not None:
        row["t2_ge3_ambiguous"] = counted.is_ambiguous(3)
    return row


def _sharers(lesion: Lesion, found: Found) -> str | None:
    mine = {id(region) for region in lesion.t2}
    others = [o.id for o in found.lesions if o.id != lesion.id and mine & {id(region) for region in o.t2}]
    return ";".join(str(number) for number in others) or None
