"""Small changes of a mask: how it might have been drawn instead (DEFINITIONS 14)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from features.parameters import FeatureParameters
from features.parts import CONNECT_6, Part, crop, make_part
from features.views import plane_of
from mri.geometry import Geometry
from mri.study import Plane, Series
from mri.volume import LabelMap
from segmentation.annotation import Mask
from segmentation.centreline import Centreline

BoolArray = NDArray[np.bool_]
_MARGIN = 2
"""Voxels around a mask that it may reach: one by its surface or a slice more, one by its shift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One way in which a mask might have been drawn otherwise; each step is one voxel, or none.

    Attributes
    ----------
    surface : int
        −1: a voxel less all round within the slices, 1: a voxel more.
    boundary : tuple of int
        End across the slices, −1 or 1 along the patient's axis nearest to it, and −1 for a slice less there, 1 for a
        slice more; (0, 0) for none.
    shift : tuple of int
        Which of the two in-plane directions, 0 or 1, and −1 or 1 voxel along it; (0, 0) for none.
    """

    surface: int = 0
    boundary: tuple[int, int] = (0, 0)
    shift: tuple[int, int] = (0, 0)

    @property
    def keeps_place(self) -> bool:
        """Whether the mask changes its shape only."""
        return self.shift == (0, 0)


SURFACES = (0, -1, 1)
BOUNDARIES = ((0, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
SHIFTS = ((0, 0), (0, -1), (0, 1), (1, -1), (1, 1))
CHANGES = tuple(Change(surface=s, boundary=b, shift=m) for s, b, m in product(SURFACES, BOUNDARIES, SHIFTS))
"""Every combination; the first is the mask as it was drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Perturbed:
    """A mask and every change of it.

    Attributes
    ----------
    whole : Part
        The voxels that any of them holds, n in number, placed along the cord once for all.
    kept : ndarray
        Shape (changes, n): which of the voxels each holds, in the order of ``CHANGES``.
    """

    whole: Part
    kept: BoolArray

    def changed(self, number: int) -> Part:
        """Return the mask after one change."""
        return self.whole.subset(self.kept[number])


def perturb(part: Part, axis: Centreline, parameters: FeatureParameters) -> Perturbed:
    """Change a mask in every way of ``CHANGES``, on its own grid.

    Through the slices an isotropic series is changed like within them, by its surface. A change that would leave no
    voxel is not made, nor does a mask grow out of its image.
    """
    drawn, _ = crop(part.index, margin=_MARGIN)
    low = part.index.min(axis=0) - _MARGIN
    masks = list(_changed(drawn, _Grid.of(part.series, part.geometry, parameters)))
    index = np.argwhere(np.any(masks, axis=0))
    on_image = ((index + low >= 0) & (index + low < part.geometry.shape)).all(axis=1)
    index = index[on_image]
    where = tuple(index.T)
    kept = np.array([mask[where] for mask in masks])
    kept[~kept.any(axis=1)] = kept[0]
    return Perturbed(whole=make_part(part.series, part.author, part.geometry, index + low, axis), kept=kept)


def with_surface(mask: Mask, step: int, parameters: FeatureParameters) -> Mask:
    """Return a mask of zeros and ones with a voxel less (−1) or more (1) all round, within its image.

    Parts of it may vanish or join; if nothing were left it stays as it is.
    """
    index = mask.labels.indices()
    if not len(index):
        return mask
    drawn, _ = crop(index, margin=1)
    low = index.min(axis=0) - 1
    changed = np.argwhere(_with_surface(drawn, step, _Grid.of(mask.series, mask.labels.geometry, parameters))) + low
    changed = changed[((changed >= 0) & (changed < mask.labels.array.shape)).all(axis=1)]
    array = np.zeros(mask.labels.array.shape, dtype=np.uint8)
    array[tuple(changed.T)] = 1
    return replace(mask, labels=LabelMap(array=array, geometry=mask.labels.geometry))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    """Which way the axes of a grid run: through the slices (None where isotropic), within them, and their signs."""

    through: int | None
    within: tuple[int, int]
    signs: tuple[int, ...]

    @classmethod
    def of(cls, series: Series, geometry: Geometry, parameters: FeatureParameters) -> "_Grid":
        axes = np.array(geometry.axes)
        nearest = np.abs(axes).argmax(axis=1)
        is_isotropic = plane_of(series, parameters) is Plane.ISOTROPIC
        # isotropic series are read in sagittal slices
        through = int(np.flatnonzero(nearest == 0)[0]) if is_isotropic else int(np.argmax(geometry.spacing_mm))
        # in the patient's order, so that the same change of two lesions is the same however they are stored
        first, second = sorted((k for k in range(3) if k != through), key=lambda k: int(nearest[k]), reverse=True)
        signs = tuple(int(np.sign(axes[k, nearest[k]])) for k in range(3))
        return cls(through=None if is_isotropic else through, within=(first, second), signs=signs)


def _changed(drawn: BoolArray, grid: _Grid) -> Iterator[BoolArray]:
    """Yield the mask after each change, in the order of ``CHANGES``."""
    for surface in SURFACES:
        grown = _with_surface(drawn, surface, grid)
        for boundary in BOUNDARIES:
            shape = _with_boundary(grown, *boundary, grid)
            for direction, step in SHIFTS:
                axis = grid.within[direction]
                yield np.roll(shape, step * grid.signs[axis], axis) if step else shape


def _with_surface(drawn: BoolArray, step: int, grid: _Grid) -> BoolArray:
    if step == 0:
        return drawn
    near = CONNECT_6.copy()
    if grid.through is not None:
        np.moveaxis(near, grid.through, 0)[[0, 2]] = False
    changed: BoolArray = (ndimage.binary_dilation if step > 0 else ndimage.binary_erosion)(drawn, near)
    return changed if changed.any() else drawn


def _with_boundary(drawn: BoolArray, end: int, change: int, grid: _Grid) -> BoolArray:
    """Take the outermost slice away at one end, or draw it once more beyond."""
    if change == 0 or grid.through is None:
        return drawn
    changed = drawn.copy()
    slices = np.moveaxis(changed, grid.through, 0)
    shown = np.flatnonzero(slices.any(axis=(1, 2)))
    is_last = end * grid.signs[grid.through] > 0
    outermost = shown[-1] if is_last else shown[0]
    if change > 0:
        slices[outermost + (1 if is_last else -1)] = slices[outermost]
    elif len(shown) > 1:
        slices[outermost] = False
    return changed
