"""How well one mask agrees with another: overlap, surface distances, volume."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from features.parts import CONNECT_6
from mri.geometry import FloatArray, Geometry
from mri.problems import RefusedError, error
from mri.volume import LabelMap

HD_PERCENT = 95


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Agreement of two masks of one structure; a value is None where a mask is empty.

    Attributes
    ----------
    dice : float or None
        Twice the shared voxels over the sum of both; None where both are empty, 0 where one is.
    hd95_mm : float or None
        95th percentile of the distances from each surface voxel of either mask to the nearest of the other, both
        directions pooled.
    mean_surface_mm : float or None
        Mean of the same distances.
    largest_surface_mm : float or None
        Largest of them (Hausdorff distance of the surfaces).
    proposed_mm3, truth_mm3 : float
        Volumes, voxels times voxel volume.
    """

    dice: float | None
    hd95_mm: float | None
    mean_surface_mm: float | None
    largest_surface_mm: float | None
    proposed_mm3: float
    truth_mm3: float

    @property
    def volume_difference_mm3(self) -> float:
        """Proposed less true volume."""
        return self.proposed_mm3 - self.truth_mm3

    @property
    def volume_difference_percent(self) -> float | None:
        """The same relative to the true volume; None where that is 0."""
        return 100 * self.volume_difference_mm3 / self.truth_mm3 if self.truth_mm3 else None


def overlap(proposed: LabelMap, truth: LabelMap, label: int | None = None) -> Overlap:
    """Compare two masks on one grid.

    Parameters
    ----------
    proposed, truth : LabelMap
    label : int, optional
        Compare this label only; None takes all that is not background.

    Raises
    ------
    RefusedError
        If they lie on different grids.
    """
    if not proposed.geometry.same_grid(truth.geometry):
        message = "the two masks lie on different grids; resample one to the other (nearest neighbour)"
        raise RefusedError(error("grid_mismatch", "validate", message))
    one, other = (mask.array > 0 if label is None else mask.array == label for mask in (proposed, truth))
    volume = truth.geometry.voxel_volume_mm3
    counts = int(one.sum()), int(other.sum())
    both = int((one & other).sum())
    distances = surface_distances_mm(one, other, truth.geometry) if min(counts) else np.empty(0)
    known = len(distances) > 0
    return Overlap(
        dice=2 * both / sum(counts) if sum(counts) else None,
        hd95_mm=float(np.percentile(distances, HD_PERCENT)) if known else None,
        mean_surface_mm=float(distances.mean()) if known else None,
        largest_surface_mm=float(distances.max()) if known else None,
        proposed_mm3=counts[0] * volume,
        truth_mm3=counts[1] * volume,
    )


def surface_distances_mm(one: NDArray[np.bool_], other: NDArray[np.bool_], geometry: Geometry) -> FloatArray:
    """Return the distances, (n,), from each surface voxel of two masks to the nearest surface voxel of the other.

    A surface voxel has a face neighbour outside, or lies at the border of the image; distances run between centres.
    """
    first, second = (geometry.to_world(_surface(mask)) for mask in (one, other))
    there, back = cKDTree(second).query(first)[0], cKDTree(first).query(second)[0]
    return np.concatenate([there, back])


def _surface(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    index = np.argwhere(mask)
    low = index.min(axis=0)
    box = tuple(slice(int(a), int(b) + 1) for a, b in zip(low, index.max(axis=0), strict=True))
    inside = mask[box]
    surface: NDArray[np.intp] = np.argwhere(inside & ~ndimage.binary_erosion(inside, CONNECT_6)) + low
    return surface
