"""Proposed lesions that are accepted beside drawn ones: none is lost, and a click that changes nothing is answered."""

import numpy as np
import pytest
from playwright.sync_api import Page

from mri.bids import StudyFolder
from mri.nifti import read_label_map
from tests.e2e.page.browser import Keyboard, Mouse, served
from tests.reader.small_study import LESION_MM, OTHER

pytestmark = pytest.mark.xdist_group("browser")

X, Y, Z = LESION_MM
BELOW = (X, Y, Z - 26.0)
OUTSIDE = (X, Y - 14.0, Z)


def test_an_accepted_lesion_with_another_number_is_kept(page: Page, small: StudyFolder) -> None:
    """The proposed lesion 1 beside a drawn one becomes lesion 2 on the page too; the next stroke saves both."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.press('#panel [data-region="t2hyper"] button')
        hand.use("brush", "t2_sag", BELOW)
        hand.wait_saved()
        drawn = hand.marked("t2hyper")
        hand.press('#panel [data-proposal^="t2hyper"] button:text-is("accept")')
        page.wait_for_function("() => iscm.page.reading.lesionLabels.includes(2)")
        assert hand.marked("t2hyper") > drawn
        assert hand.say() == "proposed lesion 1: accepted as lesion 2"
        hand.press('#panel [data-lesion="1"] button')
        hand.use("brush", "t2_sag", (X, Y, Z - 22.0))
        hand.wait_saved()
        assert hand.errors == []
    path = next(small.root.rglob("*_label-t2hyper_desc-AB_mask.nii.gz"))
    assert list(np.unique(read_label_map(path).array)) == [0, 1, 2]


def test_a_stroke_that_draws_nothing_is_answered(page: Page, small: StudyFolder) -> None:
    """Outside the cord the page names the key that limits the brush; a second click on a lesion names the lesion."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.use("brush", "t2_sag", OUTSIDE)
        assert "key I" in hand.say()
        assert hand.counts() == {"undo": 0, "redo": 0}
        hand.use("seed", "t2_sag", OUTSIDE)
        page.wait_for_function("() => document.querySelector('#said').textContent.includes('not inside the cord')")
        assert "key I" in hand.say()
        hand.use("seed", "t2_sag", LESION_MM)
        hand.wait_marked("t2hyper")
        grown = hand.counts()
        hand.use("seed", "t2_sag", LESION_MM)
        page.wait_for_function("() => document.querySelector('#said').textContent.includes('already')")
        assert "this is lesion 1" in hand.say()
        assert (hand.counts(), hand.state("() => iscm.page.reading.lesionLabels")) == (grown, [1])
        assert hand.errors == []


def test_adding_to_a_lesion_keeps_what_was_drawn_of_it(page: Page, small: StudyFolder) -> None:
    """The grow tool adds to a lesion with the reader's strokes, also after a reload, and takes no stroke away."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.use("seed", "t2_sag", LESION_MM)
        hand.wait_marked("t2hyper")
        hand.use("brush", "t2_sag", BELOW)
        hand.wait_saved()
        drawn = hand.marked("t2hyper")
        hand.use("grow", "t2_sag", (X, Y, Z + 3.0))
        page.wait_for_function("() => /lesion 1: /.test(document.querySelector('#said').textContent)")
        hand.wait_saved()
        assert hand.marked("t2hyper") >= drawn
        page.reload()
        page.wait_for_selector("body[data-ready=case]")
        hand.press('#panel [data-lesion="1"] button')
        hand.use("grow", "t2_sag", LESION_MM)
        page.wait_for_function("() => /lesion 1: /.test(document.querySelector('#said').textContent)")
        assert hand.marked("t2hyper") >= drawn
        assert hand.errors == []


@pytest.mark.parametrize(("role", "region"), [("t1_sag_gd", "enhancing"), ("t2_sag", "t2hyper")])
def test_the_key_accepts_what_is_proposed_on_the_active_picture(
    role: str, region: str, page: Page, small: StudyFolder
) -> None:
    """Where a lesion is proposed on two series, T takes the one on the picture that the reader is at."""
    with served(small.root) as address:
        hand = Keyboard.at(page, address, OTHER.participant)
        hand.use("crosshair", role, LESION_MM)
        page.keyboard.press("t")
        page.wait_for_function("() => iscm.page.reading.lesionLabels.length > 0")
        other = {"enhancing": "t2hyper", "t2hyper": "enhancing"}[region]
        assert hand.marked(region) > 0
        assert hand.marked(other) == 0
        assert hand.errors == []


def test_a_long_dialog_begins_at_its_title(page: Page, small: StudyFolder) -> None:
    """The sheet of keys is read from its top, also on a small screen."""
    with served(small.root) as address:
        page.set_viewport_size({"width": 1366, "height": 560})
        hand = Mouse.at(page, address, OTHER.participant)
        page.keyboard.press("?")
        page.wait_for_selector("dialog[open]")
        place = "() => document.querySelector('dialog[open] h2').getBoundingClientRect().top"
        assert hand.state(place) >= 0
        assert hand.state("() => document.querySelector('dialog[open]').scrollTop") == 0
