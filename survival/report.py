"""The statistical report: one HTML file that needs nothing else, with tables, figures, methods and origin."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from mri.problems import Problem
from survival.beyond import LARGEST, PrintedBeyond
from survival.checklist import ChecklistItem
from survival.flow import FlowStep, flow_svg
from survival.pictures import DrawnFigure
from survival.plan import Plan
from survival.tables import PrintedTable, SummaryLine
from survival.templating import templates_of
from survival.uncertainty_table import UncertainTable

RESEARCH_ONLY = (
    "Research use only. Not a medical device; not for diagnosis, treatment or individual prognosis. "
    "Associations from retrospective series."
)
SYNTHETIC = "Synthetic, constructed to match; no evidence."
OWN_PROVENANCE = ("plan.", "input.", "versions.")
"""Shown at once; what the caller gives (every setting of the steps before) is folded away."""
UNREAD = "Unread: automatic or unsigned readings."


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A further part of the report; `html` is trusted markup of our own, never text of a user."""

    title: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """One number at the top of the report."""

    label: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContent:
    """Everything that the report shows; nothing is computed while it is laid out."""

    plan: Plan
    headlines: tuple[Headline, ...]
    flow: tuple[FlowStep, ...]
    summary: tuple[SummaryLine, ...]
    tables: tuple[PrintedTable, ...]
    figures: tuple[DrawnFigure, ...]
    stamps: tuple[str, ...]
    problems: tuple[Problem, ...]
    provenance: Mapping[str, object]
    sections: tuple[Section, ...]
    beyond: tuple[PrintedBeyond, ...] = ()
    uncertain: tuple[UncertainTable, ...] = ()
    methods: tuple[str, ...] = ()
    checklist: tuple[ChecklistItem, ...] = ()
    is_large: bool = False


def render(content: ReportContent) -> str:
    """Return the report as one self-contained HTML page.

    Parameters
    ----------
    content : ReportContent
        Texts are escaped by the template; the markup of `sections` and of figures is taken as it is.
    """
    leaves = list(flattened(content.provenance))
    template = templates_of("survival").get_template("report.html")
    return template.render(
        content=content,
        plan=content.plan,
        research_only=RESEARCH_ONLY,
        flow=flow_svg(content.flow),
        figures=[{"drawn": drawn, "svg": inline_svg(drawn.svg)} for drawn in content.figures],
        provenance=[leaf for leaf in leaves if leaf[0].startswith(OWN_PROVENANCE)],
        given=[leaf for leaf in leaves if not leaf[0].startswith(OWN_PROVENANCE)],
        anchor=anchor,
        large=LARGEST,
        has_exposed=any(line.exposed for line in content.beyond),
        has_firth=any(line.firth for line in content.beyond),
        has_c=any(line.c for line in content.beyond),
        level=f"{100 * content.plan.confidence:g}",
    )


def inline_svg(text: str) -> str:
    """Return an SVG document as an element of an HTML page: without prologue, scaling with its column."""
    element = text[text.index("<svg") :]
    head, close, rest = element.partition(">")
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{head} role="img"{close}{rest}'


def anchor(title: str) -> str:
    """Return a title as the id of its heading."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def flattened(tree: Mapping[str, object], above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the leaves of a nested mapping as (``a.b.c``, text) for the provenance list."""
    for key, value in tree.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping):
            yield from flattened(value, name)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield name, ", ".join(str(item) for item in value)
        else:
            yield name, "—" if value is None else str(value)
