"""Regions of the cord that lesions involve, and how much of the cord the images show (DEFINITIONS 1 and 13)."""

import math
from collections.abc import Iterable, Sequence

import numpy as np

from features.extent import segments
from features.frame import FORAMEN_MAGNUM_V, Frame
from features.parameters import FeatureParameters
from mri.geometry import FloatArray, Geometry
from segmentation.levels import LevelScale

REGIONS = ("C", "T", "L", "conus")
_C7_T1_V = 8.0
_T12_L1_V = 20.0
_C2_C3_V = 3.0

Interval = tuple[float, float]
"""Vertebral coordinates of the upper and the lower end."""


def region_intervals(tip_v: float, parameters: FeatureParameters) -> dict[str, Interval]:
    """Return where each region begins and ends.

    By cord segment the lumbar cord is the levels above the conus; by vertebra it begins at T12-L1.
    """
    conus = tip_v - parameters.conus_levels
    lumbar = conus - parameters.lumbar_levels if parameters.region_scheme == "cord_segment" else min(_T12_L1_V, conus)
    return {
        "C": (-math.inf, _C7_T1_V),
        "T": (_C7_T1_V, lumbar),
        "L": (lumbar, conus),
        "conus": (conus, math.inf),
    }


def involved(extents: Iterable[Interval], tip_v: float, parameters: FeatureParameters) -> tuple[str, ...]:
    """Return the regions that extents involve: each where it overlaps enough of a level, at least one for each."""
    intervals = region_intervals(tip_v, parameters)
    found: set[str] = set()
    for extent in extents:
        overlap = {name: _overlap(extent, interval) for name, interval in intervals.items()}
        enough = {name for name, levels in overlap.items() if levels >= parameters.region_overlap_levels}
        found |= enough or {max(overlap, key=lambda name: overlap[name])}
    return tuple(name for name in REGIONS if name in found)


def conus_tip_v(frame: Frame, cord_ends_inside: bool, parameters: FeatureParameters) -> float | None:
    """Return where the cord mask ends, if that can be the tip: within the images and at a plausible level."""
    v = frame.v_at(frame.axis.length_mm) if frame.has_cord and cord_ends_inside else None
    low, high = parameters.conus_tip_range_v
    return v if v is not None and low <= v <= high else None


def coverage(frame: Frame, grids: Sequence[Geometry], tip_v: float, parameters: FeatureParameters) -> str | None:
    """Return ``whole_cord`` or ``partial``; None where there are no levels to say it by."""
    if frame.levels is None or not frame.has_cord:
        return None
    top, bottom = _cord_ends_s(frame, tip_v, parameters)
    if math.isnan(top) or math.isnan(bottom) or not grids:
        return "partial"
    s_mm = np.arange(top, bottom, parameters.coverage_step_mm)
    points = frame.axis.position_at(s_mm)
    shown = np.zeros(len(s_mm), dtype=bool)
    for grid in grids:
        shown |= grid.contains(points)
    return "whole_cord" if shown.all() else "partial"


def covered_levels(frame: Frame, grids: Sequence[Geometry], parameters: FeatureParameters) -> str | None:
    """Return the vertebrae that series show together, e.g. ``C2-T12``, or ``C3-C4;T8-T9`` of blocks with a gap.

    A gap is one of a quarter of a level or more, what a count of levels takes for one; None where there are no levels.
    """
    if frame.levels is None or not frame.has_cord or not grids:
        return None
    s_mm = np.arange(frame.levels.s_mm[0], frame.levels.s_mm[-1], parameters.coverage_step_mm)
    points = frame.axis.position_at(s_mm)
    shown = np.any([grid.contains(points) for grid in grids], axis=0)
    if not shown.any():
        return None
    at = np.flatnonzero(shown & np.isfinite(frame.levels.at(s_mm)))
    v = frame.levels.at(s_mm[at])
    gaps = (np.diff(at) > 1) & (np.diff(v) >= parameters.count_overlap_levels)
    blocks = [_widened(frame.levels, s_mm[block], parameters) for block in np.split(at, np.flatnonzero(gaps) + 1)]
    named = [segments(top, bottom, frame.levels.scheme, parameters).levels for top, bottom in blocks if bottom > top]
    return ";".join(named) or None


def _widened(levels: LevelScale, s_mm: FloatArray, parameters: FeatureParameters) -> Interval:
    """Return where points of a block reach, each standing for half a step on either side within the marked levels."""
    if not len(s_mm):
        return (0.0, 0.0)
    half = parameters.coverage_step_mm / 2
    ends = levels.at(np.clip([s_mm[0] - half, s_mm[-1] + half], levels.s_mm[0], levels.s_mm[-1]))
    # beside a place without a value, as between FM and C2-C3, the point itself is all there is
    top, bottom = np.where(np.isfinite(ends), ends, levels.at(s_mm[[0, -1]]))
    return (float(top), float(bottom))


def _overlap(extent: Interval, interval: Interval) -> float:
    return max(0.0, min(extent[1], interval[1]) - max(extent[0], interval[0]))


def _cord_ends_s(frame: Frame, tip_v: float, parameters: FeatureParameters) -> Interval:
    """Return the arc lengths of the cord's upper end and its tip; NaN where the marked levels do not tell."""
    levels = frame.levels
    assert levels is not None  # the caller has looked
    is_top_marked = levels.v[0] == FORAMEN_MAGNUM_V
    top = levels.s_mm[0] if is_top_marked else float(levels.s_at(_C2_C3_V)) - parameters.rostral_reach_mm
    tip = float(levels.s_at(tip_v))
    if math.isnan(tip) and levels.v[-1] < tip_v <= levels.v[-1] + 1:
        tip = levels.s_mm[-1] + (tip_v - levels.v[-1]) * levels.mean_last_height_mm
    return top, tip
