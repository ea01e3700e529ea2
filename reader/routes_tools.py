"""What the page asks the server to work out: regions from clicks, discs; nothing of it is saved."""

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import Response

from mri.problems import RefusedError
from reader.answers import answer
from reader.bodies import Cord, Fill, Grow, Insert, Propose, Scheme, Shift, Split
from reader.cases import OpenCase
from reader.editing import corrected_cord, divided, filled
from reader.failures import refuse, unusable
from reader.growing import Clicks, grown, proposed_discs
from reader.levels import inserted, shifted
from reader.marks import region_of
from reader.room import Room
from reader.routes_base import RESPONSES, InRoom, TheCase
from segmentation.levels import LevelScheme

router = APIRouter(prefix="/api/cases/{case}", responses=RESPONSES)
_FAR_MM = 1e6


@router.post("/grow")
def the_grown(room: InRoom, case: TheCase, body: Grow) -> Response:
    """Return the region that clicks stand for, by a graph cut."""
    return _grown(room, case, body, preview=False)


@router.post("/preview")
def the_preview(room: InRoom, case: TheCase, body: Grow) -> Response:
    """Return the region that clicks stand for, by half height: faster and rougher."""
    return _grown(room, case, body, preview=True)


@router.post("/cord")
def cord(room: InRoom, case: TheCase, body: Cord) -> Response:
    """Return the cord in one series, led through clicks."""
    return answer(corrected_cord(room, case.one(body.series), body.clicks, body.mask))


@router.post("/fill")
def fill(room: InRoom, case: TheCase, body: Fill) -> Response:
    """Return a label with its empty slices filled between drawn ones."""
    one, region = case.one(body.series), region_of(body.region)
    between = (body.from_slice, body.to_slice)
    return answer(filled(room, one, region, body.label, axis=body.axis, between=between, sent=body.mask))


@router.post("/split")
def split(room: InRoom, case: TheCase, body: Split) -> Response:
    """Return all labels of a structure with one of them divided."""
    one, region = case.one(body.series), region_of(body.region)
    return answer(divided(room, case, one, region, body.label, body.clicks, body.mask))


@router.post("/discs/propose")
def discs(room: InRoom, case: TheCase, body: Propose) -> Response:
    """Return the discs along the cord from those that are named."""
    return answer(proposed_discs(room, case, body.points, _scheme(body.variants)))


@router.post("/discs/shift")
def shift(room: InRoom, case: TheCase, body: Shift) -> Response:
    """Return the same discs named one level up or down."""
    try:
        return answer({"points": shifted(body.points, body.by, _scheme(body.scheme))})
    except RefusedError as refused:
        raise unusable(refused) from refused


@router.post("/discs/insert")
def insert(room: InRoom, case: TheCase, body: Insert) -> Response:
    """Return the discs of a spine with one vertebra more."""
    try:
        points, scheme = inserted(body.points, body.variant, body.at)
    except RefusedError as refused:
        raise unusable(refused) from refused
    return answer({"points": points, "scheme": {"n_thoracic": scheme.n_thoracic, "n_lumbar": scheme.n_lumbar}})


def _grown(room: Room, case: OpenCase, body: Grow, *, preview: bool) -> Response:
    series = case.one(body.series)
    region_of(body.region)
    limits = body.limits
    low, high = (None, None) if limits is None else (limits.superior_mm, limits.inferior_mm)
    if low is not None and high is not None and low >= high:
        message = "the superior limit lies below the inferior one; arc length grows downwards"
        raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "limits_crossed", "limits", message)
    is_limited = low is not None or high is not None
    clicks = Clicks(
        inside=body.foreground,
        outside=body.background,
        inside_cord=body.inside_cord,
        limits_mm=(-_FAR_MM if low is None else low, _FAR_MM if high is None else high) if is_limited else None,
    )
    return answer(grown(room, case, series, clicks, body.label, preview=preview))


def _scheme(given: Scheme | None) -> LevelScheme:
    return LevelScheme() if given is None else LevelScheme(n_thoracic=given.n_thoracic, n_lumbar=given.n_lumbar)
