"""What the columns of one patient must agree on: dates in order, status with dates, derived with their sources."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from mri.problems import Severity
from survival.cells import Value
from survival.clinical_schema import Schema, load_schema
from survival.derived import derive, end_days, metastatic_sites, number
from survival.parameters import SurvivalParameters

DAYS_PER_YEAR = 365.25
OLDEST_TOLD = 89
"""Above it an age may be written 90, whatever it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something wrong in a row: `column` is where to look first."""

    code: str
    column: str
    message: str
    severity: Severity = Severity.ERROR


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRow:
    """Typed values of one patient (dates as ``*_days``), and the columns whose cells could not be read."""

    values: Mapping[str, Value]
    faulty: frozenset[str] = field(default_factory=frozenset)

    @property
    def included(self) -> bool:
        """Whether the row has no exclusion code."""
        return self.values.get("exclusion") is None

    def lacks(self, *names: str) -> bool:
        """Return whether every one of the columns is empty; a faulty cell is not empty."""
        return all(self.values.get(name) is None and name not in self.faulty for name in names)


def check_row(row: CheckedRow, parameters: SurvivalParameters) -> list[Finding]:
    """Return everything that is wrong within one row."""
    schema = load_schema()
    return [
        *_required(row),
        *_status(row),
        *_order(row),
        *_duration(row, parameters),
        *_only_if(row, schema),
        *_agreement(row, schema),
        *_given_derived(row, schema, parameters),
        *_unusual(row, parameters),
    ]


def _required(row: CheckedRow) -> Iterator[Finding]:
    has_origin = {"iscm_diagnosis_days", "os_months"} & set(row.values)
    if row.included and has_origin and row.lacks("iscm_diagnosis_days", "os_months"):
        message = "is missing: give the date of ISCM diagnosis, or an exclusion code"
        yield Finding(code="no_diagnosis", column="iscm_diagnosis_date", message=message)
    if number(row.values, "iscm_diagnosis_days"):
        message = "must be 0 or empty: the ISCM diagnosis is day 0 of every *_days column"
        yield Finding(code="diagnosis_not_day_0", column="iscm_diagnosis_days", message=message)
    if row.included and "vital_status" in row.values and row.lacks("vital_status"):
        message = "is missing: the patient cannot enter a survival analysis"
        yield Finding(code="no_status", column="vital_status", message=message, severity=Severity.WARNING)


def _status(row: CheckedRow) -> Iterator[Finding]:
    status = row.values.get("vital_status")
    if status == "dead" and row.lacks("death_days", "os_months"):
        message = "the patient is dead without a date: give death_date, or mend vital_status"
        yield Finding(code="dead_without_date", column="death_date", message=message)
    if status == "alive" and number(row.values, "death_days") is not None:
        message = "the patient is alive with a date of death: take it out, or mend vital_status"
        yield Finding(code="alive_with_death_date", column="death_date", message=message)
    if row.included and status in ("alive", "lost") and row.lacks("last_known_alive_days", "os_months", "death_days"):
        message = f"is missing for a patient who is {status}: without it the patient cannot be censored"
        yield Finding(
            code="no_censoring_date", column="last_known_alive_date", message=message, severity=Severity.WARNING
        )
    if number(row.values, "os_months") is not None and end_days(row.values) is not None:
        message = "stands beside dates: leave os_months empty where there are dates"
        yield Finding(code="os_months_with_dates", column="os_months", message=message)


def _order(row: CheckedRow) -> Iterator[Finding]:
    days = {
        name: number(row.values, name) for name in ("last_known_alive_days", "death_days", "iscm_presentation_days")
    }
    presentation = days.pop("iscm_presentation_days")
    for name, day in days.items():
        column = f"{name.removesuffix('_days')}_date"
        if day is not None and day < 0:
            message = "is before the ISCM diagnosis: mend one of the two dates"
            yield Finding(code="end_before_diagnosis", column=column, message=message)
        if day is not None and presentation is not None and day < presentation:
            message = "is before the ISCM presentation: mend one of the two dates"
            yield Finding(code="end_before_presentation", column=column, message=message)
    if presentation is not None and presentation > 0:
        message = "is after the ISCM diagnosis: mend one of the two dates"
        yield Finding(code="diagnosis_before_presentation", column="iscm_presentation_date", message=message)
    alive, death = days["last_known_alive_days"], days["death_days"]
    if alive is not None and death is not None and alive > death:
        message = "is after the death: mend one of the two dates"
        yield Finding(code="alive_after_death", column="last_known_alive_date", message=message)


def _duration(row: CheckedRow, parameters: SurvivalParameters) -> Iterator[Finding]:
    end = end_days(row.values)
    is_zero = end == 0 or (end is None and number(row.values, "os_months") == 0)
    if is_zero and row.included and parameters.zero_duration == "refuse":
        message = "the survival time is 0 days: mend a date, or declare zero_duration as keep or half_day"
        column = "os_months" if end is None else "death_date or last_known_alive_date"
        yield Finding(code="zero_duration", column=column, message=message)


def _only_if(row: CheckedRow, schema: Schema) -> Iterator[Finding]:
    for name, value in row.values.items():
        column = schema.column(name)
        if column and column.only_if and value is not None and row.values.get(column.only_if) is False:
            message = f"has a value although {column.only_if} is no: mend one of the two"
            yield Finding(code="value_without_parent", column=name, message=message)


def _agreement(row: CheckedRow, schema: Schema) -> Iterator[Finding]:
    values = row.values
    primary, subtype = values.get("primary_malignancy"), values.get("primary_subtype")
    belongs = schema.subtype_of.get(str(subtype))
    if primary and belongs and primary != belongs:
        message = f"'{subtype}' is a subtype of {belongs}, not of {primary}: mend one of the two"
        yield Finding(code="subtype_of_another_primary", column="primary_subtype", message=message)
    counted, given = metastatic_sites(values), number(values, "n_other_metastatic_sites")
    if counted is not None and given is not None and counted != given:
        message = f"is {given:g}, but {counted} of the met_* columns are yes: mend one of the two"
        yield Finding(code="sites_do_not_add_up", column="n_other_metastatic_sites", message=message)
    treated = any(values.get(name) is True for name in schema.treatments())
    if values.get("treatment_status") in ("refused", "not_offered") and treated:
        message = f"is {values['treatment_status']} although a treatment is yes: mend one of the two"
        yield Finding(code="treated_and_not", column="treatment_status", message=message)
    if values.get("paraplegia_at_diagnosis") is True and values.get("paraplegia") is False:
        message = "is no although paraplegia_at_diagnosis is yes: mend one of the two"
        yield Finding(code="paraplegia_and_not", column="paraplegia", message=message)
    if values.get("followup_mri_n") == 0 and number(values, "new_iscm_days") is not None:
        message = "has a new ISCM without any follow-up MRI: mend one of the two"
        yield Finding(code="new_iscm_without_mri", column="new_iscm_date", message=message)


def _given_derived(row: CheckedRow, schema: Schema, parameters: SurvivalParameters) -> Iterator[Finding]:
    """Compare what was typed into a derived column with what its sources give."""
    computed = derive(row.values, parameters)
    for name in schema.derived:
        given, made = row.values.get(name), computed.get(name)
        if given is None or made is None or given == made:
            continue
        message = f"is {_word(given)}, but its sources give {_word(made)}: mend them, and leave the derived column out"
        yield Finding(code="against_its_sources", column=name, message=message)


def _word(value: Value) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _unusual(row: CheckedRow, parameters: SurvivalParameters) -> Iterator[Finding]:
    age = number(row.values, "age_at_diagnosis_years")
    low, high = parameters.usual_age_years
    if age is not None and not low <= age <= high:
        message = f"is outside {low:g} to {high:g} years: make sure that it is right"
        yield Finding(code="unusual_age", column="age_at_diagnosis_years", message=message, severity=Severity.WARNING)
    yield from _before_birth(row, age)
    new = number(row.values, "new_iscm_days")
    if new is not None and new <= 0:
        message = "is not after the ISCM diagnosis: an additional ISCM is seen on a later MRI"
        yield Finding(code="new_iscm_at_baseline", column="new_iscm_date", message=message, severity=Severity.WARNING)
    for name in load_schema().treatments():
        start = number(row.values, f"{name}_days")
        if start is not None and start < 0:
            message = "is before the ISCM diagnosis: treatments are those after it"
            yield Finding(code="treated_before", column=f"{name}_date", message=message, severity=Severity.WARNING)


def _before_birth(row: CheckedRow, age: float | None) -> Iterator[Finding]:
    """Yield the dates that lie before the patient was born, as the age at diagnosis has it."""
    if age is None or age > OLDEST_TOLD:
        return
    born = -(age + 1) * DAYS_PER_YEAR
    for name, day in row.values.items():
        if name.endswith("_days") and isinstance(day, int) and not isinstance(day, bool) and day < born:
            message = f"does not fit the age of {age:g} at the ISCM diagnosis: the patient was not born then"
            column = f"{name.removesuffix('_days')}_date"
            yield Finding(code="age_against_dates", column=column, message=message, severity=Severity.WARNING)
