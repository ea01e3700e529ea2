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
    most_labels : int
        Integers of one mask: a spine has about 30 vertebrae and discs, a patient few intramedullary lesions; an 8-bit
        image or a probability map in percent has more.
    largest_share : float
        A structure that fills more of the series is implausible: cord and canal fill a few percent.
    largest_share_of_crop : float
        The same where files come alone: they may be cropped to the cord. An image or an inverted mask fills more.
    """

    same_place_mm: float = 0.01
    least_share_inside: float = 0.95
    large_change: float = 0.1
    most_labels: int = 30
    largest_share: float = 0.2
    largest_share_of_crop: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CordEditParameters:
    """How far a local correction of the cord reaches.

    Attributes
    ----------
    reach_mm : float
        Sections this far from a click are outlined again; a click's shift has faded to a third there.
    context_mm : float
        Sections this far beyond are looked at, not changed: signal level and smoothing need neighbours.
    lesion_margin_mm : float
        Sections this far from a marked lesion are outlined again.
    margin_mm : float
        In-plane border around the cord that is looked at: twice the reach of the rays.
    lesion_ceiling : float
        Where CSF is dark and a lesion is marked: intensities above this many times the cord's level are cut, so that
        enhancement makes no edge (the worst overlap rose from 0.63 to 0.90 in trials).
    """

    reach_mm: float = 40.0
    context_mm: float = 15.0
    lesion_margin_mm: float = 10.0
    margin_mm: float = 26.0
    lesion_ceiling: float = 1.08
