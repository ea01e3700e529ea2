"""What the program noted of its own proposals, for the numbers that rest on them (SEGMENTATION, Warn)."""

from collections.abc import Iterable, Mapping, Sequence

from segmentation.annotation import AUTO, Mask
from segmentation.cord import AREA_JUMP, LOW_SCORE, THICK_SLICES
from segmentation.regions import LESION_REGIONS, Region
from segmentation.session_cords import FROM_T1

CORD_WARNINGS = frozenset({LOW_SCORE, AREA_JUMP, THICK_SLICES, FROM_T1})
"""What limits numbers that rest on a proposed cord; its other flags say how one series was searched."""


def cord_flags(masks: Iterable[Mask]) -> frozenset[str]:
    """Return the flags of the proposed cord masks; what a reader drew or corrected carries none of them.

    They are: a low centreline score, a jump of the area between sections, thick slices that read low, and a cord taken
    from T1 where T2 hides it.
    """
    cords = (mask for mask in masks if mask.region is Region.CORD and mask.author == AUTO)
    return CORD_WARNINGS & {flag for mask in cords for flag in _listed(mask.provenance.get("flags"))}


def lesion_flags(masks: Iterable[Mask], lesion_id: int) -> frozenset[str]:
    """Return the flags of one proposed lesion in any series.

    They are: a contrast below three standard deviations of normal cord, a lesion that lies along the cord's edge, and
    one that the field of view cuts.
    """
    found: set[str] = set()
    for mask in masks:
        if mask.region in LESION_REGIONS and mask.author == AUTO:
            for record in _records(mask.provenance.get("lesions")):
                if record.get("lesion_id") == lesion_id:
                    found |= set(_of_candidates(record))
    return frozenset(found)


def _of_candidates(record: Mapping[str, object]) -> Iterable[str]:
    for kind in ("enhancing", "t2"):
        for candidate in _records(record.get(kind)):
            yield from _listed(candidate.get("flags"))


def _records(value: object) -> Sequence[Mapping[str, object]]:
    """Return the records of a sidecar's list; anything else, as an edited file may hold, is none."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _listed(value: object) -> list[str]:
    return [flag for flag in value if isinstance(flag, str)] if isinstance(value, list | tuple) else []
