"""A plan is read whole or refused with every error named."""

from pathlib import Path

import pytest

from mri.problems import RefusedError, Severity
from survival.plan import Group, Plan, check_columns, load_plan, normal_code, shipped_plans
from tests.survival.small_plan import SIGN, make_plan

SMALL = """
format = 1
name = "mine"
title = "Mine"
source = "none"
methods = "none"
tables = [{ name = "Table 1", file = "table_1", title = "One" }]
[[rows]]
id = "sign"
table = "Table 1"
label = "Sign"
kind = "categoric"
variable = "sign"
test = "logrank"
groups = [{ label = "No", codes = [0, false] }, { label = "Yes", codes = ["yes", 1] }]
"""


def _refused(text: str, folder: Path) -> list[str]:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        load_plan(path)
    return [str(problem) for problem in refused.value.problems]


def test_every_shipped_plan_loads_by_name() -> None:
    """The plans in the package are valid, and diehn2015 is one of them."""
    assert "diehn2015" in shipped_plans()
    for name in shipped_plans():
        assert load_plan(name).name == name


def test_a_plan_of_ones_own_needs_no_python(tmp_path: Path) -> None:
    """A file is read with its text and the hash of its text."""
    path = tmp_path / "mine.toml"
    path.write_text(SMALL.replace("codes = [0, false]", "codes = [0]"), encoding="utf-8")
    plan = load_plan(path)
    assert plan.row("sign").groups[1].codes == ("yes", "1")
    assert "per_month" not in plan.text
    assert len(plan.sha256) == 64


def test_one_code_in_two_places_is_an_error(tmp_path: Path) -> None:
    """0 and false are one code, so giving it twice is named."""
    assert "the code '0' is in two groups" in _refused(SMALL, tmp_path)[0]


def test_every_error_is_named_at_once_with_its_place(tmp_path: Path) -> None:
    """A misspelt key, a wrong kind, an unknown table and an unknown row of a figure come together."""
    text = SMALL.replace("[0, false]", "[0]").replace('table = "Table 1"', 'table = "Table 9"')
    text = text.replace('kind = "categoric"', 'kind = "categorical"\nposst_baseline = true')
    text += '[[figures]]\nname = "km_x"\nrow = "other"\ntitle = "x"\n'
    found = _refused(text, tmp_path)
    assert len(found) == 4
    assert any("rows[1] (sign).posst_baseline: no such key" in line for line in found)
    assert any("rows[1] (sign).kind" in line and "'categoric'" in line for line in found)
    assert any("'Table 9' is not declared; the plan has: Table 1" in line for line in found)
    assert any("figures (km_x)" in line and "'other'" in line for line in found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'test = "logrank"',
            'test = "cox_wald"',
            "does not fit kind categoric: choose logrank or gehan",
        ),
        ('variable = "sign"\n', "", "variable is needed"),
        ('test = "logrank"', 'na_counts_as = "Perhaps"', "'Perhaps' is no group"),
        ('"yes", 1] }]', '"yes", 1] }, { label = "Yes", codes = [2] }]', "the group label 'Yes' is there twice"),
        ("codes = [0, false]", "codes = [0], below = 3", "give either codes, or at_least and/or below"),
        ('test = "logrank"', 'subset = "men"', "subset 'men' is not declared; the plan has: all"),
        ("format = 1", "format = 1\nformat = 1", "not valid TOML"),
        ("format = 1", "format = 2", "input should be 1"),
        ("format = 1", "format = 1\nsha256 = 'x'", "is written by the program"),
        ('test = "logrank"', 'hazard_ratio = "cox"\nreference = "Maybe"', "reference 'Maybe' is no group"),
        (
            'tables = [{ name = "Table 1", file = "table_1", title = "One" }]',
            "tables = []",
            "tables: needs at least one",
        ),
        ("methods =", "method =", "methods: is needed: add it"),
    ],
)
def test_each_error_says_how_to_mend_it(tmp_path: Path, old: str, new: str, message: str) -> None:
    """One error at a time, with the words that mend it."""
    found = _refused(SMALL.replace("[0, false]", "[0]").replace(old.replace("[0, false]", "[0]"), new), tmp_path)
    assert any(message in line for line in found), found


def test_a_row_there_twice_is_named(tmp_path: Path) -> None:
    """Ids are unique, since figures and results stand on them."""
    text = SMALL.replace("[0, false]", "[0]")
    assert any("'sign' is there twice" in line for line in _refused(text + text[text.index("[[rows]]") :], tmp_path))


def test_an_unknown_plan_lists_those_that_ship(tmp_path: Path) -> None:
    """A misspelt name tells which names there are."""
    with pytest.raises(RefusedError, match="diehn2015"):
        load_plan(tmp_path / "dien2015")


def test_an_unknown_variable_names_what_the_table_has() -> None:
    """The nearest columns and the whole list are told."""
    plan = make_plan({**SIGN, "variable": "rim_sgn_any"})
    problems = check_columns(plan, ["n_lesions", "rim_sign_any", "age"], "cohort.csv")
    assert [p.severity for p in problems] == [Severity.ERROR]
    assert "did you mean rim_sign_any?" in problems[0].message
    assert "It has: n_lesions, rim_sign_any, age" in problems[0].message


def test_a_plan_may_print_rows_without_a_column_as_not_recorded() -> None:
    """Then a missing column is a warning."""
    plan = make_plan(missing_columns="not_recorded")
    assert {p.severity for p in check_columns(plan, ["sign"], "cohort.csv")} == {Severity.WARNING}


def test_a_missing_limit_column_is_found() -> None:
    """Columns that only limit a row count as used."""
    limit = {"label": "outside", "variable": "in_window", "codes": [0]}
    assert "in_window" in make_plan({**SIGN, "missing_if": limit}).variables()


@pytest.mark.parametrize(
    ("value", "code"),
    [(True, "1"), (False, "0"), (2.0, "2"), ("1.0", "1"), ("1.5", "1.5"), (" x ", "x"), ("-3.0", "-3")],
)
def test_codes_are_compared_in_one_form(value: object, code: str) -> None:
    """Booleans, numbers and text of TOML and CSV meet in one form."""
    assert normal_code(value) == code


def test_a_group_by_cut_off() -> None:
    """From at_least up to but not including below; text is in no such group."""
    group = Group(label="3 to 5", at_least=3, below=5)
    assert [group.holds(v) for v in ("2.9", "3", "4.99", "5", "x", "")] == [False, True, True, False, False, False]


def test_a_plan_cannot_be_changed() -> None:
    """A plan is frozen once read."""
    plan: Plan = make_plan()
    with pytest.raises(ValueError, match="frozen"):
        plan.name = "other"  # type: ignore[misc]
