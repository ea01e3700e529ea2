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
_CSF_PERCENTILE = 90
"""Of what lies around the cord: most of it shares its voxels with the cord or the canal's border."""


def rim_excess(contrast: Contrast, options: LesionParameters) -> FloatArray:
    """Return how much brighter normal cord is at each voxel's place than cord is, where CSF is bright; else zeros.

    An outline holds each voxel of which half is cord. On T2 the other half is CSF, several times as bright, and looks
    like a lesion: on phantoms in 3 mm slices most of what one click took too much lay there. How much there is of it is
    learnt from the sections without a lesion: `rim_quantile` of each place (the first, second or a deeper voxel from
    the edge; a slice on the side of the cord or within it).

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
    place = _places(contrast)
    normal = contrast.cord & _normal_sections(contrast, options)
    for one in np.unique(place[normal]):
        values = contrast.excess[normal & (place == one)]
        if len(values) >= _LEAST_VOXELS:
            excess[contrast.cord & (place == one)] = max(float(np.quantile(values, options.rim_quantile)), 0.0)
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
