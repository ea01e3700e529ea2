"""Lesions inserted into an image of normal cord, at 1 mm or as thick sagittal slices of it: for `proposals`."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import FloatArray, Geometry
from mri.volume import LabelMap, Volume

EDGE_MM = 0.6
"""Standard deviation of the lesion's soft edge."""
LENGTH_MM = (8.0, 28.0)
FILLED = (0.5, 0.9)
"""Share of the cord's half width that the lesion fills."""
SWELLING = (0.0, 0.3)
"""Relative widening of the cord at the lesion."""
SWOLLEN_REACH_MM = 9.0
"""Beyond this distance from the axis the tissue does not move."""
NOISE = 0.03
"""Noise added to thick slices, relative to the cord: averaging takes away what a scan would have."""
END_MM = 15.0
"""How far from the ends of the cord in view a lesion lies."""
CSF_PERCENTILE = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """An upright image (left, posterior, superior or inferior) with the cord in it.

    Attributes
    ----------
    image : ndarray
    cord : ndarray of bool
    spacing_mm : ndarray
    geometry : Geometry
    is_t1 : bool
    """

    image: FloatArray
    cord: NDArray[np.bool_]
    geometry: Geometry
    is_t1: bool

    @property
    def spacing_mm(self) -> FloatArray:
        """Voxel size."""
        return np.array(self.geometry.spacing_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inserted:
    """An image with one lesion: truth of lesion and cord, and a voxel index near the lesion's middle."""

    volume: Volume
    lesion: LabelMap
    cord: LabelMap
    click: tuple[int, int, int]


def insert(base: Base, level: float, rng: np.random.Generator) -> Inserted:
    """Return the image with one random lesion.

    Parameters
    ----------
    base : Base
    level : float
        On T1 the enhancement relative to the cord; on T2 how far the lesion's signal is from cord to CSF, 0 to 1.
    rng : numpy.random.Generator
    """
    centre, half, rows = _sections(base)
    inner = rows[(rows - rows[0]) * base.spacing_mm[2] > END_MM]
    inner = inner[(rows[-1] - inner) * base.spacing_mm[2] > END_MM]
    row = int(rng.choice(inner))
    length = float(rng.uniform(*LENGTH_MM))
    filled = float(rng.uniform(*FILLED))
    offset = rng.uniform(-1, 1, 2) * (1 - filled) * 0.8
    amount = float(rng.uniform(*SWELLING))
    inside = _ellipsoid(base, centre, half, row, length, filled, offset)
    soft = ndimage.gaussian_filter(inside.astype(float), EDGE_MM / base.spacing_mm)
    image = base.image + soft * _rise(base, level, row, length)
    moved = [_swollen(array, base, centre, row, 1.2 * length, amount) for array in (image, base.cord, inside)]
    lesion, cord = moved[2] > 0.5, moved[1] > 0.5
    return Inserted(
        volume=Volume(array=moved[0].astype(np.float32), geometry=base.geometry),
        lesion=LabelMap(array=lesion.astype(np.uint8), geometry=base.geometry),
        cord=LabelMap(array=cord.astype(np.uint8), geometry=base.geometry),
        click=_middle(lesion),
    )


def thick(case: Inserted, slices: int, rng: np.random.Generator) -> Inserted | None:
    """Return the case as sagittal slices so many voxels thick; None where hardly a voxel of the lesion is left."""
    if slices == 1:
        return case
    image, lesion, cord = (
        _averaged(labels.array.astype(float), slices) for labels in (case.volume, case.lesion, case.cord)
    )
    image = image + rng.normal(0, NOISE * float(np.median(image[cord >= 0.5])), image.shape)
    if (lesion >= 0.5).sum() < 5:
        return None
    geometry = case.volume.geometry
    spacing = (geometry.spacing_mm[0] * slices, *geometry.spacing_mm[1:])
    x, y, z = (float(k) for k in geometry.to_world(((slices - 1) / 2, 0.0, 0.0)))
    coarse = Geometry(shape=image.shape, origin_mm=(x, y, z), spacing_mm=spacing, axes=geometry.axes)
    return Inserted(
        volume=Volume(array=image.astype(np.float32), geometry=coarse),
        lesion=LabelMap(array=(lesion >= 0.5).astype(np.uint8), geometry=coarse),
        cord=LabelMap(array=(cord >= 0.5).astype(np.uint8), geometry=coarse),
        click=_middle(lesion >= 0.5),
    )


def _averaged(array: FloatArray, slices: int) -> FloatArray:
    whole = len(array) // slices * slices
    mean: FloatArray = array[:whole].reshape(-1, slices, *array.shape[1:]).mean(axis=1)
    return mean


def _middle(inside: NDArray[np.bool_]) -> tuple[int, int, int]:
    """Return the voxel nearest to the centre of gravity: where a reader clicks."""
    index = np.argwhere(inside)
    nearest = index[np.linalg.norm(index - index.mean(axis=0), axis=1).argmin()]
    return int(nearest[0]), int(nearest[1]), int(nearest[2])


def _sections(base: Base) -> tuple[FloatArray, FloatArray, NDArray[np.intp]]:
    """Return centre and half width in mm, both (n, 2), of the cord in every axial section, and its sections."""
    rows = np.flatnonzero(base.cord.any(axis=(0, 1)))
    found = np.array([ndimage.center_of_mass(base.cord[:, :, k]) for k in rows])
    wide = np.array([[np.ptp(np.flatnonzero(base.cord[:, :, k].any(axis=1 - a))) + 1 for a in (0, 1)] for k in rows])
    every = np.arange(base.cord.shape[2])
    centre = np.stack([np.interp(every, rows, ndimage.gaussian_filter1d(found[:, a], 3)) for a in (0, 1)], axis=1)
    half = np.stack([np.interp(every, rows, ndimage.gaussian_filter1d(wide[:, a] / 2.0, 3)) for a in (0, 1)], axis=1)
    return centre * base.spacing_mm[:2], half * base.spacing_mm[:2], rows


def _ellipsoid(
    base: Base, centre: FloatArray, half: FloatArray, row: int, length: float, filled: float, offset: FloatArray
) -> NDArray[np.bool_]:
    x, y, z = (k * d for k, d in zip(np.indices(base.image.shape), base.spacing_mm, strict=True))
    along = (z - row * base.spacing_mm[2]) / (length / 2)
    across = [(k - centre[:, a] - offset[a] * half[:, a]) / (filled * half[:, a]) for a, k in enumerate((x, y))]
    inside: NDArray[np.bool_] = (along**2 + across[0] ** 2 + across[1] ** 2 < 1) & base.cord
    return inside


def _rise(base: Base, level: float, row: int, length: float) -> float:
    """Return how much brighter than cord the lesion is there."""
    reach = round(length / base.spacing_mm[2])
    near = slice(max(row - reach, 0), row + reach + 1)
    cord = base.cord[:, :, near]
    normal = float(np.median(base.image[:, :, near][cord]))
    if base.is_t1:
        return level * normal
    ring = ndimage.binary_dilation(cord, iterations=3) & ~ndimage.binary_dilation(cord)
    return level * (float(np.percentile(base.image[:, :, near][ring], CSF_PERCENTILE)) - normal)


def _swollen(
    array: NDArray[np.generic], base: Base, centre: FloatArray, row: int, length: float, amount: float
) -> FloatArray:
    """Return the image with the cord widened around the lesion."""
    index = np.indices(array.shape).astype(float)
    middle = centre / base.spacing_mm[:2]
    away = [(index[a] - middle[:, a]) * base.spacing_mm[a] for a in (0, 1)]
    along = np.exp(-(((np.arange(array.shape[2]) - row) * base.spacing_mm[2] / (length / 2)) ** 2))
    shrink = 1 - amount * along * np.exp(-((np.hypot(*away) / SWOLLEN_REACH_MM) ** 4))
    from_index = [middle[:, a] + away[a] * shrink / base.spacing_mm[a] for a in (0, 1)]
    moved: FloatArray = ndimage.map_coordinates(array.astype(float), [*from_index, index[2]], order=1, mode="nearest")
    return moved
