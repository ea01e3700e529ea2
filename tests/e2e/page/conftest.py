"""What the tests of the page in a browser share: one browser, and a small study of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from mri.bids import StudyFolder
from tests.e2e.page.browser import chromium, need_renderer
from tests.reader.small_study import OTHER, make_study


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start one browser for a module."""
    need_renderer()
    with chromium() as started:
        yield started


@pytest.fixture(autouse=True)
def closed(browser: Browser) -> Iterator[None]:
    """Close every tab after a test: each holds four pictures, which software rendering pays for."""
    yield
    for context in browser.contexts:
        context.close()


@pytest.fixture
def page(browser: Browser) -> Page:
    """Open a tab of its own."""
    return browser.new_context(viewport={"width": 1366, "height": 768}).new_page()


@pytest.fixture
def small(tmp_path: Path) -> StudyFolder:
    """Return a study of one session on straight, oblique and permuted grids."""
    return make_study(tmp_path / "study", (OTHER,))
