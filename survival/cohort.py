"""From cohort.csv to who is analysed, for how long each was seen, and why the others are not."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mri.problems import Problem, RefusedError, Severity, error
from survival.cells import Value, format_value
from survival.clinical import in_days, typed_cells, unreadable
from survival.clinical_header import holds_mail
from survival.clinical_schema import Column, days_name, load_schema
from survival.derived import derive, end_days, number
from survival.flow import FlowStep
from survival.parameters import SurvivalParameters
from survival.row_checks import CheckedRow, check_row
from survival.sheet import Sheet, SheetRow, read_sheet

Origin = Literal["iscm_diagnosis", "iscm_presentation"]
LostRule = Literal["censored", "excluded"]
ORIGINS: tuple[Origin, ...] = ("iscm_diagnosis", "iscm_presentation")
ADDED = ("time_days", "event", "origin", "in_analysis", "exclusion_reason")
NO_REASON = ""
UNMATCHED = ("no_imaging", "no_clinical_row")
IN_TABLE, ELIGIBLE, MATCHED = "Patients in the table", "Eligible", "With reference MRI and clinical data"
ANALYSED = "Analysed"
REASON_LABELS = {
    "no_pretreatment_mri": "no pretreatment MRI",
    "no_definite_mri": "no definite MRI",
    "no_imaging": "no measured MRI",
    "no_clinical_row": "no row in the clinical table",
    "lost_to_follow_up": "lost to follow-up",
    "no_vital_status": "vital status not known",
    "no_survival_time": "survival time not known",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """A declared condition of the cohort: a patient whose value of `column` it does not keep is excluded."""

    label: str
    column: str
    keep: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRules:
    """What a plan declares about the cohort.

    Attributes
    ----------
    origin : {"iscm_diagnosis", "iscm_presentation"}
        Day 0 of ``time_days``.
    lost : {"censored", "excluded"}
        Patients lost to follow-up: censored at last known alive (Diehn 2015), or left out (Lv 2019).
    filters : tuple of Filter
    needed : tuple of str
        Columns that the table must have.
    """

    origin: Origin = "iscm_diagnosis"
    lost: LostRule = "censored"
    filters: tuple[Filter, ...] = ()
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Every patient of the table, analysed or not.

    Attributes
    ----------
    name : str
        File name of the table.
    columns : tuple of str
        In order, ``time_days event origin in_analysis exclusion_reason`` last.
    rows : tuple of mapping of str to str
        Text as it is written; dates in days, booleans 0/1, empty = missing.
    time_days : mapping of origin to days, one per row, None where not known
    event : tuple of int or None
        1 death, 0 censored, one per row.
    in_analysis : tuple of bool
    flow : tuple of FlowStep
        From all patients of the table to those analysed.
    problems : tuple of Problem
        Warnings.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    time_days: Mapping[str, tuple[float | None, ...]]
    event: tuple[int | None, ...]
    in_analysis: tuple[bool, ...]
    flow: tuple[FlowStep, ...]
    problems: tuple[Problem, ...]

    def analysed(self) -> list[int]:
        """Return the positions in `rows` of the patients who are analysed."""
        return [i for i, inside in enumerate(self.in_analysis) if inside]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Patient:
    number: int
    values: Mapping[str, Value]
    text: Mapping[str, str]


def read_cohort(
    path: Path | str, rules: CohortRules | None = None, parameters: SurvivalParameters | None = None
) -> Cohort:
    """Read cohort.csv, or any CSV that meets the dictionary, and say who is analysed.

    Dates are turned into days, and derived columns that are not there are made.

    Raises
    ------
    RefusedError
        With every missing column, unreadable cell and contradiction: row, column, value and mend.
    """
    rules, parameters = rules or CohortRules(), parameters or SurvivalParameters()
    sheet = read_sheet(Path(path))
    columns, problems = _known_columns(sheet), []
    patients = []
    for sheet_row in sheet.rows:
        patient, found = _patient(sheet, sheet_row, columns, parameters)
        patients.append(patient)
        problems += found
    header = _header(sheet, columns)
    named = [*_missing_columns(sheet.name, header, rules), *_mail_addresses(sheet), *_ids_twice(sheet, patients)]
    problems = [*named, *problems]
    if any(p.severity is Severity.ERROR for p in problems):
        raise RefusedError(problems)
    return _cohort(sheet.name, header, patients, rules, parameters, problems)


def _mail_addresses(sheet: Sheet) -> Iterator[Problem]:
    for name in sheet.header:
        if holds_mail(sheet, name):
            message = "holds an e-mail address, which tells who a person is: take it out"
            yield error("mail_address", f"{sheet.name}, column {name}", message)


def _known_columns(sheet: Sheet) -> dict[str, Column]:
    schema = load_schema()
    known = {name: schema.column(name) or schema.derived.get(name) for name in sheet.header}
    return {name: column for name, column in known.items() if column}


def _header(sheet: Sheet, columns: Mapping[str, Column]) -> tuple[str, ...]:
    dates = {name for name, column in columns.items() if column.type == "date"}
    names = [days_name(name) if name in dates else name for name in sheet.header if name not in ADDED]
    made = [*(["iscm_diagnosis_days"] if dates else []), *load_schema().derived]
    return tuple(dict.fromkeys([*names, *made]))


def _missing_columns(name: str, header: Sequence[str], rules: CohortRules) -> Iterator[Problem]:
    needed = ["participant_id", *rules.needed, *(f.column for f in rules.filters)]
    for column in dict.fromkeys(needed):
        if column not in header:
            yield error(
                "no_column", f"{name}, row 1", f"there is no column {column}: add it, or take it out of the plan"
            )
    if "vital_status" not in header:
        yield error("no_column", f"{name}, row 1", "there is no column vital_status: add it (alive, dead, lost)")
    if not {"death_days", "os_months"} & set(header):
        yield error(
            "no_column", f"{name}, row 1", "there is no column death_days (or death_date, or os_months): add it"
        )


def _ids_twice(sheet: Sheet, patients: Iterable[_Patient]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for patient in patients:
        who = patient.text.get("participant_id", "")
        if not who and "participant_id" in sheet.header:
            message = "is empty: every row needs the id of its participant"
            yield error("no_id", sheet.where(patient.number, "participant_id"), message)
        elif who in first:
            message = f"has the same participant as row {first[who]}: one row per patient"
            yield error("id_twice", sheet.where(patient.number, "participant_id"), message)
        first.setdefault(who, patient.number)


def _patient(
    sheet: Sheet, row: SheetRow, columns: Mapping[str, Column], parameters: SurvivalParameters
) -> tuple[_Patient, list[Problem]]:
    typed, faulty, problems = typed_cells(sheet, row, columns, parameters)
    values, diagnosis = in_days(typed, columns)
    if row.cells.get("match") != "imaging_only":
        for found in check_row(CheckedRow(values=values, faulty=unreadable(typed, faulty, diagnosis)), parameters):
            place = sheet.where(row.number, found.column)
            problems.append(Problem(code=found.code, severity=found.severity, where=place, message=found.message))
    regions = row.cells.get("n_regions", "")
    made = derive(values | {"n_regions": int(regions) if regions.isdecimal() else None}, parameters)
    values = {**values, **{n: v for n, v in made.items() if values.get(n) is None}}
    text = {n: c for n, c in row.cells.items() if n not in columns} | {n: format_value(v) for n, v in values.items()}
    return _Patient(number=row.number, values=values, text=text), problems


def _cohort(
    name: str,
    header: tuple[str, ...],
    patients: Sequence[_Patient],
    rules: CohortRules,
    parameters: SurvivalParameters,
    problems: Iterable[Problem],
) -> Cohort:
    times: dict[str, tuple[float | None, ...]] = {
        origin: tuple(survival_time(p.values, origin, parameters) for p in patients) for origin in ORIGINS
    }
    events = tuple(_event(p.values) for p in patients)
    reasons = [_reason(p, time, rules) for p, time in zip(patients, times[rules.origin], strict=True)]
    rows = []
    for patient, time, event, reason in zip(patients, times[rules.origin], events, reasons, strict=True):
        added = (format_value(time), format_value(event), rules.origin, str(int(not reason)), reason)
        rows.append({n: patient.text.get(n, "") for n in header} | dict(zip(ADDED, added, strict=True)))
    return Cohort(
        name=name,
        columns=(*header, *ADDED),
        rows=tuple(rows),
        time_days=times,
        event=events,
        in_analysis=tuple(not reason for reason in reasons),
        flow=tuple(_flow(reasons)),
        problems=tuple(problems),
    )


def survival_time(values: Mapping[str, Value], origin: Origin, parameters: SurvivalParameters) -> float | None:
    """Return the days from an origin to death, or to last known alive; None where either is not known."""
    end, months = end_days(values), number(values, "os_months")
    if origin == "iscm_presentation":
        start = number(values, "iscm_presentation_days")
        time = None if end is None or start is None else end - start
    else:
        time = end if end is not None or months is None else months * parameters.days_per_month
    if time == 0 and parameters.zero_duration == "half_day":
        return parameters.half_day
    return time


def _event(values: Mapping[str, Value]) -> int | None:
    status = values.get("vital_status")
    return None if status is None else int(status == "dead")


def _reason(patient: _Patient, time: float | None, rules: CohortRules) -> str:
    code, match, status = (
        patient.values.get("exclusion"),
        patient.text.get("match"),
        patient.values.get("vital_status"),
    )
    stops = {
        str(code): code is not None,
        "no_clinical_row": match == "imaging_only",
        "no_imaging": match == "clinical_only",
        "lost_to_follow_up": status == "lost" and rules.lost == "excluded",
        "no_vital_status": status is None,
        "no_survival_time": time is None or not math.isfinite(time),
    }
    kept = {f"filter: {f.label}": not f.keep(patient.text.get(f.column, "")) for f in rules.filters}
    return next((reason for reason, stopped in (stops | kept).items() if stopped), NO_REASON)


def _flow(reasons: Sequence[str]) -> Iterator[FlowStep]:
    """Yield the boxes of the flow: table, eligible, matched, analysed; one without anybody left out is not drawn."""
    codes = load_schema().columns["exclusion"].codes
    others = tuple(dict.fromkeys(r for r in reasons if r and r not in (*codes, *UNMATCHED)))
    left = len(reasons)
    for label, stage in ((IN_TABLE, codes), (ELIGIBLE, UNMATCHED), (MATCHED, others)):
        excluded = tuple((_label(code), reasons.count(code)) for code in stage if code in reasons)
        if excluded or label == IN_TABLE:
            yield FlowStep(label=label, n=left, excluded=excluded)
        left -= sum(count for _, count in excluded)
    yield FlowStep(label=ANALYSED, n=left)


def _label(code: str) -> str:
    return REASON_LABELS.get(code, code.replace("_", " ").removeprefix("filter: "))
