"""What the papers left out: which rows get which addition, and that each is labelled."""

import csv
from pathlib import Path

import pytest

import survival.beyond as module
from survival.analysis import AnalysisResult, analyse
from survival.beyond import BeyondRow, beyond, print_beyond
from survival.checklist import checklist
from survival.estimate.timing import time_varying_cox
from survival.forest import draw_forest
from survival.intake import take_in
from survival.latex import latex
from survival.layout import layouts
from survival.plan import load_plan
from survival.report import RESEARCH_ONLY
from survival.results import Patients
from survival.tables import print_tables
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_patients, make_plan

COHORT = Path(__file__).resolve().parents[2] / "sample_scans" / "cohort" / "cohort.csv"


@pytest.fixture(scope="module")
def patients() -> Patients:
    """Return the patients of the synthetic cohort."""
    return take_in(COHORT, load_plan("diehn2015")).patients


@pytest.fixture(scope="module")
def rows(patients: Patients) -> dict[str, BeyondRow]:
    """Return the additions by row."""
    return {row.row_id: row for row in beyond(load_plan("diehn2015"), patients)}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    """Return a whole analysis."""
    return analyse(COHORT, load_plan("diehn2015"), tmp_path_factory.mktemp("beyond") / "out")


def test_immortal_time_undone(rows: dict[str, BeyondRow]) -> None:
    """The naive ratio of .29 (P .002) becomes 1.15 (P .77) once a new lesion counts from the day it was seen."""
    row = rows["new_lesions_followup"]
    assert row.cox is not None
    assert row.exposed is not None
    assert (round(row.cox.hr, 2), round(row.cox.p, 3)) == (0.29, 0.002)
    assert (round(row.exposed.hr, 2), round(row.exposed.p, 2)) == (1.15, 0.77)
    assert [name for name, other in rows.items() if other.exposed] == [
        name for name in rows if name.startswith("new_lesions_followup")
    ]


def test_permutation_only_where_a_group_is_small(rows: dict[str, BeyondRow]) -> None:
    """CNS primaries are few, both sides of lung or breast are not."""
    assert rows["cns_primary"].permutation_p is not None
    assert rows["lung_breast"].permutation_p is None


def test_firth_only_where_deaths_are_few(rows: dict[str, BeyondRow]) -> None:
    """Fewer than five deaths of CNS primaries; the penalised ratio is nearer to 1."""
    row = rows["cns_primary"]
    assert row.firth is not None
    assert row.cox is not None
    assert row.cox.hr < row.firth.hr < 1
    assert rows["lung_breast"].firth is None


def test_firth_where_cox_has_no_estimate() -> None:
    """Every death in the order of the sign."""
    monotone = make_patients(sign=(1, 1, 1, 0, 0, 0))
    row = beyond(make_plan(SIGN), monotone)[0]
    assert row.cox is None
    assert row.firth is not None
    assert row.firth.hr > 1


def test_concordance_of_numbers_only(rows: dict[str, BeyondRow]) -> None:
    """Five continuous rows have C, corrected downwards or hardly changed."""
    with_c = {name: row.concordance for name, row in rows.items() if row.concordance}
    assert set(with_c) == {"age", "t2_segments", "enh_si_mm", "enh_segments", "ratio_segments"}
    assert all((c.corrected or 0) < c.apparent + 0.03 for c in with_c.values())


def test_rows_without_a_test_get_nothing() -> None:
    """Overall survival has no addition; a variable that nobody has gives a row of nothing."""
    assert beyond(make_plan(OVERALL), make_patients()) == ()
    empty = beyond(make_plan({**SIGN, "variable": "none"}), make_patients())[0]
    assert (empty.n, empty.ph_p, empty.cox, empty.firth) == (0, None, None, None)


def test_printed_lines_say_of_whom_and_against_what(rows: dict[str, BeyondRow]) -> None:
    """Subset, n, deaths, reference group."""
    line = print_beyond(load_plan("diehn2015"), [rows["t2_ge3"]])[0]
    assert line.detail == "solitary ISCM, n = 38, 36 deaths; against No"
    assert line.ratio == "2.65 (1.15–6.13); P = .022"


def test_the_forest_shows_the_family_without_naive_rows(rows: dict[str, BeyondRow]) -> None:
    """Rows of Tables 1 and 2 with a ratio; none of a plan without one."""
    drawn = draw_forest(load_plan("diehn2015"), list(rows.values()), ("Synthetic",))
    assert drawn is not None
    assert "lung_breast" in drawn.record["rows"]  # type: ignore[operator]
    assert "new_lesions_followup" not in drawn.record["rows"]  # type: ignore[operator]
    assert "beyond the paper" in drawn.figure.title
    assert "Research use only." in drawn.svg
    assert draw_forest(make_plan(SIGN), (), ()) is None


def test_a_naive_row_is_drawn_with_its_time_varying_ratio() -> None:
    """A post-baseline row without a day of exposure is left out of the forest."""
    late = {**SIGN, "post_baseline": True}
    plan = make_plan(late, SIZE)
    drawn = draw_forest(plan, beyond(plan, make_patients(sign=(1, 0, 0, 1, 0, 1))), ())
    assert drawn is not None
    assert drawn.record["rows"] == ["size"]


def test_the_report_labels_the_additions(result: AnalysisResult) -> None:
    """A section of its own, the checklist, and the same numbers as a file."""
    text = result.report.read_text(encoding="utf-8")
    assert '<h2 id="beyond-the-paper">Beyond the paper</h2>' in text
    assert "not of the source of the method" in text
    assert "REMARK 20." in text
    with (result.report.parent / "beyond.csv").open(encoding="utf-8", newline="") as handle:
        line = next(row for row in csv.DictReader(handle) if row["row_id"] == "new_lesions_followup")
    assert line["exposed_hr"].startswith("1.1")


def test_the_checklist_has_every_item_of_remark() -> None:
    """Twenty items of REMARK; STROBE up to 22; each says where."""
    items = checklist()
    assert [item.number for item in items if item.guideline == "REMARK"] == [str(i) for i in range(1, 21)]
    assert [item.number for item in items if item.guideline == "STROBE"][-1] == "22"
    assert all(item.where for item in items)


def test_latex_escapes_and_carries_the_stamps(patients: Patients) -> None:
    """Signs of LaTeX in a label are escaped; every table has its stamp and the research notice."""
    from survival.results import compute

    plan = make_plan({**SIGN, "label": "Sign & 50% of #1_a ≥ 3"})
    tables = print_tables(plan, compute(plan, make_patients()), ("Synthetic, constructed to match; no evidence.",))
    laid_out = layouts(tables, (), (), (), RESEARCH_ONLY)
    text = latex(laid_out, RESEARCH_ONLY)
    assert r"Sign \& 50\% of \#1\_a $\geq$ 3" in text
    assert r"\quad Yes" in text
    assert not set("\u2003≥−") & set(text)
    assert r"\begin{longtable}" in text
    assert "Synthetic, constructed to match" in text
    assert RESEARCH_ONLY in laid_out[0].notes


def test_exposed_from_needs_two_groups_known_later() -> None:
    """A plan that names a day of exposure for a baseline row is refused."""
    with pytest.raises(ValueError, match="exposed_from needs post_baseline"):
        make_plan({**SIGN, "exposed_from": "new_iscm_days"})


def test_an_exposure_without_its_day_is_left_out_of_the_changing_ratio() -> None:
    """As in the models: counted as never exposed it would move the ratio; the line says of how many it is."""
    late = {**SIGN, "post_baseline": True, "exposed_from": "late_days"}
    days = (5, "", "", 15, "", "")
    patients = make_patients(late_days=days, sign=(1, 0, 1, 1, 0, 0))
    plan = make_plan(late)
    row = beyond(plan, patients)[0]
    kept = [0, 1, 3, 4, 5]
    fit = time_varying_cox(
        [10.0 * (i + 1) for i in kept],
        [patients.event[i] for i in kept],
        [5.0, None, 15.0, None, None],
    )
    assert fit is not None
    assert row.exposed is not None
    assert row.exposed.hr == pytest.approx(fit.hazard_ratio)
    assert (row.exposed_n, row.flags) == (5, "day_not_known")
    assert "time-varying: n = 5, 1 exposed on a day not known" in print_beyond(plan, [row])[0].detail
    assert row.as_record()["flags"] == "day_not_known"


def _many(events: tuple[int, ...], sign: tuple[int, ...]) -> Patients:
    """Return patients of one sign each who end on days 1, 2, 3 …, with or without a death."""
    n = len(events)
    days = tuple(float(i + 1) for i in range(n))
    cells = {
        "sign": tuple(str(s) for s in sign),
        "size": tuple(str(i * 7 % 31) for i in range(n)),
        "author": ("r",) * n,
    }
    return Patients(columns=cells, time_days={"iscm_diagnosis": days}, event=events)


@pytest.mark.parametrize(
    ("size", "deaths", "is_permuted"), [(12, 4, True), (12, 5, False), (10, 5, False), (9, 5, True)]
)
def test_permutation_by_patients_or_by_deaths(size: int, deaths: int, is_permuted: bool) -> None:
    """A group of many patients with few deaths is as small to the test as one of few patients; both limits told."""
    events = (*(1,) * deaths, *(0,) * (size - deaths), *(1,) * 20)
    (row,) = beyond(make_plan(SIGN), _many(events, (*(1,) * size, *(0,) * 20)))
    assert (row.permutation_p is not None) is is_permuted


@pytest.mark.parametrize(("deaths", "is_penalised"), [(4, True), (5, False)])
def test_firth_from_fewer_than_five_deaths(deaths: int, is_penalised: bool) -> None:
    """Both the number of a group and that of a continuous row count."""
    signs = tuple(int(i % 2) for i in range(48))
    events = tuple(int(not sign or i < 2 * deaths) for i, sign in enumerate(signs))
    (row,) = beyond(make_plan(SIGN), _many(events, signs))
    assert row.cox is not None
    assert (row.firth is not None) is is_penalised
    few = tuple(int(i % 3 == 0 and i < 3 * deaths) for i in range(30))
    (number,) = beyond(make_plan(SIZE), _many(few, (0,) * 30))
    assert number.cox is not None
    assert (number.firth is not None) is is_penalised


@pytest.mark.parametrize(("n", "is_skipped"), [(2000, False), (2001, True)])
def test_what_takes_hours_is_left_out_of_a_large_table(
    monkeypatch: pytest.MonkeyPatch, n: int, is_skipped: bool
) -> None:
    """Beyond the limit only Cox is added; at it the slow ones are still asked for."""
    asked: list[int] = []
    monkeypatch.setattr(module, "proportional_hazards", lambda *_, **__: asked.append(1))
    monkeypatch.setattr(module, "corrected_concordance", lambda *_, **__: None)
    (row,) = beyond(make_plan(SIZE), _many(tuple(int(i % 3 > 0) for i in range(n)), (0,) * n))
    assert row.cox is not None
    assert (asked == []) is is_skipped


@pytest.mark.parametrize("name", ["beyond.csv", "checklist.csv"])
def test_every_table_of_a_synthetic_cohort_says_so(result: AnalysisResult, name: str) -> None:
    """Each line of it, as the other tables do."""
    with (result.report.parent / name).open(newline="", encoding="utf-8") as file:
        assert {row["stamp"] for row in csv.DictReader(file)} == {"Synthetic, constructed to match; no evidence."}
