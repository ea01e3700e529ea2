"""The form by keyboard, and what the server refuses of it: nothing that was said is lost or changed on the way."""

import pytest
from playwright.sync_api import Page

from mri.bids import StudyFolder
from tests.e2e.page.browser import WAIT_MS, Mouse, served
from tests.reader.small_study import OTHER

pytestmark = pytest.mark.xdist_group("browser")

ROW = '[data-item="vertebral_mets"]'
FOCUS = "() => document.activeElement?.dataset.value ?? document.activeElement?.textContent"


def at_patient(page: Page, address: str) -> Mouse:
    """Open the case at the findings of the patient."""
    hand = Mouse.at(page, address, OTHER.participant)
    hand.press("#tab-patient")
    return hand


def test_arrows_move_among_the_choices_of_a_question(page: Page, small: StudyFolder) -> None:
    """They move the focus alone: no crosshair, no slice, no answer; Enter chooses, and Tab leaves the question."""
    with served(small.root) as address:
        hand = at_patient(page, address)
        page.focus(f"{ROW} [role=radio][tabindex='0']")
        codes = page.locator(f"{ROW} [role=radio]").evaluate_all("all => all.map(one => one.dataset.value)")
        before = hand.state("() => iscm.page.reading.cursor.point")
        walked = []
        for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp", "End", "Home"):
            page.keyboard.press(key)
            walked.append(hand.state(FOCUS))
        last = codes[-1]
        assert walked == [codes[1], codes[2 % len(codes)], codes[1], codes[0], last, last, codes[0]]
        assert hand.state("() => iscm.page.reading.cursor.point") == before
        assert hand.state("() => iscm.page.reading.findings.patient.vertebral_mets") is None
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert hand.state("() => iscm.page.reading.findings.patient.vertebral_mets.value") == codes[1]
        page.wait_for_selector(f"{ROW} [data-value='{codes[1]}'][tabindex='0']:focus")
        page.keyboard.press("Tab")
        assert hand.state(FOCUS) == "not_assessable"


def test_what_the_server_refuses_of_the_form_stays_in_it(page: Page, small: StudyFolder) -> None:
    """A refused comment is named with its item in the head; it stays as typed until it is mended, then it is saved."""
    with served(small.root) as address:
        hand = at_patient(page, address)
        hand.press(f'{ROW} [data-value="yes"]')
        hand.wait_saved()
        hand.state(_COMMENT, "a\u202eb")
        page.wait_for_selector("#saved[data-state=failed]", timeout=WAIT_MS)
        assert "vertebral_mets" in page.inner_text("#saved")
        assert hand.state("() => iscm.page.reading.findings.patient.vertebral_mets.comment") == "a\u202eb"
        hand.state(_COMMENT, "as the radiologist meant it")
        hand.wait_saved()
    saved = next(small.root.rglob("*_desc-AB_findings.json")).read_text(encoding="utf-8")
    assert "as the radiologist meant it" in saved


_COMMENT = """comment => {
  const { reading } = iscm.page
  const { findings } = reading
  const vertebral_mets = { ...findings.patient.vertebral_mets, comment }
  reading.setFindings({ ...findings, patient: { ...findings.patient, vertebral_mets } })
}"""
