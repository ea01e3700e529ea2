"""One text cell → a typed value, or what is wrong with it and how to mend it."""

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from survival.clinical_schema import Column

Value = str | int | float | bool | date | None

UNKNOWN = "unknown"
"""The one word that is read as empty and counted."""
MISSING_WORDS = frozenset({"unk", "na", "n/a", "nan", "none", "null", "nd", "missing", ".", "?", "-", "#n/a"})
MISSING_NUMBERS = frozenset({-9, -99, -999, -9999, 9, 99, 999, 9999})
BOOLEANS = {"0": False, "false": False, "no": False, "1": True, "true": True, "yes": True}
EXCEL_SERIALS = range(7_000, 80_000)
"""Days since 1900 or 1904 of the years 1920 to 2119: a whole number in a date column is one of these."""
LONGEST_SHOWN = 24
"""Characters of a value that a message shows."""

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_MIDNIGHT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]00:00(:00(\.0+)?)?")
_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?")
_ID = re.compile(r"[A-Za-z0-9]+")
_SHORT_NUMBER = re.compile(r"[-+]?\d{1,5}([.,]\d{1,6})?")
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a cell: a stable code, and a sentence with the mend."""

    code: str
    message: str


def parse_cell(column: Column, text: str, month_only_day: int | None = None) -> Value | Fault:
    """Return the value of a cell, None where it is empty or ``unknown``, a Fault where it cannot be believed.

    Parameters
    ----------
    column : Column
        Type, codes and range.
    text : str
        Without spaces at its ends.
    month_only_day : int or None
        Day that stands in for a date of year and month only.
    """
    word = text.casefold()
    if word in ("", UNKNOWN) and UNKNOWN not in column.codes:
        return None
    if word in MISSING_WORDS and column.type not in ("id", "text"):
        return Fault(code="missing_code", message=f"{_shown(text)} stands for a missing value: leave the cell empty")
    if column.type == "date":
        return _date(text, month_only_day)
    return _PARSERS[column.type](column, text)


def format_value(value: Value) -> str:
    """Return a value as the tables write it: empty, 0/1, digits without a needless decimal point, ISO date."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def shape(text: str) -> str:
    """Return the form of a text with every digit as 0 and every letter as a, so that a message shows no date."""
    return re.sub(r"[^\W\d_]", "a", re.sub(r"\d", "0", text))[:LONGEST_SHOWN]


def _shown(text: str, *, is_word: bool = False) -> str:
    """Return a cell as a message may show it.

    A short number, a word for "missing" and a near miss of a code stand as they are; of anything else only the form:
    where columns have slipped, a name or a hospital number may be in any of them.
    """
    is_harmless = is_word or _SHORT_NUMBER.fullmatch(text) or text.casefold() in MISSING_WORDS
    return f"'{text[:LONGEST_SHOWN]}'" if is_harmless else f"a cell of the form '{shape(text)}'"


def _text(_: Column, text: str) -> Value | Fault:
    return text


def _id(column: Column, text: str) -> Value | Fault:
    label = text.removeprefix("sub-")
    if _ID.fullmatch(label):
        return label
    message = f"{column.name} must be letters and digits only, without sub-: give the study code of the participant"
    return Fault(code="id_not_alphanumeric", message=message)


def _bool(column: Column, text: str) -> Value | Fault:
    if text.casefold() in BOOLEANS:
        return BOOLEANS[text.casefold()]
    hint = "; a 1/2 coding must be turned into 0/1" if text == "2" else ""
    return Fault(code="not_a_boolean", message=f"{_shown(text)} is neither 0/1, true/false nor yes/no{hint}")


def _code(column: Column, text: str) -> Value | Fault:
    word = text.casefold().replace(" ", "_").replace("-", "_")
    if word in column.codes:
        return word
    near = difflib.get_close_matches(word, column.codes, n=1)
    if text.lstrip("-").isdecimal():
        hint = "is a number: write the word that it stands for"
    else:
        hint = f"is not in the codebook: did you mean {near[0]}?" if near else "is not in the codebook"
    return Fault(
        code="not_a_code", message=f"{_shown(text, is_word=bool(near))} {hint}; the codes are {', '.join(column.codes)}"
    )


def _number(column: Column, text: str) -> Value | Fault:
    if _DECIMAL_COMMA.fullmatch(text):
        return Fault(code="decimal_comma", message=f"{_shown(text)} has a decimal comma: write a decimal point")
    try:
        number = float(text)
    except ValueError:
        return Fault(code="not_a_number", message=f"{_shown(text)} is no number: write digits only, without a unit")
    if not math.isfinite(number):
        return Fault(code="not_a_number", message=f"{_shown(text)} is no finite number: leave the cell empty")
    return _in_range(column, number, text)


def _in_range(column: Column, number: float, text: str) -> Value | Fault:
    low, high = column.low, column.high
    outside = (low is not None and number < low) or (high is not None and number > high)
    if number in column.missing_codes or (outside and number in MISSING_NUMBERS):
        message = f"{_shown(text)} looks like a code for a missing value: leave the cell empty"
        if number in column.missing_codes and column.name == "age_at_diagnosis_years":
            message += " (a true age above 89 is written 90)"
        return Fault(code="missing_code", message=message)
    if outside:
        return Fault(code="out_of_range", message=f"{_shown(text)} {_beyond(low, high)}: mend it or leave it empty")
    return number


def _beyond(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"is outside {low:g} to {high:g}"
    return f"is above {high:g}" if low is None else f"is below {low:g}"


def _integer(column: Column, text: str) -> Value | Fault:
    number = _number(column, text)
    if isinstance(number, float):
        if number.is_integer():
            return int(number)
        return Fault(code="not_an_integer", message=f"{_shown(text)} is not a whole number: round it or mend it")
    return number


def _date(text: str, month_only_day: int | None) -> date | Fault:
    midnight = _ISO_MIDNIGHT.fullmatch(text)
    if midnight:
        text = midnight[1]
    if _ISO.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return Fault(code="no_such_day", message="has the form of a date, but there is no such day: mend it")
    if text.isdecimal() and int(text) in EXCEL_SERIALS:
        message = "is a day number of Excel (1900 or 1904 system, which differ by 1462 days): write YYYY-MM-DD"
        return Fault(code="excel_serial", message=message)
    partial = _PARTIAL.fullmatch(text)
    if partial:
        return _partial_date(partial, month_only_day)
    return Fault(code="date_not_iso", message=f"the form '{shape(text)}' is ambiguous: write the date as YYYY-MM-DD")


def _partial_date(partial: re.Match[str], month_only_day: int | None) -> date | Fault:
    if partial[2] and month_only_day is not None:
        try:
            return date(int(partial[1]), int(partial[2]), month_only_day)
        except ValueError:
            return Fault(code="no_such_day", message="has the form of a month, but there is no such day: mend it")
    message = "is a partial date: complete it, leave it empty, or declare month_only_day (year and month needed)"
    return Fault(code="date_partial", message=message)


_PARSERS: Mapping[str, Callable[[Column, str], Value | Fault]] = {
    "id": _id,
    "text": _text,
    "bool": _bool,
    "code": _code,
    "num": _number,
    "int": _integer,
}
