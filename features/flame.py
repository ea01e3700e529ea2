"""How a lesion ends along the cord: sharp, or tapering like a flame (DEFINITIONS 11)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from features.frame import Frame
from features.parameters import SuggestionParameters
from features.parts import Part
from features.reference import ROUNDING_MM, Reference
from mri.geometry import FloatArray
from mri.volume import Volume

Before = Callable[[FloatArray], FloatArray]
"""Signal before contrast relative to normal cord, (n,), at LPS points (n, 3); 1 where it is not known."""

_MARGIN = 2
"""Voxels around the drawn lesion that its edge lies in."""
_BEYOND_MM = 4.0
"""How far beyond the lesion profiles begin, so that they begin at nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pole:
    """One end of a lesion.

    Attributes
    ----------
    edge_ratio : float
        Width of the edge along the cord divided by that of the lesion's anterior and posterior edge.
    taper_mm : float
        Length over which the drawn section grows.
    edge_mm : float
        Width of the edge along the cord.
    """

    edge_ratio: float
    taper_mm: float
    edge_mm: float

    def tapers(self, p: SuggestionParameters) -> bool:
        """Return whether the end is not sharp, as that of a flame and of a long ellipsoid."""
        return self.edge_ratio >= p.flame_edge_ratio or self.taper_mm >= p.flame_taper_mm

    def is_flame(self, other: "Pole", p: SuggestionParameters) -> bool:
        """Return whether the end looks like a flame, beside the other end of an otherwise well-defined lesion."""
        # blood at the other pole cuts its enhancement off sharply: its drawn section counts too
        sharp_mm = max(other.edge_mm, other.taper_mm, p.flame_least_edge_mm)
        fades = self.edge_ratio >= p.flame_edge_ratio and self.edge_mm >= p.flame_edge_asymmetry * sharp_mm
        narrows = self.taper_mm >= p.flame_taper_mm and self.taper_mm >= p.flame_taper_asymmetry * other.taper_mm
        return fades or narrows


def is_flame(ends: tuple[Pole, Pole], p: SuggestionParameters) -> bool:
    """Return whether either end of a lesion looks like a flame."""
    upper, lower = ends
    return upper.is_flame(lower, p) or lower.is_flame(upper, p)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Neighbourhood:
    """A lesion and the voxels around it: enhancement, membership and local coordinates, each of shape (n,)."""

    enhancement: FloatArray
    drawn: FloatArray
    s_mm: FloatArray
    ap_mm: FloatArray


def poles(
    part: Part, volume: Volume, reference: Reference, before: Before, frame: Frame, p: SuggestionParameters
) -> tuple[Pole, Pole] | None:
    """Return the upper and the lower pole of a lesion seen on a sagittal or isotropic series; None where too small.

    What was bright before contrast, as blood is, does not count as enhancing.

    Both profiles along the cord are sums over its cross-section: of the enhancement, which fades in a flame, and of the
    drawn voxels, which grow fewer.
    """
    near = _neighbourhood(part, volume, reference, before, frame, p)
    along, bright = _profile(near.s_mm, near.enhancement, p)
    _, drawn = _profile(near.s_mm, near.drawn, p)
    reach_mm = max(float(np.ptp(part.s_mm)) / 4, p.profile_step_mm) + ROUNDING_MM
    middle = np.abs(near.s_mm - np.median(part.s_mm)) <= reach_mm
    _, across = _profile(near.ap_mm[middle], near.enhancement[middle], p)
    if not len(along) or bright.max() <= 0 or across.max(initial=0.0) <= 0:
        return None
    side_mm = (_rise_mm(across, p, plateau=100) + _rise_mm(across[::-1], p, plateau=100)) / 2
    ends = [(bright, drawn), (bright[::-1], drawn[::-1])]
    upper, lower = (_pole(one, other, side_mm, p) for one, other in ends)
    return upper, lower


def _pole(bright: FloatArray, drawn: FloatArray, side_mm: float, p: SuggestionParameters) -> Pole:
    edge_mm = _rise_mm(bright, p, plateau=p.plateau_percentile)
    taper_mm = _rise_mm(drawn, p, plateau=p.plateau_percentile)
    return Pole(edge_ratio=edge_mm / max(side_mm, p.profile_step_mm), taper_mm=taper_mm, edge_mm=edge_mm)


def _neighbourhood(
    part: Part, volume: Volume, reference: Reference, before: Before, frame: Frame, p: SuggestionParameters
) -> _Neighbourhood:
    low = np.maximum(part.index.min(axis=0) - _MARGIN, 0)
    high = np.minimum(part.index.max(axis=0) + _MARGIN + 1, part.geometry.shape)
    drawn = np.zeros(high - low, dtype=bool)
    drawn[tuple((part.index - low).T)] = True
    through = int(np.argmax(part.geometry.spacing_mm))
    # only within slices: the neighbouring slice shows the lesion's side
    around = ndimage.binary_dilation(drawn, np.expand_dims(np.ones((3, 3), dtype=bool), through))
    index = np.argwhere(around)
    points = part.geometry.to_world(index + low)
    seen = frame.axis.project(points)
    enhancement = volume.array[tuple((index + low).T)].astype(np.float64) / reference.median - before(points)
    _, _, anterior = frame.axis.frame_at(float(np.median(part.s_mm)))
    return _Neighbourhood(
        enhancement=np.where(enhancement >= p.least_enhancement, enhancement, 0.0),
        drawn=drawn[tuple(index.T)].astype(np.float64),
        s_mm=seen.s_mm,
        ap_mm=(points - frame.axis.position_at(seen.s_mm)) @ anterior,
    )


def _profile(at_mm: FloatArray, weight: FloatArray, p: SuggestionParameters) -> tuple[FloatArray, FloatArray]:
    """Return a smooth sum of weights along a coordinate: places and values."""
    if not len(at_mm):
        return np.empty(0), np.empty(0)
    places = np.arange(at_mm.min() - _BEYOND_MM, at_mm.max() + _BEYOND_MM, p.profile_step_mm)
    kernel = np.exp(-0.5 * ((at_mm[None, :] - places[:, None]) / p.profile_smoothing_mm) ** 2)
    values: FloatArray = kernel @ weight
    return places, values


def _rise_mm(profile: FloatArray, p: SuggestionParameters, plateau: float) -> float:
    """Return over what length a profile that begins at 0 rises between two shares of its plateau."""
    whole: NDArray[np.bool_] = profile > p.rise_shares[0] * profile.max(initial=0.0)
    if not whole.any():
        return 0.0
    level = profile / np.percentile(profile[whole], plateau)
    low, high = p.rise_shares
    reached = int(np.argmax(level >= high))
    below = np.flatnonzero(level[:reached] <= low)
    start = int(below[-1]) if len(below) else 0
    return (_crossing(level, reached - 1, high) - _crossing(level, start, low)) * p.profile_step_mm


def _crossing(level: FloatArray, k: int, at: float) -> float:
    """Return where between two places a rising profile crosses a level."""
    step = level[k + 1] - level[k]
    return k + (float((at - level[k]) / step) if step > 0 else 0.0)
