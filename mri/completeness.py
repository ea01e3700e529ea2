"""Whether a series came whole: what its header counts, its instance numbers, the files beside it, its neighbours.

A series that lost its last slice looks whole by its geometry. Where the header itself says how many images there were,
a series of fewer is refused; what merely speaks for a loss makes a warning and a flag that stays with the series.
"""

import re
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Self

import numpy as np

from mri.geometry import FloatArray, Geometry
from mri.headers import ImageHeader, RejectedFile
from mri.parameters import MriParameters

_DAMAGED = ("file_truncated", "file_empty")
_NEVER_A_SLICE = ("dicomdir", "not_an_image", "file_twice", "archive_unopened")
_IMAGE_SUFFIXES = (".dcm", ".ima", ".dicom", ".dic")
"""A file so called was meant to be an image, whatever it holds."""
_FEWEST = 3
"""Fewer images have no sequence of numbers that could lack one."""
_DIGITS = re.compile(r"(\d+)")
NameOf = Callable[[Path], str]
_Key = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacks:
    """What speaks against the wholeness of series, by SeriesInstanceUID.

    Attributes
    ----------
    lost : frozenset of str
        A file of the series was received and cannot be used.
    shared : frozenset of str
        The files name two patients, so nobody can tell whose the series is.
    counted : Mapping
        The header counts more images than came: how many of how many.
    suspected : Mapping
        Evidence that something may be missing.
    """

    lost: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    counted: Mapping[str, str] = field(default_factory=dict)
    suspected: Mapping[str, str] = field(default_factory=dict)


def lacks_of(headers: Sequence[ImageHeader], rejected: Sequence[RejectedFile], name_of: NameOf) -> Lacks:
    """Look for what may be missing.

    Parameters
    ----------
    headers : sequence of ImageHeader
        Each image once.
    rejected : sequence of RejectedFile
    name_of : callable
        Gives the name of a file in its source, which an unpacked one does not bear itself.
    """
    series: dict[str, list[ImageHeader]] = {}
    for header in headers:
        series.setdefault(header.text("SeriesInstanceUID"), []).append(header)
    beside = _beside(headers, rejected, name_of)
    suspected: dict[str, str] = {}
    for uid, members in series.items():
        told = [text for text in (_numbers_lack(members), _files_lack(beside[uid])) if text]
        if told:
            suspected[uid] = ", and ".join(told)
    counted = {uid: text for uid, members in series.items() if (text := _counted(members))}
    return Lacks(lost=lost_series(headers, rejected), counted=counted, suspected=suspected)


def lost_series(headers: Iterable[ImageHeader], rejected: Sequence[RejectedFile]) -> frozenset[str]:
    """Return the SeriesInstanceUIDs of which a file was lost.

    A damaged file may no longer say where it belongs; one that lies among the files of a single series is taken for
    one of it, as a series that lost its last slice looks whole.
    """
    beside: dict[Path, set[str]] = {}
    for header in headers:
        beside.setdefault(header.path.parent, set()).add(header.text("SeriesInstanceUID"))
    lost = {file.series_uid for file in rejected if file.series_uid}
    for file in rejected:
        neighbours = beside.get(file.path.parent, set())
        if not file.series_uid and file.code in _DAMAGED and len(neighbours) == 1:
            lost |= neighbours
    return frozenset(lost)


def shorter_than(own: Geometry, other: Geometry, parameters: MriParameters) -> int:
    """Return how many slices a stack lacks at one end of another that has the same slices otherwise; 0 if it is not so.

    Series of one protocol are often planned with the same slices. A stack that is shorter at both ends was planned so.
    """
    step_mm, spare = own.spacing_mm[2], other.shape[2] - own.shape[2]
    axes = np.array(own.axes)
    turned = float(np.abs(axes - np.array(other.axes)).max()) > parameters.orientation_tolerance
    if turned or spare <= 0 or abs(step_mm - other.spacing_mm[2]) > parameters.gate_residual_mm:
        return 0
    first, last = axes @ np.subtract(own.origin_mm, other.origin_mm), _reach_mm(own) - _reach_mm(other)
    if float(np.abs([*first[:2], *(first + last)[:2]]).max()) > parameters.same_slices_mm:
        return 0
    before = float(first[2]) / step_mm
    at_an_end = min(abs(before), abs(before - spare)) * step_mm <= parameters.same_slices_mm
    return spare if at_an_end else 0


def _reach_mm(geometry: Geometry) -> FloatArray:
    """Return the way from the first to the last voxel along each axis."""
    reach: FloatArray = (np.array(geometry.shape) - 1.0) * np.array(geometry.spacing_mm)
    return reach


def _counted(members: Sequence[ImageHeader]) -> str:
    """Return how many images a header counts beyond those that came; empty if none or if it counts nothing."""
    images = sum(max(len(header.frames), 1) for header in members)
    stated = max((header.number("ImagesInAcquisition") or 0.0) for header in members)
    if stated > images:
        return f"its header counts {stated:.0f} images and {images} came"
    parts = Counter(header.text("ConcatenationUID") for header in members)
    for header in members:
        total = header.number("InConcatenationTotalNumber") or 0.0
        if total > parts[header.text("ConcatenationUID")]:
            return f"its header counts {total:.0f} files and {parts[header.text('ConcatenationUID')]} came"
    return ""


def _numbers_lack(members: Sequence[ImageHeader]) -> str:
    """Return what the instance numbers of single-slice files leave out; empty if nothing."""
    found = [header.number("InstanceNumber") for header in members if len(header.frames) == 1]
    numbers = sorted({int(number) for number in found if number is not None and number >= 1})
    if len(numbers) < _FEWEST or len(found) < len(members) or None in found:
        return ""
    step = int(np.diff(numbers).min())
    before, lacking = (numbers[0] - 1) // step, (numbers[-1] - 1) // step + 1 - len(numbers)
    if before >= len(numbers):
        # numbers that run on from another volume begin late by as many as that one holds
        before, lacking = 0, lacking - before
    if lacking == 0:
        return ""
    return f"its instance numbers begin at {numbers[0]}" if before == lacking else f"{lacking} instance numbers lack"


def _files_lack(files: int) -> str:
    return f"unreadable files that lie among its own by their names: {files}" if files else ""


def _beside(headers: Sequence[ImageHeader], rejected: Sequence[RejectedFile], name_of: NameOf) -> Counter[str]:
    """Return how many unreadable files lie, by their names, next to an image of each series."""
    folders: dict[PurePosixPath, list[tuple[PurePosixPath, str]]] = {}
    for header in headers:
        name = PurePosixPath(name_of(header.path))
        folders.setdefault(name.parent, []).append((name, header.text("SeriesInstanceUID")))
    counts: Counter[str] = Counter()
    ordered = {parent: _Neighbours.of(members) for parent, members in folders.items()}
    for file in rejected:
        name = PurePosixPath(name_of(file.path))
        if file.code not in _NEVER_A_SLICE and not file.series_uid and name.parent in ordered:
            counts.update(ordered[name.parent].of_a(name))
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Neighbours:
    """The images of one folder in the order of the numbers in their names."""

    keys: tuple[_Key, ...]
    series: tuple[str, ...]
    patterns: frozenset[str]

    @classmethod
    def of(cls, members: Iterable[tuple[PurePosixPath, str]]) -> Self:
        """Put images, each with its series, in order."""
        ordered = sorted((_key(name), uid, _pattern(name)) for name, uid in members)
        return cls(
            keys=tuple(key for key, _, _ in ordered),
            series=tuple(uid for _, uid, _ in ordered),
            patterns=frozenset(pattern for _, _, pattern in ordered),
        )

    def of_a(self, name: PurePosixPath) -> set[str]:
        """Return the series of the images before and after a name that fits theirs.

        A file that only calls itself an image is of the one series of its folder; among several nobody can tell.
        """
        if _pattern(name) not in self.patterns:
            only = set(self.series)
            return only if name.suffix.casefold() in _IMAGE_SUFFIXES and len(only) == 1 else set()
        at = bisect(self.keys, _key(name))
        return set(self.series[max(at - 1, 0) : at + 1])


def _pattern(name: PurePosixPath) -> str:
    return _DIGITS.sub("#", name.name.casefold())


def _key(name: PurePosixPath) -> _Key:
    parts = _DIGITS.split(name.name.casefold())
    # words and numbers take turns, so the zeros before the words decide nothing
    return tuple((int(part), "") if part.isdecimal() else (0, part) for part in parts)
