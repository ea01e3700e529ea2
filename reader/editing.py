"""Corrections worked out on what the page shows: the cord near clicks, empty slices filled, a lesion divided."""

import time
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import numpy as np

from mri.geometry import Vector
from mri.problems import RefusedError
from mri.study import Series
from mri.volume import LabelMap
from reader.bodies import BoxMask
from reader.cases import OpenCase
from reader.encoding import unpacked
from reader.failures import refuse, unusable
from reader.growing import mask_answer, proposed_cord
from reader.room import Room
from reader.spine import spine_of
from segmentation.annotation import AUTO
from segmentation.cord_edit import correct_cord
from segmentation.fill_slices import fill_between, slice_axis
from segmentation.regions import LESION_REGIONS, Region
from segmentation.relabel import free_label, split_at_clicks, split_at_cord


def shown_labels(room: Room, series: Series, region: Region, sent: BoxMask | None) -> LabelMap:
    """Return the labels that a correction is of: those that the page sent, else the saved ones, else the proposed ones.

    Raises
    ------
    RequestError
        422 if nothing is drawn.
    """
    if sent is not None:
        return LabelMap(array=unpacked(sent.box, sent.data, series.geometry.shape), geometry=series.geometry)
    authors = (room.reader,) if region in LESION_REGIONS else (room.reader, AUTO)
    for author in authors:
        mask = room.mask(series, region, author)
        if mask is not None and mask.labels.array.any():
            return mask.labels
    message = "nothing is drawn here yet; draw it first"
    raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "nothing_drawn", f"{series.name}, {region.value}", message)


def corrected_cord(room: Room, series: Series, clicks: Sequence[Vector], sent: BoxMask | None) -> Mapping[str, object]:
    """Return the cord led through clicks: corrected near them where it is drawn, else found anew.

    Raises
    ------
    RequestError
        422 if it cannot be.
    """
    began = time.perf_counter()
    is_drawn = sent is not None or any(room.mask(series, Region.CORD, who) for who in (room.reader, AUTO))
    if not clicks or not is_drawn:
        return proposed_cord(room, series, clicks)
    try:
        cord = shown_labels(room, series, Region.CORD, sent)
        options = room.settings.segmentation.cord
        found = correct_cord(room.volume(series), series.weighting, cord, clicks, parameters=options)
    except RefusedError as refused:
        raise unusable(refused) from refused
    answer = mask_answer(found.labels.array, began, score=None, flags=())
    return {**answer, "axis": found.axis, "sections": found.sections}


def filled(
    room: Room,
    series: Series,
    region: Region,
    label: int,
    *,
    axis: int | None,
    between: tuple[int | None, int | None],
    sent: BoxMask | None,
) -> Mapping[str, object]:
    """Return one label with its empty slices filled between drawn ones.

    Parameters
    ----------
    axis : int or None
        Index axis across the slices; None: the thickest side of a voxel.
    between : tuple of int or None
        First and last slice that count; None: all.
    """
    began = time.perf_counter()
    labels = shown_labels(room, series, region, sent)
    through = slice_axis(labels) if axis is None else axis
    first, last = between
    outside = np.ones(labels.geometry.shape[through], dtype=bool)
    outside[slice(first, None if last is None else last + 1)] = False
    array = np.moveaxis(labels.array.copy(), through, 0)
    array[outside] = 0
    seen = LabelMap(array=np.moveaxis(array, 0, through), geometry=labels.geometry)
    made = fill_between(seen, label, through)
    whole = (made.array == label) | (labels.array == label)
    return mask_answer(whole.astype(np.uint8) * np.uint8(label), began, score=None, flags=())


def divided(
    room: Room,
    case: OpenCase,
    series: Series,
    region: Region,
    label: int,
    clicks: Sequence[Vector],
    sent: BoxMask | None,
) -> Mapping[str, object]:
    """Return all labels with one of them divided: across the cord at one click, or between several clicks.

    Raises
    ------
    RequestError
        422 if the label is not there, or cannot be divided there.
    """
    began = time.perf_counter()
    labels = shown_labels(room, series, region, sent)
    used = [labels, *(mask.labels for mask in room.own(case).masks if mask.region in LESION_REGIONS)]
    try:
        if len(clicks) > 1:
            fresh = _fresh(used, len(clicks) - 1)
            made = split_at_clicks(labels, label, clicks, fresh)
        else:
            fresh = _fresh(used, 1)
            axis = spine_of(room, case).axis
            if axis is None:
                message = "no cord is drawn, so that nobody knows where across is; draw the cord, or click twice"
                raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "cord_missing", series.name, message)
            made = split_at_cord(labels, label, clicks[0], axis, fresh[0])
    except RefusedError as refused:
        raise unusable(refused) from refused
    return {**mask_answer(made.array, began, score=None, flags=()), "new_labels": fresh}


def _fresh(used: Sequence[LabelMap], count: int) -> list[int]:
    """Return numbers that no mask of the reader uses: findings are kept under them."""
    first = free_label(used)
    taken = {label for labels in used for label in labels.labels()}
    free = (number for number in range(first, first + len(taken) + count) if number not in taken)
    return [next(free) for _ in range(count)]
