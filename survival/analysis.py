"""One analysis from a cohort table to its folder: tables, figures, ``results.json`` and the report.

Everything is computed and drawn in memory first; files are written only when all of it is there.
"""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path

from mri.bids import write_text
from mri.problems import Problem, RefusedError, error, warning
from survival import formats
from survival.bars import draw_bars
from survival.beyond import LARGEST, print_beyond
from survival.checklist import checklist
from survival.estimate import follow_up
from survival.figures import draw
from survival.folder import write_folder
from survival.forest import draw_forest
from survival.intake import Intake, take_in
from survival.methods import methods_of
from survival.numbers import Numbers, numbers_of
from survival.parameters import SurvivalParameters
from survival.pictures import DrawnFigure
from survival.plan import Plan
from survival.report import SYNTHETIC, UNREAD, Headline, ReportContent, Section, render
from survival.results import Patients, ResultRow
from survival.swimmer import draw_swimmer
from survival.tables import print_tables, summarise
from survival.uncertainty_table import ranges_of
from survival.units import time_interval, time_text

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
    other_reader: Path | None = None,
) -> AnalysisResult:
    """Run a plan on a cohort table and write its folder.

    Parameters
    ----------
    cohort_path : Path
        ``cohort.csv``, or any CSV that meets the data dictionary; days from the ISCM diagnosis.
    plan : Plan
    out : Path
        Folder for ``results.json``, ``report.html``, ``cohort.csv``, a CSV per table, three pictures per figure.
    sections : sequence of Section
        Further parts of the report, trusted markup.
    provenance : mapping
        What the caller knows of the origin (study, versions, parameters); the plan, its hash, the table's hash
        and the versions of the libraries are added here.
    parameters : SurvivalParameters, optional
        Declared rules for reading the table.
    other_reader : Path, optional
        The cohort table of the same participants as another reader read them: adds the range between the two.

    Raises
    ------
    RefusedError
        A table cannot be analysed; nothing was written.
    """
    intake = take_in(cohort_path, plan, parameters)
    second = None if other_reader is None else take_in(other_reader, plan, parameters)
    if other_reader is not None and second is not None:
        intake = replace(intake, problems=(*intake.problems, *_readers_differ(intake, second, other_reader.name)))
    numbers = numbers_of(plan, intake, second)
    origin = _origin(plan, cohort_path, intake, provenance or {})
    if other_reader is not None and second is not None:
        origin["other_reader"] = {"file": other_reader.name, "sha256": second.sha256}
    content = _content(plan, intake, numbers, origin, sections)
    page, report = render(content), out / "report.html"
    files = [*write_folder(out, plan, intake, numbers, content), report]
    write_text(report, page)
    return AnalysisResult(plan=plan, rows=numbers.rows, problems=intake.problems, report=report, files=tuple(files))


def _readers_differ(first: Intake, second: Intake, name: str) -> tuple[Problem, ...]:
    """Return how many participants only one of two readers has.

    Raises
    ------
    RefusedError
        They have none in common.
    """
    ours, theirs = (set(one.patients.cells("participant_id")) for one in (first, second))
    if not ours & theirs:
        message = "has none of the participants who are analysed: it must be of the same study"
        raise RefusedError(error("nobody_in_common", name, message))
    alone = len(ours - theirs)
    message = f"{alone} of {len(ours)} participants are not in it: they keep this reader's values"
    return (warning("not_read_twice", name, message),) if alone else ()


def _content(
    plan: Plan, intake: Intake, numbers: Numbers, origin: Mapping[str, object], sections: Sequence[Section]
) -> ReportContent:
    """Return everything that the report shows, figures drawn."""
    patients = intake.patients
    stamps = stamps_of(plan, patients)
    return ReportContent(
        plan=plan,
        headlines=headlines(plan, patients, numbers.rows),
        flow=intake.flow,
        summary=summarise(plan, patients),
        tables=print_tables(plan, numbers.rows, stamps, numbers.counted),
        figures=_figures(plan, patients, numbers, stamps),
        stamps=stamps,
        problems=intake.problems,
        provenance=origin,
        sections=tuple(sections),
        beyond=print_beyond(plan, numbers.additions),
        uncertain=ranges_of(plan, numbers.uncertain),
        methods=methods_of(plan, numbers, versions()),
        checklist=checklist(),
        is_large=any(row.n > LARGEST for row in numbers.additions),
    )


def _figures(plan: Plan, patients: Patients, numbers: Numbers, stamps: Sequence[str]) -> tuple[DrawnFigure, ...]:
    by_id = {part.part.id: part for part in numbers.counted}
    forest = draw_forest(plan, numbers.additions, stamps)
    return (
        *(draw_bars(bars, by_id[bars.counts], stamps) for bars in plan.bars),
        *(draw(plan, figure, patients, numbers.rows, stamps) for figure in plan.figures),
        *([forest] if forest else []),
        *(draw_swimmer(plan, swimmer, patients, stamps) for swimmer in plan.swimmers),
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


def _origin(plan: Plan, cohort_path: Path, intake: Intake, given: Mapping[str, object]) -> dict[str, object]:
    return {
        **given,
        "plan": {"name": plan.name, "sha256": plan.sha256},
        "input": {"file": cohort_path.name, "sha256": intake.sha256},
        "versions": versions(),
    }


def versions() -> dict[str, str | None]:
    """Return Python and the libraries that gave the numbers and figures, with their versions."""
    return {"python": platform.python_version(), **{name: _version(name) for name in SOFTWARE}}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
