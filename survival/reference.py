"""On which day, counted from the ISCM diagnosis, each MRI was made, and which one is the reference."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from mri.problems import Problem, RefusedError, error, warning
from survival.cells import Value
from survival.clinical import ClinicalTable
from survival.clinical_schema import days_name, load_schema
from survival.derived import number
from survival.parameters import SurvivalParameters

MRI_DATE = "mri_date"
NEEDED = ("participant_id", "session_id")


MEASURED = "ok"
"""Status of a session with numbers; another is the reference only where a participant has no such session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One session of a participant.

    Attributes
    ----------
    row : mapping of str to str
        Row of patients.csv, its dates replaced by ``*_days`` from the ISCM diagnosis.
    day : int or None
        Day of the MRI from the ISCM diagnosis; None where it cannot be told.
    shifted_date : str
        For the order of a participant's sessions only.
    """

    row: Mapping[str, str]
    day: int | None
    shifted_date: str


def mri_sessions(
    features: Sequence[Mapping[str, str]], clinical: ClinicalTable, date_shift_days: Mapping[str, int] | None
) -> tuple[dict[str, list[Session]], list[Problem]]:
    """Return the sessions of every participant, with their days from the ISCM diagnosis.

    Parameters
    ----------
    features : rows of patients.csv
    clinical : ClinicalTable
    date_shift_days : mapping of participant to int, or None
        Shifted date = true date + this; needed where the clinical dates are original.
    """
    missing = [name for name in NEEDED if features and name not in features[0]]
    if missing or not features:
        what = f"has no column {' and '.join(missing)}" if missing else "holds no rows"
        raise RefusedError(error("no_column", "patients.csv", f"{what}: run measure first"))
    diagnoses = {row.participant_id: row.diagnosis_date for row in clinical.rows}
    has_dates = any(row.get(MRI_DATE) for row in features)
    if clinical.timeline == "original" and date_shift_days is None and has_dates:
        return {}, [_two_timelines(clinical)]
    shifts = date_shift_days or {}
    out: dict[str, list[Session]] = {}
    problems = []
    for row in features:
        participant = row["participant_id"]
        diagnosis = diagnoses.get(participant)
        if clinical.timeline == "original" and diagnosis and row.get(MRI_DATE):
            if participant not in shifts:
                problems.append(_no_shift(participant))
            diagnosis += timedelta(days=shifts.get(participant, 0))
        out.setdefault(participant, []).append(_session(row, diagnosis))
    return out, problems


def within_window(sessions: Sequence[Session], parameters: SurvivalParameters) -> list[Session]:
    """Return the sessions on a day of the declared window; one of unknown day is in none."""
    window = parameters.mri_window_days
    if window is None:
        return list(sessions)
    return [s for s in sessions if s.day is not None and window[0] <= s.day <= window[1]]


def outside_window(sessions: Sequence[Session], parameters: SurvivalParameters) -> str:
    """Return the window that no session of a participant lies in, and the days of the sessions, from the diagnosis."""
    first, last = parameters.mri_window_days or (0, 0)
    days = sorted(s.day for s in sessions if s.day is not None)
    made = f"on day {', '.join(map(str, days))}" if days else "on a day that is not known"
    return f"on day {first} to {last} from the diagnosis: made {made}"


def choose_reference(
    participant: str, sessions: Sequence[Session], clinical: Mapping[str, Value], parameters: SurvivalParameters
) -> tuple[Session, list[Problem]]:
    """Return the reference session by the declared rule, with a warning where the rule could not be kept."""
    where = f"participant {participant}"
    sessions = [s for s in sessions if s.row.get("status", MEASURED) in ("", MEASURED)] or sessions
    known = [s for s in sessions if s.day is not None]
    if not known or len(known) < len(sessions) or parameters.reference_rule == "first":
        first = min(sessions, key=lambda s: (s.shifted_date == "", s.shifted_date))
        if len(sessions) == 1 or parameters.reference_rule == "first":
            return first, []
        message = "the days of the sessions from diagnosis are not known: the earliest is the reference; give dates"
        return first, [warning("reference_by_order", where, message)]
    start = _first_treatment(clinical)
    allowed = [s for s in known if start is None or _day(s) <= start]
    by_distance = parameters.reference_rule == "nearest_diagnosis" or not allowed
    chosen = min(known if by_distance else allowed, key=_nearness)
    if start is not None and _day(chosen) > start:
        message = "the reference MRI is after the first treatment: the treatment may have changed what it shows"
        return chosen, [warning("mri_after_treatment", where, message)]
    return chosen, []


def _day(session: Session) -> int:
    return session.day or 0


def _nearness(session: Session) -> tuple[int, int, str]:
    """Rank by distance from the diagnosis; of two at one distance the earlier is first, of one day the lower number."""
    return abs(_day(session)), _day(session), session.row.get("session_id", "")


def _first_treatment(clinical: Mapping[str, Value]) -> float | None:
    days = (number(clinical, f"{name}_days") for name in load_schema().treatments())
    return min((day for day in days if day is not None), default=None)


def _session(row: Mapping[str, str], diagnosis: date | None) -> Session:
    """Turn every date of a row into days; `diagnosis` is on the timeline of the row."""
    out = {}
    for name, text in row.items():
        if name.endswith("_date"):
            out[days_name(name)] = str((date.fromisoformat(text) - diagnosis).days) if text and diagnosis else ""
        else:
            out[name] = text
    day = out.pop(days_name(MRI_DATE), "")
    return Session(row=out, day=int(day) if day else None, shifted_date=row.get(MRI_DATE, ""))


def _two_timelines(clinical: ClinicalTable) -> Problem:
    message = (
        "its dates are original, those of the MRI are shifted: give the key (--key), or give the clinical dates as "
        "*_days, or say --dates shifted if they were shifted by the same days"
    )
    return error("timeline_mixed", clinical.name, message)


def _no_shift(participant: str) -> Problem:
    message = "has no date shift under this key: give the key that the study was ingested with"
    return error("no_date_shift", f"participant {participant}", message)
