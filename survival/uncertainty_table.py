"""The ranges of the uncertain rows as text: a line per variable with its P and hazard ratio, a line per group."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from survival import formats
from survival.plan import Plan
from survival.uncertainty import ENDS, Source, UncertainRow
from survival.units import decimals_of, in_unit

Number = float | None
Shown = Callable[[Number], str]
TITLES: dict[Source, str] = {
    "measurement": "Results within the perturbation ranges",
    "reader": "Results between two readers",
}
EXPLAINED: dict[Source, str] = {
    "measurement": "Each number lies somewhere in its perturbation range (the masks drawn a voxel otherwise, measured "
    "again). A patient is ambiguous where that could change the group, or the number.",
    "reader": "A patient is ambiguous where the other reader gives another value. Subsets are those of this reader.",
}
IS_A_RANGE = (
    "The rows were computed again for every assignment of the ambiguous patients, or for as many drawn ones with a "
    "fixed seed as are stated; least and greatest result. A range, not a confidence interval."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainLine:
    """One printed line; every field is text."""

    label: str
    detail: str = ""
    is_group: bool = False
    ambiguous: str = ""
    p: str = ""
    p_range: str = ""
    p_ends: str = ""
    hr_range: str = ""
    n_range: str = ""
    median: str = ""
    median_range: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainTable:
    """The printed ranges of one source: title, what it is, heading of the two ends, lines."""

    title: str
    words: str
    ends: str
    has_ratio: bool
    lines: tuple[UncertainLine, ...]


def ranges_of(plan: Plan, rows: Sequence[UncertainRow]) -> tuple[UncertainTable, ...]:
    """Return a table per source of uncertainty that has rows: measurement, then reader."""
    out = []
    for source, ends in ENDS.items():
        own = [row for row in rows if row.source == source]
        lines = tuple(line for _, group in groupby(own, key=lambda r: r.row_id) for line in _lines(plan, list(group)))
        if lines:
            has_ratio = any(line.hr_range for line in lines)
            words = f"{EXPLAINED[source]} {IS_A_RANGE}"
            title = TITLES[source]
            out.append(UncertainTable(title=title, words=words, ends="; ".join(ends), has_ratio=has_ratio, lines=lines))
    return tuple(out)


def _lines(plan: Plan, rows: Sequence[UncertainRow]) -> list[UncertainLine]:
    first, decimals = rows[0], plan.print.p_decimals

    def shown(p: Number) -> str:
        return formats.p_value(p, decimals)

    ratio = next((row for row in rows if row.hr_min is not None), first)
    head = UncertainLine(
        label=first.row,
        detail=f"{_subset(plan, first)}; {_how(first)}",
        ambiguous=f"{first.n_ambiguous} of {sum(row.n for row in rows)}",
        p=shown(first.p),
        p_range=_range(first.p_min, first.p_max, shown),
        p_ends=f"{shown(first.p_a)}; {shown(first.p_b)}",
        hr_range="" if ratio.hr_min is None else _range(ratio.hr_min, ratio.hr_max, _ratio_text),
    )
    if first.group is None:
        return [head]
    return [head, *(_group_line(plan, row) for row in rows)]


def _group_line(plan: Plan, row: UncertainRow) -> UncertainLine:
    def shown(days: Number) -> str:
        value = in_unit(plan, days)
        return formats.NOT_ESTIMABLE if value is None else formats.rounded(value, decimals_of(plan))

    return UncertainLine(
        label=str(row.group),
        is_group=True,
        n_range=str(row.n_min) if row.n_min == row.n_max else f"{row.n_min}–{row.n_max}",
        median=shown(row.median),
        median_range=_range(row.median_min, row.median_max, shown),
    )


def _range(low: Number, high: Number, shown: Shown) -> str:
    ends = [shown(low), shown(high)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def _ratio_text(value: Number) -> str:
    return formats.EMPTY if value is None else formats.rounded(value, 2)


def _subset(plan: Plan, row: UncertainRow) -> str:
    return next((s.label for s in plan.subsets if s.name == row.subset), "all patients")


def _how(row: UncertainRow) -> str:
    if not row.n_ambiguous:
        return "nobody is ambiguous"
    words = "assignment" if row.assignments == 1 else "assignments"
    drawn = f"{row.assignments} drawn {words}" if row.method == "monte_carlo" else f"all {row.assignments} {words}"
    lost = f", {row.n_not_estimable} without P" if row.n_not_estimable else ""
    return drawn + lost
