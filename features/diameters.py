"""Between which points the sizes of a lesion were measured (DEFINITIONS 0 and 2), for pictures of them.

The points come from the same voxels, slabs and directions as the numbers of lesions.csv: the distance of the two ends
of a `Caliper` is the number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from features.case import Case
from features.count import Lesion, find_lesions
from features.extent import Span, extent
from features.frame import Frame, build_frame
from features.parameters import FeatureParameters
from features.parts import Part, Parts, span_of
from features.size import cut
from features.views import across_cord, along_cord, may_enhance
from mri.geometry import INFERIOR_SUPERIOR, FloatArray
from segmentation.centreline import Centreline

_SAME_MM = 1e-6
"""Voxels whose faces are this near to the end of an extent are touched by the caliper: the rest is float noise."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Caliper:
    """Two parallel jaws around a lesion.

    Attributes
    ----------
    column : str
        The column of lesions.csv that holds the number.
    ends_mm : ndarray
        Shape (2, 3): LPS ends of the measured distance; half way, across it, between the places that are touched.
    touched_mm : ndarray
        Shape (2, 3): where each jaw touches the outermost voxels.
    """

    column: str
    ends_mm: FloatArray
    touched_mm: FloatArray

    @property
    def length_mm(self) -> float:
        """Distance of the ends."""
        return float(np.linalg.norm(self.ends_mm[1] - self.ends_mm[0]))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slab:
    """The slab across the cord in which AP, TR or both are largest.

    Attributes
    ----------
    part : Part
        The voxels in it.
    centre_mm : ndarray
        Shape (3,), LPS: the middle of its voxels, half way through the slab.
    down, right, through : ndarray
        Shape (3,), unit LPS directions of a picture of it: to the back, to the patient's left, along the cord.
    thickness_mm : float
    s_mm : float
        Arc length of its middle along the axis of the case.
    calipers : tuple of Caliper
    """

    part: Part
    centre_mm: FloatArray
    down: FloatArray
    right: FloatArray
    through: FloatArray
    thickness_mm: float
    s_mm: float
    calipers: tuple[Caliper, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """An extent along the cord, as it was measured: a stretch of its axis.

    Attributes
    ----------
    column : str
    line_mm : ndarray
        Shape (n, 3): LPS points of the axis from the upper to the lower end.
    across : ndarray
        Shape (2, 3): unit LPS direction from the back to the front of the cord at both ends.
    """

    column: str
    line_mm: FloatArray
    across: FloatArray

    @property
    def length_mm(self) -> float:
        """Length of the polyline."""
        return float(np.linalg.norm(np.diff(self.line_mm, axis=0), axis=1).sum())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredPlaces:
    """Where one lesion was measured.

    Attributes
    ----------
    enhancing, t2 : tuple of Part
        The views that the lengths were measured on.
    slabs : tuple of Slab
        One, or two where AP and TR are largest in different slabs; none without an enhancing part.
    superior_inferior : Caliper or None
    enhancing_course, t2_course : Course or None
        None also where there is no cord.
    """

    enhancing: Parts = ()
    t2: Parts = ()
    slabs: tuple[Slab, ...] = ()
    superior_inferior: Caliper | None = None
    enhancing_course: Course | None = None
    t2_course: Course | None = None

    def lengths_mm(self) -> tuple[tuple[str, float], ...]:
        """Return (column, length in mm) of everything measured."""
        across = (caliper for slab in self.slabs for caliper in slab.calipers)
        every = (*across, self.superior_inferior, self.enhancing_course, self.t2_course)
        return tuple((one.column, one.length_mm) for one in every if one is not None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Places:
    """Where all lesions of a case were measured, and the frame of the case."""

    frame: Frame
    lesions: Mapping[int, MeasuredPlaces]


def measured_places(case: Case, parameters: FeatureParameters | None = None) -> Places:
    """Return where the sizes of each lesion of a case were measured.

    Parameters
    ----------
    case : Case
    parameters : FeatureParameters, optional
        Those of the measurement.

    Returns
    -------
    Places
        LPS mm in the frame of the case, by lesion_id.
    """
    options = parameters or FeatureParameters()
    frame = build_frame(case, options)
    found = find_lesions(case, frame, options)
    return Places(frame=frame, lesions={lesion.id: _places(lesion, frame, options) for lesion in found.lesions})


def _places(lesion: Lesion, frame: Frame, parameters: FeatureParameters) -> MeasuredPlaces:
    fit = [part for part in lesion.enhancing if may_enhance(part.series)]
    along, across = along_cord(fit, parameters), across_cord(fit, parameters)
    t2: Parts = tuple(part for region in lesion.t2 for part in region.parts)
    return MeasuredPlaces(
        enhancing=along,
        t2=t2,
        slabs=_slabs(across or along, frame, parameters, with_tr=bool(across)),
        superior_inferior=_superior_inferior(along) if along else None,
        enhancing_course=_course("enh_length_mm", along, frame),
        t2_course=_course("t2_length_mm", t2, frame),
    )


def caliper(column: str, parts: Sequence[Part], direction: FloatArray) -> Caliper:
    """Return the caliper around voxels along a unit LPS direction; its length is that of `features.extent.extent`."""
    spans = [extent(part.points_mm, part.geometry, direction) for part in parts]
    jaws = [min(span.low_mm for span in spans), max(span.high_mm for span in spans)]
    touched = np.array([_touched(parts, spans, direction, jaw) for jaw in jaws])
    middle = touched.mean(axis=0)
    ends = np.array([middle + (jaw - middle @ direction) * direction for jaw in jaws])
    return Caliper(column=column, ends_mm=ends, touched_mm=touched)


def _touched(parts: Sequence[Part], spans: Sequence[Span], direction: FloatArray, jaw_mm: float) -> FloatArray:
    """Return the middle of the voxel faces that a jaw touches."""
    found = []
    for part, span in zip(parts, spans, strict=True):
        reach = np.abs(part.points_mm @ direction - jaw_mm)
        found.append(part.points_mm[reach <= span.resolution_mm / 2 + _SAME_MM])
    middle: FloatArray = np.concatenate(found).mean(axis=0)
    return middle + (jaw_mm - middle @ direction) * direction


def _superior_inferior(along: Parts) -> Caliper:
    return caliper("enh_si_mm", along, np.array(INFERIOR_SUPERIOR))


def _course(column: str, parts: Parts, frame: Frame) -> Course | None:
    if not parts or not frame.has_cord:
        return None
    span, axis = span_of(parts), frame.axis
    inside = (axis.s_mm > span.low_mm) & (axis.s_mm < span.high_mm)
    s_mm = np.concatenate([[span.low_mm], axis.s_mm[inside], [span.high_mm]])
    ends = np.array([axis.frame_at(s)[2] for s in (span.low_mm, span.high_mm)])
    return Course(column=column, line_mm=axis.position_at(s_mm), across=ends)


def _slabs(view: Parts, frame: Frame, parameters: FeatureParameters, *, with_tr: bool) -> tuple[Slab, ...]:
    """Return the slab where AP and TR are largest; two where no slab holds both."""
    every = [slab for part in view for slab in _cut(part, frame.axis, parameters)]
    if not every:
        return ()
    largest = [_largest(every, kind) for kind in (0, 1)]
    if not with_tr:
        return (_only(largest[0], 0),)
    both = [slab for slab in largest[0] if any(slab is other for other in largest[1])]
    return (_middle(both),) if both else (_only(largest[0], 0), _only(largest[1], 1))


def _largest(slabs: Sequence[Slab], kind: int) -> list[Slab]:
    """Return the slabs with the largest AP (kind 0) or TR (kind 1); a tube has many."""
    longest = max(slab.calipers[kind].length_mm for slab in slabs)
    return [slab for slab in slabs if slab.calipers[kind].length_mm > longest - _SAME_MM]


def _only(slabs: Sequence[Slab], kind: int) -> Slab:
    slab = _middle(slabs)
    return replace(slab, calipers=(slab.calipers[kind],))


def _middle(slabs: Sequence[Slab]) -> Slab:
    return sorted(slabs, key=lambda slab: slab.s_mm)[len(slabs) // 2]


def _cut(part: Part, axis: Centreline, parameters: FeatureParameters) -> Iterator[Slab]:
    """Return the slabs that AP and TR are measured in, with both of each."""
    for slab in cut(part, axis, parameters):
        within = part.subset(slab.where)
        middle = within.points_mm.mean(axis=0)
        yield Slab(
            part=within,
            centre_mm=middle + ((axis.position_at(slab.s_mm) - middle) @ slab.tangent) * slab.tangent,
            down=-slab.anterior,
            right=slab.transverse,
            through=slab.tangent,
            thickness_mm=slab.thickness_mm,
            s_mm=slab.s_mm,
            calipers=(caliper("enh_ap_mm", [within], slab.anterior), caliper("enh_tr_mm", [within], slab.transverse)),
        )
