"""The columns of the enhancing lesion: sizes, length and segments, each with its resolution or its reason."""

from dataclasses import dataclass

from features.case import Case
from features.count import Lesion
from features.extent import Segments, Span
from features.frame import OUTSIDE_LEVELS, Frame
from features.parameters import FeatureParameters
from features.parts import Parts, is_truncated, series_of, si_of, span_of, volume_of
from features.rows import Row, measure, missing, segment_columns, source_of
from features.size import chord_mm, diameters, feret_mm, feret_resolution_mm, mesh_volume_mm3, sections
from features.views import across_cord, along_cord, enhanced_series, may_enhance, plane_of, shows_length, stations
from mri.study import Plane
from segmentation.regions import Region

_SIZES = ("ap", "tr", "si", "max", "feret", "chord", "length", "rano_long", "rano_perp")
_COLUMNS = (
    *(f"enh_{name}_mm" for name in _SIZES),
    "enh_volume_mm3",
    "enh_mesh_volume_mm3",
    *(f"enh_seg_{name}" for name in ("frac", "half", "count", "touched")),
)
_PLANES = {
    Plane.SAGITTAL: "sagittal",
    Plane.AXIAL: "axial",
    Plane.CORONAL: "coronal",
    Plane.ISOTROPIC: "isotropic",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Enhancing:
    """An enhancing lesion as measured.

    Attributes
    ----------
    row : Row
        Its columns.
    span : Span or None
        Along the cord, where a sagittal or isotropic series shows it.
    segments : Segments or None
    """

    row: Row
    span: Span | None = None
    segments: Segments | None = None


def measure_enhancing(lesion: Lesion, case: Case, frame: Frame, parameters: FeatureParameters) -> Enhancing:
    """Measure the enhancing part of a lesion on the series that DEFINITIONS 2 and 3 name for each measure."""
    fit = [part for part in lesion.enhancing if may_enhance(part.series)]
    if not fit:
        return Enhancing(row=missing(_COLUMNS, _absence(lesion, case, parameters)) | {"enh_source": "missing"})
    along, across = along_cord(fit, parameters), across_cord(fit, parameters)
    whole = along or stations(fit)
    span = span_of(along) if along else None
    found = frame.segments(span, parameters) if span is not None else None
    row: Row = {
        "enh_series": series_of(along) or None,
        "axial_series": series_of(across) or None,
        "enh_plane": _PLANES[plane_of(along[0].series, parameters)] if along else None,
        "enh_source": source_of(part.author for part in whole),
        "enh_truncated": is_truncated(whole, [case.mask_geometry(mask) for mask in case.of_region(Region.ENHANCING)]),
    }
    row |= _sections(across, along, frame, parameters)
    row |= _along_columns(along, frame)
    row |= _whole_columns(whole, parameters)
    row |= _largest(row)
    row |= segment_columns("enh", found, _segment_reason(along, frame))
    return Enhancing(row=row, span=span, segments=found)


def _absence(lesion: Lesion, case: Case, parameters: FeatureParameters) -> str:
    """Return why a lesion has no enhancing part."""
    enhanced = [s for s in enhanced_series(case) if shows_length(s, parameters)]
    if not enhanced:
        return "no_sagittal_gd"
    points = [part.points_mm for region in lesion.t2 for part in region.parts]
    if not points or not any(may_enhance(mask.series) for mask in case.of_region(Region.ENHANCING)):
        return "not_read"
    covered = any(case.geometry(series).contains(p).any() for series in enhanced for p in points)
    return "not_enhancing" if covered else "not_covered"


def _sections(across: Parts, along: Parts, frame: Frame, parameters: FeatureParameters) -> Row:
    """Return AP and TR; AP from a sagittal view where there is no axial one."""
    view = across or along
    if not view:
        return missing(("enh_ap_mm", "enh_tr_mm"), "no_axial")
    found = sections(view, frame.axis, parameters)
    row = measure("enh_ap_mm", found.ap.length_mm, found.ap.resolution_mm)
    row |= {"enh_slab_mm": found.slab_mm, "enh_ap_series": series_of(view)}
    if not across:
        return row | missing(("enh_tr_mm",), "no_axial")
    return row | measure("enh_tr_mm", found.tr.length_mm, found.tr.resolution_mm)


def _along_columns(along: Parts, frame: Frame) -> Row:
    if not along:
        return missing(("enh_si_mm", "enh_length_mm", "enh_chord_mm"), "no_sagittal_gd")
    si = si_of(along)
    row = measure("enh_si_mm", si.length_mm, si.resolution_mm)
    if not frame.has_cord:
        return row | missing(("enh_length_mm", "enh_chord_mm"), frame.cord_reason)
    span = span_of(along)
    row |= measure("enh_length_mm", span.length_mm, span.resolution_mm)
    return row | measure("enh_chord_mm", chord_mm(along, frame.axis), span.resolution_mm)


def _whole_columns(whole: Parts, parameters: FeatureParameters) -> Row:
    found = diameters(whole, parameters)
    row = measure("enh_feret_mm", feret_mm(whole), feret_resolution_mm(whole))
    row |= measure("enh_rano_long_mm", found.long_mm, found.long_resolution_mm)
    row |= measure("enh_rano_perp_mm", found.perpendicular_mm, found.perpendicular_resolution_mm)
    is_long = found.long_mm >= parameters.measurable_long_mm
    return row | {
        "measurable": is_long and found.perpendicular_mm >= parameters.measurable_perpendicular_mm,
        "enh_volume_mm3": volume_of(whole),
        "enh_mesh_volume_mm3": mesh_volume_mm3(whole),
    }


def _largest(row: Row) -> Row:
    """Return the largest of AP, TR and SI; without SI there is none, without TR it is of the other two."""
    names = [name for name in ("ap", "tr", "si") if row.get(f"enh_{name}_mm") is not None]
    if "si" not in names:
        return missing(("enh_max_mm",), "no_sagittal_gd")
    name = max(names, key=lambda n: float(str(row[f"enh_{n}_mm"])))
    return {"enh_max_mm": row[f"enh_{name}_mm"], "enh_max_res_mm": row[f"enh_{name}_res_mm"]}


def _segment_reason(along: Parts, frame: Frame) -> str:
    return "no_sagittal_gd" if not along else frame.level_reason or OUTSIDE_LEVELS
