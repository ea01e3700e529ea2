"""Enhancement of a lesion against normal cord, in its core and its shell (DEFINITIONS 10 and 11)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from features.frame import Frame
from features.parameters import SuggestionParameters
from features.parts import Part
from features.reference import Reference
from mri.geometry import FloatArray
from mri.volume import Volume

Mask = NDArray[np.bool_]
_MEDIAN_ERROR = float(np.sqrt(np.pi / 2))
"""Standard error of the median of normal noise relative to that of the mean."""
_REACH_MM = 0.5
"""Voxels this near along the cord to points that are looked at belong to their slices."""
_WHOLE = 1e-6
"""A step that ends so near to the last pixel ends at it: the rest is float noise."""
_MARGIN = 3
"""Voxels around a lesion that the interpolation needs."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DepthMap:
    """A lesion on one series, on finer points in the plane of the slices.

    Attributes
    ----------
    enhancement : ndarray
        Shape (n,): (signal − reference) / reference.
    depth_mm : ndarray
        Shape (n,): distance in the plane to the lesion's edge.
    slice_depth_mm : ndarray
        Shape (n,): largest depth of the slice that the point lies in.
    s_mm : ndarray
        Shape (n,): arc length along the cord.
    noise : float
        Spread of the reference relative to its median: what a uniform lesion varies by.
    points_per_voxel : float
        Fine points on the area of one voxel in its slice.
    voxel_enhancement, voxel_s_mm : ndarray
        Shape (m,): of the drawn voxels themselves.
    """

    enhancement: FloatArray
    depth_mm: FloatArray
    slice_depth_mm: FloatArray
    s_mm: FloatArray
    noise: float
    points_per_voxel: float
    voxel_enhancement: FloatArray
    voxel_s_mm: FloatArray

    def subset(self, kept: Mask) -> "DepthMap":
        """Return some of the points, a mask of shape (n,), with all the voxels."""
        return replace(
            self,
            enhancement=self.enhancement[kept],
            depth_mm=self.depth_mm[kept],
            slice_depth_mm=self.slice_depth_mm[kept],
            s_mm=self.s_mm[kept],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreShell:
    """Median enhancement of core and shell, the deepest depth, and the variation that depth does not explain.

    Attributes
    ----------
    core, shell : float
        Median enhancement; NaN where there is no such point.
    depth_mm : float
    cv : float
        Coefficient of variation of the enhancement beyond noise.
    rim_ratio, rim_error : float
        Shell to core and its standard error. The shell counts as no brighter here than the brightest of the drawn
        voxels: at a sharp edge the interpolation between them overshoots.
    """

    core: float
    shell: float
    depth_mm: float
    cv: float
    rim_ratio: float
    rim_error: float


def depth_map(part: Part, volume: Volume, reference: Reference, frame: Frame, p: SuggestionParameters) -> DepthMap:
    """Look at a lesion on finer points in its slices, so that a rim of one pixel can be told from its centre."""
    through = int(np.argmax(part.geometry.spacing_mm))
    low = np.maximum(part.index.min(axis=0) - _MARGIN, 0)
    high = np.minimum(part.index.max(axis=0) + _MARGIN + 1, part.geometry.shape)
    filled = np.zeros(high - low, dtype=bool)
    filled[tuple((part.index - low).T)] = True
    plane = [part.geometry.spacing_mm[k] for k in range(3) if k != through]
    signed = _signed_depth(np.moveaxis(filled, through, 0), plane)
    points, depth = _fine(signed, p.fine_step_mm, plane)
    deepest = np.zeros(len(signed))
    np.maximum.at(deepest, points[:, 0].astype(int), depth)
    index = np.insert(points[:, 1:], through, points[:, 0], axis=1)
    crop = volume.array[tuple(slice(a, b) for a, b in zip(low, high, strict=True))].astype(np.float64)
    signal = ndimage.map_coordinates(crop, index.T, order=3, mode="nearest")
    return DepthMap(
        enhancement=signal / reference.median - 1,
        depth_mm=depth,
        slice_depth_mm=deepest[points[:, 0].astype(int)],
        s_mm=frame.axis.project(part.geometry.to_world(index + low)).s_mm,
        noise=reference.spread / reference.median,
        points_per_voxel=float(np.prod(plane)) / p.fine_step_mm**2,
        voxel_enhancement=volume.array[tuple(part.index.T)] / reference.median - 1,
        voxel_s_mm=part.s_mm,
    )


def core_shell(seen: DepthMap, p: SuggestionParameters) -> CoreShell | None:
    """Compare core and shell of a lesion; None where no slice is deep enough to tell them apart."""
    if not len(seen.depth_mm):
        return None
    largest = float(seen.depth_mm.max())
    # slices that only graze the lesion show its side, not its centre
    central = seen.slice_depth_mm >= p.central_slice_share * largest
    core = central & (seen.depth_mm >= p.core_share * largest)
    shell = central & (seen.depth_mm >= p.shell_mm[0]) & (seen.depth_mm <= p.shell_mm[1])
    inner, outer = _median(seen.enhancement[core]), _median(seen.enhancement[shell])
    ratio = min(outer, _brightest(seen, central, p)) / inner if inner else float("nan")
    return CoreShell(
        core=inner,
        shell=outer,
        depth_mm=largest,
        cv=_variation(seen, central, p),
        rim_ratio=ratio,
        rim_error=abs(ratio) * float(np.hypot(_error(seen, core) / inner, _error(seen, shell) / outer))
        if outer
        else 0.0,
    )


def _brightest(seen: DepthMap, central: Mask, p: SuggestionParameters) -> float:
    """Return what the brightest drawn voxels of the slices that are looked at reach."""
    s_mm = seen.s_mm[central]
    near = (seen.voxel_s_mm >= s_mm.min() - _REACH_MM) & (seen.voxel_s_mm <= s_mm.max() + _REACH_MM)
    return float(np.quantile(seen.voxel_enhancement[near], p.rim_brightest)) if near.any() else float("inf")


def _error(seen: DepthMap, where: Mask) -> float:
    """Return the standard error of the median of points; as many are independent as there are voxels under them."""
    voxels = max(float(where.sum()) / seen.points_per_voxel, 1.0)
    return _MEDIAN_ERROR * seen.noise / float(np.sqrt(voxels))


def _variation(seen: DepthMap, central: Mask, p: SuggestionParameters) -> float:
    """Return the coefficient of variation within layers of one depth, beyond noise.

    Between layers the enhancement differs by partial volume and by a rim, which is no unevenness.
    """
    layer = np.floor(seen.depth_mm / p.layer_mm).astype(int)
    deep = central & (seen.depth_mm >= p.shell_mm[0])
    residual = []
    for k in np.unique(layer[deep]):
        values = seen.enhancement[deep & (layer == k)]
        residual.append(values - np.median(values))
    if not residual:
        return float("nan")
    mean = float(np.median(seen.enhancement[deep]))
    variance = float(np.mean(np.concatenate(residual) ** 2))
    if mean <= 0:
        return float("nan")
    return float(np.sqrt(max(variance - seen.noise**2, 0.0))) / mean


def _median(values: FloatArray) -> float:
    return float(np.median(values)) if len(values) else float("nan")


def _signed_depth(slices: Mask, spacing_mm: Sequence[float]) -> FloatArray:
    """Return the distance to the edge in each slice, (slices, rows, columns), positive inside.

    The edge lies midway between the centres of neighbouring pixels.
    """
    signed = np.full(slices.shape, -np.inf)
    half = float(np.mean(spacing_mm)) / 2
    for k in np.flatnonzero(slices.any(axis=(1, 2))):
        inside = ndimage.distance_transform_edt(np.pad(slices[k], 1), sampling=spacing_mm)[1:-1, 1:-1]
        outside = ndimage.distance_transform_edt(~slices[k], sampling=spacing_mm)
        signed[k] = np.where(slices[k], inside - half, half - outside)
    return signed


def _fine(signed: FloatArray, step_mm: float, spacing_mm: Sequence[float]) -> tuple[FloatArray, FloatArray]:
    """Return the fine points inside, (n, 3) as (slice, row, column), and their depth (n,)."""
    shape = signed.shape[1:]
    axes = [_steps(n, step_mm / d) for n, d in zip(shape, spacing_mm, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    found, depths = [], []
    for k in np.flatnonzero(np.isfinite(signed).all(axis=(1, 2))):
        depth = ndimage.map_coordinates(signed[k], grid.T, order=1)
        inside = depth > 0
        found.append(np.insert(grid[inside], 0, float(k), axis=1))
        depths.append(depth[inside])
    return np.concatenate(found), np.concatenate(depths)


def _steps(size: int, step: float) -> FloatArray:
    """Return steps between the first and the last pixel of a row, as far from one as from the other.

    Points that began at the first pixel would depend on the direction in which the row is stored.
    """
    count = int((size - 1) / step + _WHOLE)
    return np.asarray((np.arange(count + 1, dtype=float) - count / 2) * step + (size - 1) / 2)
