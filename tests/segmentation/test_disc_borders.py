"""A disc of which an image shows a part only, beside a gap, lies between its neighbours; all others stay as seen."""

from dataclasses import replace

import numpy as np
import pytest

from mri.volume import Volume
from segmentation.centreline import fit_centreline
from segmentation.disc_borders import CUT_BY_BORDER, cut_discs
from segmentation.disc_chain import Chain, Evidence
from segmentation.discs import DiscProposal, propose_discs
from segmentation.levels import STANDARD
from segmentation.spine_table import spine_table
from tests.segmentation.tube import bend_mm, cord_mask, disc_heights_mm, grid, scan

GRID = grid((13, 80, 190), (3.3, 1.1, 1.1))
TRUTH = disc_heights_mm("C4-C5", 85.0, -95.0)
AXIS = fit_centreline([cord_mask(GRID)])
CUT = "T1-T2"
HEIGHTS = spine_table().height_mm
FIRST = 10


def part(low_mm: float, high_mm: float) -> Volume:
    """Return the slab of an image between two heights."""
    image = scan(GRID, discs=TRUTH)
    z = GRID.origin_mm[2] + 1.1 * np.arange(GRID.shape[2])
    rows = np.flatnonzero((z >= low_mm) & (z <= high_mm))
    array = np.ascontiguousarray(image.array[:, :, rows])
    x, y, _ = GRID.origin_mm
    return Volume(array=array, geometry=replace(GRID, shape=array.shape, origin_mm=(x, y, float(z[rows[0]]))))


def proposed(images: list[Volume]) -> DiscProposal:
    """Propose discs from the named C5-C6."""
    z = TRUTH["C5-C6"]
    return propose_discs(images, AXIS, known={"C5-C6": (0.0, float(bend_mm(np.array(z))) - 12.0, z)})


def off_mm(found: DiscProposal, name: str) -> float:
    """Return how far along the cord a disc is off."""
    assert found.discs is not None
    z = TRUTH[name]
    true = (0.0, float(bend_mm(np.array(z))) - 12.0, z)
    return float(np.diff(AXIS.project([true, found.discs.points[name]]).s_mm)[0])


@pytest.mark.parametrize("shown_mm", [0.0, 1.5])
def test_a_disc_that_the_border_of_the_lower_image_cuts(shown_mm: float) -> None:
    """Two images that do not meet, and the lower one begins within a disc: it lies where it is, flagged and named."""
    z = TRUTH[CUT]
    found = proposed([part(z + shown_mm + 8.0, 110.0), part(-110.0, z + shown_mm)])
    assert abs(off_mm(found, CUT)) < 1.5
    assert CUT_BY_BORDER in found.flags
    assert found.provenance["cut"] == [CUT]


def test_images_that_overlap_cut_no_disc() -> None:
    """Where the border of one image cuts a disc that another one shows, nothing is reckoned."""
    z = TRUTH[CUT]
    found = proposed([part(z - 10.0, 110.0), part(-110.0, z)])
    assert CUT_BY_BORDER not in found.flags
    assert found.provenance["cut"] == []


def gapped(low_mm: float, high_mm: float, anchors: dict[int, float] | None = None) -> tuple[Evidence, Chain]:
    """Return five discs at the usual distances, the third 5 mm too low, and a signal with a gap."""
    s_mm = 20.0 + np.concatenate([[0.0], np.cumsum(HEIGHTS[FIRST - 1 : FIRST + 3])])
    every = np.arange(0.0, s_mm[-1] + 20.0)
    signal = np.where((every >= low_mm) & (every <= high_mm), np.nan, 0.0)
    s_mm[2] += 5.0
    evidence = Evidence(signal=signal, s_mm=every, profile=None, anchors=anchors or {}, table=spine_table(STANDARD))
    return evidence, Chain(first=FIRST, s_mm=s_mm, scale=1.0, log_offset=0.0, score=0.0)


def moved(evidence: Evidence, chain: Chain) -> dict[int, float]:
    """Return what is moved, by how much, where signal belongs to a disc within 9 mm."""
    found = cut_discs(evidence, chain, chain.s_mm, np.full(5, 9.0))
    return {k: round(s - float(chain.s_mm[k]), 6) for k, s in found.items()}


def test_it_is_moved_towards_the_gap_only() -> None:
    """A gap above draws it up to its place; with one below, the image above shows that no disc is there."""
    third = float(gapped(0, 0)[1].s_mm[2])
    assert moved(*gapped(third - 10, third - 7)) == {2: -5.0}
    assert moved(*gapped(third + 5, third + 8)) == {}
    assert moved(*gapped(third - 16, third - 12)) == {}


def test_named_discs_and_those_without_neighbours_stay() -> None:
    """A person's disc is believed; an end of a chain, or one beside another cut disc, has too few neighbours."""
    third = float(gapped(0, 0)[1].s_mm[2])
    assert moved(*gapped(third - 10, third - 7, {FIRST + 2: third})) == {}
    wide, chain = gapped(third - 30, third - 7)
    assert moved(wide, chain) == {}
    assert 0 not in moved(*gapped(12, 14))
