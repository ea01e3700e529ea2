"""The level strip of one lesion: its vertebrae, both extents, and which levels count."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.case_levels import extent, place_words
from pipeline.case_words import is_missing, is_true, number
from segmentation.levels import STANDARD, LevelScheme
from segmentation.regions import Region

TOP, LEFT, COLUMN, BAR = 30.0, 34.0, 58.0, 12.0
"""Nominal pixels: head of the strip, room for the names, width of a column, width of a bar in it."""
HEIGHT, TALLEST_ROW = 300.0, 34.0
"""Nominal pixels: height of all vertebrae together, and of one at most."""
NEIGHBOURS = 1
"""Vertebrae shown above and below the lesion."""
EXTENTS = ((Region.T2HYPER, "t2", "T2"), (Region.ENHANCING, "enh", "Gd"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """One extent on the strip; lengths in nominal pixels.

    Attributes
    ----------
    name : str
    region : Region
    x, y, height : float
    marks : tuple
        (y, whether it counts) for each vertebra that the extent touches.
    open_ended : bool
        Whether it is cut by the border of the images.
    text : str
        The extent in words.
    """

    name: str
    region: Region
    x: float
    y: float
    height: float
    marks: tuple[tuple[float, bool], ...]
    open_ended: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionStrip:
    """The strip, ready for the template. Lengths are nominal pixels."""

    width: float
    height: float
    row: float
    vertebrae: tuple[tuple[str, float], ...]
    extents: tuple[Extent, ...]
    left: float = LEFT
    top: float = TOP
    bar: float = BAR


def lesion_strip(row: Mapping[str, object], scheme: LevelScheme = STANDARD) -> LesionStrip | None:
    """Return the strip of one row of lesions.csv; None where neither extent has vertebral levels."""
    found = [(one, ends) for one in EXTENTS if (ends := extent(row, one[1], scheme)) is not None]
    if not found:
        return None
    first = max(math.floor(min(ends[0] for _, ends in found)) - NEIGHBOURS, 1)
    last = min(math.ceil(max(ends[1] for _, ends in found)) - 1 + NEIGHBOURS, len(scheme.vertebrae))
    height = min(HEIGHT / (last - first + 1), TALLEST_ROW)
    extents = tuple(
        _extent(row, one, ends, LEFT + place * COLUMN, first, height, scheme) for place, (one, ends) in enumerate(found)
    )
    return LesionStrip(
        width=LEFT + COLUMN * len(extents),
        height=TOP + height * (last - first + 1) + 2,
        row=height,
        vertebrae=tuple((scheme.vertebra_at(k), TOP + height * (k - first)) for k in range(first, last + 1)),
        extents=extents,
    )


def _extent(
    row: Mapping[str, object],
    named: tuple[Region, str, str],
    ends: tuple[float, float, bool],
    x: float,
    first: int,
    height: float,
    scheme: LevelScheme,
) -> Extent:
    region, stem, name = named
    start, end, _ = ends
    touched = range(math.floor(start), math.ceil(end))
    counted = counted_levels(row.get(f"{stem}_levels"), scheme)
    return Extent(
        name=name,
        region=region,
        x=x,
        y=TOP + height * (start - first),
        height=height * (end - start),
        marks=tuple((TOP + height * (k - first + 0.5), k in counted) for k in touched),
        open_ended=is_true(row.get(f"{stem}_truncated")),
        text=_text(row, stem, name, ends, scheme),
    )


def counted_levels(levels: object, scheme: LevelScheme) -> range:
    """Return the numbers of the vertebrae of a cell like "T2-T6"; none of an empty cell."""
    if is_missing(levels):
        return range(0)
    first, *rest = str(levels).split("-")
    return range(scheme.vertebra_number(first), scheme.vertebra_number(rest[-1] if rest else first) + 1)


def _text(row: Mapping[str, object], stem: str, name: str, ends: tuple[float, float, bool], scheme: LevelScheme) -> str:
    start, end, whole_levels = ends
    bound = "at least " if is_true(row.get(f"{stem}_truncated")) else ""
    count = number(row.get(f"{stem}_seg_count"), 0)
    counts = f"{bound}{count} level{'' if count == '1' else 's'} counted ({row.get(f'{stem}_levels')})"
    if whole_levels:
        return f"{name}: {counts}"
    reach = f"{place_words(start, scheme)} to {place_words(end, scheme)}"
    return f"{name}: {reach}; {number(row.get(f'{stem}_seg_frac'), 2)} levels, {counts}"
