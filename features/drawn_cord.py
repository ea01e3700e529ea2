"""The drawn cord of a case, placed along its own axis once for everything that looks at it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.case import Case
from mri.geometry import FloatArray, Geometry
from segmentation.annotation import Mask
from segmentation.centreline import Centreline
from segmentation.regions import Region


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnCord:
    """A cord mask that is not empty, in the frame of the case.

    Attributes
    ----------
    mask : Mask
    geometry : Geometry
        Grid in the frame of the case.
    index : ndarray
        Shape (n, 3), voxel indices.
    points_mm : ndarray
        Shape (n, 3), LPS voxel centres.
    s_mm : ndarray
        Shape (n,), arc length along the axis of the case.
    """

    mask: Mask
    geometry: Geometry
    index: NDArray[np.intp]
    points_mm: FloatArray
    s_mm: FloatArray


def cord_masks(case: Case) -> tuple[Mask, ...]:
    """Return the cord masks of a case that hold something and lie in its frame."""
    return tuple(m for m in case.of_region(Region.CORD) if case.is_placed(m.series) and m.labels.array.any())


def drawn_cords(case: Case, masks: Sequence[Mask], axis: Centreline) -> tuple[DrawnCord, ...]:
    """Place cord masks along the axis."""
    return tuple(_placed(mask, case.mask_geometry(mask), axis) for mask in masks)


def _placed(mask: Mask, geometry: Geometry, axis: Centreline) -> DrawnCord:
    index = mask.labels.indices()
    points = geometry.to_world(index)
    return DrawnCord(mask=mask, geometry=geometry, index=index, points_mm=points, s_mm=axis.project(points).s_mm)
