"""The cord's diameter along its axis, and where it widens and ends: what tells one level from another."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from mri.geometry import INFERIOR_SUPERIOR, FloatArray
from segmentation.centreline import Centreline
from segmentation.cord import CordProposal
from segmentation.parameters import DiscParameters

_STEP_MM = 1.0
_SMOOTHING_MM = 5.0
_LEVEL_SMOOTHING_MM = 12.0
"""For telling levels apart: the enlargements are longer, lesions and noise shorter."""
_ABOVE_MM = 8.0
_BELOW_MM = (8.0, 48.0)
_SEARCH_MM = 110.0
"""The foramen magnum is looked for this far below the top of the mask."""
_GOES_ON_MM = 15.0
"""The cord ends in view where its image goes on this far below."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CordProfile:
    """Anteroposterior diameter of a cord along its axis.

    Attributes
    ----------
    s_mm, ap_mm : ndarray
        Shape (n,): arc length and diameter.
    widening_mm : float or None
        Arc length at which the cord widens into the brainstem; None where it is not in view.
    tip_mm : float or None
        Arc length of the cord's lower end; None where the field of view cuts it.
    """

    s_mm: FloatArray
    ap_mm: FloatArray
    widening_mm: float | None
    tip_mm: float | None


def cord_profile(cords: Sequence[CordProposal], centreline: Centreline, options: DiscParameters) -> CordProfile:
    """Return the profile of a cord seen in one or more series."""
    s = np.concatenate([centreline.project(cord.centre_mm).s_mm for cord in cords])
    ap = np.concatenate([cord.ap_mm for cord in cords])
    grid = np.arange(0.0, centreline.length_mm, _STEP_MM)
    order = np.argsort(s)
    smooth = ndimage.gaussian_filter1d(np.interp(grid, s[order], ap[order]), _SMOOTHING_MM / _STEP_MM, mode="nearest")
    broad = ndimage.median_filter(smooth, round(2 * _LEVEL_SMOOTHING_MM / _STEP_MM) | 1, mode="nearest")
    broad = ndimage.gaussian_filter1d(broad, _LEVEL_SMOOTHING_MM / _STEP_MM, mode="nearest")
    return CordProfile(
        s_mm=grid, ap_mm=broad, widening_mm=_widening(grid, smooth, options), tip_mm=_tip(cords, centreline)
    )


def _widening(s_mm: FloatArray, ap_mm: FloatArray, options: DiscParameters) -> float | None:
    """Return the lowest place above which the cord is clearly thicker than below."""
    found = None
    for s in s_mm[(s_mm >= _ABOVE_MM) & (s_mm <= _SEARCH_MM)]:
        above = ap_mm[(s_mm >= s - _ABOVE_MM) & (s_mm < s)]
        below = ap_mm[(s_mm > s + _BELOW_MM[0]) & (s_mm <= s + _BELOW_MM[1])]
        if len(below) and above.min() > options.widening * np.median(below) and above[0] > above[-1]:
            found = float(s)
        elif found is not None:
            break
    return found


def _tip(cords: Sequence[CordProposal], centreline: Centreline) -> float | None:
    """Return the arc length of the lowest end, where the image that shows it goes on below."""
    lowest = min(cords, key=lambda cord: float(cord.centre_mm[-1, 2]))
    geometry = lowest.labels.geometry
    axis = geometry.axis_nearest(INFERIOR_SUPERIOR)
    middle = (np.array(geometry.shape) - 1) / 2
    ends = np.array([middle, middle])
    ends[0, axis], ends[1, axis] = 0, geometry.shape[axis] - 1
    bottom = float(geometry.to_world(ends)[:, 2].min())
    end = lowest.centre_mm[-1]
    return float(centreline.project([end]).s_mm[0]) if end[2] - bottom > _GOES_ON_MM else None
