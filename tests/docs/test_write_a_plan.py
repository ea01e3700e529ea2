"""A third plan, written by following the page on plans word for word: its blocks in order, its commands as typed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, blocks

PAGE = ROOT / "docs" / "how-to" / "write-a-plan.md"


def _type(commands: str, folder: Path) -> str:
    """Run the lines of a shell block in a folder where the checkout's samples lie; return what they print."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-e", "-c", commands],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which a reader of the page has done all that it says."""
    folder = tmp_path_factory.mktemp("reader")
    (folder / "sample_scans").symlink_to(ROOT / "sample_scans")
    typed = ""
    for language, body in blocks(PAGE):
        if language == "toml":
            with (folder / "plan.toml").open("a", encoding="utf-8") as plan:
                plan.write(body + "\n")
        elif language == "sh":
            typed = body
            _type(body, folder)
    _type(typed, folder)
    return folder


def test_the_plan_of_the_page_runs(folder: Path) -> None:
    """Every row, model and figure that the page declares is in the results."""
    results = json.loads((folder / "analysis" / "results.json").read_text(encoding="utf-8"))
    declared = {"multiple", "t2_length", "age", "new_lesions", "adjusted", "new_lesions_landmark"}
    assert {row["row_id"] for row in results["rows"]} == declared
    assert results["n"] == 49
    assert [figure["name"] for figure in results["figures"]][:1] == ["km_t2_length"]
    for name in ("report.html", "imaging.csv", "km_t2_length.svg", "handover.R", "handover.py"):
        assert (folder / "analysis" / name).stat().st_size > 0


def test_what_the_page_says_of_its_numbers(folder: Path) -> None:
    """Models have the P of their own ratio and that of the whole; the naive row warns of immortal time."""
    rows = json.loads((folder / "analysis" / "results.json").read_text(encoding="utf-8"))["rows"]
    adjusted = [row for row in rows if row["row_id"] == "adjusted" and row["hr"] is not None]
    assert len(adjusted) == 3
    assert len({row["p"] for row in adjusted}) == 3
    assert len({row["p_second"] for row in adjusted}) == 1
    assert all("immortal_time" in row["flags"] for row in rows if row["row_id"] == "new_lesions")


def test_a_mistake_on_the_way_is_named(folder: Path) -> None:
    """Each mistake at once, with its place, and exit status 2."""
    text = (folder / "plan.toml").read_text(encoding="utf-8")
    wrong = text.replace('test = "logrank"', 'tests = "logrank"', 1).replace('"age"]', '"aeg"]')
    (folder / "wrong.toml").write_text(wrong, encoding="utf-8")
    program = Path(sys.executable).parent / "iscm"
    done = subprocess.run([program, "check", "wrong.toml"], cwd=folder, capture_output=True, text=True, timeout=60)
    shown = done.stdout + done.stderr
    assert done.returncode == 2
    assert "did you mean test" in shown
    assert "'aeg' is no row" in shown
