"""Tables that count patients: n (%) of each line with its denominator, or mean and range of a number."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from survival import formats
from survival.plan import Counts, Plan, as_number
from survival.results import NOT_KNOWN_FINDING, UNKNOWN, Patients, in_subset

YES = "1"
Cells = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRow:
    """One line of a table of counts.

    Attributes
    ----------
    n, of : int
        Patients, and the denominator of their percentage.
    n_missing : int
        In the subset, not known.
    mean, low, high : float or None
        Of a number, in the unit of the part.
    """

    table: str
    part: str
    part_id: str
    line: str
    n: int
    of: int
    percent: float | None
    n_missing: int
    mean: float | None = None
    low: float | None = None
    high: float | None = None
    unit: str = ""
    subset: str = "all"

    def as_record(self) -> dict[str, object]:
        """Return the row as a mapping of plain values."""
        return asdict(self)


COUNT_COLUMNS = tuple(field.name for field in fields(CountRow))


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedPart:
    """A part of a table, counted, and as it is printed: (label, value) per line."""

    part: Counts
    rows: tuple[CountRow, ...]
    printed: tuple[tuple[str, str], ...]
    detail: str


def count(plan: Plan, patients: Patients) -> tuple[CountedPart, ...]:
    """Return every part that counts, in the plan's order, over the eligible patients."""
    return tuple(_counted(plan, part, patients) for part in plan.counts)


def _counted(plan: Plan, part: Counts, patients: Patients) -> CountedPart:
    inside = [i for i, kept in enumerate(in_subset(plan, part.subset, patients)) if kept]
    own = _own_cells(part, patients)
    if part.kind == "mean_range":
        row = _mean_range(part, [own[i] for i in inside])
        return CountedPart(part=part, rows=(row,), printed=((part.label, _printed_mean(part, row)),), detail="")
    hits = [[_meets(part, n, i, own, patients) for i in inside] for n in range(len(part.lines))]
    known = sum(_is_known(part, i, own, patients) for i in inside)
    in_any = sum(any(line[j] for line in hits) for j in range(len(inside)))
    of = {"all": len(inside), "known": known, "any_line": in_any}[part.denominator]
    rows = tuple(
        CountRow(
            table=part.table,
            part=part.label,
            part_id=part.id,
            line=line.label,
            n=sum(hit),
            of=of,
            percent=100 * sum(hit) / of if of else None,
            n_missing=len(inside) - known,
            subset=part.subset,
        )
        for line, hit in zip(part.lines, hits, strict=True)
    )
    printed = tuple((row.line, _share(plan, row)) for row in rows)
    return CountedPart(part=part, rows=rows, printed=printed, detail=_detail(plan, part, rows))


def _own_cells(part: Counts, patients: Patients) -> Cells:
    """Return the cell of each patient: the variable, or how many of the columns are yes."""
    if not part.columns:
        return patients.cells(part.variable)
    columns = [patients.cells(name) for name in part.columns]
    rows = list(zip(*columns, strict=True))
    return ["" if all(cell in UNKNOWN for cell in row) else str(row.count(YES)) for row in rows]


def _meets(part: Counts, line: int, patient: int, own: Cells, patients: Patients) -> bool:
    first, *also = part.lines[line].conditions(part.variable or "number")
    cell = patients.cells(part.lines[line].variable)[patient] if part.lines[line].variable else own[patient]
    others = ((condition, patients.cells(condition.variable)[patient]) for condition in also)
    return all(condition.group().holds(value) for condition, value in ((first, cell), *others))


def _is_known(part: Counts, patient: int, own: Cells, patients: Patients) -> bool:
    if part.variable or part.columns:
        return own[patient] not in (*UNKNOWN, *NOT_KNOWN_FINDING)
    return any(patients.cells(line.variable)[patient] not in UNKNOWN for line in part.lines)


def _mean_range(part: Counts, cells: Cells) -> CountRow:
    numbers = [value for cell in cells if (value := as_number(cell)) is not None]
    mean = sum(numbers) / len(numbers) / part.unit_divisor if numbers else None
    return CountRow(
        table=part.table,
        part=part.label,
        part_id=part.id,
        line="mean (range)",
        n=len(numbers),
        of=len(cells),
        percent=None,
        n_missing=len(cells) - len(numbers),
        mean=mean,
        low=min(numbers) / part.range_divisor if numbers else None,
        high=max(numbers) / part.range_divisor if numbers else None,
        unit=part.unit,
        subset=part.subset,
    )


def _printed_mean(part: Counts, row: CountRow) -> str:
    if row.mean is None or row.low is None or row.high is None:
        return "not known"
    ends = f"{formats.rounded(row.low)}–{formats.rounded(row.high)}"
    unit = f" {part.range_unit}" if part.range_unit else ""
    return f"mean {formats.rounded(row.mean, 2)} {part.unit} (range {ends}{unit}; n = {row.n})"


def _share(plan: Plan, row: CountRow) -> str:
    if row.percent is None:
        return str(row.n)
    return f"{row.n} ({formats.rounded(row.percent, plan.print.percent_decimals)}%)"


def _detail(plan: Plan, part: Counts, rows: Sequence[CountRow]) -> str:
    """Return of whom the percentages are, and how many are not known."""
    first = rows[0]
    where = next((s.label for s in plan.subsets if s.name == part.subset), "all patients")
    missing = f"; {first.n_missing} not known" if first.n_missing and part.denominator == "known" else ""
    where += " with any of these" if part.denominator == "any_line" else ""
    return f"of {first.of}, {where}{missing}"
