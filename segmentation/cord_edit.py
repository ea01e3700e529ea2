"""A cord corrected where a reader says so: the outline is found again near clicks or a marked lesion, nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry, Vector
from mri.problems import RefusedError, error
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from segmentation.contour import fill_outline, outline_cord
from segmentation.drawing_parameters import CordEditParameters
from segmentation.parameters import CordParameters
from segmentation.tracking import Track, click_distance_mm, moved_to_clicks
from segmentation.upright import Upright, upright

Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CordCorrection:
    """A cord mask after a local correction.

    Attributes
    ----------
    labels : LabelMap
        1 inside, on the grid of the given mask.
    axis : int
        Index axis across the sections.
    sections : ndarray of int
        Indices along it of the sections that were outlined again; all others are as they were.
    """

    labels: LabelMap
    axis: int
    sections: NDArray[np.intp]


def correct_cord(
    volume: Volume,
    weighting: Weighting,
    cord: LabelMap,
    clicks_mm: Sequence[Vector] = (),
    *,
    lesion: LabelMap | None = None,
    parameters: CordParameters | None = None,
    reach: CordEditParameters | None = None,
) -> CordCorrection:
    """Correct a cord mask locally by points in its middle, or around a marked lesion.

    The centre of the mask is moved through the clicks, the shift fades along the cord, and the outline is found again
    on the sections near. Where CSF is dark (T1) and a lesion is marked, bright signal is cut a little above the cord's
    own level first, in sagittal and axial series alike.

    Parameters
    ----------
    volume : Volume
    weighting : Weighting
        Says whether CSF is brighter than the cord.
    cord : LabelMap
        On the grid of the volume; may have been painted.
    clicks_mm : sequence of Vector
        LPS mm of points in the middle of the cord.
    lesion : LabelMap, optional
        Marked lesions on the same grid.
    parameters : CordParameters, optional
        Of the outline, as for the proposal.
    reach : CordEditParameters, optional

    Raises
    ------
    RefusedError
        If the weighting is not known, there is no cord yet, a click lies outside the image or far from the mask, or
        there is neither a click nor a lesion.
    """
    options, limits = parameters or CordParameters(), reach or CordEditParameters()
    _check(volume, weighting, cord, clicks_mm, lesion)
    way = upright(volume.geometry)
    bright_csf = weighting is not Weighting.T1
    changed = _changed_rows(way, clicks_mm, lesion, limits)
    context = limits.context_mm if bright_csf else max(limits.context_mm, options.contour.level_mm / 2)
    seen = _grown(changed, context / way.geometry.spacing_mm[2])
    low, high = int(np.flatnonzero(seen)[0]), int(np.flatnonzero(seen)[-1]) + 1
    centre = _moved_centre(way, cord, clicks_mm, options)
    stack, corner = _around(way, volume, centre, low, high, limits)
    contour = options.contour
    if lesion is not None and not bright_csf and lesion.array.any():
        contour = replace(contour, ceiling=limits.lesion_ceiling)
    outline = outline_cord(stack, centre[low:high] - corner[:2], bright_csf=bright_csf, options=contour)
    inside = fill_outline(outline, stack.geometry.shape, np.array(stack.geometry.spacing_mm))
    array = way.turn(cord.array > 0).astype(np.uint8)
    rows = np.flatnonzero(changed)
    array[:, :, rows] = 0
    first, second = (slice(int(a), int(a) + n) for a, n in zip(corner[:2], inside.shape[:2], strict=True))
    array[first, second][:, :, rows] = inside[:, :, rows - low]
    labels = LabelMap(array=np.ascontiguousarray(way.back(array)), geometry=cord.geometry)
    sections = way.geometry.shape[2] - 1 - rows if way.flipped[2] else rows
    return CordCorrection(labels=labels, axis=way.order[2], sections=np.sort(sections))


def _check(
    volume: Volume, weighting: Weighting, cord: LabelMap, clicks_mm: Sequence[Vector], lesion: LabelMap | None
) -> None:
    if weighting is Weighting.UNKNOWN:
        message = "say whether the image is T1- or T2-weighted; it is not guessed"
        raise RefusedError(error("weighting_unknown", "cord", message))
    masks = [cord] if lesion is None else [cord, lesion]
    if not all(mask.geometry.same_grid(volume.geometry) for mask in masks):
        raise RefusedError(error("mask_other_grid", "cord", "the mask is not on the grid of the image"))
    if not cord.array.any():
        raise RefusedError(error("no_cord", "cord", "there is no cord to correct yet; propose it, or paint a part"))
    if not len(clicks_mm) and (lesion is None or not lesion.array.any()):
        raise RefusedError(error("nothing_to_correct", "cord", "click in the cord's middle, or mark a lesion"))
    if len(clicks_mm) and not volume.geometry.contains(clicks_mm).all():
        raise RefusedError(error("click_outside", "click", "the click is not inside the image"))


def _changed_rows(
    way: Upright, clicks_mm: Sequence[Vector], lesion: LabelMap | None, limits: CordEditParameters
) -> Rows:
    """Return which sections are outlined again."""
    section_mm = way.geometry.spacing_mm[2]
    sections = np.arange(way.geometry.shape[2])
    rows = np.zeros(len(sections), dtype=bool)
    for click in clicks_mm:
        at = way.geometry.to_index(click)[2]
        rows |= np.abs(sections - at) * section_mm <= limits.reach_mm
    if lesion is not None:
        marked: Rows = np.asarray(way.turn(lesion.array).any(axis=(0, 1)))
        rows |= _grown(marked, limits.lesion_margin_mm / section_mm)
    return rows


def _grown(rows: Rows, sections: float) -> Rows:
    """Return rows within some sections of those that are set."""
    near: Rows = np.zeros(len(rows), dtype=bool)
    for row in np.flatnonzero(rows):
        near[max(0, row - int(sections)) : row + int(sections) + 1] = True
    return near


def _moved_centre(way: Upright, cord: LabelMap, clicks_mm: Sequence[Vector], options: CordParameters) -> FloatArray:
    """Return the centre of the mask on every section, shape (n, 2) in upright indices, moved through the clicks."""
    inside = way.turn(cord.array) > 0
    index = np.argwhere(inside)
    counts = np.bincount(index[:, 2], minlength=inside.shape[2])
    drawn = np.flatnonzero(counts)
    sums = [np.bincount(index[:, 2], index[:, k], minlength=inside.shape[2])[drawn] for k in range(2)]
    sections = np.arange(inside.shape[2])
    centre = np.stack([np.interp(sections, drawn, total / counts[drawn]) for total in sums], axis=1)
    if not len(clicks_mm):
        return centre
    flat = np.zeros(len(sections))
    track = Track(centre=centre, score=flat, cord_score=flat)
    spacing = np.array(way.geometry.spacing_mm)
    clicks = way.geometry.to_index(clicks_mm)
    far_mm = click_distance_mm(track, clicks, spacing)
    if far_mm > options.track.far_click_mm:
        message = (
            f"the click lies {far_mm:.0f} mm from the middle of the cord there, more than "
            f"{options.track.far_click_mm:.0f}; click in the cord, or where the mask runs elsewhere, paint a part of it"
        )
        raise RefusedError(error("click_far_from_path", "click", message))
    return moved_to_clicks(track, clicks, spacing, options.track).centre


def _around(
    way: Upright, volume: Volume, centre: FloatArray, low: int, high: int, limits: CordEditParameters
) -> tuple[Volume, NDArray[np.intp]]:
    """Return the sections from low to high in a box around the cord, and the index of the box's first voxel."""
    geometry = way.geometry
    margin = limits.margin_mm / np.array(geometry.spacing_mm[:2])
    path = centre[low:high]
    first = np.clip(np.floor(path.min(axis=0) - margin), 0, None).astype(int)
    last = np.clip(np.ceil(path.max(axis=0) + margin) + 1, first + 1, geometry.shape[:2]).astype(int)
    corner = np.array([first[0], first[1], low])
    array = way.turn(volume.array)[first[0] : last[0], first[1] : last[1], low:high]
    x, y, z = (float(v) for v in geometry.to_world(corner))
    shape = (int(array.shape[0]), int(array.shape[1]), int(array.shape[2]))
    box = Geometry(shape=shape, origin_mm=(x, y, z), spacing_mm=geometry.spacing_mm, axes=geometry.axes)
    return Volume(array=np.ascontiguousarray(array, dtype=np.float32), geometry=box), corner
