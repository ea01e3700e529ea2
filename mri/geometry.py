"""Where the voxels of an image are in the patient.

The one world convention inside this program is DICOM's own: LPS+ millimetres (x grows towards the
patient's left, y towards posterior, z towards superior; head is +z). Each file format converts once, in its own module.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mri.problems import RefusedError, error

FloatArray = NDArray[np.float64]
Vector = tuple[float, float, float]

ORTHONORMAL_TOLERANCE = 1e-3
"""Largest departure of the direction matrix from orthonormal; the float32 header of NIfTI keeps about 1e-7."""

RIGHT_LEFT: Vector = (1.0, 0.0, 0.0)
ANTERIOR_POSTERIOR: Vector = (0.0, 1.0, 0.0)
INFERIOR_SUPERIOR: Vector = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Geometry:
    """A voxel grid in patient space, without voxels.

    Attributes
    ----------
    shape : tuple of int
        Number of voxels along the three index axes.
    origin_mm : Vector
        LPS position of the centre of voxel (0, 0, 0).
    spacing_mm : Vector
        Distance between voxel centres along the three index axes, in mm.
    axes : tuple of Vector
        ``axes[k]`` is the unit LPS direction in which index axis ``k`` grows.

    Raises
    ------
    RefusedError
        If a spacing is not positive and finite, or the axes are not orthonormal to 1e-3.
    """

    shape: tuple[int, int, int]
    origin_mm: Vector
    spacing_mm: Vector
    axes: tuple[Vector, Vector, Vector]

    def __post_init__(self) -> None:
        numbers = np.array([*self.origin_mm, *self.spacing_mm, *np.ravel(self.axes)])
        if not np.isfinite(numbers).all():
            raise RefusedError(
                error("geometry_not_finite", "geometry", "a position, spacing or direction is not a number")
            )
        if min(self.shape) < 1 or min(self.spacing_mm) <= 0:
            raise RefusedError(
                error(
                    "geometry_empty",
                    "geometry",
                    f"shape {self.shape} and spacing {self.spacing_mm} mm must be positive",
                )
            )
        departure = float(np.abs(self.direction.T @ self.direction - np.eye(3)).max())
        if departure > ORTHONORMAL_TOLERANCE:
            raise RefusedError(
                error(
                    "geometry_sheared",
                    "geometry",
                    f"axes not at right angles (off by {departure:.2g}); resample to an orthogonal grid",
                )
            )

    @property
    def direction(self) -> FloatArray:
        """(3, 3) matrix whose columns are the axes."""
        return np.array(self.axes, dtype=float).T

    @property
    def affine(self) -> FloatArray:
        """(4, 4) matrix from voxel index to LPS mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = self.direction * np.array(self.spacing_mm)
        matrix[:3, 3] = self.origin_mm
        return matrix

    @property
    def voxel_volume_mm3(self) -> float:
        """Volume of one voxel in mm³."""
        return float(np.prod(self.spacing_mm))

    @classmethod
    def from_affine(cls, affine: ArrayLike, shape: Sequence[int]) -> "Geometry":
        """Make the geometry of a (4, 4) matrix from voxel index to LPS mm."""
        matrix = np.asarray(affine, dtype=float)
        columns = matrix[:3, :3]
        spacing = np.linalg.norm(columns, axis=0)
        with np.errstate(invalid="ignore", divide="ignore"):
            axes = (columns / spacing).T
        return cls(
            shape=(int(shape[0]), int(shape[1]), int(shape[2])),
            origin_mm=_vector(matrix[:3, 3]),
            spacing_mm=_vector(spacing),
            axes=(_vector(axes[0]), _vector(axes[1]), _vector(axes[2])),
        )

    def to_world(self, index: ArrayLike) -> FloatArray:
        """Return the LPS positions in mm, shape (..., 3), of voxel indices (fractions allowed), shape (..., 3)."""
        scaled = np.asarray(index, dtype=float) * np.array(self.spacing_mm)
        world: FloatArray = scaled @ self.direction.T + np.array(self.origin_mm)
        return world

    def to_index(self, point_mm: ArrayLike) -> FloatArray:
        """Return the fractional voxel indices, shape (..., 3), of LPS positions in mm, shape (..., 3)."""
        offset = np.asarray(point_mm, dtype=float) - np.array(self.origin_mm)
        index: FloatArray = (offset @ np.linalg.inv(self.direction).T) / np.array(self.spacing_mm)
        return index

    def contains(self, point_mm: ArrayLike) -> NDArray[np.bool_]:
        """Return whether each LPS position in mm, shape (..., 3), lies inside the outer faces of the grid."""
        index = self.to_index(point_mm)
        inside: NDArray[np.bool_] = np.all((index >= -0.5) & (index <= np.array(self.shape) - 0.5), axis=-1)
        return inside

    def axis_nearest(self, direction: Vector) -> int:
        """Return the index axis that runs most nearly along a world direction (either way)."""
        return int(np.argmax(np.abs(np.array(self.axes) @ np.array(direction))))

    def half_width_mm(self, directions: ArrayLike) -> FloatArray:
        """Return h(u) = ½·maxᵢ|u·eᵢ|·dᵢ, the half width of a voxel in unit directions of shape (..., 3), as (...)."""
        along = np.abs(np.asarray(directions, dtype=float) @ self.direction) * np.array(self.spacing_mm)
        half: FloatArray = along.max(axis=-1) / 2
        return half

    def is_isotropic(self, limit_mm: float) -> bool:
        """Return whether every spacing is at most the limit, so that any direction may be measured."""
        return max(self.spacing_mm) <= limit_mm

    def same_grid(self, other: "Geometry", tolerance_mm: float = 0.01) -> bool:
        """Return whether both have the same shape and every corner of both agrees within the tolerance."""
        if self.shape != other.shape:
            return False
        corners = np.array(np.meshgrid(*[(0, n - 1) for n in self.shape])).reshape(3, -1).T
        return bool(np.abs(self.to_world(corners) - other.to_world(corners)).max() <= tolerance_mm)


def _vector(values: ArrayLike) -> Vector:
    x, y, z = (float(v) for v in np.asarray(values))
    return (x, y, z)
