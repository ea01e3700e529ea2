"""A finished figure as files: SVG for the page, PNG for slides, PDF for a journal; each with its warnings on it.

The same figure gives the same bytes: no date, no random id.
"""

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from survival.plan import Bars, Figure, Swimmer

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Those of Okabe and Ito, which people with any colour vision tell apart."""
WIDTH_INCHES = 7.0
"""Fits the text width of an A4 page."""
LINE_INCHES = 0.19
"""Height of a line of text."""
PNG_DOTS_PER_INCH = 200
FONT_TYPE = 3
"""Glyphs embedded as outlines, searchable. Type 42 cuts a whole font down per picture, which takes four times as long;
who must edit the text of a picture, or has a publisher who refuses type 3, takes the SVG."""
ONLY_RESEARCH = "Research use only."
ENDINGS = ("svg", "png", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Name and title of a figure that no plan declares."""

    name: str
    title: str
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigure:
    """A finished figure: its files as bytes, and what ``results.json`` says of it."""

    figure: Figure | Bars | Swimmer | Picture
    svg: str
    png: bytes
    pdf: bytes
    record: dict[str, object]
    caption: str


def finished(
    figure: Figure | Bars | Swimmer | Picture, canvas: "Canvas", record: dict[str, object], caption: str
) -> DrawnFigure:
    """Return a drawn canvas in every format; `record` gets name, number, title and files before its own entries."""
    common: dict[str, object] = {
        "name": figure.name,
        "number": figure.number or None,
        "title": figure.title,
        "files": [f"{figure.name}.{ending}" for ending in ENDINGS],
    }
    return DrawnFigure(
        figure=figure,
        svg=svg_of(canvas, figure.name),
        png=png_of(canvas),
        pdf=pdf_of(canvas, figure.title),
        record=common | record,
        caption=caption,
    )


def stamp_canvas(canvas: "Canvas", lines: Sequence[str], left: float, height: float) -> None:
    """Write the warnings that go with every copy of the picture along its lower edge."""
    for i, line in enumerate(reversed(lines)):
        y = (i + 0.5) * LINE_INCHES / height
        canvas.text(left, y, line, ha="left", va="center", fontsize=8, color="#8a1c00" if i else "0.35")


def svg_of(canvas: "Canvas", name: str) -> str:
    """Return the figure as SVG whose ids all begin with its name, so that several fit in one page."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": name}):
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Title": name})
    text = buffer.getvalue().decode("utf-8")
    return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", text)


def png_of(canvas: "Canvas") -> bytes:
    """Return the figure as PNG."""
    buffer = io.BytesIO()
    canvas.savefig(buffer, format="png", dpi=PNG_DOTS_PER_INCH, metadata={"Software": "iscm"})
    return buffer.getvalue()


def pdf_of(canvas: "Canvas", title: str) -> bytes:
    """Return the figure as PDF, vectors and text, without a date."""
    import matplotlib

    buffer = io.BytesIO()
    with matplotlib.rc_context({"pdf.fonttype": FONT_TYPE}):
        canvas.savefig(
            buffer, format="pdf", metadata={"CreationDate": None, "Title": title, "Creator": "iscm", "Producer": None}
        )
    return buffer.getvalue()
