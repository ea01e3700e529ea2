"""Masks and discs of a read: what the page sends is checked against its series, rewritten and saved."""

import zlib
from collections.abc import Mapping
from http import HTTPStatus

from mri.bids import write_json
from mri.nifti import label_map_bytes, label_map_from_bytes
from mri.problems import Problem, RefusedError
from mri.study import Series
from mri.volume import LabelMap
from reader.cases import OpenCase
from reader.failures import refuse, unusable, written
from reader.gate import too_large
from reader.memory import stamp
from reader.progress import StartedFrom, begun, load_progress, save_progress
from reader.room import Room
from reader.shelf import content_of, etag_of
from segmentation.annotation import Mask
from segmentation.disc_files import discs_as_json, parse_discs
from segmentation.findings import Findings
from segmentation.regions import LESION_REGIONS, Region
from segmentation.store import mask_record, mask_sidecar, write_description

LARGEST_LABEL = 255
_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31
_HEADER_BYTES = 1 << 16
"""More than a NIfTI header with all its extensions needs."""
_LARGEST_VOXEL_BYTES = 8
METHOD = "reading page"


def region_of(name: str) -> Region:
    """Return a region by its name.

    Raises
    ------
    RequestError
        404 if there is none.
    """
    try:
        return Region(name)
    except ValueError:
        known = ", ".join(region.value for region in Region)
        raise refuse(HTTPStatus.NOT_FOUND, "region_unknown", name, f"no such structure; one of {known}") from None


def unpacked(body: bytes, series: Series, limit_bytes: int) -> bytes:
    """Return the bytes of a NIfTI that may be packed, never more than its series can need.

    Raises
    ------
    RequestError
        413 if it unpacks to more, 422 if it is damaged.
    """
    if not body.startswith(_GZIP):
        return body
    x, y, z = series.geometry.shape
    most = min(x * y * z * _LARGEST_VOXEL_BYTES + _HEADER_BYTES, limit_bytes)
    machine = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = machine.decompress(body, most)
        if machine.unconsumed_tail and machine.decompress(machine.unconsumed_tail, 1):
            raise too_large(limit_bytes)
    except zlib.error as failure:
        raise refuse(
            HTTPStatus.UNPROCESSABLE_ENTITY, "not_gzip", "mask", "damaged on the way; send it again"
        ) from failure
    if not machine.eof:
        raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "not_gzip", "mask", "cut off on the way; send it again")
    return content


def parse_mask(body: bytes, series: Series, region: Region, limit_bytes: int) -> LabelMap:
    """Return the mask that a page sent, on the grid of its series.

    Raises
    ------
    RequestError
        413, or 422 if it is no NIfTI, lies on another grid, or holds a label that the region does not have.
    """
    where = f"{series.name}, {region.value}"
    try:
        labels = label_map_from_bytes(unpacked(body, series, limit_bytes), where, series.geometry)
    except RefusedError as refused:
        raise unusable(refused) from refused
    largest = LARGEST_LABEL if region in LESION_REGIONS else 1
    found = int(labels.array.max(initial=0))
    if found > largest:
        message = f"label {found} is not known here; 0 to {largest} are"
        raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "label_unknown", where, message)
    return labels


def current_etag(room: Room, series: Series, region: Region) -> str:
    """Return the etag of the reader's own mask, ``none`` where there is none."""
    return etag_of(content_of(room.folder.mask(series, region.value, room.reader)))


def save_mask(
    room: Room,
    case: OpenCase,
    mask: Mask,
    if_match: str | None,
    started_from: StartedFrom | None = None,
) -> str:
    """Save a mask of the reader and return its etag.

    Raises
    ------
    RequestError
        409 in a signed read, 412, 428, 507.
    """
    content = label_map_bytes(mask.labels)
    path = room.folder.mask(mask.series, mask.region.value, room.reader)
    with room.shelf.alone(case.study):
        check_unsigned(room, case)
        with written():
            write_description(room.folder)
        details = {"region": mask.region.value, "labels": list(mask.labels.labels())}
        etag = room.shelf.save(case.study, path, content, if_match, **details)
        room.memory.put(("mask", path, stamp(path)), mask, mask.labels.array.nbytes)
        with written():
            write_json(mask_sidecar(path), mask_record(room.folder, mask, room.reader))
            touched(room, case, started_from)
    return etag


def own_mask(room: Room, series: Series, region: Region, labels: LabelMap, **provenance: object) -> Mask:
    """Return labels as a mask of the reader."""
    return Mask(
        region=region,
        series=series,
        labels=labels,
        author=room.reader,
        provenance={"method": METHOD, **provenance},
    )


def save_discs(
    room: Room, case: OpenCase, body: object, if_match: str | None, started_from: StartedFrom | None = None
) -> str:
    """Save the reader's discs and return their etag.

    Raises
    ------
    RequestError
        409 in a signed read, 412, 422, 428, 507.
    """
    try:
        discs = parse_discs(body, "discs")
    except RefusedError as refused:
        raise unusable(refused) from refused
    content = json_bytes(discs_as_json(discs))
    with room.shelf.alone(case.study):
        check_unsigned(room, case)
        with written():
            write_description(room.folder)
        path = room.folder.discs(case.study, room.reader)
        etag = room.shelf.save(case.study, path, content, if_match, discs=len(discs.points))
        with written():
            touched(room, case, started_from)
    return etag


def json_bytes(content: Mapping[str, object]) -> bytes:
    """Return a JSON file's bytes."""
    import json

    return (json.dumps(content, indent=2, ensure_ascii=True, allow_nan=False) + "\n").encode()


def touched(room: Room, case: OpenCase, started_from: StartedFrom | None = None) -> None:
    """Note that something was done in a session."""
    before = load_progress(room.places, case.study)
    after = begun(before, started_from)
    if after != before:
        save_progress(room.places, case.study, after)


def saved_findings(room: Room, case: OpenCase) -> Findings | None:
    """Return the reader's findings as they are saved.

    Raises
    ------
    RequestError
        409 if the file is there but cannot be read: whether it was signed stands in it.
    """
    problems: list[Problem] = []
    found = room.findings(case.study, room.reader, problems)
    if problems:
        path = room.folder.findings(case.study, room.reader)
        message = "the findings cannot be read, so nobody knows whether they are signed; mend the file, see iscm check"
        raise refuse(HTTPStatus.CONFLICT, "findings_unreadable", path.name, message)
    return found


def check_unsigned(room: Room, case: OpenCase) -> None:
    """Refuse to change a signed read.

    Raises
    ------
    RequestError
        409.
    """
    found = saved_findings(room, case)
    if found is not None and found.signed:
        message = "the read is signed; unlock it first, with a reason"
        raise refuse(HTTPStatus.CONFLICT, "read_signed", case.study, message)
