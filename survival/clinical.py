"""The clinical table at the door: every error named at once, then one typed row per patient in days."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mri.problems import Problem, RefusedError, Severity, error, note, warning
from survival.cells import UNKNOWN, Fault, Value, parse_cell
from survival.clinical_header import (
    ID,
    ORIGIN,
    SOURCE_ID,
    columns_of,
    declared_timeline,
    header_problems,
    is_day,
    timeline_problems,
)
from survival.clinical_schema import Column, date_name, days_name, load_schema
from survival.codebook import FORM_STATES, read_codebook
from survival.derived import metastatic_sites
from survival.parameters import SurvivalParameters, Timeline
from survival.redcap import from_redcap
from survival.row_checks import CheckedRow, check_row
from survival.sheet import Sheet, SheetRow, read_sheet


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalRow:
    """One patient.

    Attributes
    ----------
    number : int
        Row of the table, as a spreadsheet counts.
    participant_id : str
        Empty where a source_patient_id is not in ids.csv.
    diagnosis_date : date or None
        On the table's timeline; for un-shifting in memory, never written.
    values : mapping
        Typed values; every date as ``<name>_days``, whole days from the ISCM diagnosis.
    """

    number: int
    participant_id: str
    diagnosis_date: date | None
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalTable:
    """A clinical table without errors; `columns` are those to write, in order; `problems` are its warnings."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[ClinicalRow, ...]
    timeline: Timeline
    problems: tuple[Problem, ...]


def read_clinical(
    path: Path | str,
    *,
    ids: Mapping[str, str] | None = None,
    parameters: SurvivalParameters | None = None,
    codebook: Path | None = None,
    today: date | None = None,
) -> ClinicalTable:
    """Read and check a clinical table: CSV, Excel or a REDCap export.

    Parameters
    ----------
    path : Path or str
    ids : mapping of str to str, optional
        source_patient_id → participant_id, for a table without participant_id.
    parameters : SurvivalParameters, optional
        Declared rules: timeline, partial dates, survival of 0 days.
    codebook : Path, optional
        The data dictionary of the REDCap project that the table is an export of.
    today : date, optional
        Day after which a date is in the future; the day of the run if not given.

    Returns
    -------
    ClinicalTable

    Raises
    ------
    RefusedError
        With every error and warning of the table: row, column, value and mend. Never a name, id or date of a patient.
    """
    parameters = parameters or SurvivalParameters()
    known = None if codebook is None else read_codebook(codebook)
    sheet, noted = from_redcap(read_sheet(Path(path), without=FORM_STATES), known)
    timeline = parameters.timeline or declared_timeline(sheet)
    problems = [*sheet.notes, *noted, *header_problems(sheet, ids), *timeline_problems(sheet, parameters)]
    plan = columns_of(sheet)
    rows = []
    for sheet_row in sheet.rows:
        row, found = _row(sheet, sheet_row, plan, ids, parameters)
        if timeline == "original":
            found = [*found, *_future(sheet, sheet_row, row, today or date.today())]
        rows.append(row)
        problems += found
    problems += [*_id_problems(sheet, rows, ids), *_table_problems(sheet, rows, parameters)]
    if any(p.severity is Severity.ERROR for p in problems):
        raise RefusedError(problems)
    return ClinicalTable(
        name=sheet.name, columns=_written(plan, rows), rows=tuple(rows), timeline=timeline, problems=tuple(problems)
    )


def check_clinical(
    path: Path | str,
    *,
    ids: Mapping[str, str] | None = None,
    parameters: SurvivalParameters | None = None,
    codebook: Path | None = None,
) -> tuple[Problem, ...]:
    """Return every problem of a clinical table: errors and warnings."""
    try:
        return read_clinical(path, ids=ids, parameters=parameters, codebook=codebook).problems
    except RefusedError as refused:
        return refused.problems


def typed_cells(
    sheet: Sheet, row: SheetRow, columns: Mapping[str, Column], parameters: SurvivalParameters
) -> tuple[dict[str, Value], set[str], list[Problem]]:
    """Return the values of a row that can be believed, the columns that cannot, and why."""
    typed: dict[str, Value] = {}
    faulty: set[str] = set()
    problems: list[Problem] = []
    for name, column in columns.items():
        value = parse_cell(column, row.cells[name], parameters.month_only_day)
        if isinstance(value, Fault):
            problems.append(error(value.code, sheet.where(row.number, name), value.message))
            faulty.add(days_name(name) if column.type == "date" else name)
        else:
            typed[name] = value
    return typed, faulty, problems


def _row(
    sheet: Sheet,
    row: SheetRow,
    columns: Mapping[str, Column],
    ids: Mapping[str, str] | None,
    parameters: SurvivalParameters,
) -> tuple[ClinicalRow, list[Problem]]:
    typed, faulty, problems = typed_cells(sheet, row, columns, parameters)
    values, diagnosis = in_days(typed, columns)
    if values.get("n_other_metastatic_sites") is None and metastatic_sites(values) is not None:
        values["n_other_metastatic_sites"] = metastatic_sites(values)
    for found in check_row(CheckedRow(values=values, faulty=unreadable(typed, faulty, diagnosis)), parameters):
        place = sheet.where(row.number, _as_given(sheet, found.column))
        problems.append(Problem(code=found.code, severity=found.severity, where=place, message=found.message))
    participant = values.pop(ID, None)
    if participant is None and ids is not None:
        participant = ids.get(row.cells.get(SOURCE_ID, ""))
    return (
        ClinicalRow(number=row.number, participant_id=str(participant or ""), diagnosis_date=diagnosis, values=values),
        problems,
    )


def _as_given(sheet: Sheet, column: str) -> str:
    """Name the column as the table does: ``death_days`` where it is given in days."""
    return days_name(column) if column not in sheet.header and days_name(column) in sheet.header else column


def in_days(typed: Mapping[str, Value], columns: Mapping[str, Column]) -> tuple[dict[str, Value], date | None]:
    """Turn every date into whole days from the ISCM diagnosis; return the diagnosis as well."""
    origin = typed.get(ORIGIN)
    diagnosis = origin if isinstance(origin, date) else None
    in_days = not any(column.type == "date" for column in columns.values())
    out: dict[str, Value] = {}
    for name, value in typed.items():
        if columns[name].type != "date":
            out[name] = value
        elif isinstance(value, date) and diagnosis:
            out[days_name(name)] = (value - diagnosis).days
        else:
            out[days_name(name)] = None
    if in_days and out.get("exclusion") is None and out.get("os_months") is None:
        out["iscm_diagnosis_days"] = out.get("iscm_diagnosis_days") or 0
    return out, diagnosis


def unreadable(typed: Mapping[str, Value], faulty: Iterable[str], diagnosis: date | None) -> frozenset[str]:
    """Return the columns that nobody may call empty: faulty cells, and every date that has no day 0 to count from."""
    uncounted = [] if diagnosis else [days_name(name) for name, value in typed.items() if isinstance(value, date)]
    return frozenset({*faulty, *uncounted})


def _future(sheet: Sheet, row: SheetRow, typed: ClinicalRow, today: date) -> Iterator[Problem]:
    if typed.diagnosis_date is None:
        return
    limit = (today - typed.diagnosis_date).days
    for name, value in typed.values.items():
        if is_day(name) and isinstance(value, int) and value > limit:
            message = "is in the future: mend the date"
            yield error("date_in_future", sheet.where(row.number, date_name(name)), message)


def _id_problems(sheet: Sheet, rows: Iterable[ClinicalRow], ids: Mapping[str, str] | None) -> Iterator[Problem]:
    first: dict[str, int] = {}
    by_source = ID not in sheet.header
    column = SOURCE_ID if by_source else ID
    for sheet_row, row in zip(sheet.rows, rows, strict=True):
        given = sheet_row.cells.get(column, "")
        if not given and not row.participant_id and column in sheet.header:
            yield error("no_id", sheet.where(row.number, column), "is empty: every row needs the id of its participant")
        elif by_source and ids is not None and not row.participant_id:
            message = "is not in the file that maps it: add it there (leading zeros are lost in a number column)"
            yield warning("id_not_mapped", sheet.where(row.number, column), message)
        elif row.participant_id in first:
            message = f"has the same participant as row {first[row.participant_id]}: one row per patient"
            yield error("id_twice", sheet.where(row.number, column), message)
        elif row.participant_id:
            first[row.participant_id] = row.number


def _table_problems(sheet: Sheet, rows: list[ClinicalRow], parameters: SurvivalParameters) -> Iterator[Problem]:
    included = [given for given, row in zip(sheet.rows, rows, strict=True) if row.values.get("exclusion") is None]
    if not rows:
        yield error("empty_table", sheet.name, "holds no patients: the first row names the columns, patients follow")
    for name in sheet.header:
        column = load_schema().column(name)
        if column is None or not included:
            continue
        words = sum(row.cells[name].casefold() == UNKNOWN for row in sheet.rows)
        if words and column.type not in ("id", "text") and UNKNOWN not in column.codes:
            yield note("unknown_as_empty", f"{sheet.name}, column {name}", f"'unknown' was read as empty {words} times")
        share = _missing_share(included, name)
        if not column.sparse and column.type != "id" and share > parameters.missing_share:
            message = f"{share:.0%} of the patients have no value: say so wherever the column is used"
            yield warning("many_missing", f"{sheet.name}, column {name}", message)
    yield from _cutoff_problems(sheet, rows)


def _missing_share(rows: Sequence[SheetRow], name: str) -> float:
    return sum(row.cells[name].casefold() in ("", UNKNOWN) for row in rows) / len(rows)


def _cutoff_problems(sheet: Sheet, rows: Iterable[ClinicalRow]) -> Iterator[Problem]:
    """One cut-off for all can be seen only where no date was shifted."""
    name = "data_cutoff_date"
    cutoffs = {row.cells[name] for row in sheet.rows} - {""} if name in sheet.header else set()
    if len(cutoffs) > 1 and declared_timeline(sheet) == "original":
        yield error("cutoff_differs", f"{sheet.name}, column {name}", "must be the same for all patients")
    for row in rows:
        cutoff = row.values.get("data_cutoff_days")
        for end in ("death_days", "last_known_alive_days"):
            day = row.values.get(end)
            if isinstance(cutoff, int) and isinstance(day, int) and day > cutoff:
                message = "is after the data cut-off: make sure that it belongs to this analysis"
                yield warning("after_cutoff", sheet.where(row.number, _as_given(sheet, date_name(end))), message)


def _written(columns: Mapping[str, Column], rows: Iterable[ClinicalRow]) -> tuple[str, ...]:
    """Return the columns for cohort.csv: those of the dictionary in its order, then what passes through."""
    schema = load_schema()
    names = {days_name(c) if columns[c].type == "date" else c for c in columns}
    names |= {name for row in rows for name, value in row.values.items() if value is not None}
    known = [name for name in schema.order() if name in names and name != ID]
    other = [days_name(c) if columns[c].type == "date" else c for c in columns]
    return (*known, *(n for n in other if n not in known and n != ID and n not in schema.derived))
