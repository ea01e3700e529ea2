"""Where a lesion lies in the cross-section of the cord (DEFINITIONS 6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from features.drawn_cord import DrawnCord
from features.frame import Frame
from features.parameters import SuggestionParameters
from features.parts import Part
from mri.geometry import FloatArray

_SIDES = (("left", "right"), ("posterior", "anterior"))
"""Names of the positive and the negative direction of transverse and anteroposterior offsets."""
_PLACES = (-0.45, -0.15, 0.15, 0.45)
_WITHIN = np.array([(i, j) for i in _PLACES for j in _PLACES])
"""Where a pixel is sampled: 16 points nearly to its edge, so that an area is not rounded to whole pixels."""
_ROUNDING_MM = 0.05
"""The cord's centre is known no better than this from drawn voxels: half a voxel off is not more by so little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A lesion's place in its largest section.

    Attributes
    ----------
    word : str
        ``central``, ``eccentric`` or ``exophytic``.
    sides : tuple of str
        Empty where it is central.
    eccentricity, outside_fraction, outside_mm, half_fraction : float
        As the columns ``position_*``.
    """

    word: str
    sides: tuple[str, ...]
    eccentricity: float
    outside_fraction: float
    outside_mm: float
    half_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contour:
    """The cord's section as an ellipse with the centre and the second moments of the drawn voxels.

    Attributes
    ----------
    centre_mm, half_mm : ndarray
        Shape (2,): transverse and anteroposterior, relative to the axis.
    """

    centre_mm: FloatArray
    half_mm: FloatArray

    def radius(self, offset_mm: FloatArray) -> FloatArray:
        """Return the distance of points (..., 2) from the centre relative to the contour, 1 on it."""
        scaled: FloatArray = np.linalg.norm((offset_mm - self.centre_mm) / self.half_mm, axis=-1)
        return scaled


def position(part: Part, frame: Frame, p: SuggestionParameters) -> Position | None:
    """Return where a lesion on an axial or isotropic series lies; None where no cord is drawn there."""
    section = _largest_section(part)
    s_mm = float(np.median(section.s_mm))
    contour = cord_contour(frame, s_mm, p)
    if contour is None:
        return None
    return _word(_across(_sampled(section), s_mm, frame), contour, _half_voxel_mm(part, frame, s_mm), p)


def _half_voxel_mm(part: Part, frame: Frame, s_mm: float) -> FloatArray:
    """Return half a voxel's width (2,) of a lesion's series, transverse and anteroposterior."""
    _, transverse, anterior = frame.axis.frame_at(s_mm)
    return part.geometry.half_width_mm([transverse, anterior])


def is_outside(parts: Iterable[Part], frame: Frame, p: SuggestionParameters) -> bool:
    """Return whether every voxel centre of a lesion lies outside the cord's contour; not so where none is drawn."""
    return all(_all_beyond(part, frame, p) for part in parts)


def _all_beyond(part: Part, frame: Frame, p: SuggestionParameters) -> bool:
    s_mm = float(np.median(part.s_mm))
    contour = cord_contour(frame, s_mm, p)
    return contour is not None and bool((contour.radius(_offsets(part.points_mm, part.s_mm, frame, s_mm)) > 1).all())


def cord_contour(frame: Frame, s_mm: float, p: SuggestionParameters) -> Contour | None:
    """Return the cord's contour around an arc length.

    Thick sagittal slices show its sides in steps of a slice; the moments of the whole section tell them more finely:
    a uniform ellipse of half width a has the variance a²/4, and a voxel of width d adds d²/12.
    """
    found = [_cord_near(cord, frame, s_mm, p) for cord in frame.cords]
    fit = [(offset, width) for offset, width in found if len(offset) >= p.least_contour_voxels]
    if not fit:
        return None
    # the finer the voxels across the cord, the better the contour
    offset, width = min(fit, key=lambda one: float(np.prod(one[1])))
    variance = offset.var(axis=0) + width**2 / 12
    return Contour(centre_mm=offset.mean(axis=0), half_mm=2 * np.sqrt(variance))


def _cord_near(cord: DrawnCord, frame: Frame, s_mm: float, p: SuggestionParameters) -> tuple[FloatArray, FloatArray]:
    """Return the offsets (n, 2) from the axis of a cord mask's voxels near a place, and the voxels' widths (2,)."""
    near = np.abs(cord.s_mm - s_mm) <= p.contour_reach_mm
    _, transverse, anterior = frame.axis.frame_at(s_mm)
    widths = 2 * np.array([float(cord.geometry.half_width_mm(v)) for v in (transverse, anterior)])
    return _offsets(cord.points_mm[near], cord.s_mm[near], frame, s_mm), widths


def _offsets(points: FloatArray, s_mm: FloatArray, frame: Frame, at_mm: float) -> FloatArray:
    _, transverse, anterior = frame.axis.frame_at(at_mm)
    # the anteroposterior vector grows backwards in LPS: tangent points down, transverse left
    away = points - frame.axis.position_at(s_mm)
    directed = np.stack([transverse, anterior if anterior[1] > 0 else -anterior])
    return np.asarray(away @ directed.T)


def _largest_section(part: Part) -> Part:
    """Return the slice across the cord that holds the most voxels of the lesion."""
    axis = part.si_axis
    slices, counts = np.unique(part.index[:, axis], return_counts=True)
    return part.subset(part.index[:, axis] == slices[np.argmax(counts)])


def _sampled(section: Part) -> FloatArray:
    """Return 16 points (16 n, 3) in each pixel of a section."""
    plane = [k for k in range(3) if k != section.si_axis]
    shift = np.zeros((len(_WITHIN), 3))
    shift[:, plane] = _WITHIN
    return section.geometry.to_world((section.index[:, None, :] + shift).reshape(-1, 3))


def _across(points: FloatArray, s_mm: float, frame: Frame) -> FloatArray:
    return _offsets(points, frame.axis.project(points).s_mm, frame, s_mm)


def _word(offset: FloatArray, contour: Contour, half_voxel_mm: FloatArray, p: SuggestionParameters) -> Position:
    from_centre = offset - contour.centre_mm
    middle = from_centre.mean(axis=0)
    distance = float(np.linalg.norm(middle))
    eccentricity = float(np.linalg.norm(middle / contour.half_mm))
    radius = contour.radius(offset)
    away = np.linalg.norm(from_centre, axis=1)
    beyond = np.where(radius > 1, away * (1 - 1 / np.maximum(radius, 1e-6)), 0.0)
    halves = np.concatenate([(from_centre > 0).mean(axis=0), (from_centre < 0).mean(axis=0)])
    outside, outside_mm = float((radius > 1).mean()), float(beyond.max())
    if outside >= p.exophytic_fraction and outside_mm >= p.exophytic_mm:
        word = "exophytic"
    else:
        # nearer than half a voxel a drawing cannot lie: a thin lesion on an even grid has no middle voxel to lie in
        is_off = np.abs(middle) > half_voxel_mm + _ROUNDING_MM
        in_one_half = halves.reshape(2, 2).max(axis=0) >= p.half_fraction
        is_eccentric = (is_off & in_one_half).any() or (is_off.any() and eccentricity >= p.eccentricity)
        word = "eccentric" if is_eccentric else "central"
    sides = _sides(middle, contour, p) if word != "central" and distance > 0 else ()
    return Position(
        word=word,
        sides=sides,
        eccentricity=eccentricity,
        outside_fraction=outside,
        outside_mm=outside_mm,
        half_fraction=float(halves.max()),
    )


def _sides(middle: FloatArray, contour: Contour, p: SuggestionParameters) -> tuple[str, ...]:
    """Return to which sides the lesion lies: the main one, and the other where it lies there too."""
    relative: Sequence[float] = [float(k) for k in middle / contour.half_mm]
    main = max(abs(k) for k in relative)
    return tuple(
        names[0] if value > 0 else names[1]
        for names, value in zip(_SIDES, relative, strict=True)
        if abs(value) == main or abs(value) >= p.eccentricity
    )
