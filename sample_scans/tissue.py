"""Tissues of the phantom and their relaxation."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Tissue(IntEnum):
    """What is at a point."""

    AIR = 0
    FAT = 1
    MUSCLE = 2
    MARROW = 3
    CORTEX = 4
    LIGAMENT = 5
    NUCLEUS = 6
    ANNULUS = 7
    CSF = 8
    WHITE = 9
    GREY = 10
    ROOT = 11
    VESSEL = 12
    VEIN = 13
    BRAIN = 14
    SOFT = 15
    LUNG = 16
    MUCOSA = 17
    OEDEMA = 18
    LESION = 19
    LESION_STRONG = 20
    LESION_WEAK = 21
    NECROSIS = 22
    CYST = 23
    HEMORRHAGE = 24
    BONE_METASTASIS = 25
    PIAL_METASTASIS = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxation:
    """Proton density (water = 1), relaxation times at 1.5 T in ms, and gadolinium some minutes after injection."""

    density: float
    t1_ms: float
    t2_ms: float
    t2star_ms: float
    gadolinium_mmol_l: float = 0.0


def _relax(density: float, t1_ms: float, t2_ms: float, t2star_ms: float, gadolinium: float = 0.0) -> Relaxation:
    return Relaxation(density=density, t1_ms=t1_ms, t2_ms=t2_ms, t2star_ms=t2star_ms, gadolinium_mmol_l=gadolinium)


RELAXATION: Mapping[Tissue, Relaxation] = {
    Tissue.AIR: _relax(0.0, 1000, 50, 10),
    Tissue.FAT: _relax(0.95, 235, 80, 30),
    Tissue.MUSCLE: _relax(0.75, 900, 38, 25, 0.04),
    Tissue.MARROW: _relax(0.62, 400, 72, 12, 0.03),
    Tissue.CORTEX: _relax(0.10, 700, 18, 3),
    Tissue.LIGAMENT: _relax(0.18, 800, 22, 8),
    Tissue.NUCLEUS: _relax(0.80, 1100, 115, 60),
    Tissue.ANNULUS: _relax(0.55, 1000, 48, 20),
    Tissue.CSF: _relax(1.0, 4000, 1500, 300),
    Tissue.WHITE: _relax(0.70, 780, 74, 45),
    Tissue.GREY: _relax(0.78, 900, 76, 58),
    Tissue.ROOT: _relax(0.90, 1700, 200, 90),
    Tissue.VESSEL: _relax(0.08, 1400, 100, 40),
    Tissue.VEIN: _relax(0.80, 1300, 95, 40, 0.45),
    Tissue.BRAIN: _relax(0.76, 880, 80, 55),
    Tissue.SOFT: _relax(0.60, 520, 52, 22, 0.04),
    Tissue.LUNG: _relax(0.06, 1200, 40, 2),
    Tissue.MUCOSA: _relax(0.80, 950, 75, 30, 0.25),
    Tissue.OEDEMA: _relax(0.84, 1100, 124, 75),
    Tissue.LESION: _relax(0.82, 1050, 116, 65, 0.50),
    Tissue.LESION_STRONG: _relax(0.82, 1050, 112, 65, 0.85),
    Tissue.LESION_WEAK: _relax(0.82, 1050, 118, 65, 0.24),
    Tissue.NECROSIS: _relax(0.88, 1500, 170, 90),
    Tissue.CYST: _relax(0.97, 3200, 900, 250),
    Tissue.HEMORRHAGE: _relax(0.75, 300, 34, 9),
    Tissue.BONE_METASTASIS: _relax(0.80, 1100, 95, 40, 0.30),
    Tissue.PIAL_METASTASIS: _relax(0.82, 1000, 100, 55, 0.75),
}
"""Round values of our own, of the order that Stanisz et al. published (MRM 2005), so that tissues rank as on patients.

Oedema lies about half way between cord and CSF on T2; the T2 of fat is that of a fast spin echo; CSF is without flow.
"""

TEXTURE: Mapping[Tissue, float] = {
    Tissue.FAT: 0.05,
    Tissue.MUSCLE: 0.10,
    Tissue.MARROW: 0.09,
    Tissue.NUCLEUS: 0.06,
    Tissue.ANNULUS: 0.08,
    Tissue.SOFT: 0.12,
    Tissue.BRAIN: 0.04,
    Tissue.WHITE: 0.015,
    Tissue.GREY: 0.015,
    Tissue.CSF: 0.03,
    Tissue.ROOT: 0.10,
    Tissue.MUCOSA: 0.10,
    Tissue.OEDEMA: 0.03,
    Tissue.BONE_METASTASIS: 0.12,
}
"""Standard deviation of the density from place to place, relative; tissues not named are even."""
