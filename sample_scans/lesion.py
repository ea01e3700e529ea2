"""A planted intramedullary metastasis: its shape and what it is made of."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from sample_scans.spine import Spine
from sample_scans.tissue import Tissue

F32 = NDArray[np.float32]
Mask = NDArray[np.bool_]

TIP_ROUNDING_MM = 2.0
"""Length over which an end closes; blunt, so that a mask on thick slices reaches the planted end."""

SHELL_MM = 1.3
"""Thickness of an enhancing rim or ring wall."""

OEDEMA_FILL = 0.84
"""Share of the cord's radius that oedema fills: a thin dark rim of white matter stays, as on patients' scans."""

FLAME_MM = 7.0
"""Length of the tapering enhancement at the pole of a flame sign."""

FLAME_TIP = 0.55
"""Radius of the flame's tip relative to the lesion's."""


class Pattern(StrEnum):
    """Enhancement pattern, in the words of the data dictionary."""

    ABSENT = "absent"
    HOMOGENEOUS = "homogeneous"
    HETEROGENEOUS = "heterogeneous"
    RING = "ring"


class Position(StrEnum):
    """Position in the cord's cross-section, in the words of the data dictionary."""

    CENTRAL = "central"
    ECCENTRIC = "eccentric"
    EXOPHYTIC = "exophytic"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedLesion:
    """One metastasis.

    Attributes
    ----------
    enh_v : tuple of float
        Upper and lower end of the lesion body with its flame (its enhancement, if it enhances), vertebral coordinates.
    t2_v : tuple of float
        Upper and lower end of its T2 hyperintensity, oedema included.
    ap_mm, tr_mm : float
        Diameters of the body.
    behind_mm, left_mm : float
        Offset of the body's centre from the cord's.
    position, side, pattern
        As in the data dictionary; side is empty for a central lesion.
    rim, cyst, hemorrhage : bool
    flame : str
        ``"superior"``, ``"inferior"``, ``"both"`` (a spindle) or empty.
    expansion : float
        Cord diameter at the lesion relative to normal.
    """

    enh_v: tuple[float, float]
    t2_v: tuple[float, float]
    ap_mm: float
    tr_mm: float
    behind_mm: float = 0.0
    left_mm: float = 0.0
    position: Position = Position.CENTRAL
    side: str = ""
    pattern: Pattern = Pattern.HOMOGENEOUS
    rim: bool = False
    flame: str = ""
    cyst: bool = False
    hemorrhage: bool = False
    expansion: float = 1.0

    @property
    def enhances(self) -> bool:
        """Whether the lesion takes up gadolinium."""
        return self.pattern is not Pattern.ABSENT

    def extent_mm(self, spine: Spine) -> tuple[float, float]:
        """Return the upper and lower end of the lesion along the axis."""
        upper, lower = spine.s_at(self.enh_v)
        return float(upper), float(lower)

    def t2_extent_mm(self, spine: Spine) -> tuple[float, float]:
        """Return the upper and lower end of the T2 hyperintensity along the axis."""
        upper, lower = spine.s_at(self.t2_v)
        return float(upper), float(lower)

    def body_mm(self, spine: Spine) -> tuple[float, float]:
        """Return the ends of the well-defined body, without the flame."""
        upper, lower = self.extent_mm(spine)
        return (
            upper + FLAME_MM if self.flame in ("superior", "both") else upper,
            lower - FLAME_MM if self.flame in ("inferior", "both") else lower,
        )

    def section(self, spine: Spine, s: F32) -> F32:
        """Return the radius at arc lengths relative to the body's full radius; 0 beyond the ends."""
        upper, lower = self.body_mm(spine)
        size = closing(s, upper, lower)
        first, last = self.extent_mm(spine)
        for pole, tip in ((upper, first), (lower, last)):
            if pole == tip:
                continue
            along = (s - pole) / (tip - pole)
            end = closing(s, first, last)
            taper = np.where(along > -0.3, 1 - (1 - FLAME_TIP) * np.clip(along, 0, 1), 0) * end
            size = np.maximum(size, taper)
        return size.astype(np.float32)

    def depth_mm(self, spine: Spine, s: F32, a: F32, r: F32) -> F32:
        """Return how deep below the lesion's side each local point lies, in mm; negative outside."""
        size = self.section(spine, s)
        radius = np.hypot((a - self.behind_mm) / (self.ap_mm / 2), (r - self.left_mm) / (self.tr_mm / 2))
        depth = (size - radius) * min(self.ap_mm, self.tr_mm) / 2
        return np.where(size > 0, depth, np.float32(-1)).astype(np.float32)

    def tissue(self, spine: Spine, s: F32, a: F32, r: F32, depth: F32) -> NDArray[np.uint8]:
        """Return the tissue of local points that lie inside the lesion."""
        tissue = np.full(s.shape, self._base(), dtype=np.uint8)
        upper, lower = self.body_mm(spine)
        end_depth = np.minimum(s - upper, lower - s)
        inside = np.minimum(depth, end_depth)
        if self.pattern is Pattern.HETEROGENEOUS:
            tissue[_texture(s, a, r) > 0.1] = Tissue.LESION_WEAK
            tissue[_texture(s, a, r) < -0.75] = Tissue.LESION_STRONG
        if self.pattern is Pattern.RING:
            tissue[:] = np.where(inside < SHELL_MM, Tissue.LESION_STRONG, Tissue.NECROSIS)
        if self.rim:
            tissue[(inside < SHELL_MM) & (end_depth >= 0)] = Tissue.LESION_STRONG
        if self.cyst:
            tissue[np.hypot(a - self.behind_mm, (s - (upper + lower) / 2) * 0.6) < self.ap_mm * 0.28] = Tissue.CYST
        if self.hemorrhage:
            tissue[(s > lower - 0.3 * (lower - upper)) & (end_depth > 0)] = Tissue.HEMORRHAGE
        if self.flame:
            tissue[(end_depth < -0.35 * FLAME_MM) & (_texture(s, a, r) > -0.6)] = Tissue.LESION_WEAK
        return tissue

    def _base(self) -> Tissue:
        return Tissue.OEDEMA if self.pattern is Pattern.ABSENT else Tissue.LESION


def closing(s: F32, upper: float, lower: float) -> F32:
    """Return a relative radius that is 1 between two ends, closes like a quarter circle towards them, 0 beyond."""
    rounding = min(TIP_ROUNDING_MM, (lower - upper) / 2)
    into = np.clip(np.minimum(s - upper, lower - s) / rounding, 0, 1)
    radius: F32 = np.sqrt(into * (2 - into)).astype(np.float32)
    return radius


def _texture(s: F32, a: F32, r: F32) -> F32:
    """Return a fixed smooth blotchy pattern between −2 and 2 with patches of about 3 mm."""
    pattern: F32 = np.sin(1.1 * s + 0.7 * a) + np.sin(1.3 * a - 0.8 * r + 0.5 * s + 1.0)
    return pattern
