"""Whether the cord is wider at a lesion than beside it and than usual (DEFINITIONS 7)."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from features.drawn_cord import DrawnCord
from features.extent import Span
from features.frame import Frame
from features.parameters import FeatureParameters, SuggestionParameters
from features.views import shows_section
from mri.geometry import FloatArray

Indices = NDArray[np.intp]

_MIDDLE_OF_LEVEL = 0.5
_SAME_MM = 1e-6
"""Places that differ by less are the same: the rest is float noise."""
_KERNEL_REACH = 3.0
"""Beyond this many standard deviations from its ends a drawn cord has its whole section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """The cord at a lesion; what is not known is None.

    Attributes
    ----------
    area_mm2 : float or None
    area_ratio, ap_ratio : float or None
        Relative to free cord, each section first divided by the norm of its level, so that the cord's own
        enlargements are no expansion; ap_ratio where only sagittal drawings show the cord.
    z : float or None
        Of the area, against the norm of the level.
    """

    area_mm2: float | None = None
    area_ratio: float | None = None
    ap_ratio: float | None = None
    z: float | None = None

    def is_present(self, p: SuggestionParameters) -> bool | None:
        """Return whether the cord is expanded; None where nothing can be said."""
        if self.area_ratio is not None:
            return self.area_ratio >= p.expansion_ratio and (self.z is None or self.z >= p.expansion_z)
        return None if self.z is None else self.z >= p.expansion_z_alone


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CordSections:
    """A drawn cord along its axis, each of shape (n,): place, area in mm², AP width in mm, norm of the area.

    The norm is NaN where there is none: outside the marked levels and below T12.

    Attributes
    ----------
    s_mm, area_mm2, ap_mm, norm_mm2 : ndarray
    is_across : bool
        Whether it was drawn on axial or isotropic images, which show its width too.
    """

    s_mm: FloatArray
    area_mm2: FloatArray
    ap_mm: FloatArray
    norm_mm2: FloatArray
    is_across: bool

    def ratio(self, values: FloatArray, at: Indices, free: NDArray[np.bool_], power: float) -> float | None:
        """Return the largest value at some places relative to the mean of free cord, both relative to their level.

        Sections without a norm are left out, of the lesion and of free cord. Where no section of the lesion has one,
        plain values are compared.
        """
        has_norm = np.isfinite(self.norm_mm2)
        compared = at[has_norm[at]]
        if not len(compared):
            return float(values[at].max() / values[free].mean()) if free.any() else None
        if not (free & has_norm).any():
            return None
        relative = values / self.norm_mm2**power
        return float(relative[compared].max() / relative[free & has_norm].mean())


def expansion(
    span: Span, avoided: Sequence[Span], cords: Sequence[CordSections], frame: Frame, p: SuggestionParameters
) -> Expansion:
    """Compare the cord at a lesion with free cord above and below, and its area with the published norm.

    Parameters
    ----------
    span : Span
        The lesion along the cord.
    avoided : sequence of Span
        Every lesion and T2 hyperintensity: no free cord, nor is what lies next to them.
    cords : sequence of CordSections
        The best first.
    frame : Frame
    p : SuggestionParameters
    """
    found = [_of_cord(cord, span, avoided, frame, p) for cord in cords]
    compared = [one for one in found if one.area_ratio is not None]
    seen = [one for one in found if one.area_mm2 is not None]
    return next(iter(compared or seen), Expansion())


@cache
def cord_area_norms() -> dict[int, tuple[float, float]]:
    """Return mean and standard deviation in mm² of the cord's area by vertebra number, from ``cord_area.toml``."""
    data = tomllib.loads(files(__package__).joinpath("cord_area.toml").read_text("utf-8"))
    return {int(row["vertebra"]): (float(row["mean_mm2"]), float(row["sd_mm2"])) for row in data["level"]}


def area_norm(v: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return mean and standard deviation in mm² at vertebral coordinates (n,); NaN where there is no norm."""
    norms = cord_area_norms()
    numbers = sorted(norms)
    places = np.array(numbers) + _MIDDLE_OF_LEVEL
    known = (v >= numbers[0]) & (v <= numbers[-1] + 1)
    mean, sd = (np.where(known, np.interp(v, places, [norms[k][j] for k in numbers]), np.nan) for j in (0, 1))
    return mean, sd


def cord_sections(frame: Frame, parameters: FeatureParameters) -> tuple[CordSections, ...]:
    """Return every drawn cord along the axis, those on axial or isotropic images first."""
    cords = [(cord, shows_section(cord.mask.series, parameters)) for cord in frame.cords]
    ordered = sorted(cords, key=lambda one: not one[1])
    return tuple(_sections(cord, frame, parameters.suggestions, is_across=across) for cord, across in ordered)


def _of_cord(
    cord: CordSections, span: Span, avoided: Sequence[Span], frame: Frame, p: SuggestionParameters
) -> Expansion:
    at = np.flatnonzero((cord.s_mm >= span.low_mm - _SAME_MM) & (cord.s_mm <= span.high_mm + _SAME_MM))
    if not len(at):
        return Expansion()
    free = _free(cord.s_mm, span, avoided, p)
    # the largest of each: along a uniform cord, where that is depends on noise
    return Expansion(
        area_mm2=float(cord.area_mm2[at].max()),
        area_ratio=cord.ratio(cord.area_mm2, at, free, power=1.0),
        ap_ratio=None if cord.is_across else cord.ratio(cord.ap_mm, at, free, power=0.5),
        z=_largest_z(cord.area_mm2[at], _levels(cord.s_mm[at], frame)),
    )


def _largest_z(area_mm2: FloatArray, v: FloatArray) -> float | None:
    mean, sd = area_norm(v)
    z = ((area_mm2 - mean) / sd)[np.isfinite(mean)]
    return float(z.max()) if len(z) else None


def _free(s_mm: FloatArray, span: Span, avoided: Sequence[Span], p: SuggestionParameters) -> NDArray[np.bool_]:
    """Return where the cord is free: beside the lesion with its T2 hyperintensity, away from every other."""
    own = [one for one in avoided if one.gap_to(span) <= p.free_cord_mm[0]]
    low = min(one.low_mm for one in (span, *own))
    high = max(one.high_mm for one in (span, *own))
    distance = np.maximum(low - s_mm, s_mm - high)
    free: NDArray[np.bool_] = (distance >= p.free_cord_mm[0] - _SAME_MM) & (distance <= p.free_cord_mm[1] + _SAME_MM)
    for one in avoided:
        free &= (s_mm < one.low_mm - p.free_cord_mm[0]) | (s_mm > one.high_mm + p.free_cord_mm[0])
    return free


def _sections(cord: DrawnCord, frame: Frame, p: SuggestionParameters, *, is_across: bool) -> CordSections:
    """Return the drawn cord every millimetre along its axis, smoothed, since voxels cut it into uneven sections."""
    geometry, index, s_mm = cord.geometry, cord.index, cord.s_mm
    through = int(np.argmax(geometry.spacing_mm))
    step = p.area_step_mm
    place = (s_mm - s_mm.min()) / step
    before = np.floor(place).astype(int)
    slices = index[:, through] - index[:, through].min()
    volume = np.zeros((slices.max() + 1, before.max() + 2))
    # each voxel is shared between the two places it lies between, so that a small shift changes little
    np.add.at(volume, (slices, before), (1 - (place - before)) * geometry.voxel_volume_mm3)
    np.add.at(volume, (slices, before + 1), (place - before) * geometry.voxel_volume_mm3)
    area = _smoothed(volume / step, p.area_smoothing_mm / step)
    places = s_mm.min() + np.arange(volume.shape[1]) * step
    # at the ends of the drawing the kernel reaches beyond it
    edge = _KERNEL_REACH * p.area_smoothing_mm / 2
    whole = (places >= s_mm.min() + edge - _SAME_MM) & (places <= s_mm.max() - edge + _SAME_MM)
    mean, _ = area_norm(_levels(places[whole], frame))
    return CordSections(
        s_mm=places[whole],
        area_mm2=area.sum(axis=0)[whole],
        ap_mm=area.max(axis=0)[whole] / geometry.spacing_mm[through],
        norm_mm2=mean,
        is_across=is_across,
    )


def _levels(s_mm: FloatArray, frame: Frame) -> FloatArray:
    if frame.levels is None or not frame.has_cord:
        return np.full(len(s_mm), np.nan)
    return np.asarray(frame.levels.at(s_mm), dtype=float)


def _smoothed(rows: FloatArray, sd: float) -> FloatArray:
    from scipy.ndimage import gaussian_filter1d

    smooth: FloatArray = gaussian_filter1d(rows, sd, axis=1, mode="constant")
    return smooth
