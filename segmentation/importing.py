"""Masks drawn elsewhere onto the grid of their series: which segments, and where their voxels go."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry
from mri.problems import Problem, RefusedError, error, note, warning
from mri.resample import resample_labels
from mri.segments import ForeignMask, Segment
from mri.volume import LabelMap
from segmentation.drawing_parameters import ImportParameters
from segmentation.regions import LESION_REGIONS, Region

SAME_GRID, SAME_VOXELS, NEAREST = "same grid", "same voxels, other order or crop", "nearest label at each voxel centre"
_NAME_SHOWN = 40
"""Longest part of a segment's name that a message shows."""
_SEGMENTS_SHOWN = 5
"""A message lists this many segments of a file."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placed:
    """A mask on the grid of its series.

    Attributes
    ----------
    labels : LabelMap
    method : str
        ``SAME_GRID``, ``SAME_VOXELS`` or ``NEAREST``.
    problems : tuple of Problem
        What a person should look at.
    """

    labels: LabelMap
    method: str
    problems: tuple[Problem, ...] = ()


def choose_segments(
    mask: ForeignMask, where: str, *, numbers: Sequence[int] = (), names: Sequence[str] = ()
) -> tuple[Segment, ...]:
    """Return the segments that were asked for by number or name; all where none was.

    Raises
    ------
    RefusedError
        If one is not in the file, with a list of those that are; a name must fit one segment (capitals do not matter).
    """
    if not (numbers or names):
        return mask.segments
    faults, found = [], []
    for number in numbers:
        hits = [segment for segment in mask.segments if segment.number == number]
        faults += [] if hits else [f"no label {number}"]
        found += hits
    for name in names:
        hits = [segment for segment in mask.segments if segment.name.casefold() == name.casefold()]
        faults += [] if len(hits) == 1 else [f"{len(hits)} segments are named '{name}'"]
        found += hits
    if faults:
        raise RefusedError(error("segment_unknown", where, f"{'; '.join(faults)}; it holds {_listed(mask)}"))
    return tuple(dict.fromkeys(found))


def join_segments(
    mask: ForeignMask, segments: Sequence[Segment], region: Region, where: str, *, chosen: bool
) -> LabelMap:
    """Return one label map of some segments: 0 and 1 for anatomy, lesion numbers for lesions.

    A single segment becomes 1. Several lesions keep their numbers, several chosen segments of anatomy are joined.

    Parameters
    ----------
    mask : ForeignMask
    segments : sequence of Segment
    region : Region
    where : str
        Name of the mask for messages.
    chosen : bool
        Whether a person named the segments; otherwise several named segments, or several of anatomy, are refused.

    Raises
    ------
    RefusedError
        If it is not clear which segment is meant, or lesions overlap.
    """
    are_lesions = region in LESION_REGIONS
    several = len(segments) > 1
    if several and not chosen and not (are_lesions and not any(one.name for one in segments)):
        message = f"holds {_listed(mask)}; say which is the {region.value} with --label or --segment"
        raise RefusedError(error("segment_unclear", where, message))
    if several and are_lesions:
        _check_numbers(segments, where)
    array = np.zeros(mask.layers[0].geometry.shape, dtype=np.uint16)
    for segment in segments:
        inside = mask.layers[segment.layer].array == segment.value
        if are_lesions and array[inside].any():
            message = "two of the chosen segments overlap, and a voxel belongs to one lesion; correct them first"
            raise RefusedError(error("segments_overlap", where, message))
        array[inside] = segment.number if several and are_lesions else 1
    return LabelMap(array=array, geometry=mask.layers[0].geometry)


def numbered_segments(mask: ForeignMask, segments: Sequence[Segment], where: str) -> LabelMap:
    """Return some segments as one label map of their numbers; where they overlap the later one stands.

    Raises
    ------
    RefusedError
        If a number does not fit in 16 bits.
    """
    _check_numbers(segments, where)
    array = np.zeros(mask.layers[0].geometry.shape, dtype=np.uint16)
    for segment in segments:
        array[mask.layers[segment.layer].array == segment.value] = segment.number
    return LabelMap(array=array, geometry=mask.layers[0].geometry)


def place_on(labels: LabelMap, grid: Geometry, where: str, options: ImportParameters | None = None) -> Placed:
    """Put a mask on the grid of a series of the same patient coordinates.

    The same grid is taken as it is. The same voxels in another order, or a crop of them, are moved without loss. On
    any other grid each voxel of the series takes the label nearest to its centre, with a warning. What does not lie in
    the series, or has its number of voxels at another place, is refused.

    Parameters
    ----------
    labels : LabelMap
    grid : Geometry
        Of the series, LPS mm.
    where : str
        Name of the mask for messages.
    options : ImportParameters, optional

    Raises
    ------
    RefusedError
    """
    limits = options or ImportParameters()
    if labels.geometry.same_grid(grid, limits.same_place_mm):
        return Placed(labels=replace(labels, geometry=grid), method=SAME_GRID)
    share = _share_inside(labels, grid)
    if share < limits.least_share_inside:
        raise RefusedError(error("mask_outside_series", where, _outside(labels, grid, share, limits)))
    steps = _whole_steps(labels.geometry, grid, limits.same_place_mm)
    if steps is not None:
        return _moved(labels, grid, steps, where, share)
    if sorted(labels.geometry.shape) == sorted(grid.shape):
        far = float(np.linalg.norm(np.subtract(_middle(labels.geometry), _middle(grid))))
        message = (
            f"has as many voxels as the series, but its middle lies {far:.1f} mm away or it is turned: it was drawn on "
            "another series, or its header was changed; import it on its own series, or copy the header of the image"
        )
        raise RefusedError(error("mask_moved", where, message))
    return _resampled(labels, grid, where, share, limits)


def check_labels(labels: Collection[object], where: str, options: ImportParameters | None = None) -> None:
    """Refuse a mask of more integers than a spine has structures: it is an image, or a map of probabilities.

    Raises
    ------
    RefusedError
    """
    limit = (options or ImportParameters()).most_labels
    if len(labels) > limit:
        message = (
            f"holds {len(labels)} different integers, more than {limit}: an image or a map of probabilities, not "
            "labels; give a mask, 0 outside and 1, 2, … inside"
        )
        raise RefusedError(error("image_as_mask", where, message))


def check_share(
    labels: LabelMap, what: str, where: str, options: ImportParameters | None = None, *, cropped: bool = False
) -> None:
    """Refuse a structure that fills more of the image than any does.

    Parameters
    ----------
    labels : LabelMap
        On the grid of the image.
    what : str
        What the structure is called in the message.
    where : str
        Name of the mask for messages.
    options : ImportParameters, optional
    cropped : bool
        Whether the image may be cropped to the structure.

    Raises
    ------
    RefusedError
    """
    limits = options or ImportParameters()
    limit = limits.largest_share_of_crop if cropped else limits.largest_share
    share = float(np.count_nonzero(labels.array)) / labels.array.size
    if share > limit:
        message = f"the {what} fills {share:.0%} of the image, more than {limit:.0%}: give a mask of the {what} alone"
        raise RefusedError(error("mask_implausible", where, message))


def _check_numbers(segments: Sequence[Segment], where: str) -> None:
    """Refuse lesion numbers that a label map of 16 bits cannot hold."""
    most = int(np.iinfo(np.uint16).max)
    high = [segment.number for segment in segments if segment.number > most]
    if high:
        message = f"holds label {high[0]}; labels go from 1 to {most}: number its structures 1, 2, 3 …"
        raise RefusedError(error("label_too_large", where, message))


def _listed(mask: ForeignMask) -> str:
    shown = [f"{one.number}{f' ({one.name[:_NAME_SHOWN]})' if one.name else ''}" for one in mask.segments]
    if len(shown) > _SEGMENTS_SHOWN:
        shown = [*shown[:_SEGMENTS_SHOWN], f"… ({len(mask.segments)} in all)"]
    return f"label {', '.join(shown)}" if shown else "no label"


def _share_inside(labels: LabelMap, grid: Geometry) -> float:
    points = labels.points_mm()
    return float(grid.contains(points).mean()) if len(points) else 1.0


def _outside(labels: LabelMap, grid: Geometry, share: float, options: ImportParameters) -> str:
    turned = labels.geometry.affine
    turned[:2] *= -1
    mirrored = LabelMap(array=labels.array, geometry=Geometry.from_affine(turned, labels.geometry.shape))
    if _share_inside(mirrored, grid) >= options.least_share_inside:
        return "lies outside the series, but inside with x and y turned: the header mixes up RAS and LPS; export anew"
    return f"only {share:.0%} of it lie in the series: another series, session or frame of reference; see --on"


def _whole_steps(source: Geometry, target: Geometry, tolerance_mm: float) -> FloatArray | None:
    """Return the (4, 4) matrix from source to target index where every voxel centre falls on one of the other grid."""
    matrix: FloatArray = np.linalg.inv(target.affine) @ source.affine
    whole = np.rint(matrix)
    last = [(0, n - 1) for n in source.shape]
    corners = np.array([(*corner, 1.0) for corner in product(*last)])
    off = (corners @ (matrix - whole).T)[:, :3] * np.array(target.spacing_mm)
    return whole if np.abs(off).max() <= tolerance_mm and abs(round(np.linalg.det(whole[:3, :3]))) == 1 else None


def _moved(labels: LabelMap, grid: Geometry, steps: FloatArray, where: str, share: float) -> Placed:
    index = labels.indices()
    target = (index @ steps[:3, :3].T + steps[:3, 3]).astype(np.intp)
    inside = ((target >= 0) & (target < np.array(grid.shape))).all(axis=1)
    array = np.zeros(grid.shape, dtype=labels.array.dtype)
    array[tuple(target[inside].T)] = labels.array[tuple(index[inside].T)]
    problems = [note("mask_reordered", where, "the same voxels in another order or crop; nothing was resampled")]
    return Placed(
        labels=LabelMap(array=array, geometry=grid), method=SAME_VOXELS, problems=(*problems, *_cut(share, where))
    )


def _resampled(labels: LabelMap, grid: Geometry, where: str, share: float, options: ImportParameters) -> Placed:
    array = np.zeros(grid.shape, dtype=labels.array.dtype)
    box = _box(labels, grid)
    part = resample_labels(labels, _cropped(grid, box))
    array[box] = part.array
    placed = LabelMap(array=array, geometry=grid)
    lost = sorted(set(labels.labels()) - set(placed.labels()))
    if lost:
        message = f"label {', '.join(map(str, lost))} is lost between the voxels of the series; draw it on the series"
        raise RefusedError(error("label_lost", where, message))
    before = np.count_nonzero(labels.array) * labels.geometry.voxel_volume_mm3
    after = np.count_nonzero(array) * grid.voxel_volume_mm3
    change = after / before - 1 if before else 0.0
    mend = " more than is to be relied on: look at it slice by slice" if abs(change) > options.large_change else ""
    message = (
        f"drawn on voxels of {_spacing(labels.geometry)}, brought to {_spacing(grid)}: each voxel of the series takes "
        f"the label nearest to its centre; the volume changes by {change:+.0%}{mend and ','}{mend}"
    )
    problems = (warning("mask_resampled", where, message), *_cut(share, where))
    return Placed(labels=placed, method=NEAREST, problems=problems)


def _cut(share: float, where: str) -> list[Problem]:
    if share >= 1.0:
        return []
    return [warning("mask_cut", where, f"{1 - share:.1%} of it lie outside the series and are left out")]


def _box(labels: LabelMap, grid: Geometry) -> tuple[slice, slice, slice]:
    """Return the part of a grid that the labels reach."""
    index = labels.indices()
    if not len(index):
        return slice(0, 1), slice(0, 1), slice(0, 1)
    ends = list(zip(index.min(axis=0) - 0.5, index.max(axis=0) + 0.5, strict=True))
    reached = grid.to_index(labels.geometry.to_world(np.array(list(product(*ends)))))
    low = np.clip(np.floor(reached.min(axis=0)), 0, np.array(grid.shape) - 1).astype(int)
    high = np.clip(np.ceil(reached.max(axis=0)) + 1, low + 1, grid.shape).astype(int)
    first, second, third = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return first, second, third


def _cropped(grid: Geometry, box: tuple[slice, slice, slice]) -> Geometry:
    x, y, z = (float(v) for v in grid.to_world([part.start for part in box]))
    first, second, third = (part.stop - part.start for part in box)
    return replace(grid, shape=(first, second, third), origin_mm=(x, y, z))


def _middle(geometry: Geometry) -> NDArray[np.float64]:
    return geometry.to_world((np.array(geometry.shape) - 1) / 2)


def _spacing(geometry: Geometry) -> str:
    return " × ".join(f"{d:.3g}" for d in geometry.spacing_mm) + " mm"
