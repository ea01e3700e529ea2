"""A REDCap data dictionary as codebook: raw codes, labels as values and as headers, and what cannot be read."""

import csv
from pathlib import Path

import pytest

from mri.problems import RefusedError
from survival.clinical import ClinicalTable, check_clinical, read_clinical
from survival.codebook import as_code, read_codebook
from tests.survival.tables_of_text import table

HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
)
FIELDS = (
    ("study_no", "clinical", "text", "Study number", ""),
    ("sex", "clinical", "radio", "Sex at birth", "1, Male | 2, Female"),
    ("age_at_diagnosis_years", "clinical", "text", "Age, years", ""),
    ("primary_malignancy", "clinical", "dropdown", "Primary tumour", "1, Lung | 2, Breast | 3, Unknown primary"),
    ("iscm_diagnosis_date", "clinical", "text", "Date of ISCM", ""),
    ("vital_status", "clinical", "radio", "Status", "0, Alive | 1, Dead"),
    ("last_known_alive_date", "clinical", "text", "Last contact", ""),
    ("death_date", "clinical", "text", "Date of death", ""),
    ("ecog_ps", "clinical", "radio", "ECOG", "10, 0 | 11, 1"),
    ("paraplegia", "clinical", "yesno", "Paraplegia", ""),
    ("met", "clinical", "checkbox", "Metastases", "1, Bone | 2, Brain | -9, Other"),
    ("bmi", "clinical", "calc", "BMI", "[weight] | [height]"),
)
RAW = {
    "study_no": "P1",
    "sex": "2",
    "age_at_diagnosis_years": "61",
    "primary_malignancy": "3",
    "iscm_diagnosis_date": "2012-10-24",
    "vital_status": "1",
    "last_known_alive_date": "",
    "death_date": "2013-02-01",
    "ecog_ps": "10",
    "paraplegia": "0",
    "met___1": "1",
    "met___2": "0",
    "met____9": "0",
    "clinical_complete": "2",
}
LABELLED = {
    "Study number": "P1",
    "Sex at birth": "Female",
    "Age, years": "61",
    "Primary tumour": "Unknown primary",
    "Date of ISCM": "2012-10-24",
    "Status": "Dead",
    "Last contact": "",
    "Date of death": "2013-02-01",
    "ECOG": "0",
    "Paraplegia": "No",
    "Metastases (choice=Bone)": "Checked",
    "Metastases (choice=Brain)": "Unchecked",
    "Metastases (choice=Other)": "Unchecked",
}


def _codebook(folder: Path, fields: tuple[tuple[str, ...], ...] = FIELDS) -> Path:
    path = folder / "dictionary.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([HEADER, *fields])
    return path


def _with(name: str, choices: str) -> tuple[tuple[str, ...], ...]:
    """Return the fields with other choices of one."""
    return tuple((*field[:4], choices) if field[0] == name else field for field in FIELDS)


def _read(folder: Path, cells: dict[str, str]) -> ClinicalTable:
    return read_clinical(table(folder / "export.csv", [cells]), codebook=_codebook(folder))


@pytest.mark.parametrize("cells", [RAW, LABELLED], ids=["raw", "labels"])
def test_both_exports_give_the_same_patient(tmp_path: Path, cells: dict[str, str]) -> None:
    """Whatever number or words a choice has, the table has the code of the dictionary."""
    row = _read(tmp_path, cells).rows[0]
    assert row.participant_id == "P1"
    assert (row.values["sex"], row.values["primary_malignancy"]) == ("female", "unknown_primary")
    assert (row.values["vital_status"], row.values["death_days"]) == ("dead", 100)
    assert (row.values["met_bone"], row.values["met_brain"], row.values["met_other"]) == (True, False, False)
    assert row.values["paraplegia"] is False
    assert row.values["ecog_ps"] == 0


def test_a_number_field_keeps_its_raw_code(tmp_path: Path) -> None:
    """ECOG is a number: where the label is words it is read by the code; a label that is a number counts itself."""
    fields = _with("ecog_ps", "0, Fully active | 1, Restricted")
    path = table(tmp_path / "export.csv", [RAW | {"ecog_ps": "1"}])
    assert read_clinical(path, codebook=_codebook(tmp_path, fields)).rows[0].values["ecog_ps"] == 1


def test_a_code_outside_the_choices_is_named(tmp_path: Path) -> None:
    """Row, column, value, and what the codebook has."""
    with pytest.raises(RefusedError) as caught:
        _read(tmp_path, RAW | {"primary_malignancy": "7"})
    (problem,) = [p for p in caught.value.problems if p.code == "not_a_choice"]
    assert problem.where == "export.csv, row 2, column primary_malignancy"
    assert "'7' is no choice" in problem.message
    assert "1 (Lung), 2 (Breast), 3 (Unknown primary)" in problem.message


def test_a_label_that_spells_no_code_says_how_to_mend_it(tmp_path: Path) -> None:
    """A copy of the codebook with our code as the label mends it, without a change of the project."""
    path = table(tmp_path / "export.csv", [RAW | {"primary_malignancy": "1"}])
    with pytest.raises(RefusedError, match="in a copy of the codebook write the code that is meant"):
        read_clinical(path, codebook=_codebook(tmp_path, _with("primary_malignancy", "1, Bronchus | 2, Breast")))
    mended = _codebook(tmp_path, _with("primary_malignancy", "1, lung | 2, Breast"))
    assert read_clinical(path, codebook=mended).rows[0].values["primary_malignancy"] == "lung"


def test_an_unknown_choice_is_read_as_empty(tmp_path: Path) -> None:
    """The one word that stands for no value."""
    path = table(tmp_path / "export.csv", [RAW | {"sex": "9"}])
    read = read_clinical(path, codebook=_codebook(tmp_path, _with("sex", "1, Male | 2, Female | 9, Unknown")))
    assert read.rows[0].values["sex"] is None


def test_the_state_of_each_form_is_not_read(tmp_path: Path) -> None:
    """An export with labels heads it Complete? once per form, which would be a column there twice."""
    path = tmp_path / "export.csv"
    header, cells = [*LABELLED, "Complete?", "Complete?"], [*LABELLED.values(), "Complete", "Incomplete"]
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, cells])
    assert read_clinical(path, codebook=_codebook(tmp_path)).rows[0].participant_id == "P1"


def test_a_label_of_two_fields_is_refused(tmp_path: Path) -> None:
    """Nobody can tell which of them is meant."""
    fields = (*FIELDS, ("pet_date", "clinical", "text", "Last contact", ""))
    with pytest.raises(RefusedError, match="belongs to the fields last_known_alive_date and pet_date"):
        read_clinical(table(tmp_path / "export.csv", [LABELLED]), codebook=_codebook(tmp_path, fields))


def test_field_and_label_of_one_field_are_refused(tmp_path: Path) -> None:
    """The same field as two columns."""
    with pytest.raises(RefusedError, match="columns sex and Sex at birth are both the field sex"):
        _read(tmp_path, RAW | {"Sex at birth": "Female"})


@pytest.mark.parametrize(
    ("choices", "words"),
    [("1 Lung | 2, Breast", "'1 Lung' is no choice of the form"), ("1, Lung | 1, Breast", "a second time")],
)
def test_choices_that_cannot_be_read_are_named(tmp_path: Path, choices: str, words: str) -> None:
    """Row and column of the codebook, and how choices are written."""
    problems = check_clinical(
        table(tmp_path / "export.csv", [RAW]), codebook=_codebook(tmp_path, _with("primary_malignancy", choices))
    )
    assert any(words in p.message and p.where.startswith("dictionary.csv, row 5, column Choices") for p in problems)


def test_another_table_is_no_codebook(tmp_path: Path) -> None:
    """The clinical table itself, given as codebook."""
    path = table(tmp_path / "export.csv", [RAW])
    with pytest.raises(RefusedError, match="is no REDCap data dictionary"):
        read_codebook(path)


def test_a_formula_is_no_choice(tmp_path: Path) -> None:
    """A calculated field has its formula where others have choices."""
    codebook = read_codebook(_codebook(tmp_path))
    assert codebook.fields["bmi"].choices == {}
    assert codebook.record == "study_no"
    assert as_code("Non-small cell / NOS") == "non_small_cell_nos"
