"""The inclusion flow as a diagram: one box per step, what was left out beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

BOX_WIDTH, SIDE_WIDTH = 290, 300
GAP_X, GAP_Y = 46, 34
LINE_HEIGHT, PADDING = 19, 11
"""Sizes in CSS pixels; the drawing scales with the page."""
LONGEST_LINE = 42
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
    y = 1
    for i, step in enumerate(steps):
        box = [*_wrapped(step.label), f"n = {step.n}"]
        height = _box_height(box)
        parts.append(_box(1, y, BOX_WIDTH, box, "step"))
        side = [line for reason, count in step.excluded for line in _wrapped(f"{reason}: {count}")]
        is_last = i == len(steps) - 1
        below = max(GAP_Y, _box_height(side) + 16 if side else 0)
        if not is_last:
            parts.append(_arrow(BOX_WIDTH / 2, y + height, BOX_WIDTH / 2, y + height + below))
        if side:
            middle = y + height + below / 2
            parts.append(_arrow(BOX_WIDTH / 2, middle, BOX_WIDTH + GAP_X, middle))
            parts.append(_box(BOX_WIDTH + GAP_X, middle - _box_height(side) / 2, SIDE_WIDTH, side, "out"))
        y += height + (0 if is_last and not side else below)
    width = BOX_WIDTH + GAP_X + SIDE_WIDTH + 2
    return (
        f'<svg class="flow" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y + 2:g}" role="img" '
        f'style="max-width:{width}px"><title>Inclusion flow</title>'
        '<defs><marker id="flow-head" markerWidth="9" markerHeight="8" refX="8" refY="4" orient="auto">'
        '<path d="M0,0 L9,4 L0,8 z" fill="#444"/></marker></defs>' + "".join(parts) + "</svg>"
    )


def _box_height(lines: Sequence[str]) -> int:
    return len(lines) * LINE_HEIGHT + 2 * PADDING


def _box(x: float, y: float, width: float, lines: Sequence[str], kind: str) -> str:
    fill = "#eef4f8" if kind == "step" else "#ffffff"
    text = "".join(
        f'<text x="{x + PADDING:g}" y="{y + PADDING + (i + 0.75) * LINE_HEIGHT:g}" font-size="14"'
        f"{' font-weight=' + chr(34) + '600' + chr(34) if line.startswith('n = ') else ''}>{escape(line)}</text>"
        for i, line in enumerate(lines)
    )
    frame = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{_box_height(lines)}" rx="4"'
    return f'<rect {frame} fill="{fill}" stroke="#444"/>' + text


def _arrow(x1: float, y1: float, x2: float, y2: float) -> str:
    ends = f'x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}"'
    return f'<line {ends} stroke="#444" stroke-width="1.3" marker-end="url(#flow-head)"/>'


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, LONGEST_LINE) or [""]
