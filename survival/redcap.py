"""A REDCap export as a clinical table: checkboxes, record ids, repeat instruments and choice labels.

The project's fields bear the names of the data dictionary; a checkbox field named by the stem of several columns
(``met``, ``treatment``) gives them all. Choices are exported raw, coded as in the dictionary, or as labels that spell
the codes; with the project's data dictionary as codebook any codes and labels are read, and headers of labels too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from mri.problems import Problem, RefusedError, error, note
from survival.clinical_schema import Schema, load_schema
from survival.codebook import CHECKBOX, ID, RECORD, Codebook, as_code, translated
from survival.sheet import Sheet, SheetRow

OWN, TIMESTAMP = "redcap_", "_timestamp"
"""REDCap's own columns begin so (the survey identifier is an e-mail address); when a survey was sent in ends so."""
REPEAT, EVENT = "redcap_repeat_instrument", "redcap_event_name"
MOST_NAMED = 6
COMPLETE = "_complete"
CHECKED = {"checked": "1", "unchecked": "0"}


def is_redcap(sheet: Sheet) -> bool:
    """Return whether a table bears the marks of a REDCap export: its own columns, or checkboxes."""
    return any(name.startswith(OWN) or CHECKBOX in name for name in sheet.header)


def from_redcap(sheet: Sheet, codebook: Codebook | None = None) -> tuple[Sheet, tuple[Problem, ...]]:
    """Return the rows of patients under the names of the dictionary; another table is returned as it is.

    Rows of repeat instruments (lesions, follow-up) are no patients: they are left out, and a note counts them.

    Raises
    ------
    RefusedError
        Two fields of the export would be one column; it has several rows per patient, one for each event.
    """
    problems: tuple[Problem, ...] = ()
    if codebook is not None:
        sheet, problems = translated(sheet, codebook)
    elif not is_redcap(sheet):
        return sheet, ()
    schema = load_schema()
    names = {old: _name(old, sheet.header) for old in sheet.header if _is_kept(old, schema)}
    twice = [f"column {name} comes from two fields: keep one" for name, n in Counter(names.values()).items() if n > 1]
    if twice:
        raise RefusedError([error("column_twice", f"{sheet.name}, row 1", message) for message in twice])
    single = [row for row in sheet.rows if not row.cells.get(REPEAT)]
    _refuse_events(sheet, single)
    rows = tuple(_row(row, names, schema) for row in single)
    repeated = len(sheet.rows) - len(single)
    out = replace(sheet, header=tuple(names.values()), rows=rows)
    if not repeated:
        return out, problems
    message = f"{repeated} rows of repeat instruments are left out: they hold lesions or visits, not patients"
    return out, (*problems, note("redcap_repeats", sheet.name, message))


def _is_kept(name: str, schema: Schema) -> bool:
    return schema.column(name) is not None or not (name.startswith(OWN) or name.endswith((COMPLETE, TIMESTAMP)))


def _refuse_events(sheet: Sheet, rows: list[SheetRow]) -> None:
    """Refuse a longitudinal project: which of a patient's events holds what, only the exporter knows."""
    events = list(dict.fromkeys(row.cells[EVENT] for row in rows)) if EVENT in sheet.header else []
    if len(events) < 2:
        return
    shown = f"{', '.join(events[:MOST_NAMED])}{', …' if len(events) > MOST_NAMED else ''}"
    message = (
        f"the export is longitudinal: it has {len(events)} events ({shown}), so several rows per patient. Export one "
        "event, or a report with one row per patient (move follow-up fields into it)"
    )
    raise RefusedError(error("redcap_events", f"{sheet.name}, column {EVENT}", message))


def _name(name: str, header: tuple[str, ...]) -> str:
    if name == RECORD and ID not in header:
        return ID
    stem, box, choice = name.partition(CHECKBOX)
    return f"{stem}_{choice.strip('_').lower()}" if box else name


def _row(row: SheetRow, names: Mapping[str, str], schema: Schema) -> SheetRow:
    cells = {new: _value(row.cells[old], old, new, schema) for old, new in names.items()}
    return SheetRow(number=row.number, cells=cells)


def _value(text: str, old: str, new: str, schema: Schema) -> str:
    """Return a checkbox as 0/1, a choice's label as its code, everything else as it stands."""
    if CHECKBOX in old:
        return CHECKED.get(text.lower(), text)
    column = schema.column(new)
    code = as_code(text)
    return code if column is not None and code in column.codes else text
