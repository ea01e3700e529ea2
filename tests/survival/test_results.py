"""Rows of a plan on a handful of patients, worked by hand."""

from dataclasses import replace

import pytest

from survival.estimate import is_monotone, log_rank
from survival.results import RESULT_COLUMNS, ResultRow, compute
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_patients, make_plan

CONTRACT_KEYS = """
table row variable group n events median ci_low ci_high hr hr_low hr_high p test ties subset flags
reference n_missing n_na_recoded measure author p_permutation baseline
"""


def _by_group(rows: tuple[ResultRow, ...]) -> dict[str | None, ResultRow]:
    return {row.group: row for row in rows}


def test_columns_are_those_that_scripts_read() -> None:
    """The fixed keys come first and in order."""
    expected = CONTRACT_KEYS.split()
    assert list(RESULT_COLUMNS[: len(expected)]) == expected


def test_overall_row() -> None:
    """Six patients, five deaths, S below 0.5 on day 40 after 0.5 from day 30: midpoint 35."""
    (row,) = compute(make_plan(OVERALL), make_patients())
    assert (row.n, row.events, row.median, row.test, row.p) == (6, 5, 35, None, None)
    assert row.months == pytest.approx(35 / 30)


def test_second_origin_leaves_out_who_has_none() -> None:
    """One patient has no day of presentation."""
    (row,) = compute(make_plan({**OVERALL, "origin": "iscm_presentation"}), make_patients())
    assert (row.n, row.n_missing, row.origin) == (5, 1, "iscm_presentation")
    assert row.median == 45


def test_categoric_row_has_its_p_on_each_group() -> None:
    """Three with and three without the sign, compared by the log-rank test."""
    rows = _by_group(compute(make_plan(SIGN), make_patients()))
    expected = log_rank([10, 20, 30, 40, 50, 60], [1, 1, 1, 1, 1, 0], list("YNYYNN"))
    assert expected is not None
    assert {row.p for row in rows.values()} == {expected.p}
    assert (rows["Yes"].n, rows["Yes"].events, rows["Yes"].median) == (3, 3, 30)
    assert (rows["No"].n, rows["No"].events, rows["No"].median) == (3, 2, 50)
    assert rows["Yes"].flags == "small_group"
    assert rows["Yes"].codes == "1"


def test_continuous_row() -> None:
    """The Cox row has a hazard ratio above 1 (large die first), its ties and the median of its own patients."""
    (row,) = compute(make_plan(SIZE), make_patients(size=(30, 10, 20, 25, 5, "")))
    assert (row.n, row.n_missing, row.group, row.ties, row.test) == (5, 1, None, "breslow", "Cox Wald")
    assert row.hr is not None
    assert row.hr > 1
    assert row.median == 30


def test_subset_limits_the_row() -> None:
    """The patient with two lesions is not in the solitary row."""
    rows = _by_group(compute(make_plan({**SIGN, "subset": "solitary"}), make_patients()))
    assert (rows["Yes"].n, rows["No"].n, rows["Yes"].n_missing) == (2, 3, 0)


def test_not_assessable_is_missing_or_counts_as_no() -> None:
    """The same answers with and without the paper's rule for findings not visualized."""
    patients = make_patients(sign=(1, "not_assessable", "no_followup_mri", 1, "", 0))
    missing = _by_group(compute(make_plan(SIGN), patients))
    assert (missing["No"].n, missing["No"].n_missing, missing["No"].n_na_recoded) == (1, 3, 0)
    recoded = _by_group(compute(make_plan({**SIGN, "na_counts_as": "No"}), patients))
    assert (recoded["No"].n, recoded["No"].n_missing, recoded["No"].n_na_recoded) == (3, 1, 2)


def test_unknown_is_empty_and_a_stray_code_is_flagged() -> None:
    """A value in no group counts as missing and says so."""
    rows = _by_group(compute(make_plan(SIGN), make_patients(sign=(1, 0, "unknown", 7, 0, 1))))
    assert rows["No"].n_missing == 2
    assert "outside_groups" in rows["No"].flags


def test_suggested_values_wait_for_a_reader() -> None:
    """A suggestion enters only if the plan accepts it."""
    patients = make_patients(sign_source=("reader",) * 5 + ("suggested",))
    rows = _by_group(compute(make_plan(SIGN), patients))
    assert (rows["No"].n, rows["No"].n_missing) == (2, 1)
    assert "suggested_left_out" in rows["No"].flags
    assert _by_group(compute(make_plan(SIGN, accept_suggested=True), patients))["No"].n == 3


def test_a_suggestion_does_not_hide_in_a_combination() -> None:
    """The combination of rim and flame is suggested where either sign is, though it has no source of its own."""
    patients = make_patients(
        rim_flame=(1, 0, 0, 1, 0, 1),
        rim_sign_any_source=("reader",) * 5 + ("suggested",),
        flame_sign_any_source=("suggested",) + ("reader",) * 5,
    )
    rows = _by_group(compute(make_plan({**SIGN, "variable": "rim_flame"}), patients))
    assert sum(row.n for row in rows.values()) == 4
    assert "suggested_left_out" in rows["No"].flags


def test_a_value_outside_a_declared_limit_is_missing() -> None:
    """A PET too long after the MRI is not used."""
    limit = {"label": "outside the window", "variable": "in_window", "codes": [0]}
    rows = _by_group(compute(make_plan({**SIGN, "missing_if": limit}), make_patients(in_window=(1, 1, 0, 1, "", 1))))
    assert (rows["Yes"].n, rows["Yes"].n_missing) == (2, 1)
    assert "outside_limit" in rows["Yes"].flags


def test_post_baseline_rows_say_immortal_time() -> None:
    """A variable known after baseline is flagged in the data."""
    rows = compute(make_plan({**SIGN, "post_baseline": True}), make_patients())
    assert all({"immortal_time", "post_baseline"} <= set(row.flags.split(";")) for row in rows)
    assert not any(row.baseline for row in rows)


def test_empty_group_is_left_out_of_the_test() -> None:
    """A group without patients has n = 0 and no median; with one group left there is no P."""
    rows = _by_group(compute(make_plan(SIGN), make_patients(sign=(1,) * 6)))
    assert (rows["No"].n, rows["No"].median, rows["No"].p) == (0, None, None)
    assert rows["No"].flags == "empty_group;not_estimable"


def test_a_column_that_is_not_there() -> None:
    """The row is there, with nobody in it and the reason."""
    (row,) = compute(make_plan({**SIZE, "variable": "weight"}), make_patients())
    assert (row.n, row.n_missing, row.p) == (0, 6, None)
    assert row.flags == "not_estimable;not_recorded"


def test_text_in_a_numeric_column_is_missing() -> None:
    """A word where a number should be is counted and flagged."""
    (row,) = compute(make_plan(SIZE), make_patients(size=(30, "big", 20, 25, 5, 12)))
    assert (row.n, row.n_missing, row.flags) == (5, 1, "not_a_number")


def test_monotone_likelihood_is_said() -> None:
    """Deaths in the exact order of size have no finite hazard ratio."""
    (row,) = compute(make_plan(SIZE), make_patients(size=(6, 5, 4, 3, 2, 1)))
    assert (row.hr, row.p, row.flags) == (None, None, "monotone_likelihood;not_estimable")


def test_a_fit_that_fails_otherwise_is_not_called_monotone() -> None:
    """Whoever is at risk at the only death has one value: no estimate, but no order of deaths either."""
    patients = replace(make_patients(size=(1, 2, 3, 4, 4, 4)), event=(0, 0, 0, 0, 1, 0))
    (row,) = compute(make_plan(SIZE), patients)
    assert (row.hr, row.flags) == (None, "not_estimable")


@pytest.mark.parametrize(
    ("values", "expected"),
    [((3, 2, 1, 1), True), ((1, 2, 3, 3), True), ((2, 3, 1, 1), False), ((1, 1, 1, 1), False), ((3, 3, 1, 2), True)],
)
def test_monotone_is_a_death_of_the_largest_or_of_the_least_each_time(values: tuple[int, ...], expected: bool) -> None:
    """Deaths on days 1, 2, 2 and nobody on day 3, who is censored; both at once is no order."""
    assert is_monotone([1, 2, 2, 3], [1, 1, 0, 0], values) is expected


def test_automatic_readings_are_unread() -> None:
    """Rows that stand on author auto carry the author and the flag."""
    (row,) = compute(make_plan(OVERALL), make_patients(author=("auto", *("reader",) * 5)))
    assert (row.author, row.flags) == ("auto;reader", "unread")


@pytest.mark.parametrize("method", ["cox", "mantel_haenszel"])
def test_hazard_ratio_of_two_groups_against_the_reference(method: str) -> None:
    """Only where the plan asks for it; the reference is named and its own row is empty."""
    rows = _by_group(compute(make_plan({**SIGN, "hazard_ratio": method, "reference": "Yes"}), make_patients()))
    assert rows["Yes"].reference == "Yes"
    assert rows["Yes"].hr is None
    ratio = rows["No"].hr
    assert ratio is not None
    assert ratio < 1
    assert all(row.hr is None for row in compute(make_plan(SIGN), make_patients()))


def test_adjusted_p_counts_each_variable_once() -> None:
    """Two variables of the family: Holm doubles the smaller P; groups share one value."""
    plan = make_plan(SIGN, SIZE, multiplicity={"family": "both", "tables": ["Table 1"]})
    rows = compute(plan, make_patients())
    smaller = min(row.p for row in rows if row.p is not None)
    assert min(row.p_holm for row in rows if row.p_holm is not None) == pytest.approx(min(1, 2 * smaller))
    assert len({row.p_holm for row in rows if row.row_id == "sign"}) == 1
    assert all(row.p_holm is None for row in compute(make_plan(SIGN, SIZE), make_patients()))
