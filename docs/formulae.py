"""Formulae as small pictures within the page: a page that needs a server elsewhere shows none inside a hospital."""

import base64
import io
from html import escape
from typing import Any

from docutils import nodes
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

NAME = "mathtext"
INLINE_POINTS, DISPLAY_POINTS = 12.0, 13.5
"""Sizes of the letters, beside text of 17 pixels."""
POINTS_PER_INCH = 72.0
POINTS_TO_PIXELS = 96 / POINTS_PER_INCH
MARGIN_POINTS = 1.5
"""Around a formula: letters reach a little beyond the box that they are set in."""
_STYLE: dict[Any, Any] = {"svg.hashsalt": "iscm", "svg.fonttype": "path"}


def formula_image(latex: str, points: float) -> str:
    """Return an ``img`` element of a formula, standing on the line of the text; its words are the LaTeX.

    Raises
    ------
    ValueError
        If the formula is none that matplotlib can set.
    """
    formula, letters = f"${' '.join(latex.split())}$", FontProperties(size=points, math_fontfamily="stix")
    buffer = io.BytesIO()
    with rc_context(_STYLE):
        width, height, depth, *_ = MathTextParser("path").parse(formula, dpi=POINTS_PER_INCH, prop=letters)
        size = (width + 2 * MARGIN_POINTS, height + 2 * MARGIN_POINTS)
        made = Figure(figsize=(size[0] / POINTS_PER_INCH, size[1] / POINTS_PER_INCH))
        made.text(MARGIN_POINTS / size[0], (depth + MARGIN_POINTS) / size[1], formula, fontproperties=letters)
        made.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    picture = base64.b64encode(buffer.getvalue()).decode("ascii")
    below = (depth + MARGIN_POINTS) * POINTS_TO_PIXELS
    style = f"vertical-align: -{below:.1f}px; max-width: 100%"
    return f'<img class="formula" alt="{escape(latex)}" style="{style}" src="data:image/svg+xml;base64,{picture}">'


def visit_inline(writer: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a sentence."""
    writer.body.append(formula_image(node.astext(), INLINE_POINTS))
    raise nodes.SkipNode


def visit_display(writer: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    writer.body.append(f'<p class="formula">{formula_image(node.astext(), DISPLAY_POINTS)}</p>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    """Make this the way in which formulae are written."""
    app.add_html_math_renderer(NAME, (visit_inline, None), (visit_display, None))
