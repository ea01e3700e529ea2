"""Several volumes in one multi-frame file: stacks, time points, echoes, parts of the signal.

A file is parted only where its slices are no single volume and its functional groups say which frame is whose, so that
each part holds every place once. Otherwise it stays whole, and is refused by name.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mri.headers import ImageHeader
from mri.parameters import MriParameters
from mri.tags import Frame

_TIME = "TemporalPositionIndex"
_TRAITS = ("StackID", _TIME, "EchoTime", "ImageType", "DiffusionBValue")
"""What tells the frames of one volume from those of another."""
_DIRECTION = "direction"
_FEWEST_TO_PART = 2
Groups = dict[str, list[int]]


def volumes_of(header: ImageHeader, parameters: MriParameters) -> tuple[ImageHeader, ...]:
    """Return a header for each volume of a file; the header itself where there is one, or nothing tells them apart."""
    frames = header.frames
    if len(frames) < _FEWEST_TO_PART or not all(_is_placed(frame) for frame in frames):
        return (header,)
    if _is_volume(frames, parameters):
        return (header,)
    for groups in _ways(frames, parameters):
        parts = [[frames[k] for k in members] for members in groups.values()]
        if len(parts) > 1 and all(_holds_places_once(part, parameters) for part in parts):
            times = len({_trait(frame, _TIME) for frame in frames}) if any(_TIME in label for label in groups) else 1
            return tuple(_view(header, label, members, times) for label, members in groups.items())
    return (header,)


def _ways(frames: Sequence[Frame], parameters: MriParameters) -> list[Groups]:
    """Return the ways to sort frames, best first: by all that varies, then by one thing alone."""
    traits = [_traits(frame, parameters) for frame in frames]
    varying = [name for name in (_DIRECTION, *_TRAITS) if len({trait[name] for trait in traits}) > 1]
    return [_sorted(traits, names) for names in (varying, *([name] for name in varying)) if names]


def _sorted(traits: Sequence[dict[str, str]], names: Sequence[str]) -> Groups:
    groups: Groups = {}
    for number, trait in enumerate(traits):
        groups.setdefault(",".join(f"{name}={trait[name]}" for name in names), []).append(number)
    return groups


def _traits(frame: Frame, parameters: MriParameters) -> dict[str, str]:
    steps = np.rint(np.array(frame.orientation) / parameters.orientation_tolerance)
    return {name: _trait(frame, name) for name in _TRAITS} | {_DIRECTION: ",".join(f"{step:.0f}" for step in steps)}


def _trait(frame: Frame, name: str) -> str:
    return str(dict(frame.values).get(name, ""))


def _is_placed(frame: Frame) -> bool:
    return frame.is_complete and bool(np.isfinite([*frame.position_mm, *frame.orientation]).all())


def _is_volume(frames: Sequence[Frame], parameters: MriParameters) -> bool:
    """Return whether all frames lie in one direction, at one distance from each other."""
    depths = _depths(frames)
    steps = np.diff(depths)
    turned = max(float(np.abs(np.subtract(f.orientation, frames[0].orientation)).max()) for f in frames)
    even = float(steps.max() - steps.min()) <= parameters.gate_residual_mm
    return turned <= parameters.orientation_tolerance and float(steps.min()) >= parameters.duplicate_slice_mm and even


def _holds_places_once(frames: Sequence[Frame], parameters: MriParameters) -> bool:
    if len(frames) < parameters.fewest_slices:
        return False
    return bool(np.diff(_depths(frames)).min() >= parameters.duplicate_slice_mm)


def _depths(frames: Sequence[Frame]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    direction = np.array(frames[0].orientation)
    normal = np.cross(direction[:3], direction[3:])
    return np.sort(np.array([frame.position_mm for frame in frames]) @ normal)


def _view(header: ImageHeader, label: str, members: Sequence[int], times: int) -> ImageHeader:
    """Return the header of one volume: the values of its own first frame, numbered by it."""
    return replace(
        header,
        frames=tuple(header.frames[k] for k in members),
        tags={**header.tags, **dict(header.frames[members[0]].values), "InstanceNumber": members[0] + 1.0},
        chosen=tuple(members),
        part=label,
        time_points=times,
    )
