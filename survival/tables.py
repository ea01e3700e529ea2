"""Result rows laid out as a published table, for the report; and as numbers, for CSV and ``results.json``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from survival import formats
from survival.counts import CountedPart
from survival.plan import Model, Plan, Row, Summary, Table, as_number
from survival.results import UNKNOWN, Patients, ResultRow, in_subset
from survival.units import ratio_estimate, time_estimate

FLAG_WORDS = {
    "before_landmark": "Whoever died or was last seen by the landmark is left out.",
    "day_not_known": "Patients whose day of exposure or of entry is not known are left out.",
    "ended_before_entry": "Whoever died or was last seen by the day of entry is left out.",
    "immortal_time": "Immortal time: known only after survival has begun to count, so the row is biased towards those "
    "who live longer. Not a prognostic factor.",
    "monotone_likelihood": "Every death is in the order of the variable: no finite hazard ratio exists.",
    "no_events": "No death in this group.",
    "not_a_number": "Some values are no numbers and count as missing.",
    "not_correctable": "Immortal time, not correctable: the day from which it holds is not known.",
    "not_estimable": "The test cannot be made: it needs a death while two groups are under observation.",
    "not_estimable_model": "The model has no estimate: it needs deaths, and values that differ among those at risk.",
    "not_recorded": "The table has no such column.",
    "outside_groups": "Some values are in none of the groups and count as missing.",
    "outside_limit": "Some values lie outside the limit that the plan declares and count as missing.",
    "single_patient": "No survival estimate of a single patient is given.",
    "small_group": "Fewer than {small_group} patients: the estimate is unstable.",
    "too_many_coefficients": "Not fitted: more coefficients than a tenth of the deaths.",
    "suggested_left_out": "Values that were only suggested count as missing.",
}
ABBREVIATIONS = {"cns": "CNS"}
MARKS = "abcdefghijklmnopqrstuvwxyz"
UNSHOWN_FLAGS = ("post_baseline", "unread", "empty_group")
"""Plain in print without a mark (immortal time, the stamp of the table, a count of 0); kept in the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a printed table; every field is text."""

    label: str
    detail: str = ""
    marks: str = ""
    is_group: bool = False
    note: str = ""
    is_warning: bool = False
    n: str = ""
    median: str = ""
    months: str = ""
    hr: str = ""
    p: str = ""
    p_second: str = ""
    events: str = ""
    holm: str = ""
    bh: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedTable:
    """A table as the report shows it."""

    name: str
    title: str
    note: str
    has_adjusted: bool
    has_ratio: bool
    has_test: bool
    has_months: bool
    second_test: str
    time_unit: str
    level: str
    lines: tuple[Line, ...]
    footnotes: tuple[tuple[str, str], ...]
    stamps: tuple[str, ...]
    parts: tuple[CountedPart, ...] = ()
    adjusted_over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryLine:
    """One line of the cohort summary, as text and as numbers."""

    label: str
    text: str
    values: Mapping[str, float | int | None]

    def as_record(self) -> dict[str, object]:
        """Return the line as ``results.json`` holds it."""
        return {"label": self.label, "values": dict(self.values)}


def print_tables(
    plan: Plan, rows: Sequence[ResultRow], stamps: Sequence[str], counted: Sequence[CountedPart] = ()
) -> tuple[PrintedTable, ...]:
    """Return the tables of the plan in its order, laid out with counts, medians, P and lettered notes."""
    return tuple(
        replace(
            _print_table(plan, table, [r for r in rows if r.table == table.name], stamps),
            parts=tuple(part for part in counted if part.part.table == table.name),
        )
        for table in plan.tables
    )


def _print_table(plan: Plan, table: Table, rows: Sequence[ResultRow], stamps: Sequence[str]) -> PrintedTable:
    shown = dict.fromkeys(flag for row in rows for flag in sorted(_flags(row)) if flag and flag not in UNSHOWN_FLAGS)
    letters = dict(zip(shown, MARKS, strict=False))
    lines: list[Line] = []
    for row_id, group in groupby(rows, key=lambda row: row.row_id):
        lines += _lines(plan, plan.row(row_id), list(group), letters)
    return PrintedTable(
        name=table.name,
        title=table.title,
        note=table.note,
        has_adjusted=any(row.p_holm is not None for row in rows),
        has_ratio=any(row.ties is not None or row.hr is not None for row in rows),
        has_test=any(row.test is not None for row in rows),
        has_months=plan.print.time_unit == "days",
        second_test=next((row.test_second for row in rows if row.test_second), ""),
        time_unit=plan.print.time_unit,
        level=f"{100 * plan.confidence:g}%",
        lines=tuple(lines),
        footnotes=tuple((letter, _words(plan, flag)) for flag, letter in letters.items()),
        stamps=tuple(stamps),
        adjusted_over=_family(plan, table, rows),
    )


def _family(plan: Plan, table: Table, rows: Sequence[ResultRow]) -> str:
    """Return over which P values those of the table are adjusted; models are never among them."""
    if plan.multiplicity is None or not any(row.p_holm is not None for row in rows):
        return ""
    beside = any(model.table == table.name for model in plan.models)
    return plan.multiplicity.family + (" (univariable rows only, not the models)" if beside else "")


def _flags(row: ResultRow) -> set[str]:
    """Return the flags of a row; what cannot be estimated by a model has words of its own, not those of a test."""
    flags = set(row.flags.split(";"))
    return {f"{flag}_model" if flag == "not_estimable" and row.ties else flag for flag in flags}


def _words(plan: Plan, flag: str) -> str:
    return FLAG_WORDS.get(flag, flag).format(small_group=plan.small_group)


def _lines(plan: Plan, row: Row, results: Sequence[ResultRow], letters: Mapping[str, str]) -> list[Line]:
    first = results[0]
    common = set.intersection(*(_flags(result) for result in results))
    is_adjusted = first.p_holm is not None or first.p_bh is not None
    model = next((one for one in plan.models if one.id == row.id), None)
    head = Line(
        label=row.label,
        detail=_detail(plan, row, first),
        note=row.note,
        is_warning=row.post_baseline,
        marks=_marks(common, letters),
        p="" if model else _tested(plan, first.test, first.p),
        p_second=_tested(plan, first.test_second, first.p_second),
        holm=formats.p_value(first.p_holm, plan.print.p_decimals) if is_adjusted else "",
        bh=formats.p_value(first.p_bh, plan.print.p_decimals) if is_adjusted else "",
    )
    if row.kind != "categoric" or not any(result.n for result in results):
        return [_numbered(plan, head, first)]
    lines = [head]
    for result in results:
        marks = _marks(_flags(result) - common, letters)
        line = _numbered(plan, Line(label=str(result.group), marks=marks, is_group=True), result)
        lines.append(_of_model(plan, model, line, result) if model else line)
    return lines


def _of_model(plan: Plan, model: Model, line: Line, result: ResultRow) -> Line:
    """Return a line of a model with the P of its own coefficient, and a dash for a median that nobody computed."""
    if result.n and not model.has_medians:
        line = replace(line, median=formats.EMPTY, months=formats.EMPTY)
    is_reference = result.reference is not None and result.reference == result.group
    return line if is_reference or not result.n else replace(line, p=_tested(plan, result.test, result.p))


def _tested(plan: Plan, test: str | None, p: float | None) -> str:
    if test is None:
        return ""
    return formats.NOT_ESTIMABLE if p is None else formats.p_value(p, plan.print.p_decimals)


def _marks(flags: Iterable[str], letters: Mapping[str, str]) -> str:
    return ",".join(sorted(letters[flag] for flag in flags if flag in letters))


def _detail(plan: Plan, row: Row, first: ResultRow) -> str:
    """Return in whom the row is, and how many were left out or counted otherwise."""
    parts = []
    if row.subset != "all":
        parts.append(next(s.label for s in plan.subsets if s.name == row.subset))
    elif any(other.subset != "all" for other in plan.rows if other.table == row.table):
        parts.append("all patients")
    if first.n_missing:
        parts.append(f"{first.n_missing} not known")
    if first.n_ended:
        parts.append(f"{first.n_ended} ended before")
    if first.n_na_recoded:
        parts.append(f"{first.n_na_recoded} not assessable, counted as {row.na_counts_as}")
    return "; ".join(parts)


def _numbered(plan: Plan, line: Line, row: ResultRow) -> Line:
    """Return the line with its counts, median and hazard ratio."""
    if row.n == 0:
        return replace(line, n="0", events="0", median=formats.EMPTY, months=formats.EMPTY)
    return replace(
        line,
        n=str(row.n),
        events=str(row.events),
        median=formats.EMPTY if row.n == 1 else time_estimate(plan, row.median, row.ci_low, row.ci_high),
        months=formats.EMPTY if row.months is None else formats.rounded(row.months, 1),
        hr=_ratio(plan, row),
    )


def _ratio(plan: Plan, row: ResultRow) -> str:
    if row.reference is not None and row.reference == row.group:
        return "1 (reference)"
    if row.hr is None:
        return formats.NOT_ESTIMABLE if row.ties else ""
    return ratio_estimate(plan, row.hr, row.hr_low, row.hr_high)


def csv_records(rows: Iterable[ResultRow]) -> list[dict[str, object]]:
    """Return result rows as CSV cells: booleans 0/1, None for empty."""
    return [
        {name: int(value) if isinstance(value, bool) else value for name, value in row.as_record().items()}
        for row in rows
    ]


def summarise(plan: Plan, patients: Patients) -> tuple[SummaryLine, ...]:
    """Return the plan's summary of the analysed patients."""
    return tuple(_summary(plan, item, patients) for item in plan.summary)


def _summary(plan: Plan, item: Summary, patients: Patients) -> SummaryLine:
    inside = in_subset(plan, item.subset, patients)
    cells = [cell for cell, kept in zip(patients.cells(item.variable), inside, strict=True) if kept]
    known = [cell for cell in cells if cell not in UNKNOWN]
    text, values = _SUMMARIES[item.kind](known, len(cells), item.unit)
    return SummaryLine(label=item.label, text=text, values=values)


Described = tuple[str, dict[str, float | int | None]]


def _mean_median(known: Sequence[str], n: int, unit: str) -> Described:
    import statistics

    numbers = [number for cell in known if (number := as_number(cell)) is not None]
    values: dict[str, float | int | None] = {"n": len(numbers), "n_missing": n - len(numbers)}
    if not numbers:
        return "not known", {**values, "mean": None, "median": None, "min": None, "max": None}
    mean, median = statistics.fmean(numbers), statistics.median(numbers)
    text = f"mean {formats.rounded(mean, 1)}, median {median:g} {unit} (range {min(numbers):g}–{max(numbers):g})"
    values |= {"mean": mean, "median": median, "min": min(numbers), "max": max(numbers)}
    return text + _not_known(n - len(numbers)), values


def _sum(known: Sequence[str], n: int, unit: str) -> Described:
    numbers = [number for cell in known if (number := as_number(cell)) is not None]
    total = sum(numbers)
    values: dict[str, float | int | None] = {"n": len(numbers), "n_missing": n - len(numbers), "sum": total}
    return f"{total:g} {unit} in {len(numbers)} patients" + _not_known(n - len(numbers)), values


def _counts(known: Sequence[str], n: int, unit: str) -> Described:
    as_numbers = all(as_number(value) is not None for value in known)
    order = sorted(sorted(set(known)), key=lambda v: (as_number(v) or 0.0) if as_numbers else -known.count(v))
    counts = {value: known.count(value) for value in order}
    text = ", ".join(
        f"{ABBREVIATIONS.get(value, value.replace('_', ' '))}: {formats.share(count, n)}"
        for value, count in counts.items()
    )
    return (text or "not known") + (_not_known(n - len(known)) if text else ""), {**counts, "n_missing": n - len(known)}


def _available(known: Sequence[str], n: int, unit: str) -> Described:
    return f"{len(known)} of {n} patients", {"n": len(known), "n_missing": n - len(known)}


def _not_known(count: int) -> str:
    return f"; {count} not known" if count else ""


_SUMMARIES = {"mean_median": _mean_median, "sum": _sum, "counts": _counts, "available": _available}
