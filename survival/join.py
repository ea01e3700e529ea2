"""Features × clinical table → one row per patient in days, with all that did not match."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mri.problems import Problem, RefusedError, Severity, error, note
from survival.cells import Value, format_value
from survival.clinical import ClinicalRow, ClinicalTable
from survival.clinical_schema import days_name, load_schema
from survival.derived import derive, number
from survival.join_checks import check_joined, check_lesions
from survival.parameters import SurvivalParameters
from survival.reference import Session, choose_reference, mri_sessions, outside_window, within_window
from survival.sheet import read_sheet

TextRow = Mapping[str, str]
HEAD = ("participant_id", "reference_session_id", "match", "days_mri_to_diagnosis", "entry_days")
BOTH, IMAGING_ONLY, CLINICAL_ONLY = "both", "imaging_only", "clinical_only"
AGE = "age_at_diagnosis_years"
NO_MRI_IN_WINDOW = "no MRI"
_ID_SIDES = ("participant_id", "session_id")
UNMATCHED_COLUMNS = ("participant_id", "side", "clinical_row", "reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmatched:
    """A participant on one side only: which side, in which row of the clinical table if there, and why."""

    participant_id: str
    side: str
    clinical_row: int | None
    reason: str

    def as_record(self) -> dict[str, str]:
        """Return the row that unmatched.csv writes."""
        row = "" if self.clinical_row is None else str(self.clinical_row)
        return {"participant_id": self.participant_id, "side": self.side, "clinical_row": row, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinResult:
    """The cohort as text, as it is written; every patient of either side has a row, or is in `unmatched`, or both."""

    columns: tuple[str, ...]
    rows: tuple[TextRow, ...]
    unmatched: tuple[Unmatched, ...]
    problems: tuple[Problem, ...]
    counts: Mapping[str, int] = field(default_factory=dict)


def join_tables(
    patients: Path | Sequence[TextRow],
    clinical: ClinicalTable,
    *,
    lesions: Path | Sequence[TextRow] | None = None,
    parameters: SurvivalParameters | None = None,
    date_shift_days: Mapping[str, int] | None = None,
) -> JoinResult:
    """Join by participant; the reference session's features stand in the row.

    Parameters
    ----------
    patients : Path or rows
        patients.csv: one row per participant and session; dates shifted.
    clinical : ClinicalTable
    lesions : Path or rows, optional
        lesions.csv; with it the lesions are counted against ``n_lesions``.
    parameters : SurvivalParameters, optional
    date_shift_days : mapping of participant to int, optional
        Days that were added to a participant's true dates to make the shifted ones. Needed where the clinical
        dates are original; used in memory only.

    Raises
    ------
    RefusedError
        The two timelines cannot be brought together, nothing matches, or a value contradicts another (every one named).
    """
    parameters = parameters or SurvivalParameters()
    features = _read(patients)
    sessions, problems = mri_sessions(features, clinical, date_shift_days)
    _refuse(problems)
    by_id = {row.participant_id: row for row in clinical.rows if row.participant_id}
    everyone = sorted({*by_id, *sessions})
    unmatched = [*_unmatched(clinical, sessions), *_too_far(clinical, sessions, parameters)]
    if not set(by_id) & set(sessions):
        raise RefusedError(_nothing_matches(len(sessions), clinical))
    columns = _columns(features, clinical)
    rows: list[dict[str, str]] = []
    for participant in everyone:
        row, found = _joined(participant, by_id.get(participant), sessions.get(participant, ()), parameters)
        problems += found
        rows.append({name: row.get(name, "") for name in columns})
    problems += check_lesions(features, _read(lesions) if lesions is not None else None, parameters)
    problems += _collisions(features, clinical, by_id)
    listed = [_as_problem(u) for u in unmatched]
    if any(p.severity is Severity.ERROR for p in problems):
        raise RefusedError([*problems, *listed])
    problems += listed
    counts = {side: sum(row["match"] == side for row in rows) for side in (BOTH, IMAGING_ONLY, CLINICAL_ONLY)}
    return JoinResult(
        columns=columns, rows=tuple(rows), unmatched=tuple(unmatched), problems=tuple(problems), counts=counts
    )


def write_cohort(result: JoinResult, folder: Path) -> tuple[Path, Path]:
    """Write cohort.csv and unmatched.csv into `folder`, each whole or not at all; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    return (
        _write(folder / "cohort.csv", result.columns, result.rows),
        _write(folder / "unmatched.csv", UNMATCHED_COLUMNS, [u.as_record() for u in result.unmatched]),
    )


def _write(path: Path, columns: Sequence[str], rows: Iterable[TextRow]) -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text.getvalue(), encoding="utf-8", newline="")
    return temporary.replace(path)


def _read(table: Path | Sequence[TextRow]) -> list[TextRow]:
    return [row.cells for row in read_sheet(table).rows] if isinstance(table, Path) else list(table)


def _refuse(problems: Iterable[Problem]) -> None:
    found = list(problems)
    if any(p.severity is Severity.ERROR for p in found):
        raise RefusedError(found)


def _nothing_matches(n_imaging: int, clinical: ClinicalTable) -> Problem:
    message = (
        f"none of the {len(clinical.rows)} patients is among the {n_imaging} participants with imaging: "
        "participant_id must be as in patients.csv, without sub-; or map source_patient_id with --ids"
    )
    return error("nothing_matches", clinical.name, message)


def _columns(features: Sequence[TextRow], clinical: ClinicalTable) -> tuple[str, ...]:
    """Return the columns of cohort.csv in their stable order; the date of the MRI itself is left out."""
    schema = load_schema()
    imaging = [days_name(n) if n.endswith("_date") else n for n in (features[0] if features else {})]
    names = [*HEAD, *(n for n in imaging if n not in (*_ID_SIDES, "mri_days")), *clinical.columns, *schema.derived]
    return tuple(dict.fromkeys(names))


def _joined(
    participant: str, clinical: ClinicalRow | None, sessions: Sequence[Session], parameters: SurvivalParameters
) -> tuple[dict[str, str], list[Problem]]:
    values = dict(clinical.values) if clinical else {}
    problems: list[Problem] = []
    reference = None
    candidates = within_window(sessions, parameters) if clinical else list(sessions)
    if candidates:
        reference, problems = choose_reference(participant, candidates, values, parameters)
    match = BOTH if clinical and reference else CLINICAL_ONLY if clinical else IMAGING_ONLY
    row = {"participant_id": participant, "match": match} | (dict(reference.row) if reference else {})
    mri_day = reference.day if reference else None
    if reference:
        row["reference_session_id"] = row.pop("session_id")
    if clinical and reference:
        problems += check_joined(participant, reference.row, values, mri_day, parameters)
    problems += _capped(participant, values, parameters)
    derived = derive(values | {"n_regions": _count(row.get("n_regions", ""))}, parameters)
    derived["pet_in_window"] = _in_window(number(values, "pet_days"), mri_day, parameters)
    for name, value in (values | derived | _entry(mri_day)).items():
        if value is not None or name not in row:
            row[name] = format_value(value)
    return row, problems


def _entry(mri_day: int | None) -> dict[str, Value]:
    return {"days_mri_to_diagnosis": None if mri_day is None else -mri_day, "entry_days": mri_day}


def _count(text: str) -> Value:
    return int(text) if text.isdecimal() else None


def _in_window(pet_day: float | None, mri_day: int | None, parameters: SurvivalParameters) -> bool | None:
    if pet_day is None or mri_day is None:
        return None
    first, last = parameters.pet_window_days
    return first <= pet_day - mri_day <= last


def _capped(participant: str, values: dict[str, Value], parameters: SurvivalParameters) -> list[Problem]:
    age = number(values, AGE)
    if age is None or age <= parameters.top_age_years - 1:
        return []
    values[AGE] = parameters.top_age_years
    message = f"an age above {parameters.top_age_years - 1:g} is written {parameters.top_age_years:g}"
    return [note("age_capped", f"participant {participant}", message)]


def _unmatched(clinical: ClinicalTable, sessions: Mapping[str, Sequence[Session]]) -> list[Unmatched]:
    found = []
    for row in clinical.rows:
        if row.participant_id in sessions:
            continue
        code = row.values.get("exclusion")
        reason = f"excluded: {code}" if code else "no row in patients.csv: no imaging was measured"
        if not row.participant_id:
            reason = "source_patient_id is not in the file that maps it"
        found.append(
            Unmatched(participant_id=row.participant_id, side=CLINICAL_ONLY, clinical_row=row.number, reason=reason)
        )
    known = {row.participant_id for row in clinical.rows}
    reason = f"no row in {clinical.name}"
    alone = sorted(set(sessions) - known)
    return found + [Unmatched(participant_id=p, side=IMAGING_ONLY, clinical_row=None, reason=reason) for p in alone]


def _too_far(
    clinical: ClinicalTable, sessions: Mapping[str, Sequence[Session]], parameters: SurvivalParameters
) -> list[Unmatched]:
    """List those who have imaging, but none within the declared days of their diagnosis."""
    return [
        Unmatched(
            participant_id=row.participant_id,
            side=CLINICAL_ONLY,
            clinical_row=row.number,
            reason=f"{NO_MRI_IN_WINDOW} {outside_window(sessions[row.participant_id], parameters)}",
        )
        for row in clinical.rows
        if row.participant_id in sessions
        and row.values.get("exclusion") is None
        and not within_window(sessions[row.participant_id], parameters)
    ]


def _as_problem(unmatched: Unmatched) -> Problem:
    where = f"participant {unmatched.participant_id}" if unmatched.participant_id else f"row {unmatched.clinical_row}"
    if unmatched.reason.startswith("excluded"):
        return note("excluded_without_imaging", where, unmatched.reason)
    mend = "add the row or mend the id" if unmatched.side == IMAGING_ONLY else "ingest and measure it, or mend the id"
    if unmatched.reason.startswith(NO_MRI_IN_WINDOW):
        mend = "mend a date, or declare another mri_window_days"
    return error("unmatched", where, f"{unmatched.reason}: {mend}")


def _collisions(
    features: Sequence[TextRow], clinical: ClinicalTable, by_id: Mapping[str, ClinicalRow]
) -> list[Problem]:
    """Name the columns that both tables hold with different values: which is right cannot be told."""
    shared = set(clinical.columns) & set(features[0] if features else ())
    wrong = set()
    for row in features:
        clinical_row = by_id.get(row["participant_id"])
        values = clinical_row.values if clinical_row else {}
        wrong |= {n for n in shared if values.get(n) is not None and row[n] not in ("", format_value(values[n]))}
    message = "is in patients.csv too, with other values: name it differently or take it out"
    return [error("column_on_both_sides", f"{clinical.name}, column {name}", message) for name in sorted(wrong)]
