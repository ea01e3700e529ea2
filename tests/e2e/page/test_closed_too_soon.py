"""A page that is reloaded or closed before it has saved: the mark is in the study, or it is offered on opening."""

import re

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from playwright.sync_api import Dialog, Page, Route

from mri.bids import StudyFolder
from tests.e2e.page.browser import WAIT_MS, Mouse, served
from tests.reader.small_study import LESION_MM, OTHER

pytestmark = pytest.mark.xdist_group("browser")

X, Y, Z = LESION_MM
SAVES = re.compile(r"/api/cases/.*/(masks/|findings|discs)")
DRAFTS = "() => Object.keys(localStorage).filter(name => name.startsWith('iscm-draft'))"


def at(page: Page, address: str) -> Mouse:
    """Open the case, ready to draw."""
    hand = Mouse.at(page, address, OTHER.participant)
    hand.state("() => iscm.page.reading.choose({ region: 'cyst', insideCord: false, ball: true })")
    return hand


def refuse_saves(page: Page) -> None:
    """Let nothing be saved: the server is gone for the moment."""

    def put(route: Route) -> None:
        if route.request.method == "PUT":
            route.abort()
        else:
            route.continue_()

    page.route(SAVES, put)


def reloaded(page: Page) -> None:
    """Reload the page and wait until the case is shown."""
    page.reload()
    page.wait_for_selector("body[data-ready=case]", timeout=WAIT_MS)


def restored(hand: Mouse) -> None:
    """Restore what is offered; nothing is offered where all that the closed page kept was saved after all."""
    hand.page.wait_for_function(f"() => document.querySelector('dialog[open]') || !({DRAFTS})().length")
    if hand.page.locator("dialog[open]").count():
        hand.press('dialog[open] button[value="restore"]')
        hand.page.wait_for_selector("dialog[open]", state="detached")


def no_drafts(hand: Mouse) -> None:
    """Wait until all is saved and nothing is kept any more."""
    hand.wait_saved()
    hand.page.wait_for_function(f"() => !({DRAFTS})().length")


def saved_voxels(small: StudyFolder) -> list[int]:
    """Return how many voxels of each saved mask are marked: the reader's own, and what is kept beside it."""
    found = small.root.rglob("*_label-cyst_desc-AB_mask*.nii.gz")
    return sorted(int(np.count_nonzero(np.asarray(Nifti1Image.from_filename(path).dataobj))) for path in found)


def test_a_stroke_outlives_a_reload_at_once(page: Page, small: StudyFolder) -> None:
    """The page is reloaded in the moment after the stroke: the mark is there, or offered and then there."""
    with served(small.root) as address:
        hand = at(page, address)
        hand.use("brush", "t2_sag", LESION_MM)
        drawn = hand.marked("cyst")
        reloaded(page)
        restored(hand)
        hand.wait_marked("cyst")
        hand.wait_saved()
        assert hand.marked("cyst") == drawn > 0
        assert saved_voxels(small) == [drawn]
        assert hand.state(DRAFTS) == []


def test_a_stroke_that_was_never_sent_is_offered_and_saved(page: Page, small: StudyFolder) -> None:
    """While it is not saved the browser keeps it, and nothing but pseudonymous ids with it; restored, it is saved."""
    with served(small.root) as address:
        hand = at(page, address)
        refuse_saves(page)
        hand.use("brush", "t2_sag", LESION_MM)
        drawn = hand.marked("cyst")
        (name,) = hand.state(DRAFTS)
        assert small.root.name not in name
        reloaded(page)
        page.wait_for_selector("dialog[open]", timeout=WAIT_MS)
        assert "cyst" in page.inner_text("dialog[open]")
        assert hand.marked("cyst") == 0
        page.unroute_all()
        hand.press('dialog[open] button[value="restore"]')
        hand.wait_marked("cyst")
        hand.wait_saved()
        assert saved_voxels(small) == [drawn]
        assert hand.state(DRAFTS) == []


def test_an_open_tab_keeps_its_own_and_a_closed_one_leaves_it(page: Page, small: StudyFolder) -> None:
    """What another open tab is about to save is not offered; once that tab is closed it is."""
    with served(small.root) as address:
        hand = at(page, address)
        refuse_saves(page)
        hand.use("brush", "t2_sag", LESION_MM)
        drawn = hand.marked("cyst")
        second_page = page.context.new_page()
        second = at(second_page, address)
        second_page.wait_for_timeout(6000)
        assert second_page.locator("dialog[open]").count() == 0
        # the answers to its saves end with the page: what it sends as it closes may arrive, else it is offered
        page.close()
        reloaded(second_page)
        restored(second)
        second.wait_marked("cyst")
        no_drafts(second)
        assert saved_voxels(small) == [drawn]


def test_what_is_restored_over_another_version_loses_neither(page: Page, small: StudyFolder) -> None:
    """Meanwhile the structure was saved elsewhere: the reader is asked, and both versions are in the study."""
    with served(small.root) as address:
        hand = at(page, address)
        refuse_saves(page)
        hand.use("brush", "t2_sag", LESION_MM)
        drawn = hand.marked("cyst")
        other = at(page.context.new_page(), address)
        other.state("() => iscm.page.reading.choose({ brush_mm: 6 })")
        other.use("brush", "t2_sag", (X, Y, Z - 20))
        other.wait_saved()
        theirs = other.marked("cyst")
        other.page.close()
        page.unroute_all()
        reloaded(page)
        hand.press('dialog[open] button[value="restore"]')
        page.wait_for_selector('dialog[open] button[value="mine"]', timeout=WAIT_MS)
        hand.press('dialog[open] button[value="mine"]')
        hand.wait_saved()
        assert set(saved_voxels(small)) == {drawn, theirs}
        assert hand.marked("cyst") == drawn != theirs


def test_an_answer_outlives_a_reload_at_once(page: Page, small: StudyFolder) -> None:
    """An answer is small enough to be sent while the page closes, or it is offered: it is there."""
    with served(small.root) as address:
        hand = at(page, address)
        hand.press("#tab-patient")
        hand.press('[data-item="vertebral_mets"] [data-value="yes"]')
        reloaded(page)
        restored(hand)
        page.wait_for_function("() => iscm.page.reading.findings.patient.vertebral_mets?.value === 'yes'")
        no_drafts(hand)


def test_leaving_with_what_is_not_saved_is_asked(page: Page, small: StudyFolder) -> None:
    """The browser's own question comes while something is unsaved, and not otherwise."""
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    with served(small.root) as address:
        hand = at(page, address)
        reloaded(page)
        assert asked == []
        refuse_saves(page)
        hand.state("() => iscm.page.reading.choose({ region: 'cyst', insideCord: false })")
        hand.use("brush", "t2_sag", LESION_MM)
        reloaded(page)
    assert asked == ["beforeunload"]
