"""Published sizes of the spine by level, read from ``disc_spacing.toml``."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from segmentation.levels import STANDARD, LevelScheme


@dataclass(frozen=True, slots=True, kw_only=True)
class SpineTable:
    """Sizes of an average adult's spine.

    Attributes
    ----------
    height_mm : tuple of float
        Distance from the upper to the lower disc of each vertebra of a scheme, C1 first.
    cord_ap_mm : tuple of float
        Anteroposterior diameter of the cord there, 0 where there is none.
    conus_tip_v, conus_sd_levels : float
        Vertebral coordinate of the cord's tip, and its standard deviation.
    """

    height_mm: tuple[float, ...]
    cord_ap_mm: tuple[float, ...]
    conus_tip_v: float
    conus_sd_levels: float

    def position_mm(self, v: float) -> float:
        """Return the distance of a vertebral coordinate from the foramen magnum in this spine."""
        whole = min(int(v), len(self.height_mm))
        part = (v - whole) * self.height_mm[whole - 1]
        return sum(self.height_mm[: whole - 1]) + part


@cache
def spine_table(scheme: LevelScheme = STANDARD) -> SpineTable:
    """Return the table for a scheme; a vertebra that is not in it (T13, L6) is like the one above."""
    data = tomllib.loads(files(__package__).joinpath("disc_spacing.toml").read_text("utf-8"))
    rows = {row["name"]: row for row in data["level"]}
    chosen: list[dict[str, Any]] = []
    for name in scheme.vertebrae[:-1]:
        chosen.append(rows.get(name, chosen[-1] if chosen else None) or rows["C1"])
    return SpineTable(
        height_mm=tuple(float(row["height_mm"]) for row in chosen),
        cord_ap_mm=tuple(float(row["cord_ap_mm"]) for row in chosen),
        conus_tip_v=float(data["conus_tip_v"]) + scheme.n_thoracic - STANDARD.n_thoracic,
        conus_sd_levels=float(data["conus_sd_levels"]),
    )
