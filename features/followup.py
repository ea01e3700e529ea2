"""What became of each lesion since the session before, and whether a later one shows an additional lesion.

Computed from what was drawn in both sessions; a reader's word stands, and wins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from features.case import Matrix
from features.matching import Link, Seen, can_match, links
from features.measure import CaseFeatures
from features.parameters import FeatureParameters, FollowUpParameters
from features.readings import TRUSTED, override
from features.rows import Row, flags_text

MEASURES = ("enh_length_mm", "t2_length_mm")
"""What growth is measured by: the first that both sessions have."""
SessionPair = tuple[str, str]
NEW, GONE, MERGED, SPLIT = "new", "gone", "merged", "split"
LARGER, STABLE, SMALLER = "larger", "stable", "smaller"
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Visit:
    """One measured session."""

    case: CaseFeatures
    lesions: tuple[Seen, ...]

    @property
    def session(self) -> str:
        return str(self.case.patient["session_id"])

    def seen(self, lesion_id: int) -> Seen:
        return next(one for one in self.lesions if one.id == lesion_id)

    def shows(self, one: Seen, other: "_Visit") -> bool:
        """Return whether this session's images show the place of a lesion of another session."""
        levels, shown = one.levels, self.case.shown_v
        if levels is None or shown is None or other.case.shown_v is None:
            return False
        return shown[0] - _ROUNDING <= levels[0] and levels[1] <= shown[1] + _ROUNDING


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Step:
    """Two sessions set beside each other."""

    earlier: _Visit
    later: _Visit
    links: frozenset[Link]
    matrix: Matrix | None

    def before(self, lesion_id: int) -> list[int]:
        return sorted(a for a, b in self.links if b == lesion_id)

    def after(self, lesion_id: int) -> list[int]:
        return sorted(b for a, b in self.links if a == lesion_id)

    def is_new(self, one: Seen) -> bool | None:
        """Return whether a later lesion was not there before; None where the earlier images cannot say."""
        if self.before(one.id):
            return False
        told = all(can_match(other, self.matrix) for other in (one, *self.earlier.lesions))
        return True if told and self.earlier.shows(one, self.later) else None

    def gone(self) -> list[int]:
        """Return the earlier lesions that the later images show to be there no more."""
        told = all(can_match(one, self.matrix) for one in self.later.lesions)
        unlinked = [a for a in self.earlier.lesions if not self.after(a.id)]
        return [a.id for a in unlinked if told and a.place.is_counted and self.later.shows(a, self.earlier)]


def follow_up(
    sessions: Iterable[CaseFeatures],
    transforms: Mapping[SessionPair, Matrix] | None = None,
    parameters: FeatureParameters | None = None,
) -> tuple[CaseFeatures, ...]:
    """Compare the sessions of one participant, each with the measured one before it.

    Parameters
    ----------
    sessions : iterable of CaseFeatures
        Every session, in any order, also those that could not be measured; their dates order them.
    transforms : mapping of (str, str) to Matrix, optional
        By earlier and later session: rigid 4×4, later LPS mm from earlier LPS mm. Without one the level scale is used.
    parameters : FeatureParameters, optional

    Returns
    -------
    tuple of CaseFeatures
        In the order given, with `followup_status`, growth and the patient's new lesions filled in where no reader did.
    """
    given = tuple(sessions)
    options = (parameters or FeatureParameters()).followup
    days = [case.patient["mri_date"] for case in given]
    if len(given) > 1 and not all(isinstance(day, date) for day in days):
        return tuple(_with_patient_flag(case, "followup_order_unknown") for case in given)
    ordered = sorted(given, key=lambda case: (str(case.patient["mri_date"]), str(case.patient["session_id"])))
    visits = [_visit(case) for case in ordered]
    measured = [visit for visit in visits if _is_measured(visit)]
    steps = {
        (a.session, b.session): _step(a, b, transforms or {}, options)
        for k, a in enumerate(measured)
        for b in measured[k + 1 :]
    }
    done: dict[str, CaseFeatures] = {}
    for before, visit in zip([None, *measured], measured, strict=False):
        step = None if before is None else steps[before.session, visit.session]
        done[visit.session] = visit.case if step is None else _compared(step, options)
    compared = [_visit(done.get(visit.session, visit.case)) for visit in visits]
    finished = {visit.session: _with_future(k, compared, steps) for k, visit in enumerate(compared)}
    return tuple(finished[str(case.patient["session_id"])] for case in given)


def status_of(one: Seen, step: _Step, parameters: FollowUpParameters) -> str | None:
    """Return what became of a lesion; None where the images or what was drawn do not tell."""
    before = step.before(one.id)
    if not before:
        return NEW if step.is_new(one) else None
    if len(before) > 1:
        return MERGED
    if len(step.after(before[0])) > 1:
        return SPLIT
    return _change(_growth(step.earlier.seen(before[0]), one), parameters)


def _change(growth: Row, parameters: FollowUpParameters) -> str | None:
    """Return larger, smaller or stable: a change must be large enough as a share and in mm."""
    by_mm, by_percent = growth.get("followup_growth_mm"), growth.get("followup_growth_percent")
    if by_mm is None or by_percent is None:
        return None
    change_mm, share = float(str(by_mm)), float(str(by_percent)) / 100
    if change_mm >= parameters.least_change_mm and share >= parameters.larger_share:
        return LARGER
    if change_mm <= -parameters.least_change_mm and share <= -parameters.smaller_share:
        return SMALLER
    return STABLE


def _growth(before: Seen, after: Seen) -> Row:
    """Return the growth in mm and percent by the first measure that both have; nothing where one is cut."""
    for name in MEASURES:
        old, new = before.row[name], after.row[name]
        prefix = name.split("_", 1)[0]
        is_cut = any(one.row[f"{prefix}_truncated"] for one in (before, after))
        if old is None or new is None or is_cut or not float(str(old)):
            continue
        by_mm = float(str(new)) - float(str(old))
        return {
            "followup_measure": name,
            "followup_growth_mm": by_mm,
            "followup_growth_percent": 100 * by_mm / float(str(old)),
        }
    return {}


def _compared(step: _Step, parameters: FollowUpParameters) -> CaseFeatures:
    """Return the later session with its lesions' rows and its patient's row filled in."""
    places = {one.id for one in step.later.lesions}
    rows = [
        _lesion_row(step.later.seen(int(str(row["lesion_id"]))), step, parameters)
        if row["lesion_id"] in places
        else dict(row)
        for row in step.later.case.lesions
    ]
    gone = step.gone()
    new = [one for one in step.later.lesions if one.place.is_counted and _says_new(_row_of(rows, one.id))]
    patient = dict(step.later.case.patient)
    patient |= {
        "followup_previous_session": step.earlier.session,
        "followup_n_new": len(new),
        "followup_n_gone": len(gone),
        "followup_gone_ids": ";".join(str(number) for number in gone) or None,
    }
    flags = set(_flags(step, rows))
    patient["flags"] = flags_text({*_split(patient["flags"]), *flags})
    return replace(step.later.case, lesions=tuple(rows), patient=patient)


def _lesion_row(one: Seen, step: _Step, parameters: FollowUpParameters) -> Row:
    row = dict(one.row)
    before = step.before(one.id)
    row["followup_previous_ids"] = ";".join(str(number) for number in before) or None
    if len(before) == 1 and len(step.after(before[0])) == 1:
        row |= _growth(step.earlier.seen(before[0]), one)
    override(row, {"followup_status": status_of(one, step, parameters)}, "suggested")
    return row


def _flags(step: _Step, rows: Sequence[Row]) -> Iterable[str]:
    if step.earlier.case.patient["author"] != step.later.case.patient["author"]:
        yield "followup_authors_differ"
    if any(row["followup_status"] is None and row["followup_status_na_reason"] is None for row in rows):
        yield "followup_not_told"


def _with_future(number: int, visits: Sequence[_Visit], steps: Mapping[SessionPair, _Step]) -> CaseFeatures:
    """Return a session with what later sessions show: the first of them with an additional lesion, and its day."""
    visit, later = visits[number], visits[number + 1 :]
    if not _is_measured(visit):
        return visit.case
    found = [(one, _new_since(visit, one, visits[number:], steps)) for one in later if _is_measured(one)]
    patient = dict(visit.case.patient)
    override(patient, _answers(found, is_complete=len(found) == len(later)), _source(later))
    patient["first_new_lesion_date"] = _first_day(patient, visits)
    return replace(visit.case, patient=patient)


def _answers(found: Sequence[tuple[_Visit, int | None]], *, is_complete: bool) -> Row:
    """Return the patient's answers from the number of additional lesions in each later session; None: not told."""
    if not found:
        return {"new_lesions_followup": "no_followup_mri" if is_complete else None}
    first = next((visit for visit, n in found if n), None)
    if first is None:
        is_sure = is_complete and all(n is not None for _, n in found)
        return {"new_lesions_followup": "no" if is_sure else None}
    return {
        "new_lesions_followup": "yes",
        "new_lesions_followup_n": max(n or 0 for _, n in found),
        "new_lesions_followup_session": first.session,
    }


def _new_since(
    reference: _Visit, later: _Visit, visits: Sequence[_Visit], steps: Mapping[SessionPair, _Step]
) -> int | None:
    """Return how many lesions of a later session no session from the reference on had; None where not told.

    A reader who said of a lesion what became of it since the session before is believed.
    """
    past = [v for v in visits if _is_measured(v) and (v.session, later.session) in steps]
    new = 0
    for one in later.lesions:
        if not one.place.is_counted:
            continue
        answers = [steps[v.session, later.session].is_new(one) for v in past]
        is_read = one.row["followup_status_source"] in TRUSTED and past[-1].session == reference.session
        if is_read:
            new += one.row["followup_status"] == NEW
        elif False not in answers:
            if None in answers:
                return None
            new += 1
    return new


def _first_day(patient: Mapping[str, object], visits: Sequence[_Visit]) -> object:
    """Return the day of the session that the answer names."""
    if patient["new_lesions_followup"] != "yes":
        return None
    named = str(patient["new_lesions_followup_session"] or "").removeprefix("ses-")
    return next((visit.case.patient["mri_date"] for visit in visits if visit.session == named), None)


def _source(later: Sequence[_Visit]) -> str:
    """Return ``reader`` where a reader said of every later lesion what became of it, else ``suggested``."""
    lesions = [row for visit in later for row in visit.case.lesions]
    read = bool(lesions) and all(row["followup_status_source"] in TRUSTED for row in lesions)
    return "reader" if read else "suggested"


def _visit(case: CaseFeatures) -> _Visit:
    rows = {row["lesion_id"]: row for row in case.lesions}
    return _Visit(case=case, lesions=tuple(Seen(row=rows[p.lesion_id], place=p) for p in case.places))


def _step(
    earlier: _Visit, later: _Visit, transforms: Mapping[SessionPair, Matrix], parameters: FollowUpParameters
) -> _Step:
    matrix = transforms.get((earlier.session, later.session))
    found = links(earlier.lesions, later.lesions, matrix, parameters)
    return _Step(earlier=earlier, later=later, links=found, matrix=matrix)


def _is_measured(visit: _Visit) -> bool:
    return visit.case.patient["status"] == "ok"


def _says_new(row: Mapping[str, object]) -> bool:
    return row["followup_status"] == NEW


def _row_of(rows: Sequence[Row], lesion_id: int) -> Row:
    return next(row for row in rows if row["lesion_id"] == lesion_id)


def _with_patient_flag(case: CaseFeatures, flag: str) -> CaseFeatures:
    flags = flags_text({*_split(case.patient["flags"]), flag})
    return replace(case, patient=dict(case.patient) | {"flags": flags})


def _split(flags: object) -> list[str]:
    return [flag for flag in str(flags or "").split(";") if flag]
