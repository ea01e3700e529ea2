"""The Cox models that a plan declares: several covariates, delayed entry, a landmark, a covariate that changes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from survival.estimate import CoxFit, CoxModel, cox_model, kaplan_meier, median_survival, most_degrees
from survival.estimate.timing import split_at_exposure
from survival.plan import Model, Plan, Row, as_number
from survival.results import LATE_FLAGS, Patients, ResultRow, Sample, comes_late, in_subset, sample_of

GLOBAL_TEST = "likelihood ratio"
UNREAD_AUTHOR = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A patient in whom every covariate is known.

    Attributes
    ----------
    time_days, entry_days : from day 0, or from the landmark
    values : one per covariate: the label of the group, or the number as text
    exposed_from : day of the exposure, None where it never came
    """

    time_days: float
    entry_days: float
    event: int
    author: str
    values: tuple[str, ...]
    exposed_from: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One printed line: a group of a covariate with its column, the reference without, or a number per unit."""

    row: Row
    label: str
    reference: str | None
    inside: tuple[bool, ...]
    column: tuple[float, ...] = ()


def compute_models(plan: Plan, patients: Patients) -> tuple[ResultRow, ...]:
    """Return a row per coefficient and per reference group of every model, in the plan's order."""
    return tuple(row for model in plan.models for row in _rows(plan, model, patients))


def _rows(plan: Plan, model: Model, patients: Patients) -> list[ResultRow]:
    rows = tuple(plan.row(name).model_copy(update={"subset": model.subset}) for name in model.covariates)
    samples = tuple(sample_of(plan, row, patients) for row in rows)
    records, flags, ended = _records(model, rows, samples, patients)
    lines = [line for i, row in enumerate(rows) for line in _lines(row, [r.values[i] for r in records])]
    flags |= {flag for sample in samples for flag in sample.flags}
    is_naive = any(comes_late(row) and not (model.after_day_0 and row.exposed_from) for row in rows)
    flags |= LATE_FLAGS if is_naive else set()
    fit = None
    if _has_too_many(lines, records):
        flags.add("too_many_coefficients")
    else:
        fit = _fit(plan, model, rows, lines, records)
        flags |= set() if fit else {"not_estimable"}
    coefficients = iter(fit.coefficients if fit else ())
    size = sum(in_subset(plan, model.subset, patients))
    blank = replace(_blank(plan, model, records, flags, fit), n_missing=size - len(records) - ended, n_ended=ended)
    return [
        _line(plan, model, blank, line, records, next(coefficients, None) if line.column else None) for line in lines
    ]


def _has_too_many(lines: Sequence[Line], records: Sequence[Record]) -> bool:
    """Return whether there are more coefficients than a tenth of the deaths; one alone is always allowed."""
    degrees = sum(bool(line.column) for line in lines)
    return degrees > max(most_degrees(sum(record.event for record in records)), 1)


def _records(
    model: Model, rows: Sequence[Row], samples: Sequence[Sample], patients: Patients
) -> tuple[list[Record], set[str], int]:
    """Return the patients of the model, why others whose covariates are known are out, and how many had ended."""
    members = [{m.place: m for m in sample.members} for sample in samples]
    records, flags, ended = [], set(), 0
    for place in sorted(set.intersection(*(set(found) for found in members))):
        chosen = [found[place] for found in members]
        groups = tuple(m.value if row.kind == "continuous" else m.group for row, m in zip(rows, chosen, strict=True))
        entry = as_number(patients.cells(model.entry)[place]) if model.entry else 0.0
        day, is_known = _exposure(model, rows, groups, patients, place)
        start, end = model.landmark_days or 0.0, chosen[0].time_days
        if entry is None or not is_known:
            flags.add("day_not_known")
        elif model.landmark_days is not None and end <= start:
            flags.add("before_landmark")
            ended += 1
        elif model.entry and end <= max(entry, 0.0):
            flags.add("ended_before_entry")
            ended += 1
        else:
            record = Record(
                time_days=end - start,
                entry_days=max(entry - start, 0.0),
                event=chosen[0].event,
                author=chosen[0].author,
                values=_at_landmark(model, rows, groups, day),
                exposed_from=day,
            )
            records.append(record)
    return records, flags, ended


def _exposure(
    model: Model, rows: Sequence[Row], groups: Sequence[str], patients: Patients, place: int
) -> tuple[float | None, bool]:
    """Return the day of the exposure (None: never), and False where it came on a day that is not known."""
    if not model.after_day_0:
        return None, True
    row, group = next((row, group) for row, group in zip(rows, groups, strict=True) if row.exposed_from)
    return day_of_exposure(row, group, patients, place)


def day_of_exposure(row: Row, group: str, patients: Patients, place: int) -> tuple[float | None, bool]:
    """Return the day of a patient's exposure (None: never), and False where it came on a day that is not known."""
    if group == reference_of(row):
        return None, True
    day = as_number(patients.cells(row.exposed_from)[place])
    return day, day is not None


def reference_of(row: Row) -> str:
    """Return the group that the ratios of a categoric row are against."""
    return row.reference or row.groups[0].label


def _other(row: Row) -> str:
    return next(group.label for group in row.groups if group.label != reference_of(row))


def _at_landmark(model: Model, rows: Sequence[Row], groups: tuple[str, ...], day: float | None) -> tuple[str, ...]:
    """Return the values with the exposure as it was known on the landmark."""
    if model.landmark_days is None:
        return groups
    came = day is not None and day <= model.landmark_days
    return tuple(
        group if not row.exposed_from else _other(row) if came else reference_of(row)
        for row, group in zip(rows, groups, strict=True)
    )


def _lines(row: Row, values: Sequence[str]) -> list[Line]:
    everyone = (True,) * len(values)
    if row.kind == "continuous":
        numbers = tuple(as_number(value) or 0.0 for value in values)
        return [Line(row=row, label=row.label, reference=None, inside=everyone, column=numbers)]
    reference = reference_of(row)
    out = []
    for group in row.groups:
        inside = tuple(value == group.label for value in values)
        column = tuple(float(x) for x in inside) if group.label != reference and any(inside) else ()
        label = f"{row.label}: {group.label}"
        out.append(Line(row=row, label=label, reference=f"{row.label}: {reference}", inside=inside, column=column))
    return out


def _fit(
    plan: Plan, model: Model, rows: Sequence[Row], lines: Sequence[Line], records: Sequence[Record]
) -> CoxModel | None:
    fitted = [line for line in lines if line.column]
    if not fitted:
        return None
    columns = list(zip(*(line.column for line in fitted), strict=True))
    time, event, entry = ([getattr(r, name) for r in records] for name in ("time_days", "event", "entry_days"))
    if model.time_varying:
        changing = next(i for i, line in enumerate(fitted) if line.row.exposed_from)
        pieces = split_at_exposure(time, event, [r.exposed_from for r in records], entry)
        entry, time, event = ([getattr(p, name) for p in pieces] for name in ("start", "stop", "event"))
        columns = [(*columns[p.row][:changing], p.exposed, *columns[p.row][changing + 1 :]) for p in pieces]
    is_plain = not (model.entry or model.time_varying)
    return cox_model(
        time, event, columns, ties=plan.ties, confidence=plan.confidence, entry_days=None if is_plain else entry
    )


def _blank(plan: Plan, model: Model, records: Sequence[Record], flags: set[str], fit: CoxModel | None) -> ResultRow:
    """Return what all lines of a model have in common."""
    authors = sorted({record.author for record in records if record.author})
    unread = {"unread"} if UNREAD_AUTHOR in authors else set()
    return ResultRow(
        table=model.table,
        row=model.label,
        row_id=model.id,
        variable=None,
        group=None,
        n=len(records),
        events=sum(record.event for record in records),
        median=None,
        ci_low=None,
        ci_high=None,
        test=model.kind,
        ties=plan.ties,
        subset=model.subset,
        flags=";".join(sorted(flags | unread)),
        author=";".join(authors) or None,
        baseline=not (model.after_day_0 or flags >= LATE_FLAGS),
        origin=plan.origin,
        test_second=GLOBAL_TEST,
        p_second=fit.likelihood_ratio.p if fit else None,
    )


def _line(
    plan: Plan, model: Model, blank: ResultRow, line: Line, records: Sequence[Record], fit: CoxFit | None
) -> ResultRow:
    """Return a line with its numbers, the median where groups stay what they are and all enter at once."""
    inside = [record for record, is_in in zip(records, line.inside, strict=True) if is_in]
    out = replace(
        blank,
        variable=line.row.variable,
        group=line.label,
        n=len(inside),
        events=sum(record.event for record in inside),
        reference=line.reference,
    )
    if fit:
        out = replace(out, hr=fit.hazard_ratio, hr_low=fit.low, hr_high=fit.high, p=fit.p)
    if len(inside) == 1:
        out = replace(out, flags=";".join(sorted({*filter(None, out.flags.split(";")), "single_patient"})))
    elif model.has_medians:
        curve = kaplan_meier([r.time_days for r in inside], [r.event for r in inside], confidence=plan.confidence)
        median = median_survival(curve)
        months = None if median.estimate is None else median.estimate / plan.days_per_month
        out = replace(out, median=median.estimate, ci_low=median.low, ci_high=median.high, months=months)
    return out
