"""Formulae as small pictures within the page: a page that needs a server elsewhere shows none inside a hospital."""

import base64
import io
from html import escape
from typing import Any

from docutils import nodes
from matplotlib import rc_context
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import math_to_image
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

NAME = "mathtext"
INLINE_POINTS, DISPLAY_POINTS = 12.0, 13.5
"""Sizes of the letters, beside text of 17 pixels."""
POINTS_TO_PIXELS = 96 / 72
_STYLE: dict[Any, Any] = {"mathtext.fontset": "stix", "svg.hashsalt": "iscm", "svg.fonttype": "path"}


def formula_image(latex: str, points: float) -> str:
    """Return an ``img`` element of a formula, standing on the line of the text; its words are the LaTeX.

    Raises
    ------
    ValueError
        If the formula is none that matplotlib can set.
    """
    buffer = io.BytesIO()
    with rc_context(_STYLE):
        depth = math_to_image(f"${' '.join(latex.split())}$", buffer, prop=FontProperties(size=points), format="svg")
    picture = base64.b64encode(buffer.getvalue()).decode("ascii")
    below = depth * POINTS_TO_PIXELS
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
