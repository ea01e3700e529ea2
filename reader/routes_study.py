"""What the page reads: session, vocabulary, worklist, a case, its series, its numbers, the reader's own log."""

import gzip
from collections.abc import Iterator
from http import HTTPStatus

import numpy as np
from fastapi import APIRouter
from fastapi.responses import FileResponse, Response, StreamingResponse

from mri.geometry import Vector
from mri.problems import RefusedError
from mri.study import Series
from mri.version import software_version
from reader.answers import answer
from reader.bodies import Probe
from reader.failures import refuse, unusable, written
from reader.frames import mover
from reader.numbers import numbers
from reader.page_files import has_renderer
from reader.reading import open_case
from reader.room import Room
from reader.routes_base import RESPONSES, InRoom, SeriesId, TheCase
from reader.spine import spine_of
from reader.view import case_view, worklist
from reader.vocabulary import vocabulary
from segmentation.store import write_description

router = APIRouter(prefix="/api", responses=RESPONSES)

NOTICE = "Research use only. Not a medical device. The reader's name is a label, not a login. Nothing is defaced."
_CHUNK_BYTES = 1 << 20


@router.get("/session")
def session(room: InRoom) -> Response:
    """Return who reads what, and how."""
    protocol = room.protocol
    return answer(
        {
            "reader": room.reader,
            "study": room.folder.root.resolve().name,
            "version": software_version(),
            "notice": NOTICE,
            "protocol": {
                "suggestions": protocol.suggestions,
                "blinded": protocol.blinded,
                "levels_by_eye_first": protocol.levels_by_eye_first,
                "order_seed": protocol.order_seed,
            },
            "niivue": has_renderer(),
        }
    )


@router.get("/vocabulary")
def the_vocabulary(room: InRoom) -> Response:
    """Return what the form is made of."""
    return answer(vocabulary(room.protocol))


@router.get("/cases")
def cases(room: InRoom) -> Response:
    """Return the worklist."""
    return answer(worklist(room))


@router.get("/cases/{case}")
def one_case(room: InRoom, case: str) -> Response:
    """Return a case as it is now on the disk; what was changed meanwhile is taken in here only."""
    try:
        opened = open_case(room, case, anew=True)
    except RefusedError as refused:
        raise unusable(refused) from refused
    with written():
        write_description(room.folder)
        room.log.append("open", str(opened.study))
    return answer(case_view(room, opened))


@router.get("/cases/{case}/series/{series}.nii.gz", response_class=FileResponse)
def packed_series(room: InRoom, case: TheCase, series: SeriesId) -> Response:
    """Return the study's own file."""
    return FileResponse(room.folder.image(case.one(series)), media_type="application/octet-stream")


@router.get("/cases/{case}/series/{series}.nii", response_class=StreamingResponse)
def plain_series(room: InRoom, case: TheCase, series: SeriesId) -> Response:
    """Return the study's own file, unpacked."""
    path = room.folder.image(case.one(series))
    with path.open("rb") as stream:
        if stream.read(2) != b"\x1f\x8b":
            message = "the file is damaged; run iscm ingest again"
            raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "series_unreadable", path.name, message)

    def chunks() -> Iterator[bytes]:
        with gzip.open(path, "rb") as unpacked:
            while chunk := unpacked.read(_CHUNK_BYTES):
                yield chunk

    return StreamingResponse(chunks(), media_type="application/octet-stream")


@router.get("/cases/{case}/numbers")
def the_numbers(room: InRoom, case: TheCase) -> Response:
    """Return what is measured of the read as it is saved now."""
    return answer(numbers(room, case))


@router.post("/cases/{case}/probe")
def probe(room: InRoom, case: TheCase, body: Probe) -> Response:
    """Return what lies at a point: voxel and value in each series, vertebral level."""
    if not case.series:
        return answer({"point": body.point, "v": None, "level": None, "series": {}})
    spine = spine_of(room, case)
    drawn_on = spine.cords[0].series if spine.cords else next(iter(case.series.values()))
    moved = mover(room, case, drawn_on if body.series is None else case.one(body.series))
    point = moved(body.point, drawn_on)
    level = None if point is None else spine.level_at(point)
    scheme = None if spine.scale is None else spine.scale.scheme
    return answer(
        {
            "point": body.point,
            "v": None if level is None else round(level, 3),
            "level": None if level is None or scheme is None else scheme.vertebra_at(level),
            "series": {key: _at(room, one, moved(body.point, one)) for key, one in case.series.items()},
        }
    )


@router.get("/audit/{case}")
def audit(room: InRoom, case: TheCase) -> Response:
    """Return what the reader did in a case."""
    return answer({"lines": list(room.log.lines(str(case.study)))})


def _at(room: Room, series: Series, point_mm: Vector | None) -> dict[str, object] | None:
    """Return the voxel nearest to a point and its value, or None where the series does not reach."""
    if point_mm is None:
        return None
    index = np.rint(series.geometry.to_index(point_mm)).astype(int)
    if not ((index >= 0) & (index < series.geometry.shape)).all():
        return None
    try:
        value = room.volume(series).array[tuple(index)]
    except RefusedError:
        return None
    return {"index": index, "value": value}
