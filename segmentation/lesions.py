"""Lesion candidates without a click: suggestions with a score, never findings."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import INFERIOR_SUPERIOR
from segmentation.contrast import Contrast
from segmentation.parameters import LesionParameters
from segmentation.rim import csf_excess

LOW_CONTRAST = "low_contrast"
TOUCHES_EDGE = "touches_cord_edge"
CUT = "fov_cuts_lesion"

_CONNECT_26 = np.ones((3, 3, 3), dtype=bool)
_LEAST_SHARE = 1e-6
"""Of a cord without an edge, which no mask has."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidate:
    """One bright region in or at the cord.

    Attributes
    ----------
    contrast : Contrast
        Where it was found.
    mask : ndarray of bool
        Shape of the contrast's box.
    s_mm : tuple of float
        Its ends along the cord.
    score : float
        Mean excess over the noise.
    excess : float
        Median signal above normal cord, in units of the cord's signal.
    volume_mm3 : float
    flags : tuple of str
    """

    contrast: Contrast
    mask: NDArray[np.bool_]
    s_mm: tuple[float, float]
    score: float
    excess: float
    volume_mm3: float
    flags: tuple[str, ...] = ()

    @property
    def length_mm(self) -> float:
        """Length along the cord."""
        return self.s_mm[1] - self.s_mm[0]

    def record(self) -> dict[str, object]:
        """Return what is kept of it beside the mask."""
        return {
            "score": round(self.score, 2),
            "excess": round(self.excess, 3),
            "length_mm": round(self.length_mm, 1),
            "volume_mm3": round(self.volume_mm3, 1),
            "flags": list(self.flags),
        }


def find_candidates(contrast: Contrast, options: LesionParameters, *, exophytic: bool) -> list[Candidate]:
    """Return the bright regions of a cord from rostral to caudal.

    Parameters
    ----------
    contrast : Contrast
    options : LesionParameters
    exophytic : bool
        Whether a region may reach a little out of the cord: where CSF is dark. CSF is as bright as a T2 lesion, so that
        there the cord's edge is left out instead.
    """
    smooth = _smooth(contrast, options)
    # between cord and CSF, or cord and veins, only what reaches the middle of the cord tells where a lesion ends
    inner = contrast.cord & ~contrast.edge(options.edge_mm) if exophytic else contrast.core
    if not exophytic:
        # at the cone of the conus a voxel holds more CSF than cord
        inner = inner & ~contrast.thin(options.least_area_share, options.area_within_mm)
    least = options.seed_excess if exophytic else options.t2_seed_excess
    seeds = (smooth > max(options.seed_z * contrast.noise, least)) & inner
    labels, count = ndimage.label(seeds, _CONNECT_26)
    grown = [_grown(contrast, smooth, labels == k, inner, options) for k in range(1, count + 1)]
    if not exophytic:
        grown = _off_the_cone(contrast, [_filling(contrast, region, options) for region in grown], options)
    found = [_candidate(contrast, region, options) for region in _merged(contrast, grown, options)]
    kept = [one for one in found if _is_plausible(one, options)]
    return sorted((_widened(one, smooth, options, exophytic=exophytic) for one in kept), key=lambda one: one.s_mm)


def _smooth(contrast: Contrast, options: LesionParameters) -> NDArray[np.float64]:
    sigma = options.smoothing_mm / np.array(contrast.volume.geometry.spacing_mm)
    smooth: NDArray[np.float64] = ndimage.gaussian_filter(contrast.excess, sigma)
    return smooth


def _widened(
    candidate: Candidate, smooth: NDArray[np.float64], options: LesionParameters, *, exophytic: bool
) -> Candidate:
    """Widen a candidate across the cord to all that is as bright between its own ends."""
    contrast = candidate.contrast
    spacing = np.array(contrast.volume.geometry.spacing_mm)
    where = contrast.cord
    if exophytic:
        where = np.asarray(ndimage.distance_transform_edt(~where, sampling=spacing)) <= options.exophytic_mm
    half = float(spacing.min()) / 2
    between = (contrast.s_mm >= candidate.s_mm[0] + half) & (contrast.s_mm <= candidate.s_mm[1] - half)
    level = _level(contrast, smooth, candidate.mask, options)
    wide = ndimage.binary_propagation(candidate.mask, _CONNECT_26, mask=where & between & (smooth > level))
    return _candidate(contrast, wide | candidate.mask, options)


def _level(
    contrast: Contrast, smooth: NDArray[np.float64], seed: NDArray[np.bool_], options: LesionParameters
) -> float:
    """Return half of a region's own height: the edge of a blurred object lies there."""
    height = float(np.quantile(smooth[seed], options.height_quantile))
    return max(options.half_height * height, options.floor_z * contrast.noise)


def _grown(
    contrast: Contrast,
    smooth: NDArray[np.float64],
    seed: NDArray[np.bool_],
    where: NDArray[np.bool_],
    options: LesionParameters,
) -> NDArray[np.bool_]:
    """Grow a seed down to half of its own height."""
    level = _level(contrast, smooth, seed, options)
    grown: NDArray[np.bool_] = ndimage.binary_propagation(seed, _CONNECT_26, mask=where & (smooth > level))
    return grown


def _filling(contrast: Contrast, region: NDArray[np.bool_], options: LesionParameters) -> NDArray[np.bool_]:
    """Leave out the axial sections of whose core a region fills too little: an outline that is off lets CSF in."""
    axis = contrast.volume.geometry.axis_nearest(INFERIOR_SUPERIOR)
    across = tuple(k for k in range(3) if k != axis)
    share = (region & contrast.core).sum(axis=across) / np.maximum(contrast.core.sum(axis=across), 1)
    kept: NDArray[np.bool_] = region & (share >= options.least_filled).reshape(
        [-1 if k == axis else 1 for k in range(3)]
    )
    return kept


def _off_the_cone(
    contrast: Contrast, regions: Sequence[NDArray[np.bool_]], options: LesionParameters
) -> list[NDArray[np.bool_]]:
    """Leave out the regions that lie wholly at the cord's tip: roots and CSF between them are as bright as a lesion."""
    tip = contrast.tip_mm(options.below_tip_mm)
    if tip is None:
        return list(regions)
    return [region for region in regions if region.any() and contrast.s_mm[region].min() < tip - options.cone_mm]


def _merged(
    contrast: Contrast, regions: Sequence[NDArray[np.bool_]], options: LesionParameters
) -> list[NDArray[np.bool_]]:
    """Join regions whose gap along the cord is short: parts of one lesion."""
    ordered = sorted((r for r in regions if r.any()), key=lambda r: float(contrast.s_mm[r].min()))
    merged: list[NDArray[np.bool_]] = []
    for region in ordered:
        if merged and contrast.s_mm[region].min() - contrast.s_mm[merged[-1]].max() <= options.join_mm:
            merged[-1] = merged[-1] | region
        else:
            merged.append(region)
    return merged


def _candidate(contrast: Contrast, mask: NDArray[np.bool_], options: LesionParameters) -> Candidate:
    values = contrast.excess[mask]
    spacing = np.array(contrast.volume.geometry.spacing_mm)
    half = float(spacing.min()) / 2
    s = contrast.s_mm[mask]
    index = np.argwhere(mask) + contrast.low
    at_border = (index.min(axis=0) == 0) | (index.max(axis=0) == np.array(contrast.volume.geometry.shape) - 1)
    found = {
        LOW_CONTRAST: float(np.median(values)) < options.low_contrast_z * contrast.noise,
        TOUCHES_EDGE: _may_be_csf(contrast, mask, options),
        CUT: bool(at_border.any()),
    }
    return Candidate(
        contrast=contrast,
        mask=mask,
        s_mm=(float(s.min()) - half, float(s.max()) + half),
        score=float(values.mean() / contrast.noise),
        excess=float(np.median(values)),
        volume_mm3=float(mask.sum() * contrast.volume.geometry.voxel_volume_mm3),
        flags=tuple(flag for flag, is_true in found.items() if is_true),
    )


def _may_be_csf(contrast: Contrast, mask: NDArray[np.bool_], options: LesionParameters) -> bool:
    """Return whether a region lies along the cord's edge and, where CSF is bright, is nearly as bright as it."""
    if _on_the_edge(contrast, mask) < options.edge_ratio:
        return False
    csf = csf_excess(contrast)
    return csf is None or float(np.median(contrast.excess[mask])) >= options.csf_share * csf


def _on_the_edge(contrast: Contrast, mask: NDArray[np.bool_]) -> float:
    """Return how much oftener than the cord of the same sections a region lies on the cord's edge."""
    axis = contrast.volume.geometry.axis_nearest(INFERIOR_SUPERIOR)
    across = tuple(k for k in range(3) if k != axis)
    edge = contrast.cord & ~ndimage.binary_erosion(contrast.cord)
    beside = contrast.cord & mask.any(axis=across, keepdims=True)
    own = float((edge & beside).sum()) / max(int(beside.sum()), 1)
    return float((edge & mask).sum()) / max(int((contrast.cord & mask).sum()), 1) / max(own, _LEAST_SHARE)


def _is_plausible(candidate: Candidate, options: LesionParameters) -> bool:
    """Return whether a candidate is more than noise, and lies in the cord rather than on it."""
    inside = float((candidate.mask & candidate.contrast.cord).sum()) / max(int(candidate.mask.sum()), 1)
    return (
        candidate.volume_mm3 >= options.least_volume_mm3
        and candidate.length_mm >= options.least_length_mm
        and candidate.score >= options.least_score
        and inside >= options.least_inside
    )
