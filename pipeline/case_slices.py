"""Which slices to show, and which masks are shown on them.

A mask is shown on every series of its frame of reference, never across frames. For display only, it is looked up at
the nearest voxel; what is measured is measured on the mask's own grid.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry
from mri.study import Plane, Series
from pipeline.case_grid import SLICES, Crop
from segmentation.annotation import Mask
from segmentation.regions import Region

MOST_SLICES = 4
"""Slices shown of one series at most, so that a page stays readable with many lesions."""
SHOWN_SHARE = 0.5
"""A lesion is shown by a slice with at least this part of its largest section; else it gets a slice of its own."""
CORD_WEIGHT = 0.25
"""Weight of the cord's section beside each lesion's: it decides only where the lesions leave the choice open."""
SHOWN_REGIONS = (Region.CORD, Region.T2HYPER, Region.CYST, Region.HEMORRHAGE, Region.ENHANCING)
"""Structures with an outline, in drawing order; the canal is left out because its line would hide the cord's."""
SAME_PLANE_MM = 0.01
"""A voxel that ends this near to the middle of a slice is cut by it: the rounding of a header."""
_PLANE_ORDER = (Plane.ISOTROPIC, Plane.SAGITTAL, Plane.AXIAL, Plane.CORONAL)


def frame_of(series: Series) -> str:
    """Return the frame of reference; series that state none are taken to share one, and the page says so."""
    return series.frame_of_reference


@dataclass(frozen=True, eq=False)
class Drawn:
    """The masks of one session, by frame of reference, with what is looked up again and again.

    Attributes
    ----------
    masks : tuple of Mask
        Masks of structures that are shown and are not empty.
    """

    masks: tuple[Mask, ...]

    @classmethod
    def of(cls, masks: Iterable[Mask]) -> "Drawn":
        """Keep the masks that have an outline to show."""
        return cls(tuple(m for m in masks if m.region in SHOWN_REGIONS and m.labels.array.any()))

    @cached_property
    def frames(self) -> frozenset[str]:
        """The frames of reference in which something was drawn."""
        return frozenset(frame_of(mask.series) for mask in self.masks)

    @cached_property
    def _points(self) -> Mapping[int, Mapping[int, FloatArray]]:
        return {id(mask): _label_points(mask) for mask in self.masks}

    def shown_on(self, series: Series, region: Region) -> tuple[Mask, ...]:
        """Return the masks of a structure to show on a series.

        Its own if there is one, else those of its frame of the plane that is most like its own, so that two
        drawings of one structure do not lie over each other while stations of one plane do complete each other.
        """
        here = [m for m in self.masks if m.region is region and frame_of(m.series) == frame_of(series)]
        own = tuple(m for m in here if m.series == series)
        if own or not here:
            return own
        order = (series.plane, *_PLANE_ORDER)
        best = min((m.series.plane for m in here), key=order.index)
        return tuple(m for m in here if m.series.plane is best)

    def points_mm(self, masks: Iterable[Mask], label: int | None = None) -> FloatArray:
        """Return the LPS positions, shape (n, 3), of the voxels of some masks, of one label or of all."""
        found = [
            points
            for mask in masks
            for value, points in self._points[id(mask)].items()
            if label is None or value == label
        ]
        return np.concatenate(found) if found else np.empty((0, 3))

    def lesions(self, series: Series) -> dict[int, tuple[Mask, ...]]:
        """Return lesion number → the masks it is best known by on a series: enhancement, else T2."""
        found: dict[int, tuple[Mask, ...]] = {}
        for region in (Region.ENHANCING, Region.T2HYPER):
            masks = self.shown_on(series, region)
            for label in sorted({value for mask in masks for value in self._points[id(mask)]}):
                found.setdefault(label, masks)
        return found


def chosen_slices(drawn: Drawn, series: Series, grid: Geometry) -> tuple[int, ...]:
    """Return the slices of a turned grid to show, first the one that shows most, at most `MOST_SLICES`.

    Every lesion is on one of them near its largest section, as far as the series covers it. Without lesions it is
    the slice with the largest section of the cord, without a cord the middle one.
    """
    sections = [_sections(drawn, masks, grid, label) for label, masks in drawn.lesions(series).items()]
    lesions = [section / section.max() for section in sections if section.max() > 0]
    cord = _sections(drawn, drawn.shown_on(series, Region.CORD), grid)
    if not lesions and not cord.any():
        return (grid.shape[SLICES] // 2,)
    score = sum(lesions, np.zeros(grid.shape[SLICES])) + CORD_WEIGHT * cord / max(cord.max(), 1)
    chosen = [int(np.argmax(score))]
    for section in lesions:
        if len(chosen) < MOST_SLICES and section[chosen].max() < SHOWN_SHARE:
            chosen.append(int(np.argmax(section)))
    return tuple(chosen)


def sampled(masks: Sequence[Mask], positions_mm: FloatArray) -> NDArray[np.intp]:
    """Return the labels, shape (rows, columns), of the nearest voxel of some masks at LPS positions; 0 outside."""
    flat = positions_mm.reshape(-1, 3)
    labels = np.zeros(len(flat), dtype=np.intp)
    for mask in masks:
        index = np.rint(mask.labels.geometry.to_index(flat)).astype(np.intp)
        inside = np.all((index >= 0) & (index < np.array(mask.labels.geometry.shape)), axis=1)
        labels[inside] = np.maximum(labels[inside], mask.labels.array[tuple(index[inside].T)])
    return labels.reshape(positions_mm.shape[:-1])


def points_near(crop: Crop, points_mm: FloatArray) -> FloatArray:
    """Return the points, shape (n, 3), that lie in the slice of a crop."""
    if not len(points_mm):
        return points_mm
    return points_mm[np.abs(crop.grid.to_index(points_mm)[:, SLICES] - crop.slice_index) <= 0.5]


def _sections(drawn: Drawn, masks: Iterable[Mask], grid: Geometry, label: int | None = None) -> FloatArray:
    """Return how much of some masks, in mm³, each slice of a grid cuts through its middle, shape (slices,)."""
    total = np.zeros(grid.shape[SLICES])
    for mask in masks:
        points = drawn.points_mm([mask], label)
        points = points[grid.contains(points)] if len(points) else points
        if not len(points):
            continue
        depth = grid.to_index(points)[:, SLICES]
        nearest = np.clip(np.rint(depth).astype(int), 0, grid.shape[SLICES] - 1)
        reach_mm = float(mask.labels.geometry.half_width_mm(grid.axes[SLICES])) + SAME_PLANE_MM
        cut = np.abs(depth - nearest) * grid.spacing_mm[SLICES] <= reach_mm
        total += np.bincount(nearest[cut], minlength=len(total)) * mask.labels.geometry.voxel_volume_mm3
    return total


def _label_points(mask: Mask) -> dict[int, FloatArray]:
    index = mask.labels.indices()
    values = mask.labels.array[tuple(index.T)]
    points = mask.labels.geometry.to_world(index)
    return {int(value): points[values == value] for value in np.unique(values)}
