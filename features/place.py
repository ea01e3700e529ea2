"""Where a lesion lies in a session, so that another session's lesions can be set beside it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from features.case import Case
from features.count import Lesion
from features.frame import Frame
from features.lesion import MeasuredLesion
from features.parameters import FeatureParameters
from features.parts import Part
from features.regions import Interval
from features.views import enhanced_series, is_t2, shows_length
from mri.geometry import FloatArray

_MOST_POINTS = 200
"""Points that stand for a lesion: 2 mm apart in one of 30 × 8 × 8 mm, and quick to send between processes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Place:
    """Where one drawn lesion lies.

    Attributes
    ----------
    lesion_id : int
    offset_mm : ndarray or None
        (towards left, towards posterior) of its middle from the cord's axis; None without a cord.
    points_mm : ndarray
        Shape (n, 3), LPS, in the frame of the case: some of its voxels.
    is_counted : bool
        Whether it is an intramedullary metastasis by the reader's word.
    """

    lesion_id: int
    offset_mm: FloatArray | None
    points_mm: FloatArray
    is_counted: bool


def places_of(measured: Iterable[MeasuredLesion], lesions: Iterable[Lesion], frame: Frame) -> tuple[Place, ...]:
    """Return where each drawn lesion lies: by its enhancing part where it has one, else by its T2 hyperintensity."""
    parts = {lesion.id: lesion.parts[0] for lesion in lesions if lesion.parts}
    return tuple(
        Place(
            lesion_id=one.id,
            offset_mm=_offset(parts[one.id], frame) if frame.has_cord else None,
            points_mm=_some(parts[one.id].points_mm),
            is_counted=one.is_counted,
        )
        for one in measured
        if one.id in parts
    )


def shown_levels(case: Case, frame: Frame, parameters: FeatureParameters) -> Interval | None:
    """Return the vertebral coordinates between which lesions can be seen; None where there are no levels.

    On the enhanced series where there is one, else on T2; sagittal or isotropic.
    """
    enhanced = [s for s in enhanced_series(case) if shows_length(s, parameters)]
    t2 = [s for s in case.every_series if is_t2(s) and shows_length(s, parameters) and case.is_placed(s)]
    if frame.levels is None or not frame.has_cord:
        return None
    # one level further than the last disc is where levels end
    end_s = frame.levels.s_mm[-1] + frame.levels.mean_last_height_mm
    s_mm = np.arange(frame.levels.s_mm[0], end_s, parameters.coverage_step_mm)
    points = frame.axis.position_at(s_mm)
    shown = np.zeros(len(s_mm), dtype=bool)
    for series in enhanced or t2:
        shown |= case.geometry(series).contains(points)
    v = frame.levels.at(s_mm[shown])
    v = v[np.isfinite(v)]
    return (float(v.min()), float(v.max())) if len(v) else None


def _offset(part: Part, frame: Frame) -> FloatArray:
    """Return the middle's offset from the axis across the cord, so that a turned neck does not matter."""
    middle_s = float(part.s_mm.mean())
    _, left, back = frame.axis.frame_at(middle_s)
    offset = (part.points_mm - frame.axis.position_at(part.s_mm)).mean(axis=0)
    return np.array([offset @ left, offset @ back])


def _some(points_mm: FloatArray) -> FloatArray:
    chosen = np.linspace(0, len(points_mm) - 1, min(len(points_mm), _MOST_POINTS)).round().astype(int)
    some: FloatArray = points_mm[chosen]
    return some
