"""What the papers left out, per tested row: proportional hazards, permutation P, Firth, C, time-varying exposure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from survival import formats
from survival.estimate import (
    Concordance,
    corrected_concordance,
    cox_regression,
    firth_regression,
    permutation_log_rank,
    proportional_hazards,
    time_varying_cox,
)
from survival.models import day_of_exposure
from survival.plan import Plan, Row, as_number
from survival.results import Patients, Sample, sample_of
from survival.units import ratio_estimate

SMALL_FOR_CHI_SQUARE = 10
"""A group with fewer patients gets a permutation P beside the one of the chi-square approximation."""
FEW_EVENTS = 5
"""A group with fewer deaths gets a penalised hazard ratio, and a permutation P: its size says nothing of them."""
LARGEST = 2000
"""Patients of a row beyond which only Cox ratios are added: the others take time with the square of the number."""
BOOTSTRAPS = 40
"""For the optimism of C: its standard error is then about .006, below the two decimals printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A hazard ratio with its limits and P."""

    hr: float
    low: float | None
    high: float | None
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BeyondRow:
    """Additions to one row of a table; None where they do not apply or are not estimable.

    Attributes
    ----------
    reference : group that the ratios are against; None: per unit of a number
    ph_p : P of the score test of proportional hazards, along 1 - S(t), over all coefficients of the row
    permutation_p : of the log-rank statistic, where a group is small
    cox : hazard ratio of the second of two groups, or per unit
    firth : the same penalised, where a group has few deaths or there is no Cox estimate
    concordance : Harrell's C of a continuous variable
    exposed : hazard ratio of what is known only after day 0, as a covariate that changes
    exposed_n : patients of that ratio: whoever was exposed on a day that is not known is left out
    flags : ``day_not_known`` where somebody was
    """

    table: str
    row: str
    row_id: str
    subset: str
    n: int
    events: int
    reference: str | None
    ph_p: float | None
    permutation_p: float | None
    cox: Ratio | None
    firth: Ratio | None
    concordance: Concordance | None
    exposed: Ratio | None
    exposed_n: int | None = None
    flags: str = ""

    def as_record(self) -> dict[str, object]:
        """Return the row as a flat mapping of plain values."""
        out: dict[str, object] = {
            name: getattr(self, name)
            for name in ("table", "row", "row_id", "subset", "n", "events", "reference", "ph_p", "permutation_p")
        }
        for name in ("cox", "firth", "exposed"):
            ratio: Ratio | None = getattr(self, name)
            out |= {f"{name}_{part}": None if ratio is None else getattr(ratio, part) for part in RATIO_PARTS}
        c = self.concordance
        out |= {"c": c.apparent if c else None, "c_corrected": c.corrected if c else None}
        return out | {"exposed_n": self.exposed_n, "flags": self.flags}


RATIO_PARTS = ("hr", "low", "high", "p")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedBeyond:
    """One printed line of the additions."""

    label: str
    detail: str
    ph: str
    permutation: str
    ratio: str
    firth: str
    c: str
    exposed: str


def beyond(plan: Plan, patients: Patients) -> tuple[BeyondRow, ...]:
    """Return the additions to every tested row, in the plan's order."""
    return tuple(_row(plan, row, patients) for row in plan.rows if row.test != "none")


def _row(plan: Plan, row: Row, patients: Patients) -> BeyondRow:
    sample = sample_of(plan, row, patients)
    columns, reference = _columns(row, sample)
    is_large = len(sample.members) > LARGEST
    single = [values[0] for values in columns] if columns and len(columns[0]) == 1 else None
    cox = None if single is None else _cox(plan, sample, single)
    exposed, exposed_n = _exposed(plan, row, patients, sample) if row.exposed_from else (None, None)
    needs_firth = single is not None and not is_large and (cox is None or _few_deaths(row, sample))
    return BeyondRow(
        table=row.table,
        row=row.label,
        row_id=row.id,
        subset=row.subset,
        n=len(sample.members),
        events=sum(sample.event),
        reference=reference,
        ph_p=None if is_large else _proportional(plan, sample, columns),
        permutation_p=None if is_large else _permutation(row, sample),
        cox=cox,
        firth=_firth(plan, sample, single) if needs_firth and single else None,
        concordance=_concordance(plan, sample, single)
        if row.kind == "continuous" and single and not is_large
        else None,
        exposed=exposed,
        exposed_n=exposed_n,
        flags="" if exposed_n in (None, len(sample.members)) else "day_not_known",
    )


def _columns(row: Row, sample: Sample) -> tuple[list[list[float]], str | None]:
    """Return the covariates of each patient: the number, or one column per group but the first that has patients."""
    if row.kind == "continuous":
        return [[as_number(m.value) or 0.0] for m in sample.members], None
    labels = [group.label for group in row.groups if sample.of(group.label).members]
    if not labels[1:]:
        return [], None
    reference = row.reference if row.reference in labels else labels[0]
    others = [label for label in labels if label != reference]
    return [[float(m.group == label) for label in others] for m in sample.members], reference


def _cox(plan: Plan, sample: Sample, covariate: Sequence[float]) -> Ratio | None:
    fit = cox_regression(sample.time_days, sample.event, covariate, ties=plan.ties, confidence=plan.confidence)
    return None if fit is None else Ratio(hr=fit.hazard_ratio, low=fit.low, high=fit.high, p=fit.p)


def _firth(plan: Plan, sample: Sample, covariate: Sequence[float]) -> Ratio | None:
    fit = firth_regression(sample.time_days, sample.event, covariate, ties=plan.ties, confidence=plan.confidence)
    return None if fit is None else Ratio(hr=fit.hazard_ratio, low=fit.low, high=fit.high, p=fit.p)


def _few_deaths(row: Row, sample: Sample) -> bool:
    if row.kind == "continuous":
        return sum(sample.event) < FEW_EVENTS
    return any(sum(sample.of(group.label).event) < FEW_EVENTS for group in row.groups)


def _proportional(plan: Plan, sample: Sample, columns: list[list[float]]) -> float | None:
    tests = proportional_hazards(sample.time_days, sample.event, columns, ties=plan.ties) if columns else None
    return tests[-1].p if tests else None


def _permutation(row: Row, sample: Sample) -> float | None:
    sizes = [
        (len(inside.members), sum(inside.event)) for group in row.groups if (inside := sample.of(group.label)).members
    ]
    if not any(size < SMALL_FOR_CHI_SQUARE or deaths < FEW_EVENTS for size, deaths in sizes):
        return None
    return permutation_log_rank(sample.time_days, sample.event, [m.group for m in sample.members])


def _concordance(plan: Plan, sample: Sample, covariate: Sequence[float]) -> Concordance | None:
    return corrected_concordance(sample.time_days, sample.event, covariate, ties=plan.ties, repeats=BOOTSTRAPS)


def _exposed(plan: Plan, row: Row, patients: Patients, sample: Sample) -> tuple[Ratio | None, int]:
    """Return the hazard ratio after the day of the exposure, and of how many: a day that is not known leaves out."""
    days = [day_of_exposure(row, member.group, patients, member.place) for member in sample.members]
    known = replace(sample, members=tuple(m for m, day in zip(sample.members, days, strict=True) if day[1]))
    changes = [day for day, is_known in days if is_known]
    fit = time_varying_cox(known.time_days, known.event, changes, ties=plan.ties, confidence=plan.confidence)
    ratio = None if fit is None else Ratio(hr=fit.hazard_ratio, low=fit.low, high=fit.high, p=fit.p)
    return ratio, len(known.members)


def print_beyond(plan: Plan, rows: Sequence[BeyondRow]) -> tuple[PrintedBeyond, ...]:
    """Return the additions as text."""
    return tuple(_printed(plan, row) for row in rows)


def _printed(plan: Plan, row: BeyondRow) -> PrintedBeyond:
    subset = next((s.label for s in plan.subsets if s.name == row.subset), "all patients")
    against = f"; against {row.reference}" if row.reference and (row.cox or row.firth) else ""
    left_out = 0 if row.exposed_n is None else row.n - row.exposed_n
    unknown = f"; time-varying: n = {row.exposed_n}, {left_out} exposed on a day not known" if left_out else ""
    c = row.concordance
    corrected = "" if c is None or c.corrected is None else f" ({formats.rounded(c.corrected, 2)})"
    return PrintedBeyond(
        label=row.row,
        detail=f"{subset}, n = {row.n}, {row.events} deaths{against}{unknown}",
        ph=formats.p_value(row.ph_p, plan.print.p_decimals),
        permutation="" if row.permutation_p is None else formats.p_value(row.permutation_p, plan.print.p_decimals),
        ratio=_ratio(plan, row.cox),
        firth=_ratio(plan, row.firth),
        c="" if c is None else formats.rounded(c.apparent, 2) + corrected,
        exposed=_ratio(plan, row.exposed),
    )


def _ratio(plan: Plan, ratio: Ratio | None) -> str:
    if ratio is None:
        return ""
    return f"{ratio_estimate(plan, ratio.hr, ratio.low, ratio.high)}; P {_sign(plan, ratio.p)}"


def _sign(plan: Plan, p: float) -> str:
    text = formats.p_value(p, plan.print.p_decimals)
    return text if text[0] in "<>" else f"= {text}"
