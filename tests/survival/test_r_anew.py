"""R run anew, where it is installed: the same numbers on the data sets that come with it."""

import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from survival.estimate import (
    Scale,
    Ties,
    cox_regression,
    exact_cox_regression,
    kaplan_meier,
    log_rank,
    median_survival,
    proportional_hazards,
)

SCRIPT = Path(__file__).parent / "anew.R"
SCALES: dict[str, Scale] = {"log-log": "log-log", "log": "log", "plain": "linear"}
TOLERANCE = 1e-9
Answers = dict[str, list[float]]


@pytest.fixture(scope="module")
def r() -> Answers:
    """Return what R prints, by place."""
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("R is not installed (Debian: r-base-core, r-cran-survival; make browser)")
    done = subprocess.run([program, str(SCRIPT)], check=True, capture_output=True, text=True, timeout=120)
    out: Answers = defaultdict(list)
    for line in done.stdout.splitlines():
        place, _, value = line.partition(",")
        out[place.rpartition("/")[0]].append(float(value))
    return out


def _column(r: Answers, name: str, column: str) -> list[float]:
    return r[f"{name}/data/{column}"]


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("name", ["lung", "veteran", "ovarian", "aml"])
def test_curves(r: Answers, name: str, scale: str) -> None:
    """Survival, limits on three scales, and the median."""
    event = [int(value) for value in _column(r, name, "event")]
    curve = kaplan_meier(_column(r, name, "time"), event, scale=SCALES[scale])
    inside = [i for i, s in enumerate(curve.survival) if 0 < s < 1]
    place = f"{name}/{scale}"
    assert list(curve.survival) == pytest.approx(r[f"{place}/survival"], abs=TOLERANCE)
    assert [curve.low[i] for i in inside] == pytest.approx(r[f"{place}/low"], abs=TOLERANCE)
    assert [curve.high[i] for i in inside] == pytest.approx(r[f"{place}/high"], abs=TOLERANCE)
    assert median_survival(curve, rule="r").estimate == r[f"{place}/median"][0]


@pytest.mark.parametrize("name", ["lung", "veteran", "ovarian", "aml"])
def test_tests_and_models(r: Answers, name: str) -> None:
    """Log-rank test of two to four groups, Cox models under three rules of ties, proportional hazards."""
    time, x = _column(r, name, "time"), _column(r, name, "x")
    event = [int(value) for value in _column(r, name, "event")]
    test = log_rank(time, event, [str(group) for group in _column(r, name, "group")])
    assert test is not None
    assert [test.statistic, test.degrees_of_freedom, test.p] == pytest.approx(r[f"{name}/log_rank"], abs=TOLERANCE)
    ties: Ties
    for ties in ("breslow", "efron"):
        fit = cox_regression(time, event, x, ties=ties)
        assert fit is not None
        assert [fit.coefficient, fit.standard_error, fit.p] == pytest.approx(r[f"{name}/{ties}"], abs=TOLERANCE)
    exact = exact_cox_regression(time, event, x)
    assert exact is not None
    assert [exact.coefficient, exact.standard_error, exact.p] == pytest.approx(r[f"{name}/exact"], abs=TOLERANCE)
    hazards = proportional_hazards(time, event, np.asarray(x)[:, None], ties="efron", time_scale="km")
    assert hazards is not None
    assert [hazards[0].statistic, hazards[0].p] == pytest.approx(r[f"{name}/zph"], abs=TOLERANCE)
