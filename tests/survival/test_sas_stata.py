"""Imports into SAS and Stata: every column once, in place, by a name that both take; the docs name real columns.

Neither package is at hand, so that the scripts are read here and not run.
"""

import csv
import re
from pathlib import Path

import pytest

from features.dictionary import all_columns
from survival.clinical_schema import dictionary_columns
from survival.sas_stata import LONGEST_LABEL, LONGEST_NAME, import_scripts, sas, short_names, stata

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "other-packages.md"
COHORTS = ("cohort", "cohort_lv")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LONG = "leptomeningeal_mets_form_na_reason"


def _known() -> set[str]:
    return {column.name for column in (*dictionary_columns(), *all_columns())}


def _cohort(folder: str) -> tuple[list[str], list[dict[str, str]]]:
    with (ROOT / "sample_scans" / folder / "cohort.csv").open(newline="", encoding="utf-8") as handle:
        reader = csv.DictReader(handle)
        rows = list(reader)
    return list(reader.fieldnames or ()), rows


def _sas_input(text: str) -> list[str]:
    """Return the names of the input statement, in order."""
    body = text[text.index("  input\n") :].split(";")[0].removeprefix("  input")
    return [word for word in body.split() if word != "$"]


def test_every_column_of_the_dictionary_has_its_own_short_name() -> None:
    """At most 32 letters, unlike in any spelling, and only what is too long is changed."""
    names = short_names(sorted(_known()))
    assert all(len(name) <= LONGEST_NAME and NAME.fullmatch(name) for name in names.values())
    assert len({name.casefold() for name in names.values()}) == len(names)
    assert {column for column, name in names.items() if column != name} == {c for c in names if len(c) > LONGEST_NAME}


def test_a_short_name_does_not_depend_on_the_other_columns() -> None:
    """The same column is called the same in every table; two that begin alike stay two."""
    alone = short_names([LONG])[LONG]
    assert short_names(["age", LONG])[LONG] == alone
    twins = [f"{LONG}_a", f"{LONG}_b"]
    assert len(set(short_names(twins).values())) == 2


@pytest.mark.parametrize("column", ["tumour grade", "2nd_opinion", "größe", "Event"])
def test_a_column_of_a_users_own_is_made_a_name(column: str) -> None:
    """Spaces, a digit first, letters beyond ASCII, and a name that only differs by capitals."""
    names = short_names(["event", column])
    assert NAME.fullmatch(names[column])
    assert names[column].casefold() != names["event"]


@pytest.mark.parametrize("folder", COHORTS)
def test_sas_reads_each_column_in_its_place(folder: str) -> None:
    """The input statement has the columns of the file in their order, text ones with the width of their cells."""
    columns, rows = _cohort(folder)
    text = sas(columns, rows)
    assert _sas_input(text) == [short_names(columns)[column] for column in columns]
    assert re.search(r"participant_id \$\d+", text)
    assert not re.search(r"age_at_diagnosis_years \$", text)
    assert text.count(" = '") == len(columns)
    assert "Research use only" in text


@pytest.mark.parametrize("folder", COHORTS)
def test_stata_names_each_column_by_its_place(folder: str) -> None:
    """v1, v2 … in the order of the file; numbers are turned into numbers, text is not."""
    columns, rows = _cohort(folder)
    text = stata(columns, rows)
    renamed = dict(re.findall(r"^rename v(\d+) (\w+)$", text, re.MULTILINE))
    assert [renamed[str(place)] for place in range(1, len(columns) + 1)] == list(short_names(columns).values())
    numbers = re.findall(r"^destring (\w+), replace$", text, re.MULTILINE)
    assert "age_at_diagnosis_years" in numbers
    assert "participant_id" not in numbers
    for label in re.findall(r'`"(.*)"\'', text):
        assert len(label) <= LONGEST_LABEL
        assert not set(label) & set("`\"'$")


def test_a_changed_name_is_said_in_both() -> None:
    """The long name stands in a comment beside the short one."""
    for name, text in import_scripts(["event", LONG], [{"event": "1", LONG: "artefact"}]).items():
        assert f"{short_names([LONG])[LONG]} is {LONG}" in text, name


@pytest.mark.parametrize("folder", COHORTS)
def test_the_sample_cohorts_hold_only_columns_of_the_dictionary(folder: str) -> None:
    """So each has a label that says what it is, and a number is read as a number."""
    columns, _ = _cohort(folder)
    assert [column for column in columns if column not in _known()] == (
        ["treatment_combination"] if "lv" in folder else []
    )


def test_the_page_names_real_columns() -> None:
    """What its examples analyse is in the dictionary; its table of short names is the one that is made."""
    text = PAGE.read_text(encoding="utf-8")
    used = re.findall(r"(?:time|strata|model|test|stset|stcox|if|where) \(?([a-z]\w+)", text)
    columns = {word for word in used if "_" in word}
    assert len(columns) >= 4
    assert columns <= _known()
    made = {name: short for name, short in short_names(sorted(_known())).items() if name != short}
    assert dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|$", text, re.MULTILINE)) == made


def test_labels_tell_columns_apart() -> None:
    """Each says enough to be known by: no two are equal, and none is a mere "Derived" or "Patient"."""
    columns, rows = _cohort(COHORTS[0])
    text = sas(columns, rows)
    labels = re.findall(r"^    \w+ = '(.+)'$", text, re.MULTILINE)
    assert len(labels) == len(columns) == len(set(labels))
    assert not {"Derived", "Patient", "Largest value over the lesions"} & set(labels)
