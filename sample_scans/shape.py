"""Widths of everything along the spine, tabulated once per person."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_scans import anatomy_tables as tables
from sample_scans.lesion import PlantedLesion
from sample_scans.spine import Spine, knots_at
from sample_scans.variants import disc_height_mm
from segmentation.levels import STANDARD

F32 = NDArray[np.float32]

SAC_CLEARANCE_MM = 0.8
"""CSF that stays around an expanded cord."""

EXPANSION_RAMP_MM = 8.0
"""Length over which an expanded cord returns to normal beyond the lesion."""

_BRAINSTEM_HALF_MM = (
    (-130.0, 13.0, 15.0),
    (-55.0, 12.5, 15.0),
    (-36.0, 12.0, 15.5),
    (-24.0, 7.0, 9.0),
    (-8.0, 5.6, 7.0),
)
"""(s, half AP, half TR) of pons and medulla above the foramen magnum; typical values, ours."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Local:
    """Points in local coordinates (each a flat float32 array in mm) with their place in the tables along the axis."""

    s: F32
    a: F32
    r: F32
    index: NDArray[np.int32]
    columns: Mapping[str, F32]

    def __getitem__(self, name: str) -> F32:
        """Return a table's value at each point."""
        values: F32 = self.columns[name][self.index]
        return values

    def subset(self, where: NDArray[np.intp]) -> "Local":
        """Return some of the points."""
        return Local(s=self.s[where], a=self.a[where], r=self.r[where], index=self.index[where], columns=self.columns)


def columns_of(spine: Spine, lesions: tuple[PlantedLesion, ...]) -> Mapping[str, F32]:
    """Return the tables along the axis of one person, with the cord widened at expanding lesions."""
    v = spine.table_v
    columns = {name: knots_at(knots, v) * spine.scale for name, knots in _KNOTS.items()}
    cord_ap, cord_tr = cord_half_mm(spine, lesions)
    columns["slope"] = knots_at(tables.SPINOUS_SLOPE, v)
    columns["sac_ap"] = np.maximum(columns["sac_ap"] / 2, cord_ap + SAC_CLEARANCE_MM)
    columns["sac_tr"] = np.maximum(columns["sac_tr"] / 2, cord_tr + SAC_CLEARANCE_MM)
    columns |= {"v": spine.v, "table_v": v, "cord_ap": cord_ap, "cord_tr": cord_tr, **_disc_columns(spine)}
    columns["front"] = -columns["sac_ap"] - 4
    middle = np.abs(np.mod(columns["v"], 1) - 0.5)
    columns["middle"] = middle * 20
    return {name: np.ascontiguousarray(values, dtype=np.float32) for name, values in columns.items()}


_KNOTS = {
    "sac_ap": tables.SAC_AP_MM,
    "sac_tr": tables.SAC_TR_MM,
    "sac_off": tables.SAC_BEHIND_CORD_MM,
    "depth": tables.BODY_DEPTH_MM,
    "width": tables.BODY_WIDTH_MM,
    "spinous": tables.SPINOUS_LENGTH_MM,
    "skin_back": tables.SKIN_BEHIND_MM,
    "skin_front": tables.SKIN_BEFORE_MM,
    "skin_side": tables.SKIN_ASIDE_MM,
    "subcutaneous": tables.SUBCUTANEOUS_MM,
}


def cord_half_mm(
    spine: Spine, lesions: tuple[PlantedLesion, ...] = ()
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return half the cord's AP and TR diameter in mm along the axis, brainstem above, 0 below the tip."""
    v, s = spine.table_v, spine.s_mm
    middles = np.array([STANDARD.vertebra_number(name) + 0.5 for name in tables.CORD_AP_TR_MM])
    halves = []
    for k in range(2):
        half = np.array([d[k] for d in tables.CORD_AP_TR_MM.values()]) / 2 * spine.scale
        knots = tuple(zip((*middles, tables.CONUS_TIP_V), (*half, 0.0), strict=True))
        stem = tuple((float(spine.v_at(row[0] * spine.scale)), row[k + 1] * spine.scale) for row in _BRAINSTEM_HALF_MM)
        # the cone closes like an ellipse, not like a needle
        cone = np.sqrt(np.clip((tables.CONUS_TIP_V - v) / 1.2, 0, 1))
        value = np.where(v > tables.CONUS_TIP_V - 1.2, half[-1] * cone, knots_at((*stem, *knots), v))
        halves.append(np.where(v < tables.CONUS_TIP_V, value, 0.0))
    growth = np.ones_like(s)
    for lesion in lesions:
        upper, lower = lesion.extent_mm(spine)
        outside = np.maximum(0, np.maximum(upper - s, s - lower)) / EXPANSION_RAMP_MM
        growth = np.maximum(growth, 1 + (lesion.expansion - 1) * np.clip(1 - outside, 0, 1))
    return halves[0] * growth, halves[1] * growth


def _disc_columns(spine: Spine) -> dict[str, NDArray[np.float64]]:
    """Return signed distance to the nearest disc's middle (mm, positive below it) and half that disc's height.

    A fused disc is none: bone goes on where it would be.
    """
    values = np.array([value for value in range(3, len(spine.scheme.discs) + 1) if value not in spine.fused])
    middles = spine.s_at(values)
    half = np.array([disc_height_mm(spine.scheme, int(value)) for value in values]) / 2 * spine.scale
    nearest = np.abs(spine.s_mm[:, None] - middles).argmin(axis=1)
    return {
        "disc": spine.s_mm - middles[nearest],
        "disc_half": half[nearest],
        "disc_value": values[nearest].astype(float),
    }
