"""The Word file read back: every cell against the CSV, the header repeated, the notes and warnings there."""

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import docx
import pytest
from docx.document import Document
from docx.oxml.ns import qn
from docx.table import Table

from survival import formats
from survival.analysis import analyse
from survival.layout import INDENT, Layout
from survival.plan import Plan, load_plan
from survival.report import RESEARCH_ONLY, SYNTHETIC
from survival.word import word

SAMPLES = Path(__file__).resolve().parents[2] / "sample_scans"
COHORTS = {"diehn2015": "cohort", "lv2019": "cohort_lv"}
SMALL = Layout(title="T", header=("Variable", "No."), rows=(("Sign", ""), (f"{INDENT}Yes", "3")), notes=("[a] Note.",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The folder of an analysis, its plan and its Word file."""

    folder: Path
    plan: Plan
    document: Document


@pytest.fixture(scope="module", params=COHORTS)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Analyse one of the synthetic cohorts."""
    folder, plan = tmp_path_factory.mktemp(request.param), load_plan(request.param)
    analyse(SAMPLES / COHORTS[request.param] / "cohort.csv", plan, folder)
    return Written(folder=folder, plan=plan, document=docx.Document(str(folder / "tables.docx")))


def _cells(table: Table) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in table.rows]


def _captions(document: Document) -> list[str]:
    """Return the heading above each table."""
    return [p.text for p in document.paragraphs if p.style is not None and p.style.name == "Heading 2"]


def _table(written: Written, title: str, first: str) -> list[dict[str, str]]:
    """Return the rows of the table of that caption whose first column is called so."""
    for caption, table in zip(_captions(written.document), written.document.tables, strict=True):
        header, *rows = _cells(table)
        if caption == title and header[0] == first:
            return [dict(zip(header, row, strict=True)) for row in rows]
    raise AssertionError(title)


def _records(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def _number(record: dict[str, str], name: str) -> float | None:
    return float(record[name]) if record[name] else None


def _median(plan: Plan, record: dict[str, str]) -> str:
    if record["n"] in ("0", "1"):
        return formats.EMPTY
    unit = plan.days_per_month if plan.print.time_unit == "months" else 1.0
    values = [_number(record, name) for name in ("median", "ci_low", "ci_high")]
    days, low, high = (None if value is None else value / unit for value in values)
    return formats.estimate(days, low, high, 1 if unit > 1 else 0)


def _is_shown(empty: dict[str, str], records: list[dict[str, str]]) -> bool:
    """Return whether an empty group is printed: beside others, or once for a variable that nobody has."""
    same = [record for record in records if record["row_id"] == empty["row_id"]]
    return any(record["n"] != "0" for record in same) or empty is same[0]


def test_every_survival_row_is_that_of_the_csv(written: Written) -> None:
    """Per row of each CSV, in order: number, deaths, median with its limits, P, adjusted P."""
    checked = 0
    for table in written.plan.tables:
        if not any(row.table == table.name for row in written.plan.rows):
            continue
        lines = _table(written, table.title, "Variable")
        records = _records(written.folder / f"{table.file}.csv")
        tested = {r["row_id"]: r for r in reversed(records) if r["test"]}
        with_n = [line for line in lines if line["No."]]
        own = [r for r in records if r["n"] != "0" or _is_shown(r, records)]
        assert len(with_n) == len(own)
        for line, record in zip(with_n, own, strict=True):
            median = next(cell for name, cell in line.items() if name.startswith("Median"))
            assert (line["No."], median) == (record["n"], _median(written.plan, record)), record
            assert line["Deaths*"] == record["events"], record
            checked += 1
        printed = [line["P"] for line in lines if line.get("P")]
        decimals = written.plan.print.p_decimals
        assert printed == [formats.p_value(_number(r, "p"), decimals) for r in reversed(list(tested.values()))]
    assert checked > 10


def test_every_counted_line_is_that_of_the_csv(written: Written) -> None:
    """N (%) of each line of the tables that count."""
    decimals = written.plan.print.percent_decimals
    for table in written.plan.tables:
        if not any(part.table == table.name for part in written.plan.counts):
            continue
        has_rows = any(row.table == table.name for row in written.plan.rows)
        records = _records(written.folder / f"{table.file}{'_counts' if has_rows else ''}.csv")
        printed = [line["No. (%)"] for line in _table(written, table.title, "Feature") if line["No. (%)"]]
        assert len(printed) == len(records)
        for text, record in zip(printed, records, strict=True):
            if record["percent"]:
                assert text == f"{record['n']} ({formats.rounded(float(record['percent']), decimals)}%)"


def test_header_rows_are_repeated_and_rows_do_not_break(written: Written) -> None:
    """The header of every table comes again on the next page."""
    for table in written.document.tables:
        properties = [row._tr.trPr for row in table.rows]
        assert properties[0] is not None
        assert properties[0].find(qn("w:tblHeader")) is not None
        assert all(one is not None and one.find(qn("w:cantSplit")) is not None for one in properties)
        assert sum(one is not None and one.find(qn("w:tblHeader")) is not None for one in properties) == 1


def test_warnings_and_footnotes_are_there(written: Written) -> None:
    """Research use only and the stamp of synthetic data on each page and under each table; lettered notes explained."""
    head = written.document.sections[0].header.paragraphs[0].text
    notes = [p.text for p in written.document.paragraphs]
    assert RESEARCH_ONLY in head
    assert SYNTHETIC in head
    assert notes.count(RESEARCH_ONLY) == len(set(_captions(written.document)))
    labels = [cell.text for table in written.document.tables for cell in table.columns[0].cells]
    marks = {label.rpartition("[")[2].rstrip("]") for label in labels if label.endswith("]")}
    for mark in marks:
        assert any(note.startswith(f"[{mark[0]}] ") for note in notes)


def test_a_group_is_indented_and_numbers_stand_right() -> None:
    """The em space of the layout becomes an indent."""
    table = docx.Document(io.BytesIO(word([SMALL], "T", (), "N"))).tables[0]
    group = table.rows[2].cells[0]
    assert group.text == "Yes"
    assert group.paragraphs[0].paragraph_format.left_indent is not None
    assert table.rows[1].cells[0].paragraphs[0].paragraph_format.left_indent is None
    assert table.rows[2].cells[1].paragraphs[0].alignment == docx.enum.text.WD_ALIGN_PARAGRAPH.RIGHT


def test_no_clock_enters_the_file() -> None:
    """The same tables give the same bytes, and no part of the archive has a time of today."""
    first = word([SMALL], "T", ("Stamp",), "N")
    assert first == word([SMALL], "T", ("Stamp",), "N")
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {part.date_time[0] for part in archive.infolist()} == {1980}
        assert b"2000-01-01" in archive.read("docProps/core.xml")


def test_a_control_character_of_a_label_is_left_out() -> None:
    """XML cannot hold it: a label with one would otherwise end the analysis."""
    hostile = Layout(title="T\x0b", header=("Variable",), rows=(("a\x00b\x08",),), notes=("n\x1f",))
    document = docx.Document(io.BytesIO(word([hostile], "T\x01", (), "N")))
    assert document.tables[0].rows[1].cells[0].text == "a b "
