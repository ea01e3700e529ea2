"""The reading page in a headless browser with software rendering: what its reader waits for, in seconds."""

import json
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any
from urllib.request import Request, urlopen

from benchmarks.clock import print_table
from mri.bids import SCANS_COLUMNS, StudyFolder, describe_dataset, write_table
from mri.geometry import Geometry
from mri.nifti import write_volume
from mri.study import Series, StudyId
from pipeline.console import say
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.regions import Region
from segmentation.store import save_annotation
from tests.reader import small_study

CASES = 100
REDRAWS = 21
GRID = Geometry(
    shape=(512, 512, 20),
    origin_mm=(31.35, -133.0, 163.0),
    spacing_mm=(0.6, 0.6, 3.3),
    axes=((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)),
)
"""Sagittal slices around the cord of the made study."""
WIDTH, HEIGHT = 1366, 768
WAIT_MS = 120_000


def report() -> None:
    """Print what opening, moving and marking take."""
    if find_spec("playwright") is None:
        say("playwright is not installed: the page is not timed.")
        return
    with tempfile.TemporaryDirectory() as name:
        rows = [*_case_rows(_large_study(Path(name) / "one")), *_list_rows(_many_cases(Path(name) / "many"))]
    print_table(
        f"The reading page, headless Chromium with software rendering, {WIDTH} × {HEIGHT}",
        ("what the reader waits for", "s", "aim"),
        rows,
    )


def _large_study(root: Path) -> StudyFolder:
    """Write one session of four series of 512 × 512 × 20 with its proposals."""
    folder = StudyFolder(root=root)
    describe_dataset(root, "made", derivative=False, ignored="")
    study = small_study.OTHER
    series = tuple(replace(one, geometry=GRID) for one in small_study.series_of(study))
    for one in series:
        write_volume(folder.image(one), small_study.image(one))
    write_table(folder.scans_table(study), SCANS_COLUMNS, [small_study.row_of(one) for one in series])
    write_table(folder.sessions_table(study.participant), ("session_id", "acq_time"), [_session(study)])
    save_annotation(folder, _cords(study, series))
    return folder


def _cords(study: StudyId, series: tuple[Series, ...]) -> Annotation:
    masks = tuple(
        Mask(region=Region.CORD, series=one, labels=small_study.label_map(one, "cord"), author=AUTO) for one in series
    )
    return Annotation(study=study, author=AUTO, masks=masks, discs=small_study.DISCS)


def _many_cases(root: Path) -> StudyFolder:
    """Write a study of many small sessions."""
    return small_study.make_study(
        root, tuple(StudyId(participant=f"P{k:03d}", session="01") for k in range(1, CASES + 1))
    )


def _session(study: StudyId) -> dict[str, str]:
    return {"session_id": f"ses-{study.session}", "acq_time": "2010-01-01T00:00:00"}


@contextmanager
def _opened(folder: StudyFolder) -> Iterator[tuple[Any, str]]:
    from tests.e2e.page.browser import chromium, served

    with chromium() as browser, served(folder.root) as address:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        yield page, address
        page.close()


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _case_rows(folder: StudyFolder) -> list[tuple[str, str, str]]:
    with _opened(folder) as (page, address):
        shell = _seconds(lambda: (page.goto(address), page.wait_for_selector("body[data-ready=list]")))
        start = time.perf_counter()
        page.click("#worklist button")
        page.wait_for_function(_FIRST, timeout=WAIT_MS)
        first = time.perf_counter() - start
        page.wait_for_selector("body[data-ready=case]", timeout=WAIT_MS)
        every = time.perf_counter() - start
        moves = page.evaluate(_MOVES, REDRAWS)
        click = page.evaluate(_CLICK, list(small_study.LESION_MM))
        edit = page.evaluate(_EDIT, list(small_study.LESION_MM))
    return [
        ("page shell and worklist", f"{shell:.2f}", "1"),
        ("first series of 512×512×20 seen", f"{first:.2f}", "3"),
        ("four series of 512×512×20 seen", f"{every:.2f}", ""),
        ("crosshair moved, four pictures redrawn (median)", f"{median(moves) / 1000:.3f}", "0.15"),
        ("click on a lesion to its mask", f"{click / 1000:.2f}", "0.5"),
        ("edit sent to numbers back", f"{edit / 1000:.2f}", "0.3"),
    ]


def _list_rows(folder: StudyFolder) -> list[tuple[str, str, str]]:
    with _opened(folder) as (page, address):
        shown = _seconds(lambda: (page.goto(address), page.wait_for_selector("body[data-ready=list]")))
        base, _, token = address.partition("/#token=")
        request = Request(f"{base}/api/cases", headers={"Authorization": f"Bearer {token}"})
        listed = _seconds(lambda: json.load(urlopen(request)))
    return [
        (f"worklist of {CASES} cases seen", f"{shown:.2f}", "1"),
        (f"worklist of {CASES} cases answered by the server", f"{listed:.2f}", ""),
    ]


_FIRST = "() => Boolean(iscm.page?.panes.panes[0].shown && iscm.page.panes.panes[0].composite)"
_FINISH = """const finish = () => {
    for (const pane of iscm.page.panes.visible) {
      const { gl } = pane.viewer.nv
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4))
    }
  }"""
_MOVES = f"""count => {{
  {_FINISH}
  const took = []
  for (let n = 0; n < count; n++) {{
    const start = performance.now()
    iscm.page.panes.active.step(n % 2 ? 1 : -1)
    finish()
    took.push(performance.now() - start)
  }}
  return took
}}"""
_CLICK = f"""async point => {{
  {_FINISH}
  const {{ panes, reading, tools }} = iscm.page
  const pane = panes.panes.find(pane => pane.series?.info.roles.includes('t2_sag'))
  const {{ series, viewer }} = pane.shown
  reading.setCursor(point, series)
  const place = {{ series, point, plane: {{ axis: viewer.sliceAxis, slice: viewer.slice.slice }} }}
  const took = []
  for (let n = 0; n < 3; n++) {{
    const start = performance.now()
    await tools.grow(place, n === 0)
    finish()
    took.push(performance.now() - start)
  }}
  if (!reading.lesionLabels.length) throw new Error('the click marked nothing')
  return took.sort((a, b) => a - b)[1]
}}"""
_EDIT = """async point => {
  const { reading, saver, panes } = iscm.page
  await saver.flush()
  const { series } = panes.panes.find(pane => pane.series?.info.roles.includes('t2_sag')).shown
  const mask = reading.ownMask('t2hyper', series)
  const took = []
  for (let n = 0; n < 5; n++) {
    const place = series.grid.index(series.grid.voxelAt(point)) + n
    reading.record(mask, mask.set([place], mask.labels[place] ? 0 : 1), 'brush')
    const start = performance.now()
    await saver.flush()
    took.push(performance.now() - start)
  }
  return took.sort((a, b) => a - b)[2]
}"""
