"""The spinal canal, proposed around a cord that is known: its border is the first strong edge beyond the CSF."""

from dataclasses import asdict, dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray
from mri.problems import RefusedError, error
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from segmentation.contour import Outline, fill_outline, outline_around
from segmentation.outline_parameters import CanalParameters
from segmentation.upright import Upright, turned, upright

METHOD = "polar outline beyond the cord"
WEAK_EDGE = "canal_weak_edge"
FROM_T1 = "canal_from_t1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CanalProposal:
    """A canal mask on the grid of its series, with how sure each section is.

    Attributes
    ----------
    labels : LabelMap
        1 inside the canal, the cord included.
    centre_mm : ndarray
        Shape (n, 3): LPS mm of the cord's middle on each kept section, from rostral to caudal.
    score : ndarray
        Shape (n,): strength of the border there, relative to the strong edges of the section and of its series.
    area_mm2 : ndarray
        Shape (n,): area inside, in the plane of the section.
    flags : tuple of str
    provenance : mapping
        Method, parameters, scores and the valid range along patient S-I, as JSON values.
    """

    labels: LabelMap
    centre_mm: FloatArray
    score: FloatArray
    area_mm2: FloatArray
    flags: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)


def propose_canal(
    volume: Volume, weighting: Weighting, cord: LabelMap, parameters: CanalParameters | None = None
) -> CanalProposal:
    """Find the canal around a cord, section by section.

    On T2 the border is where bright CSF ends; on T1 where dark CSF does, which fails beside dark ligament and cortical
    bone: a canal from T1 alone is flagged.

    Parameters
    ----------
    volume : Volume
    weighting : Weighting
    cord : LabelMap
        On the same grid; the canal is proposed on its sections only.
    parameters : CanalParameters, optional

    Raises
    ------
    RefusedError
        If the weighting is unknown, the grids differ, or there is no cord.
    """
    options = parameters or CanalParameters()
    if weighting is Weighting.UNKNOWN:
        message = "say whether the image is T1- or T2-weighted; it is not guessed"
        raise RefusedError(error("weighting_unknown", "canal proposal", message))
    if not cord.geometry.same_grid(volume.geometry) or not cord.array.any():
        raise RefusedError(error("no_cord", "canal proposal", "the canal is looked for around a cord on the same grid"))
    bright_csf = weighting is not Weighting.T1
    way = upright(volume.geometry)
    inside = way.turn(cord.array) > 0
    rows = np.flatnonzero(inside.any(axis=(0, 1)))
    low, high = int(rows[0]), int(rows[-1]) + 1
    stack = _sections(volume, low, high)
    spacing = np.array(stack.geometry.spacing_mm)
    centre, inner = _cord_outline(inside[:, :, low:high], spacing, options)
    outline = outline_around(stack, centre, inner + options.gap_mm, darker_outside=bright_csf, options=options.contour)
    kept = _believed(outline.edge, options)
    filled = fill_outline(outline, stack.geometry.shape, spacing) | inside[:, :, low:high]
    filled[:, :, ~kept] = False
    return _proposal(volume, way, filled, outline, kept, low, bright_csf, options)


def _sections(volume: Volume, low: int, high: int) -> Volume:
    """Return the upright sections from low to high."""
    stack, way = turned(volume)
    x, y, z = (float(v) for v in way.geometry.to_world((0, 0, low)))
    shape = (stack.array.shape[0], stack.array.shape[1], high - low)
    grid = type(way.geometry)(
        shape=shape, origin_mm=(x, y, z), spacing_mm=way.geometry.spacing_mm, axes=way.geometry.axes
    )
    return Volume(array=stack.array[:, :, low:high], geometry=grid)


def _cord_outline(
    inside: NDArray[np.bool_], spacing: FloatArray, options: CanalParameters
) -> tuple[FloatArray, FloatArray]:
    """Return the cord's middle, (n, 2) indices, and how far it reaches along each ray, (n, rays) mm."""
    rays = options.contour.rays
    index = np.argwhere(inside)
    n = inside.shape[2]
    counts = np.bincount(index[:, 2], minlength=n)
    drawn = np.flatnonzero(counts)
    sums = [np.bincount(index[:, 2], index[:, k], minlength=n)[drawn] / counts[drawn] for k in range(2)]
    centre = np.stack([np.interp(np.arange(n), drawn, values) for values in sums], axis=1)
    offset = (index[:, :2] - centre[index[:, 2]]) * spacing[:2]
    ray = np.rint(np.arctan2(offset[:, 1], offset[:, 0]) / (2 * np.pi) * rays).astype(int) % rays
    reach = np.zeros((n, rays))
    np.maximum.at(reach, (index[:, 2], ray), np.hypot(offset[:, 0], offset[:, 1]))
    # coarse voxels leave rays without a voxel: the widest of the neighbours holds there
    wide = np.max([np.roll(reach, shift, axis=1) for shift in range(-2, 3)], axis=0)
    return centre, wide


def _believed(edge: FloatArray, options: CanalParameters) -> NDArray[np.bool_]:
    """Return the sections with a clear border, and short runs without one between them."""
    good = np.flatnonzero(edge >= options.least_edge)
    kept = np.zeros(len(edge), dtype=bool)
    kept[good] = True
    for first, last in pairwise(good):
        if last - first - 1 <= options.largest_gap_sections:
            kept[first:last] = True
    return kept


def _proposal(
    volume: Volume,
    way: Upright,
    filled: NDArray[np.bool_],
    outline: Outline,
    kept: NDArray[np.bool_],
    low: int,
    bright_csf: bool,
    options: CanalParameters,
) -> CanalProposal:
    whole = np.zeros(way.geometry.shape, dtype=np.uint8)
    whole[:, :, low : low + filled.shape[2]] = filled
    sections = np.flatnonzero(kept)
    centre = way.geometry.to_world(np.column_stack([outline.centre[sections], sections + low]))
    found = {WEAK_EDGE: bool((outline.edge < options.least_edge).any()), FROM_T1: not bright_csf}
    flags = tuple(flag for flag, is_true in found.items() if is_true)
    heights = [round(float(z), 1) for z in (centre[0, 2], centre[-1, 2])] if len(sections) else None
    return CanalProposal(
        labels=LabelMap(array=np.ascontiguousarray(way.back(whole)), geometry=volume.geometry),
        centre_mm=centre,
        score=outline.edge[sections],
        area_mm2=outline.area_mm2[sections],
        flags=flags,
        provenance={
            "method": METHOD,
            "flags": list(flags),
            "mean_score": round(float(outline.edge.mean()), 3),
            "sections_believed": round(float((outline.edge >= options.least_edge).mean()), 3),
            "valid_z_mm": heights,
            "parameters": asdict(options),
        },
    )
