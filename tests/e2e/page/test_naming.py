"""Discs that the reader names: a wrong name is mended by naming the disc again, or taken back."""

import numpy as np
import pytest
from playwright.sync_api import Page

from mri.bids import StudyFolder
from tests.e2e.page.browser import Mouse, served
from tests.reader.small_study import DISCS, OTHER

pytestmark = pytest.mark.xdist_group("browser")

PLACE = DISCS.points["C3-C4"]
APART_MM = 10.0
"""Discs lie 18 mm apart there."""


def test_a_disc_that_is_named_again_names_the_others_anew(page: Page, small: StudyFolder) -> None:
    """Named C4-C5 and then C3-C4 it is that one alone: no disc with the wrong name stays at the same place."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        for name in ("C4-C5", "C3-C4"):
            hand.use("disc", "t2_sag", PLACE)
            hand.answer_dialog(name)
            page.wait_for_function(_NAMED, arg=[name, list(PLACE)])
        points = hand.state("() => iscm.page.reading.discs.points")
        near = [name for name, at in points.items() if np.linalg.norm(np.subtract(at, PLACE)) < APART_MM]
        assert near == ["C3-C4"]
        hand.wait_saved()
        assert hand.errors == []


def test_a_name_taken_back_leaves_proposals(page: Page, small: StudyFolder) -> None:
    """After undo the discs are proposals again, which nobody has named; after redo they are the reader's."""
    with served(small.root) as address:
        hand = Mouse.at(page, address, OTHER.participant)
        hand.use("disc", "t2_sag", PLACE)
        hand.answer_dialog("C4-C5")
        page.wait_for_function(_NAMED, arg=["C4-C5", list(PLACE)])
        told = [hand.state(_FROM)]
        for key in ("z", "y"):
            page.keyboard.press(key)
            told.append(hand.state(_FROM))
        assert told == ["", "auto", ""]
        assert hand.errors == []


_FROM = "() => iscm.page.reading.discs.from"
_NAMED = """([name, place]) => {
  const at = iscm.page.reading.discs.points[name]
  return Boolean(at) && Math.hypot(...at.map((mm, axis) => mm - place[axis])) < 4
}"""
