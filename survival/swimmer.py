"""Swimmer plot: one bar per patient from day 0 to death or censoring, longest on top, with a mark at each event."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from survival.figures import ticks_of
from survival.pictures import COLOURS, LINE_INCHES, ONLY_RESEARCH, WIDTH_INCHES, DrawnFigure, finished, stamp_canvas
from survival.plan import Plan, Swimmer, as_number
from survival.results import Patients, in_subset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

TALLEST_INCHES = 9.0
"""Height of all bars at most: with legend, axis and stamps the figure then still fits a page of A4."""
BAR_INCHES = 0.16
LEAST_LABELLED_INCHES = 0.095
"""Below this height of a bar its label would touch the next one, so labels are left out: above 94 patients."""
BAR_SHARE = 0.62
LABEL_SHARE = 0.72
"""Of the height of a bar: what is filled, and the size of its label."""
LARGEST_LABEL = 8.0
POINTS_PER_INCH = 72
TOP_INCHES, AXIS_INCHES = 0.45, 0.5
CHARACTER_INCHES, LEAST_LEFT_INCHES = 0.075, 0.55
RIGHT_INCHES = 0.35
LEGEND_COLUMNS = 4
BAR_COLOUR = "#c9d3da"
DEATH_MARK, CENSORED_MARK = ("X", "#000000"), (">", "#000000")
EVENT_MARKS = tuple(zip(("^", "D", "s", "o", "P", "v"), COLOURS, strict=False))
"""Shape and colour both differ, so that either alone tells them apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One patient: days from day 0 to the end, whether it was death, and the day of each declared event."""

    participant: str
    days: float
    died: bool
    events: tuple[float | None, ...]


def draw_swimmer(plan: Plan, swimmer: Swimmer, patients: Patients, stamps: Sequence[str]) -> DrawnFigure:
    """Return the swimmer plot of the analysed patients of its subset.

    Parameters
    ----------
    stamps : lines printed under the figure, so that a copy of the picture carries them
    """
    lanes = lanes_of(plan, swimmer, patients)
    canvas = _canvas(plan, swimmer, lanes, stamps)
    outside = [sum(not _inside(lane, i) for lane in lanes) for i, _ in enumerate(swimmer.events)]
    record: dict[str, object] = {
        "subset": swimmer.subset,
        "n": len(lanes),
        "deaths": sum(lane.died for lane in lanes),
        "events": [
            {"label": event.label, "n": sum(lane.events[i] is not None for lane in lanes), "outside": outside[i]}
            for i, event in enumerate(swimmer.events)
        ],
    }
    return finished(swimmer, canvas, record, _caption(swimmer, patients, len(lanes), sum(outside)))


def lanes_of(plan: Plan, swimmer: Swimmer, patients: Patients) -> tuple[Lane, ...]:
    """Return the patients of the subset whose survival time is known, longest first."""
    inside = in_subset(plan, swimmer.subset, patients)
    starts = patients.cells("iscm_presentation_days") if plan.origin == "iscm_presentation" else ("0",) * len(patients)
    days = [[_first_day(patients, event.columns, i) for event in swimmer.events] for i in range(len(patients))]
    names = patients.cells("participant_id")
    lanes = [
        Lane(
            participant=names[i],
            days=time,
            died=bool(patients.event[i]),
            events=tuple(None if day is None else day - (as_number(starts[i]) or 0.0) for day in days[i]),
        )
        for i, time in enumerate(patients.time_days[plan.origin])
        if inside[i] and time is not None
    ]
    return tuple(sorted(lanes, key=lambda lane: (-lane.days, lane.participant)))


def _first_day(patients: Patients, columns: Sequence[str], i: int) -> float | None:
    days = [day for name in columns if (day := as_number(patients.cells(name)[i])) is not None]
    return min(days, default=None)


def _inside(lane: Lane, event: int) -> bool:
    """Return whether an event, if there was one, lies on the bar."""
    day = lane.events[event]
    return day is None or 0 <= day <= lane.days


def _caption(swimmer: Swimmer, patients: Patients, n: int, outside: int) -> str:
    absent = [e.label for e in swimmer.events if not set(e.columns) & set(patients.columns)]
    parts = [f"{n} patients, one bar each from day 0 to death or censoring, in order of length"]
    if absent:
        parts.append(f"not recorded in this table: {', '.join(absent)}")
    if outside:
        parts.append(f"{outside} events before day 0 or after the end of their bar are not drawn")
    return ". ".join(part[:1].upper() + part[1:] for part in parts) + ". Beyond the paper."


def _canvas(plan: Plan, swimmer: Swimmer, lanes: Sequence[Lane], stamps: Sequence[str]) -> "Canvas":
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    bar = min(BAR_INCHES, TALLEST_INCHES / max(len(lanes), 1))
    below, plot = (len(stamps) + 1) * LINE_INCHES + AXIS_INCHES, bar * max(len(lanes), 2)
    height = plot + below + TOP_INCHES
    longest = max((len(lane.participant) for lane in lanes), default=0) if _is_labelled(bar) else 0
    left = max(LEAST_LEFT_INCHES, 0.2 + longest * CHARACTER_INCHES) / WIDTH_INCHES
    with matplotlib.rc_context({"font.family": "sans-serif", "font.size": 9, "text.parse_math": False}):
        canvas = Canvas(figsize=(WIDTH_INCHES, height))
        width = 1 - left - RIGHT_INCHES / WIDTH_INCHES
        axes = canvas.add_axes((left, below / height, width, plot / height))
        _draw_lanes(axes, lanes, bar)
        for label, mark, colour, points in (kind for kind in _marks(swimmer, lanes) if kind[3]):
            size = bar * POINTS_PER_INCH * BAR_SHARE
            x, y = [day for day, _ in points], [place for _, place in points]
            axes.plot(x, y, mark, color=colour, ms=size, mec="white", mew=0.4, label=label, clip_on=False, zorder=3)
        _dress(axes, plan, lanes, bar)
        stamp_canvas(canvas, [*stamps, ONLY_RESEARCH], left, height)
    return canvas


def _is_labelled(bar: float) -> bool:
    return bar >= LEAST_LABELLED_INCHES


def _marks(swimmer: Swimmer, lanes: Sequence[Lane]) -> Iterator[tuple[str, str, str, list[tuple[float, int]]]]:
    """Yield label, shape, colour and (day, place) of each kind of event."""
    ends = (("Death", DEATH_MARK, True), ("Alive at last contact (censored)", CENSORED_MARK, False))
    for label, (shape, colour), died in ends:
        yield label, shape, colour, [(lane.days, i) for i, lane in enumerate(lanes) if lane.died == died]
    for number, (event, (shape, colour)) in enumerate(zip(swimmer.events, EVENT_MARKS, strict=False)):
        points = [
            (day, i)
            for i, lane in enumerate(lanes)
            if (day := lane.events[number]) is not None and _inside(lane, number)
        ]
        yield event.label, shape, colour, points


def _draw_lanes(axes: "Axes", lanes: Sequence[Lane], bar: float) -> None:
    width = bar * POINTS_PER_INCH * BAR_SHARE
    places = range(len(lanes))
    axes.hlines(list(places), 0, [lane.days for lane in lanes], colors=BAR_COLOUR, linewidth=width, zorder=1)
    if _is_labelled(bar):
        size = min(LARGEST_LABEL, bar * POINTS_PER_INCH * LABEL_SHARE)
        axes.set_yticks(list(places), [lane.participant for lane in lanes], fontsize=size)
    else:
        axes.set_yticks([])


def _dress(axes: "Axes", plan: Plan, lanes: Sequence[Lane], bar: float) -> None:
    ticks = ticks_of(plan, max((lane.days for lane in lanes), default=0.0))
    in_months = plan.print.time_unit == "months"
    unit = plan.days_per_month if in_months else 1
    axes.set_xlim(0, ticks[-1])
    axes.set_ylim(max(len(lanes), 2) - 0.5, -0.5)
    axes.set_xticks(list(ticks), [f"{tick / unit:g}" for tick in ticks])
    axes.set_xlabel(f"{'Months' if in_months else 'Days'} from {plan.origin.replace('iscm_', 'ISCM ')}")
    axes.grid(axis="x", color="0.9", lw=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0, pad=bar * POINTS_PER_INCH * BAR_SHARE)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if not lanes:
        axes.text(0.5, 0.5, "No patient has a survival time", transform=axes.transAxes, ha="center")
        return
    room = {"handletextpad": 0.2, "columnspacing": 1.2, "borderaxespad": 0.2}
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), frameon=False, ncols=LEGEND_COLUMNS, **room)
