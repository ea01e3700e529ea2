"""Thumbnails: a slice as a small picture, with outlines, lesion numbers, disc names and a scale laid over it in mm.

The picture keeps the pixels of the slice; outlines and letters are vector marks in mm over it, so that the physical
aspect ratio holds whatever the pixel shape, and the marks can be switched off to see the bare image.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray
from mri.problems import RefusedError
from mri.study import Series
from mri.volume import Volume
from pipeline.case_grid import (
    AXIAL,
    COLUMNS,
    ROWS,
    SLICES,
    VIEWS_OF_PLANE,
    Crop,
    View,
    cropped,
    turned,
    turned_geometry,
    whole,
)
from pipeline.case_marks import Mark, disc_marks, letter_marks, path_data, rings_mm, scale_mm
from pipeline.case_pictures import picture_address, window_limits
from pipeline.case_slices import SHOWN_REGIONS, Drawn, chosen_slices, frame_of, points_near, sampled
from segmentation.levels import DiscPoints
from segmentation.regions import LESION_REGIONS, Region

SESSION_BYTES = 330_000
"""All pictures of one session together; with marks and text a page stays under 400 kB."""
SAGITTAL_HALF_MM, SAGITTAL_MARGIN_MM = 60.0, 25.0
"""Half the width kept around the cord, the spine with the tissue before it; least margin beside a curved cord."""
AXIAL_HALF_MM, AXIAL_MARGIN_MM = 30.0, 10.0
"""Half the width kept around the cord, the vertebra with the muscles beside it; the least margin."""
WINDOW_REACH_MM = 20.0
"""Pixels this near to the cord set the window: canal and vertebrae, not the bright fat under the skin near the coil."""
NOMINAL_PIXELS = 230.0
"""Width of a thumbnail on the page, from which sizes of letters in mm follow."""
EDGE_PIXELS = 4.0
"""Nominal pixels: gap before a lesion's number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The outline of one structure or lesion on one slice.

    Attributes
    ----------
    region : Region
    label : int
        Lesion number; 1 for the cord.
    path : str
        SVG path data in mm of the picture.
    rightmost : tuple of float
        The point furthest to the right, (x, y) in mm of the picture.
    carried : bool
        Whether it was drawn on another series.
    """

    region: Region
    label: int
    path: str
    rightmost: tuple[float, float]
    carried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One thumbnail, ready for the template. Lengths are mm of the picture, ``unit_mm`` is one nominal pixel."""

    series: Series
    view: View
    slice_number: int
    slice_count: int
    width: float
    height: float
    unit_mm: float
    picture: str
    outlines: tuple[Outline, ...]
    numbers: tuple[Mark, ...]
    discs: tuple[Mark, ...]
    letters: tuple[Mark, ...]
    scale_mm: float
    lesions: tuple[int, ...]
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A series whose image could not be shown, and why."""

    series: Series
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shown:
    """What is laid over the images of one session."""

    drawn: Drawn
    discs: DiscPoints | None = None
    disc_frames: frozenset[str] = field(default_factory=frozenset)

    def points_of_discs(self, series: Series) -> list[tuple[str, FloatArray]]:
        """Return the names and LPS positions of the discs that hold for the frame of reference of a series."""
        if self.discs is None or frame_of(series) not in self.disc_frames:
            return []
        return [(name, np.array(point)) for _, name, point in self.discs.ordered()]


def panels(
    series: Sequence[Series], read: Callable[[Series], Volume], shown: Shown
) -> tuple[tuple[Panel, ...], tuple[Unread, ...]]:
    """Return the thumbnails of the series, and the series whose image cannot be read.

    Parameters
    ----------
    series : sequence of Series
    read : callable
        Gives the image of a series; a `RefusedError` becomes an `Unread`, the other series go on.
    shown : Shown
    """
    cuts = {one.name: _cuts(one, shown) for one in series}
    share = SESSION_BYTES // max(sum(map(len, cuts.values())), 1)
    made: list[Panel] = []
    unread: list[Unread] = []
    for one in series:
        volume, reason = _read(one, read)
        if volume is None:
            unread.append(Unread(series=one, reason=reason))
            continue
        made.extend(_panel(one, view, turned(volume, view), chosen, shown, share) for view, chosen in cuts[one.name])
    return tuple(made), tuple(unread)


def _read(series: Series, read: Callable[[Series], Volume]) -> tuple[Volume | None, str]:
    """Return the image of a series, or why there is none."""
    try:
        volume = read(series)
    except RefusedError as refused:
        return None, "; ".join(problem.message for problem in refused.problems)
    if not volume.geometry.same_grid(series.geometry):
        return None, "it is not on the grid that the study lists for it; ingest it again"
    return volume, ""


def _cuts(series: Series, shown: Shown) -> list[tuple[View, int]]:
    return [
        (view, chosen)
        for view in VIEWS_OF_PLANE[series.plane]
        for chosen in chosen_slices(shown.drawn, series, turned_geometry(series.geometry, view))
    ]


def _panel(series: Series, view: View, hung: Volume, chosen: int, shown: Shown, share: int) -> Panel:
    crop = _crop(series, view, whole(hung.geometry, chosen), shown)
    unit_mm = crop.width_mm / NOMINAL_PIXELS
    outlines = tuple(_outlines(series, crop, shown.drawn))
    numbers = _number_marks(outlines, unit_mm)
    pixels = crop.pixels(hung)
    discs = () if view is AXIAL else disc_marks(crop, shown.points_of_discs(series), unit_mm)
    return Panel(
        series=series,
        view=view,
        slice_number=chosen + 1,
        slice_count=hung.geometry.shape[SLICES],
        width=crop.width_mm,
        height=crop.height_mm,
        unit_mm=unit_mm,
        picture=picture_address(pixels, share, window_limits(pixels[_surroundings(series, crop, shown.drawn)])),
        outlines=outlines,
        numbers=tuple(numbers.values()),
        discs=discs,
        letters=letter_marks(crop, unit_mm, discs),
        scale_mm=scale_mm(crop),
        lesions=tuple(sorted(numbers)),
        level=_level_of(crop, shown.points_of_discs(series)) if view is AXIAL else "",
    )


def _surroundings(series: Series, crop: Crop, drawn: Drawn) -> NDArray[np.bool_]:
    """Return which pixels set the window: those near to what was drawn, all where nothing was."""
    from scipy.ndimage import maximum_filter

    masks = [mask for region in SHOWN_REGIONS for mask in drawn.shown_on(series, region)]
    points = points_near(crop, drawn.points_mm(masks))
    index = np.rint(crop.grid.to_index(points)[:, :SLICES]).astype(int) - (crop.rows[0], crop.columns[0])
    near = np.zeros((crop.rows[1] - crop.rows[0], crop.columns[1] - crop.columns[0]), dtype=bool)
    index = index[np.all((index >= 0) & (index < near.shape), axis=1)]
    if not len(index):
        return ~near
    near[tuple(index.T)] = True
    size = [2 * round(WINDOW_REACH_MM / crop.grid.spacing_mm[axis]) + 1 for axis in (ROWS, COLUMNS)]
    return np.asarray(maximum_filter(near, size=size), dtype=bool)


def _crop(series: Series, view: View, crop: Crop, shown: Shown) -> Crop:
    """Keep the surroundings of what was drawn: all of the length of the spine, a part of the width."""
    drawn = shown.drawn
    points = drawn.points_mm(m for region in SHOWN_REGIONS for m in drawn.shown_on(series, region))
    if view is AXIAL:
        half_mm = min(AXIAL_HALF_MM, crop.width_mm / 2, crop.height_mm / 2)
        return cropped(crop, points_near(crop, points), (ROWS, COLUMNS), half_mm, AXIAL_MARGIN_MM)
    if not len(points):
        points = np.array([p for _, p in shown.points_of_discs(series)]).reshape(-1, 3)
    inside = points[crop.grid.contains(points)] if len(points) else points
    return cropped(crop, inside, (COLUMNS,), SAGITTAL_HALF_MM, SAGITTAL_MARGIN_MM)


def _outlines(series: Series, crop: Crop, drawn: Drawn) -> Iterator[Outline]:
    positions = crop.positions_mm()
    for region in SHOWN_REGIONS:
        masks = drawn.shown_on(series, region)
        if not masks:
            continue
        labels = sampled(masks, positions)
        for label in np.unique(labels[labels > 0]):
            rings = rings_mm(crop, labels == label)
            x, y = max((point for ring in rings for point in ring), key=lambda point: float(point[0]))
            yield Outline(
                region=region,
                label=int(label),
                path=path_data(rings),
                rightmost=(float(x), float(y)),
                carried=masks[0].series != series,
            )


def _number_marks(outlines: Iterable[Outline], unit_mm: float) -> dict[int, Mark]:
    """Return lesion → its number, beside what it is best known by: enhancement comes last and overrides."""
    marks = {}
    for outline in outlines:
        if outline.region in LESION_REGIONS:
            x, y = outline.rightmost
            x += EDGE_PIXELS * unit_mm
            marks[outline.label] = Mark(text=str(outline.label), x=x, y=y, colour=outline.region.colour)
    return marks


def _level_of(crop: Crop, discs: Sequence[tuple[str, FloatArray]]) -> str:
    """Return the vertebra between whose discs a slice passes; empty outside of the marked ones."""
    for (upper, above), (lower, below) in pairwise(discs):
        first, second = (crop.grid.to_index(point)[SLICES] - crop.slice_index for point in (above, below))
        shared = set(upper.split("-")[1:]) & set(lower.split("-")[:1])
        if first <= 0 < second and shared:
            return shared.pop()
    return ""
