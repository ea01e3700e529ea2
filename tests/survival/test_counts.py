"""Tables that count: denominators, several codes in a cell, numbers of columns, means."""

import pytest
from pydantic import ValidationError

from survival.counts import count
from survival.plan import Counts, Plan
from tests.survival.small_plan import OVERALL, make_patients, make_plan

PATIENTS = {
    "regions": ("C;T", "T", "L", "", "C", "T;L"),
    "met_a": (1, 0, 0, 0, "", 1),
    "met_b": (1, 1, 0, 0, "", 0),
    "arm": ("x", "x", "y", "y", "", "y"),
}
PART: dict[str, object] = {"id": "part", "table": "Table 1", "label": "Part"}


def _plan(**part: object) -> Plan:
    return make_plan(OVERALL, counts=[{**PART, **part}], print={"percent_decimals": 1})


def _counted(**part: object) -> tuple[tuple[str, str], ...]:
    return count(_plan(**part), make_patients(**PATIENTS))[0].printed


def test_a_cell_of_several_codes_counts_in_each() -> None:
    """Regions of five known patients."""
    lines = [{"label": name, "codes": [name]} for name in ("C", "T", "L")]
    assert _counted(variable="regions", lines=lines) == (("C", "2 (40.0%)"), ("T", "3 (60.0%)"), ("L", "2 (40.0%)"))


@pytest.mark.parametrize(
    ("denominator", "of"), [("all", "2 (33.3%)"), ("known", "2 (40.0%)"), ("any_line", "2 (66.7%)")]
)
def test_denominators(denominator: str, of: str) -> None:
    """Of six patients five are known and three have any."""
    lines = [{"label": "A", "variable": "met_a", "codes": [1]}, {"label": "B", "variable": "met_b", "codes": [1]}]
    assert _counted(lines=lines, denominator=denominator)[0] == ("A", of)


def test_the_number_of_columns_that_are_yes() -> None:
    """One patient has both, two have one, and one is not known."""
    lines = [{"label": "1", "codes": [1]}, {"label": "2 or more", "at_least": 2}]
    printed = _counted(columns=["met_a", "met_b"], lines=lines)
    assert printed == (("1", "2 (40.0%)"), ("2 or more", "1 (20.0%)"))


def test_a_line_with_two_conditions() -> None:
    """Region T in arm x."""
    line = {"label": "T in x", "codes": ["T"], "also": [{"label": "x", "variable": "arm", "codes": ["x"]}]}
    assert _counted(variable="regions", lines=[line])[0][1].startswith("2 ")


def test_subset_and_what_is_not_known() -> None:
    """The detail says of whom, and how many are not known."""
    counted = count(_plan(variable="regions", lines=[{"label": "T", "codes": ["T"]}]), make_patients(**PATIENTS))[0]
    assert counted.detail == "of 5, all patients; 1 not known"
    solitary = _plan(variable="arm", subset="solitary", lines=[{"label": "y", "codes": ["y"]}])
    assert count(solitary, make_patients(**PATIENTS))[0].rows[0].n == 2


def test_mean_and_range() -> None:
    """Sizes 30, 10, 20, 25, 5, 12; none known prints so."""
    printed = _counted(kind="mean_range", variable="size", unit="mm", range_divisor=10, range_unit="cm")
    assert printed == (("Part", "mean 17.00 mm (range 1–3 cm; n = 6)"),)
    assert _counted(kind="mean_range", variable="nothing")[0][1] == "not known"


def test_nobody_gives_no_percentage() -> None:
    """A line of a subset without known patients prints its count alone."""
    lines = [{"label": "x", "codes": ["x"]}]
    assert _counted(variable="nothing", lines=lines)[0] == ("x", "0")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"variable": "arm"}, "lines are needed"),
        ({"lines": [{"label": "x", "codes": ["x"]}]}, "give a variable"),
        ({"variable": "arm", "columns": ["b"], "lines": [{"label": "x", "codes": ["x"]}]}, "either variable"),
        ({"variable": "arm", "lines": [{"label": "x"}]}, "give either codes"),
    ],
)
def test_a_part_that_makes_no_sense_is_refused(part: dict[str, object], message: str) -> None:
    """Each with its mend."""
    with pytest.raises(ValidationError, match=message):
        Counts.model_validate({**PART, **part})
