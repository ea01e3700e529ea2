"""The report is one page that needs nothing else and says what it must."""

import re
from html.parser import HTMLParser

import pytest

from mri.problems import warning
from survival.analysis import headlines
from survival.figures import draw
from survival.flow import FlowStep
from survival.plan import Plan
from survival.report import RESEARCH_ONLY, SYNTHETIC, ReportContent, Section, anchor, flattened, inline_svg, render
from survival.results import compute
from survival.tables import print_tables, summarise
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_patients, make_plan

FIGURES = [{"name": "km_sign", "row": "sign", "title": "By sign", "number": "Figure 1"}]
LOADING = ("src", "href", "data", "srcset", "poster", "action")
VOID = ("meta", "br", "img", "hr", "link", "input")


class _Page(HTMLParser):
    """Collects tags, what they load, ids, and checks that they close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.loaded: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        values = dict(attrs)
        self.loaded += [value or "" for name, value in values.items() if name.split(":")[-1] in LOADING]
        self.ids += [values["id"] or ""] if "id" in values else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes another element"


def _render(plan: Plan | None = None, stamps: tuple[str, ...] = (SYNTHETIC,), **changes: object) -> str:
    plan = plan or make_plan(OVERALL, SIGN, {**SIZE, "note": "Read <with> care."}, figures=FIGURES)
    patients = make_patients()
    rows = compute(plan, patients)
    content: dict[str, object] = {
        "plan": plan,
        "headlines": headlines(plan, patients, rows),
        "flow": (FlowStep(label="in the table", n=7, excluded=(("no MRI", 1),)), FlowStep(label="analysed", n=6)),
        "summary": summarise(plan, patients),
        "tables": print_tables(plan, rows, stamps),
        "figures": tuple(draw(plan, figure, patients, rows, stamps) for figure in plan.figures),
        "stamps": stamps,
        "problems": (warning("odd", "cohort.csv, row 3", "looks odd & should be seen"),),
        "provenance": {"plan": {"name": plan.name, "sha256": "abc"}, "authors": ["reader", "auto"], "note": None},
        "sections": (Section(title="Case pages", html='<p id="case">Patient <b>A1</b></p>'),),
    }
    return render(ReportContent(**(content | changes)))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def html() -> str:
    """Return a report of the small plan."""
    return _render()


def test_markup_is_well_formed_and_ids_are_unique(html: str) -> None:
    """Every element closes, and no id is there twice, with the figures inlined."""
    page = _Page()
    page.feed(html)
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))


def test_nothing_is_loaded_from_elsewhere(html: str) -> None:
    """No script, no link; every address is a place in the page; the page forbids the rest by itself."""
    page = _Page()
    page.feed(html)
    assert not page.tags & {"script", "link", "iframe", "object"}
    assert all(address.startswith(("#", "data:")) for address in page.loaded)
    assert not re.search(r"@import|url\((?!#)", html)
    assert "default-src 'none'" in html


def test_contents_lead_to_headings(html: str) -> None:
    """Each line of the contents has its place."""
    page = _Page()
    page.feed(html)
    assert {address[1:] for address in page.loaded if address.startswith("#")} <= set(page.ids)


def test_research_use_only_stands_first_and_last(html: str) -> None:
    """The whole sentence, twice."""
    assert html.count(RESEARCH_ONLY) == 2


def test_stamps_stand_beside_every_table_and_figure(html: str) -> None:
    """Page, patients, each table and each figure; the picture itself carries it too."""
    assert html.count(f'<span class="stamp">{SYNTHETIC}</span>') == 4
    assert html.count(SYNTHETIC) == 5
    assert SYNTHETIC not in _render(stamps=())


def test_everything_the_reader_needs_is_there(html: str) -> None:
    """Flow, methods, plan text, hash, versions, problems, sections and notes."""
    for part in ("Inclusion flow", "As the tests say.", "plan.sha256", "abc", "reader, auto", "Case pages"):
        assert part in html
    assert "<b>A1</b>" in html
    assert "looks odd &amp; should be seen" in html


def test_settings_of_the_steps_before_are_folded_away(html: str) -> None:
    """Plan, input and versions stand open; what the caller recorded is in a fold, and there is none without it."""
    fold = html.index("What the steps before recorded (2 entries)")
    assert html.index("plan.sha256") < fold < html.index("reader, auto")
    assert "What the steps before recorded" not in _render(provenance={"plan": {"name": "small"}})


def test_text_of_a_user_is_escaped(html: str) -> None:
    """Notes and titles of a plan are text, not markup."""
    assert "Read &lt;with&gt; care." in html
    assert "<script>" not in _render(make_plan(title="<script>alert(1)</script>"))


def test_a_report_without_figures_or_sections_is_whole() -> None:
    """A plan may have no figure."""
    page = _Page()
    page.feed(_render(make_plan(OVERALL), sections=(), problems=()))
    assert page.open == []
    assert "figure" not in page.tags


def test_a_figure_scales_with_its_column() -> None:
    """The prologue and the fixed size go."""
    element = inline_svg('<?xml version="1.0"?>\n<svg width="7pt" height="5pt" viewBox="0 0 7 5"><path d=""/></svg>')
    assert element == '<svg viewBox="0 0 7 5" role="img"><path d=""/></svg>'


def test_small_pieces() -> None:
    """Anchors are plain, provenance is flat."""
    assert anchor("Table 1. Clinical features") == "table-1-clinical-features"
    assert list(flattened({"a": {"b": 1, "c": [1, 2]}, "d": None})) == [("a.b", "1"), ("a.c", "1, 2"), ("d", "—")]
