"""Survival times as the plan prints them: days, or months with one decimal."""

from survival import formats
from survival.plan import Plan


def in_unit(plan: Plan, days: float | None) -> float | None:
    """Return days in the unit of the plan."""
    if days is None or plan.print.time_unit == "days":
        return days
    return days / plan.days_per_month


def decimals_of(plan: Plan) -> int:
    """Return how many decimals a time has."""
    return 1 if plan.print.time_unit == "months" else 0


def time_text(plan: Plan, days: float | None) -> str:
    """Return ``104 days``, ``4.0 months`` or ``not estimable``."""
    value = in_unit(plan, days)
    return "not estimable" if value is None else f"{formats.rounded(value, decimals_of(plan))} {plan.print.time_unit}"


def time_interval(plan: Plan, low: float | None, high: float | None) -> str:
    """Return ``48–156`` without its unit."""
    return formats.interval(in_unit(plan, low), in_unit(plan, high), decimals_of(plan))


def time_estimate(plan: Plan, days: float | None, low: float | None, high: float | None) -> str:
    """Return ``104 (48–156)`` without its unit."""
    return formats.estimate(in_unit(plan, days), in_unit(plan, low), in_unit(plan, high), decimals_of(plan))


def ratio_estimate(plan: Plan, ratio: float | None, low: float | None, high: float | None) -> str:
    """Return a hazard ratio with its limits, in the digits of the plan."""
    if plan.print.ratio_digits == "two_decimals" or ratio is None or low is None or high is None:
        return formats.estimate(ratio, low, high, 2)
    return f"{formats.significant(ratio)} ({formats.significant(low)}–{formats.significant(high)})"
