"""How far something reaches, on any voxel grid and along the curved cord (DEFINITIONS 0, 3 and 4)."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from features.parameters import FeatureParameters
from mri.geometry import FloatArray, Geometry
from segmentation.levels import LevelScheme

_ROUNDING = 1e-4
"""Levels: differences below this are noise, not overlap: affines in files are of single precision (about 3e-5 mm)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """An interval along a direction or along the cord, with the resolution it was measured at.

    Attributes
    ----------
    low_mm, high_mm : float
        Outer faces of the outermost voxels.
    resolution_mm : float
        Width of one voxel in that direction, 2h(u).
    """

    low_mm: float
    high_mm: float
    resolution_mm: float

    @property
    def length_mm(self) -> float:
        """Length of the interval; that of one voxel where there is one voxel, never 0."""
        return self.high_mm - self.low_mm

    def gap_to(self, other: "Span") -> float:
        """Return the distance in mm between two intervals; negative where they overlap."""
        return max(self.low_mm, other.low_mm) - min(self.high_mm, other.high_mm)


def extent(points_mm: FloatArray, geometry: Geometry, direction: ArrayLike) -> Span:
    """Measure voxels along a straight direction: max(p·u + h) − min(p·u − h).

    Parameters
    ----------
    points_mm : ndarray
        Shape (n, 3), LPS voxel centres, n ≥ 1.
    geometry : Geometry
        Grid of the voxels.
    direction : array_like
        Shape (3,), unit vector in LPS.
    """
    unit = np.asarray(direction, dtype=float)
    along = points_mm @ unit
    half = float(geometry.half_width_mm(unit))
    return Span(low_mm=float(along.min()) - half, high_mm=float(along.max()) + half, resolution_mm=2 * half)


def extent_along(s_mm: FloatArray, half_mm: FloatArray) -> Span:
    """Measure voxels along the cord from their arc lengths and half widths h(t), both of shape (n,)."""
    first, last = int(np.argmin(s_mm - half_mm)), int(np.argmax(s_mm + half_mm))
    return Span(
        low_mm=float(s_mm[first] - half_mm[first]),
        high_mm=float(s_mm[last] + half_mm[last]),
        resolution_mm=2 * float(max(half_mm[first], half_mm[last])),
    )


def union(spans: Iterable[Span]) -> Span:
    """Return the interval from the lowest to the highest end of one or more, with the coarsest resolution."""
    every = list(spans)
    return Span(
        low_mm=min(span.low_mm for span in every),
        high_mm=max(span.high_mm for span in every),
        resolution_mm=max(span.resolution_mm for span in every),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """An extent in vertebral levels, counted four ways.

    Attributes
    ----------
    v_from, v_to : float
        Vertebral coordinates of the ends.
    frac : float
        Difference of the two.
    half : float
        The same to the nearest half level, ties up.
    count : int
        Levels overlapped by at least a set part, at least 1.
    touched : int
        Levels overlapped at all.
    levels : str
        First to last level of the count, e.g. ``"T2-T6"`` or ``"T4"``.
    """

    v_from: float
    v_to: float
    frac: float
    half: float
    count: int
    touched: int
    levels: str

    def reaches(self, least: int) -> bool:
        """Return whether the count is at least so many levels."""
        return self.count >= least

    def is_ambiguous(self, least: int) -> bool:
        """Return whether the four ways of counting disagree on at least so many levels."""
        answers = {number >= least - _ROUNDING for number in (self.frac, self.half, self.count, self.touched)}
        return len(answers) > 1


def segments(v_from: float, v_to: float, scheme: LevelScheme, parameters: FeatureParameters) -> Segments:
    """Count the vertebral levels between two vertebral coordinates, ``v_from <= v_to``; a point lies in one."""
    numbers = range(math.floor(v_from), max(math.ceil(v_to), math.floor(v_from) + 1))
    overlap = {k: min(v_to, k + 1) - max(v_from, k) for k in numbers}
    touched = [k for k in numbers if overlap[k] > _ROUNDING]
    counted = [k for k in touched if overlap[k] >= parameters.count_overlap_levels - _ROUNDING]
    counted = counted or [max(overlap, key=lambda k: overlap[k])]
    names = [scheme.vertebra_at(k) for k in (counted[0], counted[-1])]
    return Segments(
        v_from=v_from,
        v_to=v_to,
        frac=v_to - v_from,
        half=nearest_half(v_to - v_from),
        count=len(counted),
        touched=max(len(touched), 1),
        levels=names[0] if counted[0] == counted[-1] else "-".join(names),
    )


def nearest_half(levels: float) -> float:
    """Round to the nearest half, ties up."""
    return math.floor(2 * levels + 0.5 + _ROUNDING) / 2
