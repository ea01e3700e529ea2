"""The planted truth as masks and disc points on the grid of a series."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mri.geometry import FloatArray, Geometry
from mri.volume import LabelMap
from sample_scans.phantom import Phantom
from sample_scans.truth import phantom_of
from segmentation.levels import DiscPoints
from segmentation.regions import LESION_REGIONS, Region

SAMPLES_PER_AXIS = 4
"""A voxel is in where at least half of its 4 × 4 × 4 points are."""

_REACH_MM = 9.0
"""How far from the axis a cord or lesion can reach; the widest cord's half diameter is 6.5 mm."""

_CANAL_REACH_MM = 13.0

_SHARE = 0.5


def rasterise(
    source: Phantom | Mapping[str, Any], region: Region, geometry: Geometry, motion: ArrayLike | None = None
) -> LabelMap:
    """Return a planted region as a mask.

    Parameters
    ----------
    source : Phantom or mapping
        A phantom, or one session of truth.json.
    region : Region
        Cord and canal give 1; the other regions give k for lesion k, numbered rostral to caudal. T2 hyperintensity
        is the lesion's own T2-bright part and its oedema, within the cord.
    geometry : Geometry
        Grid of the series.
    motion : array_like, optional
        (4, 4) ``motion`` of the series in truth.json; identity if not given.

    Returns
    -------
    LabelMap
        A voxel is in where at least half of it is. Where an enhancing lesion is thinner than the slices, as at the
        tip of a flame, it is drawn on the slice that holds most of it, as a reader sees it there.
    """
    phantom = source if isinstance(source, Phantom) else phantom_of(source)
    to_truth = np.linalg.inv(np.eye(4) if motion is None else np.asarray(motion, dtype=float))
    labels = np.zeros(geometry.shape, dtype=np.uint8)
    numbers = range(1, len(phantom.lesions) + 1) if _belongs_to_lesions(region) else [1]
    for k in numbers:
        near = _near(phantom, region, k, geometry, to_truth)
        if len(near):
            share, seen = _share_inside(phantom, region, k, geometry, to_truth, near)
            thin = region is Region.ENHANCING and _thinner_than_a_slice(near, share, seen, geometry)
            hit = near[(share >= _SHARE) | thin]
            labels[tuple(hit.T)] = k
    return LabelMap(array=labels, geometry=geometry)


def disc_points(source: Phantom | Mapping[str, Any], motion: ArrayLike | None = None) -> DiscPoints:
    """Return the planted discs in LPS mm, where they were when a series with this motion was acquired."""
    phantom = source if isinstance(source, Phantom) else phantom_of(source)
    matrix = np.eye(4) if motion is None else np.asarray(motion, dtype=float)
    moved = {}
    for name, point in phantom.discs().points.items():
        x, y, z = (float(k) for k in matrix[:3, :3] @ np.array(point) + matrix[:3, 3])
        moved[name] = (x, y, z)
    return DiscPoints(points=moved, scheme=phantom.spine.scheme)


def _belongs_to_lesions(region: Region) -> bool:
    return region in (*LESION_REGIONS, Region.CYST, Region.HEMORRHAGE)


def _near(phantom: Phantom, region: Region, k: int, geometry: Geometry, to_truth: FloatArray) -> NDArray[np.intp]:
    """Return the indices, shape (n, 3), of voxels that may lie in the region."""
    grid = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    points = geometry.to_world(grid) @ to_truth[:3, :3].T + to_truth[:3, 3]
    half_voxel = float(np.linalg.norm(geometry.spacing_mm)) / 2
    margin = half_voxel + (_CANAL_REACH_MM if region is Region.CANAL else _REACH_MM)
    near_axis = np.flatnonzero(phantom.spine.coarse_distance_mm(points) < 2 * margin)
    grid = grid[near_axis]
    s, a, r = phantom.spine.to_local(points[near_axis])
    near = (np.abs(a) < margin) & (np.abs(r) < margin)
    if _belongs_to_lesions(region):
        lesion = phantom.lesions[k - 1]
        ends = (*lesion.extent_mm(phantom.spine), *lesion.t2_extent_mm(phantom.spine))
        near &= (s > min(ends) - half_voxel) & (s < max(ends) + half_voxel)
    found: NDArray[np.intp] = grid[near]
    return found


def _share_inside(
    phantom: Phantom, region: Region, k: int, geometry: Geometry, to_truth: FloatArray, near: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Return how much of each voxel lies in the region, and how much of its face when seen along the slices, 0 to 1."""
    steps = (np.arange(SAMPLES_PER_AXIS) + 0.5) / SAMPLES_PER_AXIS - 0.5
    share, seen = np.zeros(len(near)), np.zeros(len(near))
    lesion = k if _belongs_to_lesions(region) else None
    across = _slice_axis(geometry)
    for first in steps:
        for second in steps:
            behind = np.zeros(len(near), dtype=bool)
            for depth in steps:
                offset = np.insert([first, second], across, depth)
                points = geometry.to_world(near + offset) @ to_truth[:3, :3].T + to_truth[:3, 3]
                inside = phantom.inside(region, points, lesion)
                share += inside
                behind |= inside
            seen += behind
    return share / SAMPLES_PER_AXIS**3, seen / SAMPLES_PER_AXIS**2


def _thinner_than_a_slice(
    near: NDArray[np.intp], share: FloatArray, seen: FloatArray, geometry: Geometry
) -> NDArray[np.bool_]:
    """Return the voxels that hold most of a lesion which fills half of no slice there, yet half of the pixel."""
    within = np.delete(near, _slice_axis(geometry), axis=1)
    _, pixel = np.unique(within, axis=0, return_inverse=True)
    most = np.zeros(pixel.max() + 1)
    np.maximum.at(most, pixel, share)
    thin: NDArray[np.bool_] = (most[pixel] < _SHARE) & (share == most[pixel]) & (seen >= _SHARE)
    return thin


def _slice_axis(geometry: Geometry) -> int:
    return int(np.argmax(geometry.spacing_mm))
