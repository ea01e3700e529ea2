"""A synthetic patient: identity, sessions, clinical facts. Every name and number here is invented."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from sample_scans.phantom import Phantom
from sample_scans.protocol import Station
from sample_scans.vendors import Scanner

ClinicalValue = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What must never leave the hospital; planted so that de-identification can be tested.

    Attributes
    ----------
    name : str
        DICOM person name, ``family^given^middle``.
    patient_id : str
    birth_date : date
    sex : str
        ``M`` or ``F``.
    referring_physician, institution : str
    """

    name: str
    patient_id: str
    birth_date: date
    sex: str
    referring_physician: str
    institution: str

    def age_years(self, day: date) -> int:
        """Return the age in whole years on a day."""
        before = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One visit.

    Attributes
    ----------
    days : int
        Days since the first visit.
    phantom : Phantom
    stations : tuple of Station
    scanner : Scanner
    new_lesions : tuple of int
        Numbers, from 1, of the lesions that were not there at the visit before.
    turn_deg : float
        Turn of the sagittal planes.
    """

    days: int
    phantom: Phantom
    stations: tuple[Station, ...]
    scanner: Scanner
    new_lesions: tuple[int, ...] = ()
    turn_deg: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One person, all visits, and what the clinical table says.

    Attributes
    ----------
    participant : str
        Participant id, letters and digits.
    identity : Identity
    first_visit : date
    sessions : tuple of Session
    clinical : mapping
        Columns of the clinical table but the ids, sex and age.
    """

    participant: str
    identity: Identity
    first_visit: date
    sessions: tuple[Session, ...]
    clinical: Mapping[str, ClinicalValue] = field(default_factory=dict)

    def session_date(self, session: Session) -> date:
        """Return the day of a visit."""
        return self.first_visit + timedelta(days=session.days)

    def session_label(self, session: Session) -> str:
        """Return the number of a visit as it will be ingested, e.g. ``"01"``."""
        return f"{self.sessions.index(session) + 1:02d}"
