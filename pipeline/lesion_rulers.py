"""Rulers over a picture: the ends of a measured distance, dropped onto the slice, with its number beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from features.diameters import Caliper, Course
from mri.geometry import FloatArray
from pipeline.case_grid import Crop
from pipeline.case_marks import Mark
from pipeline.case_words import is_missing, is_true, number

SAME_MM, SAME_SHARE = 1e-3, 1e-4
"""A number of the table that differs by more was measured on other drawings than the ones at hand; the share allows
for the polyline that stands for a curve."""
SHORT_SHARE = 0.995
"""A distance that shows shorter than this part of itself is said to be: the slice is oblique to it."""
TICK_PIXELS, GAP_PIXELS, ASIDE_PIXELS = 9.0, 4.0, 12.0
"""Nominal pixels: half an end mark across the cord, gap before a number, distance of a ruler beside the lesion."""
SCALE_PIXELS = 30.0
"""Nominal pixels: height of the bar of mm and its number at the lower edge, which no number of a length may cover."""
LETTER_PIXELS = 6.3
"""Nominal pixels: mean width of a letter of these words, so that a word is kept inside the picture."""
WHITE = "#ffffff"
NAMES = {
    "enh_ap_mm": "AP",
    "enh_tr_mm": "TR",
    "enh_si_mm": "SI",
    "enh_length_mm": "length",
    "t2_length_mm": "T2 length",
}
"""How the numbers are called on a picture, where there is little room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruler:
    """A measured distance on a picture; lengths are mm of the picture.

    Attributes
    ----------
    column : str
        The column of lesions.csv.
    ends : tuple
        (x, y) of both ends of the measured distance, as dropped onto the slice.
    line, marks : str
        SVG path data of the distance, and of its ends or jaws.
    word : Mark
    colour : str
        Of the line; words are white, to be read on any grey.
    anchor : str
        Which end of the word stands at its place.
    shown_share : float
        Length on the picture by true length; below 1 where the slice is oblique to it.
    """

    column: str
    ends: tuple[tuple[float, float], tuple[float, float]]
    line: str
    marks: str
    word: Mark
    colour: str = WHITE
    anchor: str = "start"
    shown_share: float = 1.0

    @property
    def note(self) -> str:
        """What is to be said of a ruler that looks shorter than it is; empty where it does not."""
        if self.shown_share >= SHORT_SHARE:
            return ""
        short = round(100 * (1 - self.shown_share))
        name = NAMES[self.column][:1].upper() + NAMES[self.column][1:]
        return f"{name} shows about {max(short, 1)} % short: this slice is oblique to it"


def is_current(row: Mapping[str, object], column: str, length_mm: float) -> bool:
    """Return whether the table holds the number that the drawings at hand give."""
    value = row.get(column)
    return not is_missing(value) and abs(float(str(value)) - length_mm) <= max(SAME_MM, SAME_SHARE * length_mm)


def words(row: Mapping[str, object], column: str) -> str:
    """Return the name and the number of a measure, with ≥ where the lesion is cut by the border of its images."""
    bound = "≥ " if is_true(row.get(f"{column.partition('_')[0]}_truncated")) else ""
    return f"{NAMES[column]} {bound}{number(row.get(column))} mm"


def diameter(crop: Crop, caliper: Caliper, row: Mapping[str, object], unit_mm: float) -> Ruler:
    """Return a caliper on the picture: the distance, and jaws to where it touches the lesion."""
    ends, touched = crop.projected_mm(caliper.ends_mm), crop.projected_mm(caliper.touched_mm)
    along = _unit(ends[1] - ends[0])
    across = np.array([-along[1], along[0]])
    marks = "".join(_jaw(end, at, across, TICK_PIXELS * unit_mm / 2) for end, at in zip(ends, touched, strict=True))
    word, anchor = _beside(ends, words(row, caliper.column), unit_mm)
    word = _kept_inside(word, crop.width_mm, unit_mm) if anchor == "start" else word
    return Ruler(
        column=caliper.column,
        ends=_pairs(ends),
        line=_open_path(ends),
        marks=marks,
        word=word,
        anchor=anchor,
        shown_share=float(np.linalg.norm(ends[1] - ends[0])) / caliper.length_mm,
    )


def height(crop: Crop, caliper: Caliper, row: Mapping[str, object], unit_mm: float, right_mm: float) -> Ruler:
    """Return a caliper moved sideways to ``right_mm``, beside the lesion, with lines from where it touches."""
    true, touched = crop.projected_mm(caliper.ends_mm), crop.projected_mm(caliper.touched_mm)
    ends = true + np.array([right_mm - true[:, 0].mean(), 0.0])
    tick = np.array([TICK_PIXELS * unit_mm / 3, 0.0])
    marks = "".join(_open_path([at, end + tick]) for at, end in zip(touched, ends, strict=True))
    middle = ends.mean(axis=0)
    word = Mark(text=words(row, caliper.column), x=float(middle[0]) + GAP_PIXELS * unit_mm, y=float(middle[1]))
    return Ruler(
        column=caliper.column,
        ends=_pairs(ends),
        line=_open_path(ends),
        marks=marks,
        word=_kept_inside(word, crop.width_mm, unit_mm),
        shown_share=float(np.linalg.norm(ends[1] - ends[0])) / caliper.length_mm,
    )


def length(crop: Crop, course: Course, row: Mapping[str, object], unit_mm: float, colour: str) -> Ruler:
    """Return a stretch of the cord's axis on the picture, with marks across the cord at its ends."""
    line = crop.projected_mm(course.line_mm)
    tips = crop.projected_mm(course.line_mm[[0, -1]] + course.across) - line[[0, -1]]
    reach = TICK_PIXELS * unit_mm
    ticks = [(end - reach * _unit(tip), end + reach * _unit(tip)) for end, tip in zip(line[[0, -1]], tips, strict=True)]
    shown = float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())
    x, y = max(ticks[1], key=lambda point: float(point[0]))
    wanted = Mark(text=words(row, course.column), x=float(x) + GAP_PIXELS * unit_mm, y=float(y) + GAP_PIXELS * unit_mm)
    word = _kept_inside(wanted, crop.width_mm, unit_mm)
    if word.x < wanted.x:
        # moved over the cord: below the end mark it hides nothing of the lesion
        word = replace(word, y=word.y + ASIDE_PIXELS * unit_mm)
    word = replace(word, y=min(word.y, crop.height_mm - SCALE_PIXELS * unit_mm))
    return Ruler(
        column=course.column,
        ends=_pairs(line[[0, -1]]),
        line=_open_path(line),
        marks="".join(_open_path(tick) for tick in ticks),
        word=word,
        colour=colour,
        shown_share=shown / course.length_mm,
    )


def _jaw(end: FloatArray, touched: FloatArray, across: FloatArray, reach_mm: float) -> str:
    """Return a jaw: an end mark, drawn out to the place that it touches."""
    offset = float((touched - end) @ across)
    low, high = min(offset, 0.0) - reach_mm, max(offset, 0.0) + reach_mm
    return _open_path([end + low * across, end + high * across])


def _beside(ends: FloatArray, text: str, unit_mm: float) -> tuple[Mark, str]:
    """Place a word above an upright line, or to the right of a level one."""
    is_upright = abs(ends[1, 1] - ends[0, 1]) > abs(ends[1, 0] - ends[0, 0])
    if is_upright:
        x, y = min(ends, key=lambda point: float(point[1]))
        return Mark(text=text, x=float(x), y=float(y) - ASIDE_PIXELS * unit_mm), "middle"
    x, y = max(ends, key=lambda point: float(point[0]))
    # lower than the line, clear of the letter of the edge
    return Mark(text=text, x=float(x) + 2 * GAP_PIXELS * unit_mm, y=float(y) + ASIDE_PIXELS * unit_mm), "start"


def _kept_inside(word: Mark, width_mm: float, unit_mm: float) -> Mark:
    """Move a word that begins at its place to the left until it ends inside the picture."""
    longest = (len(word.text) * LETTER_PIXELS + GAP_PIXELS) * unit_mm
    return replace(word, x=max(min(word.x, width_mm - longest), 0.0))


def _open_path(points: FloatArray | list[FloatArray] | tuple[FloatArray, FloatArray]) -> str:
    return "M" + "L".join(f"{float(x):.3f} {float(y):.3f}" for x, y in points)


def _pairs(ends: FloatArray) -> tuple[tuple[float, float], tuple[float, float]]:
    (x0, y0), (x1, y1) = ends.tolist()
    return (x0, y0), (x1, y1)


def _unit(vector: FloatArray) -> FloatArray:
    size = float(np.linalg.norm(vector))
    return vector / size if size else np.array([1.0, 0.0])
