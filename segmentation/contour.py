"""The outline of the cord on each section: a closed path of least cost in polar coordinates around its centre."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import FloatArray
from mri.volume import Volume
from segmentation.outline_parameters import ContourParameters

_FORBIDDEN = 5.0
"""Cost outside the allowed radii, above any edge's gain."""
_STRONGEST = 1.5
_LARGEST_STEP = 2
"""Radius steps between neighbouring rays."""
_FINE_SECTION_MM = 3.0
"""Sections closer than this are smoothed along the cord."""
_CENTRE_SMOOTHING_MM = 3.0
_RADIUS_SMOOTHING_MM = 2.0
_RADIUS_SMOOTHING_THICK_SECTIONS = 0.3
_RAY_SMOOTHING = 0.7
_MOVE_FACTOR = 1.3
"""The first harmonic underestimates how far the centre is off."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """The outline on each of n sections.

    Attributes
    ----------
    centre : ndarray
        Shape (n, 2): fractional in-plane indices of an upright volume.
    radius_mm : ndarray
        Shape (n, rays), counter-clockwise from patient left towards posterior.
    edge : ndarray
        Shape (n,): mean edge strength along the outline, in units of the section's strong edges.
    """

    centre: FloatArray
    radius_mm: FloatArray
    edge: FloatArray

    @property
    def angles(self) -> FloatArray:
        """Direction of each ray in radians."""
        rays = self.radius_mm.shape[1]
        angles: FloatArray = np.arange(rays) * 2 * np.pi / rays
        return angles

    @property
    def area_mm2(self) -> FloatArray:
        """Area inside the outline of each section, in the plane of the section."""
        after = np.roll(self.radius_mm, -1, axis=1)
        area: FloatArray = 0.5 * np.sin(2 * np.pi / self.radius_mm.shape[1]) * (self.radius_mm * after).sum(axis=1)
        return area

    @property
    def ap_mm(self) -> FloatArray:
        """Anteroposterior diameter of each section, mean over the five rays nearest to it on each side."""
        rays = self.radius_mm.shape[1]
        near = np.arange(-2, 3)
        both = self.radius_mm[:, rays // 4 + near].mean(axis=1) + self.radius_mm[:, 3 * rays // 4 + near].mean(axis=1)
        diameter: FloatArray = both
        return diameter


def outline_cord(stack: Volume, centre: FloatArray, *, bright_csf: bool, options: ContourParameters) -> Outline:
    """Find the outline around a centre, shape (n, 2) in upright indices, on every section."""
    spacing = np.array(stack.geometry.spacing_mm)
    image = stack if bright_csf else _without_fat(stack, centre, options)
    smooth, offset = _smoothed(image, centre, options)
    sign = 1.0 if bright_csf else -1.0
    for number in range(options.passes):
        cost, edge = _edge_cost(_rays(smooth, centre - offset, spacing, options), sign, options)
        radius = _radii(options)[_closed_paths(cost, options.bend_weight)]
        settled = _settled(radius, spacing[2], options)
        if number < options.passes - 1:
            centre = _recentred(centre, settled, spacing)
    strength = np.take_along_axis(edge, _steps(radius, options)[:, :, None], axis=2)[:, :, 0].mean(axis=1)
    return Outline(centre=centre, radius_mm=0.5 * (radius + settled), edge=strength)


def outline_around(
    stack: Volume, centre: FloatArray, inner_mm: FloatArray, *, darker_outside: bool, options: ContourParameters
) -> Outline:
    """Find the first strong border around something whose outline is known, on every section.

    Parameters
    ----------
    stack : Volume
        Upright.
    centre : ndarray
        Shape (n, 2): upright in-plane indices; they are not moved.
    inner_mm : ndarray
        Shape (n, rays): the border lies beyond these radii.
    darker_outside : bool
    options : ContourParameters
    """
    spacing = np.array(stack.geometry.spacing_mm)
    smooth, offset = _smoothed(stack, centre, options)
    samples = _rays(smooth, centre - offset, spacing, options)
    beyond = _radii(options) > inner_mm[:, :, None]
    cost, edge = _edge_cost(samples, -1.0 if darker_outside else 1.0, options, beyond)
    radius = _radii(options)[_closed_paths(cost, options.bend_weight)]
    settled = _settled(radius, spacing[2], options)
    strength = np.take_along_axis(edge, _steps(radius, options)[:, :, None], axis=2)[:, :, 0].mean(axis=1)
    # a section of noise alone has strong edges of its own: they count by what other sections have
    strongest = np.percentile(np.abs(np.gradient(samples, options.step_mm, axis=2)), 95, axis=(1, 2))
    strength = strength * np.minimum(strongest / (np.median(strongest) + 1e-6), 1.0)
    return Outline(centre=centre, radius_mm=0.5 * (radius + settled), edge=strength)


def fill_outline(outline: Outline, shape: tuple[int, int, int], spacing_mm: FloatArray) -> NDArray[np.bool_]:
    """Return the voxels of an upright grid whose centres lie inside the outline."""
    inside = np.zeros(shape, dtype=bool)
    reach = np.ceil((outline.radius_mm.max() + 1.0) / spacing_mm[:2]).astype(int)
    angles = np.append(outline.angles, 2 * np.pi)
    for k in range(shape[2]):
        low = np.clip(np.floor(outline.centre[k]).astype(int) - reach, 0, np.array(shape[:2]) - 1)
        high = np.clip(np.ceil(outline.centre[k]).astype(int) + reach + 1, 1, np.array(shape[:2]))
        dx = (np.arange(low[0], high[0]) - outline.centre[k, 0])[:, None] * spacing_mm[0]
        dy = (np.arange(low[1], high[1]) - outline.centre[k, 1])[None, :] * spacing_mm[1]
        angle = np.arctan2(dy, dx) % (2 * np.pi)
        limit = np.interp(angle, angles, np.append(outline.radius_mm[k], outline.radius_mm[k, 0]))
        inside[low[0] : high[0], low[1] : high[1], k] = np.hypot(dx, dy) <= limit
    return inside


def _radii(options: ContourParameters) -> FloatArray:
    return np.arange(2 * options.step_mm, options.reach_mm, options.step_mm)


def _steps(radius: FloatArray, options: ContourParameters) -> NDArray[np.intp]:
    """Return the index of each radius in the samples of a ray."""
    return np.rint(radius / options.step_mm).astype(np.intp) - 2


def _smoothed(stack: Volume, centre: FloatArray, options: ContourParameters) -> tuple[NDArray[np.float32], FloatArray]:
    """Return the smoothed image around the cord and the in-plane index of its first voxel."""
    spacing = np.array(stack.geometry.spacing_mm)
    margin = 2 * options.reach_mm / spacing[:2]
    low = np.clip(np.floor(centre.min(axis=0) - margin), 0, None).astype(int)
    high = np.ceil(centre.max(axis=0) + margin).astype(int) + 1
    blur = options.smoothing_mm / spacing
    blur[2] = min(2 * blur[2], options.largest_smoothing_sections)
    crop = stack.array[low[0] : high[0], low[1] : high[1]]
    smooth: NDArray[np.float32] = ndimage.gaussian_filter(crop, blur)
    return smooth, low.astype(float)


def _without_fat(stack: Volume, centre: FloatArray, options: ContourParameters) -> Volume:
    """Cut intensities a little above the cord's own level, so that fat and enhancement make no edges."""
    level = cord_level(stack, centre, options)
    return Volume(array=np.minimum(stack.array, options.ceiling * level.astype(np.float32)), geometry=stack.geometry)


def cord_level(stack: Volume, centre: FloatArray, options: ContourParameters) -> FloatArray:
    """Return the median intensity around a centre, per section, after a running median along the cord."""
    section_mm = stack.geometry.spacing_mm[2]
    inner = _rays(stack.array, centre, np.array(stack.geometry.spacing_mm), options)
    middle = np.median(inner[:, :, _radii(options) <= options.least_radius_mm], axis=(1, 2))
    level: FloatArray = ndimage.median_filter(middle, max(1, round(options.level_mm / section_mm)) | 1, mode="nearest")
    return level


def _rays(
    image: NDArray[np.float32], centre: FloatArray, spacing: FloatArray, options: ContourParameters
) -> FloatArray:
    """Sample each section along the rays: shape (sections, rays, radii)."""
    angles = np.arange(options.rays) * 2 * np.pi / options.rays
    radii = _radii(options)
    x = centre[:, 0, None, None] + np.cos(angles)[:, None] * radii / spacing[0]
    y = centre[:, 1, None, None] + np.sin(angles)[:, None] * radii / spacing[1]
    z = np.broadcast_to(np.arange(len(centre), dtype=float)[:, None, None], x.shape)
    sampled: FloatArray = ndimage.map_coordinates(image, [x, y, z], order=1, mode="nearest", output=np.float64)
    return sampled


def _edge_cost(
    samples: FloatArray, sign: float, options: ContourParameters, allowed: NDArray[np.bool_] | None = None
) -> tuple[FloatArray, FloatArray]:
    """Return the cost of an outline through each sample, and the relative edge strength there.

    Samples that are not allowed lie inside the border: their edges do not count.
    """
    gradient = np.gradient(samples, options.step_mm, axis=2) * sign
    if allowed is not None:
        gradient = np.where(allowed, gradient, 0.0)
    scale = np.percentile(np.abs(gradient), 95, axis=(1, 2), keepdims=True) + 1e-6
    edge = gradient / scale
    crossed = np.clip(edge - options.weak_edge, 0.0, None) * options.step_mm
    cost = -np.clip(edge, -1.0, _STRONGEST) + options.inner_edge_weight * (np.cumsum(crossed, axis=2) - crossed)
    radii = _radii(options)
    cost[:, :, (radii < options.least_radius_mm) | (radii > options.largest_radius_mm)] += _FORBIDDEN
    if allowed is not None:
        cost += _FORBIDDEN * ~allowed
    return cost, edge


def _closed_paths(cost: FloatArray, bend_weight: float) -> NDArray[np.intp]:
    """Return the cheapest closed path of each section as radius indices, shape (sections, rays).

    The circle is walked three times and the middle round is kept, so that both ends agree.
    """
    sections, rays, radii = cost.shape
    shifts = range(-_LARGEST_STEP, _LARGEST_STEP + 1)
    total = cost[:, 0].copy()
    came = np.zeros((3 * rays, sections, radii), dtype=np.intp)
    for t in range(1, 3 * rays):
        reached = np.full((len(shifts), sections, radii), np.inf)
        for number, shift in enumerate(shifts):
            penalty = bend_weight * shift * shift
            if shift >= 0:
                reached[number, :, shift:] = total[:, : radii - shift] + penalty
            else:
                reached[number, :, :shift] = total[:, -shift:] + penalty
        best = reached.argmin(axis=0)
        came[t] = np.arange(radii) - (best - _LARGEST_STEP)
        total = np.take_along_axis(reached, best[None], axis=0)[0] + cost[:, t % rays]
    path = np.empty((sections, 3 * rays), dtype=np.intp)
    path[:, -1] = total.argmin(axis=1)
    every = np.arange(sections)
    for t in range(3 * rays - 1, 0, -1):
        path[:, t - 1] = came[t, every, path[:, t]]
    return path[:, rays : 2 * rays]


def _settled(radius: FloatArray, section_mm: float, options: ContourParameters) -> FloatArray:
    """Return the radii after a median along the cord and between rays, and a light smoothing."""
    if len(radius) <= 2:
        return radius
    length = max(1, round(options.median_mm / section_mm)) | 1
    wrapped = np.pad(radius, ((0, 0), (2, 2)), mode="wrap")
    median = ndimage.median_filter(wrapped, size=(length, 3), mode="nearest")[:, 2:-2]
    along = _RADIUS_SMOOTHING_MM / section_mm if section_mm < _FINE_SECTION_MM else _RADIUS_SMOOTHING_THICK_SECTIONS
    smooth: FloatArray = ndimage.gaussian_filter(median, [along, _RAY_SMOOTHING], mode=("nearest", "wrap"))
    return smooth


def _recentred(centre: FloatArray, radius: FloatArray, spacing: FloatArray) -> FloatArray:
    """Move each centre to the middle of its outline."""
    angles = np.arange(radius.shape[1]) * 2 * np.pi / radius.shape[1]
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    moved: FloatArray = centre + _MOVE_FACTOR * (radius @ directions) / radius.shape[1] / spacing[:2]
    if len(centre) > 4 and spacing[2] < _FINE_SECTION_MM:
        moved = ndimage.gaussian_filter1d(moved, _CENTRE_SMOOTHING_MM / spacing[2], axis=0, mode="nearest")
    return moved
