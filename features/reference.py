"""Normal cord near a lesion: what signal and enhancement are compared with (DEFINITIONS 8)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from features.case import Case
from features.extent import Span
from features.frame import Frame
from features.parameters import SuggestionParameters
from features.parts import crop
from mri.geometry import FloatArray, Geometry
from segmentation.annotation import Mask
from segmentation.regions import Region

MAD_TO_SD = 1.4826
"""Median absolute deviation of a normal distribution times this is its standard deviation."""
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
        gap = parameters.reference_gap_mm if gap_mm is None else gap_mm
        for one in (span, *avoided):
            free &= (self.s_mm < one.low_mm - gap) | (self.s_mm > one.high_mm + gap)
        deep = _nearest(self.s_mm, free & self.deep, span, parameters.reference_length_mm)
        if deep.sum() >= parameters.least_reference_voxels:
            return self.points_mm[deep]
        return self.points_mm[_nearest(self.s_mm, free, span, parameters.reference_length_mm)]


def cord_points(case: Case, frame: Frame) -> CordPoints:
    """Return the cord of a case without its surface."""
    found = [_inner(mask, case.mask_geometry(mask)) for mask in _cords(case)] if frame.has_cord else []
    points = np.concatenate([p for p, _ in found]) if found else np.empty((0, 3))
    deep = np.concatenate([d for _, d in found]) if found else np.empty(0, dtype=bool)
    s_mm = frame.axis.project(points).s_mm if len(points) else np.empty(0)
    return CordPoints(points_mm=points, s_mm=s_mm, deep=deep)


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


def _cords(case: Case) -> list[Mask]:
    return [m for m in case.of_region(Region.CORD) if case.is_placed(m.series) and m.labels.array.any()]


def _inner(mask: Mask, geometry: Geometry) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the voxels, (n, 3) LPS mm, whose neighbours in the slice are cord, and which have all six."""
    index = mask.labels.indices()
    filled, _ = crop(index, margin=1)
    through = int(np.argmax(geometry.spacing_mm))
    flat = np.expand_dims(_PLANE, through)
    inner = ndimage.binary_erosion(filled, flat)
    deep = ndimage.binary_erosion(filled, ndimage.generate_binary_structure(3, 1))
    kept = np.argwhere(inner)
    return geometry.to_world(kept + index.min(axis=0) - 1), deep[tuple(kept.T)]


def _nearest(s_mm: FloatArray, free: NDArray[np.bool_], span: Span, length_mm: float) -> NDArray[np.bool_]:
    """Return what of the free cord lies within a length of its point nearest to the lesion, on each side."""
    kept = np.zeros(len(s_mm), dtype=bool)
    above, below = free & (s_mm < span.low_mm), free & (s_mm > span.high_mm)
    if above.any():
        kept |= above & (s_mm >= s_mm[above].max() - length_mm)
    if below.any():
        kept |= below & (s_mm <= s_mm[below].min() + length_mm)
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
    lines = [frame.axis.position_at(s) + across[:, None] * frame.axis.frame_at(float(s))[2] for s in sections]
    values = images(np.concatenate(lines)).reshape(len(sections), len(across))
    seen = values[np.isfinite(values).all(axis=1)]
    return float(np.median(seen.max(axis=1))) if len(seen) else None
