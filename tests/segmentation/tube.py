"""A cord in a canal between vertebrae, on any grid, for tests of what is proposed."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry
from mri.volume import LabelMap, Volume
from segmentation.levels import STANDARD
from segmentation.spine_table import spine_table

CORD, CSF, MARROW, DISC, FAT = 100.0, 300.0, 180.0, 60.0, 40.0
RADIUS_MM = (5.0, 4.0)
"""Transverse and anteroposterior radius of the cord."""


def grid(shape: tuple[int, int, int], spacing: tuple[float, float, float]) -> Geometry:
    """Make an upright grid (left, posterior, superior) around the origin."""
    half = [-(n - 1) / 2 * d for n, d in zip(shape, spacing, strict=True)]
    return Geometry(
        shape=shape,
        origin_mm=(half[0], half[1], half[2]),
        spacing_mm=spacing,
        axes=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    )


def bend_mm(z: FloatArray) -> FloatArray:
    """Return the anteroposterior position of the cord at a height: a gentle lordosis."""
    return 6.0 * np.sin(z / 60.0)


def inside_cord(geometry: Geometry, scale: float = 1.0) -> NDArray[np.bool_]:
    """Return the voxels inside the cord, or inside a tube some times as wide."""
    points = geometry.to_world(np.stack(np.indices(geometry.shape), axis=-1))
    x, y = points[..., 0], points[..., 1] - bend_mm(points[..., 2])
    inside: NDArray[np.bool_] = (x / RADIUS_MM[0]) ** 2 + (y / RADIUS_MM[1]) ** 2 <= scale**2
    return inside


def cord_mask(geometry: Geometry) -> LabelMap:
    """Return the true cord as a mask."""
    return LabelMap(array=inside_cord(geometry).astype(np.uint8), geometry=geometry)


def disc_heights_mm(first: str, top_mm: float, bottom_mm: float) -> dict[str, float]:
    """Return the height (z) of each disc of an average spine whose first disc is at the top."""
    value, z, heights = int(STANDARD.disc_value(first)), top_mm, {}
    while z > bottom_mm:
        heights[STANDARD.disc_name(value)] = z
        z -= spine_table().height_mm[value - 1]
        value += 1
    return heights


def scan(
    geometry: Geometry,
    *,
    t1: bool = False,
    discs: dict[str, float] | None = None,
    noise: float = 4.0,
    seed: int = 0,
) -> Volume:
    """Return an image of the cord: bright CSF (T2) or dark (T1), vertebral bodies with discs in front."""
    points = geometry.to_world(np.stack(np.indices(geometry.shape), axis=-1))
    z = points[..., 2]
    depth = bend_mm(z) - points[..., 1]
    image = np.full(geometry.shape, FAT)
    body = (depth > 7) & (depth < 26) & (np.abs(points[..., 0]) < 16)
    image[body] = MARROW
    for height in (discs or {}).values():
        image[body & (np.abs(z - height) < 2.5)] = DISC
    image[inside_cord(geometry, 1.75)] = 30.0 if t1 else CSF
    image[inside_cord(geometry)] = CORD
    image += np.random.default_rng(seed).normal(0, noise, geometry.shape)
    return Volume(array=image.astype(np.float32), geometry=geometry)


def with_lesion(volume: Volume, low_mm: float, high_mm: float, excess: float, scale: float = 0.8) -> Volume:
    """Return the volume with the inner part of the cord brighter between two heights."""
    z = volume.geometry.to_world(np.stack(np.indices(volume.geometry.shape), axis=-1))[..., 2]
    array = volume.array.copy()
    array[inside_cord(volume.geometry, scale) & (z >= low_mm) & (z <= high_mm)] += excess * CORD
    return Volume(array=array, geometry=volume.geometry)


def dice(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return the overlap of two masks."""
    return float(2 * (first & second).sum() / (first.sum() + second.sum()))


def gaps(values: list[float]) -> list[float]:
    """Return the differences between neighbours."""
    return [b - a for a, b in pairwise(values)]
