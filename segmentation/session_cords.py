"""The cord in every series of one frame of reference, as one spine: one axis, one upper and one lower end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mri.problems import Problem, RefusedError
from mri.resample import resample_labels
from mri.study import Series, Weighting
from mri.volume import LabelMap, Volume
from segmentation.centreline import Centreline, fit_centreline
from segmentation.cord import CordProposal, propose_cord
from segmentation.cord_profile import CordProfile, cord_profile
from segmentation.parameters import SegmentationParameters

FROM_T1 = "cord_from_t1_where_t2_hides_it"
_BEYOND_TIP_MM = 3.0
"""How far below the seen tip sections are kept: the tip itself is thinner than a voxel."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenCord:
    """A series with its image and the cord found in it."""

    series: Series
    volume: Volume
    cord: CordProposal


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SpineView:
    """What one frame of reference shows of the cord."""

    cords: tuple[SeenCord, ...]
    centreline: Centreline
    profile: CordProfile

    def of(self, weighting: Weighting) -> tuple[SeenCord, ...]:
        """Return the series of one weighting."""
        return tuple(seen for seen in self.cords if seen.series.weighting is weighting)


def view_spine(
    series: Sequence[Series], read: Callable[[Series], Volume], parameters: SegmentationParameters
) -> tuple[SpineView | None, list[Problem]]:
    """Find the cord in each series and join what they show; None where no series shows one."""
    problems: list[Problem] = []
    seen: list[SeenCord] = []
    for one in series:
        try:
            volume = read(one)
            cord = propose_cord(volume, one.weighting, name=one.name, parameters=parameters.cord)
            seen.append(SeenCord(series=one, volume=volume, cord=cord))
        except RefusedError as refused:
            problems += refused.problems
    if not seen:
        return None, problems
    axis = fit_centreline([one.cord.labels for one in seen], parameters.centreline)
    profile = cord_profile([one.cord for one in _for_ends(seen)], axis, parameters.discs)
    low = profile.widening_mm if profile.widening_mm is not None else -np.inf
    high = profile.tip_mm + _BEYOND_TIP_MM if profile.tip_mm is not None else np.inf
    kept = [_clipped(one, axis, low, high) for one in seen]
    whole = [_completed(one, kept) for one in kept if one.cord.labels.array.any()]
    if not whole:
        return None, problems
    axis = fit_centreline([one.cord.labels for one in whole], parameters.centreline)
    profile = cord_profile([one.cord for one in _for_ends(whole)], axis, parameters.discs)
    if np.isfinite(low):
        profile = replace(profile, widening_mm=0.0)
    return SpineView(cords=tuple(whole), centreline=axis, profile=profile), problems


def _for_ends(seen: Sequence[SeenCord]) -> list[SeenCord]:
    """Return the series that show the cord's ends best: bright CSF leaves off where the cord does."""
    bright = [one for one in seen if one.series.weighting is not Weighting.T1]
    return bright or list(seen)


def _clipped(seen: SeenCord, axis: Centreline, low_mm: float, high_mm: float) -> SeenCord:
    """Return the cord between two arc lengths."""
    cord = seen.cord
    labels = cord.labels
    index = labels.indices()
    s = axis.project(labels.geometry.to_world(index)).s_mm
    outside = index[(s < low_mm) | (s > high_mm)]
    array = labels.array.copy()
    array[tuple(outside.T)] = 0
    along = axis.project(cord.centre_mm).s_mm
    return replace(
        seen,
        cord=cord.between((along >= low_mm) & (along <= high_mm), LabelMap(array=array, geometry=labels.geometry)),
    )


def _completed(seen: SeenCord, every: Sequence[SeenCord]) -> SeenCord:
    """Take a T2 cord from T1 on the sections where a lesion as bright as CSF hides it."""
    hidden = seen.cord.hidden
    if seen.series.weighting is Weighting.T1 or not hidden.any():
        return seen
    labels, geometry = seen.cord.labels, seen.cord.labels.geometry
    from_t1 = np.zeros(geometry.shape, dtype=np.uint8)
    for other in every:
        if other.series.weighting is Weighting.T1:
            np.maximum(from_t1, resample_labels(other.cord.labels, geometry).array, out=from_t1)
    axis, rows = seen.cord.sections(hidden)
    array = labels.array.copy()
    for row in rows:
        section = [slice(None)] * 3
        section[axis] = slice(row, row + 1)
        if from_t1[tuple(section)].any():
            array[tuple(section)] = from_t1[tuple(section)]
    cord = replace(
        seen.cord,
        labels=LabelMap(array=array, geometry=geometry),
        flags=tuple(sorted({*seen.cord.flags, FROM_T1})),
    )
    return replace(seen, cord=cord)
