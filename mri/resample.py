"""Images and masks onto another grid, through a rigid transform where the patient moved in between."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry
from mri.volume import LabelMap, Volume

_Order = Literal[0, 1]
LINEAR: _Order = 1
NEAREST: _Order = 0


def resample_volume(
    volume: Volume, geometry: Geometry, *, moving_from_fixed: FloatArray | None = None, outside: float = 0.0
) -> Volume:
    """Return an image on another grid, trilinear, as float32.

    Parameters
    ----------
    volume : Volume
        The moving image.
    geometry : Geometry
        The wanted (fixed) grid, LPS mm.
    moving_from_fixed : ndarray, shape (4, 4), optional
        LPS mm; sends a point of the fixed image to where the same tissue lies in the moving one. None is identity.
    outside : float
        Value where the image does not reach.
    """
    sampled = sample(volume, _points_mm(geometry, moving_from_fixed), outside=outside)
    return Volume(array=sampled.reshape(geometry.shape).astype(np.float32), geometry=geometry)


def resample_labels(labels: LabelMap, geometry: Geometry, *, moving_from_fixed: FloatArray | None = None) -> LabelMap:
    """Return a mask on another grid: each voxel takes the label nearest to its centre, 0 where the mask does not reach.

    Parameters are those of `resample_volume`.
    """
    index = labels.geometry.to_index(_points_mm(geometry, moving_from_fixed))
    sampled = _at(labels.array, index, order=NEAREST, outside=0.0)
    return LabelMap(array=sampled.astype(labels.array.dtype).reshape(geometry.shape), geometry=geometry)


def sample(volume: Volume, points_mm: FloatArray, *, outside: float = float("nan")) -> FloatArray:
    """Return image values, shape (n,), at LPS positions in mm, shape (n, 3), by trilinear interpolation.

    Within the half voxel between the outermost centres and the outer faces the outermost value holds.
    """
    inside = volume.geometry.contains(points_mm)
    values = _at(volume.array, volume.geometry.to_index(points_mm), order=LINEAR, outside=outside)
    values[~inside] = outside
    return values


def transform_points(matrix: FloatArray, points_mm: FloatArray) -> FloatArray:
    """Send LPS positions in mm, shape (n, 3), through a (4, 4) matrix."""
    moved: FloatArray = points_mm @ matrix[:3, :3].T + matrix[:3, 3]
    return moved


def _points_mm(geometry: Geometry, moving_from_fixed: FloatArray | None) -> FloatArray:
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    points = geometry.to_world(index)
    return points if moving_from_fixed is None else transform_points(moving_from_fixed, points)


def _at(array: NDArray[Any], index: FloatArray, *, order: _Order, outside: float) -> FloatArray:
    from scipy.ndimage import map_coordinates

    last = np.array(array.shape) - 1
    reached = np.all((index >= -0.5) & (index <= last + 0.5), axis=-1)
    values = np.full(len(index), outside, dtype=np.float64)
    held = np.clip(index[reached], 0, last)
    values[reached] = map_coordinates(array, held.T, output=np.float64, order=order, mode="nearest")
    return values
