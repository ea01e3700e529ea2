"""Made names, shifted dates, and what may stay in a sidecar."""

import datetime
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mri.deidentify import (
    SHIFT_LEAST_DAYS,
    SHIFT_MOST_DAYS,
    date_shift_days,
    keyed_uid,
    load_key,
    participant_id,
    read_ids,
    scrub_sidecar,
    shift_day,
    token,
    write_private,
)
from mri.problems import RefusedError
from tests.mri.dicom_files import KEY

days = st.dates(min_value=datetime.date(1990, 1, 1), max_value=datetime.date(2030, 1, 1))


@given(days, days, st.text())
def test_intervals_survive_to_the_day(first: datetime.date, second: datetime.date, participant: str) -> None:
    """Both dates of a patient move alike, back by one to ten years."""
    moved = [datetime.date.fromisoformat(shift_day(KEY, participant, f"{day:%Y%m%d}")) for day in (first, second)]
    assert moved[1] - moved[0] == second - first
    assert SHIFT_LEAST_DAYS <= (first - moved[0]).days <= SHIFT_MOST_DAYS


def test_shift_can_be_undone() -> None:
    """The published rule: original = shifted − shift."""
    shifted = datetime.date.fromisoformat(shift_day(KEY, "p", "20190314"))
    assert shifted - datetime.timedelta(days=date_shift_days(KEY, "p")) == datetime.date(2019, 3, 14)


def test_the_same_key_gives_the_same_on_every_machine() -> None:
    """Values are fixed: a change here breaks every study there is."""
    assert participant_id(KEY, "MRN-1", "hospital") == "2luf277344"
    assert date_shift_days(KEY, "p") == -1923
    assert keyed_uid(KEY, "1.2.3") == "2.25.52866541708808684631978794726708931689"


def test_keys_patients_and_issuers_part() -> None:
    """Another key, patient or issuer gives another id; joined parts cannot be confused."""
    ids = {
        participant_id(KEY, "1", "a"),
        participant_id(KEY, "1", "b"),
        participant_id(KEY, "2", "a"),
        participant_id(bytes(32), "1", "a"),
        participant_id(KEY, "a1", ""),
    }
    assert len(ids) == 5
    assert all(name.isalnum() and len(name) == 10 for name in ids)


@pytest.mark.parametrize("day", ["", "2019", "20191399", "x" * 8, "00010101"])
def test_what_is_no_date_stays_empty(day: str) -> None:
    """No date is invented."""
    assert shift_day(KEY, "p", day) == ""


def test_uids_are_valid_and_keyed() -> None:
    """A UID has at most 64 characters, under the root for derived ones."""
    uid = keyed_uid(KEY, "1.2.3")
    assert uid.startswith("2.25.")
    assert len(uid) <= 64
    assert uid != keyed_uid(bytes(32), "1.2.3")
    assert keyed_uid(KEY, "") == ""


def test_tokens_of_kinds_differ() -> None:
    """A series and a study of one UID do not share a name."""
    assert token(KEY, "series", "1.2") != token(KEY, "study", "1.2")


def test_sidecars_keep_only_what_is_listed() -> None:
    """Unknown keys are left out, so that a new version of the converter reveals nothing."""
    sidecar = {"EchoTime": 0.01, "InstitutionName": "x", "AcquisitionTime": "10:00", "PatientName": "z", "New": 1}
    assert scrub_sidecar(sidecar) == {"EchoTime": 0.01}


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    """The folder opens for its owner alone, and the key stays."""
    path = tmp_path / "study.private" / "key"
    key = load_key(path, create=True)
    assert len(key) == 32
    assert load_key(path, create=False) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_missing_and_broken_keys_are_refused(tmp_path: Path) -> None:
    """A study that exists is never given another key in silence."""
    with pytest.raises(RefusedError, match="key_missing"):
        load_key(tmp_path / "key", create=False)
    write_private(tmp_path / "broken", "no key")
    with pytest.raises(RefusedError, match="key_invalid"):
        load_key(tmp_path / "broken", create=False)


def test_ids_are_read(tmp_path: Path) -> None:
    """The prefix of BIDS may stand there or not."""
    path = tmp_path / "ids.csv"
    path.write_text("source_patient_id,participant_id\nMRN-1,sub-p1\nMRN-2,p2\n")
    assert read_ids(path) == {"MRN-1": "p1", "MRN-2": "p2"}


def test_faults_of_ids_are_named_by_row(tmp_path: Path) -> None:
    """Every bad row is told at once, and no message holds a source id."""
    path = tmp_path / "ids.csv"
    path.write_text("source_patient_id,participant_id\nMRN-1,p1\nMRN-1,p2\nMRN-3,../x\n")
    with pytest.raises(RefusedError) as refused:
        read_ids(path)
    assert [p.code for p in refused.value.problems] == ["ids_twice", "ids_not_alphanumeric"]
    assert [p.where for p in refused.value.problems] == ["ids.csv row 3", "ids.csv row 4"]
    assert "MRN" not in str(refused.value)


def test_ids_need_their_columns(tmp_path: Path) -> None:
    """The message says which."""
    path = tmp_path / "ids.csv"
    path.write_text("id,name\n1,2\n")
    with pytest.raises(RefusedError, match="source_patient_id and participant_id"):
        read_ids(path)


@pytest.mark.parametrize(("mark", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_of_ids_is_named(tmp_path: Path, mark: str, name: str) -> None:
    """The columns are there, so it would be no help to ask for them."""
    path = tmp_path / "ids.csv"
    path.write_text(f"source_patient_id{mark}participant_id\n1{mark}p2\n")
    with pytest.raises(RefusedError, match=f"separated by {name}; save it with commas"):
        read_ids(path)
