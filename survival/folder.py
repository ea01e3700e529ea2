"""The folder of an analysis: tables, figures, scripts, ``results.json``; the report is written last, by its caller."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mri.bids import write_bytes, write_json, write_table, write_text
from survival.checklist import COLUMNS
from survival.counts import COUNT_COLUMNS
from survival.handover import scripts
from survival.intake import Intake
from survival.latex import latex
from survival.layout import layouts
from survival.numbers import Numbers
from survival.pictures import ENDINGS, DrawnFigure
from survival.plan import Plan
from survival.report import RESEARCH_ONLY, ReportContent
from survival.results import RESULT_COLUMNS
from survival.sas_stata import import_scripts
from survival.tables import csv_records
from survival.uncertainty import UNCERTAIN_COLUMNS
from survival.word import word

RESULTS_FORMAT = 1


def write_folder(out: Path, plan: Plan, intake: Intake, numbers: Numbers, content: ReportContent) -> list[Path]:
    """Write everything but the report; return the files."""
    return [
        *_write_tables(out, plan, intake, numbers),
        *_write_figures(out, content.figures),
        *_write_scripts(out, plan, intake),
        *_write_beyond(out, numbers, content),
        _write_results(out / "results.json", intake, numbers, content),
    ]


def _write_tables(out: Path, plan: Plan, intake: Intake, numbers: Numbers) -> list[Path]:
    cohort = out / "cohort.csv"
    write_table(cohort, intake.columns, intake.rows)
    written = [cohort]
    for table in plan.tables:
        path = out / f"{table.file}.csv"
        lines = [line for part in numbers.counted if part.part.table == table.name for line in part.rows]
        own = [row for row in numbers.rows if row.table == table.name]
        if own or not lines:
            write_table(path, RESULT_COLUMNS, csv_records(own))
            written.append(path)
        if lines:
            path = out / f"{table.file}_counts.csv" if own else path
            write_table(path, COUNT_COLUMNS, [line.as_record() for line in lines])
            written.append(path)
    return written


def _write_figures(out: Path, figures: Sequence[DrawnFigure]) -> list[Path]:
    written = []
    for drawn in figures:
        paths = [out / f"{drawn.figure.name}.{ending}" for ending in ENDINGS]
        for path, content in zip(paths, (drawn.svg.encode(), drawn.png, drawn.pdf), strict=True):
            write_bytes(path, content)
        written += paths
    return written


def _write_scripts(out: Path, plan: Plan, intake: Intake) -> list[Path]:
    """Write what gives the tables again in R and Python, and what reads the cohort in SAS and Stata."""
    written = []
    for name, text in {**scripts(plan), **import_scripts(intake.columns, intake.rows)}.items():
        write_text(out / name, text)
        written.append(out / name)
    return written


def _write_beyond(out: Path, numbers: Numbers, content: ReportContent) -> list[Path]:
    """Write the additions to the papers, the ranges, the checklist, the methods and the tables as LaTeX and Word."""
    additions: list[dict[str, object]] = [row.as_record() for row in numbers.additions]
    stamp = {"stamp": " ".join(content.stamps)}
    additions = [record | stamp for record in additions]
    items = [item.as_record() | stamp for item in content.checklist]
    tables: list[tuple[str, tuple[str, ...], Sequence[Mapping[str, object]]]] = [
        ("beyond.csv", tuple(additions[0]) if additions else (), additions),
        ("uncertainty.csv", UNCERTAIN_COLUMNS, [row.as_record() for row in numbers.uncertain]),
        ("checklist.csv", (*COLUMNS, "stamp"), items),
    ]
    written = []
    for name, columns, records in tables:
        if records:
            write_table(out / name, columns, records)
            written.append(out / name)
    laid_out = layouts(content.tables, content.beyond, content.uncertain, content.stamps, RESEARCH_ONLY)
    write_text(out / "tables.tex", latex(laid_out, RESEARCH_ONLY))
    write_text(out / "methods.txt", "\n\n".join([*content.methods, *content.stamps, RESEARCH_ONLY]) + "\n")
    write_bytes(out / "tables.docx", word(laid_out, content.plan.title, content.stamps, RESEARCH_ONLY))
    return [*written, out / "tables.tex", out / "tables.docx", out / "methods.txt"]


def _write_results(path: Path, intake: Intake, numbers: Numbers, content: ReportContent) -> Path:
    record = {
        "format": RESULTS_FORMAT,
        "plan": content.plan.name,
        "n": len(intake.patients),
        "rows": [row.as_record() for row in numbers.rows],
        "counts": [line.as_record() for part in numbers.counted for line in part.rows],
        "beyond": [row.as_record() for row in numbers.additions],
        "uncertainty": [row.as_record() for row in numbers.uncertain],
        "figures": [drawn.record for drawn in content.figures],
        "flow": [step.as_record() for step in content.flow],
        "summary": [line.as_record() for line in content.summary],
        "problems": [problem.as_record() for problem in content.problems],
        "stamps": list(content.stamps),
        "provenance": content.provenance,
    }
    write_json(path, record)
    return path
