"""The cohort table at the door of an analysis: who is analysed under a plan, and the flow that led there."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mri.problems import Problem, RefusedError, Severity, error, warning
from survival.baseline import baseline_problems
from survival.clinical_schema import load_schema
from survival.cohort import Cohort, CohortRules, Filter, read_cohort
from survival.flow import FlowStep
from survival.parameters import SurvivalParameters
from survival.plan import Plan, as_number, check_columns, normal_code
from survival.results import Patients, in_subset
from survival.sheet import read_sheet

SOLITARY, CERTAIN, YES = ("n_lesions", ("1",)), "solitary_certain", "1"
"""The rule of a subset of solitary lesions, and the column that says for whom the whole cord was imaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A cohort ready for a plan.

    Attributes
    ----------
    columns, rows : the analysis's own copy of the table: every patient, analysed or not
    patients : those who are analysed
    eligible : everybody without an exclusion, whose features are counted, seen to the end or not
    flow : from all patients of the table to those analysed, then each subset of the plan
    problems : warnings about the table
    sha256 : of the file as it was read
    """

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]
    patients: Patients
    eligible: Patients
    flow: tuple[FlowStep, ...]
    problems: tuple[Problem, ...]
    sha256: str


def take_in(path: Path, plan: Plan, parameters: SurvivalParameters | None = None) -> Intake:
    """Read a cohort table under the rules of a plan.

    Raises
    ------
    RefusedError
        With every unreadable cell, contradiction and missing column at once; or no patient can be analysed.
    """
    sheet = read_sheet(path)
    parameters = parameters or SurvivalParameters()
    if plan.zero_duration is not None:
        parameters = replace(parameters, zero_duration=plan.zero_duration)
    rules = CohortRules(
        origin=plan.origin,
        lost=plan.lost,
        filters=tuple(Filter(label=f.label, column=f.variable, keep=f.group().holds) for f in plan.filters),
    )
    try:
        cohort = read_cohort(path, rules, parameters)
    except RefusedError as refused:
        columns = (*sheet.header, *load_schema().derived)
        missing = [p for p in check_columns(plan, columns, path.name) if p.severity is Severity.ERROR]
        raise RefusedError([*refused.problems, *missing]) from None
    patients = _patients(cohort, cohort.analysed())
    missing = check_columns(plan, cohort.columns, path.name)
    if any(p.severity is Severity.ERROR for p in missing):
        raise RefusedError(missing)
    if not any(cohort.in_analysis):
        raise RefusedError(error("nobody_analysed", path.name, _nobody(cohort)))
    return Intake(
        columns=cohort.columns,
        rows=cohort.rows,
        patients=patients,
        eligible=_patients(cohort, [i for i, row in enumerate(cohort.rows) if not _left_out(row)]),
        flow=(*cohort.flow, *_subset_steps(plan, patients)),
        problems=(*cohort.problems, *missing, *baseline_problems(plan), *_late_images(plan, patients, path.name)),
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def _late_images(plan: Plan, patients: Patients, where: str) -> tuple[Problem, ...]:
    """Return a warning where reference MRIs came after day 0: who has one had to live until then."""
    entries = [as_number(cell) for cell in patients.cells("entry_days")]
    ends = patients.time_days["iscm_diagnosis"]
    late = [
        (end, day) for end, day in zip(ends, entries, strict=True) if end is not None and day is not None and day > 0
    ]
    is_counted = bool(plan.models) and all(model.entry for model in plan.models)
    if plan.origin != "iscm_diagnosis" or not late or is_counted:
        return ()
    ended = sum(end <= day for end, day in late)
    message = (
        f"{len(late)} of {len(patients)} patients had their reference MRI after day 0, {ended} of them ended by that "
        'day: what it shows was not known before (immortal time); a model with entry = "entry_days" counts from it'
    )
    return (warning("entry_after_day_0", f"{where}, column entry_days", message),)


def _subset_steps(plan: Plan, patients: Patients) -> tuple[FlowStep, ...]:
    """Return a step per subset that a survival analysis uses; one that is only counted is not on the way to it.

    A subset of solitary lesions has a step for those who are so for certain, where the table says who that is.
    """
    used = {row.subset for row in plan.rows}
    steps = []
    for subset in (one for one in plan.subsets if one.name in used):
        inside = in_subset(plan, subset.name, patients)
        steps.append(FlowStep(label=f"of these, {subset.label}", n=sum(inside)))
        certain = patients.cells(CERTAIN)
        if (subset.variable, subset.codes) == SOLITARY and any(certain):
            n = sum(kept and normal_code(cell) == YES for kept, cell in zip(inside, certain, strict=True))
            steps.append(FlowStep(label="of these, solitary for certain (whole cord imaged)", n=n))
    return tuple(steps)


def _nobody(cohort: Cohort) -> str:
    why = ", ".join(f"{reason}: {count}" for step in cohort.flow for reason, count in step.excluded)
    return f"has no patient who can be analysed ({why or 'no rows'}): mend these rows or the plan's filter."


def _left_out(row: Mapping[str, str]) -> bool:
    """Return whether a patient is out for a reason of eligibility, not for want of a survival time."""
    return bool(row.get("exclusion")) or row.get("match") in ("imaging_only", "clinical_only")


def _patients(cohort: Cohort, chosen: Sequence[int]) -> Patients:
    return Patients(
        columns={name: tuple(cohort.rows[i][name] for i in chosen) for name in cohort.columns},
        time_days={origin: tuple(times[i] for i in chosen) for origin, times in cohort.time_days.items()},
        event=tuple(cohort.event[i] or 0 for i in chosen),
    )
