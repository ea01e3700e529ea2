"""The methods paragraphs: a change of the plan changes the words, and nothing is said that was not done."""

import pytest

from survival.beyond import beyond
from survival.intake import take_in
from survival.methods import methods_of
from survival.numbers import Numbers, numbers_of
from survival.plan import Plan, load_plan
from survival.results import Patients, compute
from survival.uncertainty import uncertainty
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_patients, make_plan
from tests.survival.test_uncertainty import LONG
from tests.survival.test_uncertainty import _patients as uncertain_patients

VERSIONS = {"python": "3.12.0", "lifelines": "0.30.0", "absent": None}
CUT = {
    **SIGN,
    "id": "cut",
    "label": "Large",
    "variable": "size",
    "groups": ({"label": "Below 12", "below": 12}, {"label": "12 or more", "at_least": 12}),
}


def _numbers(plan: Plan, patients: Patients) -> Numbers:
    return Numbers(
        rows=compute(plan, patients),
        counted=(),
        additions=beyond(plan, patients),
        uncertain=uncertainty(plan, patients),
        has_ranges=False,
    )


def _text(*rows: dict[str, object], patients: Patients | None = None, **changes: object) -> str:
    plan = make_plan(*rows, **changes)
    return "\n".join(methods_of(plan, _numbers(plan, patients or make_patients()), VERSIONS))


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        ({"origin": "iscm_presentation"}, "from the diagnosis of the ISCM", "from the clinical presentation"),
        ({"lost": "excluded"}, "lost to follow-up were censored", "those lost to follow-up were left out"),
        ({"ties": "efron"}, "with Breslow ties", "with Efron ties"),
        ({"confidence": 0.9}, "95% confidence intervals", "90% confidence intervals"),
        ({"days_per_month": 30.4375}, "a month is 30 days", "a month is 30.4375 days"),
        ({"print": {"time_unit": "months"}}, "printed in days", "printed in months"),
        ({"accept_suggested": True}, "Only imaging findings confirmed", "suggested automatically"),
        (
            {"multiplicity": {"family": "the whole table", "tables": ["Table 1"]}},
            "not adjusted for multiplicity",
            "over the whole table (2 P values)",
        ),
        (
            {"filters": [{"label": "large lesions", "variable": "size", "at_least": 1}]},
            "Survival was counted",
            "Only these patients were analysed: large lesions",
        ),
        ({"zero_duration": "half_day"}, "Survival was counted", "set to half a day"),
    ],
)
def test_a_change_of_the_plan_changes_the_words(change: dict[str, object], before: str, after: str) -> None:
    """Each setting has its sentence."""
    plain, changed = _text(OVERALL, SIGN, SIZE), _text(OVERALL, SIGN, SIZE, **change)
    assert before in plain
    assert after in changed
    assert after not in plain


@pytest.mark.parametrize(
    ("change", "after"),
    [
        ({"test": "gehan"}, "compared by the Gehan–Breslow–Wilcoxon test in 1 row"),
        ({"second_test": "tarone"}, "The Tarone–Ware test stands beside it in 1 row"),
        ({"hazard_ratio": "mantel_haenszel"}, "the method of Mantel and Haenszel, exp((O − E)/V) (1 row)"),
        ({"hazard_ratio": "cox"}, "that of a Cox model with Breslow ties (1 row)"),
        ({"subset": "solitary"}, "subset “solitary ISCM” were limited to it (n_lesions is 1)"),
        ({"post_baseline": True}, "biased by immortal time: Sign"),
        ({"origin": "iscm_presentation"}, "A second origin was the clinical presentation of the ISCM (rows: Sign)"),
    ],
)
def test_a_change_of_a_row_changes_the_words(change: dict[str, object], after: str) -> None:
    """Tests, ratios, subsets and origins are those of the rows."""
    assert after in _text({**SIGN, **change})
    assert after not in _text(SIGN)


def test_cut_points_are_said_as_declared() -> None:
    """Both groups with their rule; a row by codes is no cut-off."""
    assert "Large: Below 12 (size < 12) | 12 or more (size ≥ 12)" in _text(CUT)
    assert "Cut points" not in _text(SIGN)
    lower = {**CUT, "groups": ({"label": "Below 11", "below": 11}, {"label": "11 or more", "at_least": 11})}
    assert "size < 11" in _text(lower)


def test_what_was_not_done_is_not_said() -> None:
    """No continuous row, no Cox; no ambiguous patient, no assignments; a variable that nobody has has no test."""
    text = _text(SIGN)
    for word in ("Continuous", "Harrell", "assignment", "immortal", "Holm", "second origin"):
        assert word not in text
    assert "compared by" not in _text(OVERALL, {**SIGN, "variable": "absent"})
    assert "compared by" in text


def test_the_ranges_are_said_where_there_are_any() -> None:
    """The number of drawn assignments only where some were drawn."""
    plan = make_plan(LONG)
    text = " ".join(methods_of(plan, _numbers(plan, uncertain_patients()), VERSIONS))
    assert "computed again for every assignment of the patients whose perturbation range" in text
    assert "seed" not in text
    assert "T2 extent: 3 or more vertebral segments of t2_seg_count_max" in text


def test_the_versions_are_those_given() -> None:
    """A library that is not there is not named."""
    assert _text(SIGN).endswith("Software: python 3.12.0, lifelines 0.30.0.")


def test_the_shipped_plan_says_what_it_does() -> None:
    """diehn2015 on its synthetic cohort: a paragraph each, the recoded findings and the adjusted P values counted."""
    from tests.survival.test_uncertainty import COHORT

    plan = load_plan("diehn2015")
    paragraphs = methods_of(plan, numbers_of(plan, take_in(COHORT, plan)), VERSIONS)
    text = "\n".join(paragraphs)
    assert "(19 P values)" in text
    assert "subset “solitary ISCM”" in text
    assert "Tarone" not in text
    assert len(paragraphs) >= 8


def test_unsigned_measures_are_said() -> None:
    """Where the author is auto for one patient, the methods say so."""
    words = "automatic proposals that no reader signed"
    assert words not in _text(SIGN)
    assert words in _text(SIGN, patients=make_patients(author=("auto", *("reader",) * 5)))


def test_no_sentence_is_there_twice() -> None:
    """Two rows of one label and rule are one sentence."""
    row = {**SIGN, "na_counts_as": "No"}
    cells = make_patients(sign=("not_assessable", 0, 1, 1, 0, 0))
    text = _text(row, {**row, "id": "again", "subset": "solitary"}, patients=cells)
    assert text.count("counts as No") == 1
