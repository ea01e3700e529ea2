"""The basic profile of DICOM PS3.15 with modified dates: the door of every DICOM object that leaves a study.

What is done with which attribute is the standard's table, kept by a library; how it is done is ours, so that UIDs and
dates follow the key of the study: alike in every object, and intervals exact to the day. Alone imports the library.
"""

import copy
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

from mri.deidentify import keyed_uid, shift_day
from mri.problems import RefusedError, error
from mri.tags import quiet_pydicom
from mri.version import software_version

if TYPE_CHECKING:
    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

EDITION = "2026c"
"""Edition of the standard whose table is used."""


class Action(Enum):
    """What the profile does with an attribute; where it leaves a choice, what every kind of MR image can bear."""

    REMOVE = "X"
    EMPTY = "Z"
    REPLACE = "D"
    UID = "U"
    REFERENCE = "U*"


_CATEGORIES = {
    "X_TAGS": Action.REMOVE,
    "Z_TAGS": Action.EMPTY,
    "X_Z_TAGS": Action.EMPTY,
    "D_TAGS": Action.REPLACE,
    "Z_D_TAGS": Action.REPLACE,
    "X_D_TAGS": Action.REPLACE,
    "X_Z_D_TAGS": Action.REPLACE,
    "U_TAGS": Action.UID,
    "X_Z_U_STAR_TAGS": Action.REFERENCE,
}
SHIFTED = (
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "ContentDate",
    "InstanceCreationDate",
    "AcquisitionDateTime",
    "StartAcquisitionDateTime",
    "EndAcquisitionDateTime",
    "FrameAcquisitionDateTime",
    "FrameReferenceDateTime",
)
"""Days of the examination itself; every other date, such as the birth date, goes the way of the table."""
_CODES = (
    ("113100", "Basic Application Confidentiality Profile"),
    ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
)
_TEXT = "REMOVED"
_DUMMIES: Mapping[str, Any] = {
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), _TEXT),
    **dict.fromkeys(("DS", "IS"), "0"),
    **dict.fromkeys(("FD", "FL", "SL", "SS", "UL", "US", "SV", "UV"), 0),
    "AS": "000Y",
    "DA": "19000101",
    "DT": "19000101000000",
    "TM": "000000",
    "UR": "http://removed.invalid",
}
_BINARY_DUMMY = b"\0\0"
_NO_TIME_OF_DAY = "000000"
_DAY_CHARACTERS = 8
_PREAMBLE = bytes(128)


def deidentify_dataset(dataset: "Dataset", key: bytes, participant: str) -> "Dataset":
    """Return a copy of a DICOM object that names nobody.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Is not changed.
    key : bytes
        Of the study: gives UIDs and the shift of dates, as everywhere else in it.
    participant : str
        Stands as PatientID and PatientName.

    Raises
    ------
    RefusedError
        If the object says that text is burned into its pixels: that is not looked for or removed.

    Notes
    -----
    PS3.15 annex E, basic profile with the option of modified dates. Removed besides: private attributes, public ones
    that the dictionary does not know, group lengths, the preamble, and the file meta information but for class, UID
    and transfer syntax.
    """
    if str(dataset.get("BurnedInAnnotation", "")).strip().upper() == "YES":
        message = "text is burned into its pixels, and that is not removed; leave this object out"
        raise RefusedError(error("burned_in_text", "DICOM object", message))
    with quiet_pydicom():
        result = copy.deepcopy(dataset)
        _clean(result, key, participant)
        _declare(result, participant)
        _renew_meta(result, dataset)
    return result


def action_of(tag: int) -> Action | None:
    """Return what the profile's table says of an attribute; None for one that it does not name."""
    single, groups = _table()
    return single.get(tag) or next((action for value, mask, action in groups if tag & mask == value & mask), None)


@cache
def _table() -> tuple[dict[int, Action], list[tuple[int, int, Action]]]:
    """Return the table: single attributes, and repeating groups as value and mask."""
    from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector

    lists = dicom_anonymization_database_selector(f"dicomfields_{EDITION}")
    single: dict[int, Action] = {}
    groups: list[tuple[int, int, Action]] = []
    for category, action in _CATEGORIES.items():
        for group, element, *mask in lists[category]:
            if mask:
                groups.append(((group << 16) + element, (mask[0] << 16) + mask[1], action))
            else:
                single[(group << 16) + element] = action
    return single, groups


def _clean(dataset: "Dataset", key: bytes, participant: str) -> None:
    for tag in list(dataset.keys()):
        action = action_of(tag)
        if tag.is_private or tag.element == 0 or action is Action.REMOVE or not (action or _is_known(tag)):
            del dataset[tag]
            continue
        try:
            element = dataset[tag]
        except Exception:  # noqa: BLE001 - a value that cannot be read cannot be shown to name nobody
            del dataset[tag]
            continue
        _ACTIONS[action](element, key, participant)


def _keep(element: "DataElement", key: bytes, participant: str) -> None:
    if element.VR == "SQ":
        for item in element.value:
            _clean(item, key, participant)


def _empty(element: "DataElement", key: bytes, participant: str) -> None:
    if element.keyword in SHIFTED:
        _replace(element, key, participant)
    else:
        element.value = element.empty_value


def _replace(element: "DataElement", key: bytes, participant: str) -> None:
    """Put something in place that has the right form: shifted days, keyed UIDs, else the same for everybody."""
    if element.VR == "SQ":
        for item in element.value:
            _clean(item, key, participant)
            for inner in item:
                _replace(inner, key, participant)
    elif element.VR == "UI":
        _rename(element, key, participant)
    elif element.keyword in SHIFTED:
        element.value = _shifted(str(element.value or ""), element.VR, key, participant)
    else:
        element.value = _DUMMIES.get(element.VR, _BINARY_DUMMY)


def _rename(element: "DataElement", key: bytes, participant: str) -> None:
    del participant
    value = element.value
    element.value = [keyed_uid(key, uid) for uid in value] if element.VM > 1 else keyed_uid(key, str(value or ""))


_ACTIONS: Mapping[Action | None, Callable[["DataElement", bytes, str], None]] = {
    None: _keep,
    Action.EMPTY: _empty,
    Action.REPLACE: _replace,
    Action.UID: _rename,
    Action.REFERENCE: _keep,
}


def _shifted(value: str, kind: str, key: bytes, participant: str) -> str:
    day = shift_day(key, participant, value[:_DAY_CHARACTERS]).replace("-", "")
    return day and day + (_NO_TIME_OF_DAY if kind == "DT" else "")


def _is_known(tag: int) -> bool:
    from pydicom.datadict import dictionary_has_tag, repeater_has_tag

    return dictionary_has_tag(tag) or repeater_has_tag(tag)


def _declare(dataset: "Dataset", participant: str) -> None:
    """Say in the object who it is now and what was done to it (0012,0062 to 0064 and 0028,0303)."""
    from pydicom.dataset import Dataset

    dataset.PatientID = dataset.PatientName = participant
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = [f"iscm {software_version()}", f"PS3.15 {EDITION} basic profile, modified dates"]
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"
    codes = []
    for value, meaning in _CODES:
        code = Dataset()
        code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
        codes.append(code)
    dataset.DeidentificationMethodCodeSequence = codes


def _renew_meta(result: "Dataset", source: "Dataset") -> None:
    from pydicom.dataset import FileMetaDataset

    meta = FileMetaDataset()
    syntax = getattr(source, "file_meta", meta).get("TransferSyntaxUID")
    if syntax:
        meta.TransferSyntaxUID = syntax
    if "SOPClassUID" in result and "SOPInstanceUID" in result:
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = result.SOPClassUID, result.SOPInstanceUID
    result.file_meta = meta
    result.preamble = _PREAMBLE
