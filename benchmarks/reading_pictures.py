"""``python -m benchmarks.reading_pictures STUDY FOLDER``: pictures of the reading page in each of its states, for docs.

The study is the sample study with its proposals, as `make demo` leaves it; it is copied first.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from pipeline.compare import read_truths
from pipeline.console import say
from tests.e2e.page import test_whole_read as read
from tests.e2e.page.browser import Mouse, chromium, served

SIZES = {"1366": (1366, 768), "1920": (1920, 1080), "3840": (3840, 2160)}
QUALITY = 70
"""Letters of 11 pixels stay sharp at this, and a picture takes a quarter of what it takes without loss."""
FEWER = ("worklist", "marked", "findings")
"""States that are shown at the larger sizes too; the others change with the size in nothing else."""
SCANS = Path(__file__).resolve().parents[1] / "sample_scans"
SETTLE_MS = 2500


def main(study: Path, folder: Path) -> None:
    """Go through a whole read at each size and picture its states."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (width, height) in SIZES.items():
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / "study"
            shutil.copytree(study, copy)
            with chromium() as browser, served(copy) as address:
                page = browser.new_page(viewport={"width": width, "height": height})
                page.goto(address)
                page.wait_for_selector("body[data-ready=list]")
                states(Mouse(page), picture_to(folder, name, Path(place) / "shot.png"))


def picture_to(folder: Path, size: str, shot: Path) -> Callable[[Mouse, str], None]:
    """Return what pictures a state under its name."""

    def picture(hand: Mouse, state: str) -> None:
        if size != "1366" and state not in FEWER:
            return
        hand.page.wait_for_timeout(SETTLE_MS)
        hand.page.screenshot(path=shot)
        made = folder / f"{state}_{size}.webp"
        with Image.open(shot) as image:
            image.convert("RGB").save(made, quality=QUALITY, method=6)
        say(f"{made.name} {made.stat().st_size // 1000} kB")

    return picture


def states(hand: Mouse, picture: Callable[[Mouse, str], None]) -> None:
    """Lead the page through its states."""
    truth = dict(read_truths(SCANS / "truth")[read.PARTICIPANT, "01"])
    picture(hand, "worklist")
    hand.open_case(read.PARTICIPANT)
    picture(hand, "opened")
    read.confirm_cord_and_levels(hand, truth)
    read.mark_the_lesion(hand, truth["lesions"][0])
    picture(hand, "marked")
    hand.page.keyboard.press("?")
    picture(hand, "keys")
    hand.page.keyboard.press("Escape")
    for tab in ("sheet", "patient", "sign"):
        hand.press(f"#tab-{tab}")
        picture(hand, tab)
    for layout in (2, 3, 4):
        hand.page.keyboard.press(f"F{layout}")
        picture(hand, f"layout{layout}")
    hand.page.keyboard.press("F1")
    read.answer_everything(hand, truth)
    hand.press("#tab-lesions")
    hand.page.locator('[data-item="position"]').scroll_into_view_if_needed()
    picture(hand, "findings")
    read.sign(hand)
    picture(hand, "signed")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
