"""One analysis from a cohort table to its folder: tables, figures, ``results.json`` and the report.

Everything is computed and drawn in memory first; files are written only when all of it is there.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from mri.bids import write_bytes, write_json, write_table, write_text
from mri.problems import Problem
from survival import formats
from survival.bars import draw_bars
from survival.beyond import BeyondRow, beyond, print_beyond
from survival.checklist import COLUMNS, checklist
from survival.counts import COUNT_COLUMNS, CountedPart, count
from survival.estimate import follow_up
from survival.figures import draw
from survival.forest import draw_forest
from survival.handover import scripts
from survival.intake import Intake, take_in
from survival.latex import latex
from survival.layout import layouts
from survival.parameters import SurvivalParameters
from survival.pictures import ENDINGS, DrawnFigure
from survival.plan import Plan
from survival.report import RESEARCH_ONLY, SYNTHETIC, UNREAD, Headline, ReportContent, Section, render
from survival.results import RESULT_COLUMNS, Patients, ResultRow, compute
from survival.swimmer import draw_swimmer
from survival.tables import csv_records, print_tables, summarise
from survival.units import time_interval, time_text
from survival.word import word

RESULTS_FORMAT = 1
SOFTWARE = ("iscm", "lifelines", "statsmodels", "numpy", "scipy", "pandas", "matplotlib")
AUTO_AUTHOR = "auto"
TRUE_CELLS = ("1", "true", "True")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """What an analysis gave, and where it is."""

    plan: Plan
    rows: tuple[ResultRow, ...]
    problems: tuple[Problem, ...]
    report: Path
    files: tuple[Path, ...]


def analyse(
    cohort_path: Path,
    plan: Plan,
    out: Path,
    *,
    sections: Sequence[Section] = (),
    provenance: Mapping[str, object] | None = None,
    parameters: SurvivalParameters | None = None,
) -> AnalysisResult:
    """Run a plan on a cohort table and write its folder.

    Parameters
    ----------
    cohort_path : Path
        ``cohort.csv``, or any CSV that meets the data dictionary; days from the ISCM diagnosis.
    plan : Plan
    out : Path
        Folder for ``results.json``, ``report.html``, ``cohort.csv``, a CSV per table, an SVG and a PNG per figure.
    sections : sequence of Section
        Further parts of the report, trusted markup.
    provenance : mapping
        What the caller knows of the origin (study, versions, parameters); the plan, its hash, the table's hash
        and the versions of the libraries are added here.
    parameters : SurvivalParameters, optional
        Declared rules for reading the table.

    Raises
    ------
    RefusedError
        The table cannot be analysed; nothing was written.
    """
    intake = take_in(cohort_path, plan, parameters)
    rows = compute(plan, intake.patients)
    counted = count(plan, intake.eligible)
    additions = beyond(plan, intake.patients)
    origin = _origin(plan, intake, cohort_path, provenance or {})
    content = _content(plan, intake, rows, counted, additions, origin, sections)
    page = render(content)
    report = out / "report.html"
    files = [
        *_write_tables(out, plan, intake, rows, counted),
        *_write_figures(out, content.figures),
        *_write_scripts(out, plan),
        *_write_beyond(out, additions, content),
        _write_results(out / "results.json", intake, rows, counted, additions, content),
        report,
    ]
    write_text(report, page)
    return AnalysisResult(plan=plan, rows=rows, problems=intake.problems, report=report, files=tuple(files))


def _content(
    plan: Plan,
    intake: Intake,
    rows: tuple[ResultRow, ...],
    counted: tuple[CountedPart, ...],
    additions: tuple[BeyondRow, ...],
    origin: Mapping[str, object],
    sections: Sequence[Section],
) -> ReportContent:
    """Return everything that the report shows, figures drawn."""
    patients = intake.patients
    stamps = stamps_of(plan, patients)
    by_id = {part.part.id: part for part in counted}
    forest = draw_forest(plan, additions, stamps)
    return ReportContent(
        plan=plan,
        headlines=headlines(plan, patients, rows),
        flow=intake.flow,
        summary=summarise(plan, patients),
        tables=print_tables(plan, rows, stamps, counted),
        figures=(
            *(draw_bars(bars, by_id[bars.counts], stamps) for bars in plan.bars),
            *(draw(plan, figure, patients, rows, stamps) for figure in plan.figures),
            *([forest] if forest else []),
            *(draw_swimmer(plan, swimmer, patients, stamps) for swimmer in plan.swimmers),
        ),
        stamps=stamps,
        problems=intake.problems,
        provenance=origin,
        sections=tuple(sections),
        beyond=print_beyond(plan, additions),
        checklist=checklist(),
    )


def stamps_of(plan: Plan, patients: Patients) -> tuple[str, ...]:
    """Return the warnings that every table and figure of this cohort carries."""
    synthetic = any(cell in TRUE_CELLS for cell in patients.cells("synthetic"))
    unread = AUTO_AUTHOR in patients.cells("author") or plan.accept_suggested
    return tuple(stamp for stamp, applies in ((SYNTHETIC, synthetic), (UNREAD, unread)) if applies)


def headlines(plan: Plan, patients: Patients, rows: Sequence[ResultRow]) -> tuple[Headline, ...]:
    """Return the numbers at the top of the report: patients, deaths, overall medians, follow-up."""
    deaths = sum(patients.event)
    shown = [
        Headline(label="Patients analysed", value=str(len(patients))),
        Headline(label="Deaths", value=formats.share(deaths, len(patients))),
    ]
    for row in rows:
        if plan.row(row.row_id).kind == "overall":
            in_days = plan.print.time_unit == "days"
            months = f"{formats.rounded(row.months, 1)} months; " if in_days and row.months is not None else ""
            limits = f"{months}{100 * plan.confidence:g}% CI {time_interval(plan, row.ci_low, row.ci_high)}"
            value = time_text(plan, row.median)
            shown.append(
                Headline(label=f"Median survival {row.row[:1].lower()}{row.row[1:]}", value=value, detail=limits)
            )
    seen = _median_follow_up(plan, patients)
    detail = "reverse Kaplan–Meier; beyond the paper"
    shown.append(Headline(label="Median follow-up", value=time_text(plan, seen), detail=detail))
    return tuple(shown)


def _median_follow_up(plan: Plan, patients: Patients) -> float | None:
    known = [(t, e) for t, e in zip(patients.time_days[plan.origin], patients.event, strict=True) if t is not None]
    return follow_up([t for t, _ in known], [e for _, e in known]).estimate


def _origin(plan: Plan, intake: Intake, cohort_path: Path, given: Mapping[str, object]) -> dict[str, object]:
    return {
        **given,
        "plan": {"name": plan.name, "sha256": plan.sha256},
        "input": {"file": cohort_path.name, "sha256": intake.sha256},
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in SOFTWARE}},
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _write_tables(
    out: Path, plan: Plan, intake: Intake, rows: Sequence[ResultRow], counted: Sequence[CountedPart]
) -> list[Path]:
    cohort = out / "cohort.csv"
    write_table(cohort, intake.columns, intake.rows)
    written = [cohort]
    for table in plan.tables:
        path = out / f"{table.file}.csv"
        lines = [line for part in counted if part.part.table == table.name for line in part.rows]
        own = [row for row in rows if row.table == table.name]
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


def _write_beyond(out: Path, additions: Sequence[BeyondRow], content: ReportContent) -> list[Path]:
    """Write the additions to the papers, the checklist and the tables as LaTeX and Word."""
    records = [row.as_record() for row in additions]
    names, items, tex, docx = (out / n for n in ("beyond.csv", "checklist.csv", "tables.tex", "tables.docx"))
    if records:
        write_table(names, tuple(records[0]), records)
    write_table(items, COLUMNS, [item.as_record() for item in content.checklist])
    laid_out = layouts(content.tables, content.beyond, content.stamps, RESEARCH_ONLY)
    write_text(tex, latex(laid_out, RESEARCH_ONLY))
    write_bytes(docx, word(laid_out, content.plan.title, content.stamps, RESEARCH_ONLY))
    return [*([names] if records else []), items, tex, docx]


def _write_scripts(out: Path, plan: Plan) -> list[Path]:
    written = []
    for name, text in scripts(plan).items():
        write_text(out / name, text)
        written.append(out / name)
    return written


def _write_results(
    path: Path,
    intake: Intake,
    rows: Sequence[ResultRow],
    counted: Sequence[CountedPart],
    additions: Sequence[BeyondRow],
    content: ReportContent,
) -> Path:
    record = {
        "format": RESULTS_FORMAT,
        "plan": content.plan.name,
        "n": len(intake.patients),
        "rows": [row.as_record() for row in rows],
        "counts": [line.as_record() for part in counted for line in part.rows],
        "beyond": [row.as_record() for row in additions],
        "figures": [drawn.record for drawn in content.figures],
        "flow": [step.as_record() for step in content.flow],
        "summary": [line.as_record() for line in content.summary],
        "problems": [problem.as_record() for problem in content.problems],
        "stamps": list(content.stamps),
        "provenance": content.provenance,
    }
    write_json(path, record)
    return path
