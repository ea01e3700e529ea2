"""Whether an image can show a cord at all: looked at first, since a search in vain fails far from its cause."""

import numpy as np

from mri.geometry import Geometry
from mri.problems import Problem, RefusedError, error
from mri.volume import Volume

LEAST_DEPTH_MM = 10.0
"""Anteroposterior; the cord and the CSF before and behind it take 10 mm and more."""
LARGEST_VIEW_MM = (700.0, 700.0, 2200.0)
"""From side to side, front to back, head to foot: beyond, no scanner and no person reaches."""
_NEGATIVE_SHARE = 0.5


def check_image(upright: Volume, where: str) -> None:
    """Refuse an image that cannot show a cord, whatever lies in it.

    Parameters
    ----------
    upright : Volume
        Axes run left, posterior and caudal (`upright.turned`).
    where : str
        What messages call it.

    Raises
    ------
    RefusedError
        If its size, or its intensities, are those of no MR image of a spine.
    """
    problem = _size_problem(upright.geometry, where) or _intensity_problem(upright, where)
    if problem is not None:
        raise RefusedError(problem)


def _size_problem(geometry: Geometry, where: str) -> Problem | None:
    size = [n * step for n, step in zip(geometry.shape, geometry.spacing_mm, strict=True)]
    across, depth, height = (f"{mm:.4g}" for mm in size)
    shown = f"the image shows {across} × {depth} × {height} mm (side to side, front to back, head to foot)"
    if size[1] < LEAST_DEPTH_MM:
        message = f"{shown}: too small to hold a cord; check the voxel size in its header"
        return error("image_too_small", where, message)
    if any(mm > most for mm, most in zip(size, LARGEST_VIEW_MM, strict=True)):
        return error("image_too_large", where, f"{shown}, which no person fills; check the voxel size in its header")
    return None


def _intensity_problem(upright: Volume, where: str) -> Problem | None:
    array = upright.array
    low, high = float(array.min()), float(array.max())
    if not (np.isfinite(low) and np.isfinite(high)):
        message = "the image holds infinite voxels; convert it anew"
        return error("image_not_finite", where, message)
    if low == high:
        return error("image_of_one_value", where, f"every voxel is {low:g}, so it shows nothing; convert it anew")
    if low < 0 and np.count_nonzero(array < 0) > _NEGATIVE_SHARE * array.size:
        message = (
            "most voxels are negative, as in a CT, a difference or a normalised image; give the MR image as the "
            "scanner has it, or add a constant so that air is 0"
        )
        return error("image_negative", where, message)
    return None
