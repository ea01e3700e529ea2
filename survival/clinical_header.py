"""The columns of a clinical table: which are known, which may be read, on what timeline their dates are."""

import difflib
import re
from collections.abc import Iterator, Mapping

from mri.problems import Problem, error, note, warning
from survival.clinical_schema import Column, Schema, date_name, load_schema
from survival.parameters import SurvivalParameters, Timeline
from survival.sheet import Sheet

ID, SOURCE_ID, TIMELINE, ORIGIN = "participant_id", "source_patient_id", "timeline", "iscm_diagnosis_date"
IDENTIFYING = re.compile(
    r"(patient_?)?(sur|last|first|given|family|full)?_?name|initials|mrn|ssn|(hospital|patient|case|medical_record)_?"
    r"(id|number|no)|(date_of_birth|birth_?date|dob)(_date)?|address|postcode|zip(_?code)?|phone|e_?mail|accession.*",
    re.IGNORECASE,
)
"""Names of columns that would tell who a patient is: they never pass through."""
_LIKE_AN_ID = re.compile(r"(^|_|[a-z])id$|mrn|number$", re.IGNORECASE)
_DATE_IN_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]{2,}")
_SIMILAR = 0.85
"""Likeness from which an unknown column name counts as a misspelling."""


def columns_of(sheet: Sheet) -> dict[str, Column]:
    """Return how each column of the sheet is read; what identifies a patient is not read."""
    schema = load_schema()
    out = {}
    for name in sheet.header:
        known = schema.column(name) or schema.derived.get(name)
        if known:
            out[name] = known
        elif name not in (SOURCE_ID, TIMELINE) and not IDENTIFYING.fullmatch(name) and not _hides(sheet, name):
            out[name] = Column(name=name, type="date" if name.endswith("_date") else "text", sparse=True)
    return out


def _hides(sheet: Sheet, name: str) -> bool:
    return _hides_dates(sheet, name) or holds_mail(sheet, name)


def holds_mail(sheet: Sheet, name: str) -> bool:
    """Return whether a cell of the column has an e-mail address in it."""
    return any(_MAIL.search(row.cells[name]) for row in sheet.rows)


def _hides_dates(sheet: Sheet, name: str) -> bool:
    return not name.endswith("_date") and any(_DATE_IN_TEXT.search(row.cells[name]) for row in sheet.rows)


def header_problems(sheet: Sheet, ids: Mapping[str, str] | None) -> Iterator[Problem]:
    """Yield what is wrong with the names of the columns, whatever stands in their cells."""
    schema, where = load_schema(), f"{sheet.name}, row 1"
    if ID not in sheet.header and SOURCE_ID not in sheet.header:
        like = [name for name in sheet.header if _LIKE_AN_ID.search(name)]
        hint = f"; is it {' or '.join(like)}? Then rename it" if like else ""
        message = f"there is no column {ID}: add it (or {SOURCE_ID}, with the file that maps it, --ids){hint}"
        yield error("no_id_column", where, message)
    elif ID not in sheet.header and ids is None:
        yield error("no_ids", where, f"the column {SOURCE_ID} needs the file that maps it to {ID}: give --ids")
    for column in schema.columns.values():
        if column.required and column.name != ID and column.name not in sheet.header:
            yield error("no_column", where, f"there is no column {column.name}: add it ({column.rule or column.type})")
    if not {ORIGIN, "os_months"} & set(sheet.header) and not any(schema.column(n) and is_day(n) for n in sheet.header):
        yield error("no_column", where, f"there is no column {ORIGIN}: add it, or give *_days columns or os_months")
    for name in sheet.header:
        yield from _unknown_column(schema, sheet, name)


def is_day(name: str) -> bool:
    """Return whether the name is that of a dictionary date given in days."""
    return name.endswith("_days") and date_name(name) in load_schema().columns


def _unknown_column(schema: Schema, sheet: Sheet, name: str) -> Iterator[Problem]:
    where = f"{sheet.name}, column {name}"
    if holds_mail(sheet, name):
        if schema.column(name) or name in schema.derived:
            yield error("mail_address", where, "holds an e-mail address, which tells who a person is: take it out")
        else:
            yield warning("mail_address", where, "holds an e-mail address: it was not read; take the column out")
        return
    if schema.column(name) or name in (SOURCE_ID, TIMELINE):
        return
    if name in schema.derived:
        yield warning("derived_column", where, "is derived by the program: what stands there is only compared")
    elif IDENTIFYING.fullmatch(name):
        yield warning("identifying_column", where, "may tell who a patient is: it was not read; take it out")
    elif _hides_dates(sheet, name):
        yield warning("date_in_text", where, "holds dates: it was not read; name it <what>_date to have it in days")
    else:
        near = difflib.get_close_matches(name.casefold(), list(schema.columns), n=1, cutoff=_SIMILAR)
        if near:
            yield warning("column_misspelt", where, f"is not in the dictionary: was {near[0]} meant?")


def declared_timeline(sheet: Sheet) -> Timeline:
    """Return what the column ``timeline`` says; without it original where there are dates, else days."""
    said = {row.cells[TIMELINE].casefold() for row in sheet.rows} if TIMELINE in sheet.header else set()
    names: dict[str, Timeline] = {"original": "original", "shifted": "shifted", "days": "days"}
    declared = names.get(next(iter(said))) if len(said) == 1 else None
    has_dates = any(is_date(name) for name in sheet.header)
    return declared or ("original" if has_dates else "days")


def is_date(name: str) -> bool:
    """Return whether the dictionary has a date column of that name."""
    column = load_schema().columns.get(name)
    return column is not None and column.type == "date"


def timeline_problems(sheet: Sheet, parameters: SurvivalParameters) -> Iterator[Problem]:
    """Yield where the timeline is not one, not known or against the columns."""
    where = f"{sheet.name}, column {TIMELINE}"
    said = {row.cells[TIMELINE].casefold() for row in sheet.rows} if TIMELINE in sheet.header else set()
    dates = [name for name in sheet.header if is_date(name)]
    days = [name for name in sheet.header if is_day(name)]
    unknown = said - {"original", "shifted", "days"}
    if unknown:
        yield error("timeline_unknown", where, "must be original, shifted or days in every row")
    elif len(said) > 1:
        message = f"says {' and '.join(sorted(said))}: one table has one timeline; split it or put it on one"
        yield error("timeline_mixed", where, message)
    elif parameters.timeline and said and parameters.timeline not in said:
        message = f"says {said.pop()}, but {parameters.timeline} was asked for: mend one of the two"
        yield error("timeline_mixed", where, message)
    elif not said and not parameters.timeline and dates:
        message = "is not there: the dates were taken as original; declare original, shifted or days"
        yield warning("timeline_assumed", where, message)
    if dates and days:
        message = f"{dates[0]} is a date and {days[0]} is in days: give all as *_date or all as *_days"
        yield error("timeline_mixed", f"{sheet.name}, row 1", message)
    elif dates and "days" in (parameters.timeline, *said):
        message = f"the timeline is days, but {dates[0]} is a date: give *_days columns or mend the timeline"
        yield error("timeline_mixed", f"{sheet.name}, row 1", message)
    if sheet.excel_1904:
        yield note("excel_1904", sheet.name, "uses Excel's 1904 date system: its dates were read so")
