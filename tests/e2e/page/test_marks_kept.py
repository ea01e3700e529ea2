"""Small ways in which a page could lose or falsify what a reader did; each was one once."""

from typing import Any

import pytest
from playwright.sync_api import Page

from mri.bids import StudyFolder
from segmentation.annotation import Annotation, Mask
from segmentation.regions import Region
from segmentation.store import load_annotation, save_annotation
from tests.e2e.page.browser import WAIT_MS, Mouse, served
from tests.reader.small_study import LESION_MM, OTHER, label_map

pytestmark = pytest.mark.xdist_group("browser")

X, Y, Z = LESION_MM


def drawn_by_reader(small: StudyFolder) -> None:
    """Save a lesion of the reader on the axial series, which the test hides from the pictures."""
    study = small.load(OTHER)
    axial = next(series for series in study.series if series.plane == "ax")
    mask = Mask(region=Region.T2HYPER, series=axial, labels=label_map(axial, "lesion"), author="AB")
    save_annotation(small, Annotation(study=OTHER, author="AB", masks=(mask,)))


def test_opening_a_case_saves_nothing(page: Page, small: StudyFolder) -> None:
    """A case that is only looked at is not written: no mask, no findings."""
    drawn_by_reader(small)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        page.wait_for_timeout(1500)
        assert hand.state("() => iscm.page.reading.lesionLabels") == [1]
        assert page.get_attribute("#saved", "data-state") == "saved"
    assert sent == []


def test_lesions_on_series_that_do_not_hang_count(page: Page, small: StudyFolder) -> None:
    """A lesion drawn on a series that no picture shows is in the list, and its number is taken."""
    drawn_by_reader(small)
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        page.keyboard.press("F2")
        assert hand.state("() => iscm.page.reading.nextLesion") == 2
        assert page.locator('#panel [data-lesion="1"]').count() == 1


def test_a_comment_is_stored_as_it_was_typed(page: Page, small: StudyFolder) -> None:
    """Numbers that come back while somebody types do not disturb the typing."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.press("#tab-patient")
        hand.press('[data-item="vertebral_mets"] [data-value="yes"]')
        page.locator('[data-item="vertebral_mets"] summary').click()
        page.locator('[data-item="vertebral_mets"] input[placeholder=comment]').click()
        page.keyboard.type("half typed words", delay=40)
        page.keyboard.press("Enter")
        hand.wait_saved()
        said = hand.state("() => iscm.page.reading.findings.patient.vertebral_mets")
    assert said["comment"] == "half typed words"


def test_two_quick_clicks_are_two_lesions(page: Page, small: StudyFolder) -> None:
    """The second lesion does not get the number of one that is still being grown."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        labels = hand.state(_TWO_CLICKS, [[X, Y, Z], [X, Y, Z - 24]])
    assert labels == [1, 2]


def test_a_click_with_the_crosshair_draws_nothing(page: Page, small: StudyFolder) -> None:
    """Looking around with the cord chosen does not make the proposed cord the reader's own."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.state("() => iscm.page.reading.choose({ region: 'cord' })")
        hand.use("crosshair", "t2_sag", LESION_MM)
        assert hand.state("() => iscm.page.reading.masks.size") == 0
        hand.press('#panel button:text-is("Confirm cord")')
        page.wait_for_selector('#panel button:text-is("Cord confirmed")')
        approvals: list[dict[str, Any]] = hand.state("() => iscm.page.reading.findings.approvals")
    assert [(one["what"], one["edited"]) for one in approvals] == [("cord", False)]
    assert load_annotation(small, small.load(OTHER), "AB").of_region(Region.CORD)


def test_an_answer_given_while_the_cord_is_confirmed_stays(page: Page, small: StudyFolder) -> None:
    """The server's word on the cord takes no answer back that was given meanwhile."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.state(_SLOW)
        hand.press('#panel button:text-is("Confirm cord")')
        hand.press("#tab-patient")
        hand.press('[data-item="vertebral_mets"] [data-value="yes"]')
        page.wait_for_function("() => iscm.page.proposals.approved('cord')", timeout=WAIT_MS)
        hand.wait_saved()
        findings = hand.state("() => iscm.page.reading.findings")
    assert findings["patient"]["vertebral_mets"]["value"] == "yes"
    assert page.locator("dialog[open]").count() == 0


@pytest.mark.parametrize(("variant", "named"), [("T13", "T12-T13"), ("L6", "L5-L6")])
def test_a_vertebra_more_is_saved_and_read_again(variant: str, named: str, page: Page, small: StudyFolder) -> None:
    """T13 and L6 have names of their own, which stay after the case is opened again."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.press('#panel button:text-is("Levels …")')
        hand.press(f'dialog[open] button[value="{variant}"]')
        page.wait_for_function("named => iscm.page.names.discs.includes(named)", arg=named)
        hand.wait_saved()
        again = Mouse.at(page.context.new_page(), address, OTHER.participant)
        assert named in again.state("() => iscm.page.names.discs")
    discs = load_annotation(small, small.load(OTHER), "AB").discs
    assert discs is not None
    assert (discs.scheme.n_thoracic, discs.scheme.n_lumbar) == ((13, 5) if variant == "T13" else (12, 6))


def test_back_leads_to_the_worklist_and_a_case_gives_its_memory_back(page: Page, small: StudyFolder) -> None:
    """The browser's own button works, and a case that was left holds no picture any more."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        assert hand.state(_HOLD) == 4
        page.go_back()
        page.wait_for_selector("body[data-ready=list]", timeout=WAIT_MS)
        assert hand.state("() => held.every(gl => gl.isContextLost())")
        assert hand.errors == []


_SLOW = """() => {
  const { fetch } = window
  window.fetch = async (address, options) => {
    const slow = /\\/(findings|approve)$/.test(address)
    if (slow && options?.method !== 'PUT') await new Promise(done => setTimeout(done, 700))
    return fetch(address, options)
  }
}"""
_HOLD = """() => {
  window.held = iscm.page.panes.panes.flatMap(pane => pane.viewer?.nv.gl ?? [])
  return held.length
}"""
_TWO_CLICKS = """async points => {
  const { page } = iscm
  const pane = page.panes.panes.find(pane => pane.series?.info.roles.includes('t1_sag_gd'))
  const { series, viewer } = pane.shown
  page.reading.choose({ insideCord: false })
  const place = point => ({ series, point, plane: { axis: viewer.sliceAxis, slice: viewer.slice.slice } })
  await Promise.all(points.map(point => page.tools.grow(place(point), true)))
  return page.reading.lesionLabels
}"""
