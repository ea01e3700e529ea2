"""A volume seen as a stack of sections across the cord, whatever plane it was acquired in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mri.geometry import INFERIOR_SUPERIOR, RIGHT_LEFT, FloatArray, Geometry, Vector
from mri.volume import Volume

_WANTED = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
"""LPS directions in which the axes of an upright grid grow: left, posterior, caudal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upright:
    """How a grid is turned, without resampling, so that its axes run left, posterior and caudal.

    Attributes
    ----------
    order : tuple of int
        Index axis of the original that becomes axis k.
    flipped : tuple of bool
        Whether axis k runs against the original.
    original, geometry : Geometry
        The grid before and after; the same voxels at the same places.
    """

    order: tuple[int, int, int]
    flipped: tuple[bool, bool, bool]
    original: Geometry
    geometry: Geometry

    def turn(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the original grid as a view on the upright grid."""
        return array.transpose(self.order)[self._steps()]

    def back(self, array: NDArray[Any]) -> NDArray[Any]:
        """Return an array of the upright grid as a view on the original grid."""
        return array[self._steps()].transpose(np.argsort(self.order))

    def _steps(self) -> tuple[slice, slice, slice]:
        first, second, third = (slice(None, None, -1) if flip else slice(None) for flip in self.flipped)
        return first, second, third


def upright(geometry: Geometry) -> Upright:
    """Return how to turn a grid: sections along the axis nearest S-I, then the axis nearest left–right."""
    section = geometry.axis_nearest(INFERIOR_SUPERIOR)
    along_x = np.abs(np.array(geometry.axes) @ np.array(RIGHT_LEFT))
    along_x[section] = -1.0
    lateral = int(np.argmax(along_x))
    order = (lateral, 3 - section - lateral, section)
    axes = np.array(geometry.axes)[list(order)]
    flips = np.einsum("ij,ij->i", axes, _WANTED) < 0
    corner = np.zeros(3)
    for k in range(3):
        corner[order[k]] = geometry.shape[order[k]] - 1 if flips[k] else 0
    turned = np.where(flips[:, None], -axes, axes)
    return Upright(
        order=order,
        flipped=(bool(flips[0]), bool(flips[1]), bool(flips[2])),
        original=geometry,
        geometry=Geometry(
            shape=(geometry.shape[order[0]], geometry.shape[order[1]], geometry.shape[order[2]]),
            origin_mm=_vector(geometry.to_world(corner)),
            spacing_mm=(geometry.spacing_mm[order[0]], geometry.spacing_mm[order[1]], geometry.spacing_mm[order[2]]),
            axes=(_vector(turned[0]), _vector(turned[1]), _vector(turned[2])),
        ),
    )


def turned(volume: Volume) -> tuple[Volume, Upright]:
    """Return a volume as single-precision sections, with the way back."""
    way = upright(volume.geometry)
    return Volume(array=np.ascontiguousarray(way.turn(volume.array), dtype=np.float32), geometry=way.geometry), way


def _vector(values: FloatArray) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])
