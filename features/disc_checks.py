"""Whether marked discs can be those of the drawn cord: places and heights that no patient has."""

from collections.abc import Iterator
from itertools import pairwise

from features.parameters import FeatureParameters
from mri.problems import Problem, warning
from segmentation.centreline import Centreline
from segmentation.disc_checks import far_from_cord
from segmentation.levels import DiscPoints, LevelScale


def disc_warnings(
    axis: Centreline, discs: DiscPoints | None, levels: LevelScale, parameters: FeatureParameters
) -> tuple[Problem, ...]:
    """Return what speaks against the marked discs; the numbers are measured all the same.

    Parameters
    ----------
    axis : Centreline
        Axis of the cord, LPS mm.
    discs : DiscPoints or None
        As marked; None where the levels come from a mask.
    levels : LevelScale
    parameters : FeatureParameters
    """
    far = () if discs is None else far_from_cord(discs, axis, "discs")
    return (*far, *_odd_heights(levels, parameters))


def _odd_heights(levels: LevelScale, parameters: FeatureParameters) -> Iterator[Problem]:
    least, most = parameters.level_height_mm
    ends = list(zip(levels.s_mm, levels.v, strict=True))
    odd = [
        f"{levels.scheme.vertebra_at(v0)} {(s1 - s0) / (v1 - v0):.0f} mm"
        for (s0, v0), (s1, v1) in pairwise(ends)
        if not least <= (s1 - s0) / (v1 - v0) <= most
    ]
    if odd:
        message = f"heights of levels that no patient has: {', '.join(odd)}; check which discs are marked"
        yield warning("level_height_implausible", "discs", message)
