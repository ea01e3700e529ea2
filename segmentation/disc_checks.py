"""Whether discs that another program or a file gives can be those of a spine."""

from itertools import pairwise

import numpy as np

from mri.problems import Problem, RefusedError, error, warning
from segmentation.centreline import Centreline
from segmentation.levels import DiscPoints

LEAST_LEVEL_MM, LARGEST_LEVEL_MM = 8.0, 50.0
"""Distances between neighbouring discs of adults are 12 to 40 mm; outside these limits something is wrong."""
FAR_FROM_CORD_MM = 40.0
"""The middle of a disc lies 10 to 30 mm in front of the cord's; RAS read for LPS mirrors it to the back or the side."""
BEHIND_CORD_MM = 6.0
"""Some programs set the point of a disc in the cord's middle; behind the cord there is none."""


def check_spacing(discs: DiscPoints, where: str, code: str) -> None:
    """Refuse discs that are not one below the other, or lie too near or too far for their names.

    Parameters
    ----------
    discs : DiscPoints
    where, code : str
        Name of the file or program, and what the refusal is called.

    Raises
    ------
    RefusedError
        Naming the first two that do not fit.
    """
    for (v, upper, above), (w, lower, below) in pairwise(discs.ordered()):
        apart = float(np.linalg.norm(np.subtract(above, below)))
        if below[2] >= above[2]:
            message = f"{lower} does not lie below {upper}; check the labels and which way the axes run (LPS mm)"
        elif not LEAST_LEVEL_MM * (w - v) <= apart <= LARGEST_LEVEL_MM * (w - v):
            limits = f"{LEAST_LEVEL_MM * (w - v):.0f} to {LARGEST_LEVEL_MM * (w - v):.0f}"
            message = f"{upper} and {lower} lie {apart:.0f} mm apart, not {limits}; check their names and places"
        else:
            continue
        raise RefusedError(error(code, where, message))


def far_from_cord(discs: DiscPoints, axis: Centreline, where: str) -> tuple[Problem, ...]:
    """Return a warning where discs at the height of a cord lie behind it or far off, as with x and y mirrored."""
    ordered = discs.ordered()
    seen = axis.project([point for _, _, point in ordered])
    behind_mm = np.array([point[1] for _, _, point in ordered]) - axis.position_at(seen.s_mm)[:, 1]
    beside = (seen.distance_mm > FAR_FROM_CORD_MM) | (behind_mm > BEHIND_CORD_MM)
    beside &= (seen.s_mm >= 0) & (seen.s_mm <= axis.length_mm)
    names = [name for (_, name, _), far in zip(ordered, beside, strict=True) if far]
    if not names:
        return ()
    message = (
        f"{', '.join(names)} behind the cord or more than {FAR_FROM_CORD_MM:.0f} mm from it (up to "
        f"{seen.distance_mm[beside].max():.0f}): RAS read for LPS, or another patient's? Look before they are used"
    )
    return (warning("discs_far_from_cord", where, message),)
