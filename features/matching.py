"""Which lesion of one session is which of another: along the level scale, or by a registration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from features.case import Matrix
from features.parameters import FollowUpParameters
from features.place import Place
from features.regions import Interval
from mri.geometry import FloatArray

Link = tuple[int, int]
"""lesion_id in the earlier and in the later session."""
_STRUCTURES = ("enh", "t2")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A lesion of one session: its row and its place."""

    row: Mapping[str, object]
    place: Place

    @property
    def id(self) -> int:
        """Number of the lesion in its session."""
        return self.place.lesion_id

    def extent(self, structure: str) -> Interval | None:
        """Return its ends in vertebral coordinates by enhancement or by T2, None where that is not known."""
        ends = [self.row[f"{structure}_v_{end}"] for end in ("from", "to")]
        return None if None in ends else (float(str(ends[0])), float(str(ends[1])))

    @property
    def levels(self) -> Interval | None:
        """Its extent by enhancement where it has one, else by T2."""
        return next((e for s in _STRUCTURES if (e := self.extent(s)) is not None), None)


def links(
    earlier: Sequence[Seen], later: Sequence[Seen], matrix: Matrix | None, parameters: FollowUpParameters
) -> frozenset[Link]:
    """Return the pairs of lesions that lie at one place.

    Parameters
    ----------
    earlier, later : sequence of Seen
    matrix : Matrix or None
        Rigid 4×4, later LPS mm from earlier LPS mm; None: the level scale says what is at one place.
    parameters : FollowUpParameters

    Notes
    -----
    First all that overlap enough, so that lesions may merge or split; then of those left over the nearest within reach.
    """
    near = {(a.id, b.id): _nearness(a, b, matrix, parameters) for a in earlier for b in later}
    found = {pair for pair, (share, _) in near.items() if share >= parameters.least_overlap_share}
    for pair in sorted(near, key=lambda p: near[p][1]):
        is_free = not any(pair[0] == a or pair[1] == b for a, b in found)
        if is_free and near[pair][1] <= 1.0:
            found.add(pair)
    return frozenset(found)


def can_match(one: Seen, matrix: Matrix | None) -> bool:
    """Return whether it can be told where a lesion would be in another session."""
    return matrix is not None or one.levels is not None


def _nearness(a: Seen, b: Seen, matrix: Matrix | None, parameters: FollowUpParameters) -> tuple[float, float]:
    """Return the overlap as a share of the smaller, and the gap in units of the reach; no overlap and inf if apart."""
    if matrix is not None:
        return _in_space(_moved(a.place.points_mm, matrix), b.place.points_mm, parameters)
    one, other = _comparable(a, b)
    if one is None or other is None or _is_beside(a.place, b.place, parameters):
        return 0.0, float("inf")
    gap = max(one[0], other[0]) - min(one[1], other[1])
    share = -gap / min(one[1] - one[0], other[1] - other[0])
    return share, max(gap, 0.0) / parameters.reach_levels


def _comparable(a: Seen, b: Seen) -> tuple[Interval | None, Interval | None]:
    """Return the extents of both by the same structure where both have it: a halo is longer than its lesion."""
    for structure in _STRUCTURES:
        one, other = a.extent(structure), b.extent(structure)
        if one is not None and other is not None:
            return one, other
    return a.levels, b.levels


def _is_beside(a: Place, b: Place, parameters: FollowUpParameters) -> bool:
    if a.offset_mm is None or b.offset_mm is None:
        return False
    return bool(np.linalg.norm(a.offset_mm - b.offset_mm) >= parameters.in_plane_mm)


def _in_space(one: FloatArray, other: FloatArray, parameters: FollowUpParameters) -> tuple[float, float]:
    there, back = (np.asarray(cKDTree(a).query(b)[0]) for a, b in ((other, one), (one, other)))
    share = max(float(np.mean(d <= parameters.near_mm)) for d in (there, back))
    return share, float(there.min()) / parameters.in_plane_mm


def _moved(points_mm: FloatArray, matrix: Matrix) -> FloatArray:
    rows = np.array(matrix)
    moved: FloatArray = points_mm @ rows[:3, :3].T + rows[:3, 3]
    return moved
