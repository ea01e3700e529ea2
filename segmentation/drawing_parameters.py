"""Limits of what is imported and edited; apart from those of the proposals, which are redone when they change."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportParameters:
    """When a mask of another program is taken for drawn on a series.

    Attributes
    ----------
    same_place_mm : float
        Voxel centres within this distance are the same: headers are written in single precision or rounded.
    least_share_inside : float
        A mask of which less lies in the series belongs to another one; a little may reach over the edge of a thick
        slice.
    large_change : float
        Relative change of volume by resampling from which a mask is not to be relied on.
    """

    same_place_mm: float = 0.01
    least_share_inside: float = 0.95
    large_change: float = 0.1
