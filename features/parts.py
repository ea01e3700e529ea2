"""Voxels of one structure on the grid of one series, and where they are along the cord."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from features.extent import Span, extent, extent_along, union
from mri.geometry import INFERIOR_SUPERIOR, FloatArray, Geometry
from mri.study import Series
from segmentation.centreline import Centreline

CONNECT_26 = np.ones((3, 3, 3), dtype=bool)
CONNECT_6 = ndimage.generate_binary_structure(3, 1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Some voxels of one grid, at least one.

    Attributes
    ----------
    series : Series
    author : str
        Who drew them.
    geometry : Geometry
        Grid in the frame of the case.
    index : ndarray
        Shape (n, 3), voxel indices.
    points_mm : ndarray
        Shape (n, 3), LPS voxel centres.
    s_mm, distance_mm : ndarray
        Shape (n,), arc length along the axis of the case, and distance from it.
    half_mm : ndarray
        Shape (n,), half width h(t) of a voxel along the cord.
    """

    series: Series
    author: str
    geometry: Geometry
    index: NDArray[np.intp]
    points_mm: FloatArray
    s_mm: FloatArray
    distance_mm: FloatArray
    half_mm: FloatArray

    def subset(self, keep: NDArray[np.bool_]) -> "Part":
        """Return the voxels that are kept, a mask of shape (n,)."""
        return Part(
            series=self.series,
            author=self.author,
            geometry=self.geometry,
            index=self.index[keep],
            points_mm=self.points_mm[keep],
            s_mm=self.s_mm[keep],
            distance_mm=self.distance_mm[keep],
            half_mm=self.half_mm[keep],
        )

    @property
    def span(self) -> Span:
        """Where the voxels reach along the cord."""
        return extent_along(self.s_mm, self.half_mm)

    @property
    def volume_mm3(self) -> float:
        """Number of voxels times the volume of one."""
        return len(self.index) * self.geometry.voxel_volume_mm3

    @property
    def si_axis(self) -> int:
        """The index axis nearest superior-inferior."""
        return self.geometry.axis_nearest(INFERIOR_SUPERIOR)

    def faces_out(self, axis: int) -> FloatArray:
        """Return the LPS centres of the voxels just beyond the border of the grid along an axis, next to a voxel."""
        at = self.index[:, axis]
        first, last = self.index[at == 0].copy(), self.index[at == self.geometry.shape[axis] - 1].copy()
        first[:, axis] -= 1
        last[:, axis] += 1
        return self.geometry.to_world(np.concatenate([first, last]))


Parts = tuple[Part, ...]
"""One structure seen on several grids (stations), no place of it twice."""


def make_part(series: Series, author: str, geometry: Geometry, index: NDArray[np.intp], axis: Centreline) -> Part:
    """Place voxels, indices of shape (n, 3), along the axis of the case."""
    points = geometry.to_world(index)
    seen = axis.project(points)
    return Part(
        series=series,
        author=author,
        geometry=geometry,
        index=index,
        points_mm=points,
        s_mm=seen.s_mm,
        distance_mm=seen.distance_mm,
        half_mm=geometry.half_width_mm(seen.tangents),
    )


def crop(index: NDArray[np.intp], margin: int = 0) -> tuple[NDArray[np.bool_], tuple[NDArray[np.intp], ...]]:
    """Return a small array with the voxels set, and the places of the voxels in it."""
    low = index.min(axis=0) - margin
    filled = np.zeros(index.max(axis=0) - low + 1 + margin, dtype=bool)
    where = tuple((index - low).T)
    filled[where] = True
    return filled, where


def components(part: Part) -> Parts:
    """Return the 26-connected components of a part."""
    filled, where = crop(part.index)
    labels, n = ndimage.label(filled, CONNECT_26)
    if n == 1:
        return (part,)
    of_voxel = labels[where]
    return tuple(part.subset(of_voxel == k) for k in range(1, n + 1))


def largest_gap_mm(part: Part) -> float:
    """Return the largest distance that must be bridged between components, from voxel centre to voxel centre; else 0.

    Each component is joined to those that are joined already by the shortest way, so that parts in a row are apart by
    the gap from one to the next.
    """
    first, *rest = (component.points_mm for component in components(part))
    nearest = [_apart_mm(cKDTree(first), other) for other in rest]
    largest = 0.0
    while rest:
        k = int(np.argmin(nearest))
        largest = max(largest, nearest.pop(k))
        joined = cKDTree(rest.pop(k))
        nearest = [min(mm, _apart_mm(joined, other)) for mm, other in zip(nearest, rest, strict=True)]
    return largest


def _apart_mm(one: cKDTree, other_mm: FloatArray) -> float:
    distances, _ = one.query(other_mm)
    return float(np.min(distances))


def count_6_connected(part: Part) -> int:
    """Return the number of components that share faces."""
    return int(ndimage.label(crop(part.index)[0], CONNECT_6)[1])


def span_of(parts: Parts) -> Span:
    """Return where a structure reaches along the cord."""
    return union(part.span for part in parts)


def si_of(parts: Parts) -> Span:
    """Return where a structure reaches along the patient's superior-inferior axis."""
    return union(extent(part.points_mm, part.geometry, INFERIOR_SUPERIOR) for part in parts)


def volume_of(parts: Parts) -> float:
    """Return voxels times voxel volume in mm³."""
    return sum(part.volume_mm3 for part in parts)


def series_of(parts: Parts) -> str:
    """Return the names of the series, joined by ``;``."""
    return ";".join(dict.fromkeys(part.series.name for part in parts))


def is_truncated(parts: Parts, grids: Iterable[Geometry] = (), *, along: bool = False) -> bool:
    """Return whether a structure touches the border of its images where no other image goes on.

    Parameters
    ----------
    parts : tuple of Part
    grids : iterable of Geometry
        Other images on which the structure was looked for.
    along : bool
        Only the border across the cord counts, where it cuts the length.
    """
    shown = (*grids, *(part.geometry for part in parts))
    return any(_is_cut(part, axis, shown) for part in parts for axis in ((part.si_axis,) if along else range(3)))


def _is_cut(part: Part, axis: int, grids: tuple[Geometry, ...]) -> bool:
    beyond = part.faces_out(axis)
    goes_on = np.zeros(len(beyond), dtype=bool)
    for grid in grids if len(beyond) else ():
        if grid is not part.geometry:
            goes_on |= grid.contains(beyond)
    return not bool(goes_on.all())
