"""What a printed table and the summary say."""

from survival.layout import notes_of
from survival.results import compute
from survival.tables import csv_records, print_tables, summarise
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_patients, make_plan


def _print(plan_rows: list[dict[str, object]], **columns: tuple[object, ...]):  # type: ignore[no-untyped-def]
    plan = make_plan(*plan_rows)
    (table,) = print_tables(plan, compute(plan, make_patients(**columns)), ["Stamp"])
    return table


def test_a_categoric_variable_has_a_heading_with_its_p_and_a_line_per_group() -> None:
    """The P stands once, beside the variable."""
    table = _print([SIGN])
    assert [(line.label, line.n, line.is_group) for line in table.lines] == [
        ("Sign", "", False),
        ("No", "3", True),
        ("Yes", "3", True),
    ]
    assert table.lines[0].p.startswith(".")
    assert table.lines[1].p == ""
    assert table.lines[2].median.startswith("30 (")
    assert table.lines[2].months == "1.0"


def test_columns_appear_only_where_they_hold_something() -> None:
    """No HR column without a ratio, no P column without a test, no adjusted P without a family."""
    overall, sign, size = _print([OVERALL]), _print([SIGN]), _print([SIZE])
    assert (overall.has_test, overall.has_ratio, overall.has_adjusted) == (False, False, False)
    assert (sign.has_test, sign.has_ratio) == (True, False)
    assert (size.has_test, size.has_ratio) == (True, True)


def test_notes_are_lettered_once_and_explained() -> None:
    """Both groups are small: one letter on the heading, one explanation with the limit."""
    table = _print([SIGN])
    assert table.lines[0].marks == "a"
    assert [line.marks for line in table.lines[1:]] == ["", ""]
    assert table.footnotes == (("a", "Fewer than 5 patients: the estimate is unstable."),)


def test_immortal_time_is_printed_in_words() -> None:
    """The words stand under the table."""
    table = _print([{**SIGN, "post_baseline": True}])
    assert any("Immortal time" in words for _, words in table.footnotes)


def test_what_cannot_be_tested_is_ne() -> None:
    """NE for P, a dash for the median of nobody."""
    table = _print([SIGN], sign=(1,) * 6)
    assert table.lines[0].p == "NE"
    assert (table.lines[1].n, table.lines[1].median) == ("0", "—")


def test_a_variable_that_nobody_has_is_one_line() -> None:
    """No list of empty groups."""
    table = _print([SIGN], sign=("",) * 6)
    assert [(line.label, line.n, line.detail) for line in table.lines] == [("Sign", "0", "6 not known")]


def test_the_detail_says_in_whom_and_who_was_left_out() -> None:
    """Subset, missing and recoded patients stand under the label; the whole cohort is named beside a subset."""
    solitary = {**SIGN, "id": "sol", "subset": "solitary", "na_counts_as": "No"}
    table = _print([SIGN, solitary], sign=(1, "not_assessable", 1, "", 0, 0))
    assert table.lines[0].detail == "all patients; 2 not known"
    assert table.lines[3].detail == "solitary ISCM; 1 not known; 1 not assessable, counted as No"


def test_csv_cells_are_plain() -> None:
    """Booleans are 0/1 and empty is None."""
    plan = make_plan(SIGN)
    record = csv_records(compute(plan, make_patients()))[0]
    assert record["baseline"] == 1
    assert record["hr"] is None


def test_summary_lines() -> None:
    """Mean and median, a sum, counts in their order, and how many are known."""
    summary = [
        {"label": "Size", "variable": "size", "kind": "mean_median", "unit": "mm"},
        {"label": "Lesions", "variable": "n_lesions", "kind": "sum", "unit": "lesions"},
        {"label": "Per patient", "variable": "n_lesions", "kind": "counts"},
        {"label": "Sign known", "variable": "sign", "kind": "available"},
        {"label": "Sizes of solitary", "variable": "size", "kind": "available", "subset": "solitary"},
        {"label": "Weight", "variable": "weight", "kind": "mean_median"},
    ]
    plan = make_plan(summary=summary)
    lines = summarise(plan, make_patients(size=(30, 10, 20, 25, 5, ""), sign=(1, "unknown", 1, 0, 0, 0)))
    assert [line.text for line in lines] == [
        "mean 18.0, median 20 mm (range 5–30); 1 not known",
        "7 lesions in 6 patients",
        "1: 5 (83%), 2: 1 (17%)",
        "5 of 6 patients",
        "4 of 5 patients",
        "not known",
    ]
    assert lines[1].as_record() == {"label": "Lesions", "values": {"n": 6, "n_missing": 0, "sum": 7}}


def test_a_model_without_an_estimate_has_words_of_its_own() -> None:
    """Nobody differs in size, and nobody is in the second group: a Cox model and a log-rank test fail differently."""
    table = _print([{**SIZE, "variable": "same"}, SIGN], same=(1,) * 6, sign=(1,) * 6)
    words = dict(table.footnotes)
    model, test = (next(line for line in table.lines if line.label == label) for label in ("Size, per mm", "Sign"))
    assert any(words[mark].startswith("The model has no estimate") for mark in model.marks if mark in words)
    assert any(words[mark].startswith("The test cannot be made") for mark in test.marks if mark in words)
    assert len([word for word in words.values() if "no estimate" in word]) == 1


def test_no_survival_estimate_of_a_single_patient() -> None:
    """A group of one has no median, no limits and no mean, in print and in the data: it would be the patient's own."""
    plan = make_plan(SIGN)
    rows = compute(plan, make_patients(sign=(1, 0, 0, 0, 0, 0)))
    one = next(row for row in rows if row.group == "Yes")
    assert (one.n, one.median, one.ci_low, one.ci_high, one.months, one.mean) == (1, None, None, None, None, None)
    (table,) = print_tables(plan, rows, ())
    assert [line.median for line in table.lines if line.n == "1"] == ["—"]
    assert any("single patient" in words for _, words in table.footnotes)


def test_a_late_variable_without_its_day_is_not_correctable() -> None:
    """The words of the dictionary stand under the table; with the days they do not."""
    late = {**SIGN, "post_baseline": True, "exposed_from": "late_days"}
    plain = _print([{**SIGN, "post_baseline": True}])
    absent = _print([late])
    corrected = _print([late], late_days=(5, "", 9, 20, "", ""))
    found = [any("not correctable" in words for _, words in one.footnotes) for one in (plain, absent, corrected)]
    assert found == [True, True, False]
    assert not any("not correctable" in words for _, words in _print([SIGN]).footnotes)


def test_the_adjusted_p_say_over_which_rows() -> None:
    """A model that stands in the table is named as outside of it, in HTML's words and in Word's notes alike."""
    family = {"tables": ["Table 1"], "family": "all rows of Table 1"}
    model = {"id": "model", "table": "Table 1", "label": "Together", "covariates": ["size"]}
    alone, beside = (
        make_plan(SIGN, SIZE, multiplicity=family),
        make_plan(SIGN, SIZE, multiplicity=family, models=[model]),
    )
    patients = make_patients()
    (first,) = print_tables(alone, compute(alone, patients), ())
    (second,) = print_tables(beside, compute(beside, patients), ())
    assert first.adjusted_over == "all rows of Table 1"
    assert second.adjusted_over == "all rows of Table 1 (univariable rows only, not the models)"
    assert f"P adjusted over {second.adjusted_over}." in notes_of(second, "notice")
    assert _print([SIGN]).adjusted_over == ""
