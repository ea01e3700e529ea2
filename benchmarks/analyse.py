"""The analyses of both synthetic cohorts, alone and with report; curve and tests of a registry's size."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.clock import least, print_table
from survival.analysis import analyse
from survival.estimate import kaplan_meier, log_rank, mantel_haenszel_hazard_ratio, median_survival
from survival.intake import take_in
from survival.plan import load_plan
from survival.results import compute

SAMPLES = Path(__file__).resolve().parents[1] / "sample_scans"
COHORTS = {"diehn2015": "cohort", "lv2019": "cohort_lv"}
REPEATS = 2
MANY = 100_000
MEAN_DAYS = 300.0
SEED = 20260101


def report() -> None:
    """Print CPU seconds of each cohort's parts and of 100 000 patients, and their ratios."""
    for plan, folder in COHORTS.items():
        _report_cohort(plan, SAMPLES / folder / "cohort.csv")
    _report_many()


def _report_cohort(plan_name: str, cohort: Path) -> None:
    plan = load_plan(plan_name)
    with tempfile.TemporaryDirectory() as name:
        analyse(cohort, plan, Path(name))  # loads every module
        reading = least(lambda: take_in(cohort, plan), REPEATS)
        intake = take_in(cohort, plan)
        statistics = least(lambda: compute(plan, intake.patients), REPEATS)
        whole = least(lambda: analyse(cohort, plan, Path(name)), REPEATS)
    print_table(
        f"Plan {plan_name} on its synthetic cohort ({len(intake.patients)} patients, {len(plan.rows)} rows); "
        f"least of {REPEATS}",
        ("work", "CPU s", "times the statistics"),
        [
            ("read and check the table", f"{reading:.2f}", f"{reading / statistics:.2f}"),
            ("statistics alone", f"{statistics:.2f}", "1.00"),
            ("all: with figures, tables and report", f"{whole:.2f}", f"{whole / statistics:.2f}"),
        ],
    )


def _report_many() -> None:
    rng = np.random.default_rng(SEED)
    time, event = rng.exponential(MEAN_DAYS, MANY), (rng.random(MANY) < 0.8).astype(int)
    member = rng.random(MANY) < 0.5
    group = ["b" if one else "a" for one in member.tolist()]
    work: dict[str, Callable[[], object]] = {
        "Kaplan-Meier with its median": lambda: median_survival(kaplan_meier(time, event)),
        "log-rank": lambda: log_rank(time, event, group),
        "Peto-Peto": lambda: log_rank(time, event, group, weighting="peto"),
        "Mantel-Haenszel hazard ratio": lambda: mantel_haenszel_hazard_ratio(time, event, member.tolist()),
    }
    seconds = {name: least(one, REPEATS) for name, one in work.items()}
    first = next(iter(seconds.values()))
    print_table(
        f"{MANY} patients, no two times alike; least of {REPEATS}",
        ("work", "CPU s", "times the curve"),
        [(name, f"{one:.2f}", f"{one / first:.2f}") for name, one in seconds.items()],
    )
