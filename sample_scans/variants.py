"""Spines unlike the table: curved to the side, with fused vertebrae, or with another number of them."""

from dataclasses import dataclass

import numpy as np

from mri.geometry import FloatArray
from sample_scans.anatomy_tables import BODY_HEIGHT_MM, DISC_HEIGHT_MM
from segmentation.levels import STANDARD, LevelScheme

_N_CERVICAL = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class LateralCurve:
    """One curve of a scoliosis; it returns to the midline at both ends. Vertebrae do not rotate.

    Attributes
    ----------
    apex_v : float
        Vertebral coordinate of the apex.
    length_mm : float
        From end to end.
    cobb_deg : float
        Angle between its most tilted vertebrae; positive bulges to the patient's left.
    """

    apex_v: float
    length_mm: float
    cobb_deg: float

    def lean_rad(self, s_mm: FloatArray, apex_mm: float) -> FloatArray:
        """Return how far the axis leans to the patient's left, going down, at arc lengths in mm."""
        along = (s_mm - apex_mm) / self.length_mm
        lean = -np.deg2rad(self.cobb_deg) / 2 * np.sin(2 * np.pi * along)
        inside: FloatArray = np.where(np.abs(along) < 0.5, lean, 0.0)
        return inside


def body_height_mm(scheme: LevelScheme, number: int) -> float:
    """Return the height of a vertebra's body; one that the table lacks (T13, L6) is like the one above it."""
    name = scheme.vertebrae[number - 1]
    return BODY_HEIGHT_MM[name if name in BODY_HEIGHT_MM else scheme.vertebrae[number - 2]]


def disc_height_mm(scheme: LevelScheme, value: int) -> float:
    """Return the height of a disc; one that the table lacks is like the table's last above that lower neighbour."""
    name = scheme.disc_name(value)
    if name in DISC_HEIGHT_MM:
        return DISC_HEIGHT_MM[name]
    lower = name.split("-")[1]
    same = [height for other, height in DISC_HEIGHT_MM.items() if other.split("-")[1] == lower]
    return same[0] if same else disc_height_mm(scheme, value - 1)


def table_v(scheme: LevelScheme, v: FloatArray) -> FloatArray:
    """Return where in the tables of an average spine a vertebral coordinate of this scheme looks."""
    if scheme == STANDARD:
        return v
    own, table = (
        np.cumsum([1, _N_CERVICAL, one.n_thoracic, one.n_lumbar, 1], dtype=float) for one in (scheme, STANDARD)
    )
    inside: FloatArray = np.interp(v, own, table)
    return np.where(v < own[0], v, np.where(v > own[-1], v - own[-1] + table[-1], inside))


def own_v(scheme: LevelScheme, v: float) -> float:
    """Return the vertebral coordinate of this scheme at one of the table."""
    if scheme == STANDARD:
        return v
    own, table = (
        np.cumsum([1, _N_CERVICAL, one.n_thoracic, one.n_lumbar, 1], dtype=float) for one in (scheme, STANDARD)
    )
    return float(np.interp(v, table, own))
