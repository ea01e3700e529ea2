"""Parts of a plan that read as known on day 0 what is known only later."""

from collections.abc import Iterator

from mri.problems import Problem, warning
from survival.clinical_schema import days_name, load_schema
from survival.plan import Counts, Plan

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
    """Yield a warning wherever a plan lets such a column decide survival without saying so.

    That is a row without ``post_baseline``, a filter, a subset, or a limit (``missing_if``) by which patients are
    chosen who had to live long enough to be in; a count of what was known on day 0 in such a subset, too.
    """
    yield from _rows(plan)
    late = known_late()
    for condition in (one for one in plan.filters if one.variable in late):
        yield _chosen(plan, f"filters ({condition.label})", condition.variable)
    for row in plan.rows:
        if row.missing_if and row.missing_if.variable in late:
            yield _chosen(plan, f"rows ({row.id}), missing_if", row.missing_if.variable)
    for subset in (one for one in plan.subsets if one.variable in late):
        users = [row.id for row in plan.rows if row.subset == subset.name]
        users += [model.id for model in plan.models if model.subset == subset.name]
        users += [part.id for part in plan.counts if part.subset == subset.name and not _counts_late(part)]
        users += [part.label for part in plan.summary if part.subset == subset.name]
        if users:
            yield _chosen(plan, f"subsets ({subset.name}; used by {', '.join(users)})", subset.variable)


def _rows(plan: Plan) -> Iterator[Problem]:
    late = known_late()
    for row in plan.rows:
        if row.variable in late and not row.post_baseline:
            message = (
                f"{row.variable} is known only after day 0 (immortal time): say post_baseline = true, and exposed_from "
                "where its day is known"
            )
            yield warning("post_baseline_as_baseline", f"plan {plan.name}: rows ({row.id})", message)


def _chosen(plan: Plan, place: str, variable: str) -> Problem:
    message = (
        f"{variable} is known only after day 0 (immortal time): it chooses patients who lived long enough to have it; "
        "choose by what is known on day 0, or use a model with landmark_days or time_varying"
    )
    return warning("chosen_by_the_future", f"plan {plan.name}: {place}", message)


def _counts_late(part: Counts) -> bool:
    """Return whether a part counts what comes after day 0 itself, such as the response of the treated."""
    return set(part.variables()) <= known_late()
