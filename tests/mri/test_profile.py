"""The basic profile: every attribute of the standard's table, at every depth, and what is said of it in the object."""

import datetime
from io import BytesIO
from pathlib import Path

import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as table
from pydicom import dcmread
from pydicom.datadict import dictionary_has_tag, dictionary_VR
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from mri.deidentify import date_shift_days, keyed_uid
from mri.problems import RefusedError
from mri.profile import SHIFTED, Action, action_of, deidentify_dataset
from mri.tags import quiet_pydicom
from tests.mri.dicom_files import KEY, PLANTED, ROOT, make_series

UID = "1.2.3.4.99"
VALUES = {
    "AS": "044Y",
    "DA": "20190314",
    "DT": "20190314101112.345",
    "TM": "101112.345",
    "DS": "77.5",
    "IS": "775",
    "UI": UID,
    "UR": "http://planted.example",
    **dict.fromkeys(("FD", "FL"), 77.5),
    **dict.fromkeys(("SL", "SS", "UL", "US"), 775),
    **dict.fromkeys(("OB", "UN", "OB or OW", "OW"), b"Plantagenet!"),
}
TELLING = (
    "PatientName",
    "PatientID",
    "AccessionNumber",
    "InstitutionName",
    "StationName",
    "DeviceSerialNumber",
    "OperatorsName",
    "StudyDescription",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
)
SHORT = 5
"""Characters of a value that may also stand among pixels."""
LARGEST_BYTES = 300_000
EVERY = 3
"""One file of three is looked at: enough of every maker, and a second or two."""
LISTS = {
    "removed": table.X_TAGS,
    "emptied": [*table.Z_TAGS, *table.X_Z_TAGS],
    "replaced": [*table.D_TAGS, *table.Z_D_TAGS, *table.X_D_TAGS, *table.X_Z_D_TAGS],
    "renamed": table.U_TAGS,
}


def planted(tags: list[tuple[int, ...]]) -> Dataset:
    """Return an object with a telling value in every attribute of a list that the dictionary knows."""
    dataset = Dataset()
    for tag in tags:
        if len(tag) == 2 and tag[0] > 2 and dictionary_has_tag(Tag(tag)):
            kind = dictionary_VR(Tag(tag))
            item = Dataset()
            item.PatientComments, item.ReferencedSOPInstanceUID = "Plantagenet", UID
            dataset.add_new(Tag(tag), kind, Sequence([item]) if kind == "SQ" else VALUES.get(kind, "Plantagenet"))
    return dataset


def outcome(name: str, *, nested: bool) -> tuple[Dataset, Dataset]:
    """Return the planted object of a list before and after, on top or within a sequence that is kept."""
    before = planted(LISTS[name])
    if not nested:
        return before, deidentify_dataset(before, KEY, "p1")
    outer = Dataset()
    outer.SharedFunctionalGroupsSequence = Sequence([before])
    return before, deidentify_dataset(outer, KEY, "p1").SharedFunctionalGroupsSequence[0]


@pytest.mark.parametrize("nested", [False, True])
def test_what_the_table_removes_is_gone(nested: bool) -> None:
    """X: not one attribute of the list is left, on top or in a sequence."""
    before, after = outcome("removed", nested=nested)
    assert len(before) > 300
    assert [e.keyword for e in before if e.tag in after] == []


@pytest.mark.parametrize("nested", [False, True])
def test_what_the_table_empties_is_empty(nested: bool) -> None:
    """Z: the attribute stands without a value; days of the examination are shifted instead."""
    before, after = outcome("emptied", nested=nested)
    wrong = [e.keyword for e in before if e.keyword not in SHIFTED and not after[e.tag].is_empty]
    assert set(wrong) == (set() if nested else {"PatientName"})
    assert all(after[k].value not in ("", "20190314") for k in SHIFTED if k in after)


@pytest.mark.parametrize("nested", [False, True])
def test_what_the_table_replaces_has_another_value(nested: bool) -> None:
    """D: the attribute keeps its form, and nothing of its value."""
    before, after = outcome("replaced", nested=nested)
    assert len(before) > 80
    for element in before:
        now = after[element.tag]
        assert not now.is_empty, element.keyword
        assert now.value != element.value, element.keyword
        assert "Plantagenet" not in str(now.value), element.keyword


@pytest.mark.parametrize("nested", [False, True])
def test_uids_are_renamed_by_the_key(nested: bool) -> None:
    """U: every UID of the table is the keyed one, so that references still meet."""
    before, after = outcome("renamed", nested=nested)
    assert len(before) > 50
    assert {str(after[e.tag].value) for e in before} == {keyed_uid(KEY, UID)}


def test_references_between_images_are_kept_by_their_new_names() -> None:
    """U*: a referenced image is renamed as the image itself is; its class is not."""
    image = make_series(1)[0]
    other = Dataset()
    other.ReferencedSOPClassUID, other.ReferencedSOPInstanceUID = image.SOPClassUID, f"{ROOT}.1.1.2"
    image.ReferencedImageSequence = Sequence([other])
    after = deidentify_dataset(image, KEY, "p1").ReferencedImageSequence[0]
    assert after.ReferencedSOPInstanceUID == keyed_uid(KEY, f"{ROOT}.1.1.2")
    assert after.ReferencedSOPClassUID == image.SOPClassUID


def test_repeating_groups_follow_the_table() -> None:
    """Overlay data and comments, and curves of any group, are removed."""
    assert {action_of(tag) for tag in (0x60003000, 0x60024000, 0x50100010)} == {Action.REMOVE}
    assert action_of(0x00280010) is None


def test_a_written_file_holds_nothing_planted(tmp_path: Path) -> None:
    """Not one byte string of the patient, the institution, private attributes, preamble or file meta is in the file."""
    image = make_series(1)[0]
    image.preamble = b"Plantagenet was here".ljust(128, b"\0")
    image.file_meta.SourceApplicationEntityTitle = "SCANROOM7"
    image.add_new(0x00091001, "LO", "Zaphod without a creator")
    image.add_new(0x00081995, "UN", b"Plantagenet.")
    image.add_new(0x00097777, "UN", b"Plantagenet.")
    after = deidentify_dataset(image, KEY, "p1")
    after.save_as(tmp_path / "out.dcm", enforce_file_format=True)
    content = (tmp_path / "out.dcm").read_bytes()
    words = {word for value in PLANTED.values() for word in value.replace("^", " ").split() if len(word) > 3}
    words |= {"Plantagenet", ROOT} - {"spine"}
    assert [word for word in sorted(words) if word.encode() in content] == []
    again = dcmread(tmp_path / "out.dcm")
    assert again.PixelData == image.PixelData
    assert again.ImagePositionPatient == image.ImagePositionPatient
    assert (again.PatientID, again.PatientIdentityRemoved) == ("p1", "YES")
    assert [code.CodeValue for code in again.DeidentificationMethodCodeSequence] == ["113100", "113107"]
    assert again.LongitudinalTemporalInformationModified == "MODIFIED"


def test_dates_move_as_everywhere_in_the_study() -> None:
    """Two examinations 106 days apart stay so; the birth date goes, and no time of day is kept."""
    days = []
    for day in ("20190314", "20190628"):
        image = make_series(1, StudyDate=day, AcquisitionDateTime=f"{day}101112")[0]
        after = deidentify_dataset(image, KEY, "p1")
        days.append(datetime.datetime.strptime(after.StudyDate, "%Y%m%d").date())
        assert after.AcquisitionDateTime == f"{after.StudyDate}000000"
        assert (after.PatientBirthDate, after.StudyTime) == ("", "")
    assert (days[1] - days[0]).days == 106
    assert (days[0] - datetime.date(2019, 3, 14)).days == date_shift_days(KEY, "p1")


def test_the_source_is_not_changed() -> None:
    """What is given stays as it was, byte for byte."""
    image, before, after = make_series(1)[0], BytesIO(), BytesIO()
    image.save_as(before)
    deidentify_dataset(image, KEY, "p1")
    image.save_as(after)
    assert before.getvalue() == after.getvalue()


def test_burned_in_text_is_refused() -> None:
    """An object that says that text is in its pixels does not pass."""
    with pytest.raises(RefusedError) as refused:
        deidentify_dataset(make_series(1, BurnedInAnnotation="YES")[0], KEY, "p1")
    assert refused.value.problems[0].code == "burned_in_text"


def test_real_objects_pass_and_hold_nothing_of_their_patients(shared_data: Path) -> None:
    """Objects of many makers, valid or not, are written again without names, ids, places and UIDs."""
    looked_at = 0
    for path in sorted((shared_data / "dicom").rglob("*"))[::EVERY]:
        if not path.is_file() or path.stat().st_size > LARGEST_BYTES:
            continue
        try:
            with quiet_pydicom():
                image = dcmread(path)
                told = {str(image.get(keyword, "")) for keyword in TELLING if "SOPClassUID" in image}
        except (InvalidDicomError, ValueError, EOFError, OSError):
            continue
        if not told or image.get("BurnedInAnnotation") == "YES":
            continue
        looked_at += 1
        content = BytesIO()
        with quiet_pydicom():
            deidentify_dataset(image, KEY, "p1").save_as(content, enforce_file_format=True)
        maker = str(image.get("Manufacturer", ""))
        left = [value for value in told if len(value) > SHORT and value not in maker]
        assert not any(value.encode() in content.getvalue() for value in left), path.name
    assert looked_at > 60
