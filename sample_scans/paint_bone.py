"""Vertebral bodies, discs and posterior elements."""

import numpy as np
from numpy.typing import NDArray

from sample_scans.paint_canal import DURA_MM
from sample_scans.shape import Local
from sample_scans.tissue import Tissue

Mask = NDArray[np.bool_]

END_PLATE_MM = 1.3
CORTEX_MM = 0.9
"""Dark shell of a vertebra: cortical bone with the chemical shift at its edge."""

WAIST = 0.07
"""How much narrower a vertebral body is at mid height than at its end plates."""

GABLE = 0.55
"""How much the laminae come forwards per millimetre sideways."""

_POSTERIOR_LIGAMENT_MM = 0.6


def paint_bodies(local: Local, metastases: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the tissue of points that lie in a vertebral body or disc from C2 down; AIR elsewhere."""
    tissue = np.zeros(local.s.shape, dtype=np.uint8)
    v, disc, half = local["v"], local["disc"], local["disc_half"]
    back = body_back_mm(local)
    depth, width = local["depth"], local["width"]
    height = np.clip(np.abs(disc) / np.maximum(half * 4, 1), 0, 1)
    squeeze = 1 - WAIST * height
    x = np.abs(local.r) / (width / 2 * squeeze)
    y = (local.a - (back - depth / 2)) / (depth / 2)
    y = np.where(y < 0, y / squeeze, y * np.float32(1.02))
    power = np.float32(2.6)
    rho = ((x**power + np.abs(y) ** power) ** (1 / power)).astype(np.float32)
    shell = 1 - CORTEX_MM / (depth / 2)
    spine = (v > 2.4) & (local["table_v"] < 27)
    body = spine & (rho < 1)
    tissue[body] = Tissue.MARROW
    tissue[body & (rho > shell)] = Tissue.CORTEX
    tissue[body & (np.abs(disc) < half + END_PLATE_MM)] = Tissue.CORTEX
    in_disc = spine & (rho < 1.03) & (np.abs(disc) < half)
    tissue[in_disc] = Tissue.ANNULUS
    tissue[in_disc & (rho < 0.66) & (np.abs(disc) < 0.75 * half)] = Tissue.NUCLEUS
    tissue[in_disc & (rho > 0.94)] = Tissue.LIGAMENT
    # the basivertebral vein: the mark by which a sagittal slice shows itself to be in the midline
    into = (back - local.a) / (0.34 * depth)
    vein = body & (np.abs(local.r) < 3.5) & (local["middle"] + 0.9 * into * 2 < 1.8) & (into < 1)
    tissue[vein] = Tissue.VEIN
    for number in metastases:
        _paint_metastasis(local, number, rho, body, tissue)
    _paint_dens(local, back, tissue)
    return tissue


def body_back_mm(local: Local) -> NDArray[np.float32]:
    """Return where the posterior wall of the vertebral body lies, as local ``a`` in mm."""
    wall: NDArray[np.float32] = local["sac_off"] - local["sac_ap"] - DURA_MM - _POSTERIOR_LIGAMENT_MM
    return wall


def _paint_metastasis(
    local: Local, number: int, rho: NDArray[np.float32], body: Mask, tissue: NDArray[np.uint8]
) -> None:
    """Paint a metastasis that fills most of vertebra ``number``, off-centre."""
    within = (local["v"] >= number) & (local["v"] < number + 1) & (np.abs(local["disc"]) > local["disc_half"] + 2)
    tissue[body & within & (rho < 0.85) & (local.r + 0.3 * local.a < 6)] = Tissue.BONE_METASTASIS


def _paint_dens(local: Local, back: NDArray[np.float32], tissue: NDArray[np.uint8]) -> None:
    """Dens of C2 and front and back arch of C1."""
    v = local["v"]
    high = (v > 1.35) & (v < 2.45)
    centre = back - 6.5
    # rounded top: the dens narrows over its uppermost part
    radius = 5.6 * np.sqrt(np.clip((v - 1.35) / 0.25, 0, 1))
    rho = np.hypot(local.a - centre, local.r) / np.maximum(radius, 0.1)
    tissue[high & (rho < 1)] = Tissue.CORTEX
    tissue[high & (rho < 0.82)] = Tissue.MARROW
    height_mm = (v - 1.75) * 17
    arch = np.hypot((local.a - (back - 15.5)) / 3.2, height_mm / 5.0)
    near = (np.abs(local.r) < 14) & (arch < 1)
    tissue[near] = np.where(arch[near] < 0.7, Tissue.MARROW, Tissue.CORTEX)
    rear = np.hypot((local.a - (local["sac_off"] + local["sac_ap"] + 6)) / 3.5, (v - 1.8) * 17 / 4.0)
    near = (np.abs(local.r) < 16) & (rear < 1)
    tissue[near] = np.where(rear[near] < 0.65, Tissue.MARROW, Tissue.CORTEX)


def paint_posterior(local: Local) -> NDArray[np.uint8]:
    """Return the tissue of points in pedicles, laminae, facets and spinous processes from C2 down; AIR elsewhere."""
    tissue = np.zeros(local.s.shape, dtype=np.uint8)
    side = np.abs(local.r)
    wall = local["sac_off"] + local["sac_ap"] + DURA_MM
    _paint_pillars(local, side, tissue)
    _paint_roof(local, side, wall, tissue)
    _paint_spinous(local, side, wall, tissue)
    tissue[(local["v"] < 2.15) | (local["table_v"] > 27)] = Tissue.AIR
    return tissue


def _level_at(local: Local, s: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the vertebral coordinate at other arc lengths than the points' own."""
    v = local.columns["v"]
    step = np.float32(len(v) - 1) / (local.columns["s"][-1] - local.columns["s"][0])
    index = np.clip(((s - local.columns["s"][0]) * step + 0.5).astype(np.int32), 0, len(v) - 1)
    level: NDArray[np.float32] = v[index]
    return level


def _bone(inside: Mask, edge: NDArray[np.float32], tissue: NDArray[np.uint8]) -> None:
    """Paint marrow with a dark shell where the distance to the edge is below the cortex's thickness."""
    tissue[inside] = np.where(edge[inside] < CORTEX_MM, Tissue.CORTEX, Tissue.MARROW)


def _paint_pillars(local: Local, side: NDArray[np.float32], tissue: NDArray[np.uint8]) -> None:
    """Pedicles, and behind them the column of facets with its joints; fat and roots in the foramina."""
    inner = local["sac_tr"] + DURA_MM + 0.5
    behind = local.a - local["sac_off"]
    fraction = local["v"] - np.floor(local["v"])
    foramen = np.hypot((side - inner - 4) / 6, (behind + 1) / 7) < 1
    tissue[foramen] = Tissue.FAT
    root = np.hypot(np.hypot(behind, (fraction - 0.93) * 16), 0.35 * (side - inner - 3)) < 2.4
    tissue[foramen & root] = Tissue.ROOT
    joint = _level_at(local, local.s - np.float32(0.5) * behind)
    gap = np.abs(joint - np.floor(joint) - 0.85) * 20
    size = 7 + 0.04 * local["width"]
    pillar = (1 - np.hypot((side - inner - 5.5) / size, (behind - 8.5) / 7.5)) * 7
    _bone(pillar > 0, np.minimum(pillar, gap), tissue)
    across = 3.4 - np.abs(side - inner - 3.6)
    along = np.minimum(fraction - 0.16, 0.54 - fraction) * 20
    pedicle = (across > 0) & (along > 0) & (behind > local["front"]) & (behind < 4)
    _bone(pedicle, np.minimum(across, along), tissue)
    _paint_transverse(local, side - inner, behind, fraction, tissue)


def _paint_transverse(
    local: Local,
    outward: NDArray[np.float32],
    behind: NDArray[np.float32],
    fraction: NDArray[np.float32],
    tissue: NDArray[np.uint8],
) -> None:
    """Transverse processes: backwards in the chest, sideways in the neck and loins; ribs are left out."""
    chest = (local["v"] > 8) & (local["v"] < 19.5)
    middle = np.where(chest, 7.5 + 0.35 * outward, np.where(local["v"] > 19, 3.0, -1.0 + 0.1 * outward))
    reach = np.where(chest, 24, np.where(local["v"] > 19, 30, 11))
    edge = np.minimum(3.6 - np.abs(behind - middle), np.minimum(fraction - 0.18, 0.48 - fraction) * 20)
    bar = (outward > 5) & (outward < reach) & (edge > 0)
    _bone(bar, np.minimum(edge, reach - outward), tissue)


def _paint_roof(local: Local, side: NDArray[np.float32], wall: NDArray[np.float32], tissue: NDArray[np.uint8]) -> None:
    """Laminae as a gable over the sac, with the yellow ligament between them and epidural fat below."""
    behind = local.a - wall + GABLE * side
    v = local["v"]
    fraction = v - np.floor(v)
    thick = np.clip((v - 6) * 0.7, 0.6, 4.2) * (0.55 + 0.45 * np.cos(2 * np.pi * (fraction - 0.95)))
    under = side < local["sac_tr"] + 4
    tissue[under & (behind > -6) & (behind < thick + 2.0) & (local.a > local["sac_off"])] = Tissue.LIGAMENT
    tissue[under & (behind > -6) & (behind < thick) & (local.a > local["sac_off"] + 1)] = Tissue.FAT
    level = _level_at(local, (local.s - 0.4 * behind).astype(np.float32))
    part = level - np.floor(level)
    edge = np.minimum(np.minimum(behind - thick - 0.8, thick + 6.5 - behind), np.minimum(part - 0.3, 0.88 - part) * 18)
    _bone(under & (edge > 0), edge, tissue)


def _paint_spinous(
    local: Local, side: NDArray[np.float32], wall: NDArray[np.float32], tissue: NDArray[np.uint8]
) -> None:
    """Spinous processes in the midline and what lies between them."""
    behind = local.a - wall - 4.5
    length = local["spinous"]
    level = _level_at(local, local.s - local["slope"] * behind)
    part = level - np.floor(level)
    midline = (side < 3.6) & (behind > 0) & (behind < length)
    tissue[midline & (tissue == Tissue.AIR)] = Tissue.SOFT
    low, high = np.float32(0.34), np.where(local["v"] > 19, np.float32(0.92), np.float32(0.80))
    process = midline & (part > low) & (part < high) & (side < 3.2)
    height = np.minimum(part - low, high - part) * 20
    edge = np.minimum(np.minimum(height, length - behind), 3.6 - side)
    _bone(process, edge, tissue)
