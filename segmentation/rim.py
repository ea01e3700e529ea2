"""CSF in the voxels at the cord's edge: how bright normal cord is at each voxel's place within the section."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import INFERIOR_SUPERIOR, FloatArray
from segmentation.contrast import Contrast
from segmentation.parameters import LesionParameters

_DEPTHS = 3
"""The outer two voxels of a slice, and all that lies deeper, have a normal signal each: blur reaches no further."""
_LEAST_VOXELS = 20
"""A place with fewer normal voxels says nothing, and nothing is taken off there."""
_ON_THE_SIDE = _DEPTHS
"""Added to the place of a voxel on the first or last slice of the cord, of which CSF fills a part."""
_THICK = 2.0
"""Slices so many times wider than the voxels within them are thick: there is no depth across them."""
_FAR_MM = 1e3
_LEAST_SPREAD = 1e-6
"""Of the CSF next to the voxels of one place, squared: with less they are all alike."""
_CSF_PERCENTILE = 90
"""Of what lies around the cord: most of it shares its voxels with the cord or the canal's border."""


def rim_excess(contrast: Contrast, options: LesionParameters) -> FloatArray:
    """Return how much brighter normal cord is at each voxel's place than cord is, where CSF is bright; else zeros.

    An outline holds each voxel of which half is cord. On T2 the other half is CSF, several times as bright, and looks
    like a lesion: on phantoms in 3 mm slices most of what one click took too much lay there. How much there is of it is
    learnt from the sections without a lesion: at each place (the first, second or a deeper voxel from the edge; a slice
    on the side of the cord or within it) it rises in a straight line with the CSF next to the voxel, and the line is
    drawn so high that `rim_quantile` of the normal voxels lie below it.

    Parameters
    ----------
    contrast : Contrast
    options : LesionParameters

    Returns
    -------
    ndarray
        Shape of the contrast's box, in units of the cord's signal, nowhere below 0.
    """
    excess = np.zeros(contrast.cord.shape)
    if csf_excess(contrast) is None:
        return excess
    place, beside = _places(contrast), _beside(contrast)
    normal = contrast.cord & _normal_sections(contrast, options)
    for one in np.unique(place[normal]):
        there, known = contrast.cord & (place == one), normal & (place == one)
        values = contrast.excess[known]
        if len(values) >= _LEAST_VOXELS:
            slope = _slope(beside[known], values)
            height = float(np.quantile(values - slope * beside[known], options.rim_quantile))
            excess[there] = np.maximum(height + slope * beside[there], 0.0)
    return excess


def csf_excess(contrast: Contrast) -> float | None:
    """Return how much brighter CSF is than cord; None where what lies around the cord is darker than it.

    The median around the cord is 0.8 to 1.2 above it on T2, and 0.5 to 0.6 below it on T1.
    """
    spacing = np.array(contrast.volume.geometry.spacing_mm)
    beside = ndimage.generate_binary_structure(3, 1)
    for across in np.flatnonzero(spacing > _THICK * spacing.min()):
        # two thick slices farther on there is bone
        beside &= np.arange(3).reshape([-1 if k == across else 1 for k in range(3)]) == 1
    near = ndimage.binary_dilation(contrast.cord, beside)
    around = contrast.excess[ndimage.binary_dilation(near, beside) & ~near]
    if not len(around) or float(np.median(around)) <= 0:
        return None
    return float(np.percentile(around, _CSF_PERCENTILE))


def _beside(contrast: Contrast) -> FloatArray:
    """Return the CSF next to each voxel: the mean over it and its neighbours of what is brighter outside the cord.

    It tells how much CSF the voxel itself holds: where the outline's next voxel is all CSF and many are outside, the
    edge runs through this one; where the next one is half cord, it does not. On phantoms this explains half of how
    voxels of the edge differ (1 mm; a quarter to a half in 3 mm slices), beside the public cord a fifth.
    """
    spacing = np.array(contrast.volume.geometry.spacing_mm)
    size = np.where(spacing > _THICK * spacing.min(), 1, 3)
    outside = np.where(contrast.cord, 0.0, np.maximum(contrast.excess, 0.0))
    mean: FloatArray = ndimage.uniform_filter(outside, size=tuple(int(k) for k in size))
    return mean


def _slope(beside: FloatArray, values: FloatArray) -> float:
    """Return by how much normal cord is brighter for each unit of CSF next to it; 0 where that says nothing."""
    spread = float(beside.var())
    if spread < _LEAST_SPREAD:
        return 0.0
    return max(float(np.mean((beside - beside.mean()) * (values - values.mean()))) / spread, 0.0)


def _places(contrast: Contrast) -> NDArray[np.int_]:
    """Return where in the section each voxel of the cord lies: its depth within the slice, and whether on the side."""
    spacing = np.array(contrast.volume.geometry.spacing_mm)
    wide = spacing > _THICK * spacing.min()
    depth_mm = ndimage.distance_transform_edt(contrast.cord, sampling=np.where(wide, _FAR_MM, spacing))
    place: NDArray[np.int_] = np.clip(np.floor(np.asarray(depth_mm) / spacing.min()).astype(int), 1, _DEPTHS)
    across = int(spacing.argmax())
    if wide[across] and across != contrast.volume.geometry.axis_nearest(INFERIOR_SUPERIOR):
        beside = np.zeros((3, 3, 3), dtype=bool)
        beside[tuple(slice(None) if k == across else 1 for k in range(3))] = True
        place[contrast.cord & ~ndimage.binary_erosion(contrast.cord, beside)] += _ON_THE_SIDE
    return place


def _normal_sections(contrast: Contrast, options: LesionParameters) -> NDArray[np.bool_]:
    """Return, to be broadcast over the box, the axial sections whose middle is no brighter than cord."""
    axis = contrast.volume.geometry.axis_nearest(INFERIOR_SUPERIOR)
    most = max(options.floor_z * contrast.noise, options.seed_excess)
    sections = zip(np.moveaxis(contrast.excess, axis, 0), np.moveaxis(contrast.core, axis, 0), strict=True)
    usual = [bool(core.any()) and float(np.median(excess[core])) <= most for excess, core in sections]
    return np.array(usual).reshape([-1 if k == axis else 1 for k in range(3)])
