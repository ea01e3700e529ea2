"""The rows of a plan computed on a cohort: one per group of a categoric variable, one per other variable."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

from survival.baseline import known_late
from survival.estimate import (
    CoxFit,
    Curve,
    Interval,
    Weighting,
    adjusted_p,
    cox_regression,
    is_monotone,
    kaplan_meier,
    log_rank,
    mantel_haenszel_hazard_ratio,
    median_survival,
    restricted_mean,
)
from survival.plan import Plan, Row, as_number, normal_code

UNKNOWN = ("", "unknown")
"""Cells that mean "not known"; read as empty and counted."""
NOT_KNOWN_FINDING = ("not_assessable", "not_applicable", "no_followup_mri")
"""Answers of a reader that are no value, unless the row declares that they count as a group."""
TEST_NAMES = {
    "logrank": "log-rank",
    "gehan": "Gehan-Breslow-Wilcoxon",
    "tarone": "Tarone-Ware",
    "peto": "Peto-Peto",
    "cox_wald": "Cox Wald",
    "none": None,
}
WEIGHTINGS: dict[str, Weighting] = {"logrank": "logrank", "gehan": "gehan", "tarone": "tarone", "peto": "peto"}
EVERYONE = "All"
LATE_FLAGS = frozenset({"immortal_time", "post_baseline"})
SIGNS_OF = {"rim_flame": ("rim_sign_any", "flame_sign_any")}
"""Columns put together from others: a suggestion in one of those is one in the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patients:
    """The analysed patients as text columns, with their times from each origin.

    Attributes
    ----------
    columns : mapping of column name to its cells, one per patient, "" where empty
    time_days : mapping of origin to days, None where that origin is not known
    event : tuple of int
        1 death, 0 censored.
    """

    columns: Mapping[str, tuple[str, ...]]
    time_days: Mapping[str, tuple[float | None, ...]]
    event: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.event)

    def cells(self, column: str) -> tuple[str, ...]:
        """Return a column, empty cells where the table does not have it."""
        return self.columns.get(column, ("",) * len(self))


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One patient of one row: position among the patients, the value as text, days, event, whose reading it was."""

    place: int
    value: str
    group: str
    time_days: float
    event: int
    author: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The patients whom one row analyses, with what was left out and why."""

    members: tuple[Member, ...]
    n_missing: int
    n_na_recoded: int
    flags: tuple[str, ...]

    def of(self, group: str) -> "Sample":
        """Return the sample limited to one group."""
        return replace(self, members=tuple(m for m in self.members if m.group == group))

    @property
    def time_days(self) -> list[float]:
        """Days of each member."""
        return [m.time_days for m in self.members]

    @property
    def event(self) -> list[int]:
        """Event of each member."""
        return [m.event for m in self.members]

    def curve(self, confidence: float) -> Curve:
        """Return the Kaplan–Meier curve of the members."""
        return kaplan_meier(self.time_days, self.event, confidence=confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One row of ``results.json`` and of a table's CSV; None where empty, days and ratios unrounded."""

    table: str
    row: str
    variable: str | None
    group: str | None
    n: int
    events: int
    median: float | None
    ci_low: float | None
    ci_high: float | None
    hr: float | None = None
    hr_low: float | None = None
    hr_high: float | None = None
    p: float | None = None
    test: str | None = None
    ties: str | None = None
    subset: str = "all"
    flags: str = ""
    reference: str | None = None
    n_missing: int = 0
    n_na_recoded: int = 0
    measure: str | None = None
    author: str | None = None
    p_permutation: float | None = None
    baseline: bool = True
    months: float | None = None
    mean: float | None = None
    p_holm: float | None = None
    p_bh: float | None = None
    origin: str = "iscm_diagnosis"
    row_id: str = ""
    codes: str | None = None
    test_second: str | None = None
    p_second: float | None = None
    n_ended: int = 0

    def as_record(self) -> dict[str, object]:
        """Return the row as a mapping of plain values."""
        return asdict(self)


RESULT_COLUMNS = tuple(field.name for field in fields(ResultRow))


def compute(plan: Plan, patients: Patients) -> tuple[ResultRow, ...]:
    """Return every row of the plan, adjusted P included, in the plan's order."""
    rows = tuple(result for row in plan.rows for result in compute_row(plan, row, patients))
    return _adjusted(plan, rows)


def in_subset(plan: Plan, name: str, patients: Patients) -> tuple[bool, ...]:
    """Return for each patient whether the subset holds them."""
    if name == "all":
        return (True,) * len(patients)
    subset = next(s for s in plan.subsets if s.name == name)
    group = subset.group()
    return tuple(group.holds(value) for value in patients.cells(subset.variable))


def sample_of(plan: Plan, row: Row, patients: Patients) -> Sample:
    """Return the patients of a row's subset whose value and time are known."""
    chosen = in_subset(plan, row.subset, patients)
    values = patients.cells(row.variable) if row.variable else (EVERYONE,) * len(patients)
    void = _void(plan, row, patients)
    times, authors = patients.time_days[row.origin or plan.origin], patients.cells("author")
    members: list[Member] = []
    flags: set[str] = set()
    missing = recoded = 0
    for i in (i for i, inside in enumerate(chosen) if inside):
        was_recoded = not void[i] and _counts_as(row, values[i])
        group, flag = _placed(row, "" if void[i] else values[i])
        time = times[i]
        flags |= {flag, void[i]}
        if group is None or time is None:
            missing += 1
            continue
        recoded += was_recoded
        event = patients.event[i]
        member = Member(
            place=i, value=normal_code(values[i]), group=group, time_days=time, event=event, author=authors[i]
        )
        members.append(member)
    if row.variable and row.variable not in patients.columns:
        flags.add("not_recorded")
    if comes_late(row) and not any(patients.cells(row.exposed_from)):
        flags.add("not_correctable")
    return Sample(members=tuple(members), n_missing=missing, n_na_recoded=recoded, flags=tuple(sorted(flags - {""})))


def _void(plan: Plan, row: Row, patients: Patients) -> tuple[str, ...]:
    """Return for each patient the flag by which the value must not be used, "" where it may be."""
    told_from = SIGNS_OF.get(row.variable, (row.variable,))
    sources = list(zip(*(patients.cells(f"{name}_source") for name in told_from), strict=True))
    limit = patients.cells(row.missing_if.variable) if row.missing_if else ("",) * len(patients)
    rule = row.missing_if.group() if row.missing_if else None
    return tuple(
        "suggested_left_out"
        if "suggested" in source and not plan.accept_suggested
        else "outside_limit"
        if rule is not None and rule.holds(cell)
        else ""
        for source, cell in zip(sources, limit, strict=True)
    )


def _counts_as(row: Row, value: str) -> bool:
    return row.na_counts_as is not None and normal_code(value) in row.na_codes


def _placed(row: Row, value: str) -> tuple[str | None, str]:
    """Return the group of a value (None where it is in none) and the flag that it raises."""
    if _counts_as(row, value):
        return row.na_counts_as, ""
    if value in UNKNOWN or value in NOT_KNOWN_FINDING:
        return None, ""
    if row.kind == "continuous":
        return (EVERYONE, "") if as_number(value) is not None else (None, "not_a_number")
    if row.kind == "overall":
        return EVERYONE, ""
    label = next((group.label for group in row.groups if group.holds(value)), None)
    return label, "" if label else "outside_groups"


def comes_late(row: Row) -> bool:
    """Return whether a row's variable is known only after day 0: the plan says so, or the dictionary knows it."""
    return row.post_baseline or row.variable in known_late()


def compute_row(plan: Plan, row: Row, patients: Patients) -> Iterator[ResultRow]:
    """Yield the results of one row, one per group; adjusted P are not among them."""
    sample = sample_of(plan, row, patients)
    if row.kind == "categoric":
        yield from _categoric(plan, row, sample)
    elif row.kind == "continuous":
        yield _continuous(plan, row, sample)
    else:
        yield _described(plan, row, sample, group=EVERYONE, flags=sample.flags)


def _categoric(plan: Plan, row: Row, sample: Sample) -> Iterator[ResultRow]:
    p, second = _group_p(sample, row.test), _group_p(sample, row.second_test)
    common = {*sample.flags} | ({"not_estimable"} if p is None and row.test != "none" else set())
    reference = row.reference or row.groups[0].label
    ratio = _hazard_ratio(plan, row, sample, reference)
    for group in row.groups:
        inside = sample.of(group.label)
        flags = common | _group_flags(plan, inside)
        result = _described(plan, row, inside, group=group.label, flags=flags)
        result = replace(result, p=p, test=TEST_NAMES[row.test], codes=";".join(group.codes) or None)
        result = replace(result, p_second=second, test_second=TEST_NAMES[row.second_test])
        if row.hazard_ratio == "none":
            yield result
        elif group.label == reference:
            yield replace(result, reference=reference)
        else:
            yield replace(result, reference=reference, hr=ratio.estimate, hr_low=ratio.low, hr_high=ratio.high)


def _group_p(sample: Sample, test: str) -> float | None:
    if test not in WEIGHTINGS:
        return None
    labels = [m.group for m in sample.members]
    result = log_rank(sample.time_days, sample.event, labels, weighting=WEIGHTINGS[test])
    return None if result is None else result.p


def _group_flags(plan: Plan, inside: Sample) -> set[str]:
    if not inside.members:
        return {"empty_group"}
    flags = {"small_group"} if len(inside.members) < plan.small_group else set()
    return flags | (set() if any(inside.event) else {"no_events"})


def _hazard_ratio(plan: Plan, row: Row, sample: Sample, reference: str) -> Interval:
    """Return the hazard ratio of the other of two groups against the reference."""
    other = [m.group != reference for m in sample.members]
    if row.hazard_ratio == "mantel_haenszel":
        return mantel_haenszel_hazard_ratio(sample.time_days, sample.event, other, confidence=plan.confidence)
    if row.hazard_ratio == "cox":
        return _ratio_of(_cox(plan, sample, [float(x) for x in other]))
    return Interval(estimate=None, low=None, high=None)


def _cox(plan: Plan, sample: Sample, covariate: Sequence[float]) -> CoxFit | None:
    return cox_regression(sample.time_days, sample.event, covariate, ties=plan.ties, confidence=plan.confidence)


def _ratio_of(fit: CoxFit | None) -> Interval:
    if fit is None:
        return Interval(estimate=None, low=None, high=None)
    return Interval(estimate=fit.hazard_ratio, low=fit.low, high=fit.high)


def _continuous(plan: Plan, row: Row, sample: Sample) -> ResultRow:
    values = [as_number(m.value) or 0.0 for m in sample.members]
    fit = _cox(plan, sample, values) if row.test == "cox_wald" else None
    flags = {*sample.flags}
    if fit is None and row.test != "none":
        flags.add("not_estimable")
        if is_monotone(sample.time_days, sample.event, values):
            flags.add("monotone_likelihood")
    ratio = _ratio_of(fit)
    return replace(
        _described(plan, row, sample, group=None, flags=flags),
        hr=ratio.estimate,
        hr_low=ratio.low,
        hr_high=ratio.high,
        p=None if fit is None else fit.p,
        test=TEST_NAMES[row.test],
        ties=plan.ties,
    )


def _described(plan: Plan, row: Row, sample: Sample, *, group: str | None, flags: Iterable[str]) -> ResultRow:
    """Return the row with everything but its test: numbers, median and where they come from."""
    is_single = len(sample.members) == 1
    curve = sample.curve(plan.confidence)
    median = Interval(estimate=None, low=None, high=None) if is_single else median_survival(curve)
    authors = sorted({m.author for m in sample.members if m.author})
    is_late = comes_late(row)
    timing = LATE_FLAGS if is_late else set()
    unread = ({"unread"} if "auto" in authors else set()) | ({"single_patient"} if is_single else set())
    return ResultRow(
        table=row.table,
        row=row.label,
        row_id=row.id,
        variable=row.variable or None,
        group=group,
        n=len(sample.members),
        events=sum(sample.event),
        median=median.estimate,
        ci_low=median.low,
        ci_high=median.high,
        months=None if median.estimate is None else median.estimate / plan.days_per_month,
        mean=None if is_single else restricted_mean(curve),
        subset=row.subset,
        flags=";".join(sorted({*flags} | timing | unread)),
        n_missing=sample.n_missing,
        n_na_recoded=sample.n_na_recoded,
        measure=row.measure,
        author=";".join(authors) or None,
        baseline=not is_late,
        origin=row.origin or plan.origin,
    )


def _adjusted(plan: Plan, rows: tuple[ResultRow, ...]) -> tuple[ResultRow, ...]:
    """Return the rows with Holm and Benjamini–Hochberg P over the plan's family, one P per variable."""
    if plan.multiplicity is None:
        return rows
    family = {row.row_id: row.p for row in rows if row.table in plan.multiplicity.tables}
    holm = dict(zip(family, adjusted_p(list(family.values()), "holm"), strict=True))
    bh = dict(zip(family, adjusted_p(list(family.values()), "bh"), strict=True))
    return tuple(replace(row, p_holm=holm.get(row.row_id), p_bh=bh.get(row.row_id)) for row in rows)
