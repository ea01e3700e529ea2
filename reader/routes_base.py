"""What all routes share: the room, the session of a request, its body and its etag."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any, cast

from fastapi import Depends, Header, Path, Query, Request

from reader.answers import strict_json
from reader.cases import OpenCase
from reader.failures import refuse
from reader.reading import open_case
from reader.room import Room

_SHOWN = {
    "401": "no token, or one of an earlier start",
    "403": "another page or site asks, or the session is hidden",
    "404": "no such case, series or structure",
    "409": "the read is signed, or the study was changed",
    "412": "another version was saved meanwhile",
    "413": "too large",
    "415": "another type of content",
    "421": "another host",
    "422": "the content is wrong",
    "428": "If-Match is missing",
    "507": "the disk refuses to write",
}
_BODY = {"type": "object", "required": ["format", "code", "where", "message"]}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": text, "content": {"application/json": {"schema": _BODY}}} for status, text in _SHOWN.items()
}
"""What any answer but 200 means."""


def room_of(request: Request) -> Room:
    """Return the room that the application was made for."""
    return cast(Room, request.app.state.room)


InRoom = Annotated[Room, Depends(room_of)]


def _case(room: InRoom, case: Annotated[str, Path(pattern=r"^c[0-9]{1,6}$")]) -> OpenCase:
    return open_case(room, case)


TheCase = Annotated[OpenCase, Depends(_case)]
SeriesId = Annotated[str, Path(pattern=r"^s[0-9]{1,6}$")]
RegionName = Annotated[str, Path(pattern=r"^[a-z0-9]{1,32}$")]
Author = Annotated[str | None, Query(pattern=r"^[A-Za-z0-9]{1,32}$")]
IfMatch = Annotated[str | None, Header(alias="If-Match", max_length=200)]


async def raw_body(request: Request) -> bytes:
    """Return the body of an upload; its size is limited at the gate.

    Raises
    ------
    RequestError
        415 if it is said to be something else than bytes.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/octet-stream", "application/gzip", "application/x-gzip", "application/x-nifti"):
        message = "send the mask as application/octet-stream"
        raise refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_bytes", "Content-Type", message)
    return await request.body()


async def json_body(request: Request, room: InRoom) -> Any:
    """Return a JSON body of any shape; numbers that are not finite, and nesting without end, are refused.

    Raises
    ------
    RequestError
        413, 415 or 422.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not_json", "Content-Type", "send application/json")
    content = await request.body()
    limit = room.protocol.max_json_bytes
    if len(content) > limit:
        raise refuse(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "body", f"more than {limit >> 20} MiB of JSON"
        )
    try:
        return strict_json(content)
    except (ValueError, RecursionError) as failure:
        raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "not_json", "body", "no valid JSON") from failure


RawBody = Annotated[bytes, Depends(raw_body)]
JsonBody = Annotated[Any, Depends(json_body)]


def body_schema(content_type: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a body that is read by hand."""
    return {"requestBody": {"required": True, "content": {content_type: {"schema": dict(schema)}}}}
