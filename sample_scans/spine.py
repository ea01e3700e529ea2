"""The curved axis of the spinal canal: patient LPS mm to and from coordinates along and across it.

Local coordinates in mm: ``s`` along the cord axis from the foramen magnum (s = 0) downwards, ``a`` backwards
(positive is posterior) and ``r`` towards the patient's left, both at right angles to the axis.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mri.geometry import FloatArray, Vector
from sample_scans.anatomy_tables import C1_LENGTH_MM, C2_LENGTH_MM, TILT_DEG, Knots
from sample_scans.variants import LateralCurve, body_height_mm, disc_height_mm, table_v
from segmentation.levels import STANDARD, LevelScheme

STEP_MM = 0.1
"""Spacing of every table along the axis; far below any voxel."""

ABOVE_MM = 130.0
"""How far the axis is continued above the foramen magnum, into the head."""

BELOW_MM = 40.0
"""How far it is continued below the lumbosacral disc."""

_NEWTON_STEPS = 4
"""Steps to the foot point; the axis is so flat (radius > 150 mm) that two already reach 0.01 mm."""

_NEWTON_STEPS_SCOLIOSIS = 8
"""A scoliosis bends as much again sideways, and a point far aside starts far from its foot point."""

_HEAD_MM_PER_LEVEL = 15.0
"""Above the foramen magnum the vertebral coordinate has no meaning; it runs on at this rate to index the tables."""


def level_positions_mm(scheme: LevelScheme = STANDARD, fused: tuple[int, ...] = ()) -> dict[int, float]:
    """Return arc length in mm from the foramen magnum of each disc's middle, by its value (2 is C1-C2, 3 is C2-C3).

    A fused disc has no height: its vertebrae touch.
    """
    positions = {1: 0.0, 2: C1_LENGTH_MM, 3: C1_LENGTH_MM + C2_LENGTH_MM}
    for value in range(4, len(scheme.discs) + 1):
        gaps = [0.0 if k in fused else disc_height_mm(scheme, k) for k in (value - 1, value)]
        positions[value] = positions[value - 1] + body_height_mm(scheme, value - 1) + sum(gaps) / 2
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
    scheme : LevelScheme
        How many vertebrae there are: 13 or 11 thoracic, 6 or 4 lumbar.
    fused : tuple of int
        Values of discs that are missing (3 is C2-C3): block vertebrae. They keep their place in the count.
    curves : tuple of LateralCurve
        Scoliosis.
    """

    scale: float = 1.0
    curve_scale: float = 1.0
    sideways_mm: float = 0.0
    foramen_magnum_mm: Vector = (0.0, 0.0, 0.0)
    scheme: LevelScheme = STANDARD
    fused: tuple[int, ...] = ()
    curves: tuple[LateralCurve, ...] = ()

    @cached_property
    def level_s_mm(self) -> FloatArray:
        """Arc length of v = 1, 2, … (foramen magnum, C1-C2, C2-C3, …)."""
        return np.array(list(level_positions_mm(self.scheme, self.fused).values())) * self.scale

    @cached_property
    def s_mm(self) -> FloatArray:
        """Arc lengths of every table along the axis."""
        return np.arange(-ABOVE_MM, self.level_s_mm[-1] + BELOW_MM, STEP_MM)

    @cached_property
    def v(self) -> FloatArray:
        """Vertebral coordinate along the axis (below 1 only a continuation that indexes tables)."""
        return self.v_at(self.s_mm)

    @cached_property
    def table_v(self) -> FloatArray:
        """Where along the axis to look in the tables of an average spine; `v` in a spine of the usual count."""
        return table_v(self.scheme, self.v)

    @cached_property
    def _tilt_rad(self) -> FloatArray:
        return np.deg2rad(knots_at(TILT_DEG, self.table_v)) * self.curve_scale

    @cached_property
    def _lean_rad(self) -> FloatArray:
        """Lean of the axis to the patient's left, going down; the slight bend of `sideways_mm` is left out."""
        lean = np.zeros_like(self.s_mm)
        for curve in self.curves:
            lean += curve.lean_rad(self.s_mm, float(self.s_at(curve.apex_v)))
        return lean

    @cached_property
    def _axis_mm(self) -> FloatArray:
        """(n, 3) LPS positions of the axis."""
        forward = np.cos(self._lean_rad)
        y = np.cumsum(np.sin(self._tilt_rad) * forward) * STEP_MM
        z = -np.cumsum(np.cos(self._tilt_rad) * forward) * STEP_MM
        x = self.sideways_mm * np.sin(2 * np.pi * self.s_mm / self.level_s_mm[-1])
        x = x + np.cumsum(np.sin(self._lean_rad)) * STEP_MM
        axis = np.stack([x, y, z], axis=1)
        start = np.array([np.interp(0.0, self.s_mm, axis[:, k]) for k in range(3)])
        shifted: FloatArray = axis - start + np.array(self.foramen_magnum_mm)
        return shifted

    @cached_property
    def _bend_per_mm(self) -> FloatArray:
        bend: FloatArray = np.gradient(self._tilt_rad, STEP_MM)
        return bend

    @cached_property
    def _lean_per_mm(self) -> FloatArray:
        bend: FloatArray = np.gradient(self._lean_rad, STEP_MM)
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
        if not self.curves:
            return np.stack([x + r, y + a * np.cos(tilt), z + a * np.sin(tilt)], axis=-1)
        lean = np.interp(s, self.s_mm, self._lean_rad)
        aside = r * np.sin(lean)
        y, z = y + a * np.cos(tilt) - aside * np.sin(tilt), z + a * np.sin(tilt) + aside * np.cos(tilt)
        return np.stack([x + r * np.cos(lean), y, z], axis=-1)

    def to_local(self, points_mm: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (s, a, r) in mm, each of shape (...), of LPS positions in mm, shape (..., 3)."""
        points = np.asarray(points_mm, dtype=float)
        if self.curves:
            return self._to_local_scoliotic(points)
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

    def _to_local_scoliotic(self, points: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return (s, a, r) where the axis leans to the side: discs lie at right angles to it there too."""
        axis = self._axis_mm
        s = np.interp(-points[..., 2], -axis[:, 2], self.s_mm)
        a, r = np.zeros_like(s), np.zeros_like(s)
        for _ in range(_NEWTON_STEPS_SCOLIOSIS):
            x, y, z = self._axis_at(s)
            tilt, lean = (np.interp(s, self.s_mm, angle) for angle in (self._tilt_rad, self._lean_rad))
            dx, dy, dz = points[..., 0] - x, points[..., 1] - y, points[..., 2] - z
            a = dy * np.cos(tilt) + dz * np.sin(tilt)
            down = dy * np.sin(tilt) - dz * np.cos(tilt)
            along = dx * np.sin(lean) + down * np.cos(lean)
            r = dx * np.cos(lean) - down * np.sin(lean)
            bend = a * np.interp(s, self.s_mm, self._bend_per_mm) * np.cos(lean)
            bend = bend + r * np.interp(s, self.s_mm, self._lean_per_mm)
            s = s + along / np.maximum(1 - bend, 0.3)
        return s, a, r

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
