"""Who is who: source patients to participants, days to sessions; only the key or the private table leads back."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mri.account import Entry
from mri.bids import read_table
from mri.deidentify import is_source_id, participant_id, shift_day, token, write_private
from mri.headers import Identity
from mri.problems import Problem, warning

_SESSION_DIGITS = 2


@dataclass(kw_only=True)
class People:
    """Participants and sessions of one study, those known and those that come new.

    Attributes
    ----------
    key : bytes
    ids : Mapping
        Source patient id to participant id, from a user's ids.csv; empty without one.
    known : Mapping
        The same from an earlier ingest, used where no ids.csv is given.
    sessions : dict
        (participant, day of the source as token or shifted date) to session number.
    """

    key: bytes
    ids: Mapping[str, str]
    known: Mapping[str, str] = field(default_factory=dict)
    sessions: dict[tuple[str, str], str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    unlisted: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)

    def participant(self, identity: Identity) -> str:
        """Return the participant id of a source patient."""
        listed = self.ids.get(identity.patient_id)
        known = self.known.get(identity.patient_id)
        name = listed or known or participant_id(self.key, identity.patient_id, identity.issuer)
        if self.ids and listed is None:
            self.unlisted.add(name)
        if self.made.setdefault(identity.patient_id, name) != name:
            self.shared.add(name)
        return name

    def day(self, identity: Identity) -> str:
        """Return the shifted ISO date of an examination; empty if none is stated."""
        return shift_day(self.key, self.participant(identity), identity.day)

    def study_token(self, study_uid: str) -> str:
        """Return what stands for a StudyInstanceUID."""
        return token(self.key, "study", study_uid)

    def recall(self, entries: Iterable[Entry]) -> None:
        """Take over the sessions of an earlier ingest; a number once given stays."""
        for entry in entries:
            if entry.session_id:
                self.sessions[_day_key(entry.participant_id, entry.session_date, entry.study)] = entry.session_id

    def number(self, visits: Iterable[tuple[str, str, str]]) -> None:
        """Give numbers to new visits (participant, shifted day, study token) by date after those that are known."""
        for participant, day, study in sorted(set(visits)):
            place = _day_key(participant, day, study)
            if place not in self.sessions:
                taken = [int(s) for (who, _), s in self.sessions.items() if who == participant and s.isdecimal()]
                self.sessions[place] = str(max(taken, default=0) + 1).zfill(_SESSION_DIGITS)

    def session(self, participant: str, day: str, study: str) -> str:
        """Return the session of a visit that was numbered."""
        return self.sessions[_day_key(participant, day, study)]

    def problems(self, ids: Path | None) -> list[Problem]:
        """Return what a user should know of patients without a row, or of one id in two hospitals."""
        twice = [
            warning(
                "patient_id_of_two_issuers",
                f"sub-{name}",
                "another issuer uses the same patient id for another participant; the private ids.csv holds the first "
                "only: tell them apart with --ids per source",
            )
            for name in sorted(self.shared)
        ]
        same = sum(is_source_id(source, name) for source, name in self.ids.items())
        if same and ids is not None:
            message = (
                f"the participant id of {same} rows is the source's own number of the patient, which names the folders "
                "of the study; unless the source is pseudonymous already, give another id and make the study anew"
            )
            twice.append(warning("participant_is_source_id", ids.name, message))
        return twice + [
            warning(
                "ids_missing",
                ids.name if ids else "ids.csv",
                f"a patient of the source has no row and was named sub-{name}; add the row before a first ingest",
            )
            for name in sorted(self.unlisted)
        ]

    def write_ids(self, path: Path) -> None:
        """Add to the private table of source ids and participants."""
        known = {row["source_patient_id"]: row["participant_id"] for row in read_table(path)} if path.is_file() else {}
        write_private_table(path, ("source_patient_id", "participant_id"), sorted((known | self.made).items()))


def write_private_table(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Write a CSV that only its owner may read."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_private(path, text.getvalue())


def _day_key(participant: str, day: str, study: str) -> tuple[str, str]:
    # a visit without any date is told by its study alone
    return (participant, day or f"study-{study}")
