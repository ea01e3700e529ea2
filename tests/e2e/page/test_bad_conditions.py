"""Two tabs, a dropped network, an old address, a browser that cannot draw: no mark is lost and the page says so."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from mri.bids import StudyFolder
from tests.e2e.page.browser import WAIT_MS, Mouse, served
from tests.reader.small_study import LESION_MM, OTHER

pytestmark = pytest.mark.xdist_group("browser")

X, Y, Z = LESION_MM


def opened(browser: Browser, address: str) -> tuple[Page, Mouse]:
    """Open the case in a tab of its own."""
    page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
    hand = Mouse(page)
    page.goto(address)
    hand.open_case(OTHER.participant)
    hand.state("() => iscm.page.reading.choose({ region: 'cyst', insideCord: false })")
    return page, hand


def marked(study: StudyFolder) -> int:
    """Return how many voxels of the saved mask are marked."""
    found = list(study.root.rglob("*_label-cyst_desc-AB_mask.nii.gz"))
    return int(np.count_nonzero(np.asarray(nib.load(found[0]).dataobj))) if found else 0


@pytest.mark.parametrize("whose", ["theirs", "mine"])
def test_two_tabs_lose_neither_version(whose: str, browser: Browser, small: StudyFolder) -> None:
    """The tab that saved second is asked; whatever it says, the other version is kept in the study too."""
    with served(small.root) as address:
        (_, first), (second_page, second) = opened(browser, address), opened(browser, address)
        first.state("() => iscm.page.reading.choose({ ball: true })")
        first.use("brush", "t2_sag", (X, Y, Z))
        first.wait_saved()
        saved_first = marked(small)
        second.use("brush", "t2_sag", (X, Y, Z - 20))
        second_page.wait_for_selector("dialog[open]", timeout=WAIT_MS)
        mine = second.marked("cyst")
        second.press(f'dialog[open] button[value="{whose}"]')
        second.wait_saved()
        assert second.marked("cyst") == (mine if whose == "mine" else saved_first)
        assert marked(small) == second.marked("cyst")
        assert saved_first != mine
        kept = small.root.rglob("*_conflict-*.nii.gz")
        assert {int(np.count_nonzero(np.asarray(nib.load(path).dataobj))) for path in kept} == {saved_first, mine}


def test_marks_outlive_a_dropped_network(browser: Browser, small: StudyFolder) -> None:
    """While the server cannot be reached the page says that nothing is saved; afterwards it saves by itself."""
    with served(small.root) as address:
        page, hand = opened(browser, address)
        page.context.set_offline(True)
        hand.use("brush", "t2_sag", LESION_MM)
        page.wait_for_selector("#saved[data-state=failed]", timeout=WAIT_MS)
        assert page.is_visible("#keep")
        assert marked(small) == 0
        page.context.set_offline(False)
        hand.wait_saved()
        assert marked(small) == hand.marked("cyst") > 0
        assert not page.is_visible("#keep")


def test_what_cannot_be_saved_can_be_kept_as_a_file(browser: Browser, small: StudyFolder, tmp_path: Path) -> None:
    """The server has gone for good: the mark leaves as a mask that other programs read."""
    with served(small.root) as address:
        page, hand = opened(browser, address)
        page.context.set_offline(True)
        hand.use("brush", "t2_sag", LESION_MM)
    page.wait_for_selector("#saved[data-state=failed]", timeout=WAIT_MS)
    with page.expect_download() as download:
        page.click("#keep")
    kept = tmp_path / download.value.suggested_filename
    download.value.save_as(kept)
    assert int(np.count_nonzero(np.asarray(nib.load(kept).dataobj))) == hand.marked("cyst")


def test_an_old_address_says_where_the_new_one_comes_from(browser: Browser, small: StudyFolder) -> None:
    """A wrong token opens nothing, and the page says what to do."""
    with served(small.root) as address:
        page = browser.new_context().new_page()
        page.goto(address.partition("#")[0] + "#token=old")
        page.wait_for_selector("body[data-ready=stopped]")
        assert "iscm read" in page.inner_text("#stopped")


def test_a_browser_without_webgl2_is_told(browser: Browser, small: StudyFolder) -> None:
    """Where images cannot be drawn the page says so, in words, instead of staying black."""
    with served(small.root) as address:
        page = browser.new_context().new_page()
        page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
        page.goto(address)
        page.wait_for_selector("body[data-ready=list]")
        page.click("#worklist button")
        page.wait_for_selector("body[data-ready=stopped]", timeout=WAIT_MS)
        assert "WebGL 2" in page.inner_text("#stopped")


def test_a_browser_that_starts_its_graphics_is_waited_for(browser: Browser, small: StudyFolder) -> None:
    """Graphics that start, or start again, have no WebGL 2 for a moment: the case opens all the same."""
    with served(small.root) as address:
        page = browser.new_context().new_page()
        page.add_init_script(
            """const get = HTMLCanvasElement.prototype.getContext
            let refused = 0
            HTMLCanvasElement.prototype.getContext = function (...asked) {
              return refused++ < 3 ? null : get.apply(this, asked)
            }"""
        )
        hand = Mouse(page)
        page.goto(address)
        hand.open_case(OTHER.participant)


def test_a_series_that_cannot_be_shown_stops_no_other(browser: Browser, small: StudyFolder) -> None:
    """A damaged image is named in its picture; the others are there."""
    axial = next(series for series in small.load(OTHER).series if series.plane == "ax")
    small.image(axial).write_bytes(small.image(axial).read_bytes()[:900])
    with served(small.root) as address:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        hand = Mouse(page)
        page.goto(address)
        hand.open_case(OTHER.participant)
        notes = page.locator("figure .note").all_inner_texts()
        assert [note for note in notes if "cannot be shown" in note]
        assert hand.state("() => iscm.page.panes.panes.filter(pane => pane.shown).length") == 3


def test_a_study_changed_underneath_is_not_written_over(browser: Browser, small: StudyFolder) -> None:
    """The images were ingested anew meanwhile: the save is refused in words, the mark stays on the page."""
    with served(small.root) as address:
        page, hand = opened(browser, address)
        for series in small.load(OTHER).series:
            path = small.image(series)
            path.write_bytes(path.read_bytes())
        hand.use("brush", "t2_sag", LESION_MM)
        page.wait_for_selector("#saved[data-state=failed]", timeout=WAIT_MS)
        assert "open" in page.inner_text("#saved")
        assert hand.marked("cyst") > 0
        assert marked(small) == 0


def test_a_signed_read_cannot_be_drawn_on(browser: Browser, small: StudyFolder) -> None:
    """A lock that another tab set is met in words, not by a lost mark."""
    with served(small.root) as address:
        page, hand = opened(browser, address)
        hand.state("() => iscm.page.reading.setState(true, 'signed')")
        hand.use("brush", "t2_sag", LESION_MM)
        assert "signed" in hand.say()
        assert hand.marked("cyst") == 0
        assert page.locator("#panel .apart").count() == 0
