"""A follow-up beside the session before it, linked by vertebral level."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.page.browser import WAIT_MS, Mouse, served
from tests.reader.small_study import FIRST, FOLLOW_UP, LESION_MM, make_study

pytestmark = pytest.mark.xdist_group("browser")


def test_the_session_before_is_shown_at_the_same_level(browser: Browser, tmp_path: Path) -> None:
    """Key J hangs the earlier session beside this one; its crosshair follows by level, and nothing is drawn on it."""
    folder = make_study(tmp_path / "study", (FIRST, FOLLOW_UP))
    folder.config.write_text("[reading]\nblinded = false\n", encoding="utf-8")
    with served(folder.root) as address:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        hand = Mouse(page)
        page.goto(address)
        hand.press(f'#worklist tr:has(td:text-is("{FOLLOW_UP.session}")) button')
        page.wait_for_selector("body[data-ready=case]", timeout=WAIT_MS)
        page.keyboard.press("j")
        page.wait_for_function(_BESIDE, timeout=WAIT_MS)
        now, before = hand.state(_LEVELS, list(LESION_MM))
        assert now == pytest.approx(before, abs=0.05)
        hand.press("#tools [data-tool=brush]")
        page.locator("#panes figure svg").nth(1).click()
        assert hand.marked("enhancing") + hand.marked("t2hyper") == 0
        assert hand.errors == []


_BESIDE = "() => Boolean(iscm.page.panes.panes[1].shown?.series.info.name.startsWith('before'))"
_LEVELS = """point => {
  const { page } = iscm
  page.reading.setCursor(point, page.panes.panes[0].series)
  const { prior } = page.panes
  return [page.status.axis.level(page.reading.cursor.point), prior.axis.level(prior.point)]
}"""
