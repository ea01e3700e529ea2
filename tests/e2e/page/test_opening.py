"""What may go wrong in the moment in which a case is opened, and stops nobody from reading it."""

import re

import pytest
from playwright.sync_api import Page, Route

from mri.bids import StudyFolder
from segmentation.annotation import Annotation, Mask
from segmentation.regions import Region
from segmentation.store import save_annotation
from tests.e2e.page.browser import WAIT_MS, Mouse, served
from tests.reader.small_study import LESION_MM, OTHER, label_map

pytestmark = pytest.mark.xdist_group("browser")


def shown(hand: Mouse) -> None:
    """Wait until every picture is there, with graphics that are not lost."""
    hand.page.wait_for_function(
        "() => iscm.page.panes.visible.every(pane => pane.shown && !pane.viewer.nv.gl.isContextLost())", timeout=WAIT_MS
    )


@pytest.mark.parametrize(
    "what",
    [
        "api/vocabulary",
        "api/cases/c1",
        "/c1/discs",
        "/c1/findings",
        "/series/s1.nii.gz",
        "/masks/cord/",
        "/findings.js",
    ],
)
def test_a_connection_that_drops_once_is_asked_again(what: str, page: Page, small: StudyFolder) -> None:
    """Each of the requests that open a case may fail once at the network level: the case opens all the same."""
    dropped: list[str] = []

    def once(route: Route) -> None:
        if dropped:
            route.continue_()
        else:
            dropped.append(route.request.url)
            route.abort("connectionreset")

    with served(small.root) as address:
        page.route(re.compile(re.escape(what)), once)
        hand = Mouse.at(page, address, OTHER.participant)
        shown(hand)
        assert len(dropped) == 1


def test_a_study_that_changed_can_be_opened_again(page: Page, small: StudyFolder) -> None:
    """The images were written anew since the case was opened: opening it again shows them, it does not stop."""

    def late(route: Route) -> None:
        page.wait_for_timeout(500)
        route.continue_()

    with served(small.root) as address:
        Mouse.at(page, address, OTHER.participant)
        page.go_back()
        page.wait_for_selector("body[data-ready=list]")
        for series in small.load(OTHER).series:
            path = small.image(series)
            path.write_bytes(path.read_bytes())
        page.route(re.compile("/api/cases/c1$"), late)
        hand = Mouse(page)
        hand.open_case(OTHER.participant)
        shown(hand)


def test_a_damaged_mask_stops_no_case_and_is_not_written_over(page: Page, small: StudyFolder) -> None:
    """It is named in the head; whoever draws in its place is asked first, so that it is not lost unseen."""
    study = small.load(OTHER)
    axial = next(series for series in study.series if series.plane == "ax")
    mask = Mask(region=Region.CYST, series=axial, labels=label_map(axial, "lesion"), author="AB")
    save_annotation(small, Annotation(study=OTHER, author="AB", masks=(mask,)))
    path = small.mask(axial, "cyst", "AB")
    damaged = path.read_bytes()[:-40]
    path.write_bytes(damaged)
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        assert "unreadable" in page.inner_text("#warnings")
        hand.state("() => iscm.page.reading.choose({ region: 'cyst', insideCord: false })")
        hand.use("brush", "t2_ax", LESION_MM)
        page.wait_for_selector('dialog[open] button[value="mine"]', timeout=WAIT_MS)
        assert path.read_bytes() == damaged


def test_a_mask_that_does_not_come_through_stops_no_case(page: Page, small: StudyFolder) -> None:
    """What the page cannot show of one structure it says in the head; everything else is there."""
    with served(small.root) as address:
        page.route(re.compile("/masks/cord/"), lambda route: route.fulfill(status=200, body=b"no mask"))
        hand = Mouse.at(page, address, OTHER.participant)
        shown(hand)
        assert "mask unreadable" in page.inner_text("#warnings")
        assert hand.state("() => [...iscm.page.reading.proposals.keys()].some(key => key.startsWith('enhancing'))")


def test_a_picture_whose_graphics_are_lost_is_drawn_anew(page: Page, small: StudyFolder) -> None:
    """The browser may end a picture's graphics at any time: it comes back with its marks, and can be drawn on."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.state("() => iscm.page.reading.choose({ region: 'cyst', insideCord: false })")
        for _ in range(2):
            hand.state(_LOSE)
            shown(hand)
        hand.use("brush", "t2_sag", LESION_MM)
        assert hand.marked("cyst") > 0
        hand.wait_saved()
        assert hand.errors == []


def test_graphics_lost_while_a_case_is_opened_are_taken_again(page: Page, small: StudyFolder) -> None:
    """The second picture gets no graphics, the third loses its own while it starts: all four are shown."""
    page.add_init_script(_FAULTY)
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        shown(hand)
        assert hand.state("() => window.given") > 5
        assert page.locator("figure canvas").count() == 4


def test_a_case_that_is_left_while_it_opens_stops_nothing(page: Page, small: StudyFolder) -> None:
    """Back to the worklist at once: what fails of the case afterwards is not shown instead of it."""

    def fail_late(route: Route) -> None:
        page.wait_for_timeout(800)
        route.abort("connectionreset")

    with served(small.root) as address:
        page.goto(address)
        page.wait_for_selector("body[data-ready=list]")
        page.route(re.compile("/api/cases/c1$"), fail_late)
        page.click("#worklist button")
        page.go_back()
        page.wait_for_selector("body[data-ready=list]")
        page.wait_for_timeout(3000)
        assert page.get_attribute("body", "data-ready") == "list"


_LOSE = """() => new Promise(done => {
  const [pane] = iscm.page.panes.panes
  pane.canvas.addEventListener('webglcontextlost', () => done())
  pane.viewer.nv.gl.getExtension('WEBGL_lose_context').loseContext()
})"""
_FAULTY = """
const get = HTMLCanvasElement.prototype.getContext
window.given = 0
HTMLCanvasElement.prototype.getContext = function (...asked) {
  if (!asked[0].startsWith('webgl')) return get.apply(this, asked)
  window.given += 1
  // the first is the question whether images can be drawn at all
  if (window.given === 3) return null
  const gl = get.apply(this, asked)
  if (window.given === 4) gl.getExtension('WEBGL_lose_context').loseContext()
  return gl
}"""
