"""Whether a reader has drawn the lesion that the program proposes: then it keeps the number the reader gave it."""

from collections import Counter

import numpy as np

from mri.volume import LabelMap
from reader.cases import OpenCase
from reader.frames import mover
from reader.room import Room
from segmentation.annotation import Mask
from segmentation.regions import LESION_REGIONS

SHARE = 0.25
"""Part of a proposal that lies in a drawn lesion for the two to be one: slices of 3 to 5 mm shift a pole by half of
one, two lesions share nothing, and a dab at the edge of a large proposal does not name it."""
_MOST_POINTS = 200
"""Enough for a share to be exact to a few hundredths."""


def drawn_number(room: Room, case: OpenCase, label: int) -> int | None:
    """Return the number of the reader's lesion that a proposed one lies in, on whichever series either was marked.

    The regions are held apart: two enhancing lesions may share one T2 hyperintensity.

    Parameters
    ----------
    label : int
        Of the proposed lesion: the same in each of its masks.

    Returns
    -------
    int or None
        None where the reader has not drawn it.
    """
    shares: dict[int, float] = {}
    own = [mask for mask in room.own(case).masks if mask.region in LESION_REGIONS]
    for proposed in room.auto(case).masks:
        for mask in own:
            if mask.region is proposed.region:
                for number, share in _shares(room, case, proposed, label, mask).items():
                    shares[number] = max(share, shares.get(number, 0.0))
    best = max(shares, key=lambda number: shares[number], default=None)
    return best if best is not None and shares[best] >= SHARE else None


def _shares(room: Room, case: OpenCase, proposed: Mask, label: int, own: Mask) -> dict[int, float]:
    """Return which part of a proposed lesion lies in each lesion of a drawn mask."""
    index = np.argwhere(proposed.labels.array == label)
    points = proposed.series.geometry.to_world(index[:: max(1, len(index) // _MOST_POINTS)])
    moved = mover(room, case, proposed.series)
    found = Counter(_label_at(own.labels, moved((float(x), float(y), float(z)), own.series)) for x, y, z in points)
    return {number: count / len(points) for number, count in found.items() if number}


def _label_at(labels: LabelMap, point_mm: tuple[float, float, float] | None) -> int:
    if point_mm is None or not labels.geometry.contains(point_mm):
        return 0
    nearest = np.rint(labels.geometry.to_index(point_mm)).astype(int)
    return int(labels.array[tuple(np.clip(nearest, 0, np.array(labels.array.shape) - 1))])
