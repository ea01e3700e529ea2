"""What lies inside the dural sac: cord, CSF, nerve roots, lesions; and the brainstem above."""

import numpy as np
from numpy.typing import NDArray

from sample_scans.anatomy_tables import CONUS_TIP_V
from sample_scans.lesion import OEDEMA_FILL, PlantedLesion, closing
from sample_scans.shape import Local
from sample_scans.spine import Spine
from sample_scans.tissue import Tissue

Mask = NDArray[np.bool_]

DURA_MM = 0.9
"""Dura with the ligament on it, as one dark line."""

PIAL_MM = 1.0
"""Thickness of leptomeningeal enhancement on the cord's surface."""


def in_sac(local: Local, margin_mm: float = 0.0) -> Mask:
    """Return whether points lie in the dural sac, or within a margin around it."""
    ap, tr = local["sac_ap"] + margin_mm, local["sac_tr"] + margin_mm
    inside: Mask = ((local.a - local["sac_off"]) / ap) ** 2 + (local.r / tr) ** 2 < 1
    return inside


def in_cord(local: Local, grow_mm: float = 0.0, fill: float = 1.0) -> Mask:
    """Return whether points lie in the cord's ellipse, grown by some mm or filled to a share of its radius."""
    ap, tr = local["cord_ap"], local["cord_tr"]
    present = ap > 0.05
    ap, tr = np.maximum(ap * fill, 0.05) + grow_mm, np.maximum(tr * fill, 0.05) + grow_mm
    inside: Mask = present & ((local.a / ap) ** 2 + (local.r / tr) ** 2 < 1)
    return inside


def in_oedema(lesion: PlantedLesion, spine: Spine, local: Local) -> Mask:
    """Return whether points lie in the T2 hyperintensity around a lesion, within the cord."""
    upper, lower = lesion.t2_extent_mm(spine)
    fill = OEDEMA_FILL * closing(local.s, upper, lower)
    radius = np.hypot(local.a / np.maximum(local["cord_ap"], 0.05), local.r / np.maximum(local["cord_tr"], 0.05))
    inside: Mask = radius < fill
    return inside


def paint_canal(
    local: Local, spine: Spine, lesions: tuple[PlantedLesion, ...], pial_v: tuple[float, float] | None
) -> NDArray[np.uint8]:
    """Return the tissue of points that lie in the sac or its dura; AIR elsewhere."""
    tissue = np.zeros(local.s.shape, dtype=np.uint8)
    tissue[in_sac(local, DURA_MM)] = Tissue.LIGAMENT
    tissue[in_sac(local)] = Tissue.CSF
    _paint_roots(local, tissue)
    cord = in_cord(local)
    if pial_v is not None:
        coated = in_cord(local, grow_mm=PIAL_MM) & (local["v"] > pial_v[0]) & (local["v"] < pial_v[1])
        tissue[coated] = Tissue.PIAL_METASTASIS
    tissue[cord] = Tissue.WHITE
    tissue[cord & _is_grey(local)] = Tissue.GREY
    for lesion in lesions:
        _paint_lesion(lesion, spine, local, cord, tissue)
    return tissue


def _paint_roots(local: Local, tissue: NDArray[np.uint8]) -> None:
    """Nerve roots: strands in the back of the sac below the conus."""
    below = (local["table_v"] > CONUS_TIP_V - 1.3) & (tissue == Tissue.CSF)
    strand = np.sin(2.3 * local.r + 0.02 * local.s) * np.sin(2.1 * local.a + 0.9 + 0.03 * local.s) > 0.15
    behind = local.a > local["sac_off"] + 0.15 * local["sac_ap"] - 0.12 * np.maximum(local["table_v"] - CONUS_TIP_V, 0)
    tissue[below & strand & behind] = Tissue.ROOT


def _is_grey(local: Local) -> Mask:
    """Return whether points of the cord lie in the butterfly of grey matter."""
    a = local.a / np.maximum(local["cord_ap"], 0.05)
    r = np.abs(local.r) / np.maximum(local["cord_tr"], 0.05)
    front = ((r - 0.24) / 0.14) ** 2 + ((a + 0.22) / 0.30) ** 2 < 1
    back = ((r - 0.26 - 0.15 * a) / 0.08) ** 2 + ((a - 0.30) / 0.40) ** 2 < 1
    bridge = (r < 0.25) & (np.abs(a + 0.05) < 0.10)
    grey: Mask = (front | back | bridge) & (local.s > 0)
    return grey


def _paint_lesion(lesion: PlantedLesion, spine: Spine, local: Local, cord: Mask, tissue: NDArray[np.uint8]) -> None:
    upper = min(lesion.enh_v[0], lesion.t2_v[0])
    lower = max(lesion.enh_v[1], lesion.t2_v[1])
    near = np.flatnonzero((local["v"] >= upper) & (local["v"] <= lower) & (cord | in_sac(local)))
    if not len(near):
        return
    points = local.subset(near)
    oedema = in_oedema(lesion, spine, points) & cord[near]
    tissue[near[oedema]] = Tissue.OEDEMA
    depth = lesion.depth_mm(spine, points.s, points.a, points.r)
    body = np.flatnonzero(depth > 0)
    inside = points.subset(body)
    tissue[near[body]] = lesion.tissue(spine, inside.s, inside.a, inside.r, depth[body])
