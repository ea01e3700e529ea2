"""A REDCap data dictionary as codebook: which field a header label is, which code of ours a raw code stands for.

The codebook is a table that a user may edit: where a choice's label spells none of our codes, its label in a copy of
the codebook is rewritten, and the project itself stays as it is.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from mri.problems import Problem, RefusedError, error
from survival.cells import UNKNOWN
from survival.clinical_schema import Column, Schema, load_schema
from survival.sheet import Sheet, SheetRow, read_sheet

NAME, TYPE, LABEL = "Variable / Field Name", "Field Type", "Field Label"
CHOICES = "Choices, Calculations, OR Slider Labels"
NEEDED = (NAME, TYPE, LABEL, CHOICES)
WITH_CHOICES = ("radio", "dropdown", "checkbox")
FIXED_CHOICES = {"yesno": {"1": "Yes", "0": "No"}, "truefalse": {"1": "True", "0": "False"}}
RECORD, ID = "record_id", "participant_id"
CHECKBOX = "___"
BOX_LABEL = " (choice="
"""In an export with labels a checkbox is headed ``Label (choice=Bone)``."""
OWN_LABELS = {
    "Event Name": "redcap_event_name",
    "Repeat Instrument": "redcap_repeat_instrument",
    "Repeat Instance": "redcap_repeat_instance",
    "Data Access Group": "redcap_data_access_group",
    "Survey Identifier": "redcap_survey_identifier",
}
FORM_STATES = ("Complete?", "Survey Timestamp")
"""Headed so once per form in an export with labels; they say nothing of the patient's disease."""
MOST_NAMED = 12
"""Choices that a message lists."""
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the project; `choices` maps raw code → label and is empty where the field has none."""

    name: str
    type: str
    label: str
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Codebook:
    """The fields of a project by name; `record` is the first, which holds the record id."""

    name: str
    fields: Mapping[str, Field]
    record: str


def as_code(text: str) -> str:
    """Return a label as our codes are spelt: small letters, one underscore between words."""
    return "_".join(text.lower().replace("-", " ").replace("/", " ").split())


def read_codebook(path: Path) -> Codebook:
    """Read a REDCap data dictionary (Project Setup, Data Dictionary, Download).

    Raises
    ------
    RefusedError
        It is no data dictionary, or choices cannot be read: row, column, value and mend.
    """
    sheet = read_sheet(path)
    missing = [name for name in NEEDED if name not in sheet.header]
    if missing:
        message = f"is no REDCap data dictionary: it has no column {missing[0]}; download it anew from the project"
        raise RefusedError(error("no_codebook", sheet.name, message))
    fields: dict[str, Field] = {}
    problems: list[Problem] = []
    for row in sheet.rows:
        choices, found = _choices(sheet, row)
        problems += found
        name = row.cells[NAME]
        if name in fields:
            message = f"field {name} is there twice: keep one row"
            problems.append(error("field_twice", sheet.where(row.number, NAME), message))
        fields[name] = Field(name=name, type=row.cells[TYPE], label=row.cells[LABEL], choices=choices)
    if problems:
        raise RefusedError(problems)
    return Codebook(name=sheet.name, fields=fields, record=next(iter(fields), ""))


def _choices(sheet: Sheet, row: SheetRow) -> tuple[dict[str, str], list[Problem]]:
    kind = row.cells[TYPE]
    if kind not in WITH_CHOICES:
        return dict(FIXED_CHOICES.get(kind, {})), []
    choices: dict[str, str] = {}
    problems = []
    for part in row.cells[CHOICES].split("|"):
        code, comma, label = (text.strip() for text in part.partition(","))
        fault = "" if comma and code and label else "is no choice of the form 1, Lung"
        fault = fault or (f"gives the code {code} a second time" if code in choices else "")
        if fault:
            message = f"'{part.strip()}' {fault}: mend it (choices are written 1, Lung | 2, Breast)"
            problems.append(error("choice_unreadable", sheet.where(row.number, CHOICES), message))
        choices[code] = label
    return choices, problems


def translated(sheet: Sheet, codebook: Codebook) -> tuple[Sheet, tuple[Problem, ...]]:
    """Return an export, raw or with labels, under field names and with the codes of our dictionary.

    Returns
    -------
    Sheet
        A cell that cannot be understood is empty.
    tuple of Problem
        Each such cell: row, column, value, mend.

    Raises
    ------
    RefusedError
        Two columns would be one: a label that several fields share.
    """
    schema = load_schema()
    names = {header: _field_name(header, codebook) for header in sheet.header}
    shared = [name for name, count in Counter(names.values()).items() if count > 1]
    if shared:
        headers = [[header for header, name in names.items() if name == one] for one in shared]
        raise RefusedError(_shared(sheet, one, found) for one, found in zip(shared, headers, strict=True))
    unclear = list(_unclear_labels(sheet, codebook))
    if unclear:
        raise RefusedError(unclear)
    problems: list[Problem] = []
    rows = []
    for row in sheet.rows:
        cells: dict[str, str] = {}
        for header, name in names.items():
            cell = _cell(row.cells[header], name, codebook, schema)
            if isinstance(cell, str):
                cells[name] = cell
            else:
                cells[name] = ""
                problems.append(error("not_a_choice", sheet.where(row.number, header), cell.message))
        rows.append(SheetRow(number=row.number, cells=cells))
    return replace(sheet, header=tuple(names.values()), rows=tuple(rows)), tuple(problems)


def _shared(sheet: Sheet, name: str, headers: list[str]) -> Problem:
    message = f"columns {' and '.join(headers)} are both the field {name}: keep one"
    return error("column_twice", f"{sheet.name}, row 1", message)


def _unclear_labels(sheet: Sheet, codebook: Codebook) -> Iterator[Problem]:
    counts = Counter(field.label for field in codebook.fields.values())
    for header in sheet.header:
        stem = header.partition(BOX_LABEL)[0]
        if header not in codebook.fields and counts[stem] > 1:
            fields = " and ".join(field.name for field in codebook.fields.values() if field.label == stem)
            message = f"the label {stem} belongs to the fields {fields}: export with raw headers, or change one label"
            yield error("label_twice", f"{sheet.name}, row 1", message)


def _field_name(header: str, codebook: Codebook) -> str:
    """Return the column of a header: field, label, checkbox by code or by label; another is left as it is."""
    if header in OWN_LABELS:
        return OWN_LABELS[header]
    stem, is_label, choice = header.partition(BOX_LABEL)
    if is_label:
        field = _of_label(stem, codebook)
        return header if field is None else _box(field, choice.removesuffix(")"))
    stem, is_raw, code = header.partition(CHECKBOX)
    if is_raw and stem in codebook.fields:
        return _box(codebook.fields[stem], _label_of_box(codebook.fields[stem], code))
    field = codebook.fields.get(header) or _of_label(header, codebook)
    if field is None:
        return header
    return RECORD if field.name == codebook.record != ID else field.name


def _label_of_box(field: Field, code: str) -> str:
    """Return the label of a checkbox's code, which a raw header has in small letters, with _ for a minus."""
    return next((label for raw, label in field.choices.items() if raw.lower().replace("-", "_") == code), code)


def _of_label(label: str, codebook: Codebook) -> Field | None:
    return next((field for field in codebook.fields.values() if field.label == label), None)


def _box(field: Field, choice: str) -> str:
    return f"{field.name}{CHECKBOX}{as_code(choice)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fault:
    message: str


def _cell(text: str, name: str, codebook: Codebook, schema: Schema) -> str | _Fault:
    field = codebook.fields.get(name)
    if not text or field is None or not field.choices or field.type == "checkbox":
        return text
    by_label = {as_code(label): label for label in field.choices.values()}
    label = field.choices.get(text) or by_label.get(as_code(text))
    if label is None:
        known = ", ".join(f"{code} ({words})" for code, words in list(field.choices.items())[:MOST_NAMED])
        message = f"{_shown(text)} is no choice of {name} in {codebook.name}, which has {known}: mend the cell"
        return _Fault(message=message)
    raw = next(code for code, words in field.choices.items() if words == label)
    return _spelt(raw, label, schema.column(name), codebook.name)


def _spelt(raw: str, label: str, column: Column | None, codebook: str) -> str | _Fault:
    """Return a choice as our table has it: a number by label or raw, a code by either's spelling, else words."""
    if column is not None and column.type in ("int", "num"):
        return label if _NUMBER.fullmatch(label) else raw
    if column is None or column.type != "code" or as_code(label) == UNKNOWN:
        return label
    for spelling in (as_code(label), as_code(raw)):
        if spelling in column.codes:
            return spelling
    codes = ", ".join(column.codes)
    message = (
        f"{_shown(raw)} is '{label}' in {codebook}, which spells none of the codes {codes}: "
        f"in a copy of the codebook write the code that is meant as the label of this choice"
    )
    return _Fault(message=message)


def _shown(text: str) -> str:
    """Return a cell as a message may show it: a short number or a single short word, else only that it is long."""
    return f"'{text}'" if len(text) <= 4 and text.isalnum() else "a label"
