"""What the page saves: masks, discs, findings, decisions, and the states of a read."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from mri.problems import RefusedError
from mri.study import Series
from reader.answers import answer
from reader.bodies import Activity, Approve, Candidate, Sign, Unlock
from reader.cases import OpenCase
from reader.failures import refuse, unusable
from reader.marks import own_mask, parse_mask, region_of, save_discs, save_mask, saved_findings
from reader.numbers import numbers
from reader.others import mask_of, others
from reader.reading import approve, note_activity, save_findings, shown_findings, sign, unlock
from reader.room import Room
from reader.routes_base import (
    RESPONSES,
    Author,
    IfMatch,
    InRoom,
    JsonBody,
    RawBody,
    RegionName,
    SeriesId,
    TheCase,
    body_schema,
)
from reader.shelf import content_of, etag_of
from reader.takeover import accept, reject, take_over
from reader.view import etags, may_see_candidates
from segmentation.annotation import AUTO
from segmentation.disc_files import FRAME, discs_as_json
from segmentation.regions import LESION_REGIONS, Region

router = APIRouter(prefix="/api/cases/{case}", responses=RESPONSES)

_BYTES = body_schema("application/octet-stream", {"type": "string", "format": "binary"})
_FINDINGS = body_schema("application/json", {"type": "object"})
_DISCS = body_schema(
    "application/json",
    {
        "type": "object",
        "properties": {
            "frame": {"enum": [FRAME]},
            "points": {
                "type": "object",
                "additionalProperties": {
                    "type": "array",
                    "items": {"type": "number"},
                    "minItems": 3,
                    "maxItems": 3,
                },
            },
        },
        "required": ["points"],
    },
)


@router.get("/masks/{region}/{series}.nii.gz", response_class=Response)
def get_mask(
    room: InRoom, case: TheCase, region: RegionName, series: SeriesId, proposed: bool = False, author: Author = None
) -> Response:
    """Return the reader's mask, or the proposed one where the reader has none (or it is asked for): its etag is none.

    Another reader's (``author``) once both have signed.
    """
    one, structure = case.one(series), region_of(region)
    if author is not None:
        theirs = mask_of(room, case, one, structure, author)
        return Response(theirs, media_type="application/octet-stream", headers={"X-Iscm-From": "other"})
    own = None if proposed else content_of(room.folder.mask(one, region, room.reader))
    content = own if own is not None else _proposed(room, case, one, structure)
    if content is None:
        message = "nobody has drawn this yet; start with an empty mask and If-Match none"
        raise refuse(HTTPStatus.NOT_FOUND, "not_drawn", f"{one.name}, {region}", message)
    etag = etag_of(own)
    headers = {"ETag": f'"{etag}"', "X-Iscm-From": "author" if own is not None else AUTO}
    return Response(content, media_type="application/octet-stream", headers=headers)


def _proposed(room: Room, case: OpenCase, series: Series, region: Region) -> bytes | None:
    if region in LESION_REGIONS and not may_see_candidates(room, saved_findings(room, case)):
        return None
    return content_of(room.folder.mask(series, region.value, AUTO))


@router.put("/masks/{region}/{series}.nii.gz", openapi_extra=_BYTES)
def put_mask(
    room: InRoom, case: TheCase, region: RegionName, series: SeriesId, body: RawBody, if_match: IfMatch = None
) -> Response:
    """Save a mask; its header is written anew from the series."""
    one, structure = case.one(series), region_of(region)
    labels = parse_mask(body, one, structure, room.protocol.max_body_bytes)
    etag = save_mask(room, case, own_mask(room, one, structure, labels), if_match)
    return _saved(room, case, etag)


@router.get("/discs")
def get_discs(room: InRoom, case: TheCase) -> Response:
    """Return the reader's discs, or the proposed ones where the reader has none."""
    own = content_of(room.folder.discs(case.study, room.reader))
    author = AUTO if own is None else room.reader
    problems: list[Any] = []
    found = room.discs(case.study, author, problems)
    if problems:
        raise unusable(RefusedError(problems))
    etag = etag_of(own)
    shown = {"frame": FRAME, "points": {}, "flags": []} if found is None else discs_as_json(found)
    source = None if found is None else AUTO if own is None else "author"
    return answer({**shown, "etag": etag, "from": source}, headers={"ETag": f'"{etag}"'})


@router.put("/discs", openapi_extra=_DISCS)
def put_discs(room: InRoom, case: TheCase, body: JsonBody, if_match: IfMatch = None) -> Response:
    """Save the discs."""
    return _saved(room, case, save_discs(room, case, _without(body, "etag", "from"), if_match))


@router.get("/findings")
def get_findings(room: InRoom, case: TheCase) -> Response:
    """Return the form as it is saved; an untouched one is filled from the kept series."""
    etag = etags(room, case)["findings"]
    return answer({**shown_findings(room, case), "etag": etag}, headers={"ETag": f'"{etag}"'})


@router.put("/findings", openapi_extra=_FINDINGS)
def put_findings(room: InRoom, case: TheCase, body: JsonBody, if_match: IfMatch = None) -> Response:
    """Save the form."""
    saved = save_findings(room, case, body, if_match)
    return answer({**saved, "numbers": numbers(room, case)}, headers={"ETag": f'"{saved["etag"]}"'})


@router.post("/candidates")
def candidate(room: InRoom, case: TheCase, body: Candidate, if_match: IfMatch = None) -> Response:
    """Take over a proposed lesion, or refuse it."""
    one, structure = case.one(body.series), region_of(body.region)
    if not may_see_candidates(room, saved_findings(room, case)):
        message = "the protocol of this study does not show proposed lesions now"
        raise refuse(HTTPStatus.FORBIDDEN, "candidates_hidden", body.region, message)
    if body.decision == "reject":
        reject(room, case, one, structure, body.label)
        return answer({"etag": None, "numbers": numbers(room, case)})
    etag, number = accept(room, case, one, structure, body.label, if_match)
    return _saved(room, case, etag, label=number)


@router.post("/approve")
def the_approval(room: InRoom, case: TheCase, body: Approve) -> Response:
    """Record that something proposed is right; cord and discs become the reader's own."""
    take_over(room, case, body.what)
    etag = approve(room, case, body.what, edited=body.edited)
    return answer({"etag": etag, "etags": etags(room, case), "numbers": numbers(room, case)})


@router.post("/activity", status_code=HTTPStatus.NO_CONTENT, response_class=Response)
def activity(room: InRoom, case: TheCase, body: Activity) -> Response:
    """Add time at work."""
    note_activity(room, case, body.seconds, body.event, tuple(body.series))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.get("/others")
def the_others(room: InRoom, case: TheCase) -> Response:
    """Return what other readers who signed have drawn and found, once the own read is signed."""
    return answer(others(room, case))


@router.post("/sign")
def the_signature(room: InRoom, case: TheCase, body: Sign | None = None, if_match: IfMatch = None) -> Response:
    """Sign the read."""
    return answer(sign(room, case, if_match))


@router.post("/unlock")
def the_unlocking(room: InRoom, case: TheCase, body: Unlock) -> Response:
    """Open a signed read again."""
    return answer(unlock(room, case, body.reason))


def _saved(room: Room, case: OpenCase, etag: str, **more: object) -> Response:
    return answer({"etag": etag, **more, "numbers": numbers(room, case)}, headers={"ETag": f'"{etag}"'})


def _without(body: Any, *keys: str) -> Any:
    return {key: value for key, value in body.items() if key not in keys} if isinstance(body, dict) else body
