"""Kaplan–Meier figures: step curves with confidence bands, censoring marks and numbers at risk under the axis.

Drawn on matplotlib's object interface, so nothing of a screen or of another figure is touched. Colours are
those of Okabe and Ito, and each group has its own line style as well: neither colour vision nor a colour
printer is needed to tell them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from survival.estimate import Curve, number_at_risk
from survival.formats import p_value
from survival.pictures import COLOURS, LINE_INCHES, ONLY_RESEARCH, WIDTH_INCHES, DrawnFigure, finished, stamp_canvas
from survival.plan import Figure, Plan
from survival.results import Patients, ResultRow, Sample, sample_of
from survival.units import time_interval, time_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

LINE_STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), "-")
PLOT_INCHES, AXIS_INCHES, TOP_INCHES = 3.6, 0.62, 0.25
"""Heights: of the axes, of tick and axis labels, of the free space at the top."""
RIGHT_EDGE = 0.96
LEAST_MARGIN_INCHES, LABEL_GAP_INCHES, CHARACTER_INCHES = 0.8, 0.45, 0.078
"""Left margin: what the vertical axis needs; the gap beside the numbers at risk; a character at 9 points."""
TICK_STEPS = (1, 5, 10, 30, 60, 90, 180, 360, 720, 1440)
"""Days between ticks, whole months of 30 days from 30 on."""
TICK_MONTHS = (1, 2, 3, 6, 12, 24, 36, 48, 60, 120)
MOST_INTERVALS = 8
"""With more ticks the numbers at risk would run into one another."""
BAND_ALPHA = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCurve:
    """One line of a figure."""

    group: str
    label: str
    curve: Curve
    at_risk: tuple[int, ...]
    legend: str


def draw(
    plan: Plan, figure: Figure, patients: Patients, results: Sequence[ResultRow], stamps: Sequence[str]
) -> DrawnFigure:
    """Return the Kaplan–Meier figure of one row of the plan.

    Parameters
    ----------
    results : all computed rows; those of the figure's row give medians, P and flags
    stamps : lines printed under the figure, so that a copy of the picture carries them
    """
    row = plan.row(figure.row)
    sample = sample_of(plan, row, patients)
    own = [result for result in results if result.row_id == row.id]
    ticks = ticks_of(plan, max(sample.time_days, default=0.0))
    groups = [
        GroupCurve(
            group=str(result.group),
            label=label,
            curve=_several(inside := sample.of(str(result.group))).curve(plan.confidence),
            at_risk=number_at_risk(inside.time_days, ticks),
            legend=_legend(plan, label, result),
        )
        for label, result in zip(_labels(figure, own), own, strict=True)
    ]
    p = own[0].p if own else None
    canvas = _canvas(plan, groups, ticks, _p_text(plan, own), stamps)
    record: dict[str, object] = {
        "row_id": row.id,
        "subset": row.subset,
        "n": len(sample.members),
        "p": p,
        "at_risk_days": list(ticks),
        "groups": [{"group": g.group, "label": g.label, "n": g.at_risk[0], "at_risk": list(g.at_risk)} for g in groups],
    }
    caption = (
        f"Kaplan–Meier estimate with pointwise {100 * plan.confidence:g}% confidence band (log-log); a tick marks a "
        "censored patient; the numbers below the axis are under observation at that time."
    )
    return finished(figure, canvas, record, caption)


def _several(sample: Sample) -> Sample:
    """Return the sample, nobody of a single patient: a curve of one would be that patient's own time."""
    return sample if len(sample.members) > 1 else replace(sample, members=())


def ticks_of(plan: Plan, last_day: float) -> tuple[float, ...]:
    """Return the days of the axis ticks, whole months where the plan prints months."""
    if plan.print.time_unit == "days":
        return tick_days(last_day)
    last = last_day / plan.days_per_month
    step = next((step for step in TICK_MONTHS if last / step <= MOST_INTERVALS), TICK_MONTHS[-1])
    months = range(0, max(int(-(-last // step)), 1) * step + 1, step)
    return tuple(month * plan.days_per_month for month in months)


def tick_days(last_day: float) -> tuple[int, ...]:
    """Return the days of the axis ticks, from 0 to the first at or past the last day."""
    step = next((step for step in TICK_STEPS if last_day / step <= MOST_INTERVALS), TICK_STEPS[-1])
    return tuple(range(0, max(int(-(-last_day // step)), 1) * step + 1, step))


def _labels(figure: Figure, own: Sequence[ResultRow]) -> list[str]:
    given = dict(enumerate(figure.labels))
    return [given.get(i, str(result.group)) for i, result in enumerate(own)]


def _legend(plan: Plan, label: str, result: ResultRow) -> str:
    if not result.n:
        return f"{label}: no patient"
    if result.n == 1:
        return f"{label}: n = 1, no curve of a single patient"
    if result.median is None:
        return f"{label}: n = {result.n}, median not estimable"
    median, limits = time_text(plan, result.median), time_interval(plan, result.ci_low, result.ci_high)
    return f"{label}: n = {result.n}, median {median} ({100 * plan.confidence:g}% CI {limits})"


def _p_text(plan: Plan, own: Sequence[ResultRow]) -> str:
    if not own or own[0].test is None:
        return ""
    tests = [(own[0].test, own[0].p), (own[0].test_second, own[0].p_second)]
    return "\n".join(f"{name}: {_shown(plan, p)}" for name, p in tests if name)


def _shown(plan: Plan, p: float | None) -> str:
    text = p_value(p, plan.print.p_decimals)
    return "not estimable" if p is None else f"P {text[0]} {text[1:]}" if text[0] in "<>" else f"P = {text}"


def _canvas(
    plan: Plan, groups: Sequence[GroupCurve], ticks: Sequence[float], p: str, stamps: Sequence[str]
) -> "Canvas":
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    lines = len(groups) + 1
    below = (lines + len(stamps) + 1) * LINE_INCHES + AXIS_INCHES
    height = PLOT_INCHES + below + len(groups) * LINE_INCHES + TOP_INCHES
    with matplotlib.rc_context({"font.family": "sans-serif", "font.size": 9, "text.parse_math": False}):
        canvas = Canvas(figsize=(WIDTH_INCHES, height))
        left = _left_margin(groups)
        axes: Axes = canvas.add_axes((left, below / height, RIGHT_EDGE - left, PLOT_INCHES / height))
        for i, group in enumerate(groups):
            _draw_curve(axes, group, COLOURS[i % len(COLOURS)], LINE_STYLES[i % len(LINE_STYLES)])
        _dress(axes, plan, ticks, p, drawn=any(group.at_risk[0] for group in groups))
        _numbers_at_risk(axes, groups, ticks)
        stamp_canvas(canvas, [*stamps, ONLY_RESEARCH], left, height)
    return canvas


def _left_margin(groups: Sequence[GroupCurve]) -> float:
    """Return the share of the width that the longest label of the numbers at risk needs."""
    longest = max((len(group.label) for group in groups), default=0)
    return max(LEAST_MARGIN_INCHES, LABEL_GAP_INCHES + longest * CHARACTER_INCHES) / WIDTH_INCHES


def _draw_curve(axes: "Axes", group: GroupCurve, colour: str, style: Any) -> None:
    curve = group.curve
    if not curve.time_days:
        axes.plot([], [], color=colour, linestyle=style, lw=1.6, label=group.legend)
        return
    time = (0.0, *curve.time_days)
    axes.step(time, (1.0, *curve.survival), where="post", color=colour, linestyle=style, lw=1.6, label=group.legend)
    days, low, high = band(curve)
    axes.fill_between(days, low, high, step="post", color=colour, alpha=BAND_ALPHA, lw=0)
    marks = [(t, s) for t, s, c in zip(curve.time_days, curve.survival, curve.censored, strict=True) if c]
    axes.plot([t for t, _ in marks], [s for _, s in marks], "|", color=colour, ms=9, mew=1.3)


def band(curve: Curve) -> tuple[list[float], list[float], list[float]]:
    """Return days, lower and upper limits of the band: from day 0 to where S reaches 0 and no interval exists."""
    days, low, high = [0.0], [1.0], [1.0]
    for day, s, below, above in zip(curve.time_days, curve.survival, curve.low, curve.high, strict=True):
        days.append(day)
        low.append(below if s > 0 else low[-1])
        high.append(above if s > 0 else high[-1])
        if s == 0:
            break
    return days, low, high


def _dress(axes: "Axes", plan: Plan, ticks: Sequence[float], p: str, *, drawn: bool) -> None:
    axes.set_xlim(0, ticks[-1])
    axes.set_ylim(0, 1.03)
    in_months = plan.print.time_unit == "months"
    unit = plan.days_per_month if in_months else 1
    axes.set_xticks(list(ticks), [f"{tick / unit:g}" for tick in ticks])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    axes.axhline(0.5, color="0.75", lw=0.7, zorder=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylabel("Surviving (%)")
    axes.set_xlabel("Months" if in_months else f"Days ({plan.days_per_month:g} days = 1 month)")
    axes.text(0.98, 0.93, p, transform=axes.transAxes, ha="right", va="top")
    if drawn:
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, handlelength=3.2, borderaxespad=0.2)
    else:
        axes.text(0.5, 0.5, "Not estimable: no patient has this variable", transform=axes.transAxes, ha="center")


def _numbers_at_risk(axes: "Axes", groups: Sequence[GroupCurve], ticks: Sequence[float]) -> None:
    """Write the table of numbers at risk, aligned with the ticks of the time axis."""
    first = -AXIS_INCHES / PLOT_INCHES
    step = LINE_INCHES / PLOT_INCHES
    axes.text(0, first, "Number at risk", transform=axes.transAxes, ha="left", va="center", fontweight="bold")
    for i, group in enumerate(groups):
        height = first - (i + 1) * step
        colour = COLOURS[i % len(COLOURS)]
        across = axes.get_xaxis_transform()
        axes.annotate(
            group.label,
            (0, height),
            xycoords="axes fraction",
            textcoords="offset points",
            xytext=(-20, 0),
            ha="right",
            va="center",
            color=colour,
        )
        for day, count in zip(ticks, group.at_risk, strict=True):
            axes.text(day, height, str(count), transform=across, ha="center", va="center", clip_on=False)
