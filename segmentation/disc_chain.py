"""The most likely discs along a cord: dynamic programming over names and places."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray
from segmentation.cord_profile import CordProfile
from segmentation.parameters import DiscParameters
from segmentation.spine_table import SpineTable

_FIRST = 3
"""Value of the C2-C3 disc: above it no disc is seen."""
_NEVER = -1e9
_SCALE_SD = 0.15
"""People's spines differ by this much in size."""
_CONTRADICTION = 8.0
"""Cost of a naming without the upper cervical spine where the brainstem is in view."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What is known along the axis.

    Attributes
    ----------
    signal, s_mm : ndarray
        Shape (n,): likeness of a disc (NaN out of view) at equally spaced arc lengths.
    profile : CordProfile or None
    anchors : mapping of int to float
        Arc length of discs that a person named, by value.
    table : SpineTable
    """

    signal: FloatArray
    s_mm: FloatArray
    profile: CordProfile | None
    anchors: Mapping[int, float]
    table: SpineTable

    @property
    def view_mm(self) -> tuple[float, float]:
        """First and last arc length at which the spine is seen."""
        seen = self.s_mm[np.isfinite(self.signal)]
        return float(seen[0]), float(seen[-1])

    @property
    def last(self) -> int:
        """Value of the lowest disc there can be."""
        return len(self.table.height_mm) + 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chain:
    """Discs in a row.

    Attributes
    ----------
    first : int
        Value of the first.
    s_mm : ndarray
        Shape (n,): arc length of each.
    scale, log_offset : float
        Size of this spine relative to the table, and logarithm of the factor by which diameters read wrong.
    score : float
    """

    first: int
    s_mm: FloatArray
    scale: float
    log_offset: float
    score: float


def best_chain(evidence: Evidence, scale: float, log_offset: float, options: DiscParameters) -> Chain | None:
    """Return the best chain at one size of the spine; None where none is possible."""
    values = range(_FIRST, evidence.last + 1)
    total: dict[int, FloatArray] = {}
    came: dict[int, NDArray[np.intp]] = {}
    for value in values:
        gain = _gain(evidence, value, scale, log_offset, options)
        reached = _start(evidence, value, scale, options)
        came[value] = np.full(len(gain), -1, dtype=np.intp)
        if value > _FIRST:
            reached, came[value] = _continued(evidence, total[value - 1], reached, value, scale, options)
        total[value] = reached + gain
    ends = {value: total[value] + _end(evidence, value, scale, options) for value in values}
    last = max(values, key=lambda value: float(ends[value].max()))
    score = float(ends[last].max())
    if score < _NEVER / 2:
        return None
    path = [int(ends[last].argmax())]
    value = last
    while came[value][path[-1]] >= 0:
        path.append(int(came[value][path[-1]]))
        value -= 1
    prior = 0.5 * ((scale - 1) / _SCALE_SD) ** 2
    return Chain(first=value, s_mm=evidence.s_mm[path[::-1]], scale=scale, log_offset=log_offset, score=score - prior)


def chain_score(evidence: Evidence, chain: Chain, options: DiscParameters) -> float:
    """Return the score of given discs under given names, size and offset; very low where the names are impossible."""
    values = list(range(chain.first, chain.first + len(chain.s_mm)))
    if values[0] < _FIRST or values[-1] > evidence.last:
        return _NEVER
    at = np.clip(np.rint((chain.s_mm - evidence.s_mm[0]) / _step(evidence)).astype(int), 0, len(evidence.s_mm) - 1)
    score = _start(evidence, values[0], chain.scale, options)[at[0]]
    score += _end(evidence, values[-1], chain.scale, options)[at[-1]]
    for value, k in zip(values, at, strict=True):
        score += _gain(evidence, value, chain.scale, chain.log_offset, options)[k]
    for value, distance in zip(values[1:], np.diff(chain.s_mm), strict=True):
        score -= _spacing_cost(distance, chain.scale * evidence.table.height_mm[value - 2], options)
    return float(score - 0.5 * ((chain.scale - 1) / _SCALE_SD) ** 2)


def _step(evidence: Evidence) -> float:
    return float(evidence.s_mm[1] - evidence.s_mm[0])


def _spacing_cost(distance_mm: float, expected_mm: float, options: DiscParameters) -> float:
    return ((distance_mm - expected_mm) / (options.spacing_sd * expected_mm)) ** 2


def _gain(evidence: Evidence, value: int, scale: float, log_offset: float, options: DiscParameters) -> FloatArray:
    """Return what a disc of this value gains at each place."""
    gain = np.where(np.isfinite(evidence.signal), np.nan_to_num(evidence.signal), _NEVER)
    if value in evidence.anchors:
        away = np.abs(evidence.s_mm - evidence.anchors[value])
        # a named disc is there whatever the image shows
        return np.where(away <= options.known_reach_mm, np.nan_to_num(evidence.signal) - 0.1 * away, _NEVER)
    if evidence.profile is not None and not evidence.anchors:
        gain = gain - _diameter_cost(evidence, value, log_offset, options) - _tip_cost(evidence, value, scale)
    return gain


def _diameter_cost(evidence: Evidence, value: int, log_offset: float, options: DiscParameters) -> FloatArray:
    profile, diameters = evidence.profile, evidence.table.cord_ap_mm
    expected = [d for d in diameters[value - 2 : value] if d > 0]
    if profile is None:
        return np.zeros(len(evidence.s_mm))
    if not expected:
        # a cord where there should be none
        return np.where(evidence.s_mm <= profile.s_mm[-1], options.diameter_weight * options.diameter_cap, 0.0)
    measured = np.interp(evidence.s_mm, profile.s_mm, profile.ap_mm)
    off = np.log(np.maximum(measured, 1.0)) - np.log(np.mean(expected)) - log_offset
    cost = options.diameter_weight * np.minimum((off / options.diameter_sd) ** 2, options.diameter_cap)
    return np.where(evidence.s_mm <= profile.s_mm[-1], cost, 0.0)


def _tip_cost(evidence: Evidence, value: int, scale: float) -> FloatArray:
    """Return the cost of a disc next to the usual tip of the cord that lies too far from the seen one."""
    profile, table = evidence.profile, evidence.table
    if profile is None or profile.tip_mm is None or value != round(table.conus_tip_v):
        return np.zeros(len(evidence.s_mm))
    height = scale * table.height_mm[value - 2]
    expected = profile.tip_mm + (value - table.conus_tip_v) * height
    cost: FloatArray = 0.5 * ((evidence.s_mm - expected) / (table.conus_sd_levels * height)) ** 2
    return cost


def _start(evidence: Evidence, value: int, scale: float, options: DiscParameters) -> FloatArray:
    """Return the gain of beginning a chain with this disc: nothing above it may have been missed."""
    s_mm, profile = evidence.s_mm, evidence.profile
    if value > min(evidence.anchors, default=value):
        return np.full(len(s_mm), _NEVER)
    widening = profile.widening_mm if profile is not None and not evidence.anchors else None
    if value == _FIRST:
        if widening is None:
            return np.zeros(len(s_mm))
        expected = widening + scale * sum(evidence.table.height_mm[:2])
        cost = 0.5 * ((s_mm - expected) / options.widening_sd_mm) ** 2
        return -np.minimum(cost, _CONTRADICTION)
    start = -_missed_cost(s_mm - evidence.view_mm[0], scale * evidence.table.height_mm[value - 2], options)
    return start if widening is None else start - _CONTRADICTION


def _end(evidence: Evidence, value: int, scale: float, options: DiscParameters) -> FloatArray:
    """Return 0 where the next disc would be out of view, else never."""
    if value < max(evidence.anchors, default=value):
        return np.full(len(evidence.s_mm), _NEVER)
    if value > len(evidence.table.height_mm):
        return np.zeros(len(evidence.s_mm))
    return -_missed_cost(evidence.view_mm[1] - evidence.s_mm, scale * evidence.table.height_mm[value - 1], options)


def _missed_cost(gap_mm: FloatArray, height_mm: float, options: DiscParameters) -> FloatArray:
    """Return the cost of no disc in a gap at the border of the view: none up to a level's height."""
    excess = np.maximum(gap_mm / height_mm - 1.0, 0.0)
    return np.where(gap_mm <= options.longest * height_mm, (excess / options.spacing_sd) ** 2, -_NEVER)


def _continued(
    evidence: Evidence,
    above: FloatArray,
    start: FloatArray,
    value: int,
    scale: float,
    options: DiscParameters,
) -> tuple[FloatArray, NDArray[np.intp]]:
    """Return the best of starting here and coming from the disc above, and the place it came from (-1 = start)."""
    step, count = _step(evidence), len(above)
    expected = scale * evidence.table.height_mm[value - 2]
    best, came = start.copy(), np.full(count, -1, dtype=np.intp)
    for k in range(max(1, int(options.shortest * expected / step)), int(options.longest * expected / step) + 1):
        if k >= count:
            break
        reached = above[: count - k] - _spacing_cost(k * step, expected, options)
        better = reached > best[k:]
        best[k:][better] = reached[better]
        came[k:][better] = np.flatnonzero(better)
    return best, came
