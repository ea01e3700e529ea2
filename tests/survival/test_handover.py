"""The scripts beside the results give the report's numbers again, in Python and, where it is installed, in R."""

import csv
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from mri.bids import write_table
from survival.handover import one_line, r_literal, r_name, r_rule, rule, scripts
from survival.intake import take_in
from survival.plan import Group, load_plan
from survival.results import ResultRow, compute
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_plan

SAMPLES = Path(__file__).resolve().parents[2] / "sample_scans"
COHORTS = {"diehn2015": "cohort", "lv2019": "cohort_lv"}
NUMBERS = ("n", "events", "median", "ci_low", "ci_high", "hr", "hr_low", "hr_high", "p", "p_second")
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """A folder with cohort.csv and both scripts, and the rows that they must give."""

    folder: Path
    rows: tuple[ResultRow, ...]


@pytest.fixture(scope="module", params=COHORTS)
def handed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """Return what lies beside the results of one of the synthetic cohorts."""
    plan = load_plan(request.param)
    intake = take_in(SAMPLES / COHORTS[request.param] / "cohort.csv", plan)
    folder = tmp_path_factory.mktemp(request.param)
    write_table(folder / "cohort.csv", intake.columns, intake.rows)
    for name, text in scripts(plan).items():
        (folder / name).write_text(text, encoding="utf-8")
    return Handed(folder=folder, rows=compute(plan, intake.patients))


def _check_stamp(handed: Handed, name: str) -> None:
    """Require that the table says of itself that its patients are synthetic."""
    with (handed.folder / name).open(encoding="utf-8", newline="") as handle:
        assert {line["stamp"] for line in csv.DictReader(handle)} == {"Synthetic, constructed to match; no evidence."}


def _check(handed: Handed, name: str) -> None:
    with (handed.folder / name).open(encoding="utf-8", newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert len(lines) == len(handed.rows)
    for line, row in zip(lines, handed.rows, strict=True):
        where = f"{row.row_id} {row.group}"
        assert line["row_id"] == row.row_id
        assert line["group"] in (row.group, ""), where
        for number in NUMBERS:
            mine = getattr(row, number)
            assert bool(line[number]) == (mine is not None), (where, number)
            if mine is not None:
                assert float(line[number]) == pytest.approx(mine, rel=TOLERANCE), (where, number)


def test_the_python_script(handed: Handed) -> None:
    """Run in the folder of the results, without this package on its path."""
    command = [sys.executable, "-I", "handover.py"]
    subprocess.run(command, cwd=handed.folder, check=True, capture_output=True, timeout=120)
    _check(handed, "handover_python.csv")
    _check_stamp(handed, "handover_python.csv")


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_the_r_script(handed: Handed) -> None:
    """The same with R's survival package."""
    subprocess.run(["Rscript", "handover.R"], cwd=handed.folder, check=True, capture_output=True, timeout=120)
    _check(handed, "handover_r.csv")
    _check_stamp(handed, "handover_r.csv")


@pytest.fixture(scope="module")
def gone_early(tmp_path_factory: pytest.TempPathFactory) -> Handed:
    """Return ten patients in three groups, one of which is censored before the first death, under all four tests."""
    ends, deaths = (1, 2, 5, 6, 7, 8, 9, 10, 11, 12), (0, 0, 1, 1, 1, 0, 1, 1, 0, 1)
    cells = [
        {"participant_id": f"P{i}", "sign": str(sign), "n_lesions": "1", "vital_status": "dead" if died else "alive"}
        | {"death_days": str(end) if died else "", "last_known_alive_days": "" if died else str(end)}
        for i, (end, died, sign) in enumerate(zip(ends, deaths, (2, 2, 0, 0, 0, 0, 1, 1, 1, 1), strict=True))
    ]
    groups = tuple({"label": name, "codes": [i]} for i, name in enumerate("abc"))
    row = {**SIGN, "groups": groups, "second_test": "gehan"}
    plan = make_plan(row, {**row, "id": "other", "test": "tarone", "second_test": "peto"})
    folder = tmp_path_factory.mktemp("gone")
    write_table(folder / "given.csv", tuple(cells[0]), cells)
    intake = take_in(folder / "given.csv", plan)
    write_table(folder / "cohort.csv", intake.columns, intake.rows)
    for name, text in scripts(plan).items():
        (folder / name).write_text(text, encoding="utf-8")
    return Handed(folder=folder, rows=compute(plan, intake.patients))


def test_a_group_that_is_gone_early_in_python(gone_early: Handed) -> None:
    """It takes no degree of freedom in any of the four tests."""
    assert gone_early.rows[0].p == pytest.approx(0.04012365, abs=1e-8)
    subprocess.run([sys.executable, "-I", "handover.py"], cwd=gone_early.folder, check=True, capture_output=True)
    _check(gone_early, "handover_python.csv")


@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_a_group_that_is_gone_early_in_r(gone_early: Handed) -> None:
    """The same with R's survival package."""
    subprocess.run(["Rscript", "handover.R"], cwd=gone_early.folder, check=True, capture_output=True, timeout=120)
    _check(gone_early, "handover_r.csv")


def test_a_hostile_label_stays_a_string() -> None:
    """Quotes, backslashes and line ends in a plan leave no string of either script."""
    label = 'a"); stop("x\\'
    groups = ({"label": label, "codes": ['0"']}, {"label": "it's`", "codes": [1]})
    plan = make_plan({**SIGN, "groups": groups}, name="small", title='"""\nimport os')
    written = scripts(plan)
    compile(written["handover.py"], "handover.py", "exec")
    assert repr(label) in written["handover.py"]
    assert '"0\\""' in written["handover.R"]
    assert "`it's\\``" in written["handover.R"]


def test_the_scripts_say_research_only_and_name_no_patient() -> None:
    """The statement stands at the top of each."""
    for text in scripts(make_plan(OVERALL, SIGN, SIZE)).values():
        assert "Research use only" in text[:400]


def test_how_values_are_written() -> None:
    """Rules of groups, booleans, nothing and lists in both languages."""
    by_code, by_cut = Group(label="a", codes=("1",)), Group(label="b", at_least=3)
    assert (rule(by_code), rule(by_cut)) == ("(['1'], None, None)", "([], 3.0, None)")
    assert (r_rule(by_code), r_rule(by_cut)) == ('rule(codes = c("1"))', "rule(at_least = 3.0)")
    assert [r_literal(v) for v in (None, True, 0.95, [])] == ["NULL", "TRUE", "0.95", "character()"]
    assert r_name("a`b") == "`a\\`b`"
    assert one_line('a\n"b"') == "a 'b'"
