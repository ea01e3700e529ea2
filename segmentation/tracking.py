"""Where the cord runs: correlation with a model of its section, and the best path through all sections."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from mri.geometry import FloatArray
from mri.volume import Volume
from segmentation.parameters import TrackParameters

Image = NDArray[np.float32]
Rings = tuple[tuple[float, float], ...]

BRIGHT_CSF: tuple[Rings, ...] = (
    ((1.0, -0.6), (1.75, 1.2), (2.6, -0.8)),
    ((1.0, -0.8), (1.7, 1.0)),
)
"""Models of a section as (outer radius in cord radii, intensity): cord, CSF, with and without the dark canal wall."""
DARK_CSF: tuple[Rings, ...] = (
    ((1.0, 0.6), (1.75, -1.2), (2.6, 0.8)),
    ((1.0, 1.0), (1.6, -1.0)),
)
"""The same for dark CSF: marrow and epidural fat are bright around it."""

CANAL: Rings = ((1.7, 1.0), (2.6, -1.0))
"""Bright cord and bright CSF together in the dark canal wall: where T2 hyperintensity fills the cord."""

_MODEL_REACH_MM = 16.0
_BRIGHTEST_PERCENTILE = 99.0
_CEILING = 1.5
"""Intensities are cut at this many times the 99th percentile: vessels and fat must not rule the correlation."""
_LEAST_VARIANCE = 5e-5
"""Part of the image's variance below which a window counts as empty."""
_LIT = 0.08
"""Windows darker on average than this part of the 99th percentile are mostly air, where noise correlates by chance."""
_AIR = 0.03
"""Part of the 99th percentile that is added to the local mean, so that air stays dark."""
_WITH_CSF = 1.7
"""Outer radius of the CSF in cord radii."""
_COARSE_SECTION_MM = 4.0
"""Sections at least this far apart are not smoothed along the cord."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Track:
    """The path of the cord through the sections of an upright volume.

    Attributes
    ----------
    centre : ndarray
        Shape (n, 2): fractional lateral and anteroposterior index on each section.
    score : ndarray
        Shape (n,): correlation with the best model, at most 1.
    cord_score : ndarray
        Shape (n,): the same for the models of a normal cord alone.
    """

    centre: FloatArray
    score: FloatArray
    cord_score: FloatArray


def track_cord(stack: Volume, *, bright_csf: bool, options: TrackParameters) -> Track:
    """Follow the cord through an upright volume."""
    spacing = np.array(stack.geometry.spacing_mm)
    coarse, factors = _search_grid(stack, options)
    section_mm = spacing[2] / factors[2]
    if not bright_csf:
        coarse = _flattened(coarse, section_mm, options)
    models = BRIGHT_CSF if bright_csf else DARK_CSF
    cord = np.mean([_correlation(coarse, rings, options) for rings in models], axis=0)
    cord = _averaged(cord, section_mm, options)
    score = cord
    if bright_csf:
        canal = _averaged(_correlation(coarse, CANAL, options), section_mm, options)
        score = np.maximum(cord, options.canal_weight * canal)
    path = _path_of_most_gain(_gain(score, options), section_mm, options)
    centre: FloatArray = (path + 0.5) / factors[:2] - 0.5
    if section_mm < _COARSE_SECTION_MM:
        centre = ndimage.gaussian_filter1d(centre, options.smoothing_sections, axis=0, mode="nearest")
    at = (np.arange(len(path)) + 0.5) / factors[2] - 0.5
    sections = np.arange(stack.geometry.shape[2])
    return Track(
        centre=np.stack([np.interp(sections, at, centre[:, k]) for k in range(2)], axis=1),
        score=np.interp(sections, at, _along(path, score)),
        cord_score=np.interp(sections, at, _along(path, cord)),
    )


def click_distance_mm(track: Track, clicks: FloatArray, spacing_mm: FloatArray) -> float:
    """Return the largest in-plane distance of clicks, shape (n, 3) in upright indices, from the path; 0 for none."""
    if not len(clicks):
        return 0.0
    sections = np.arange(len(track.centre))
    there = np.stack([np.interp(clicks[:, 2], sections, track.centre[:, k]) for k in range(2)], axis=1)
    return float(np.linalg.norm((clicks[:, :2] - there) * spacing_mm[:2], axis=1).max())


def moved_to_clicks(track: Track, clicks: FloatArray, spacing_mm: FloatArray, options: TrackParameters) -> Track:
    """Shift the path through clicks, shape (n, 3) in upright indices; the shift fades along the cord."""
    ordered = clicks[np.argsort(clicks[:, 2])]
    sections = np.arange(len(track.centre))
    there = np.stack([np.interp(ordered[:, 2], sections, track.centre[:, k]) for k in range(2)], axis=1)
    shift = ordered[:, :2] - there
    carried = np.stack([np.interp(sections, ordered[:, 2], shift[:, k]) for k in range(2)], axis=1)
    outside = np.maximum(0.0, np.maximum(ordered[0, 2] - sections, sections - ordered[-1, 2])) * spacing_mm[2]
    fade = np.exp(-outside / options.click_reach_mm)
    return Track(centre=track.centre + carried * fade[:, None], score=track.score, cord_score=track.cord_score)


def _search_grid(stack: Volume, options: TrackParameters) -> tuple[Image, FloatArray]:
    """Return the image on the grid of the search, scaled to its bright parts, and the zoom factors."""
    spacing = np.array(stack.geometry.spacing_mm)
    wanted = np.array([options.in_plane_mm, options.in_plane_mm, max(options.section_mm, spacing[2])])
    # at least one voxel each way is left of the thinnest image
    factors = np.maximum(spacing / wanted, 1.0 / np.array(stack.array.shape))
    blur = np.where(factors < 1, 0.5 / np.maximum(factors, 1e-6), 0.0)
    blur[:2] = 0.0
    smooth = ndimage.gaussian_filter(stack.array, blur) if blur.any() else stack.array
    coarse = ndimage.zoom(smooth, factors, order=1, grid_mode=True, mode="nearest")
    factors = np.array(coarse.shape) / np.array(stack.array.shape)
    bright = max(float(np.percentile(coarse, _BRIGHTEST_PERCENTILE)), 1e-6)
    return np.clip(coarse / bright, 0.0, _CEILING).astype(np.float32), factors


def _flattened(image: Image, section_mm: float, options: TrackParameters) -> Image:
    """Divide by the local mean and cut what is far brighter: surface coils make near tissue bright, and fat is."""
    reach = options.flatten_mm / np.array([2 * options.in_plane_mm, options.in_plane_mm, 2 * section_mm])
    local = ndimage.gaussian_filter(image, reach)
    flat: Image = np.clip(image / (local + _AIR), 0.0, options.fat_ceiling).astype(np.float32)
    return flat


def _averaged(score: Image, section_mm: float, options: TrackParameters) -> Image:
    """Return the score weighted by what lies in the field of view and smoothed along the cord."""
    seen: Image = score * _share_in_view(score.shape, options)[:, :, None]
    if section_mm < _COARSE_SECTION_MM:
        seen = ndimage.gaussian_filter1d(seen, options.mean_score_mm / section_mm, axis=2)
    return seen


def _gain(score: Image, options: TrackParameters) -> Image:
    """Return what the path gains at each voxel: the score less the distance from the midline."""
    offset_mm = (np.arange(len(score)) - (len(score) - 1) / 2) * options.in_plane_mm
    midline = options.midline_weight * (offset_mm / options.midline_mm) ** 2
    gain: Image = np.clip(score, 0.0, 1.0) - midline[:, None, None].astype(np.float32)
    return gain


def _along(path: NDArray[np.intp], score: Image) -> FloatArray:
    values: FloatArray = score[path[:, 0], path[:, 1], np.arange(len(path))].astype(float)
    return values


def _model(rings: Rings, radius_mm: float, options: TrackParameters) -> tuple[Image, Image]:
    """Return the zero-mean, unit-norm model of a section and the window it lives in."""
    reach = int(_MODEL_REACH_MM / options.in_plane_mm)
    at = np.arange(-reach, reach + 1) * options.in_plane_mm
    x, y = np.meshgrid(at, at, indexing="ij")
    radius = np.hypot(x / options.lateral_stretch, y) / radius_mm
    model = np.zeros_like(radius)
    for outer, intensity in reversed(rings):
        model[radius < outer] = intensity
    window = radius < rings[-1][0]
    model -= window * model.sum() / window.sum()
    return (model / np.linalg.norm(model)).astype(np.float32), window.astype(np.float32)


def _correlation(image: Image, rings: Rings, options: TrackParameters) -> Image:
    """Return the largest normalised cross-correlation over the radii, same shape as the image."""
    models = [_model(rings, radius, options) for radius in options.radii_mm]
    pad = models[0][0].shape[0] // 2
    mode: Literal["reflect", "symmetric"] = "reflect" if min(image.shape[:2]) > pad else "symmetric"
    padded = np.pad(np.moveaxis(image, 2, 0), ((0, 0), (pad, pad), (pad, pad)), mode=mode)
    size = [fft.next_fast_len(n, real=True) for n in padded.shape[1:]]
    plain, squared = fft.rfft2(padded, size), fft.rfft2(padded**2, size)
    floor = _LEAST_VARIANCE * float(image.var()) + 1e-9
    best = np.full(image.shape, -1.0, dtype=np.float32)
    shape = image.shape[:2]
    for model, window in models:
        mask = np.conj(fft.rfft2(window, size))
        count = float(window.sum())
        mean = _valid(plain * mask, size, shape)
        variance = _valid(squared * mask, size, shape) - mean**2 / count
        match = _valid(plain * np.conj(fft.rfft2(model, size)), size, shape)
        lit = np.minimum(mean / count / _LIT, 1.0)
        found = lit * match / np.sqrt(np.maximum(variance, floor * count))
        np.maximum(best, np.moveaxis(found, 0, 2), out=best)
    return best


def _share_in_view(shape: tuple[int, ...], options: TrackParameters) -> Image:
    """Return, for each in-plane position, how much of a cord with its CSF would lie in the field of view.

    Half a section at the border correlates with too much; a cord is rarely cut by the field of view.
    """
    radius_mm = _WITH_CSF * float(np.mean(options.radii_mm))
    shares = []
    for length, half in zip(shape[:2], (radius_mm * options.lateral_stretch, radius_mm), strict=True):
        at = np.arange(length) * options.in_plane_mm
        low, high = -0.5 * options.in_plane_mm, (length - 0.5) * options.in_plane_mm
        shares.append((np.minimum(at + half, high) - np.maximum(at - half, low)) / (2 * half))
    share: Image = np.outer(*shares).astype(np.float32)
    return share


def _valid(spectrum: NDArray[np.complex64], size: list[int], shape: tuple[int, ...]) -> Image:
    """Return the part of an inverse transform where the window lies inside the padded image."""
    whole: Image = fft.irfft2(spectrum, size)[:, : shape[0], : shape[1]]
    return whole


def _path_of_most_gain(gain: Image, section_mm: float, options: TrackParameters) -> NDArray[np.intp]:
    """Return the indices (n, 2) of the best path, by dynamic programming along the sections."""
    reach = max(1, int(np.ceil(options.steepest * section_mm / options.in_plane_mm)))
    steps = [(i, j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1)]
    rows, columns, sections = gain.shape
    total = gain[:, :, 0].copy()
    came: list[NDArray[np.int16]] = []
    for k in range(1, sections):
        padded = np.pad(total, reach, constant_values=-1e9)
        best = np.full(total.shape, -np.inf, dtype=np.float32)
        choice = np.zeros(total.shape, dtype=np.int16)
        for number, (i, j) in enumerate(steps):
            bend = options.lateral_bend_weight * i * i + options.bend_weight * j * j
            cost = bend * options.in_plane_mm**2 / section_mm
            value = padded[reach + i : reach + i + rows, reach + j : reach + j + columns] - cost
            better = value > best
            best[better] = value[better]
            choice[better] = number
        total = best + gain[:, :, k]
        came.append(choice)
    at = np.unravel_index(int(total.argmax()), total.shape)
    path = [(int(at[0]), int(at[1]))]
    for choice in reversed(came):
        i, j = steps[int(choice[path[-1]])]
        path.append((path[-1][0] + i, path[-1][1] + j))
    return np.array(path[::-1])
