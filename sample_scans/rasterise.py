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
        A voxel is in where at least half of it is.
    """
    phantom = source if isinstance(source, Phantom) else phantom_of(source)
    to_truth = np.linalg.inv(np.eye(4) if motion is None else np.asarray(motion, dtype=float))
    labels = np.zeros(geometry.shape, dtype=np.uint8)
    numbers = range(1, len(phantom.lesions) + 1) if _belongs_to_lesions(region) else [1]
    for k in numbers:
        near = _near(phantom, region, k, geometry, to_truth)
        if len(near):
            share = _share_inside(phantom, region, k, geometry, to_truth, near)
            hit = near[share >= _SHARE]
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
    return DiscPoints(points=moved)


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
) -> FloatArray:
    """Return how much of each voxel lies in the region, 0 to 1."""
    steps = (np.arange(SAMPLES_PER_AXIS) + 0.5) / SAMPLES_PER_AXIS - 0.5
    share = np.zeros(len(near))
    lesion = k if _belongs_to_lesions(region) else None

    def local_at(index: FloatArray) -> FloatArray:
        points = geometry.to_world(index) @ to_truth[:3, :3].T + to_truth[:3, 3]
        return np.stack(phantom.spine.to_local(points))

    # within one voxel the curved coordinates are straight to 0.01 mm, so the foot point is sought once per voxel
    centre = local_at(near.astype(float))
    slope = [local_at(near + half) - local_at(near - half) for half in np.eye(3) / 2]
    for i, j, n in np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3):
        s, a, r = centre + i * slope[0] + j * slope[1] + n * slope[2]
        share += phantom.inside_local(region, phantom.local(s, a, r), lesion)
    return share / SAMPLES_PER_AXIS**3
