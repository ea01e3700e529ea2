"""A person at the reading page: the server as a process, a headless browser, and hands that use mouse or keyboard."""

import os
import shutil
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

Point = tuple[float, float, float]

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# software rendering: what a machine without a graphics card does; no limit of a container's shared memory, and no end
# of the graphics for being slow on a busy machine
FLAGS = (
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--no-first-run",
    "--disable-dev-shm-usage",
    "--disable-gpu-watchdog",
)
WAIT_MS = 180_000
"""Enough for a machine that is busy with other tests."""
MOST_TABS = 600


def browser_path() -> str:
    """Return the browser that is installed; skips where none is."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs a browser, which `make browser` adds (Debian's chromium)")
    return found


def need_renderer() -> None:
    """Skip where the package was built without the npm registry."""
    import reader

    if not (Path(reader.__path__[0]) / "page" / "vendor" / "niivue.js").is_file():
        pytest.skip("needs the page's renderer, which the build takes from the npm registry where it can be reached")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless browser."""
    path = browser_path()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def served(study: Path, reader: str = "AB") -> Iterator[str]:
    """Run ``iscm read`` on a study and give the address that it prints."""
    command = [sys.executable, "-m", "pipeline.cli", "read", str(study), "--reader", reader, "--no-browser"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            yield next(line.strip() for line in process.stdout if "#token=" in line).split()[-1]
        finally:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(timeout=20)


class Hand(ABC):
    """What a reader does, whichever way; the mouse and the keyboard each do it their own way."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    @abstractmethod
    def press(self, selector: str) -> None:
        """Press a button."""

    @abstractmethod
    def use(self, tool: str, role: str, point: Point) -> None:
        """Use a tool at a point (LPS mm) of the picture that shows a series of this role."""

    def answer_dialog(self, choice: str | None = None) -> None:
        """Choose from the list of a dialog, and take its first answer."""
        self.page.wait_for_selector("dialog[open]")
        if choice is not None:
            self.page.select_option("dialog[open] select", choice)
        self.press("dialog[open] .answers button.primary")
        self.page.wait_for_selector("dialog[open]", state="detached")

    @classmethod
    def at(cls, page: Page, address: str, participant: str) -> Self:
        """Open a participant's case in a tab."""
        hand = cls(page)
        page.goto(address)
        hand.open_case(participant)
        return hand

    def open_case(self, participant: str) -> None:
        """Open a participant's case from the worklist."""
        self.press(f'#worklist tr:has(td:text-is("{participant}")) button')
        self.page.wait_for_selector("body[data-ready=case], body[data-ready=stopped]", timeout=WAIT_MS)
        if stopped := self.page.inner_text("#stopped"):
            pytest.fail(f"the case did not open: {stopped}")
        assert self.errors == []

    def wait_saved(self) -> None:
        """Wait until all is saved."""
        self.page.wait_for_selector("#saved[data-state=saved]", timeout=WAIT_MS)

    def say(self) -> str:
        """Return what the page last said."""
        return self.page.inner_text("#said")

    def state(self, expression: str, argument: Any = None) -> Any:
        """Return something of the page's own state, to be compared with the files."""
        return self.page.evaluate(expression, argument)

    def counts(self) -> dict[str, int]:
        """Return how often undo and redo are possible."""
        return dict(self.state("() => iscm.page.reading.history.counts"))

    def marked(self, region: str) -> int:
        """Return how many voxels of a structure are marked by the reader."""
        return int(
            self.state(
                "region => [...iscm.page.reading.masks.values()].filter(mask => mask.region === region)"
                ".reduce((sum, mask) => sum + mask.places.length, 0)",
                region,
            )
        )

    def wait_marked(self, region: str) -> None:
        """Wait until the reader has a mark of a structure."""
        marked = "region => [...iscm.page.reading.masks.values()].some(m => m.region === region && m.places.length)"
        self.page.wait_for_function(marked, arg=region)

    def pane(self, role: str) -> int:
        """Return which picture shows a series of a role."""
        return int(self.state(_PANE, role))


class Mouse(Hand):
    """Everything with the mouse."""

    def press(self, selector: str) -> None:
        """Click a button."""
        self.page.locator(selector).first.click()

    def use(self, tool: str, role: str, point: Point) -> None:
        """Choose the tool, turn the wheel to the slice, and click."""
        self.press(f"#tools [data-tool={tool}]")
        x, y = self.to_slice(role, point)
        self.page.mouse.click(x, y)

    def to_slice(self, role: str, point: Point) -> tuple[float, float]:
        """Turn the wheel until the slice of a point is shown, and return where it lies on the screen."""
        pane = self.pane(role)
        box = self.page.locator("#panes figure svg").nth(pane).bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        steps = self.state(_STEPS, [pane, point])
        for _ in range(abs(steps)):
            self.page.mouse.wheel(0, 100 if steps > 0 else -100)
        self.page.wait_for_function(f"argument => ({_STEPS})(argument) === 0", arg=[pane, point])
        x, y = self.state(_PROJECT, [pane, point])
        return box["x"] + x, box["y"] + y


class Keyboard(Hand):
    """Everything with the keyboard alone."""

    KEYS: ClassVar = {"crosshair": "1", "seed": "2", "brush": "3", "lasso": "4", "erase": "5", "grow": "6", "disc": "8"}

    def press(self, selector: str) -> None:
        """Tab to a button, inside a group of choices by the arrows, and press Enter; one not reached is a fault."""
        target = self.page.locator(selector).first
        target.wait_for()
        for _ in range(MOST_TABS):
            where = target.evaluate(_REACHED)
            if where == "here":
                self.page.keyboard.press("Enter")
                return
            self.page.keyboard.press("ArrowRight" if where == "group" else "Tab")
        raise AssertionError(f"the keyboard does not reach {selector}")

    def use(self, tool: str, role: str, point: Point) -> None:
        """Choose the tool, walk the crosshair to the point, and press Enter."""
        keys = self.page.keyboard
        keys.press("Escape")
        keys.press(self.KEYS[tool])
        pane = self.pane(role)
        for _ in range(4):
            if self.state("() => iscm.page.panes.panes.indexOf(iscm.page.panes.active)") == pane:
                break
            keys.press("n")
        steps = self.state(_STEPS, [pane, point])
        for _ in range(abs(steps)):
            keys.press("ArrowDown" if steps > 0 else "ArrowUp")
        for _ in range(3):
            right, down = (int(voxels) for voxels in self.state(_NUDGES, [pane, point]))
            self._walk("Right" if right > 0 else "Left", abs(right))
            self._walk("Down" if down > 0 else "Up", abs(down))
        keys.press("Enter")

    def _walk(self, way: str, voxels: int) -> None:
        far, near = divmod(voxels, 10)
        for _ in range(far):
            self.page.keyboard.press(f"Control+Shift+Arrow{way}")
        for _ in range(near):
            self.page.keyboard.press(f"Shift+Arrow{way}")


_REACHED = """element => {
  const active = document.activeElement
  const group = active?.closest('[role=radiogroup]')
  return element === active ? 'here' : group && group === element.closest('[role=radiogroup]') ? 'group' : 'elsewhere'
}"""
_PANE = (
    """role => iscm.page.panes.panes.findIndex(pane => !pane.figure.hidden && pane.series?.info.roles.includes(role))"""
)
_STEPS = """([pane, point]) => {
  const { series, viewer } = iscm.page.panes.panes[pane].shown
  const voxel = series.grid.voxel(point)
  return Math.round(voxel[viewer.sliceAxis]) - viewer.slice.slice
}"""
_PROJECT = """([pane, point]) => {
  const { series, viewer } = iscm.page.panes.panes[pane].shown
  return viewer.project(series.grid.voxel(point))
}"""
_NUDGES = """([pane, point]) => {
  const { series, viewer } = iscm.page.panes.panes[pane].shown
  const here = viewer.project(viewer.cursor)
  const there = viewer.project(series.grid.voxel(point))
  const step = [0, 1, 2].filter(axis => axis !== viewer.sliceAxis).map(axis => {
    const next = [...viewer.cursor]
    next[axis] += 1
    const at = viewer.project(next)
    return [Math.abs(at[0] - here[0]), Math.abs(at[1] - here[1])]
  })
  const width = Math.max(...step.map(at => at[0]))
  const height = Math.max(...step.map(at => at[1]))
  return [Math.round((there[0] - here[0]) / width), Math.round((there[1] - here[1]) / height)]
}"""
