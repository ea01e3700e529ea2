"""The inclusion flow as a diagram: one box per step, what was left out beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from survival.formats import share

BOX_WIDTH, SIDE_WIDTH = 290, 300
GAP_X, GAP_Y = 46, 34
LINE_HEIGHT, PADDING = 19, 11
"""Sizes in CSS pixels; the drawing scales with the page."""
BASELINE = 0.75
"""Share of a line's height at which its letters stand."""
COUNT = "n = "
STEP_FILL, SIDE_FILL = "#eef4f8", "#ffffff"
LONGEST_LINE = 36
"""Characters that fit a box of that width in 14 pixel type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowStep:
    """How many patients a step holds, and who was left out on the way to the next one.

    Attributes
    ----------
    label : str
    n : int
    excluded : tuple of (reason, count)
        Left out after this step.
    """

    label: str
    n: int
    excluded: tuple[tuple[str, int], ...] = ()

    def as_record(self) -> dict[str, object]:
        """Return the step as ``results.json`` holds it."""
        return {
            "step": self.label,
            "n": self.n,
            "excluded": [{"reason": reason, "n": count} for reason, count in self.excluded],
        }


def flow_svg(steps: Sequence[FlowStep]) -> str:
    """Return the diagram as an inline SVG with a title that screen readers speak."""
    parts: list[str] = []
    y = 1.0
    for step, is_last in zip(steps, [False] * (len(steps) - 1) + [True], strict=True):
        lines = [*_wrapped(step.label[:1].upper() + step.label[1:]), f"{COUNT}{step.n}"]
        side = [line for why, count in step.excluded for line in _wrapped(f"{why}: {share(count, step.n)}")]
        parts.append(_box(1, y, BOX_WIDTH, lines, STEP_FILL))
        y += _box_height(lines)
        if not is_last:
            below = max(GAP_Y, _box_height(side) + GAP_Y / 2 if side else 0)
            parts.append(_passage(y, below, side))
            y += below
    has_side = any(step.excluded for step in steps)
    width = BOX_WIDTH + (GAP_X + SIDE_WIDTH if has_side else 0) + 2
    return (
        f'<svg class="flow" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 2:g}" role="img" '
        f'style="max-width:{width}px;--width:{width}px"><title>Inclusion flow</title>'
        '<defs><marker id="flow-head" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
        '<path d="M0,0 L9,4 L0,8 z" fill="#444"/></marker></defs>' + "".join(parts) + "</svg>"
    )


def _passage(y: float, below: float, side: Sequence[str]) -> str:
    """Return the arrow down to the next box and, beside it, the box of those left out."""
    down = _arrow(BOX_WIDTH / 2, y, BOX_WIDTH / 2, y + below)
    if not side:
        return down
    middle = y + below / 2
    beside = BOX_WIDTH + GAP_X
    box = _box(beside, middle - _box_height(side) / 2, SIDE_WIDTH, side, SIDE_FILL)
    return down + _arrow(BOX_WIDTH / 2, middle, beside, middle) + box


def _box_height(lines: Sequence[str]) -> int:
    return len(lines) * LINE_HEIGHT + 2 * PADDING


def _box(x: float, y: float, width: float, lines: Sequence[str], fill: str) -> str:
    frame = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{_box_height(lines)}" rx="4"'
    texts = []
    for i, line in enumerate(lines):
        weight = "600" if line.startswith(COUNT) else "400"
        place = f'x="{x + PADDING:g}" y="{y + PADDING + (i + BASELINE) * LINE_HEIGHT:g}"'
        texts.append(f'<text {place} font-size="14" font-weight="{weight}">{escape(line)}</text>')
    return f'<rect {frame} fill="{fill}" stroke="#444"/>' + "".join(texts)


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    ends = f'x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"'
    return f'<line {ends} stroke="#444" stroke-width="1.3" marker-end="url(#flow-head)"/>'


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, LONGEST_LINE) or [""]
