"""The cord's axis and the vertebral levels along it, as the reader has them or, where nothing is drawn, as proposed."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

from mri.geometry import Vector
from mri.problems import Problem, RefusedError, error
from mri.resample import resample_labels
from mri.study import Series
from mri.volume import LabelMap
from reader.cases import OpenCase
from reader.memory import stamp
from reader.room import Room
from segmentation.annotation import AUTO, Mask
from segmentation.centreline import Centreline, fit_centreline, level_scale
from segmentation.levels import DiscPoints, LevelScale
from segmentation.regions import Region

_SMALL = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spine:
    """What is known of the cord of a session.

    Attributes
    ----------
    cords : tuple of Mask
        The reader's, else the proposed ones.
    axis : Centreline or None
    version : hashable
        Changes with the axis.
    discs : DiscPoints or None
    scale : LevelScale or None
        None where there is no axis or fewer than two discs.
    problems : tuple of Problem
        Why there is no axis or no scale.
    """

    cords: tuple[Mask, ...] = ()
    axis: Centreline | None = None
    version: Hashable = None
    discs: DiscPoints | None = None
    scale: LevelScale | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def frame(self) -> str:
        """Frame of reference of the axis."""
        return self.cords[0].series.frame_of_reference if self.cords else ""

    def level_at(self, point_mm: Vector) -> float | None:
        """Return the vertebral coordinate at a point, LPS mm in the frame of the axis."""
        if self.axis is None or self.scale is None:
            return None
        v = float(self.scale.at(self.axis.project([point_mm]).s_mm)[0])
        return v if np.isfinite(v) else None


def spine_of(room: Room, case: OpenCase, frame: str | None = None) -> Spine:
    """Return the cord and levels of a session: the reader's own, else the proposed ones.

    Parameters
    ----------
    frame : str, optional
        Frame of reference to look in; where none is given, or nothing is drawn there, the one with most cord drawn.
    """
    problems: list[Problem] = []
    own, auto = room.own(case), room.auto(case)
    cords = _of_frame(own.of_region(Region.CORD), frame) or _of_frame(auto.of_region(Region.CORD), frame)
    discs = own.discs or auto.discs
    try:
        axis, version = _axis(room, cords) if cords else (None, None)
    except RefusedError as refused:
        axis, version = None, None
        problems += refused.problems
    scale = None
    if axis is not None and discs is not None:
        try:
            scale = level_scale(axis, discs)
        except RefusedError as refused:
            problems += refused.problems
    return Spine(cords=cords, axis=axis, version=version, discs=discs, scale=scale, problems=tuple(problems))


def _of_frame(cords: Sequence[Mask], frame: str | None) -> tuple[Mask, ...]:
    drawn = [mask for mask in cords if mask.labels.array.any()]
    frames = [mask.series.frame_of_reference for mask in drawn]
    wanted = frame if frame in frames else max(frames, key=frames.count, default="")
    return tuple(mask for mask in drawn if mask.series.frame_of_reference == wanted)


def _axis(room: Room, cords: Sequence[Mask]) -> tuple[Centreline, Hashable]:
    paths = [room.folder.mask(mask.series, Region.CORD.value, mask.author) for mask in cords]
    key = ("axis", *((path, stamp(path)) for path in paths))
    options = room.settings.segmentation.centreline
    return room.memory.get(key, lambda: fit_centreline([m.labels for m in cords], options), lambda _: _SMALL), key


def cord_on(room: Room, case: OpenCase, series: Series, spine: Spine) -> tuple[LabelMap, Hashable]:
    """Return the cord on the grid of a series, drawn there or carried over, and a key that tells its version.

    Raises
    ------
    RefusedError
        If no cord is drawn in the frame of reference of the series.
    """
    for author in (room.reader, AUTO):
        mask = room.mask(series, Region.CORD, author)
        if mask is not None and mask.labels.array.any():
            path = room.folder.mask(series, Region.CORD.value, author)
            return mask.labels, (path, stamp(path))
    near = [mask for mask in spine.cords if mask.series.frame_of_reference == series.frame_of_reference]
    if not near:
        raise RefusedError(error("cord_missing", series.name, "no cord is drawn here; draw or propose the cord first"))
    paths = [room.folder.mask(mask.series, Region.CORD.value, mask.author) for mask in near]
    key = ("carried", series.name, *((path, stamp(path)) for path in paths))
    return room.memory.get(key, lambda: _carried(near, series), lambda labels: labels.array.nbytes), key


def _carried(cords: Sequence[Mask], series: Series) -> LabelMap:
    array = np.zeros(series.geometry.shape, dtype=np.uint8)
    for mask in cords:
        np.maximum(array, resample_labels(mask.labels, series.geometry).array.astype(np.uint8), out=array)
    return LabelMap(array=array, geometry=series.geometry)
