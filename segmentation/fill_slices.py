"""Filling the slices between those that were drawn, by shape interpolation."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import FloatArray
from mri.volume import LabelMap

Plane = NDArray[np.bool_]
_ON_THE_OUTLINE_MM = 1e-6
"""A voxel centre on the outline is inside, as it is for the brush."""


def slice_axis(labels: LabelMap) -> int:
    """Return the index axis across the slices: that of the largest voxel spacing, the last of equals."""
    spacing = np.array(labels.geometry.spacing_mm)
    return int(len(spacing) - 1 - np.argmax(spacing[::-1]))


def fill_between(labels: LabelMap, label: int, axis: int | None = None) -> LabelMap:
    """Fill the empty slices between drawn ones of one label.

    Between two drawn slices the signed distance to the outline is interpolated linearly, after the shapes are laid
    over each other by their centroids, so that an oblique cord is followed. Other labels are not written over.

    Parameters
    ----------
    labels : LabelMap
    label : int
    axis : int, optional
        Index axis across the drawn slices; by default that of the thickest side of a voxel.

    Returns
    -------
    LabelMap
        A new one; equal to the given one where no slice between drawn ones is empty.
    """
    through = slice_axis(labels) if axis is None else axis
    array = np.moveaxis(labels.array.copy(), through, 0)
    index = labels.indices(label)
    if not len(index):
        return labels
    low, high = index.min(axis=0), index.max(axis=0) + 1
    across = [a for a in range(3) if a != through]
    # a margin of one voxel, so that the distance outside is known
    box = tuple(slice(max(int(low[a]) - 1, 0), int(high[a]) + 1) for a in across)
    spacing = np.array(labels.geometry.spacing_mm)[across]
    drawn = np.unique(index[:, through])
    for first, last in pairwise(drawn.tolist()):
        if last - first > 1:
            _fill(array, (slice(first, last + 1), *box), label, spacing)
    return LabelMap(array=np.ascontiguousarray(np.moveaxis(array, 0, through)), geometry=labels.geometry)


def _fill(array: NDArray[np.integer], box: tuple[slice, ...], label: int, spacing: FloatArray) -> None:
    """Fill the inner slices of a stack whose first and last are drawn."""
    stack = array[box]
    ends = [stack[k] == label for k in (0, -1)]
    centres = [np.array(ndimage.center_of_mass(end)) for end in ends]
    # as far as the shapes are moved, the distance must be known beyond the box
    margin = int(np.ceil(np.abs(centres[1] - centres[0]).max())) + 1
    distances = [_signed_distance(np.pad(end, margin), spacing) for end in ends]
    inner = (slice(margin, -margin), slice(margin, -margin))
    for k in range(1, len(stack) - 1):
        share = k / (len(stack) - 1)
        centre = (1 - share) * centres[0] + share * centres[1]
        moved = [
            ndimage.shift(distance, centre - own, order=1, mode="nearest")[inner]
            for distance, own in zip(distances, centres, strict=True)
        ]
        inside = (1 - share) * moved[0] + share * moved[1] > -_ON_THE_OUTLINE_MM
        stack[k][inside & (stack[k] == 0)] = label


def _signed_distance(inside: Plane, spacing: FloatArray) -> FloatArray:
    """Return the distance in mm to the outline, positive inside; half a voxel lies between a voxel and the outline."""
    depth = np.asarray(ndimage.distance_transform_edt(inside, sampling=spacing))
    away = np.asarray(ndimage.distance_transform_edt(~inside, sampling=spacing))
    half = float(spacing.min()) / 2
    signed: FloatArray = np.where(inside, depth - half, half - away)
    return signed
