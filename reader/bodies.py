"""The JSON that requests hold: untrusted, so every part has a type and a bound."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

FARTHEST_MM = 10_000.0
"""No point of a patient is farther from the centre of a scanner."""
_MOST_CLICKS = 200
_MOST_DISCS = 40
_MOST_DATA = 64 * 1024 * 1024
_LARGEST_INDEX = 4096

Coordinate = Annotated[FiniteFloat, Field(ge=-FARTHEST_MM, le=FARTHEST_MM)]
Point = tuple[Coordinate, Coordinate, Coordinate]
Label = Annotated[int, Field(ge=1, le=255)]
Id = Annotated[str, Field(pattern=r"^[cs][0-9]{1,6}$")]
Index = Annotated[int, Field(ge=0, le=_LARGEST_INDEX)]
Points = Annotated[dict[Annotated[str, Field(max_length=16)], Point], Field(max_length=_MOST_DISCS)]
Clicked = Annotated[list[Point], Field(max_length=_MOST_CLICKS)]


class Body(BaseModel):
    """What a request may hold; anything else is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Limits(Body):
    """Arc lengths, in mm, between which a lesion lies."""

    superior_mm: FiniteFloat | None = None
    inferior_mm: FiniteFloat | None = None


class Grow(Body):
    """Clicks on a lesion."""

    region: str = Field(max_length=32)
    series: Id
    foreground: Annotated[list[Point], Field(min_length=1, max_length=_MOST_CLICKS)]
    background: Clicked = []
    inside_cord: bool = True
    limits: Limits | None = None
    label: Label = 1


class BoxMask(Body):
    """Labels in a box of a series, as `reader.encoding` packs them."""

    box: tuple[Index, Index, Index, Index, Index, Index]
    data: str = Field(max_length=_MOST_DATA)


class Cord(Body):
    """Clicks inside the cord; without a mask the saved cord is corrected, without clicks it is found anew."""

    series: Id
    clicks: Clicked = []
    region: Literal["cord"] = "cord"
    mask: BoxMask | None = None


class Fill(Body):
    """A structure drawn on some slices, to be completed between them."""

    region: str = Field(max_length=32)
    series: Id
    label: Label = 1
    axis: Annotated[int, Field(ge=0, le=2)] | None = None
    from_slice: Index | None = None
    to_slice: Index | None = None
    mask: BoxMask | None = None


class Split(Body):
    """A lesion that is to be divided: across the cord at one click, or between several."""

    region: str = Field(max_length=32)
    series: Id
    label: Label
    clicks: Annotated[list[Point], Field(min_length=1, max_length=10)]
    mask: BoxMask | None = None


class Scheme(Body):
    """How many vertebrae of each kind the spine has."""

    n_thoracic: Literal[11, 12, 13] = 12
    n_lumbar: Literal[4, 5, 6] = 5


class Propose(Body):
    """Discs that the reader named."""

    points: Points = {}
    variants: Scheme | None = None


class Shift(Body):
    """Discs that are to be named one level up or down."""

    points: Points
    by: Literal[1, -1]
    scheme: Scheme | None = None


class Insert(Body):
    """A vertebra more than usual, whose lower disc lies at a named one."""

    points: Points
    variant: Literal["T13", "L6"]
    at: str = Field(max_length=16)


class Candidate(Body):
    """A proposed lesion and what the reader thinks of it."""

    decision: Literal["accept", "reject"]
    region: str = Field(max_length=32)
    series: Id
    label: Label


class Approve(Body):
    """Something proposed that is right."""

    what: str = Field(min_length=1, max_length=64)
    edited: bool = False


class Activity(Body):
    """Time at work since the last report."""

    seconds: Annotated[FiniteFloat, Field(ge=0, le=3600)]
    series: Annotated[list[Annotated[str, Field(max_length=16)]], Field(max_length=64)] = []
    event: str = Field(default="", max_length=200)


class Unlock(Body):
    """Why a signed read is opened again."""

    reason: str = Field(max_length=2000)


class Probe(Body):
    """A point, LPS mm, in the frame of reference of a series (of the cord's, where none is named)."""

    point: Point
    series: Id | None = None


class Sign(Body):
    """Nothing: what is signed is what is saved."""
