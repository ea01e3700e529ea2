"""One cell of a clinical table at the door."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survival.cells import Fault, Value, format_value, parse_cell, shape
from survival.clinical_schema import Column, load_schema

AGE = load_schema().columns["age_at_diagnosis_years"]
ECOG = load_schema().columns["ecog_ps"]
DEATH = load_schema().columns["death_date"]
STATUS = load_schema().columns["vital_status"]
BONE = load_schema().columns["met_bone"]
ID = load_schema().columns["participant_id"]
TEXT = load_schema().columns["site"]


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        (AGE, "68", 68.0),
        (AGE, "68.5", 68.5),
        (AGE, "", None),
        (AGE, "unknown", None),
        (ECOG, "2.0", 2),
        (DEATH, "2010-02-28", date(2010, 2, 28)),
        (DEATH, "2010-02-28 00:00:00", date(2010, 2, 28)),
        (STATUS, "Dead", "dead"),
        (BONE, "yes", True),
        (BONE, "FALSE", False),
        (BONE, "0", False),
        (ID, "sub-SYN001", "SYN001"),
        (TEXT, "NA", "NA"),
    ],
)
def test_a_good_cell_becomes_a_typed_value(column: Column, text: str, value: Value) -> None:
    """Numbers, dates, codes and booleans are read as the dictionary says, unknown as empty."""
    assert parse_cell(column, text) == value


@pytest.mark.parametrize(
    ("column", "text", "code", "mend"),
    [
        (AGE, "-9", "missing_code", "leave the cell empty"),
        (AGE, "99", "missing_code", "written 90"),
        (AGE, "999", "missing_code", "leave the cell empty"),
        (AGE, "121", "out_of_range", "0 to 120"),
        (AGE, "UNK", "missing_code", "leave the cell empty"),
        (AGE, "68,5", "decimal_comma", "decimal point"),
        (AGE, "68 y", "not_a_number", "without a unit"),
        (AGE, "inf", "not_a_number", "finite"),
        (ECOG, "1.5", "not_an_integer", "whole number"),
        (ECOG, "9", "missing_code", "leave the cell empty"),
        (DEATH, "05/01/2010", "date_not_iso", "YYYY-MM-DD"),
        (DEATH, "5 Jan 2010", "date_not_iso", "YYYY-MM-DD"),
        (DEATH, "40183", "excel_serial", "1904"),
        (DEATH, "2010-05", "date_partial", "month_only_day"),
        (DEATH, "2010", "date_partial", "month_only_day"),
        (DEATH, "2010-02-30", "no_such_day", "no such day"),
        (STATUS, "1", "not_a_code", "alive, dead, lost"),
        (STATUS, "deceased", "not_a_code", "alive, dead, lost"),
        (STATUS, "ded", "not_a_code", "did you mean dead?"),
        (BONE, "2", "not_a_boolean", "1/2 coding"),
        (ID, "Smith, J", "id_not_alphanumeric", "study code"),
    ],
)
def test_a_bad_cell_says_what_is_wrong_and_how_to_mend_it(column: Column, text: str, code: str, mend: str) -> None:
    """Each kind of unreadable cell has its own code and its mend."""
    fault = parse_cell(column, text)
    assert isinstance(fault, Fault)
    assert fault.code == code
    assert mend in fault.message


@pytest.mark.parametrize("text", ["05/01/2010", "5 Jan 2010", "40183", "2010-05", "2010-02-30"])
def test_a_message_about_a_date_never_shows_it(text: str) -> None:
    """A date is patient data: the message shows its form at most."""
    fault = parse_cell(DEATH, text)
    assert isinstance(fault, Fault)
    assert text not in fault.message


def test_an_id_that_is_refused_is_not_shown() -> None:
    """A cell of the id column may hold a name."""
    fault = parse_cell(ID, "Smith John")
    assert isinstance(fault, Fault)
    assert "Smith" not in fault.message


def test_a_month_is_completed_only_by_a_declared_day() -> None:
    """Year and month take the declared day; a year alone stays refused."""
    assert parse_cell(DEATH, "2010-05", month_only_day=15) == date(2010, 5, 15)
    assert isinstance(parse_cell(DEATH, "2010", month_only_day=15), Fault)


@given(st.text(max_size=40))
def test_any_text_gives_a_value_or_a_fault_with_a_code(text: str) -> None:
    """No cell, however odd, raises."""
    for column in load_schema().columns.values():
        value = parse_cell(column, text.strip())
        assert not isinstance(value, Fault) or value.code


@given(st.dates())
def test_a_date_survives_writing_and_reading(day: date) -> None:
    """What is written is read as the same day."""
    assert parse_cell(DEATH, format_value(day)) == day


@given(st.integers(0, 4) | st.booleans())
def test_whole_numbers_and_booleans_survive_writing_and_reading(value: int | bool) -> None:
    """Integers and 0/1 read back as they were."""
    column = BONE if isinstance(value, bool) else ECOG
    assert parse_cell(column, format_value(value)) == value


def test_values_are_written_without_needless_digits() -> None:
    """Empty, 0/1, whole and decimal numbers as the tables have them."""
    assert [format_value(v) for v in (None, True, 68.0, 2.5, "lung")] == ["", "1", "68", "2.5", "lung"]


def test_the_shape_of_a_text_hides_digits_and_letters() -> None:
    """The form is kept, the content is not."""
    assert shape("5 Jan 2010") == "0 aaa 0000"


@pytest.mark.parametrize("text", ["Doe Jane", "Smith", "MRN4481027", "44810271"])
def test_a_name_in_a_slipped_column_is_not_repeated(text: str) -> None:
    """Where columns have slipped a name or a hospital number may be in any of them: messages show its form only."""
    for name in ("primary_malignancy", "age_at_diagnosis_years", "paraplegia"):
        fault = parse_cell(load_schema().columns[name], text)
        assert isinstance(fault, Fault)
        assert text not in fault.message


@pytest.mark.parametrize(
    ("low", "high", "words"), [(0, None, "is below 0:"), (None, 9, "is above 9:"), (0, 9, "is outside 0 to 9:")]
)
def test_a_limit_on_one_side_is_told_as_one(low: float | None, high: float | None, words: str) -> None:
    """No sentence that ends in "0 to"."""
    text = "-3" if low is not None else "12"
    found = parse_cell(Column(name="n", type="num", low=low, high=high), text, None)
    assert isinstance(found, Fault)
    assert words in found.message
