"""How much brighter each voxel is than normal cord at its level, and how much of that is noise."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import INFERIOR_SUPERIOR, FloatArray
from mri.volume import LabelMap, Volume
from segmentation.centreline import Centreline
from segmentation.parameters import LesionParameters

MAD_TO_SD = 1.4826
_NEVER_NEAR_MM = 1e3
_USUAL_AREA_PERCENTILE = 75
"""Of the sections nearby: half of them may belong to the cone."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contrast:
    """Signal relative to normal cord in a box around the cord.

    Attributes
    ----------
    excess : ndarray
        Signal above normal cord at the same level, in units of the cord's signal (0 is normal).
    cord : ndarray of bool
        Cord voxels, same shape.
    core : ndarray of bool
        Voxels next to the cord's axis, whatever the outline.
    s_mm : ndarray
        Arc length of each voxel along the cord.
    noise : float
        Robust standard deviation of the excess in the cord.
    low : tuple of int
        Index of the box's first voxel in the volume.
    volume : Volume
        The image it belongs to.
    """

    excess: FloatArray
    cord: NDArray[np.bool_]
    core: NDArray[np.bool_]
    s_mm: FloatArray
    noise: float
    low: tuple[int, int, int]
    volume: Volume

    def edge(self, width_mm: float) -> NDArray[np.bool_]:
        """Return the rim of the cord within its fine planes; thick slices are not cut, there may be two of them."""
        spacing = np.array(self.volume.geometry.spacing_mm)
        sampling = np.where(spacing > 2 * spacing.min(), _NEVER_NEAR_MM, spacing)
        depth = np.asarray(ndimage.distance_transform_edt(self.cord, sampling=sampling))
        rim: NDArray[np.bool_] = self.cord & (depth <= max(width_mm, float(spacing.min())))
        return rim

    def thin(self, share: float, within_mm: float) -> NDArray[np.bool_]:
        """Return the cord's voxels on axial sections with less than a share of the usual area of those nearby."""
        axis = self.volume.geometry.axis_nearest(INFERIOR_SUPERIOR)
        across = tuple(k for k in range(3) if k != axis)
        area = ndimage.median_filter(self.cord.sum(axis=across).astype(float), 3, mode="nearest")
        reach = round(within_mm / self.volume.geometry.spacing_mm[axis])
        usual = ndimage.percentile_filter(area, _USUAL_AREA_PERCENTILE, 2 * reach + 1, mode="nearest")
        narrow = (area < share * usual).reshape([-1 if k == axis else 1 for k in range(3)])
        thin: NDArray[np.bool_] = self.cord & narrow
        return thin

    def tip_mm(self, least_below_mm: float) -> float | None:
        """Return the arc length of the cord's lower end; None where the image does not go on below it."""
        geometry = self.volume.geometry
        index = np.argwhere(self.cord) + self.low
        axis = geometry.axis_nearest(INFERIOR_SUPERIOR)
        along = geometry.to_world(index)[:, 2]
        ends = np.tile(index[int(along.argmin())], (2, 1)).astype(float)
        ends[:, axis] = 0, geometry.shape[axis] - 1
        below_mm = float(along.min() - geometry.to_world(ends)[:, 2].min())
        return float(self.s_mm[self.cord].max()) if below_mm > least_below_mm else None

    def whole(self, box: NDArray[np.integer]) -> LabelMap:
        """Return labels of the box as a mask on the grid of the volume."""
        array = np.zeros(self.volume.geometry.shape, dtype=np.uint8)
        array[_slices(self.low, box.shape)] = box
        return LabelMap(array=array, geometry=self.volume.geometry)


def signal_contrast(
    volume: Volume,
    cord: LabelMap,
    centreline: Centreline,
    options: LesionParameters,
    *,
    abnormal_mm: Sequence[tuple[float, float]] = (),
) -> Contrast | None:
    """Compare a volume with its own normal cord: the level along the axis, of which lesions are left out.

    Parameters
    ----------
    volume : Volume
    cord : LabelMap
        On the same grid.
    centreline : Centreline
    options : LesionParameters
    abnormal_mm : sequence of tuple of float
        Ranges of arc length known to hold a lesion; they are no reference.
    """
    box = _box(volume, cord, centreline, options)
    if box is None:
        return None
    low, image, inside, s_mm, distance_mm = box
    core = (distance_mm <= options.core_mm) & inside
    if core.sum() < options.least_reference_voxels:
        return None
    reference = core.copy()
    for low_mm, high_mm in abnormal_mm:
        reference &= (s_mm < low_mm) | (s_mm > high_mm)
    if reference.sum() < options.least_reference_voxels:
        reference = core
    level = np.interp(s_mm, *_trend(s_mm[reference], image[reference], options))
    return _contrast(image / np.maximum(level, 1e-6) - 1.0, inside, core, s_mm, low, volume)


def enhancement_contrast(
    post: Volume, pre: Volume, cord: LabelMap, centreline: Centreline, options: LesionParameters
) -> Contrast | None:
    """Compare an image after contrast with the aligned one before, on the same grid.

    The images' gains are made equal where the cord is; what most of the cord does is no enhancement.
    """
    box = _box(post, cord, centreline, options)
    if box is None:
        return None
    low, after, inside, s_mm, distance_mm = box
    before = pre.array[_slices(low, after.shape)].astype(float)
    core = (distance_mm <= options.core_mm) & inside & (before > 0)
    if core.sum() < options.least_reference_voxels:
        return None
    # coils differ from series to series: a gain that drifts along the cord is no enhancement
    ratio = np.interp(s_mm, *_trend(s_mm[core], after[core] / before[core], options))
    level = np.interp(s_mm, *_trend(s_mm[core], before[core], options))
    # outside the moved image there is nothing to compare
    difference = np.where(before > 0, (after / np.maximum(ratio, 1e-6) - before) / np.maximum(level, 1e-6), 0.0)
    return _contrast(difference, inside, core, s_mm, low, post)


def _contrast(
    excess: FloatArray,
    inside: NDArray[np.bool_],
    core: NDArray[np.bool_],
    s_mm: FloatArray,
    low: tuple[int, int, int],
    volume: Volume,
) -> Contrast:
    # bright lesions are not noise: the spread is taken from what is below normal
    values = excess[core]
    below = _usual(values) - values
    noise = MAD_TO_SD * float(np.median(below[below >= 0]))
    return Contrast(excess=excess, cord=inside, core=core, s_mm=s_mm, noise=max(noise, 1e-3), low=low, volume=volume)


def _usual(values: FloatArray) -> float:
    """Return what normal cord has, where half of the voxels may be brighter: the densest part of the lower half."""
    ordered = np.sort(values)[: max(len(values) // 2, 2)]
    width = max(len(ordered) // 2, 1)
    spans = ordered[width:] - ordered[:-width]
    first = int(np.argmin(spans))
    return float(np.median(ordered[first : first + width + 1]))


def _box(
    volume: Volume, cord: LabelMap, centreline: Centreline, options: LesionParameters
) -> tuple[tuple[int, int, int], FloatArray, NDArray[np.bool_], FloatArray, FloatArray] | None:
    """Return the first index, image, cord, arc length and distance from the axis of a box around the cord."""
    index = cord.indices()
    if not len(index):
        return None
    margin = np.ceil(options.margin_mm / np.array(volume.geometry.spacing_mm)).astype(int)
    low = np.maximum(index.min(axis=0) - margin, 0)
    high = np.minimum(index.max(axis=0) + margin + 1, volume.geometry.shape)
    slices = tuple(slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    inside = cord.array[slices] > 0
    near = ndimage.binary_dilation(inside, iterations=int(margin.max()))
    seen = centreline.project(volume.geometry.to_world(np.argwhere(near) + low))
    s_mm, distance = np.full(inside.shape, np.nan), np.full(inside.shape, np.inf)
    s_mm[near], distance[near] = seen.s_mm, seen.distance_mm
    first = (int(low[0]), int(low[1]), int(low[2]))
    return first, volume.array[slices].astype(float), inside, np.nan_to_num(s_mm, nan=-1e3), distance


def _trend(s_mm: FloatArray, values: FloatArray, options: LesionParameters) -> tuple[FloatArray, FloatArray]:
    """Return normal signal along the axis: a low-order curve through the lower part of each section's medians.

    Lesions are brighter than cord and may be long: what lies above the curve is left out, again and again.
    """
    bins = np.floor((s_mm - s_mm.min()) / options.trend_step_mm).astype(int)
    places = np.unique(bins)
    at = np.array([s_mm[bins == k].mean() for k in places])
    level = np.array([np.median(values[bins == k]) for k in places])
    if len(at) <= options.trend_order + 1:
        return at, np.full(len(at), np.median(level))
    scaled = (at - at.mean()) / (np.ptp(at) / 2)
    guess = _first_guess(scaled, level)
    kept = level <= np.quantile(level / guess, options.normal_share) * guess
    normal = float(np.median(level[kept] / guess[kept])) * guess
    bounds = normal / options.trend_range, normal * options.trend_range
    for _ in range(options.trend_rounds):
        curve = np.polynomial.Polynomial.fit(scaled[kept], level[kept], options.trend_order)
        trend = np.clip(curve(scaled), *bounds)
        left = level / trend - 1.0
        spread = MAD_TO_SD * np.median(np.abs(left[kept])) + 1e-3
        kept = np.abs(left) <= options.trend_outlier * spread
        if kept.sum() <= options.trend_order + 1:
            break
    return at, np.asarray(trend, dtype=float)


def _first_guess(scaled: FloatArray, level: FloatArray) -> FloatArray:
    """Return a straight line through the lower half, so that a slope is not taken for a lesion."""
    line = np.polynomial.Polynomial.fit(scaled, level, 1)
    low = level <= line(scaled)
    if low.sum() <= 2:
        return np.full(len(level), max(float(np.median(level[low])), 1e-6))
    line = np.polynomial.Polynomial.fit(scaled[low], level[low], 1)
    guess: FloatArray = np.maximum(line(scaled), 1e-6)
    return guess


def _slices(low: tuple[int, int, int], shape: tuple[int, ...]) -> tuple[slice, slice, slice]:
    first, second, third = (slice(a, a + n) for a, n in zip(low, shape, strict=True))
    return first, second, third
