"""Two readers of one session, once both have signed: what each marked alone is told apart on the pictures."""

import numpy as np
import pytest
from playwright.sync_api import Browser

from mri.bids import StudyFolder
from tests.e2e.page.browser import Mouse, served
from tests.reader.client import client_of, opened, put_mask, read_and_sign, with_role
from tests.reader.small_study import LESION_MM, OBLIQUE, OTHER, inside

pytestmark = pytest.mark.xdist_group("browser")


def signed(small: StudyFolder, reader: str, drop: slice) -> int:
    """Read and sign as one reader, with a part of the lesion left out; return how many voxels were marked."""
    array = inside(OBLIQUE, "lesion").astype(np.uint8)
    array[:, drop, :] = 0
    with client_of(small, reader) as client:
        series = with_role(opened(client), "t2_sag")
        assert put_mask(client, series, array).status_code == 200
        assert read_and_sign(client).status_code == 200
    return int(array.sum())


def test_marks_of_both_readers_are_told_apart(browser: Browser, small: StudyFolder) -> None:
    """Voxels of both, of me alone and of the other alone have colours of their own; the comparison can be ended."""
    mine, theirs = signed(small, "AB", slice(0, 27)), signed(small, "CD", slice(30, None))
    whole = int(inside(OBLIQUE, "lesion").sum())
    with served(small.root) as address:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        hand = Mouse(page)
        page.goto(address)
        hand.open_case(OTHER.participant)
        before = hand.state(_CODES)
        hand.press("#tab-sign")
        hand.press('#panel button:text-is("Show other readers")')
        hand.press('#panel button:text-is("Compare on the pictures")')
        page.wait_for_function("() => iscm.page.reading.theirs.size > 0")
        assert "only CD" in page.inner_text("#panel")
        codes = hand.state(_CODES)
        shared = mine + theirs - whole
        assert shared > 0
        assert sorted(codes) == sorted([mine - shared, theirs - shared, shared])
        hand.press('#panel button:text-is("Hide the marks of CD")')
        page.wait_for_function("() => iscm.page.reading.theirs.size === 0")
        assert hand.state(_CODES) == before
        assert hand.errors == []


def test_a_consensus_begins_with_one_readers_marks(browser: Browser, small: StudyFolder) -> None:
    """Two who have signed settle their reads: marks of one, answers of both, and what differs is open; it is saved."""
    mine = signed(small, "AB", slice(0, 27))
    theirs = signed(small, "CD", slice(30, None))
    with served(small.root, "consensus") as address:
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        hand = Mouse(page)
        page.goto(address)
        hand.open_case(OTHER.participant)
        hand.press("#tab-sign")
        hand.press('#panel button:text-is("Show other readers")')
        hand.press('#panel button:text-is("Begin with the marks of AB")')
        hand.wait_marked("t2hyper")
        hand.wait_saved()
        assert hand.marked("t2hyper") == mine
        lesion = hand.state("() => iscm.page.reading.findings.lesions['1'].lesion_origin")
        assert lesion["value"] == "intramedullary"
        page.wait_for_selector('#panel td:text-is("Dice 1.00")')
        assert "consensus" in page.inner_text("#who")
        assert page.inner_text("#panel").count("Every answer agrees.") == 2
        begin_again(hand, mine, theirs)
        assert hand.errors == []
    assert list(small.root.rglob("*_label-t2hyper_desc-consensus_mask.nii.gz"))


def begin_again(hand: Mouse, mine: int, theirs: int) -> None:
    """Begin with the other reader's marks: what is settled is kept unless it is said, and nothing is left over then."""
    hand.press("#tab-lesions")
    hand.press('#panel [data-region="cyst"] button')
    hand.use("brush", "t2_sag", LESION_MM)
    hand.wait_saved()
    hand.press("#tab-sign")
    assert "only you drew it" in hand.page.inner_text("#panel")
    other = '#panel button:text-is("Begin with the marks of CD")'
    hand.press(other)
    hand.answer_dialog()
    assert (hand.marked("t2hyper"), hand.marked("cyst") > 0) == (mine, True)
    hand.press(other)
    hand.press('dialog[open] button[value="yes"]')
    hand.page.wait_for_selector('#panel tr:has(td:text-is("Dice 1.00"))')
    hand.page.wait_for_function("() => /marks of CD/.test(document.querySelector('#said').textContent)")
    hand.wait_saved()
    assert (hand.marked("t2hyper"), hand.marked("cyst")) == (theirs, 0)


_CODES = """() => {
  const { panes, regions } = iscm.page
  const pane = panes.panes.find(pane => pane.series?.info.roles.includes('t2_sag'))
  const { label } = regions.find(entry => entry.region === 't2hyper')
  const counts = {}
  for (const code of pane.viewer.nv.drawBitmap) if (code && code % 8 === label) counts[code] = (counts[code] ?? 0) + 1
  return Object.values(counts)
}"""
