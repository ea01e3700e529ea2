"""Pictures of one lesion: along and across the cord, with its outline and its sizes where they were measured.

Along the cord an acquired slice is shown. Across it the picture is cut from the series at right angles to the cord,
in the very slab that the diameter was measured in, so that the diameter lies in the picture.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.case import Case
from features.diameters import Caliper, MeasuredPlaces, Places, Slab, measured_places
from features.frame import Frame
from features.parameters import FeatureParameters
from features.parts import Part
from features.views import shows_section
from mri.geometry import FloatArray, Geometry
from mri.problems import RefusedError
from mri.resample import sample
from mri.study import Series
from mri.volume import LabelMap, Volume
from pipeline.case_grid import COLUMNS, ROWS, SAGITTAL, SLICES, Crop, cropped, turned, whole
from pipeline.case_levels import place_words
from pipeline.case_marks import Mark, disc_marks, letter_marks, path_data, rings_mm, scale_mm
from pipeline.case_pictures import picture_address, window_limits
from pipeline.case_slices import Drawn, sampled
from pipeline.case_words import is_missing, measure_words, number, reason_words, series_label
from pipeline.lesion_levels import LesionStrip, lesion_strip
from pipeline.lesion_planes import fullest_slice, inside, plane_of_slab, shadow, tilt_deg
from pipeline.lesion_rulers import ASIDE_PIXELS, NAMES, Ruler, diameter, height, is_current, length
from segmentation.annotation import Mask
from segmentation.levels import STANDARD
from segmentation.regions import Region

PICTURE_BYTES = 14_000
"""One picture at most; with four pictures a lesion adds about 60 kB to a page."""
ALONG_PIXELS, ACROSS_PIXELS = 400.0, 205.0
"""Nominal height of a picture along the cord, and width of one across it."""
ALONG_HALF_MM, ALONG_MARGIN_MM = 40.0, 22.0
"""Least half height of a picture along the cord, and what is kept above and below what was measured."""
ASIDE_HALF_MM, ASIDE_MARGIN_MM = 30.0, 22.0
"""The same before and behind the cord: the vertebra, and room for the numbers."""
LEAST_ASPECT = 0.6
"""Least width by height of a picture along the cord: a number of 100 pixels then fits behind it."""
WINDOW_REACH_MM = 20.0
"""Pixels this near to the cord set the window."""
CHANGED = "the drawings or the program have changed since this was measured; measure again"
NOT_SHOWN = "its image cannot be shown"


_Shape = tuple[Region, NDArray[np.bool_], bool]
"""A structure, where it is on a picture, and whether it was drawn on another series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contour:
    """An outline on a picture: SVG path data in mm; dashed where it was drawn on another series."""

    region: Region
    path: str
    carried: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionPicture:
    """One picture, ready for the template. Lengths are mm of the picture, ``unit_mm`` is one nominal pixel."""

    title: str
    caption: str
    width: float
    height: float
    unit_mm: float
    picture: str
    contours: tuple[Contour, ...]
    rulers: tuple[Ruler, ...]
    discs: tuple[Mark, ...]
    letters: tuple[Mark, ...]
    scale_mm: float
    notes: tuple[str, ...] = ()

    @property
    def pixels_wide(self) -> float:
        """Nominal width on the page."""
        return self.width / self.unit_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionPictures:
    """The pictures of one lesion with its levels, and what is not drawn on them, with the reason."""

    lesion: str
    along: tuple[LesionPicture, ...]
    across: tuple[LesionPicture, ...]
    strip: LesionStrip | None
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scene:
    """What the pictures of a case share."""

    case: Case
    frame: Frame
    read: Callable[[Series], Volume]
    cord: Drawn
    parameters: FeatureParameters

    def image(self, series: Series) -> Volume | None:
        """Return the image of a series in the frame of the case; None where it cannot be read or shown."""
        try:
            volume = self.read(series)
        except RefusedError:
            return None
        if not volume.geometry.same_grid(series.geometry):
            return None
        return Volume(array=volume.array, geometry=self.case.geometry(series))

    def window(self, pixels: FloatArray, positions: FloatArray) -> tuple[float, float]:
        """Return the values of black and white: of what lies near to the cord."""
        near = np.isfinite(pixels)
        if self.frame.has_cord:
            reach = self.frame.axis.project(positions.reshape(-1, 3)).distance_mm.reshape(pixels.shape)
            near &= reach <= WINDOW_REACH_MM
        return window_limits(pixels[near] if near.any() else pixels)

    def cord_at(self, series: Series, positions: FloatArray) -> _Shape:
        """Return which of some LPS positions lie in the cord, as it is best drawn for a series."""
        placed = _in_frame_of(self.case, series)
        masks = self.cord.shown_on(placed, Region.CORD)
        carried = any(mask.series != placed for mask in masks)
        return Region.CORD, sampled(masks, positions) > 0, carried


def lesion_pictures(
    case: Case,
    read: Callable[[Series], Volume],
    rows: Iterable[Mapping[str, object]],
    parameters: FeatureParameters | None = None,
) -> tuple[LesionPictures, ...]:
    """Return the pictures of each lesion of a case.

    Parameters
    ----------
    case : Case
        What was measured.
    read : callable
        Gives the image of a series; where it raises `RefusedError` there is no picture of that series.
    rows : iterable of mapping
        Rows of lesions.csv. A number of the table that the drawings do not give any more is not drawn.
    parameters : FeatureParameters, optional
        Those of the measurement.
    """
    options = parameters or FeatureParameters()
    numbered = [row for row in rows if not is_missing(row.get("lesion_id"))]
    if not numbered:
        return ()
    places = measured_places(case, options)
    moved = [_moved(mask, case) for mask in case.of_region(Region.CORD) if case.is_placed(mask.series)]
    scene = _Scene(case=case, frame=places.frame, read=read, cord=Drawn.of(moved), parameters=options)
    return tuple(_of_lesion(row, places, scene) for row in numbered)


def _moved(mask: Mask, case: Case) -> Mask:
    """Return a mask with its series in the frame of the case."""
    grid = case.mask_geometry(mask)
    series = replace(mask.series, geometry=case.geometry(mask.series))
    return replace(mask, series=series, labels=LabelMap(array=mask.labels.array, geometry=grid))


def _in_frame_of(case: Case, series: Series) -> Series:
    """Return a series as one of the frame of the case, where its grid is moved to."""
    return replace(series, frame_of_reference=case.frame_of_reference)


def _of_lesion(row: Mapping[str, object], places: Places, scene: _Scene) -> LesionPictures:
    place = places.lesions.get(int(str(row["lesion_id"])), MeasuredPlaces())
    along, across = tuple(_along(place, row, scene)), tuple(_across(place, row, scene))
    scheme = STANDARD if scene.case.discs is None else scene.case.discs.scheme
    drawn = {ruler.column for picture in (*along, *across) for ruler in picture.rulers}
    return LesionPictures(
        lesion=str(row["lesion_id"]),
        along=along,
        across=across,
        strip=lesion_strip(row, scheme),
        refused=tuple((_capital(measure_words(c)), _refusal(row, c, place)) for c in NAMES if c not in drawn),
    )


def _refusal(row: Mapping[str, object], column: str, place: MeasuredPlaces) -> str:
    """Return why a measure is not on any picture."""
    if is_missing(row.get(column)):
        code = row.get(f"{column}_missing_reason")
        return "not measured" if is_missing(code) else reason_words(code)
    return NOT_SHOWN if any(is_current(row, *one) for one in place.lengths_mm() if one[0] == column) else CHANGED


def _along(place: MeasuredPlaces, row: Mapping[str, object], scene: _Scene) -> Iterator[LesionPicture]:
    """Yield the sagittal pictures: of the enhancing lesion, and of its T2 hyperintensity, over one stretch."""
    stretch = [course.line_mm for course in (place.enhancing_course, place.t2_course) if course is not None]
    if place.superior_inferior is not None:
        stretch.append(place.superior_inferior.ends_mm)
    for region, parts, others in (
        (Region.ENHANCING, place.enhancing, ()),
        (Region.T2HYPER, place.t2, place.enhancing),
    ):
        if not parts:
            continue
        part = max(parts, key=lambda p: p.volume_mm3)
        volume = scene.image(part.series)
        if volume is not None:
            points = np.concatenate([*stretch, part.points_mm])
            own = [p for p in parts if p.series == part.series]
            yield _sagittal(region, own, others, volume, points, place, row, scene)


def _sagittal(
    region: Region,
    parts: Sequence[Part],
    others: Sequence[Part],
    volume: Volume,
    stretch_mm: FloatArray,
    place: MeasuredPlaces,
    row: Mapping[str, object],
    scene: _Scene,
) -> LesionPicture:
    """Return the acquired sagittal slice that shows most of some voxels."""
    series = parts[0].series
    hung = turned(volume, SAGITTAL)
    chosen = fullest_slice(hung.geometry, parts)
    cut = cropped(whole(hung.geometry, chosen), stretch_mm, (ROWS,), ALONG_HALF_MM, ALONG_MARGIN_MM)
    half_mm = max(ASIDE_HALF_MM, LEAST_ASPECT * cut.height_mm / 2)
    cut = cropped(cut, stretch_mm, (COLUMNS,), half_mm, ASIDE_MARGIN_MM)
    unit_mm = cut.height_mm / ALONG_PIXELS
    positions = cut.positions_mm()
    shapes = (
        scene.cord_at(series, positions),
        (Region.ENHANCING, inside(others, positions), True),
        (region, inside(parts, positions), False),
    )
    contours, right_mm = _contours(cut, shapes)
    rulers = tuple(_rulers_along(region, cut, place, row, unit_mm, right_mm, scene))
    discs = disc_marks(cut, _discs(scene, series), unit_mm)
    pixels = np.asarray(cut.pixels(hung), dtype=float)
    slices = hung.geometry.shape[SLICES]
    return LesionPicture(
        title=series_label(series),
        caption=f"slice {chosen + 1} of {slices} from {SAGITTAL.first}",
        width=cut.width_mm,
        height=cut.height_mm,
        unit_mm=unit_mm,
        picture=picture_address(pixels, PICTURE_BYTES, scene.window(pixels, positions)),
        contours=contours,
        rulers=rulers,
        discs=discs,
        letters=letter_marks(cut, unit_mm, discs),
        scale_mm=scale_mm(cut),
        notes=tuple(ruler.note for ruler in rulers if ruler.note),
    )


def _rulers_along(
    region: Region,
    cut: Crop,
    place: MeasuredPlaces,
    row: Mapping[str, object],
    unit_mm: float,
    right_mm: float,
    scene: _Scene,
) -> Iterator[Ruler]:
    course = place.enhancing_course if region is Region.ENHANCING else place.t2_course
    if course is not None and is_current(row, course.column, course.length_mm):
        yield length(cut, course, row, unit_mm, region.colour)
    if region is not Region.ENHANCING:
        return
    whole_height = place.superior_inferior
    if whole_height is not None and is_current(row, whole_height.column, whole_height.length_mm):
        yield height(cut, whole_height, row, unit_mm, right_mm + ASIDE_PIXELS * unit_mm)
    for slab in place.slabs:
        # without an axial series AP was measured on this one
        if not shows_section(slab.part.series, scene.parameters):
            yield from (diameter(cut, c, row, unit_mm) for c in _current(slab, row))


def _across(place: MeasuredPlaces, row: Mapping[str, object], scene: _Scene) -> Iterator[LesionPicture]:
    for slab in place.slabs:
        if not shows_section(slab.part.series, scene.parameters) or not list(_current(slab, row)):
            continue
        volume = scene.image(slab.part.series)
        if volume is not None:
            yield _section(slab, volume, row, scene)


def _current(slab: Slab, row: Mapping[str, object]) -> list[Caliper]:
    return [caliper for caliper in slab.calipers if is_current(row, caliper.column, caliper.length_mm)]


def _section(slab: Slab, volume: Volume, row: Mapping[str, object], scene: _Scene) -> LesionPicture:
    """Return the picture across the cord in the middle of a slab, with the outline of all its voxels."""
    series = slab.part.series
    cut = plane_of_slab(slab)
    unit_mm = cut.width_mm / ACROSS_PIXELS
    positions = cut.positions_mm()
    pixels = sample(volume, positions.reshape(-1, 3)).reshape(positions.shape[:-1])
    shapes = (
        scene.cord_at(series, positions),
        (Region.ENHANCING, shadow(slab, positions), False),
    )
    contours, _ = _contours(cut, shapes)
    rulers = tuple(diameter(cut, caliper, row, unit_mm) for caliper in _current(slab, row))
    return LesionPicture(
        title=series_label(series),
        caption=_where(slab, volume.geometry, scene),
        width=cut.width_mm,
        height=cut.height_mm,
        unit_mm=unit_mm,
        picture=picture_address(pixels, PICTURE_BYTES, scene.window(pixels, positions)),
        contours=contours,
        rulers=rulers,
        discs=(),
        letters=letter_marks(cut, unit_mm, ()),
        scale_mm=scale_mm(cut),
    )


def _where(slab: Slab, grid: Geometry, scene: _Scene) -> str:
    """Say where a slab is, how thick, and how it lies to the slices."""
    tilt = round(tilt_deg(slab, grid))
    lies = f"{tilt}° to the slices" if tilt else "along the slices"
    v = scene.frame.v_at(slab.s_mm)
    levels = scene.frame.levels
    place = "" if v is None or levels is None else f" at {place_words(v, levels.scheme)}"
    return f"cut across the cord{place}, {lies}; slab of {number(slab.thickness_mm)} mm"


def _contours(cut: Crop, shapes: Iterable[_Shape]) -> tuple[tuple[Contour, ...], float]:
    """Return the outlines of shapes on a picture, and how far to the right the last one reaches."""
    made, right_mm = [], cut.width_mm / 2
    for region, shape, carried in shapes:
        rings = rings_mm(cut, shape)
        if rings:
            made.append(Contour(region=region, path=path_data(rings), carried=carried))
            right_mm = max(float(ring[:, 0].max()) for ring in rings)
    return tuple(made), right_mm


def _discs(scene: _Scene, series: Series) -> list[tuple[str, FloatArray]]:
    """Return the names and LPS positions of the discs that hold for a series."""
    if scene.case.discs is None or not scene.case.is_placed(series):
        return []
    return [(name, np.array(point)) for _, name, point in scene.case.discs.ordered()]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
