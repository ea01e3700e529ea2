"""One click on a lesion: its region by a graph cut inside the cord, or by half height as an instant preview."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from mri.geometry import Vector
from mri.problems import RefusedError, error
from mri.volume import LabelMap, Volume
from segmentation.centreline import Centreline
from segmentation.contrast import Contrast, signal_contrast
from segmentation.parameters import LesionParameters
from segmentation.rim import rim_excess

_CAPACITY_SCALE = 1000
"""Capacities of the flow are whole numbers; costs are kept to a thousandth."""
_HARD = 10**8
"""Capacity of a link that a click forbids to cut."""
_SNAP_VOXELS = 1
"""A click counts for the brightest voxel next to it: nobody hits the middle."""
_FARTHEST = 9.0
"""Squared deviations beyond three spreads count no more."""
_LINK_WEIGHT = 2.0
"""Cost of a boundary between equal neighbours, in squared deviations."""
_CONNECT_26 = np.ones((3, 3, 3), dtype=bool)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grown:
    """A region grown from clicks.

    Attributes
    ----------
    labels : LabelMap
        1 inside, on the grid of the image.
    contrast_z : float
        Height of the region over normal cord, in standard deviations; below 3 it is not to be relied on.
    """

    labels: LabelMap
    contrast_z: float


def grow(
    volume: Volume,
    cord: LabelMap,
    axis: Centreline,
    click_mm: Vector,
    *,
    more_mm: Sequence[Vector] = (),
    not_mm: Sequence[Vector] = (),
    limits_mm: tuple[float, float] | None = None,
    preview: bool = False,
    contrast: Contrast | None = None,
    parameters: LesionParameters | None = None,
) -> Grown:
    """Grow a bright lesion inside the cord from a click.

    Parameters
    ----------
    volume : Volume
    cord : LabelMap
        On the same grid; the lesion is looked for inside it.
    axis : Centreline
    click_mm : Vector
        LPS mm of a place in the lesion.
    more_mm, not_mm : sequence of Vector
        Further places inside it, and places outside it.
    limits_mm : tuple of float, optional
        Arc lengths between which it lies.
    preview : bool
        Half height between click and cord instead of the graph cut.
    contrast : Contrast, optional
        Of this volume and cord, from `signal_contrast`, where it is known already: it takes most of the time.
    parameters : LesionParameters, optional

    Raises
    ------
    RefusedError
        If a click lies outside the cord, or there is too little cord to compare with.
    """
    options = parameters or LesionParameters()
    contrast = contrast or signal_contrast(volume, cord, axis, options)
    if contrast is None:
        raise RefusedError(error("no_reference", "cord", "too little cord to compare with; draw the cord first"))
    where = contrast.cord.copy()
    if limits_mm is not None:
        where &= (contrast.s_mm >= limits_mm[0]) & (contrast.s_mm <= limits_mm[1])
    inside = [_voxel(contrast, where, point) for point in (click_mm, *more_mm)]
    outside = [_voxel(contrast, contrast.cord, point) for point in not_mm]
    smooth = _in_cord(contrast, options)
    seeds = [_brightest(smooth, where, voxel) for voxel in inside]
    height = float(np.median([smooth[seed] for seed in seeds]))
    if preview:
        region = where & (smooth > options.half_height * height)
    else:
        region = _cut(smooth, where, height, contrast, seeds, outside)
    labels, _ = ndimage.label(region, _CONNECT_26)
    kept = np.isin(labels, [labels[seed] for seed in seeds if labels[seed]])
    return Grown(labels=contrast.whole(kept.astype(np.uint8)), contrast_z=height / contrast.noise)


def _voxel(contrast: Contrast, where: NDArray[np.bool_], point_mm: Vector) -> tuple[int, int, int]:
    """Return the voxel of a click in the box.

    Raises
    ------
    RefusedError
        If it is not inside.
    """
    index = np.rint(contrast.volume.geometry.to_index(point_mm)).astype(int) - contrast.low
    if not ((index >= 0) & (index < where.shape)).all() or not where[tuple(index)]:
        raise RefusedError(error("click_outside", "click", "the click is not inside the cord; correct the cord first"))
    return int(index[0]), int(index[1]), int(index[2])


def _brightest(
    smooth: NDArray[np.float64], where: NDArray[np.bool_], voxel: tuple[int, int, int]
) -> tuple[int, int, int]:
    """Return the brightest voxel next to a click."""
    box = tuple(slice(max(0, k - _SNAP_VOXELS), k + _SNAP_VOXELS + 1) for k in voxel)
    near = np.where(where[box], smooth[box], -np.inf)
    at = np.unravel_index(int(near.argmax()), near.shape)
    first, second, third = (int(a) + b.start for a, b in zip(at, box, strict=True))
    return first, second, third


def _in_cord(contrast: Contrast, options: LesionParameters) -> NDArray[np.float64]:
    """Return the excess over normal cord at its place, smoothed within the cord only: nothing outside leaks in."""
    sigma = options.smoothing_mm / np.array(contrast.volume.geometry.spacing_mm)
    weight = ndimage.gaussian_filter(contrast.cord.astype(float), sigma)
    excess = contrast.excess - rim_excess(contrast, options)
    total = ndimage.gaussian_filter(np.where(contrast.cord, excess, 0.0), sigma)
    inside: NDArray[np.float64] = np.where(contrast.cord, total / np.maximum(weight, 1e-6), 0.0)
    return inside


def _cut(
    smooth: NDArray[np.float64],
    where: NDArray[np.bool_],
    height: float,
    contrast: Contrast,
    seeds: Sequence[tuple[int, int, int]],
    outside: Sequence[tuple[int, int, int]],
) -> NDArray[np.bool_]:
    """Return the voxels on the lesion's side of the cheapest cut between lesion and normal cord."""
    number = np.full(where.shape, -1)
    number[where] = np.arange(where.sum())
    count = int(where.sum())
    values = smooth[where]
    spread = max(height / 4, contrast.noise)
    normal = np.minimum((values / spread) ** 2, _FARTHEST)
    bright = np.minimum((np.minimum(values - height, 0.0) / spread) ** 2, _FARTHEST)
    source, sink = (normal * _CAPACITY_SCALE).astype(np.int64), (bright * _CAPACITY_SCALE).astype(np.int64)
    source[[number[seed] for seed in seeds]] = _HARD
    for voxel in outside:
        if where[voxel]:
            source[number[voxel]], sink[number[voxel]] = 0, _HARD
    rows, columns, capacity = _links(smooth, where, number, spread, contrast.volume.geometry.spacing_mm)
    every = np.arange(count)
    graph = sparse.csr_array(
        (
            np.concatenate([capacity, capacity, source, sink]).astype(np.int32),
            (
                np.concatenate([rows, columns, np.full(count, count), every]),
                np.concatenate([columns, rows, every, np.full(count, count + 1)]),
            ),
        ),
        shape=(count + 2, count + 2),
    )
    return _source_side(graph, count, where)


def _links(
    smooth: NDArray[np.float64],
    where: NDArray[np.bool_],
    number: NDArray[np.int_],
    spread: float,
    spacing_mm: tuple[float, float, float],
) -> tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.int64]]:
    """Return pairs of neighbouring voxels and what it costs to cut between them: little across an edge."""
    rows, columns, costs = [], [], []
    for axis in range(3):
        near = [slice(None)] * 3
        far = [slice(None)] * 3
        near[axis], far[axis] = slice(None, -1), slice(1, None)
        both = where[tuple(near)] & where[tuple(far)]
        step = (smooth[tuple(near)] - smooth[tuple(far)])[both] / spread
        rows.append(number[tuple(near)][both])
        columns.append(number[tuple(far)][both])
        costs.append(_LINK_WEIGHT * np.exp(-0.5 * step**2) * min(spacing_mm) / spacing_mm[axis])
    cost = (np.concatenate(costs) * _CAPACITY_SCALE).astype(np.int64)
    return np.concatenate(rows), np.concatenate(columns), cost


def _source_side(graph: sparse.csr_array, count: int, where: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the voxels that the source still reaches when the flow is largest."""
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    flow = maximum_flow(graph, count, count + 1).flow
    left = sparse.csr_array(graph - flow)
    left.data[left.data < 0] = 0
    left.eliminate_zeros()
    reached = breadth_first_order(left, count, return_predecessors=False)
    side = np.zeros(count + 2, dtype=bool)
    side[reached] = True
    region = np.zeros(where.shape, dtype=bool)
    region[where] = side[:count]
    return region
