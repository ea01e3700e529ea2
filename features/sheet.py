"""What the series of a session show: which kinds there are, and how much of the cord (study sheet, DICTIONARY B)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from features.case import Case
from features.drawn_cord import DrawnCord
from features.frame import Frame
from features.parameters import FeatureParameters
from features.regions import conus_tip_v, coverage, covered_levels
from features.rows import Row
from features.views import plane_of, shows_length, shows_section
from mri.geometry import INFERIOR_SUPERIOR, Geometry
from mri.study import Contrast, Plane, Series, Weighting
from segmentation.findings import level_value

_SAME_FIELD_T = 0.1
"""Series of one scanner state its field to so much, e.g. 1.494 and 1.5; two scanners differ by more."""
_Test = Callable[[Series, Plane], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The study sheet as computed.

    Attributes
    ----------
    columns : Row
        Items of the study sheet that the series answer; a reader's answer wins.
    availability : Row
        ``has_sag_t2`` and its like.
    tip_v : float
        Vertebral coordinate of the cord's tip: read, seen at the end of a cord mask, or assumed.
    flags : frozenset of str
    """

    columns: Row
    availability: Row
    tip_v: float
    flags: frozenset[str]


def _is_t1(series: Series, contrast: Contrast) -> bool:
    return series.weighting is Weighting.T1 and series.contrast is contrast


_KINDS: dict[str, _Test] = {
    "t2_sag": lambda s, plane: s.weighting is Weighting.T2 and plane is Plane.SAGITTAL,
    "stir_sag": lambda s, plane: s.weighting is Weighting.STIR and plane is Plane.SAGITTAL,
    "t1_sag_pre": lambda s, plane: _is_t1(s, Contrast.NO) and plane is Plane.SAGITTAL,
    "t1_sag_gd": lambda s, plane: _is_t1(s, Contrast.YES) and plane is Plane.SAGITTAL,
    "t2_ax": lambda s, plane: s.weighting is Weighting.T2 and plane is Plane.AXIAL,
    "t1_ax_pre": lambda s, plane: _is_t1(s, Contrast.NO) and plane is Plane.AXIAL,
    "t1_ax_gd": lambda s, plane: _is_t1(s, Contrast.YES) and plane is Plane.AXIAL,
    "gre_ax": lambda s, plane: s.weighting is Weighting.GRE and plane is Plane.AXIAL,
    "iso3d": lambda _, plane: plane is Plane.ISOTROPIC,
}


def study_sheet(case: Case, frame: Frame, parameters: FeatureParameters) -> Sheet:
    """Return what the series of a session show."""
    series = [s for s in case.every_series if case.is_placed(s)]
    tip, is_assumed = _tip(case, frame, parameters)
    t2 = [s for s in series if s.weighting is Weighting.T2 and shows_length(s, parameters)]
    gd = [s for s in series if _is_t1(s, Contrast.YES)]
    columns: Row = {}
    for name, fits in _KINDS.items():
        found = [s for s in series if fits(s, plane_of(s, parameters))]
        columns[f"series_{name}"] = "yes" if found else "no"
        columns[f"series_{name}_levels"] = covered_levels(frame, _grids(case, found), parameters)
    for name, shown in (("t2", t2), ("gd", gd)):
        grids = _grids(case, shown)
        columns[f"coverage_{name}"] = coverage(frame, grids, tip, parameters) if shown else None
        columns[f"coverage_{name}_levels"] = covered_levels(frame, grids, parameters)
    columns["gd_fat_suppressed"] = _fat_suppression(gd)
    columns["field_strength_t"] = _field_strength(series)
    return Sheet(
        columns=columns,
        availability={
            "has_sag_t2": bool(t2),
            "has_enhanced_t1": bool(gd),
            "has_axial_t2": any(s.weighting is Weighting.T2 and shows_section(s, parameters) for s in series),
            "has_gre": any(s.weighting is Weighting.GRE for s in series),
        },
        tip_v=tip,
        flags=frozenset({"conus_tip_assumed"} if is_assumed and frame.levels is not None else set()),
    )


def _grids(case: Case, series: Sequence[Series]) -> list[Geometry]:
    return [case.geometry(s) for s in series]


def _fat_suppression(series: Sequence[Series]) -> str | None:
    answers = {s.fat_suppressed for s in series} - {None}
    if not answers:
        return None
    return "mixed" if len(answers) > 1 else {True: "yes", False: "no"}[bool(answers.pop())]


def _field_strength(series: Sequence[Series]) -> float | None:
    """Return the field strength in tesla that every series which states one has; None where they differ."""
    stated = [s.field_strength_t for s in series if s.field_strength_t is not None]
    if not stated or max(stated) - min(stated) > _SAME_FIELD_T:
        return None
    return float(np.median(stated))


def _tip(case: Case, frame: Frame, parameters: FeatureParameters) -> tuple[float, bool]:
    """Return the cord's tip and whether it is assumed: the reader's level, else the end of the drawn cord."""
    answer = None if case.findings is None else case.findings.of_patient("conus_tip").value
    read = level_value(answer) if isinstance(answer, str) else None
    if read is not None:
        return read, False
    seen = conus_tip_v(frame, _cord_ends_inside(frame), parameters)
    return (parameters.assumed_conus_tip_v, True) if seen is None else (seen, False)


def _cord_ends_inside(frame: Frame) -> bool:
    """Return whether the lowest drawn cord ends before the lower border of its images."""
    lowest = min(frame.cords, key=lambda cord: float(cord.points_mm[:, 2].min()), default=None)
    return lowest is not None and not _reaches_lower_border(lowest)


def _reaches_lower_border(cord: DrawnCord) -> bool:
    geometry = cord.geometry
    axis = geometry.axis_nearest(INFERIOR_SUPERIOR)
    at = cord.index[:, axis]
    if geometry.axes[axis][2] > 0:
        return bool(at.min() == 0)
    return bool(at.max() == geometry.shape[axis] - 1)
