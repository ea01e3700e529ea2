"""Drawing on a mask in millimetres of the patient: brush, eraser and lasso, on any voxel grid.

Each function returns a new label map and leaves the given one as it was, so that undo is keeping the old one.
"""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mri.geometry import FloatArray, Geometry, Vector
from mri.problems import RefusedError, error
from mri.volume import LabelMap

Box = tuple[slice, slice, slice]
_LEAST_CORNERS = 3


def brush(
    labels: LabelMap,
    stroke_mm: ArrayLike,
    radius_mm: float,
    label: int = 1,
    *,
    normal: Vector | None = None,
    within: LabelMap | None = None,
    over: Collection[int] | None = None,
) -> LabelMap:
    """Paint along a stroke with a ball, or with a disc in one slice.

    A voxel is painted if its centre lies within the radius of the stroke; the voxel under each point always is.

    Parameters
    ----------
    labels : LabelMap
    stroke_mm : array_like, shape (n, 3)
        LPS mm of the points that the pointer passed, n ≥ 1; neighbours are joined by straight lines.
    radius_mm : float
    label : int
        What is painted; 0 erases.
    normal : Vector, optional
        Unit LPS direction across the slice shown: only the layer of voxels that the first point lies in is painted.
        None paints in all directions.
    within : LabelMap, optional
        Paint only where this mask of the same grid is not 0 (inside the cord only).
    over : collection of int, optional
        Paint only over these labels; ``{0}`` protects what is drawn already.

    Returns
    -------
    LabelMap
        A new one on the same grid.

    Raises
    ------
    RefusedError
        If the radius is not positive or a point is not three finite numbers.
    """
    stroke = _points(stroke_mm)
    if not (np.isfinite(radius_mm) and radius_mm > 0):
        raise RefusedError(error("brush_radius", "brush", f"a radius of {radius_mm} mm paints nothing; make it larger"))
    array = _copy(labels, label)
    geometry = labels.geometry
    for box, inside in _strokes(geometry, stroke, radius_mm, normal):
        _paint(array, labels.array, box, inside, label, within, over)
    return LabelMap(array=array, geometry=geometry)


def erase(
    labels: LabelMap,
    stroke_mm: ArrayLike,
    radius_mm: float,
    *,
    normal: Vector | None = None,
    only: Collection[int] | None = None,
) -> LabelMap:
    """Set to background along a stroke; ``only`` names the labels that may be erased, see `brush`."""
    return brush(labels, stroke_mm, radius_mm, 0, normal=normal, over=only)


def lasso(
    labels: LabelMap,
    polygon_mm: ArrayLike,
    normal: Vector,
    label: int = 1,
    *,
    within: LabelMap | None = None,
    over: Collection[int] | None = None,
) -> LabelMap:
    """Paint the voxels of one slice whose centres lie inside a polygon.

    Parameters
    ----------
    labels : LabelMap
    polygon_mm : array_like, shape (n, 3)
        LPS mm of its corners, n ≥ 3; it is closed by itself. Where it crosses itself, what is enclosed twice is out.
    normal : Vector
        Unit LPS direction across the slice shown; the layer of voxels of the first corner is painted.
    label, within, over
        As for `brush`.

    Raises
    ------
    RefusedError
        If there are fewer than three corners.
    """
    corners = _points(polygon_mm)
    if len(corners) < _LEAST_CORNERS:
        raise RefusedError(error("lasso_corners", "lasso", "a lasso needs three corners or more; draw around a region"))
    geometry = labels.geometry
    array = _copy(labels, label)
    half = float(geometry.half_width_mm(normal))
    box = _box(geometry, corners, 2 * half)
    if box is not None:
        points = _centres(geometry, box)
        across = (points - corners[0]) @ np.array(normal)
        inside = (across > -half) & (across <= half)
        plane = _plane(normal)
        inside[inside] = _in_polygon(points[inside] @ plane, corners @ plane)
        _paint(array, labels.array, box, inside, label, within, over)
    return LabelMap(array=array, geometry=geometry)


def _points(points_mm: ArrayLike) -> FloatArray:
    points = np.atleast_2d(np.asarray(points_mm, dtype=float))
    if points.ndim != 2 or points.shape[1] != 3 or not len(points) or not np.isfinite(points).all():
        raise RefusedError(error("points_not_finite", "points", "give points of three finite numbers, LPS mm"))
    return points


def _copy(labels: LabelMap, label: int) -> NDArray[np.integer]:
    """Return the voxels to write on, of a type that holds the label."""
    kind = np.promote_types(labels.array.dtype, np.min_scalar_type(label))
    return labels.array.astype(kind, copy=True)


def _paint(
    array: NDArray[np.integer],
    before: NDArray[np.integer],
    box: Box,
    inside: NDArray[np.bool_],
    label: int,
    within: LabelMap | None,
    over: Collection[int] | None,
) -> None:
    allowed = inside
    if within is not None:
        allowed = allowed & (within.array[box] != 0)
    if over is not None:
        allowed = allowed & np.isin(before[box], list(over))
    array[box][allowed] = label


def _strokes(
    geometry: Geometry, stroke: FloatArray, radius_mm: float, normal: Vector | None
) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    """Yield, for each straight part of a stroke, a box and the voxels in it that are painted."""
    half = 0.0 if normal is None else float(geometry.half_width_mm(normal))
    starts, ends = (stroke, stroke) if len(stroke) == 1 else (stroke[:-1], stroke[1:])
    for start, end in zip(starts, ends, strict=True):
        box = _box(geometry, np.stack([start, end]), max(radius_mm, half))
        if box is None:
            continue
        points = _centres(geometry, box)
        inside = np.ones(points.shape[:-1], dtype=bool)
        offset, line = points - start, end - start
        if normal is not None:
            across = (points - stroke[0]) @ np.array(normal)
            inside = (across > -half) & (across <= half)
            offset = offset - (offset @ np.array(normal))[..., None] * np.array(normal)
            line = line - (line @ np.array(normal)) * np.array(normal)
        yield box, inside & (_distance_to(offset, line) <= radius_mm)
    yield from _under(geometry, stroke)


def _distance_to(offset: FloatArray, line: FloatArray) -> FloatArray:
    """Return how far positions relative to the start of a straight line are from it."""
    length = float(line @ line)
    along = np.clip(offset @ line / length, 0.0, 1.0) if length else np.zeros(offset.shape[:-1])
    distance: FloatArray = np.linalg.norm(offset - along[..., None] * line, axis=-1)
    return distance


def _under(geometry: Geometry, stroke: FloatArray) -> Iterator[tuple[Box, NDArray[np.bool_]]]:
    """Yield the voxel under each point: a brush finer than the voxels paints too."""
    for i, j, k in np.rint(geometry.to_index(stroke[geometry.contains(stroke)])).astype(int):
        first, second, third = (int(np.clip(v, 0, n - 1)) for v, n in zip((i, j, k), geometry.shape, strict=True))
        box = (slice(first, first + 1), slice(second, second + 1), slice(third, third + 1))
        yield box, np.ones((1, 1, 1), dtype=bool)


def _box(geometry: Geometry, points: FloatArray, margin_mm: float) -> Box | None:
    """Return the part of the grid within a margin of some points; None where they miss it."""
    reach = margin_mm / np.array(geometry.spacing_mm)
    index = geometry.to_index(points)
    low = np.maximum(np.floor(index.min(axis=0) - reach), 0).astype(int)
    high = np.minimum(np.ceil(index.max(axis=0) + reach) + 1, geometry.shape).astype(int)
    if (low >= high).any():
        return None
    first, second, third = (slice(int(a), int(b)) for a, b in zip(low, high, strict=True))
    return first, second, third


def _centres(geometry: Geometry, box: Box) -> FloatArray:
    """Return the LPS positions of the voxel centres of a box, shape (i, j, k, 3)."""
    index = np.meshgrid(*(np.arange(part.start, part.stop) for part in box), indexing="ij")
    return geometry.to_world(np.stack(index, axis=-1))


def _plane(normal: Vector) -> FloatArray:
    """Return two unit directions, as columns (3, 2), that span the plane across a normal."""
    unit = np.array(normal, dtype=float)
    first = np.cross(unit, np.eye(3)[int(np.argmin(np.abs(unit)))])
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(unit, first)], axis=1)


def _in_polygon(points: FloatArray, corners: FloatArray) -> NDArray[np.bool_]:
    """Return whether each point, (n, 2), is enclosed by a polygon, (m, 2): an odd number of edges to one side."""
    inside = np.zeros(len(points), dtype=bool)
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        spans = (a[1] > points[:, 1]) != (b[1] > points[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            crossing = a[0] + (points[:, 1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
        inside ^= spans & (points[:, 0] < crossing)
    return inside
