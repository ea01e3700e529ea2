"""The clinical dictionary as data."""

import csv
from pathlib import Path

import pytest

from features.dictionary import all_columns
from survival.clinical_schema import date_name, days_name, dictionary_columns, load_schema

COLUMN_TYPES = {"id", "text", "date", "int", "num", "bool", "code"}


def test_every_column_has_a_known_type_and_only_codes_have_a_vocabulary() -> None:
    """A misspelt type or a code column without codes would make a check silently pass."""
    schema = load_schema()
    for column in (*schema.columns.values(), *schema.derived.values()):
        assert column.type in COLUMN_TYPES
        assert bool(column.codes) == (column.type == "code")
        assert column.source


def test_parents_and_subtypes_name_columns_and_codes_that_exist() -> None:
    """``only_if`` names a boolean column, a subtype and its primary are codes."""
    schema = load_schema()
    for column in schema.columns.values():
        assert not column.only_if or schema.columns[column.only_if].type == "bool"
    assert set(schema.subtype_of) <= set(schema.columns["primary_subtype"].codes)
    assert set(schema.subtype_of.values()) <= set(schema.columns["primary_malignancy"].codes)


def test_a_date_column_is_found_under_its_days_as_whole_numbers() -> None:
    """``death_days`` is the twin of ``death_date``; ``paraplegia_interval_days`` is a column of its own."""
    schema = load_schema()
    twin = schema.column("death_days")
    assert twin is not None
    assert twin.type == "int"
    assert schema.column("paraplegia_interval_days") == schema.columns["paraplegia_interval_days"]
    assert schema.column("no_such_days") is None
    assert date_name(days_name("death_date")) == "death_date"


def test_each_treatment_has_its_date_and_depends_on_it() -> None:
    """The dictionary has a date for every treatment."""
    schema = load_schema()
    treatments = schema.treatments()
    assert len(treatments) == 8
    assert all(schema.columns[f"{name}_date"].only_if == name for name in treatments)
    assert len(schema.metastatic_sites()) == 12


def test_the_whole_dictionary_describes_every_clinical_column() -> None:
    """Each column has a definition in words; a date says that days may stand for it."""
    described = {column.name: column for column in dictionary_columns() if column.table == "clinical"}
    assert set(described) == {*load_schema().columns, "source_patient_id", "timeline"}
    assert all(column.definition.endswith(".") for column in described.values())
    assert "death_days" in described["death_date"].definition
    assert "no baseline variable" in described["treatment_surgery_date"].definition
    assert described["age_at_diagnosis_years"].unit == "years"


def test_the_dictionary_has_the_days_that_dates_become_in_the_cohort() -> None:
    """Every ``*_days`` column of the committed cohort that comes from a date, with its unit and where it comes from."""
    days = {column.name: column for column in dictionary_columns() if column.table == "cohort"}
    dates = [column.name for column in load_schema().columns.values() if column.type == "date"]
    assert set(days) == {days_name(name) for name in dates}
    assert {(column.unit, column.type) for column in days.values()} == {("days", "int")}
    assert "death_date" in days["death_days"].definition
    assert "no baseline variable" in days["treatment_surgery_days"].definition


@pytest.mark.parametrize(("folder", "own"), [("cohort", []), ("cohort_lv", ["treatment_combination"])])
def test_every_column_of_a_cohort_is_in_the_dictionary(folder: str, own: list[str]) -> None:
    """A reader of cohort.csv can look up each of its columns; one is its own and passes through."""
    with (Path(__file__).parents[2] / "sample_scans" / folder / "cohort.csv").open(
        encoding="utf-8", newline=""
    ) as handle:
        header = next(csv.reader(handle))
    known = {column.name for column in (*all_columns(), *dictionary_columns())}
    assert [name for name in header if name not in known] == own
