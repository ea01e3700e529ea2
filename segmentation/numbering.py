"""One integer for one lesion in every mask of a session (CONTRACT): enhancing and T2, in every station."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from segmentation.lesions import Candidate
from segmentation.parameters import LesionParameters


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesion:
    """One lesion with what was seen of it.

    Attributes
    ----------
    number : int
        From 1, rostral to caudal.
    s_mm : tuple of float
        Ends along the cord of its enhancement, or of its T2 region where it has none.
    enhancing, t2 : tuple of Candidate
        Its regions, one for each series that shows it; a T2 region may belong to several lesions.
    """

    number: int
    s_mm: tuple[float, float]
    enhancing: tuple[Candidate, ...] = ()
    t2: tuple[Candidate, ...] = ()

    def record(self) -> dict[str, object]:
        """Return its scores and flags as JSON values."""
        return {
            "lesion_id": self.number,
            "enhancing": [candidate.record() for candidate in self.enhancing],
            "t2": [candidate.record() for candidate in self.t2],
        }


def number_lesions(
    enhancing: Sequence[Candidate],
    t2: Sequence[Candidate],
    enhanced_views_mm: Sequence[tuple[float, float]],
    options: LesionParameters,
) -> tuple[Lesion, ...]:
    """Give each lesion of one frame of reference its integer.

    Parameters
    ----------
    enhancing, t2 : sequence of Candidate
        From every series, with arc lengths on one axis: a lesion in two overlapping stations is one lesion.
    enhanced_views_mm : sequence of tuple of float
        Ranges of arc length in which enhancement was looked for.
    options : LesionParameters
    """
    bodies = [tuple(group) for group in _grouped(enhancing)]
    alone: list[tuple[Candidate, ...]] = []
    belonging: list[list[Candidate]] = [[] for _ in bodies]
    for group in _grouped(t2):
        reached = [k for k, body in enumerate(bodies) if _gap(_range(group), _range(body)) <= options.reach_mm]
        for k in reached:
            belonging[k] += group
        if not reached and _stands_alone(group, enhanced_views_mm, options):
            alone.append(tuple(group))
    found = [(_range(body), body, tuple(halo)) for body, halo in zip(bodies, belonging, strict=True)]
    found += [(_range(group), (), group) for group in alone]
    found.sort(key=lambda one: one[0])
    return tuple(
        Lesion(number=number, s_mm=s_mm, enhancing=body, t2=halo)
        for number, (s_mm, body, halo) in enumerate(found, start=1)
    )


def numbered_mask(candidate: Candidate, lesions: Sequence[Lesion], *, t2: bool) -> NDArray[np.uint8]:
    """Return the candidate's voxels with their lesion's integer; a shared region is divided at the nearest lesion."""
    owners = [lesion for lesion in lesions if candidate in (lesion.t2 if t2 else lesion.enhancing)]
    labels = np.zeros(candidate.mask.shape, dtype=np.uint8)
    if not owners:
        return labels
    s = candidate.contrast.s_mm[candidate.mask]
    distance = np.stack([np.maximum(np.maximum(own.s_mm[0] - s, s - own.s_mm[1]), 0.0) for own in owners])
    labels[candidate.mask] = np.array([own.number for own in owners], dtype=np.uint8)[distance.argmin(axis=0)]
    return labels


def _grouped(candidates: Sequence[Candidate]) -> list[list[Candidate]]:
    """Group candidates of several series that overlap along the cord; those of one series stay apart."""
    groups: list[list[Candidate]] = []
    for candidate in sorted(candidates, key=lambda one: one.s_mm):
        for group in groups:
            other_series = all(one.contrast is not candidate.contrast for one in group)
            if other_series and _gap(_range(group), candidate.s_mm) < 0:
                group.append(candidate)
                break
        else:
            groups.append([candidate])
    return groups


def _range(group: Sequence[Candidate]) -> tuple[float, float]:
    return min(one.s_mm[0] for one in group), max(one.s_mm[1] for one in group)


def _gap(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return the distance between two ranges, negative where they overlap."""
    return max(first[0], second[0]) - min(first[1], second[1])


def _stands_alone(
    group: Sequence[Candidate], enhanced_views_mm: Sequence[tuple[float, float]], options: LesionParameters
) -> bool:
    """Return whether a T2 region without enhancement is a lesion: nobody looked, or it is clear enough."""
    low, high = _range(group)
    looked = any(view[0] <= (low + high) / 2 <= view[1] for view in enhanced_views_mm)
    best = max(one.score for one in group)
    return not looked or (best >= options.t2_alone_score and high - low >= options.t2_alone_length_mm)
