"""Discs on the border of an image, with another image beyond a gap: part of them is seen, the rest is reckoned."""

from collections.abc import Mapping

import numpy as np

from mri.geometry import FloatArray
from segmentation.disc_chain import Chain, Evidence

CUT_BY_BORDER = "disc_cut_by_image"


def cut_discs(evidence: Evidence, chain: Chain, s_mm: FloatArray, reach_mm: FloatArray) -> Mapping[int, float]:
    """Return the places of discs that the border of an image cuts, by their index: between their neighbours.

    Stations that do not meet leave a gap. Of a disc beside it only the edge away from the gap may be seen, and is taken
    for its middle. How far it lies towards the gap, the discs above and below say, with the usual heights; away from
    the gap, where the image shows the spine, no disc is moved, and none that a person named.

    Parameters
    ----------
    evidence : Evidence
    chain : Chain
    s_mm : ndarray
        Shape (n,): where the discs of the chain were found.
    reach_mm : ndarray
        Shape (n,): how far the signal of each belongs to it.
    """
    unseen = evidence.s_mm[~np.isfinite(evidence.signal)]
    gaps = [unseen[np.abs(unseen - s) <= reach] for s, reach in zip(s_mm, reach_mm, strict=True)]
    moved = {}
    for k in range(1, len(s_mm) - 1):
        if not len(gaps[k]) or len(gaps[k - 1]) or len(gaps[k + 1]) or chain.first + k in evidence.anchors:
            continue
        above, below = evidence.table.height_mm[chain.first + k - 2 : chain.first + k]
        share = above / (above + below)
        off = float(s_mm[k - 1] + share * (s_mm[k + 1] - s_mm[k - 1]) - s_mm[k])
        if abs(off) <= reach_mm[k] and off * (gaps[k].mean() - s_mm[k]) > 0:
            moved[k] = float(s_mm[k]) + off
    return moved
