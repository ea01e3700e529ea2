"""The curved axis of the spinal canal: patient LPS mm to and from coordinates along and across it.

Local coordinates in mm: ``s`` along the cord axis from the foramen magnum (s = 0) downwards, ``a`` backwards
(positive is posterior) and ``r`` towards the patient's left, both at right angles to the axis.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mri.geometry import FloatArray, Vector
from sample_scans.anatomy_tables import (
    BODY_HEIGHT_MM,
    C1_LENGTH_MM,
    C2_LENGTH_MM,
    DISC_HEIGHT_MM,
    TILT_DEG,
    Knots,
)
from segmentation.levels import STANDARD

STEP_MM = 0.1
"""Spacing of every table along the axis; far below any voxel."""

ABOVE_MM = 130.0
"""How far the axis is continued above the foramen magnum, into the head."""

BELOW_MM = 40.0
"""How far it is continued below the lumbosacral disc."""

_NEWTON_STEPS = 4
"""Steps to the foot point; the axis is so flat (radius > 150 mm) that two already reach 0.01 mm."""

_HEAD_MM_PER_LEVEL = 15.0
"""Above the foramen magnum the vertebral coordinate has no meaning; it runs on at this rate to index the tables."""


def level_positions_mm() -> dict[int, float]:
    """Return arc length in mm from the foramen magnum of each disc's middle, by its value (2 is C1-C2, 3 is C2-C3)."""
    positions = {1: 0.0, 2: C1_LENGTH_MM, 3: C1_LENGTH_MM + C2_LENGTH_MM}
    for value in range(4, len(STANDARD.discs) + 1):
        above, below = STANDARD.disc_name(value - 1), STANDARD.disc_name(value)
        vertebra = STANDARD.vertebrae[value - 2]
        height = BODY_HEIGHT_MM[vertebra] + (DISC_HEIGHT_MM[above] + DISC_HEIGHT_MM[below]) / 2
        positions[value] = positions[value - 1] + height
    return positions


def knots_at(knots: Knots, v: FloatArray) -> FloatArray:
    """Return the monotone cubic through the knots at vertebral coordinates, constant beyond its ends."""
    from scipy.interpolate import PchipInterpolator

    x, y = np.array(knots).T
    values: FloatArray = PchipInterpolator(x, y)(np.clip(v, x[0], x[-1]))
    return values


@dataclass(frozen=True)
class Spine:
    """Axis of one person's spine.

    Attributes
    ----------
    scale : float
        Size relative to the mean of the tables.
    curve_scale : float
        Strength of lordosis and kyphosis relative to the table.
    sideways_mm : float
        Amplitude of a slight bend to the side.
    foramen_magnum_mm : Vector
        LPS position of the axis at s = 0.
    """

    scale: float = 1.0
    curve_scale: float = 1.0
    sideways_mm: float = 0.0
    foramen_magnum_mm: Vector = (0.0, 0.0, 0.0)

    @cached_property
    def level_s_mm(self) -> FloatArray:
        """Arc length of v = 1, 2, … (foramen magnum, C1-C2, C2-C3, …)."""
        return np.array(list(level_positions_mm().values())) * self.scale

    @cached_property
    def s_mm(self) -> FloatArray:
        """Arc lengths of every table along the axis."""
        return np.arange(-ABOVE_MM, self.level_s_mm[-1] + BELOW_MM, STEP_MM)

    @cached_property
    def v(self) -> FloatArray:
        """Vertebral coordinate along the axis (below 1 only a continuation that indexes tables)."""
        return self.v_at(self.s_mm)

    @cached_property
    def _tilt_rad(self) -> FloatArray:
        return np.deg2rad(knots_at(TILT_DEG, self.v)) * self.curve_scale

    @cached_property
    def _axis_mm(self) -> FloatArray:
        """(n, 3) LPS positions of the axis."""
        y = np.cumsum(np.sin(self._tilt_rad)) * STEP_MM
        z = -np.cumsum(np.cos(self._tilt_rad)) * STEP_MM
        x = self.sideways_mm * np.sin(2 * np.pi * self.s_mm / self.level_s_mm[-1])
        axis = np.stack([x, y, z], axis=1)
        start = np.array([np.interp(0.0, self.s_mm, axis[:, k]) for k in range(3)])
        shifted: FloatArray = axis - start + np.array(self.foramen_magnum_mm)
        return shifted

    @cached_property
    def _bend_per_mm(self) -> FloatArray:
        bend: FloatArray = np.gradient(self._tilt_rad, STEP_MM)
        return bend

    def v_at(self, s_mm: ArrayLike) -> FloatArray:
        """Return the vertebral coordinate at arc lengths in mm, piecewise linear between the discs."""
        s = np.asarray(s_mm, dtype=float)
        levels = self.level_s_mm
        v = np.interp(s, levels, np.arange(1, len(levels) + 1))
        last_height = levels[-1] - levels[-2]
        v = np.where(s > levels[-1], len(levels) + (s - levels[-1]) / last_height, v)
        result: FloatArray = np.where(s < 0, 1 + s / _HEAD_MM_PER_LEVEL, v)
        return result

    def s_at(self, v: ArrayLike) -> FloatArray:
        """Return the arc length in mm at vertebral coordinates between 1 and the lumbosacral disc."""
        s: FloatArray = np.interp(np.asarray(v, dtype=float), np.arange(1, len(self.level_s_mm) + 1), self.level_s_mm)
        return s

    def tilt_rad_at(self, s_mm: float) -> float:
        """Return the lean of the axis at an arc length, positive where it runs backwards going down."""
        return float(np.interp(s_mm, self.s_mm, self._tilt_rad))

    def to_world(self, s_mm: ArrayLike, a_mm: ArrayLike = 0.0, r_mm: ArrayLike = 0.0) -> FloatArray:
        """Return LPS positions in mm, shape (..., 3), of local coordinates."""
        s, a, r = np.broadcast_arrays(*(np.asarray(k, dtype=float) for k in (s_mm, a_mm, r_mm)))
        x, y, z = self._axis_at(s)
        tilt = np.interp(s, self.s_mm, self._tilt_rad)
        return np.stack([x + r, y + a * np.cos(tilt), z + a * np.sin(tilt)], axis=-1)

    def to_local(self, points_mm: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (s, a, r) in mm, each of shape (...), of LPS positions in mm, shape (..., 3)."""
        points = np.asarray(points_mm, dtype=float)
        axis = self._axis_mm
        s = np.interp(-points[..., 2], -axis[:, 2], self.s_mm)
        a = np.zeros_like(s)
        for _ in range(_NEWTON_STEPS):
            _, y, z = self._axis_at(s)
            tilt = np.interp(s, self.s_mm, self._tilt_rad)
            dy, dz = points[..., 1] - y, points[..., 2] - z
            a = dy * np.cos(tilt) + dz * np.sin(tilt)
            along = dy * np.sin(tilt) - dz * np.cos(tilt)
            bend = np.interp(s, self.s_mm, self._bend_per_mm)
            s = s + along / np.maximum(1 - a * bend, 0.3)  # 0.3 keeps far corners of the image from running away
        return s, a, points[..., 0] - self._axis_at(s)[0]

    def coarse_distance_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return the distance of LPS points from the axis at their own height: never less than the true distance."""
        axis = self._axis_mm[::10]
        x, y = (np.interp(-points_mm[..., 2], -axis[:, 2], axis[:, k]) for k in range(2))
        distance: FloatArray = np.hypot(points_mm[..., 0] - x, points_mm[..., 1] - y)
        return distance

    def _axis_at(self, s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        x, y, z = (np.interp(s, self.s_mm, self._axis_mm[:, k]) for k in range(3))
        return x, y, z

    def table_index(self, s_mm: NDArray[np.floating]) -> NDArray[np.int32]:
        """Return where in the tables along the axis each arc length is."""
        index = ((s_mm + ABOVE_MM) * (1 / STEP_MM) + 0.5).astype(np.int32)
        clipped: NDArray[np.int32] = np.clip(index, 0, len(self.s_mm) - 1)
        return clipped
