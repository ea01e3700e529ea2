"""Normal cord near a lesion: what signal and enhancement are compared with (DEFINITIONS 8)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from features.drawn_cord import DrawnCord
from features.extent import Span
from features.frame import Frame
from features.parameters import SuggestionParameters
from features.parts import crop
from mri.geometry import FloatArray

MAD_TO_SD = 1.4826
"""Median absolute deviation of a normal distribution times this is its standard deviation."""
ROUNDING_MM = 1e-3
"""Rows of voxels lie at whole steps from an end or a middle: the noise of single precision must not decide for one."""
_PLANE = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Signal of normal cord in one series.

    Attributes
    ----------
    median, spread : float
        Median, and scaled median absolute deviation, in the units of the image.
    voxels : int
    """

    median: float
    spread: float
    voxels: int

    def ratio(self, value: float) -> float:
        """Return a signal relative to normal cord."""
        return value / self.median

    def z(self, value: float | FloatArray) -> float | FloatArray:
        """Return how far a signal lies from normal cord, in its spread."""
        return (value - self.median) / self.spread


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CordPoints:
    """Voxels of the drawn cord away from its surface.

    Attributes
    ----------
    points_mm : ndarray
        Shape (n, 3), LPS in the frame of the case.
    s_mm : ndarray
        Shape (n,), arc length.
    deep : ndarray of bool
        Shape (n,): away from the surface across the slices too, where thick slices mix cord and fluid.
    """

    points_mm: FloatArray
    s_mm: FloatArray
    deep: NDArray[np.bool_]

    def near(
        self, span: Span, avoided: Iterable[Span], parameters: SuggestionParameters, gap_mm: float | None = None
    ) -> FloatArray:
        """Return the points, (n, 3), of normal cord nearest to a lesion; few where there is little normal cord."""
        free = np.ones(len(self.s_mm), dtype=bool)
        gap = (parameters.reference_gap_mm if gap_mm is None else gap_mm) - ROUNDING_MM
        for one in (span, *avoided):
            free &= (self.s_mm < one.low_mm - gap) | (self.s_mm > one.high_mm + gap)
        deep = _nearest(self.s_mm, free & self.deep, span, parameters.reference_length_mm)
        if deep.sum() >= parameters.least_reference_voxels:
            return self.points_mm[deep]
        return self.points_mm[_nearest(self.s_mm, free, span, parameters.reference_length_mm)]


def cord_points(frame: Frame) -> CordPoints:
    """Return the cord of a case without its surface."""
    found = [(cord, *_inner(cord)) for cord in frame.cords]
    return CordPoints(
        points_mm=np.concatenate([np.empty((0, 3)), *(cord.points_mm[inner] for cord, inner, _ in found)]),
        s_mm=np.concatenate([np.empty(0), *(cord.s_mm[inner] for cord, inner, _ in found)]),
        deep=np.concatenate([np.empty(0, dtype=bool), *(deep[inner] for _, inner, deep in found)]),
    )


def reference(values: FloatArray, parameters: SuggestionParameters) -> Reference | None:
    """Return the signal of normal cord; None where fewer voxels are there than a comparison needs."""
    known = values[np.isfinite(values)]
    if len(known) < parameters.least_reference_voxels:
        return None
    median = float(np.median(known))
    spread = MAD_TO_SD * float(np.median(np.abs(known - median)))
    if median <= 0:
        return None
    # whole grey levels may have no spread at all
    return Reference(median=median, spread=max(spread, parameters.least_spread * median), voxels=len(known))


def _inner(cord: DrawnCord) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which voxels, (n,), have cord for neighbours within the slice, and which on all six sides."""
    filled, where = crop(cord.index, margin=1)
    through = int(np.argmax(cord.geometry.spacing_mm))
    flat = np.expand_dims(_PLANE, through)
    inner = ndimage.binary_erosion(filled, flat)
    deep = ndimage.binary_erosion(filled, ndimage.generate_binary_structure(3, 1))
    return inner[where], deep[where]


def _nearest(s_mm: FloatArray, free: NDArray[np.bool_], span: Span, length_mm: float) -> NDArray[np.bool_]:
    """Return what of the free cord lies within a length of its point nearest to the lesion, on each side."""
    kept = np.zeros(len(s_mm), dtype=bool)
    above, below = free & (s_mm < span.low_mm), free & (s_mm > span.high_mm)
    reach_mm = length_mm + ROUNDING_MM
    if above.any():
        kept |= above & (s_mm >= s_mm[above].max() - reach_mm)
    if below.any():
        kept |= below & (s_mm <= s_mm[below].min() + reach_mm)
    return kept


def csf_signal(
    images: Callable[[FloatArray], FloatArray], span: Span, frame: Frame, p: SuggestionParameters
) -> float | None:
    """Return the T2 signal of cerebrospinal fluid: the brightest point before or behind the cord, median over sections.

    Parameters
    ----------
    images : callable
        Gives the T2 signal, (n,), at LPS points (n, 3).
    span : Span
        The lesion along the cord; fluid is looked for beside it, over the length of the reference.
    """
    reach = p.reference_gap_mm + p.reference_length_mm
    sections = np.arange(span.low_mm - reach, span.high_mm + reach, p.area_smoothing_mm)
    across = np.arange(-p.csf_reach_mm, p.csf_reach_mm + p.csf_step_mm, p.csf_step_mm)
    _, _, anterior = frame.axis.frames_at(sections)
    lines = frame.axis.position_at(sections)[:, None, :] + across[:, None] * anterior[:, None, :]
    values = images(lines.reshape(-1, 3)).reshape(len(sections), len(across))
    seen = values[np.isfinite(values).all(axis=1)]
    return float(np.median(seen.max(axis=1))) if len(seen) else None
