"""Where along the cord the image in front of it looks like a disc: edges of vertebral bodies, one after the other."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import RIGHT_LEFT, FloatArray
from mri.volume import Volume
from segmentation.centreline import Centreline
from segmentation.parameters import DiscParameters


def disc_signal(
    images: Sequence[Volume], centreline: Centreline, s_mm: FloatArray, options: DiscParameters
) -> FloatArray:
    """Return how much each position along the cord looks like a disc, in standard deviations, shape of ``s_mm``.

    Parameters
    ----------
    images : sequence of Volume
        Series of one frame of reference; where several see a place their signals are averaged.
    centreline : Centreline
    s_mm : ndarray
        Equally spaced arc lengths.
    options : DiscParameters

    Returns
    -------
    ndarray
        NaN where no image reaches.
    """
    every = [_one_signal(image, centreline, s_mm, options) for image in images]
    if not every:
        return np.full(len(s_mm), np.nan)
    seen = np.isfinite(every)
    total = np.where(seen, every, 0.0).sum(axis=0)
    count = seen.sum(axis=0)
    mean: FloatArray = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def anterior_strip(
    image: Volume, centreline: Centreline, s_mm: FloatArray, options: DiscParameters
) -> tuple[FloatArray, FloatArray]:
    """Return the image in front of the cord, shape (s, depth), NaN outside the image, and the depths in mm."""
    depth = np.arange(options.nearest_mm, options.farthest_mm, options.step_mm)
    lateral = np.arange(-options.half_width_mm, options.half_width_mm + 0.1, 2.0)
    origin, anterior = _smooth_axis(centreline, s_mm, options)
    points = (
        origin[:, None, None]
        + depth[None, :, None, None] * anterior[:, None, None]
        + lateral[None, None, :, None] * np.array(RIGHT_LEFT)
    )
    index = image.geometry.to_index(points)
    crop, low = _crop(image, index)
    sampled = ndimage.map_coordinates(
        crop, np.moveaxis(index - low, -1, 0), order=1, mode="constant", cval=np.nan, output=np.float64
    )
    strip: FloatArray = sampled.mean(axis=2)
    return strip, depth


def _crop(image: Volume, index: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the part of the image around the indices as floats, and the index of its first voxel."""
    low = np.clip(np.floor(index.min(axis=(0, 1, 2))).astype(int), 0, np.array(image.array.shape) - 1)
    high = np.clip(np.ceil(index.max(axis=(0, 1, 2))).astype(int) + 1, 1, image.array.shape)
    box = tuple(slice(int(a), int(b)) for a, b in zip(low, np.maximum(high, low + 1), strict=True))
    return image.array[box].astype(np.float64), low.astype(float)


def _smooth_axis(centreline: Centreline, s_mm: FloatArray, options: DiscParameters) -> tuple[FloatArray, FloatArray]:
    """Return positions on the axis and the direction anterior to it, without the axis' small bends."""
    step = float(s_mm[1] - s_mm[0])
    reach = int(4 * options.axis_smoothing_mm / step)
    longer = s_mm[0] + step * np.arange(-reach, len(s_mm) + reach)
    smooth = ndimage.gaussian_filter1d(centreline.position_at(longer), options.axis_smoothing_mm / step, axis=0)
    tangent = np.gradient(smooth, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    transverse = np.array(RIGHT_LEFT) - tangent[:, :1] * tangent
    anterior = np.cross(tangent, transverse / np.linalg.norm(transverse, axis=1, keepdims=True))
    kept = slice(reach, reach + len(s_mm))
    return smooth[kept], anterior[kept]


def _one_signal(image: Volume, centreline: Centreline, s_mm: FloatArray, options: DiscParameters) -> FloatArray:
    strip, depth = anterior_strip(image, centreline, s_mm, options)
    inner = (depth >= options.body_nearest_mm) & (depth <= options.body_farthest_mm)
    seen = np.isfinite(strip[:, inner]).mean(axis=1) > 0.5
    result = np.full(len(s_mm), np.nan)
    if seen.sum() * (s_mm[1] - s_mm[0]) < options.shortest_view_mm:
        return result
    first, last = np.flatnonzero(seen)[[0, -1]]
    result[first : last + 1] = _edges(_filled(strip[first : last + 1]), inner, float(s_mm[1] - s_mm[0]), options)
    return result


def _filled(strip: FloatArray) -> FloatArray:
    """Replace what lies outside the image by the nearest value on the same depth, so that it makes no edge."""
    missing = ~np.isfinite(strip)
    if not missing.any():
        return strip
    nearest = ndimage.distance_transform_edt(missing, return_distances=False, return_indices=True)
    filled: FloatArray = strip[tuple(np.asarray(nearest))]
    return filled


def _edges(strip: FloatArray, inner: NDArray[np.bool_], step: float, options: DiscParameters) -> FloatArray:
    """Return the standardised energy of edges across the cord's direction in a strip, shape (s, depth)."""
    local = ndimage.gaussian_filter(strip, [options.local_mm / step, 3.0 / options.step_mm])
    flat = strip / (local + 1e-6 * (1 + np.abs(local).max()))
    smooth = ndimage.gaussian_filter(flat, [0.8 / step, 0.5 / options.step_mm])
    along = np.abs(np.gradient(smooth, step, axis=0))[:, inner]
    across = np.abs(np.gradient(smooth, options.step_mm, axis=1))[:, inner]
    energy = np.median(np.clip(along - 0.5 * across, 0, None), axis=1) + 0.5 * along.mean(axis=1)
    energy = ndimage.gaussian_filter1d(energy, options.disc_mm / step)
    energy -= ndimage.gaussian_filter1d(energy, options.local_mm / step)
    standard: FloatArray = energy / (energy.std() + 1e-9)
    return standard
