"""Every number of an analysis, before anything is laid out, drawn or written."""

from dataclasses import dataclass

from survival.beyond import BeyondRow, beyond
from survival.counts import CountedPart, count
from survival.intake import Intake
from survival.models import compute_models
from survival.plan import Plan
from survival.results import ResultRow, compute
from survival.uncertainty import UncertainRow, has_ranges, uncertainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Rows of the tables, counted parts, additions to the papers, ranges under uncertainty.

    `has_ranges` says whether the table held perturbation ranges at all.
    """

    rows: tuple[ResultRow, ...]
    counted: tuple[CountedPart, ...]
    additions: tuple[BeyondRow, ...]
    uncertain: tuple[UncertainRow, ...]
    has_ranges: bool


def numbers_of(plan: Plan, intake: Intake, other: Intake | None = None) -> Numbers:
    """Return every number of a plan on a cohort, and on the same cohort as another reader read it."""
    return Numbers(
        rows=(*compute(plan, intake.patients), *compute_models(plan, intake.patients)),
        counted=count(plan, intake.eligible),
        additions=beyond(plan, intake.patients),
        uncertain=uncertainty(plan, intake.patients, None if other is None else other.patients),
        has_ranges=has_ranges(plan, intake.patients),
    )
