"""Bounds on the words, series and pictures that come with the form: what no page sends is refused, by its item."""

import unicodedata
from collections.abc import Iterator, Mapping
from itertools import chain

from mri.problems import Problem, error
from reader.bodies import FARTHEST_MM
from segmentation.answers import Answer, KeyImage, ReadRecord
from segmentation.findings import Findings

LONGEST_COMMENT = 500
"""Characters of a comment on one item, or of an item that is text: a few sentences, as the page's fields allow."""
LONGEST_NOTE = 300
"""Characters of a note on a key image."""
LONGEST_REMARK = 1000
"""Characters of the comment on the whole read."""
MOST_KEY_IMAGES = 200
_CONTROLS = ("Cc", "Cs", "Zl", "Zp")
"""Control characters, halves of a pair, separators of lines and paragraphs: they break tables that hold the text."""
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
"""Signs that turn the direction of what follows: a text that reads otherwise than it is stored."""

Shapes = Mapping[str, tuple[int, int, int]]
"""Name of each series of the session, and its voxels."""


def answer_faults(of: str, answers: Mapping[str, Answer], shapes: Shapes, before: Findings | None) -> Iterator[Problem]:
    """Yield what is out of bounds in the answers of the patient or of one lesion.

    Parameters
    ----------
    of : str
        ``patient`` or ``lesion 1`` …
    answers : mapping of str to Answer
    shapes : mapping of str to tuple of int
        The series of the session; one that is saved already may stay, also where the study was ingested anew.
    before : Findings or None
        What is saved now.
    """
    kept = _named(before)
    for name, answer in answers.items():
        where = f"{of}, {name}"
        if answer.series is not None and answer.series not in shapes and answer.series not in kept:
            message = f"{where}: 'read on' is no series of this session; choose one of the list"
            yield error("series_unknown", where, message)
        yield from _text_faults(where, "comment", answer.comment, LONGEST_COMMENT)
        yield from _text_faults(where, "text", answer.value, LONGEST_COMMENT)


def record_faults(record: ReadRecord, shapes: Shapes, before: Findings | None) -> Iterator[Problem]:
    """Yield what is out of bounds in the key images and the comment on the whole read."""
    yield from _text_faults("record", "comment on the whole read", record.comment, LONGEST_REMARK, lines=True)
    if len(record.key_images) > MOST_KEY_IMAGES:
        message = f"{len(record.key_images)} key images; {MOST_KEY_IMAGES} are the most, remove some"
        yield error("too_many", "key images", message)
    kept = frozenset(() if before is None or before.record is None else before.record.key_images)
    for number, image in enumerate(record.key_images, start=1):
        if image not in kept:
            yield from _image_faults(f"key image {number}", image, shapes)


def _image_faults(where: str, image: KeyImage, shapes: Shapes) -> Iterator[Problem]:
    yield from _text_faults(where, "note", image.note, LONGEST_NOTE)
    shape = shapes.get(image.series)
    if shape is None:
        yield error("series_unknown", where, f"{where}: it is of no series of this session; keep the picture anew")
    elif not 0 <= image.slice < max(shape):
        message = f"{where}: the series has no slice {image.slice}; keep the picture anew"
        yield error("slice_unknown", where, message)
    if image.point is not None and not all(abs(value) <= FARTHEST_MM for value in image.point):
        yield error("point_wrong", where, f"{where}: its point is out of all bounds; keep the picture anew")


def _text_faults(where: str, what: str, text: object, longest: int, *, lines: bool = False) -> Iterator[Problem]:
    if not isinstance(text, str):
        return
    if len(text) > longest:
        message = f"{where}: the {what} has {len(text)} characters; {longest} are the most, shorten it"
        yield error("text_too_long", where, message)
    wrong = next(
        (n for n, sign in enumerate(text, start=1) if _is_control(sign) and not (lines and sign == "\n")), None
    )
    if wrong is not None:
        sign = f"U+{ord(text[wrong - 1]):04X}"
        message = f"{where}: the {what} holds a control character ({sign}, character {wrong}); write it without"
        yield error("text_not_plain", where, message)


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) in _CONTROLS or unicodedata.bidirectional(sign) in _TURNS


def _named(before: Findings | None) -> frozenset[str]:
    """Return the series that saved answers name."""
    if before is None:
        return frozenset()
    every = chain(before.patient.values(), *(answers.values() for answers in before.lesions.values()))
    return frozenset(answer.series for answer in every if answer.series is not None)
