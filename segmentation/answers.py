"""The answers that a reading is made of: one answer per item, approvals, and the record of the read."""

from dataclasses import dataclass
from typing import ClassVar, Literal

Value = str | int | float | bool | tuple[str, ...] | None
"""What an item may hold; None is not read, several codes are a tuple."""
Source = Literal["reader", "suggested", "consensus"]
State = Literal["untouched", "in_work", "signed"]
NaReason = Literal["sequence_missing", "not_covered", "artefact", "too_small", "obscured", "other"]

_NO_OTHER_KEYS = {"extra": "forbid"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was said of one item.

    Attributes
    ----------
    value : str, int, float, bool, tuple of str or None
        None where the item was not read; ``not_assessable`` where the reader could not tell, which is not absent;
        ``not_applicable`` where another item excludes it.
    source : {'reader', 'suggested', 'consensus'} or None
        Only ``reader`` and ``consensus`` enter an analysis, unless its plan accepts suggestions.
    na_reason : str or None
        Why it is not assessable.
    confidence : int or None
        1 low, 2 moderate, 3 high.
    series : str or None
        The series it was read on.
    suggestion_seen : bool or None
        Whether the reader saw a suggestion before answering.
    comment : str or None
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _NO_OTHER_KEYS

    value: Value = None
    source: Source | None = None
    na_reason: NaReason | None = None
    confidence: int | None = None
    series: str | None = None
    suggestion_seen: bool | None = None
    comment: str | None = None


UNREAD = Answer()
"""The answer to an item nobody answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """An author's word that something proposed is right.

    Attributes
    ----------
    what : str
        E.g. ``cord``, ``discs``, ``lesions`` or ``findings``.
    at : str
        When, as an ISO time.
    edited : bool
        Whether the proposal was changed first.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _NO_OTHER_KEYS

    what: str
    at: str
    edited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyImage:
    """A picture worth showing: a slice of a series, a point in LPS mm and a note."""

    __pydantic_config__: ClassVar[dict[str, str]] = _NO_OTHER_KEYS

    series: str
    slice: int
    point: tuple[float, float, float] | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRecord:
    """How the read was made; filled by the reading page, never by the reader.

    Attributes
    ----------
    read_number : int or None
        First, second … read of the session by this author.
    order_index : int or None
        Place in the author's worklist.
    started : str or None
        ISO time.
    active_seconds : float or None
        Time at work.
    suggestion_mode : {'before', 'after', 'never'} or None
        When suggestions were shown.
    started_from : {'empty', 'auto'} or None
        What the masks were drawn from.
    blinded_to : tuple of str
        What was hidden.
    key_images : tuple of KeyImage
    comment : str or None
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _NO_OTHER_KEYS

    read_number: int | None = None
    order_index: int | None = None
    started: str | None = None
    active_seconds: float | None = None
    suggestion_mode: Literal["before", "after", "never"] | None = None
    started_from: Literal["empty", "auto"] | None = None
    blinded_to: tuple[Literal["outcome", "clinical", "other_reader", "followup"], ...] = ()
    key_images: tuple[KeyImage, ...] = ()
    comment: str | None = None
