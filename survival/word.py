"""The printed tables as one Word file: three-line tables whose header is repeated on every page.

Only python-docx writes it; the same tables give the same bytes.
"""

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from survival.layout import INDENT, Layout

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell, _Row

PAGE_MM = (297, 210)
"""A4 across: nine columns fit."""
MARGIN_MM, FIRST_COLUMN_MM, INDENT_MM = 18, 62, 4
BODY_POINTS, NOTE_POINTS = 9, 8
SPACE_POINTS = 1.5
THICK, THIN = 12, 4
"""Rules in eighths of a point."""
OLDEST_ZIP = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip archive can hold: every part bears it, so that no clock enters the file."""
UNDATED = datetime(2000, 1, 1)
"""Stands where the format asks for a date."""


def word(tables: Sequence[Layout], title: str, stamps: Sequence[str], notice: str) -> bytes:
    """Return a document with every table; title, stamps and notice stand at the head of each page.

    Parameters
    ----------
    tables : sequence of Layout
    title : str
        Of the whole document.
    stamps : sequence of str
        Warnings of this cohort.
    notice : str
        What every output says.
    """
    import docx

    document = docx.Document()
    _describe(document, title, notice)
    _set_page(document, [*stamps, notice])
    document.add_heading(clean(title), level=1)
    for table in tables:
        _add_table(document, table)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_clock(buffer.getvalue())


def clean(text: str) -> str:
    """Return a text of one line without signs that XML cannot hold, such as a control character in a label."""
    return "".join(sign if sign.isprintable() or sign == INDENT else " " for sign in text)


def _describe(document: "Document", title: str, notice: str) -> None:
    about = document.core_properties
    about.title, about.author, about.comments = clean(title), "iscm", notice
    about.created = about.modified = UNDATED


def _set_page(document: "Document", head: Sequence[str]) -> None:
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm, Pt, RGBColor

    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(PAGE_MM[0]), Mm(PAGE_MM[1])
    section.left_margin = section.right_margin = Mm(MARGIN_MM)
    section.top_margin = section.bottom_margin = Mm(MARGIN_MM)
    for name in ("Normal", "Heading 1", "Heading 2"):
        style: Any = document.styles[name]
        style.font.name = "Arial"
        style.font.color.rgb = RGBColor(0, 0, 0)
    normal: Any = document.styles["Normal"]
    normal.font.size = Pt(BODY_POINTS)
    normal.paragraph_format.space_after = Pt(SPACE_POINTS)
    line = section.header.paragraphs[0]
    line.text = " ".join(head)
    line.runs[0].font.size = Pt(NOTE_POINTS)


def _add_table(document: "Document", layout: Layout) -> None:
    from docx.shared import Pt

    document.add_heading(clean(layout.title), level=2)
    table = document.add_table(rows=1 + len(layout.rows), cols=len(layout.header))
    for row, cells in zip(table.rows, (layout.header, *layout.rows), strict=True):
        _fill(row, cells, is_header=cells is layout.header)
    _rule(table.rows[0], top=THICK, bottom=THIN)
    if layout.rows:
        _rule(table.rows[-1], bottom=THICK)
    _repeat_header(table)
    for note in layout.notes:
        paragraph = document.add_paragraph()
        paragraph.add_run(clean(note)).font.size = Pt(NOTE_POINTS)


def _fill(row: "_Row", texts: Sequence[str], *, is_header: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    rest = (PAGE_MM[0] - 2 * MARGIN_MM - FIRST_COLUMN_MM) / max(len(texts) - 1, 1)
    for i, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
        cell.width = Mm(rest if i else FIRST_COLUMN_MM)
        paragraph = cell.paragraphs[0]
        paragraph.add_run(clean(text.removeprefix(INDENT))).bold = is_header
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT if i else WD_ALIGN_PARAGRAPH.LEFT
        paragraph.paragraph_format.space_after = paragraph.paragraph_format.space_before = Pt(SPACE_POINTS)
        if text.startswith(INDENT):
            paragraph.paragraph_format.left_indent = Mm(INDENT_MM)
    _mark(row, "w:cantSplit")


def _mark(row: "_Row", name: str) -> None:
    """Give a row a property that python-docx has no name for."""
    from docx.oxml import OxmlElement

    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _repeat_header(table: "Table") -> None:
    _mark(table.rows[0], "w:tblHeader")


def _rule(row: "_Row", **sides: int) -> None:
    """Draw rules along a row: side of the cells → eighths of a point."""
    for cell in row.cells:
        _cell_rule(cell, sides)


def _cell_rule(cell: "_Cell", sides: dict[str, int]) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    borders = OxmlElement("w:tcBorders")
    for side, width in sides.items():
        line = OxmlElement(f"w:{side}")
        for name, value in (("val", "single"), ("sz", str(width)), ("space", "0"), ("color", "000000")):
            line.set(qn(f"w:{name}"), value)
        borders.append(line)
    cell._tc.get_or_add_tcPr().append(borders)


def _without_clock(archive: bytes) -> bytes:
    """Return a zip archive with the time of writing taken out of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(zipfile.ZipInfo(part.filename, OLDEST_ZIP), old.read(part), zipfile.ZIP_DEFLATED)
    return out.getvalue()
