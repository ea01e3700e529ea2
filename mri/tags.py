"""Values of a DICOM dataset in plain types, and the place of each slice, classic or from functional groups."""

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

TagValue = str | float | tuple[str, ...] | tuple[float, ...]
PLACE_TAGS = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
ENHANCED_TAGS = {
    "EffectiveEchoTime": "EchoTime",
    "InversionTimes": "InversionTime",
    "RFEchoTrainLength": "EchoTrainLength",
    "FrameType": "ImageType",
    "RepetitionTime": "RepetitionTime",
    "FlipAngle": "FlipAngle",
    "DiffusionBValue": "DiffusionBValue",
    "RescaleSlope": "RescaleSlope",
    "RescaleIntercept": "RescaleIntercept",
    "StackID": "StackID",
    "TemporalPositionIndex": "TemporalPositionIndex",
}
"""Names in the functional groups of enhanced files, and the classic names that the rules know."""
_SHORT_BYTES = 256
_MOST_KNOWN = 20_000
_CHARSET_TAG = 0x00080005
_KNOWN: dict[tuple[Any, ...], TagValue | None] = {}
"""Values by the bytes they stand for."""
GROUP_TAGS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Place of one slice: LPS mm of the centre of its first pixel, row and column cosines, row and column spacing.

    ``values`` is what its functional groups say besides, under classic names.
    """

    position_mm: tuple[float, ...]
    orientation: tuple[float, ...]
    spacing_mm: tuple[float, ...]
    values: tuple[tuple[str, TagValue], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether position, orientation and spacing are all stated."""
        return len(self.position_mm) == 3 and len(self.orientation) == 6 and len(self.spacing_mm) == 2


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Let pydicom read what is not valid without a word: its warnings repeat values, and a value may name a patient."""
    from pydicom import config

    logger, settings = logging.getLogger("pydicom"), config.settings
    level, mode = logger.level, settings.reading_validation_mode
    logger.setLevel(logging.CRITICAL + 1)
    settings.reading_validation_mode = config.IGNORE
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        settings.reading_validation_mode = mode


@cache
def tag_of(keyword: str) -> int:
    """Return the tag of a keyword."""
    from pydicom.datadict import tag_for_keyword
    from pydicom.tag import Tag

    tag = tag_for_keyword(keyword)
    if tag is None:
        raise LookupError(f"{keyword} is no keyword of DICOM")
    return Tag(tag)


def values_of(dataset: "Dataset", keywords: Iterable[str]) -> dict[str, TagValue]:
    """Return the values that are there, under their keywords."""
    return {keyword: value for keyword in keywords if (value := value_of(dataset, keyword)) is not None}


def value_of(dataset: "Dataset", keyword: str) -> TagValue | None:
    """Return a value in plain types; None where absent, empty or not valid for its type.

    The slices of a series share most of their bytes, so values are kept by their bytes: it saves half the time of a
    scan and most of its memory.
    """
    from pydicom.dataelem import RawDataElement

    tag = tag_of(keyword)
    if tag not in dataset:
        return None
    raw = dataset.get_item(tag)
    if not isinstance(raw, RawDataElement) or raw.value is None or len(raw.value) > _SHORT_BYTES:
        return _converted(dataset, tag)
    charset = dataset.get_item(_CHARSET_TAG) if _CHARSET_TAG in dataset else None
    key = (tag, raw.VR, raw.value, raw.is_little_endian, None if charset is None else charset.value)
    if key not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[key] = _converted(dataset, tag)
    return _KNOWN[key]


def _converted(dataset: "Dataset", tag: int) -> TagValue | None:
    from pydicom.multival import MultiValue

    try:
        value = dataset[tag].value
    # all that pydicom raises for a damaged value, NotImplementedError for a value representation it does not know
    except (ValueError, TypeError, OverflowError, KeyError, AttributeError, NotImplementedError):
        return None
    if isinstance(value, MultiValue | list | tuple):
        plain = [_plain(item) for item in value]
        numbers = tuple(item for item in plain if isinstance(item, float))
        texts = tuple(str(item) for item in plain)
        return None if not plain else numbers if len(numbers) == len(plain) else texts
    return None if value is None or str(value).strip() == "" else _plain(value)


def _plain(value: Any) -> str | float:
    if isinstance(value, int | float) or type(value).__name__ == "DSdecimal":
        return float(value)
    return str(value).replace("\0", "").strip()


def frames_of(dataset: "Dataset", tags: dict[str, TagValue]) -> tuple[Frame, ...]:
    """Return the place of every slice; for enhanced files also fill ``tags`` from the functional groups."""
    if GROUP_TAGS[0] not in dataset and GROUP_TAGS[1] not in dataset:
        count = int(float(str(tags.get("NumberOfFrames", 1))))
        # a classic file of several frames has no place for each of them
        return (_frame(_found(dataset)),) if count == 1 else (_frame({}),) * min(count, 2)
    shared = _gather(dataset.get(GROUP_TAGS[0]) or ())
    each = [shared | _gather([item]) for item in dataset.get(GROUP_TAGS[1]) or ()]
    for name, value in (each[0] if each else shared).items():
        if name in ENHANCED_TAGS:
            tags.setdefault(ENHANCED_TAGS[name], value)
    # some writers leave empty items behind the last frame
    return tuple(_frame(found) for found in each[: int(float(str(tags.get("NumberOfFrames", len(each)))))])


def _gather(items: Any) -> dict[str, TagValue]:
    """Return the wanted values anywhere within some sequence items."""
    found: dict[str, TagValue] = {}
    for item in items:
        found |= _found(item) | {k: v for k in ENHANCED_TAGS if (v := value_of(item, k)) is not None}
        for element in item:
            if element.VR == "SQ":
                found |= _gather(element.value)
    return found


def _found(dataset: "Dataset") -> dict[str, TagValue]:
    return values_of(dataset, PLACE_TAGS)


def _frame(found: Mapping[str, TagValue]) -> Frame:
    position, orientation, spacing = (_numbers(found.get(keyword)) for keyword in PLACE_TAGS)
    values = tuple((classic, found[name]) for name, classic in ENHANCED_TAGS.items() if name in found)
    return Frame(position_mm=position, orientation=orientation, spacing_mm=spacing, values=values)


def _numbers(value: TagValue | None) -> tuple[float, ...]:
    if not isinstance(value, tuple) or not all(isinstance(v, int | float) for v in value):
        return ()
    return tuple(float(v) for v in value)
