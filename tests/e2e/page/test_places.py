"""What is seen, what is marked and what is written are the same voxel: against nibabel, on every kind of grid."""

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import pytest
from playwright.sync_api import Browser

from mri.bids import StudyFolder
from mri.nifti import write_volume
from mri.study import Series
from mri.volume import Volume
from tests.e2e.page.browser import Mouse, served
from tests.reader.small_study import OTHER

pytestmark = pytest.mark.xdist_group("browser")

ROLES = {"t1_sag_pre": "straight", "t2_sag": "oblique", "t2_ax": "permuted"}
DARK, BRIGHT = 10, 1000
LETTERS_PX = 24


def spotted(folder: StudyFolder, series: Series, voxel: tuple[int, int, int]) -> None:
    """Write an image of one bright voxel."""
    array = np.full(series.geometry.shape, DARK, dtype=np.int16)
    array[voxel] = BRIGHT
    write_volume(folder.image(series), Volume(array=array, geometry=series.geometry))


def series_of_role(folder: StudyFolder, role: str) -> Series:
    """Return the series that has a role on the study sheet."""
    plane, weighting = ("ax", "T2") if role == "t2_ax" else ("sag", role[:2].upper())
    return next(
        series
        for series in folder.load(OTHER).series
        if series.plane == plane and series.weighting == weighting and series.contrast != "yes"
    )


def brightest_pixel(picture: Path, box: dict[str, float]) -> tuple[float, float]:
    """Return the centre of the bright spot of a screenshot, in pixels of the page."""
    from matplotlib.image import imread

    shot = np.asarray(imread(picture))[..., :3]
    # the renderer's letters stand at the edges
    left, top = int(box["x"]) + LETTERS_PX, int(box["y"]) + LETTERS_PX
    pane = shot[top : top + int(box["height"]) - 2 * LETTERS_PX, left : left + int(box["width"]) - 2 * LETTERS_PX]
    grey = pane.min(axis=-1) * (np.ptp(pane, axis=-1) < 0.1)
    rows, columns = np.nonzero(grey > 0.8 * grey.max())
    return left + columns.mean() + 0.5, top + rows.mean() + 0.5


@pytest.mark.parametrize("role", ROLES)
def test_the_voxel_that_is_seen_is_the_one_that_is_clicked_and_marked(
    role: str, browser: Browser, small: StudyFolder, tmp_path: Path
) -> None:
    """A bright voxel is clicked where it is seen; mm, value and mark are nibabel's for just that voxel."""
    series = series_of_role(small, role)
    rng = np.random.default_rng(3)
    voxel = tuple(int(v) for v in rng.integers(4, np.array(series.geometry.shape) - 4))
    spotted(small, series, voxel)
    image = nib.load(small.image(series))
    with served(small.root) as address:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        hand = Mouse(page)
        page.goto(address)
        hand.open_case(OTHER.participant)
        at = alone(hand, role, voxel)
        box = page.locator("#panes figure svg").nth(0).bounding_box()
        assert box is not None
        # nothing but the picture, to see what the renderer draws
        hand.state(_MARKS, "hidden")
        page.screenshot(path=tmp_path / "seen.png")
        x, y = brightest_pixel(tmp_path / "seen.png", dict(box))
        hand.state(_MARKS, "visible")
        assert np.hypot(x - at[0], y - at[1]) < 2.5, "the voxel is not seen where the page thinks it is"
        page.mouse.click(x, y)
        shown = hand.state(_SHOWN)
        hand.state("() => iscm.page.reading.choose({ region: 'cyst', brush_mm: 1, insideCord: false })")
        hand.press("#tools [data-tool=brush]")
        page.mouse.click(x, y)
        hand.wait_saved()
        page.close()
    world = nib.affines.apply_affine(image.affine, voxel)
    np.testing.assert_allclose(np.array(shown["lps"]) * [-1, -1, 1], world, atol=max(image.header.get_zooms()) / 2)
    assert shown["voxel"] == list(voxel)
    assert shown["value"] == image.dataobj[voxel] == BRIGHT
    mask = np.asarray(
        nib.load(next(small.root.rglob(f"*{series.acquisition}*_label-cyst_desc-AB_mask.nii.gz"))).dataobj
    )
    assert mask[voxel] == 1
    assert np.count_nonzero(mask) <= 4


@pytest.mark.parametrize("role", ROLES)
def test_magnifying_keeps_in_place_what_the_pointer_is_on(role: str, browser: Browser, small: StudyFolder) -> None:
    """Ctrl and the wheel magnify around the pointer, the keys around the crosshair: a lesion is not lost from view."""
    with served(small.root) as address:
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        hand = Mouse(page)
        page.goto(address)
        hand.open_case(OTHER.participant)
        voxel = tuple(size // 3 for size in series_of_role(small, role).geometry.shape)
        x, y = alone(hand, role, voxel)
        page.mouse.move(x, y)
        page.keyboard.down("Control")
        for _ in range(5):
            page.mouse.wheel(0, -100)
        page.wait_for_function("() => iscm.page.panes.active.viewer.nv.scene.pan2Dxyzmm[3] > 1.9")
        page.keyboard.up("Control")
        assert hand.state(_SEEN_AT, voxel) == pytest.approx((x, y), abs=1.5)
        page.mouse.click(x, y)
        before = hand.state(_SEEN_AT, None)
        for _ in range(4):
            page.keyboard.press("Control+Minus")
        assert hand.state(_SEEN_AT, None) == pytest.approx(before, abs=1.5)
        page.close()


def alone(hand: Mouse, role: str, voxel: tuple[int, int, int]) -> tuple[float, float]:
    """Show a series alone at the slice of a voxel, and return where the page thinks the voxel is."""
    hand.state(_ALONE, role)
    hand.page.wait_for_function("role => iscm.page.panes.panes[0].shown?.series.info.roles.includes(role)", arg=role)
    point = hand.state("([role, voxel]) => iscm.page.panes.panes[0].shown.series.grid.world(voxel)", [role, voxel])
    return hand.to_slice(role, tuple(point))


_ALONE: Any = """async role => {
  const { panes, reading } = iscm.page
  panes.panes[0].series = [...reading.series.values()].find(series => series.info.roles.includes(role))
  const { series } = panes.panes[0]
  await panes.panes[0].hang(series)
  panes.activate(panes.panes[0])
  await panes.arrange(4)
  panes.active.viewer.setWindow(0, 1000)
}"""
_MARKS = """how => {
  for (const over of document.querySelectorAll('figure svg, figure p')) over.style.visibility = how
}"""
_SEEN_AT = """voxel => {
  const { viewer, canvas } = iscm.page.panes.active
  const { left, top } = canvas.getBoundingClientRect()
  const [x, y] = viewer.project(voxel ?? viewer.cursor)
  return [left + x, top + y]
}"""
_SHOWN = """() => {
  const pane = iscm.page.panes.active
  const { series } = pane.shown
  return {
    lps: document.querySelector('#where').dataset.lps.split(' ').map(Number),
    voxel: series.grid.voxelAt(iscm.page.reading.cursor.point),
    value: pane.value(),
  }
}"""
