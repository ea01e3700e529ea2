"""The benchmarks print what their page says, also where the reference data are not there."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import accuracy_generated, accuracy_oracles, canal_volumes, cord_volumes
from benchmarks.__main__ import SECTIONS, main
from benchmarks.clock import least, print_table
from mri.volume import LabelMap
from tests.docs.pages import ROOT
from tests.features.scene import sagittal_grid

GRID = sagittal_grid(7.0, 12.0)


def box(first: int, last: int) -> LabelMap:
    """Draw a box over some of the slices."""
    array = np.zeros(GRID.shape, dtype=np.uint8)
    array[5:15, 20:60, first:last] = 1
    return LabelMap(array=array, geometry=GRID)


def test_every_section_is_on_its_page() -> None:
    """The page names each section that can be asked for."""
    page = (ROOT / "docs" / "reference" / "benchmarks.md").read_text(encoding="utf-8")
    assert [name for name in SECTIONS if f"| `{name}` |" not in page] == []


def test_an_unknown_section_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is no section ends with status 2 and the names there are."""
    assert main(["measure_everything"]) == 2
    assert "accuracy_oracles" in capsys.readouterr().err


def test_overlap_and_distance_of_boxes() -> None:
    """Equal boxes have Dice 1 and distance 0; half as many slices give 2/3 and at least one slice of distance."""
    assert cord_volumes.dice(box(2, 6), box(2, 6)) == 1.0
    assert cord_volumes.hd95_mm(box(2, 6), box(2, 6)) == 0.0
    assert cord_volumes.dice(box(2, 4), box(2, 6)) == pytest.approx(2 / 3)
    assert cord_volumes.hd95_mm(box(2, 4), box(2, 6)) >= 3.3


def test_generated_objects_stand_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without the reference data sizes of generated tubes are printed, and the cord section says that it skips."""
    monkeypatch.setattr(accuracy_oracles, "SHARED_DATA", tmp_path)
    monkeypatch.setattr(cord_volumes, "SHARED_DATA", tmp_path)
    assert main(["accuracy_oracles", "cord_volumes"]) == 0
    printed = capsys.readouterr().out
    assert "generated tubes stand in" in printed
    assert "| sag1x3.3 |       3 |" in printed
    assert "skipped: needs ../shared/data/volumes" in printed


@pytest.mark.parametrize("bent", [False, True])
def test_segments_are_printed_beside_their_aim(monkeypatch: pytest.MonkeyPatch, bent: bool) -> None:
    """A row names spine and grid, and its largest error is within the aim in its last cell."""
    monkeypatch.setattr(accuracy_generated, "NUMBER", 2)
    name, mean, largest, aim = accuracy_generated._segments("sag", bent=bent)
    assert name.startswith("bent" if bent else "straight")
    assert 0.0 < abs(float(mean)) <= abs(float(largest)) <= float(aim)


@pytest.mark.real_data
def test_curved_objects_are_printed_beside_their_aim(shared_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two curved objects on each grid; only oblique axial slices, which no length is taken from, miss their aim."""
    accuracy_oracles._print_curved(shared_data / "oracles" / "objects")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("| iso", "| sag", "| ax"))]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert len(rows) == 5
    assert {row[1] for row in rows} == {"2"}
    assert [row[0] for row in rows if abs(float(row[3])) > float(row[4])] == ["axobl0.6x4"]


def test_the_canal_of_a_phantom_is_at_its_aim(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Without the reference data a phantom's canal is compared; on T2 the overlap is at what is to reach."""
    monkeypatch.setattr(canal_volumes, "SHARED_DATA", tmp_path)
    monkeypatch.setattr(canal_volumes, "STATIONS", canal_volumes.STATIONS[1:])
    assert main(["canal_volumes"]) == 0
    printed = capsys.readouterr().out
    assert "the whole-spine template is skipped" in printed
    rows = [[cell.strip() for cell in line.split("|")] for line in printed.splitlines() if "| phantom, " in line]
    assert len(rows) == 2
    t2 = next(row for row in rows if "T2" in row[1])
    assert float(t2[3]) >= float(t2[4])


def test_tables_are_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    """A table has a rule below its header, and as many cells in every line."""
    print_table("Title", ("work", "CPU s"), [("read", "0.1"), ("measure", "0.25")])
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert lines[1] == "| ------- | ----: |"
    assert {line.count("|") for line in lines} == {3}


def test_the_least_of_several_runs_counts() -> None:
    """Work is done as often as asked for, and the time is never negative."""
    done: list[int] = []
    assert least(lambda: done.append(1), 3) >= 0.0
    assert len(done) == 3
