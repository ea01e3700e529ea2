"""Codes and numbers of the tables in a reader's words; the words themselves are data, in ``case_words.toml``."""

import math
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from mri.study import Contrast, Series, Weighting
from pipeline.case_grid import SLICES, VIEWS_OF_PLANE, turned_geometry

NONE = "–"
"""Stands for a missing value."""
_SEPARATOR = ";"


def words(group: str) -> Mapping[str, str]:
    """Return code → words of one group of ``case_words.toml``."""
    return _words()[group]


def series_label(series: Series) -> str:
    """Name a series as one would say it, e.g. "Sagittal T1 + Gd, cervical–thoracic, 3.3 mm"."""
    name = f"{words('plane')[series.plane]} {words('weighting')[series.weighting]}"
    if series.contrast is Contrast.YES:
        name += " + Gd"
    elif series.contrast is Contrast.UNKNOWN and series.weighting is Weighting.T1:
        name += " (contrast not known)"
    if series.fat_suppressed and series.weighting is not Weighting.STIR:
        name += " fat-suppressed"
    stations = "–".join(words("stations")[letter] for letter in series.stations)
    run = f"run {series.run}" if series.run else ""
    return ", ".join(part for part in (name, stations, f"{slice_spacing_mm(series):.2g} mm", run) if part)


def slice_spacing_mm(series: Series) -> float:
    """Return the distance between the slices of a series as it is first shown."""
    return turned_geometry(series.geometry, VIEWS_OF_PLANE[series.plane][0]).spacing_mm[SLICES]


def slice_count(series: Series) -> int:
    """Return the number of slices of a series as it is first shown."""
    return turned_geometry(series.geometry, VIEWS_OF_PLANE[series.plane][0]).shape[SLICES]


def number(value: object, digits: int = 1) -> str:
    """Write a number with so many decimals, a text as it is, "–" where the value is missing."""
    if is_missing(value):
        return NONE
    try:
        amount = float(str(value))
    except ValueError:
        return str(value)
    return f"{amount:.{digits}f}"


def is_missing(value: object) -> bool:
    """Return whether a cell is empty: None, the empty text or not a number."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def is_true(value: object) -> bool:
    """Return whether a boolean cell says yes, as a bool, a number or the text of a CSV."""
    return str(value).strip().lower() in ("1", "1.0", "true", "yes")


def is_false(value: object) -> bool:
    """Return whether a boolean cell says no; an empty cell says neither."""
    return str(value).strip().lower() in ("0", "0.0", "false", "no")


def plain(code: object) -> str:
    """Return a code as words, where there is no better text."""
    return str(code).replace("_", " ")


def reason_words(code: object) -> str:
    """Say why a value is missing."""
    return words("reasons").get(str(code), plain(code))


def measure_words(column: str) -> str:
    """Name a measured column."""
    return words("measures").get(column, plain(column))


def flag_sentences(cell: object) -> list[tuple[str, str]]:
    """Return (code, sentence) for each flag of a ``flags`` cell, each once, in the order of the cell.

    A flag written ``column:code`` names its column in the sentence; an unknown code is shown as it is.
    """
    if is_missing(cell):
        return []
    flags = dict.fromkeys(part.strip() for part in str(cell).split(_SEPARATOR))
    return [(flag, _flag_sentence(flag)) for flag in flags if flag]


def _flag_sentence(flag: str) -> str:
    column, _, code = flag.rpartition(":")
    sentence = words("flags").get(code)
    if sentence is None:
        reason = words("reasons").get(code)
        sentence = f"{reason[0].upper()}{reason[1:]}." if reason else f"{plain(code).capitalize()}."
    return f"{measure_words(column).capitalize()}: {sentence}" if column else sentence


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(files(__package__).joinpath("case_words.toml").read_text("utf-8"))
    return found
