"""One column of a table: its name, type, unit and meaning, and what a value of it may be."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

SEPARATOR = ";"
"""Joins several codes, and several flags, in one cell."""
ID_PATTERN = re.compile(r"[A-Za-z0-9]+")
"""What a participant or session may be called, as BIDS allows."""
TRUTH = {"0": False, "1": True, "false": False, "true": True}
"""How a boolean may be written; this project writes 0 and 1."""


class ColumnType(StrEnum):
    """What kind of value a column holds."""

    ID = "id"
    TEXT = "text"
    DATE = "date"
    INT = "int"
    NUM = "num"
    BOOL = "bool"
    CODE = "code"
    CODES = "codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name, table : str
    type : ColumnType
    definition : str
        Full sentences for a reader of the table.
    source : str
        Section of the project's definitions, and rows of the papers' table (003 Diehn 2015, 000 Lv 2019).
    unit : str
        Empty where the value has none.
    codes : tuple of str
        Allowed values of a ``code`` or ``codes`` column.
    minimum, maximum : float or None
        Bounds of a number.
    required : bool
        Whether every row must hold a value.
    resolution_of : str or None
        The measure whose resolution this is.
    interval_of : str or None
        The measure whose perturbation range this is an end of.
    finding : str or None
        The reader's item that the column comes from.
    """

    name: str
    table: str
    type: ColumnType
    definition: str
    source: str
    unit: str = ""
    codes: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    resolution_of: str | None = None
    interval_of: str | None = None
    finding: str | None = None

    def fault(self, value: object) -> str | None:
        """Say what is wrong with a value and how to mend it; None where nothing is. Empty is never wrong."""
        if value is None or value == "":
            return None
        return _FAULTS[self.type](self, value)


def _number_fault(column: Column, value: object) -> str | None:
    try:
        number = float(str(value))
    except ValueError:
        return f"'{value}' is no number; write digits with a decimal point, or leave the cell empty"
    if number != number or number in (float("inf"), float("-inf")):
        return f"'{value}' is no finite number; leave the cell empty where the value is missing"
    if column.minimum is not None and number < column.minimum:
        return f"{value} is below the smallest possible value, {column.minimum:g}"
    if column.maximum is not None and number > column.maximum:
        return f"{value} is above the largest possible value, {column.maximum:g}"
    return None


def _integer_fault(column: Column, value: object) -> str | None:
    fault = _number_fault(column, value)
    if fault is None and not float(str(value)).is_integer():
        return f"'{value}' is no whole number"
    return fault


def _boolean_fault(_: Column, value: object) -> str | None:
    if isinstance(value, bool) or str(value).lower() in TRUTH:
        return None
    return f"'{value}' is neither 0 nor 1"


def _date_fault(_: Column, value: object) -> str | None:
    try:
        date.fromisoformat(str(value))
    except ValueError:
        return f"'{value}' is no date; write year-month-day, e.g. 2015-03-09"
    return None


def _code_fault(column: Column, value: object) -> str | None:
    if value in column.codes:
        return None
    return f"'{value}' is not one of {', '.join(column.codes)}"


def _codes_fault(column: Column, value: object) -> str | None:
    given = value.split(SEPARATOR) if isinstance(value, str) else [str(v) for v in _listed(value)]
    unknown = [code for code in given if code not in column.codes]
    if unknown:
        return f"'{SEPARATOR.join(unknown)}' is not among {', '.join(column.codes)}"
    return f"'{value}' names a code twice" if len(set(given)) < len(given) else None


def _listed(value: object) -> tuple[object, ...]:
    return tuple(value) if isinstance(value, tuple | list | set | frozenset) else (value,)


def _id_fault(_: Column, value: object) -> str | None:
    return None if ID_PATTERN.fullmatch(str(value)) else f"'{value}' is no id; use letters and digits only"


def _text_fault(_: Column, value: object) -> str | None:
    return "the text holds a line break" if "\n" in str(value) else None


_FAULTS: Mapping[ColumnType, Callable[[Column, object], str | None]] = {
    ColumnType.ID: _id_fault,
    ColumnType.TEXT: _text_fault,
    ColumnType.DATE: _date_fault,
    ColumnType.INT: _integer_fault,
    ColumnType.NUM: _number_fault,
    ColumnType.BOOL: _boolean_fault,
    ColumnType.CODE: _code_fault,
    ColumnType.CODES: _codes_fault,
}
