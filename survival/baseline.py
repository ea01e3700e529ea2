"""Rows of a plan that read as known on day 0 what is known only later."""

from collections.abc import Iterator

from mri.problems import Problem, warning
from survival.clinical_schema import days_name, load_schema
from survival.plan import Plan

DERIVED_LATE = ("treated", "treatment_group")
"""Made from the treatments."""
SEEN_LATE = ("new_lesions_followup", "first_new_lesion_days", "followup_n_new", "followup_n_gone")
"""Read on follow-up images."""


def known_late() -> frozenset[str]:
    """Return the columns whose values come after the ISCM diagnosis."""
    clinical = [column for column in load_schema().columns.values() if not column.baseline]
    days = [days_name(column.name) for column in clinical if column.type == "date"]
    return frozenset({*(column.name for column in clinical), *days, *DERIVED_LATE, *SEEN_LATE})


def baseline_problems(plan: Plan) -> Iterator[Problem]:
    """Yield a warning for every row that compares survival by such a column without saying post_baseline."""
    late = known_late()
    for row in plan.rows:
        if row.variable in late and not row.post_baseline:
            message = (
                f"{row.variable} is known only after day 0 (immortal time): say post_baseline = true, and exposed_from "
                "where its day is known"
            )
            yield warning("post_baseline_as_baseline", f"plan {plan.name}: rows ({row.id})", message)
