"""Whether what was drawn of a lesion lies at the cord: each mask of it, for one may lie on other coordinates."""

from dataclasses import dataclass, replace

from features.case import Case
from features.count import Lesion
from features.frame import FAR_FROM_CORD, Frame
from features.parameters import FeatureParameters
from features.parts import Parts
from features.position import is_outside
from mri.problems import Problem, error


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Whereabouts:
    """Where the masks of a lesion lie.

    Attributes
    ----------
    enhancing, t2 : Frame
        What each structure is measured along: without a cord where one of its masks lies far from it.
    is_off_cord : bool
        Whether every mask of it lies far from the cord.
    is_outside : bool
        Whether a mask of it that is near the cord has no voxel in it.
    problems : tuple of Problem
        One for each mask far from the cord.
    """

    enhancing: Frame
    t2: Frame
    is_off_cord: bool
    is_outside: bool
    problems: tuple[Problem, ...]


def whereabouts(lesion: Lesion, case: Case, frame: Frame, parameters: FeatureParameters) -> Whereabouts:
    """Tell where the masks of a lesion lie; where no cord is drawn nothing is far from it."""
    t2 = tuple(part for region in lesion.t2 for part in region.parts)
    views = [_views(parts) if frame.has_cord else () for parts in (lesion.enhancing, t2)]
    far = [[view for view in those if _nearest_mm(view) > parameters.far_from_cord_mm] for those in views]
    near = [view for those in views for view in those if _nearest_mm(view) <= parameters.far_from_cord_mm]
    enhancing_frame, t2_frame = (
        replace(frame, has_cord=False, cord_reason=FAR_FROM_CORD) if those else frame for those in far
    )
    return Whereabouts(
        enhancing=enhancing_frame,
        t2=t2_frame,
        is_off_cord=any(far) and not near,
        is_outside=any(is_outside(view, frame, parameters.suggestions) for view in near),
        problems=tuple(_problem(lesion, view, case) for those in far for view in those),
    )


def _views(parts: Parts) -> tuple[Parts, ...]:
    """Return the voxels of each series apart."""
    names = dict.fromkeys(part.series.name for part in parts)
    return tuple(tuple(part for part in parts if part.series.name == name) for name in names)


def _nearest_mm(view: Parts) -> float:
    return min(float(part.distance_mm.min()) for part in view)


def _problem(lesion: Lesion, view: Parts, case: Case) -> Problem:
    far = f"lesion {lesion.id} is {_nearest_mm(view):.0f} mm from the cord"
    message = f"{far}; check that both masks lie on their series"
    return error("lesion_far_from_cord", f"{case.study}, {view[0].series.name}", message)
