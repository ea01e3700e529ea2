"""Taking over what the program proposed: a candidate lesion, or all of the cord or the discs once looked at."""

from dataclasses import replace
from http import HTTPStatus

import numpy as np
from numpy.typing import NDArray

from mri.problems import RefusedError
from mri.study import Series
from mri.volume import LabelMap
from reader.cases import OpenCase
from reader.failures import refuse, unusable, written
from reader.marks import check_unsigned, current_etag, own_mask, save_discs, save_mask
from reader.progress import begun, load_progress, save_progress
from reader.room import Room
from reader.shelf import NONE
from segmentation.annotation import AUTO
from segmentation.disc_files import discs_as_json
from segmentation.regions import LESION_REGIONS, Region

DISCS = "discs"


def accept(room: Room, case: OpenCase, series: Series, region: Region, label: int, if_match: str | None) -> str:
    """Copy a proposed lesion into the reader's mask, under the same number, and return the mask's etag.

    Raises
    ------
    RequestError
        404 if there is no such candidate; 409, 412, 507 as a save.
    """
    where = _candidate(room, series, region, label)
    try:
        mine = room.mask(series, region, room.reader)
    except RefusedError as refused:
        raise unusable(refused) from refused
    array = np.zeros(series.geometry.shape, dtype=np.uint8) if mine is None else mine.labels.array.astype(np.uint8)
    array[where] = label
    made = own_mask(room, series, region, LabelMap(array=array, geometry=series.geometry), started_from=AUTO)
    seen = current_etag(room, series, region) if if_match is None else if_match
    etag = save_mask(room, case, made, seen, started_from="auto")
    _note_decision(room, case, series, region, label, rejected=False)
    return etag


def reject(room: Room, case: OpenCase, series: Series, region: Region, label: int) -> None:
    """Record that a proposed lesion is none.

    Raises
    ------
    RequestError
        404 if there is no such candidate; 409 in a signed read.
    """
    _candidate(room, series, region, label)
    with room.shelf.alone(case.study):
        check_unsigned(room, case)
    _note_decision(room, case, series, region, label, rejected=True)


def take_over(room: Room, case: OpenCase, what: str) -> None:
    """Copy what is approved from the proposals where the reader has drawn none: the reading then stands by itself.

    Raises
    ------
    RequestError
        409, 412, 507 as a save.
    """
    if what == DISCS:
        proposed = room.discs(case.study, AUTO, [])
        if proposed is not None and not room.folder.discs(case.study, room.reader).is_file():
            # a person has looked at them: they are no longer unconfirmed
            save_discs(room, case, discs_as_json(replace(proposed, flags=())), NONE, started_from="auto")
        return
    if what not in {region.value for region in Region if region not in LESION_REGIONS}:
        return
    region = Region(what)
    for series in case.loaded.series:
        mask = room.mask(series, region, AUTO)
        if mask is not None and room.mask(series, region, room.reader) is None:
            made = own_mask(room, series, region, mask.labels, started_from=AUTO)
            save_mask(room, case, made, NONE, started_from="auto")


def _candidate(room: Room, series: Series, region: Region, label: int) -> NDArray[np.bool_]:
    try:
        mask = room.mask(series, region, AUTO) if region in LESION_REGIONS else None
    except RefusedError as refused:
        raise unusable(refused) from refused
    where: NDArray[np.bool_] | None = None if mask is None else np.asarray(mask.labels.array == label)
    if where is None or not where.any():
        message = f"no proposed lesion {label} here"
        raise refuse(HTTPStatus.NOT_FOUND, "candidate_unknown", f"{series.name}, {region.value}", message)
    return where


def _note_decision(room: Room, case: OpenCase, series: Series, region: Region, label: int, *, rejected: bool) -> None:
    name = f"{region.value}:{series.name}:{label}"
    with room.shelf.alone(case.study), written():
        room.log.append("candidate", str(case.study), candidate=name, decision="reject" if rejected else "accept")
        progress = begun(load_progress(room.places, case.study))
        taken = tuple(one for one in progress.accepted if one != name)
        refused = tuple(one for one in progress.rejected if one != name)
        taken, refused = (taken, (*refused, name)) if rejected else ((*taken, name), refused)
        save_progress(room.places, case.study, replace(progress, accepted=taken, rejected=refused))
