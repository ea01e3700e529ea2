"""Which voxels belong to which lesion: split, merge and delete labels of a mask.

Integer k is lesion k in every mask of a session, so that a caller does the same to each of them.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mri.geometry import Vector
from mri.problems import RefusedError, error
from mri.volume import LabelMap
from segmentation.centreline import Centreline


def free_label(masks: Iterable[LabelMap]) -> int:
    """Return the lowest number that no mask uses yet."""
    used = {label for mask in masks for label in mask.labels()}
    return next(number for number in range(1, len(used) + 2) if number not in used)


def split_at_cord(labels: LabelMap, label: int, point_mm: Vector, axis: Centreline, new_label: int) -> LabelMap:
    """Give the part of a label below a place on the cord another number.

    The cut is the section across the cord's axis nearest to the point; voxels that project below it get the new label.

    Parameters
    ----------
    labels : LabelMap
    label : int
    point_mm : Vector
        LPS mm.
    axis : Centreline
    new_label : int
        One that is not used yet, see `free_label`.

    Raises
    ------
    RefusedError
        If the label is not there, the new one is, or all of it lies on one side.
    """
    index = _taken(labels, label, new_label)
    s = axis.project(labels.geometry.to_world(index)).s_mm
    return _given(labels, index[s > float(axis.project([point_mm]).s_mm[0])], index, new_label)


def split_at_plane(labels: LabelMap, label: int, point_mm: Vector, normal: Vector, new_label: int) -> LabelMap:
    """Give the part of a label on that side of a plane to which its normal points another number; see `split_at_cord`.

    Parameters
    ----------
    labels : LabelMap
    label : int
    point_mm, normal : Vector
        LPS mm of a point of the plane, and its unit normal.
    new_label : int
    """
    index = _taken(labels, label, new_label)
    beyond = (labels.geometry.to_world(index) - np.array(point_mm)) @ np.array(normal) > 0
    return _given(labels, index[beyond], index, new_label)


def split_at_clicks(labels: LabelMap, label: int, clicks_mm: Sequence[Vector], new_labels: Sequence[int]) -> LabelMap:
    """Divide a label at its waists between clicks: a watershed of the depth below its surface.

    Parameters
    ----------
    labels : LabelMap
    label : int
        Stays with what belongs to the first click.
    clicks_mm : sequence of Vector
        LPS mm, one in each part, two or more; each counts for the nearest voxel of the label.
    new_labels : sequence of int
        For the parts of the second and later clicks.

    Raises
    ------
    RefusedError
        If clicks and labels do not match, or two clicks fall on one voxel.
    """
    from scipy.ndimage import distance_transform_edt
    from skimage.segmentation import watershed

    if len(clicks_mm) < 2 or len(new_labels) != len(clicks_mm) - 1:
        raise RefusedError(error("split_clicks", "split", "click once in each part, and name a label for each but one"))
    for new in new_labels:
        index = _taken(labels, label, new)
    low = np.maximum(index.min(axis=0) - 1, 0)
    box = tuple(slice(int(a), int(b) + 2) for a, b in zip(low, index.max(axis=0), strict=True))
    inside = labels.array[box] == label
    depth = distance_transform_edt(np.pad(inside, 1), sampling=labels.geometry.spacing_mm)[1:-1, 1:-1, 1:-1]
    markers = np.zeros(inside.shape, dtype=np.int32)
    world = labels.geometry.to_world(index)
    for number, click in enumerate(clicks_mm, start=1):
        at = tuple(index[int(np.argmin(np.linalg.norm(world - np.array(click), axis=1)))] - low)
        if markers[at]:
            raise RefusedError(error("split_clicks", "split", "two clicks lie in one voxel; click farther apart"))
        markers[at] = number
    parts: NDArray[np.int32] = watershed(-depth, markers, mask=inside)  # type: ignore[no-untyped-call]
    array = _holding(labels, max(new_labels))
    for number, new in enumerate(new_labels, start=2):
        array[box][parts == number] = new
    return LabelMap(array=array, geometry=labels.geometry)


def merge_labels(labels: LabelMap, into: int, others: Iterable[int]) -> LabelMap:
    """Give all voxels of some labels the number of another; labels that a mask lacks do not matter."""
    array = labels.array.copy()
    array[np.isin(array, list(others))] = into
    return LabelMap(array=array, geometry=labels.geometry)


def delete_label(labels: LabelMap, label: int) -> LabelMap:
    """Make a label background; the numbers of the others stay, as findings are kept under them."""
    return merge_labels(labels, 0, [label])


def _taken(labels: LabelMap, label: int, new_label: int) -> NDArray[np.intp]:
    index = labels.indices(label)
    if not len(index):
        raise RefusedError(error("label_missing", f"label {label}", "the mask holds no such label; choose another"))
    if new_label <= 0 or (labels.array == new_label).any():
        raise RefusedError(error("label_taken", f"label {new_label}", "this number is in use; take a free one"))
    return index


def _given(labels: LabelMap, part: NDArray[np.intp], whole: NDArray[np.intp], new_label: int) -> LabelMap:
    if len(part) in (0, len(whole)):
        message = "all of the lesion lies on one side; click between its parts"
        raise RefusedError(error("split_misses", "split", message))
    array = _holding(labels, new_label)
    array[tuple(part.T)] = new_label
    return LabelMap(array=array, geometry=labels.geometry)


def _holding(labels: LabelMap, label: int) -> NDArray[np.integer]:
    """Return a copy of the voxels, of a type that holds a label."""
    return labels.array.astype(np.promote_types(labels.array.dtype, np.min_scalar_type(label)), copy=True)
