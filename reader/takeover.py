"""Taking over what the program proposed: a candidate lesion, or all of the cord or the discs once looked at."""

from dataclasses import replace
from http import HTTPStatus

import numpy as np
from numpy.typing import NDArray

from mri.problems import RefusedError
from mri.study import Series
from mri.volume import LabelMap
from reader.cases import OpenCase, proposals
from reader.failures import refuse, unusable, written
from reader.marks import check_unsigned, current_etag, own_mask, save_discs, save_mask
from reader.progress import begun, load_progress, save_progress
from reader.room import Room
from reader.same_lesion import drawn_number
from reader.shelf import NONE
from segmentation.annotation import AUTO
from segmentation.disc_files import discs_as_json
from segmentation.regions import LESION_REGIONS, Region
from segmentation.relabel import free_label

DISCS = "discs"


def accept(
    room: Room, case: OpenCase, series: Series, region: Region, label: int, if_match: str | None
) -> tuple[str, int]:
    """Copy a proposed lesion into the reader's mask; return the mask's etag and the lesion's number there.

    The number is that of the reader's own lesion where they have drawn it, on whichever series; else the proposed one,
    unless the reader has given that to another lesion. What the reader has drawn is not painted over.

    Raises
    ------
    RequestError
        404 if there is no such candidate; 409, 412, 507 as a save.
    """
    _check_shown(room, case)
    where = _candidate(room, series, region, label)
    try:
        mine = room.mask(series, region, room.reader)
    except RefusedError as refused:
        raise unusable(refused) from refused
    array = np.zeros(series.geometry.shape, dtype=np.uint8) if mine is None else mine.labels.array.astype(np.uint8)
    number = _number(room, case, label)
    array[where & (array == 0)] = number
    made = own_mask(room, series, region, LabelMap(array=array, geometry=series.geometry), started_from=AUTO)
    seen = current_etag(room, series, region) if if_match is None else if_match
    etag = save_mask(room, case, made, seen, started_from="auto")
    _note_decision(room, case, series, region, label, rejected=False, number=number)
    return etag, number


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
    _check_shown(room, case)
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


def _check_shown(room: Room, case: OpenCase) -> None:
    """Refuse to take over proposals that were made anew since the case was opened: nobody has looked at those."""
    if proposals(room.folder, case.study) != case.proposals:
        message = "the proposals were made anew while the case was open; open it again and look at them"
        raise refuse(HTTPStatus.CONFLICT, "proposals_changed", case.study, message)


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


def _number(room: Room, case: OpenCase, label: int) -> int:
    """Return the number of a proposed lesion among the reader's: the same for its enhancement and its T2 region."""
    progress = load_progress(room.places, case.study)
    if label in progress.numbers:
        return progress.numbers[label]
    drawn = drawn_number(room, case, label)
    if drawn is not None:
        return drawn
    own = [mask.labels for mask in room.own(case).masks if mask.region in LESION_REGIONS]
    used = {number for labels in own for number in labels.labels()}
    return free_label(own) if label in used else label


def _note_decision(
    room: Room, case: OpenCase, series: Series, region: Region, label: int, *, rejected: bool, number: int | None = None
) -> None:
    name = f"{region.value}:{series.name}:{label}"
    with room.shelf.alone(case.study), written():
        room.log.append("candidate", str(case.study), candidate=name, decision="reject" if rejected else "accept")
        progress = begun(load_progress(room.places, case.study))
        taken = tuple(one for one in progress.accepted if one != name)
        refused = tuple(one for one in progress.rejected if one != name)
        taken, refused = (taken, (*refused, name)) if rejected else ((*taken, name), refused)
        numbers = progress.numbers if number is None else {**progress.numbers, label: number}
        made = replace(progress, accepted=taken, rejected=refused, numbers=numbers)
        save_progress(room.places, case.study, made)
