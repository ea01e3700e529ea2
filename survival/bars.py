"""Bar charts of counted parts: one horizontal bar per line, with its number and percentage."""

from collections.abc import Sequence

from survival.counts import CountedPart
from survival.pictures import COLOURS, LINE_INCHES, ONLY_RESEARCH, WIDTH_INCHES, DrawnFigure, finished, stamp_canvas
from survival.plan import Bars

BAR_INCHES = 0.33
EDGE_INCHES = 0.3
LEFT, WIDTH = 0.24, 0.6
"""Of the width: room for labels, length of the axis; what is left holds the numbers."""


def draw_bars(bars: Bars, counted: CountedPart, stamps: Sequence[str]) -> DrawnFigure:
    """Return the bar chart of one counted part, lines from top to bottom in the order of the plan."""
    import matplotlib
    from matplotlib.figure import Figure as Canvas

    shown = [(row, text) for row, (_, text) in zip(counted.rows, counted.printed, strict=True) if row.n]
    below = (len(stamps) + 1) * LINE_INCHES + EDGE_INCHES
    plot = max(len(shown), 1) * BAR_INCHES
    height = plot + below + EDGE_INCHES
    with matplotlib.rc_context({"font.family": "sans-serif", "font.size": 9, "text.parse_math": False}):
        canvas = Canvas(figsize=(WIDTH_INCHES, height))
        axes = canvas.add_axes((LEFT, below / height, WIDTH, plot / height))
        axes.barh([row.line for row, _ in shown], [row.n for row, _ in shown], color=COLOURS[0], height=0.65)
        for i, (row, text) in enumerate(shown):
            axes.annotate(text, (row.n, i), xytext=(5, 0), textcoords="offset points", va="center")
        axes.invert_yaxis()
        axes.spines[["top", "right", "bottom"]].set_visible(False)
        axes.tick_params(left=False, bottom=False, labelbottom=False)
        stamp_canvas(canvas, [*stamps, ONLY_RESEARCH], LEFT, height)
    record: dict[str, object] = {
        "counts": bars.counts,
        "lines": [{"line": row.line, "n": row.n, "of": row.of} for row in counted.rows],
    }
    caption = f"Patients ({counted.detail})."
    return finished(bars, canvas, record, caption)
