"""The axis of the spine beyond the cord's end: the dural sac, where bright CSF shows it. For counting discs only."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from mri.geometry import FloatArray
from segmentation.centreline import Centreline
from segmentation.cord import CordProposal

_LEAST_BEYOND_MM = 20.0
"""A shorter way beyond the cord's end shows no further disc."""
_SMOOTHING_MM = 8.0
_JOIN_MM = 25.0
"""The first part beyond the cord's tip is left out: there the path goes over from the cord to the sac's middle."""


def with_canal(axis: Centreline, cords: Sequence[CordProposal]) -> Centreline:
    """Return the cord's axis continued along the sac; the axis itself where nothing is seen below the cord.

    Parameters
    ----------
    axis : Centreline
        Of the cord; arc lengths on it stay as they are.
    cords : sequence of CordProposal
        Found on the series of one frame of reference; those with dark CSF have no path below the cord.
    """
    end, direction = axis.points_mm[-1], axis.tangents[-1]
    paths = [cord.path_mm for cord in cords if len(cord.path_mm)]
    if not paths:
        return axis
    lowest = min(paths, key=lambda path: float(path[:, 2].min()))
    below = lowest[(lowest - end) @ direction > _JOIN_MM]
    if len(below) < 2 or end[2] - below[:, 2].min() < _LEAST_BEYOND_MM:
        return axis
    added = _even(np.vstack([end, below]), float(axis.s_mm[1] - axis.s_mm[0]))[1:]
    points = np.vstack([axis.points_mm, added])
    step = np.linalg.norm(np.diff(added, axis=0, prepend=end[None]), axis=1)
    s_mm = np.concatenate([axis.s_mm, axis.length_mm + np.cumsum(step)])
    tangents = np.gradient(points, s_mm, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    return Centreline(points_mm=points, s_mm=s_mm, tangents=tangents)


def _even(points: FloatArray, step_mm: float) -> FloatArray:
    """Return a path smoothed and at equal steps, from its first point."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    at = np.arange(0.0, arc[-1], step_mm)
    even = np.stack([np.interp(at, arc, points[:, k]) for k in range(3)], axis=1)
    smooth = ndimage.gaussian_filter1d(even, _SMOOTHING_MM / step_mm, axis=0, mode="nearest")
    # the start stays: the weight of the smooth path rises with the distance from it
    share = np.clip(at / (2 * _SMOOTHING_MM), 0.0, 1.0)[:, None]
    joined: FloatArray = share * smooth + (1 - share) * even
    return joined
