"""Muscle, fat, airway, vessels, skin, and the head above the foramen magnum."""

import numpy as np
from numpy.typing import NDArray

from sample_scans.paint_bone import body_back_mm
from sample_scans.shape import Local
from sample_scans.tissue import Tissue

Mask = NDArray[np.bool_]
F32 = NDArray[np.float32]


def paint_soft(local: Local) -> NDArray[np.uint8]:
    """Return the tissue of every point as if there were no bone and no canal."""
    tissue = np.full(local.s.shape, Tissue.MUSCLE, dtype=np.uint8)
    front = body_back_mm(local) - local["depth"] - local.a
    _paint_muscle_fat(local, tissue)
    _paint_front(local, front, tissue)
    _paint_airway(local, front, tissue)
    _paint_vessels(local, front, tissue)
    _paint_head(local, tissue)
    _paint_skin(local, tissue)
    return tissue


def _paint_muscle_fat(local: Local, tissue: NDArray[np.uint8]) -> None:
    """Thin uneven planes of fat between the long muscles, a ligament of the nape in the midline."""
    side = np.abs(local.r)
    wave = 2.5 * np.sin(0.031 * local.s + 0.05 * side) + 1.5 * np.sin(0.083 * local.s)
    ripple = np.sin(0.45 * local.a + 0.3 * side) + np.sin(0.38 * side - 0.21 * local.a + 0.04 * local.s)
    depth = local["skin_back"] - local["subcutaneous"] - local.a + 0.0035 * side**2
    flat_muscle = np.abs(depth - 9 - 0.5 * wave - 0.6 * ripple)
    long_muscle = np.abs(np.hypot((side - 23 - wave) / 21, (local.a - 29) / 17) - 1) * 18 + 0.5 * ripple
    deep_muscle = np.abs(np.hypot((side - 13) / 10, (local.a - 22 + wave) / 12) - 1) * 16 + 0.7 + 0.4 * ripple
    front_muscle = np.abs(np.hypot((side - 34) / 15, (local.a + 22 - wave) / 24) - 1) * 18 + 0.6 * ripple
    sheet = np.minimum(np.minimum(flat_muscle, np.abs(long_muscle)), np.minimum(deep_muscle, front_muscle))
    tissue[sheet < 0.85] = Tissue.SOFT
    tissue[sheet < 0.25] = Tissue.FAT
    tissue[(np.abs(local.r) < 1.6) & (local.a > 12)] = Tissue.SOFT


def _paint_front(local: Local, front: F32, tissue: NDArray[np.uint8]) -> None:
    """In front of the spine: muscle and a thin ligament in the neck, mediastinum and belly below."""
    v = local["v"]
    lobes = np.sin(0.11 * front + 0.045 * local.s) + np.sin(0.09 * local.r - 0.05 * local.s + 0.8)
    aside = np.abs(local.r) - local["width"] / 2
    mediastinum = ((front > -7) | ((aside > 1) & (local.a < -6 - 0.2 * aside))) & (v > 8.3)
    tissue[mediastinum] = np.where(lobes[mediastinum] > 0.35, Tissue.MUSCLE, Tissue.FAT)
    lung = np.hypot((np.abs(local.r) - 76) / 56, (local.a + 62) / 80) < 1
    tissue[lung & (v > 9.0) & (v < 19.5)] = Tissue.LUNG
    tissue[(v > 13.5) & (v < 19) & (front > 38) & (np.abs(local.r) < 60)] = Tissue.MUSCLE
    tissue[(front > 0) & (front < 5.0) & (v > 1.3) & (v <= 8.5)] = Tissue.MUSCLE
    tissue[(front > 0) & (front < 1.2) & (v > 2.4) & (aside < -0.2 * local["width"])] = Tissue.LIGAMENT


def _paint_airway(local: Local, front: F32, tissue: NDArray[np.uint8]) -> None:
    """Pharynx, larynx and trachea with the gullet behind; tongue and fat in front."""
    v = local["v"]
    start = np.interp(v, [1.0, 3.0, 5.0, 6.0, 9.0, 12.0], [3.5, 3.5, 4.5, 9.0, 11.0, 13.0]).astype(np.float32)
    size = np.interp(v, [0.2, 1.0, 3.0, 4.8, 5.6, 7.0, 12.0], [8.0, 13.0, 12.0, 9.0, 6.0, 15.0, 16.0]).astype(
        np.float32
    )
    rho = np.hypot((front - start - size / 2) / (size / 2), local.r / 9.5)
    tube = (v > 0.2) & (v < 12.2)
    tissue[tube & (rho < 1.28)] = Tissue.MUCOSA
    tissue[tube & (rho < 1)] = Tissue.AIR
    gullet = (v > 5.8) & (v < 18) & (np.hypot((front - start + 3.5) / 3.2, (local.r - 2) / 7) < 1)
    tissue[gullet] = Tissue.MUSCLE
    thyroid = (v > 7.0) & (v < 8.4) & (front > start + size * 0.4) & (rho > 1.2) & (rho < 1.9)
    tissue[thyroid] = Tissue.MUSCLE
    chin = (v > 1.5) & (v < 4.2) & (front > 30 + 0.006 * local.r**2)
    lobes = np.hypot(np.hypot((front - 50) / 22, local.r / 24), (v - 2.7) / 1.1)
    tissue[chin] = np.where(lobes[chin] < 1, Tissue.MUSCLE, Tissue.FAT)


def _paint_vessels(local: Local, front: F32, tissue: NDArray[np.uint8]) -> None:
    """Aorta on the left, vena cava on the right, carotids: flowing blood gives no spin-echo signal."""
    v = local["v"]
    aorta = (v > 11.5) & (v < 24.2) & (np.hypot(local.r - np.interp(v, [11.5, 18, 22], [20, 12, 6]), front - 12) < 10.5)
    cava = (v > 19) & (v < 24.6) & (np.hypot(local.r + 16, (front - 11) * 1.3) < 10)
    sheath = (v > 2.5) & (v < 9) & (np.hypot((np.abs(local.r) - 26) / 10, (front - 13) / 8) < 1)
    tissue[sheath] = Tissue.FAT
    carotid = (v > 3) & (v < 9) & (np.hypot(np.abs(local.r) - 24, front - 14) < 3.8)
    vertebral = (v > 2.2) & (v < 7.6) & (np.hypot(np.abs(local.r) - 14.5, local.a + 4) < 2)
    tissue[aorta | cava | carotid | vertebral] = Tissue.VESSEL


def _paint_head(local: Local, tissue: NDArray[np.uint8]) -> None:
    """Cerebellum, CSF spaces and skull base above the foramen magnum."""
    up = -local.s
    head = np.flatnonzero(up > -8)
    points = local.subset(head)
    up, a, side = -points.s, points.a, np.abs(points.r)
    part = tissue[head]
    clivus_front = -11 - 0.28 * up
    roof = 10 + 54 * (1 - np.exp(-np.maximum(up + 4, 0) / 30))
    part[(up > 0) & (a > clivus_front - 13) & (a < clivus_front)] = Tissue.CORTEX
    part[(up > 2) & (a > clivus_front - 11) & (a < clivus_front - 1.5) & (side < 16)] = Tissue.MARROW
    part[(up > -4) & (a > roof) & (a < roof + 9)] = Tissue.CORTEX
    part[(up > -2) & (a > roof + 2) & (a < roof + 7)] = Tissue.MARROW
    floor = 1.3 * np.maximum(side - 10, 0)
    part[(up > 0) & (up < floor) & (a > clivus_front) & (a < roof)] = Tissue.MARROW
    part[(up > floor - 2) & (up < floor) & (up > 0) & (a > clivus_front) & (a < roof)] = Tissue.CORTEX
    cavity = (up > floor) & (up > 0) & (a > clivus_front) & (a < roof - 0.5) & (side < 55)
    part[cavity] = Tissue.CSF
    fold = np.sin(1.25 * (up + 0.35 * np.abs(a - 22)) + 0.6 * np.sin(0.3 * a)) > 0.9
    cerebellum = cavity & (np.hypot((a - 31) / 28, (up - 40) / 32) < 1) & (a > 9)
    part[cerebellum] = np.where(fold[cerebellum], Tissue.CSF, Tissue.BRAIN)
    part[cavity & (up > 62) & (a > 6)] = Tissue.BRAIN
    ventricle = cavity & (np.hypot((a - 11.5) / 3.5, (up - 36) / 11) < 1) & (side < 8)
    part[ventricle] = Tissue.CSF
    tissue[head] = part


def _paint_skin(local: Local, tissue: NDArray[np.uint8]) -> None:
    """Subcutaneous fat, and air outside the skin."""
    back, front, side = local["skin_back"], local["skin_front"], local["skin_side"]
    reach = np.where(local.a > 0, local.a / back, -local.a / front)
    power = np.float32(2.4)
    rho = (np.abs(local.r / side) ** power + reach**power) ** (1 / power)
    depth = (1 - rho) * back
    tissue[depth < local["subcutaneous"]] = Tissue.FAT
    tissue[depth < 1.8] = Tissue.MUSCLE
    tissue[depth < 0] = Tissue.AIR
