"""What the integers of lesion masks mean: which lesion a voxel belongs to, or only that it is lesion."""

from features.case import Case
from segmentation.annotation import Mask
from segmentation.regions import LESION_REGIONS

NUMBERING = "numbering"
"""Key of a mask's provenance; the value `BY_LESION` says that its integers are lesions even if there is only one."""
BY_LESION = "lesion_id"
_FULL = 255
"""What many programs write for "inside"; alone in a mask it is no number of a lesion."""


def is_numbered(case: Case) -> bool:
    """Return whether the integers of the masks are lesions: there are several, or the author says so.

    One and the same integer in all masks, whatever it is, tells lesion from background only, unless the provenance of
    a mask says that it is a number, or it is above 1 and the author has answered for a lesion of this number.
    """
    masks = [mask for mask in case.masks if mask.region in LESION_REGIONS]
    if any(mask.provenance.get(NUMBERING) == BY_LESION for mask in masks):
        return True
    values = {value for mask in masks for value in _values(mask)}
    read = set() if case.findings is None else set(case.findings.lesions)
    return len(values) > 1 or bool((values - {1}) & read)


def _values(mask: Mask) -> set[int]:
    values = set(mask.labels.labels())
    return {1} if values == {_FULL} else values
