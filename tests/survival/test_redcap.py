"""REDCap exports at the door: raw and label, checkboxes, record ids, repeat instruments."""

from pathlib import Path

import pytest

from mri.problems import RefusedError
from survival.clinical import read_clinical
from survival.redcap import from_redcap, is_redcap
from survival.sheet import read_sheet
from tests.survival.tables_of_text import GOOD, table

CHECKBOXES = {"met___bone": "1", "met___brain": "0", "treatment___nerve_block": "0"}
REDCAP = {
    "record_id": "P1",
    "redcap_event_name": "baseline_arm_1",
    "redcap_repeat_instrument": "",
    "redcap_repeat_instance": "",
    **{name: cell for name, cell in GOOD.items() if name != "participant_id"},
    **CHECKBOXES,
    "clinical_complete": "2",
}
LESION = {"record_id": "P1", "redcap_repeat_instrument": "lesion", "redcap_repeat_instance": "1"}


def test_a_raw_export(tmp_path: Path) -> None:
    """The record id is the participant, a box is a column, REDCap's own columns are gone."""
    read = read_clinical(table(tmp_path / "export.csv", [REDCAP]))
    row = read.rows[0]
    assert row.participant_id == "P1"
    assert (row.values["met_bone"], row.values["met_brain"], row.values["treatment_nerve_block"]) == (
        True,
        False,
        False,
    )
    assert row.values["death_days"] == 100
    assert not any(name.startswith("redcap") or name.endswith("_complete") for name in read.columns)


def test_a_label_export_of_values(tmp_path: Path) -> None:
    """Choices by their labels, boxes as words."""
    labels = {"sex": "Female", "vital_status": "Dead", "met___bone": "Checked", "met___brain": "Unchecked"}
    row = read_clinical(table(tmp_path / "export.csv", [REDCAP | labels])).rows[0]
    assert (row.values["sex"], row.values["vital_status"]) == ("female", "dead")
    assert (row.values["met_bone"], row.values["met_brain"]) == (True, False)


def test_rows_of_repeat_instruments_are_no_patients(tmp_path: Path) -> None:
    """Two lesion rows are left out and counted in a note."""
    path = table(tmp_path / "export.csv", [REDCAP, LESION, LESION | {"redcap_repeat_instance": "2"}])
    read = read_clinical(path)
    assert len(read.rows) == 1
    assert any("2 rows of repeat instruments" in problem.message for problem in read.problems)


def test_the_row_number_stays_that_of_the_file(tmp_path: Path) -> None:
    """A bad cell after a lesion row is named with the row that the file shows."""
    other = REDCAP | {"record_id": "P2", "sex": "3"}
    with pytest.raises(RefusedError, match=r"row 4, column sex"):
        read_clinical(table(tmp_path / "export.csv", [REDCAP, LESION, other]))


def test_another_table_is_left_as_it_is(tmp_path: Path) -> None:
    """No mark of REDCap: the very sheet comes back."""
    sheet = read_sheet(table(tmp_path / "plain.csv", [GOOD]))
    assert not is_redcap(sheet)
    assert from_redcap(sheet) == (sheet, ())


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    """A box and a column of the same meaning: one of them must go."""
    with pytest.raises(RefusedError, match="met_bone"):
        read_clinical(table(tmp_path / "export.csv", [REDCAP | {"met_bone": "0"}]))


MAIL = "doctor@hospital.example"


def test_no_column_of_redcap_itself_passes(tmp_path: Path) -> None:
    """The survey identifier is an e-mail address, a timestamp a date; neither is read nor named."""
    own = {"redcap_survey_identifier": MAIL, "redcap_new_thing": "x", "clinical_timestamp": "[not completed]"}
    read = read_clinical(table(tmp_path / "export.csv", [REDCAP | own]))
    assert not any(name.startswith("redcap") or name.endswith("_timestamp") for name in read.columns)
    assert MAIL not in repr(read)
    only = {**GOOD, "redcap_survey_identifier": MAIL}
    assert MAIL not in repr(read_clinical(table(tmp_path / "one.csv", [only])))


def test_the_survey_identifier_by_its_label_is_not_read(tmp_path: Path) -> None:
    """Headed in words it is an unknown column; the address in its cells gives it away, and is not printed."""
    read = read_clinical(table(tmp_path / "export.csv", [GOOD | {"Survey Identifier": MAIL}]))
    assert "Survey Identifier" not in read.columns
    assert MAIL not in repr(read)
    (problem,) = [problem for problem in read.problems if problem.code == "mail_address"]
    assert problem.where.endswith("column Survey Identifier")


def test_an_address_in_a_column_of_the_dictionary_is_refused(tmp_path: Path) -> None:
    """The column is named, the address is not."""
    with pytest.raises(RefusedError, match=r"column primary_subtype: holds an e-mail address") as refused:
        read_clinical(table(tmp_path / "clinical.csv", [GOOD | {"primary_subtype": f"ask {MAIL}"}]))
    assert MAIL not in str(refused.value)


def test_several_events_are_named_plainly(tmp_path: Path) -> None:
    """A longitudinal project has a row per event: neither a second patient nor a second id."""
    later = REDCAP | {"redcap_event_name": "month_3_arm_1"}
    with pytest.raises(RefusedError, match=r"longitudinal: it has 2 events \(baseline_arm_1, month_3_arm_1\)") as no:
        read_clinical(table(tmp_path / "export.csv", [REDCAP, later]))
    assert {problem.code for problem in no.value.problems} == {"redcap_events"}
