"""How far each result moves when extents lie elsewhere in their perturbation range, or another reader is believed.

A patient whose value could be another one is *ambiguous* for a row. Each way to settle all of them is an assignment;
the row is computed under every assignment, or under a stated number drawn with a fixed seed, and the range is kept.
It is a range, no confidence interval: nothing is said of how likely an assignment is.
"""

import itertools
import math
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Literal

from survival.plan import Plan, Row, as_number
from survival.results import NOT_KNOWN_FINDING, UNKNOWN, Patients, ResultRow, compute_row, sample_of

MOST_ASSIGNMENTS = 64
"""All assignments are computed up to this number, as for six ambiguous patients and two groups; above it as many are
drawn, whose range covers 63/65 = 97 % of all on average."""
SEED = 20260102
LOW, HIGH = "_low", "_high"
CUT_OFFS = {"t2_ge2": ("t2_seg_count_max", 2.0), "t2_ge3": ("t2_seg_count_max", 3.0)}
"""Columns that say whether an extent reaches a cut-off: the extent that has the range, and the cut-off."""
SHARES = {"t2_ge3": "t2_ge3_prob"}
"""Columns that say in which share of the changed masks it does: the chance of a draw; else all choices alike."""
Source = Literal["measurement", "reader"]
ENDS: dict[Source, tuple[str, str]] = {
    "measurement": ("all at the lower end", "all at the upper end"),
    "reader": ("this reader", "the other reader"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """What the value of one patient could be: some cells with their chances, or any number of a span."""

    place: int
    choices: tuple[str, ...] = ()
    chances: tuple[float, ...] = ()
    span: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDoubt:
    """Everything that is open in one row: the ambiguous patients, and the cells at the two ends for everybody."""

    source: Source
    doubts: tuple[Doubt, ...]
    ends: tuple[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainRow:
    """The range of one group's result; P and hazard ratio are those of the whole row.

    Attributes
    ----------
    source : measurement (perturbation range) or reader (another reader's table)
    method : exact (all assignments) or monte_carlo (drawn)
    assignments : how many were computed
    n_ambiguous : patients of the row whose value could be another one
    n_not_estimable : assignments without a P
    end_a, end_b : what the two named assignments are; `p_a` to `median_b` are their results
    """

    table: str
    row: str
    row_id: str
    variable: str
    subset: str
    group: str | None
    source: Source
    method: Literal["exact", "monte_carlo"]
    assignments: int
    n: int
    n_ambiguous: int
    n_not_estimable: int
    end_a: str
    end_b: str
    n_min: int
    n_max: int
    p: float | None
    p_min: float | None
    p_max: float | None
    p_a: float | None
    p_b: float | None
    hr: float | None
    hr_min: float | None
    hr_max: float | None
    hr_a: float | None
    hr_b: float | None
    median: float | None
    median_min: float | None
    median_max: float | None
    median_a: float | None
    median_b: float | None
    test: str | None
    reference: str | None

    def as_record(self) -> dict[str, object]:
        """Return the row as a mapping of plain values."""
        return asdict(self)


UNCERTAIN_COLUMNS = tuple(field.name for field in fields(UncertainRow))


def uncertainty(plan: Plan, patients: Patients, other: Patients | None = None) -> tuple[UncertainRow, ...]:
    """Return the ranges of every tested row that has ambiguous patients, in the plan's order.

    Parameters
    ----------
    plan : Plan
    patients : Patients
        An extent has a perturbation range where the table has ``<name>_low`` and ``<name>_high``.
    other : Patients, optional
        The same participants as another reader read them; who is in neither keeps this reader's value.
    """
    out: list[UncertainRow] = []
    for row in plan.rows:
        if row.test == "none" or not row.variable:
            continue
        for doubt in (_by_measurement(plan, row, patients), _by_reader(plan, row, patients, other)):
            out += _ranges(plan, row, patients, doubt) if doubt is not None else ()
    return tuple(out)


def has_ranges(plan: Plan, patients: Patients) -> bool:
    """Return whether the table has the perturbation range of any variable that the plan tests."""
    names = {CUT_OFFS.get(row.variable, (row.variable, 0.0))[0] for row in plan.rows if row.test != "none"}
    return any(name + LOW in patients.columns and name + HIGH in patients.columns for name in names)


def _by_measurement(plan: Plan, row: Row, patients: Patients) -> RowDoubt | None:
    """Return what the perturbation ranges leave open; None where the table has none for the row."""
    extent, cut = CUT_OFFS.get(row.variable, (row.variable, None))
    if extent + LOW not in patients.columns or extent + HIGH not in patients.columns:
        return None
    cells, measured = patients.cells(row.variable), patients.cells(extent)
    shares = patients.cells(SHARES.get(row.variable, ""))
    lows, highs = list(cells), list(cells)
    doubts = []
    for member in sample_of(plan, row, patients).members:
        i = member.place
        low, high = (as_number(patients.cells(extent + end)[i]) for end in (LOW, HIGH))
        if low is None or high is None:
            continue
        if cut is not None:
            lows[i], highs[i] = (str(int(value >= cut)) for value in (low, high))
            doubts.append(_of_groups(row, i, (cells[i], lows[i], highs[i]), as_number(shares[i])))
        else:
            lows[i], highs[i] = f"{low:g}", f"{high:g}"
            doubts.append(_of_span(row, i, (as_number(measured[i]), low, high)))
    return _row_doubt("measurement", doubts, lows, highs)


def _by_reader(plan: Plan, row: Row, patients: Patients, other: Patients | None) -> RowDoubt | None:
    """Return what two readers leave open; None without a second reader or where they agree on every patient."""
    if other is None or row.variable not in other.columns:
        return None
    theirs = dict(zip(other.cells("participant_id"), other.cells(row.variable), strict=True))
    cells = patients.cells(row.variable)
    second = [theirs.get(name, cell) for name, cell in zip(patients.cells("participant_id"), cells, strict=True)]
    doubts = []
    for member in sample_of(plan, row, patients).members:
        mine, yours = cells[member.place], second[member.place]
        if yours not in (*UNKNOWN, *NOT_KNOWN_FINDING):
            doubts.append(_of_values(row, member.place, (mine, yours)))
    found = _row_doubt("reader", doubts, cells, second)
    return found if found.doubts or list(cells) != second else None


def _row_doubt(source: Source, doubts: Iterable[Doubt], first: Sequence[str], second: Sequence[str]) -> RowDoubt:
    open_ones = tuple(d for d in doubts if len(d.choices) > 1 or d.span is not None)
    return RowDoubt(source=source, doubts=open_ones, ends=(tuple(first), tuple(second)))


def _of_groups(row: Row, place: int, cells: Sequence[str], share: float | None = None) -> Doubt:
    """Return a patient who may be in any group that one of these cells falls into."""
    by_group: dict[str, str] = {}
    for cell in cells:
        for group in row.groups:
            if group.holds(cell):
                by_group.setdefault(group.label, cell)
    choices = tuple(by_group.values())
    chances = tuple(1.0 if share is None else share if cell == "1" else 1 - share for cell in choices)
    return Doubt(place=place, choices=choices, chances=chances)


def _of_span(row: Row, place: int, values: tuple[float | None, float, float]) -> Doubt:
    """Return a patient whose number lies anywhere in a range: by group, by whole number, or as a span."""
    measured, low, high = values
    if row.kind == "categoric":
        edges = [e for g in row.groups for e in (g.at_least, g.below) if e is not None and low <= e <= high]
        numbers = [*([] if measured is None else [measured]), low, high, *edges]
        return _of_groups(row, place, [f"{number:.12g}" for number in numbers])
    if all(value is None or value.is_integer() for value in values):
        choices = tuple(str(number) for number in range(int(low), int(high) + 1))
        return Doubt(place=place, choices=choices, chances=(1.0,) * len(choices))
    return Doubt(place=place, span=(low, high) if high > low else None)


def _of_values(row: Row, place: int, cells: tuple[str, str]) -> Doubt:
    """Return a patient who has the value of one reader or of the other."""
    if row.kind == "categoric":
        return _of_groups(row, place, cells)
    choices = tuple(dict.fromkeys(cell for cell in cells if as_number(cell) is not None))
    return Doubt(place=place, choices=choices, chances=(1.0,) * len(choices))


def assignments(doubts: Sequence[Doubt], seed: int = SEED) -> tuple[Literal["exact", "monte_carlo"], list[list[str]]]:
    """Return every way to settle the doubts, or as many as `MOST_ASSIGNMENTS` drawn ones; a cell per doubt."""
    number = math.prod(len(doubt.choices) if doubt.span is None else math.inf for doubt in doubts)
    if number <= MOST_ASSIGNMENTS:
        return "exact", [list(cells) for cells in itertools.product(*(doubt.choices for doubt in doubts))]
    dice = random.Random(seed)
    return "monte_carlo", [[_drawn(doubt, dice) for doubt in doubts] for _ in range(MOST_ASSIGNMENTS)]


def _drawn(doubt: Doubt, dice: random.Random) -> str:
    if doubt.span is not None:
        return f"{dice.uniform(*doubt.span):.6g}"
    chances = doubt.chances if sum(doubt.chances) > 0 else None
    return dice.choices(doubt.choices, chances)[0]


def _ranges(plan: Plan, row: Row, patients: Patients, doubt: RowDoubt) -> Iterator[UncertainRow]:
    tested = _with_ratio(row)
    method, drawn = assignments(doubt.doubts)
    places = [one.place for one in doubt.doubts]
    cells = patients.cells(row.variable)

    def results(column: Sequence[str]) -> list[ResultRow]:
        changed = replace(patients, columns={**patients.columns, row.variable: tuple(column)})
        return list(compute_row(plan, tested, changed))

    measured, first, second = (results(column) for column in (cells, *doubt.ends))
    settled = [results(_settled(cells, dict(zip(places, one, strict=True)))) for one in drawn]
    every = [measured, first, second, *settled]
    for i, own in enumerate(measured):
        yield UncertainRow(
            table=row.table,
            row=row.label,
            row_id=row.id,
            variable=row.variable,
            subset=row.subset,
            group=own.group,
            source=doubt.source,
            method=method,
            assignments=len(drawn),
            n=own.n,
            n_ambiguous=len(places),
            n_not_estimable=sum(result[i].p is None for result in settled),
            end_a=ENDS[doubt.source][0],
            end_b=ENDS[doubt.source][1],
            n_min=min(result[i].n for result in every),
            n_max=max(result[i].n for result in every),
            **_range_of("p", [result[i].p for result in every]),
            **_range_of("hr", [result[i].hr for result in every]),
            **_range_of("median", [result[i].median if own.group is not None else None for result in every]),
            test=own.test,
            reference=own.reference,
        )


def _with_ratio(row: Row) -> Row:
    """Return the row with Cox's hazard ratio where it has two groups and the plan asks for none."""
    needs = row.kind == "categoric" and row.hazard_ratio == "none" and len(row.groups) == 2
    return row.model_copy(update={"hazard_ratio": "cox"}) if needs else row


def _settled(cells: Sequence[str], settled: Mapping[int, str]) -> list[str]:
    return [settled.get(i, cell) for i, cell in enumerate(cells)]


def _range_of(name: str, values: Sequence[float | None]) -> dict[str, float | None]:
    """Return a number as measured, its least and greatest, and at the two ends, under the names of the columns."""
    known = [value for value in values if value is not None]
    return {
        name: values[0],
        f"{name}_min": min(known, default=None),
        f"{name}_max": max(known, default=None),
        f"{name}_a": values[1],
        f"{name}_b": values[2],
    }
