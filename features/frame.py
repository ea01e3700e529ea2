"""The frame a case is measured in: the cord's axis and the vertebral levels along it (DEFINITIONS 0)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from features.case import Case
from features.disc_checks import disc_warnings
from features.drawn_cord import DrawnCord, cord_masks, drawn_cords
from features.extent import Segments, Span, segments
from features.parameters import FeatureParameters
from features.views import shows_length
from mri.problems import Problem, RefusedError, error
from mri.volume import LabelMap
from segmentation.annotation import Mask
from segmentation.centreline import Centreline, fit_centreline, level_scale
from segmentation.findings import UNREAD
from segmentation.levels import STANDARD, LevelScale

_TALLER_THAN_ANY_PATIENT_MM = 3000.0
"""Half length of the vertical line that stands in for the cord's axis, so that no point lies beyond it."""
FORAMEN_MAGNUM_V = 1.0
NO_CORD, FAR_FROM_CORD, OUTSIDE_LEVELS = "no_cord", "far_from_cord", "outside_levels"
"""Why a lesion has no length, or no segments, where a cord or levels may well be there."""
_SHIFTING_VARIANTS = frozenset({"t13", "l6"})
"""Variants of the spine with which the integers below mean other vertebrae."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frame:
    """The cord's axis and levels of a case.

    Attributes
    ----------
    axis : Centreline
        Axis of the cord; without a cord a vertical line, good for order and sections but not for length.
    has_cord : bool
    levels : LevelScale or None
    cords : tuple of DrawnCord
        What the axis was drawn through and every other cord mask; none without a cord.
    flags : tuple of str
    problems : tuple of Problem
    cord_reason : str
        Why nothing is measured along the cord, where ``has_cord`` is false.
    """

    axis: Centreline
    has_cord: bool
    levels: LevelScale | None
    cords: tuple[DrawnCord, ...] = ()
    flags: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    cord_reason: str = NO_CORD

    @property
    def level_reason(self) -> str | None:
        """Why vertebral levels are missing; None where they are not."""
        if not self.has_cord:
            return self.cord_reason
        return "no_levels" if self.levels is None else None

    def v_at(self, s_mm: float) -> float | None:
        """Return the vertebral coordinate at an arc length; None outside the marked levels."""
        if self.levels is None or not self.has_cord:
            return None
        v = float(self.levels.at(s_mm))
        return None if math.isnan(v) else v

    def in_medulla(self, span: Span) -> bool:
        """Return whether a span reaches above the marked foramen magnum."""
        return self._foramen_magnum_s is not None and span.low_mm < self._foramen_magnum_s

    @property
    def _foramen_magnum_s(self) -> float | None:
        if self.levels is None or self.levels.v[0] != FORAMEN_MAGNUM_V:
            return None
        return self.levels.s_mm[0]

    def segments(self, span: Span, parameters: FeatureParameters) -> Segments | None:
        """Return a span in vertebral levels, counted to the foramen magnum where it reaches above; None outside."""
        top = FORAMEN_MAGNUM_V if self.in_medulla(span) else self.v_at(span.low_mm)
        bottom = self.v_at(span.high_mm)
        if self.levels is None or top is None or bottom is None or bottom <= top:
            return None
        return segments(top, bottom, self.levels.scheme, parameters)

    def level_flags(self, span: Span) -> set[str]:
        """Return what limits the levels of a span."""
        if self.levels is None or not self.has_cord:
            return set()
        ends = (span.low_mm, span.high_mm)
        flags = {"levels_extrapolated"} if any(self.levels.is_extrapolated(s) for s in ends) else set()
        if self.v_at(span.high_mm) is None or (self.v_at(span.low_mm) is None and not self.in_medulla(span)):
            flags.add(OUTSIDE_LEVELS)
        return flags


def build_frame(case: Case, parameters: FeatureParameters) -> Frame:
    """Return the frame of a case; what is missing or refused is a flag and a problem, never an exception."""
    problems: list[Problem] = []
    drawn = cord_masks(case)
    axis = _cord_axis(case, drawn, parameters, problems)
    levels = None if axis is None else _levels(case, axis, problems)
    doubts = () if axis is None or levels is None else disc_warnings(axis, case.discs, levels, parameters)
    flags = {*(() if levels is None else levels.flags), *(doubt.code for doubt in doubts)}
    if axis is None:
        flags.add(NO_CORD)
    if levels is None:
        flags.add("no_levels")
    return Frame(
        axis=_vertical_line() if axis is None else axis,
        has_cord=axis is not None,
        levels=levels,
        cords=() if axis is None else drawn_cords(case, drawn, axis),
        flags=tuple(sorted(flags)),
        problems=(*problems, *doubts),
    )


def _cord_axis(
    case: Case, cords: Sequence[Mask], parameters: FeatureParameters, problems: list[Problem]
) -> Centreline | None:
    long = [mask for mask in cords if shows_length(mask.series, parameters)]
    try:
        return fit_centreline([_moved(case, mask) for mask in long or cords]) if cords else None
    except RefusedError as refused:
        problems.extend(refused.problems)
        return None


def _moved(case: Case, mask: Mask) -> LabelMap:
    return LabelMap(array=mask.labels.array, geometry=case.mask_geometry(mask))


def _levels(case: Case, axis: Centreline, problems: list[Problem]) -> LevelScale | None:
    try:
        if case.discs is not None:
            return level_scale(axis, case.discs)
        return None if case.level_mask is None else _mask_levels(case, axis, case.level_mask)
    except RefusedError as refused:
        problems.extend(refused.problems)
        return None


def _mask_levels(case: Case, axis: Centreline, level_mask: LabelMap) -> LevelScale:
    read = UNREAD if case.findings is None else case.findings.of_patient("level_variant")
    shifting = sorted(_SHIFTING_VARIANTS & set(read.value if isinstance(read.value, tuple) else ()))
    if shifting:
        mend = f"integers are ambiguous with {' and '.join(shifting).upper()}; give discs.json with its scheme"
        raise RefusedError(error("discs_integer_variant", "level mask", mend))
    return level_mask_scale(axis, level_mask)


def level_mask_scale(axis: Centreline, level_mask: LabelMap) -> LevelScale:
    """Return the level scale of a mask with one integer per vertebra: boundaries midway between neighbours.

    Raises
    ------
    RefusedError
        If fewer than three vertebrae are there, or one is missing between others.
    """
    index = level_mask.indices()
    numbers = level_mask.array[tuple(index.T)]
    s_mm = axis.project(level_mask.geometry.to_world(index)).s_mm if len(index) else np.empty(0)
    spans = [(int(k), s_mm[numbers == k].min(), s_mm[numbers == k].max()) for k in np.unique(numbers)]
    lacking = [STANDARD.vertebra_at(k) for one, next_ in pairwise(spans) for k in range(one[0] + 1, next_[0])]
    if lacking:
        mend = f"the level mask has no vertebra {' and no '.join(lacking)}; draw it, or mark the discs in discs.json"
        raise RefusedError(error("disc_missing", "level mask", mend))
    borders = [((upper[2] + lower[1]) / 2, float(lower[0])) for upper, lower in pairwise(spans)]
    return LevelScale(s_mm=tuple(float(s) for s, _ in borders), v=tuple(v for _, v in borders), scheme=STANDARD)


def _vertical_line() -> Centreline:
    z = np.array([_TALLER_THAN_ANY_PATIENT_MM, 0.0, -_TALLER_THAN_ANY_PATIENT_MM])
    points = np.stack([np.zeros(3), np.zeros(3), z], axis=1)
    return Centreline(points_mm=points, s_mm=z[0] - z, tangents=np.tile([0.0, 0.0, -1.0], (3, 1)))
