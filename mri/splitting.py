"""Several volumes under one series UID: time points at one place, and blocks of slices far apart.

A series is parted only where its header says so: by a tag that tells its time points from each other, or by instance
numbers that run on over the gap. Otherwise it stays one stack, and is refused by name.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mri.geometry import FloatArray
from mri.headers import ImageHeader
from mri.parameters import MriParameters

_TIME_TAGS = ("TemporalPositionIdentifier", "AcquisitionNumber", "DiffusionBValue", "EchoNumbers")
"""What tells repeats of one place from each other, best first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Files of a series that make one volume.

    Attributes
    ----------
    headers : tuple of ImageHeader
    label : str
        What tells it from the other parts; empty for a series that is one.
    time_points : int
        Number of volumes at its place.
    """

    headers: tuple[ImageHeader, ...]
    label: str = ""
    time_points: int = 1


def split(headers: Sequence[ImageHeader], parameters: MriParameters) -> tuple[Part, ...]:
    """Part the files of one direction and echo into volumes; one part if there is nothing to part."""
    whole = (Part(headers=tuple(headers)),)
    if not all(len(header.frames) == 1 and header.frames[0].is_complete for header in headers):
        return whole
    times = _time_points(headers, parameters)
    if times:
        return tuple(_part(times, label, members) for label, members in times.items())
    return _blocks(headers, parameters) or whole


def _part(times: dict[str, list[ImageHeader]], label: str, members: list[ImageHeader]) -> Part:
    return Part(headers=tuple(members), label=label, time_points=len(times))


def _time_points(headers: Sequence[ImageHeader], parameters: MriParameters) -> dict[str, list[ImageHeader]]:
    places = [_place(header, parameters) for header in headers]
    if len(set(places)) == len(places):
        return {}
    for keyword in _TIME_TAGS:
        groups: dict[str, list[ImageHeader]] = {}
        found: dict[str, list[tuple[int, ...]]] = {}
        for header, place in zip(headers, places, strict=True):
            label = f"{keyword}={header.text(keyword)}"
            groups.setdefault(label, []).append(header)
            found.setdefault(label, []).append(place)
        # each time point must hold every place once
        if len(groups) > 1 and all(sorted(own) == sorted(set(places)) for own in found.values()):
            return groups
    return {}


def _place(header: ImageHeader, parameters: MriParameters) -> tuple[int, ...]:
    return tuple(round(value / parameters.gate_residual_mm) for value in header.frames[0].position_mm)


def _blocks(headers: Sequence[ImageHeader], parameters: MriParameters) -> tuple[Part, ...]:
    """Part a series whose instance numbers run on over a jump in place; empty if there is no such jump."""
    numbers = [header.number("InstanceNumber") for header in headers]
    known = [number for number in numbers if number is not None]
    if len(known) < len(headers) or len(set(known)) < len(known) or max(known) - min(known) != len(known) - 1:
        return ()
    ordered = sorted(headers, key=lambda header: header.number("InstanceNumber") or 0.0)
    positions = np.array([header.frames[0].position_mm for header in ordered])
    if len(ordered) < 2 * parameters.fewest_slices or not np.isfinite(positions).all():
        return ()
    cuts = _cuts(positions, parameters)
    parts = [tuple(ordered[start:end]) for start, end in zip((0, *cuts), (*cuts, len(ordered)), strict=True)]
    if len(parts) == 1 or min(len(part) for part in parts) < parameters.fewest_slices:
        return ()
    return tuple(Part(headers=part, label=f"block {number}") for number, part in enumerate(parts, start=1))


def _cuts(positions: FloatArray, parameters: MriParameters) -> list[int]:
    """Return where slices jump: many times the usual step, and farther than slices that were lost would leave."""
    steps_mm = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    usual_mm = float(np.median(steps_mm))
    jumps = steps_mm > max(parameters.block_steps * usual_mm, parameters.block_gap_mm)
    return [int(k) + 1 for k in np.flatnonzero(jumps)]
