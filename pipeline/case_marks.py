"""Marks over a slice, in mm of the picture: outlines, names of discs, letters of the edges, the scale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray
from pipeline.case_grid import SLICES, Crop, edge_letters

LETTER_PIXELS, NAME_PIXELS, TICK_PIXELS = 15.0, 37.0, 18.0
"""Nominal pixels: inset of a letter, room for the name of a disc, length of its tick."""
SCALE_STEPS_MM = (50.0, 20.0, 10.0, 5.0)
SCALE_LARGEST_SHARE = 0.3
"""The scale bar is the longest step that takes no more than this part of the width."""
ASIDE = 0.62
"""Where along the width the letters of the upper and lower edge stand: between the names of the discs and the scale."""
DISC_REACH_MM = 40.0
"""A disc further than this beside the slice is not marked on it: the slice passes the spine by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A word at a place of the picture, in mm; ``tick_x`` is where its tick ends, if it has one."""

    text: str
    x: float
    y: float
    colour: str = "#ffffff"
    tick_x: float | None = None


def rings_mm(crop: Crop, mask: NDArray[np.bool_]) -> list[FloatArray]:
    """Return the closed borders of a mask, each (n, 2): x to the right and y downwards in mm of the picture."""
    from skimage.measure import find_contours

    found = find_contours(np.pad(mask, 1).astype(float), 0.5)  # type: ignore[no-untyped-call]
    return [crop.picture_mm(ring - 1) for ring in found]


def scale_mm(crop: Crop) -> float:
    """Return the length of the scale bar."""
    return next((step for step in SCALE_STEPS_MM if step <= SCALE_LARGEST_SHARE * crop.width_mm), 1.0)


def path_data(rings: Iterable[FloatArray]) -> str:
    """Return closed rings, each (n, 2) in mm of the picture, as SVG path data."""
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + "Z" for ring in rings)


def disc_marks(crop: Crop, discs: list[tuple[str, FloatArray]], unit_mm: float) -> tuple[Mark, ...]:
    """Return a tick from each disc towards the left (anterior on a sagittal slice), with the disc's name."""
    marks = []
    for name, point in discs:
        depth_mm = abs(crop.grid.to_index(point)[SLICES] - crop.slice_index) * crop.grid.spacing_mm[SLICES]
        x, y = (float(v) for v in crop.projected_mm(point[None])[0])
        if 0 < x < crop.width_mm and 0 < y < crop.height_mm and depth_mm <= DISC_REACH_MM:
            tick_x = min(max(x - TICK_PIXELS * unit_mm, NAME_PIXELS * unit_mm), x)
            marks.append(Mark(text=name, x=x, y=y, tick_x=tick_x))
    return tuple(marks)


def _free_height(wanted: float, taken: Sequence[float]) -> float:
    """Return the height nearest to the wanted one that is half way between two that are taken."""
    between = [(a + b) / 2 for a, b in pairwise(sorted(taken))]
    return min(between, key=lambda height: abs(height - wanted), default=wanted)


def letter_marks(crop: Crop, unit_mm: float, discs: Sequence[Mark]) -> tuple[Mark, ...]:
    """Return the patient directions at the edges, those at the sides clear of the names of discs."""
    inset = LETTER_PIXELS * unit_mm
    middle_y = _free_height(crop.height_mm / 2, [mark.y for mark in discs])
    places = {
        "left": (inset * 0.7, middle_y),
        "right": (crop.width_mm - inset * 0.7, middle_y),
        "top": (ASIDE * crop.width_mm, inset * 0.8),
        "bottom": (ASIDE * crop.width_mm, crop.height_mm - inset * 0.8),
    }
    letters = edge_letters(crop.grid)
    return tuple(Mark(text=letters[edge], x=x, y=y) for edge, (x, y) in places.items())
