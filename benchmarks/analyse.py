"""The analysis of the synthetic 49-patient cohort: its statistics alone, and everything with figures and report."""

import tempfile
from pathlib import Path

from benchmarks.clock import least, print_table
from survival.analysis import analyse
from survival.intake import take_in
from survival.plan import load_plan
from survival.results import compute

COHORT = Path(__file__).resolve().parents[1] / "sample_scans" / "cohort" / "cohort.csv"
REPEATS = 2


def report() -> None:
    """Print CPU seconds of both, and the ratio."""
    plan = load_plan("diehn2015")
    with tempfile.TemporaryDirectory() as name:
        analyse(COHORT, plan, Path(name))  # loads every module
        reading = least(lambda: take_in(COHORT, plan), REPEATS)
        intake = take_in(COHORT, plan)
        statistics = least(lambda: compute(plan, intake.patients), REPEATS)
        whole = least(lambda: analyse(COHORT, plan, Path(name)), REPEATS)
    print_table(
        f"Plan diehn2015 on the synthetic cohort (49 patients, {len(plan.rows)} rows); least of {REPEATS}",
        ("work", "CPU s", "times the statistics"),
        [
            ("read and check the table", f"{reading:.2f}", f"{reading / statistics:.2f}"),
            ("statistics alone", f"{statistics:.2f}", "1.00"),
            ("all: with figures, tables and report", f"{whole:.2f}", f"{whole / statistics:.2f}"),
        ],
    )
