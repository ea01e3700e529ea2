"""Images turned the way they hang on a light box: rows downwards, columns to the right, slices in reading order.

Radiological convention: sagittal with anterior to the left, axial and coronal with the patient's right to the left.
Nothing is resampled; the index axes are exchanged and flipped only, so that an oblique series keeps its own plane.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry, Vector
from mri.study import Plane
from mri.volume import Volume

ROWS, COLUMNS, SLICES = 0, 1, 2
"""Index axes of a turned grid."""
OBLIQUE_COMPONENT = 0.3
"""A second letter names an edge that is tilted by more than 17°, the sine of which this is."""
_LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A way to hang images.

    Attributes
    ----------
    word : str
        Name of the plane.
    down, right, through : Vector
        LPS directions of growing rows, columns and slices.
    first : str
        Where slice 1 is, for a person who counts them.
    """

    word: str
    down: Vector
    right: Vector
    through: Vector
    first: str


SAGITTAL = View(
    word="sagittal",
    down=(0.0, 0.0, -1.0),
    right=(0.0, 1.0, 0.0),
    through=(1.0, 0.0, 0.0),
    first="the patient's right",
)
AXIAL = View(word="axial", down=(0.0, 1.0, 0.0), right=(1.0, 0.0, 0.0), through=(0.0, 0.0, -1.0), first="the top")
CORONAL = View(word="coronal", down=(0.0, 0.0, -1.0), right=(1.0, 0.0, 0.0), through=(0.0, 1.0, 0.0), first="the front")

VIEWS_OF_PLANE = {
    Plane.SAGITTAL: (SAGITTAL,),
    Plane.AXIAL: (AXIAL,),
    Plane.CORONAL: (CORONAL,),
    Plane.ISOTROPIC: (SAGITTAL, AXIAL),
}
"""How the series of each plane are shown; an isotropic one can be cut both ways."""


def index_axes(geometry: Geometry, view: View) -> tuple[int, int, int]:
    """Return the index axes of a geometry that become rows, columns and slices; the slices are settled first."""
    through = geometry.axis_nearest(view.through)
    free = [axis for axis in range(3) if axis != through]
    down = max(free, key=lambda axis: abs(_along(geometry, axis, view.down)))
    right = next(axis for axis in free if axis != down)
    return down, right, through


def turned_geometry(geometry: Geometry, view: View) -> Geometry:
    """Return the same voxels with index axes (rows down, columns right, slices)."""
    order = index_axes(geometry, view)
    matrix = geometry.affine[:, [*order, 3]].copy()
    shape = tuple(geometry.shape[axis] for axis in order)
    for new, flipped in enumerate(_flips(geometry, order, view)):
        if flipped:
            matrix[:3, 3] += matrix[:3, new] * (shape[new] - 1)
            matrix[:3, new] *= -1
    return Geometry.from_affine(matrix, shape)


def turned(volume: Volume, view: View) -> Volume:
    """Return a view of the voxels with index axes (rows down, columns right, slices); nothing is copied."""
    order = index_axes(volume.geometry, view)
    flips = _flips(volume.geometry, order, view)
    array: NDArray[Any] = np.transpose(volume.array, order)[tuple(slice(None, None, -1 if f else 1) for f in flips)]
    return Volume(array=array, geometry=turned_geometry(volume.geometry, view))


def edge_letters(grid: Geometry) -> dict[str, str]:
    """Return the patient directions at the four edges of a turned grid: keys left, right, top, bottom."""
    right, down = np.array(grid.axes[COLUMNS]), np.array(grid.axes[ROWS])
    return {"left": _letters(-right), "right": _letters(right), "top": _letters(-down), "bottom": _letters(down)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """A rectangle of one slice of a turned grid.

    Attributes
    ----------
    grid : Geometry
        Turned geometry.
    slice_index : int
    rows, columns : tuple of int
        First index and one past the last.
    """

    grid: Geometry
    slice_index: int
    rows: tuple[int, int]
    columns: tuple[int, int]

    @property
    def width_mm(self) -> float:
        """Physical width between the outer faces of the pixels."""
        return (self.columns[1] - self.columns[0]) * self.grid.spacing_mm[COLUMNS]

    @property
    def height_mm(self) -> float:
        """Physical height between the outer faces of the pixels."""
        return (self.rows[1] - self.rows[0]) * self.grid.spacing_mm[ROWS]

    def positions_mm(self) -> FloatArray:
        """Return the LPS positions of the pixel centres, shape (rows, columns, 3)."""
        row, column = np.meshgrid(np.arange(*self.rows), np.arange(*self.columns), indexing="ij")
        return self.grid.to_world(np.stack([row, column, np.full_like(row, self.slice_index)], axis=-1))

    def picture_mm(self, index: FloatArray) -> FloatArray:
        """Return x to the right and y downwards in mm, shape (n, 2), of fractional (row, column) pixels of the crop."""
        spacing = np.array([self.grid.spacing_mm[COLUMNS], self.grid.spacing_mm[ROWS]])
        picture: FloatArray = (np.asarray(index, dtype=float)[:, ::-1] + 0.5) * spacing
        return picture

    def projected_mm(self, points_mm: FloatArray) -> FloatArray:
        """Return x to the right and y downwards in mm, shape (n, 2), of LPS positions dropped onto the slice."""
        index = self.grid.to_index(points_mm)[:, :SLICES]
        return self.picture_mm(index - np.array([self.rows[0], self.columns[0]]))

    def pixels(self, volume: Volume) -> NDArray[Any]:
        """Return the pixels, shape (rows, columns), of a volume on the turned grid."""
        cut: NDArray[Any] = volume.array[slice(*self.rows), slice(*self.columns), self.slice_index]
        return cut


def whole(grid: Geometry, slice_index: int) -> Crop:
    """Return the uncut slice."""
    return Crop(grid=grid, slice_index=slice_index, rows=(0, grid.shape[ROWS]), columns=(0, grid.shape[COLUMNS]))


def cropped(crop: Crop, points_mm: FloatArray, axes: Iterable[int], half_mm: float, margin_mm: float) -> Crop:
    """Narrow a crop to the middle of some points, along the given index axes (rows, columns or both).

    Half the width is ``half_mm``, more where the points with a margin need it. Without points nothing is cut.
    """
    if not len(points_mm):
        return crop
    index = crop.grid.to_index(points_mm)
    for axis in axes:
        low, high = float(index[:, axis].min()), float(index[:, axis].max())
        spacing = crop.grid.spacing_mm[axis]
        half = max(half_mm, (high - low) * spacing / 2 + margin_mm) / spacing
        first = max(round((low + high) / 2 - half), 0)
        last = min(round((low + high) / 2 + half) + 1, crop.grid.shape[axis])
        if last - first < 1:
            continue
        crop = replace(crop, rows=(first, last)) if axis == ROWS else replace(crop, columns=(first, last))
    return crop


def _along(geometry: Geometry, axis: int, direction: Vector) -> float:
    return float(np.dot(geometry.axes[axis], direction))


def _flips(geometry: Geometry, order: tuple[int, int, int], view: View) -> list[bool]:
    wanted = (view.down, view.right, view.through)
    return [_along(geometry, axis, direction) < 0 for axis, direction in zip(order, wanted, strict=True)]


def _letters(direction: FloatArray) -> str:
    """Name a direction by its largest component, and by a second one where it is clearly tilted."""
    strongest = np.argsort(-np.abs(direction), kind="stable")[:2]
    named = [axis for k, axis in enumerate(strongest) if k == 0 or abs(direction[axis]) > OBLIQUE_COMPONENT]
    return "".join(_LETTERS[axis][0 if direction[axis] > 0 else 1] for axis in named)
