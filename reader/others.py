"""The other readers of a session, once both have signed: their marks and findings beside one's own (READING)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus

import numpy as np

from mri.study import Series
from reader.cases import OpenCase
from reader.consensus import signed_readers
from reader.failures import refuse, written
from reader.marks import saved_findings
from reader.progress import load_progress, save_progress
from reader.room import Room, read_masks
from segmentation.annotation import CONSENSUS, Annotation
from segmentation.disc_files import discs_as_json
from segmentation.findings import findings_as_json
from segmentation.regions import Region


def others(room: Room, case: OpenCase) -> Mapping[str, object]:
    """Return what the other readers who signed have drawn and found, and how far their masks agree with one's own.

    Raises
    ------
    RequestError
        403 as long as the reader's own read is not signed.
    """
    found = [_other(room, case, name) for name in _signed(room, case)]
    note_seen(room, case)
    return {"others": found}


def mask_of(room: Room, case: OpenCase, series: Series, region: Region, author: str) -> bytes:
    """Return another reader's mask, once both have signed.

    Raises
    ------
    RequestError
        403 as long as the own read is not signed; 404 where the other has not signed or drawn nothing here.
    """
    path = room.folder.mask(series, region.value, author) if author in _signed(room, case) else None
    if path is None or not path.is_file():
        message = "no signed reader of this name has drawn this"
        raise refuse(HTTPStatus.NOT_FOUND, "not_drawn", f"{series.name}, {region.value}", message)
    note_seen(room, case)
    return path.read_bytes()


def note_seen(room: Room, case: OpenCase) -> None:
    """Record that the reader is no longer blind to the others: a read that is unlocked now is not blinded."""
    with room.shelf.alone(case.study), written():
        room.log.append("others_seen", str(case.study))
        progress = load_progress(room.places, case.study)
        if not progress.saw_others:
            save_progress(room.places, case.study, replace(progress, saw_others=True))


def _signed(room: Room, case: OpenCase) -> tuple[str, ...]:
    own = saved_findings(room, case)
    if room.reader != CONSENSUS and (own is None or not own.signed):
        message = "other readers are shown once you have signed"
        raise refuse(HTTPStatus.FORBIDDEN, "others_hidden", case.study, message)
    return signed_readers(room, case.study)


def _other(room: Room, case: OpenCase, name: str) -> dict[str, object]:
    theirs = room.annotation(case, name)
    return {
        "reader": name,
        "findings": None if theirs.findings is None else findings_as_json(theirs.findings),
        "discs": None if theirs.discs is None else discs_as_json(theirs.discs),
        "structures": list(_agreement(case, room.own(case), theirs)),
    }


def _agreement(case: OpenCase, own: Annotation, theirs: Annotation) -> Iterator[dict[str, object]]:
    """Yield each structure that the other has drawn, with its Dice coefficient where both have, on the same series."""
    mine = read_masks(own)
    for (name, region), mask in read_masks(theirs).items():
        ours = mine.get((name, region))
        dice = None
        if ours is not None:
            one, other = ours.labels.array > 0, mask.labels.array > 0
            total = int(one.sum()) + int(other.sum())
            dice = round(2 * float(np.logical_and(one, other).sum()) / total, 4) if total else None
        yield {"region": region.value, "series": case.ids[name], "dice": dice}
