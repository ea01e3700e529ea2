"""Marks that the server makes from clicks: lesions, the cord, discs; each an answer to look at, nothing is saved."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import Vector
from mri.problems import RefusedError
from mri.study import Series, Weighting
from mri.volume import LabelMap
from reader.cases import OpenCase
from reader.encoding import packed
from reader.failures import RequestError, refuse, unusable
from reader.memory import stamp
from reader.room import Room
from reader.spine import Spine, cord_on, spine_of
from segmentation.centreline import Centreline
from segmentation.contrast import Contrast, signal_contrast
from segmentation.cord import propose_cord
from segmentation.cord_profile import cord_profile
from segmentation.discs import DiscProposal, propose_discs
from segmentation.grow import grow
from segmentation.levels import LevelScheme
from segmentation.regions import Region

LOW_CONTRAST = "low_contrast"
CORD_FOUND_AGAIN = "cord_found_again"
"""The click lay beside the proposed cord, which was found again through it; the cord that is drawn stays as it was."""
_CLEAR_Z = 3.0
"""Below this many spreads over normal cord a region is not to be relied on (`segmentation.grow`)."""
_BESIDE_MM = 6.0
"""Half a cord: a T2 lesion as bright as CSF may be left out by that much, what lies farther off is no cord."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    """What a reader clicked, LPS mm.

    Attributes
    ----------
    inside : sequence of Vector
        At least one.
    outside : sequence of Vector
    inside_cord : bool
        Whether the lesion ends at the cord's surface; else it may reach a little beyond (exophytic).
    limits_mm : tuple of float, optional
        Arc lengths between which it lies.
    """

    inside: Sequence[Vector]
    outside: Sequence[Vector] = ()
    inside_cord: bool = True
    limits_mm: tuple[float, float] | None = None


def grown(
    room: Room, case: OpenCase, series: Series, clicks: Clicks, label: int, *, preview: bool
) -> Mapping[str, object]:
    """Return the region that a click stands for.

    Raises
    ------
    RequestError
        422 if a click is outside the cord, or there is no cord.
    """
    began = time.perf_counter()
    try:
        spine = spine_of(room, case, series.frame_of_reference)
        again = _lies_beside(room, case, series, spine, clicks.inside)
        cord, contrast = (_found_again if again else _contrast)(room, case, series, spine, clicks)
        if spine.axis is None or contrast is None:
            raise _no_cord(series)
        found = grow(
            room.volume(series),
            cord,
            spine.axis,
            clicks.inside[0],
            more_mm=clicks.inside[1:],
            not_mm=clicks.outside,
            limits_mm=clicks.limits_mm,
            preview=preview,
            contrast=contrast,
            parameters=room.settings.segmentation.lesions,
        )
    except RefusedError as refused:
        raise unusable(refused) from refused
    score = round(found.contrast_z, 2)
    flags = [LOW_CONTRAST] * (score < _CLEAR_Z) + [CORD_FOUND_AGAIN] * again
    return mask_answer(found.labels.array * np.uint8(label), began, score=score, flags=flags)


def proposed_cord(room: Room, series: Series, clicks: Sequence[Vector]) -> Mapping[str, object]:
    """Return the cord in one series, led through clicks.

    Raises
    ------
    RequestError
        422 if none can be found.
    """
    began = time.perf_counter()
    try:
        options = room.settings.segmentation.cord
        found = propose_cord(room.volume(series), series.weighting, clicks_mm=clicks, parameters=options)
    except RefusedError as refused:
        raise unusable(refused) from refused
    return mask_answer(found.labels.array, began, score=round(float(found.score.mean()), 3), flags=found.flags)


def proposed_discs(
    room: Room, case: OpenCase, known: Mapping[str, Vector], scheme: LevelScheme
) -> Mapping[str, object]:
    """Return the discs of a session from those that a reader named.

    Raises
    ------
    RequestError
        422 if there is no cord or a name is no disc.
    """
    try:
        spine = spine_of(room, case)
        if spine.axis is None:
            raise _no_cord(case.study)
        found = _discs(room, case, spine, spine.axis, known, scheme)
    except RefusedError as refused:
        raise unusable(refused) from refused
    points = {} if found.discs is None else {name: point for _, name, point in found.discs.ordered()}
    # what a person named stays where it was put
    points |= {name.replace("/", "-"): point for name, point in known.items()}
    return {
        "points": points,
        "scores": dict(found.scores),
        "margin": found.margin,
        "flags": found.flags,
        "scheme": {"n_thoracic": scheme.n_thoracic, "n_lumbar": scheme.n_lumbar},
    }


def _discs(
    room: Room, case: OpenCase, spine: Spine, axis: Centreline, known: Mapping[str, Vector], scheme: LevelScheme
) -> DiscProposal:
    options = room.settings.segmentation
    usable = (Weighting.T1, Weighting.T2)
    seen = [
        series
        for series in case.loaded.series
        if series.frame_of_reference == spine.frame
        and series.weighting in usable
        and any(mask.series.name == series.name for mask in spine.cords)
    ]
    profile = None
    if not known:
        cords = [propose_cord(room.volume(one), one.weighting, parameters=options.cord) for one in seen[:1]]
        profile = cord_profile(cords, axis, options.discs) if cords else None
    volumes = [room.volume(one) for one in seen]
    return propose_discs(volumes, axis, known=known, profile=profile, scheme=scheme, parameters=options.discs)


def _lies_beside(room: Room, case: OpenCase, series: Series, spine: Spine, clicks: Sequence[Vector]) -> bool:
    """Return whether a click in a lesion lies a little beside a cord that nobody has drawn, where CSF is bright."""
    if series.weighting in (Weighting.T1, Weighting.UNKNOWN) or room.own(case).of_region(Region.CORD):
        return False
    cord, _ = cord_on(room, case, series, spine)
    index = np.rint(cord.geometry.to_index(clicks)).astype(int)
    if not ((index >= 0) & (index < cord.geometry.shape)).all():
        return False
    outside = [point for point, inside in zip(clicks, cord.array[tuple(index.T)], strict=True) if not inside]
    points = cord.points_mm()
    away = [float(np.linalg.norm(points - np.array(point), axis=1).min()) for point in outside]
    return bool(away) and max(away) <= _BESIDE_MM


def _found_again(
    room: Room, case: OpenCase, series: Series, spine: Spine, clicks: Clicks
) -> tuple[LabelMap, Contrast | None]:
    """Return the cord found again through the clicks, a click in a lesion being one in the cord, and its contrast."""
    _, version = cord_on(room, case, series, spine)
    axis = spine.axis
    path = room.folder.image(series)
    options = room.settings.segmentation

    def make() -> tuple[LabelMap, Contrast | None]:
        volume = room.volume(series)
        cord = propose_cord(volume, series.weighting, clicks_mm=clicks.inside, parameters=options.cord).labels
        around = cord if clicks.inside_cord else _widened(cord, options.lesions.exophytic_mm)
        return around, None if axis is None else signal_contrast(volume, around, axis, options.lesions)

    places = tuple(tuple(point) for point in clicks.inside)
    key = ("found again", path, stamp(path), version, spine.version, clicks.inside_cord, places)
    return room.memory.get(key, make, _size)


def _contrast(
    room: Room, case: OpenCase, series: Series, spine: Spine, clicks: Clicks
) -> tuple[LabelMap, Contrast | None]:
    """Return the cord on a series and the contrast inside it, kept in memory: they take most of a click's time."""
    cord, version = cord_on(room, case, series, spine)
    axis, wide = spine.axis, not clicks.inside_cord
    if axis is None:
        return cord, None
    path = room.folder.image(series)
    options = room.settings.segmentation.lesions

    def make() -> tuple[LabelMap, Contrast | None]:
        around = _widened(cord, options.exophytic_mm) if wide else cord
        return around, signal_contrast(room.volume(series), around, axis, options)

    key = ("contrast", path, stamp(path), version, spine.version, wide)
    return room.memory.get(key, make, _size)


def _size(made: tuple[LabelMap, Contrast | None]) -> int:
    cord, contrast = made
    if contrast is None:
        return cord.array.nbytes
    boxes = (contrast.excess, contrast.cord, contrast.core, contrast.s_mm)
    return cord.array.nbytes + sum(box.nbytes for box in boxes)


def _widened(cord: LabelMap, reach_mm: float) -> LabelMap:
    """Return the cord with what lies within a distance around it."""
    index = cord.indices()
    margin = np.ceil(reach_mm / np.array(cord.geometry.spacing_mm)).astype(int) + 1
    low = np.maximum(index.min(axis=0) - margin, 0)
    high = np.minimum(index.max(axis=0) + margin + 1, cord.geometry.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    away = ndimage.distance_transform_edt(cord.array[box] == 0, sampling=cord.geometry.spacing_mm)
    array = np.zeros(cord.geometry.shape, dtype=np.uint8)
    array[box] = np.asarray(away) <= reach_mm
    return LabelMap(array=array, geometry=cord.geometry)


def mask_answer(
    array: NDArray[np.integer], began: float, *, score: float | None, flags: Sequence[str]
) -> Mapping[str, object]:
    """Return labels as the page takes them, with their score and how long it took."""
    elapsed = round((time.perf_counter() - began) * 1000, 1)
    return {**packed(array), "score": score, "flags": list(flags), "elapsed_ms": elapsed}


def _no_cord(where: object) -> RequestError:
    message = "no cord is drawn or proposed here; draw the cord first"
    return refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "cord_missing", where, message)
