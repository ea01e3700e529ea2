"""Forest plot of the univariable hazard ratios: a point and its limits per row, on a logarithmic axis."""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from survival.beyond import BeyondRow, Ratio
from survival.pictures import (
    COLOURS,
    LINE_INCHES,
    ONLY_RESEARCH,
    WIDTH_INCHES,
    DrawnFigure,
    Picture,
    finished,
    stamp_canvas,
)
from survival.plan import Plan
from survival.units import ratio_estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_INCHES, TOP_INCHES, AXIS_INCHES = 0.34, 0.35, 0.55
LEFT, WIDTH = 0.42, 0.33
"""Of the width: room for labels, length of the axis; what is left holds the numbers."""
RATIO_LIMITS = (0.05, 20.0)
"""The axis reaches no further; a longer interval ends in an arrow."""
LONGEST_LABEL = 46
NAME = "forest"


def draw_forest(plan: Plan, rows: Sequence[BeyondRow], stamps: Sequence[str]) -> DrawnFigure | None:
    """Return the forest plot of the plan's family, else of every row, with a hazard ratio; None if no row has one.

    A row on what is known only after day 0 is shown with its time-varying ratio, or not at all.
    """
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    shown = [(row, ratio) for row in rows if _in_family(plan, row) and (ratio := _ratio(plan, row)) is not None]
    if not shown:
        return None
    below = (len(stamps) + 1) * LINE_INCHES + AXIS_INCHES
    plot = len(shown) * ROW_INCHES
    height = plot + below + TOP_INCHES
    with matplotlib.rc_context({"font.family": "sans-serif", "font.size": 8, "text.parse_math": False}):
        canvas = Canvas(figsize=(WIDTH_INCHES, height))
        axes = canvas.add_axes((LEFT, below / height, WIDTH, plot / height))
        for i, (row, ratio) in enumerate(shown):
            _draw_row(axes, i, ratio, penalised=row.firth is not None)
            axes.annotate(
                ratio_estimate(plan, ratio.hr, ratio.low, ratio.high),
                (1.03, i),
                xycoords=("axes fraction", "data"),
                va="center",
            )
        axes.set_yticks(range(len(shown)), [_label(row) for row, _ in shown])
        _dress(axes, plan, len(shown))
        stamp_canvas(canvas, [*stamps, ONLY_RESEARCH], 0.03, height)
    picture = Picture(name=NAME, title="Univariable hazard ratios (beyond the paper)")
    record: dict[str, object] = {"rows": [row.row_id for row, _ in shown]}
    caption = (
        "Cox hazard ratio per unit, or of the second of two groups against the one named; square: penalised (Firth), "
        "where a group has few deaths. Above 1 the hazard is higher. Not adjusted for one another."
    )
    return finished(picture, canvas, record, caption)


def _in_family(plan: Plan, row: BeyondRow) -> bool:
    return plan.multiplicity is None or row.table in plan.multiplicity.tables


def _ratio(plan: Plan, row: BeyondRow) -> Ratio | None:
    return row.exposed if plan.row(row.row_id).post_baseline else row.firth or row.cox


def _draw_row(axes: "Axes", place: int, ratio: Ratio, *, penalised: bool) -> None:
    low, high = RATIO_LIMITS
    ends = (max(ratio.low or low, low), min(ratio.high or high, high))
    colour = COLOURS[1] if penalised else COLOURS[0]
    axes.plot(ends, (place, place), color=colour, lw=1.4)
    if low < ratio.hr < high:
        axes.plot([ratio.hr], [place], "s" if penalised else "o", color=colour, ms=5)
    for end, beyond_axis, mark in ((low, (ratio.low or 0) < low, "<"), (high, (ratio.high or high * 2) > high, ">")):
        if beyond_axis:
            axes.plot([end], [place], mark, color=colour, ms=5)


def _label(row: BeyondRow) -> str:
    against = f" vs {row.reference}" if row.reference else ""
    subset = "" if row.subset == "all" else f" ({row.subset.replace('_', ' ')})"
    return "\n".join(textwrap.wrap(f"{row.row}{against}{subset}", LONGEST_LABEL))


def _dress(axes: "Axes", plan: Plan, count: int) -> None:
    axes.axvline(1, color="0.6", lw=0.8, zorder=0)
    axes.set_xscale("log")
    axes.set_xlim(RATIO_LIMITS[0] * 0.9, RATIO_LIMITS[1] * 1.1)
    axes.set_xticks([0.1, 0.5, 1, 2, 10], ["0.1", "0.5", "1", "2", "10"])
    axes.minorticks_off()
    axes.set_ylim(count - 0.5, -0.5)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False)
    axes.set_xlabel(f"Hazard ratio ({100 * plan.confidence:g}% CI)")
