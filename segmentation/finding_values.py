"""What a value of one item may be, whatever the other items are."""

import math
from collections.abc import Callable, Mapping

from segmentation.answers import Value
from segmentation.levels import LevelScheme
from segmentation.vocabulary import NOT_APPLICABLE, NOT_ASSESSABLE, Item, Kind

_SPINES = (LevelScheme(n_thoracic=13), LevelScheme(n_lumbar=6), LevelScheme())
_MIDDLE = 0.5
"""A vertebra named as a level stands for its middle; a disc for itself."""


def level_value(text: str, scheme: LevelScheme | None = None) -> float:
    """Return the vertebral coordinate of a level named by eye: a vertebra's middle (``T4`` is 11.5) or a disc.

    Parameters
    ----------
    text : str
        A vertebra (``T4``), a disc (``T4-T5``) or ``FM``.
    scheme : LevelScheme, optional
        12 thoracic and 5 lumbar vertebrae where not given.

    Raises
    ------
    RefusedError
        If the text is neither a vertebra nor a disc of the scheme.
    """
    spine = scheme or LevelScheme()
    if text in spine.vertebrae:
        return spine.vertebra_number(text) + _MIDDLE
    return spine.disc_value(text)


def value_fault(entry: Item, value: Value) -> str | None:
    """Say what is wrong with a value of an item, and what is allowed; None where nothing is."""
    if value is None or value in (NOT_ASSESSABLE, NOT_APPLICABLE):
        return None
    return _FAULTS[entry.kind](entry, value)


def written(value: Value) -> str:
    """Return a value as a message shows it."""
    return "empty" if value is None else ";".join(value) if isinstance(value, tuple) else str(value)


def _code_fault(entry: Item, value: Value) -> str | None:
    if value in entry.codes:
        return None
    return f"'{written(value)}' is not one of {', '.join(_allowed(entry))}"


def _codes_fault(entry: Item, value: Value) -> str | None:
    if not isinstance(value, tuple):
        return f"'{written(value)}' is no list; write a list of {', '.join(entry.codes)}"
    unknown = [code for code in value if code not in entry.codes]
    if unknown:
        return f"'{written(tuple(unknown))}' is not among {', '.join(_allowed(entry))}"
    if len(set(value)) < len(value):
        return f"'{written(value)}' names a code twice; write each once"
    return "none stands beside other codes; write one or the other" if "none" in value and len(value) > 1 else None


def _allowed(entry: Item) -> tuple[str, ...]:
    return (*entry.codes, NOT_ASSESSABLE, NOT_APPLICABLE) if entry.inapplicable_if else (*entry.codes, NOT_ASSESSABLE)


def _number_fault(entry: Item, value: Value) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"'{written(value)}' is no number"
    if entry.minimum is not None and value < entry.minimum:
        return f"{value} is below {entry.minimum:g}, the smallest value"
    if entry.maximum is not None and value > entry.maximum:
        return f"{value} is above {entry.maximum:g}, the largest value"
    if entry.step is not None and not (value / entry.step).is_integer():
        return f"{value} is no multiple of {entry.step:g}"
    return None


def _integer_fault(entry: Item, value: Value) -> str | None:
    return _number_fault(entry, value) if isinstance(value, int) else f"'{written(value)}' is no whole number"


def _level_fault(_: Item, value: Value) -> str | None:
    if isinstance(value, str) and any(value in (*spine.vertebrae, *spine.discs) for spine in _SPINES):
        return None
    return f"'{written(value)}' is no level; write a vertebra such as T4, a disc such as T4-T5, or FM"


def _bool_fault(_: Item, value: Value) -> str | None:
    return None if isinstance(value, bool) else f"'{written(value)}' is neither true nor false"


def _text_fault(_: Item, value: Value) -> str | None:
    return None if isinstance(value, str) else f"'{written(value)}' is no text"


_FAULTS: Mapping[Kind, Callable[[Item, Value], str | None]] = {
    Kind.CODE: _code_fault,
    Kind.CODES: _codes_fault,
    Kind.INT: _integer_fault,
    Kind.NUM: _number_fault,
    Kind.LEVEL: _level_fault,
    Kind.BOOL: _bool_fault,
    Kind.TEXT: _text_fault,
}
