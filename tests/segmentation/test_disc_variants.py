"""Fused vertebrae and other counts of vertebrae are suspected where the image shows them; usual spines are not."""

from dataclasses import replace

import numpy as np
import pytest

from segmentation.centreline import Centreline, fit_centreline
from segmentation.cord_profile import CordProfile
from segmentation.disc_chain import Chain, Evidence
from segmentation.disc_variants import LEVEL_VARIANT, variant_signs
from segmentation.discs import DiscProposal, propose_discs
from segmentation.levels import STANDARD
from segmentation.parameters import DiscParameters
from segmentation.spine_table import spine_table
from tests.segmentation.tube import bend_mm, cord_mask, disc_heights_mm, grid, scan

GRID = grid((13, 80, 190), (3.3, 1.1, 1.1))
TRUTH = disc_heights_mm("C4-C5", 85.0, -95.0)
TABLE = spine_table(STANDARD)
LAST = len(STANDARD.discs)


@pytest.fixture(scope="module")
def axis() -> Centreline:
    """Draw the true axis."""
    return fit_centreline([cord_mask(GRID)])


def proposed(axis: Centreline, discs: dict[str, float], named: str = "C7-T1") -> DiscProposal:
    """Propose discs from one named disc in an image that shows some."""
    z = TRUTH[named]
    place = (0.0, float(bend_mm(np.array(z))) - 12.0, z)
    return propose_discs([scan(GRID, discs=discs)], axis, known={named: place})


def test_a_fused_disc_is_named(axis: Centreline) -> None:
    """Where one disc is missing between others the proposal keeps its place in the count, and names it."""
    proposal = proposed(axis, {name: z for name, z in TRUTH.items() if name != "T2-T3"})
    assert LEVEL_VARIANT in proposal.flags
    assert proposal.discs is not None
    assert LEVEL_VARIANT in proposal.discs.flags
    assert proposal.provenance["variant_signs"] == ["no_disc:T2-T3"]
    below = axis.project([proposal.discs.points["T3-T4"]]).s_mm[0]
    z = TRUTH["T3-T4"]
    assert below == pytest.approx(axis.project([(0.0, float(bend_mm(np.array(z))) - 12.0, z)]).s_mm[0], abs=3)


def test_a_usual_spine_is_not_suspected(axis: Centreline) -> None:
    """All discs in their places give no flag."""
    proposal = proposed(axis, TRUTH)
    assert LEVEL_VARIANT not in proposal.flags
    assert proposal.provenance["variant_signs"] == []


def lumbar(first: str, to_value: int, *, below_mm: float = 60.0, tip_v: float = 20.9) -> tuple[Evidence, Chain]:
    """Make a clean signal of discs from one to another, as if an image showed them, and the chain through them."""
    start = round(STANDARD.disc_value(first))
    heights = [*TABLE.height_mm, TABLE.height_mm[-1]]
    at = 10.0 + np.concatenate([[0.0], np.cumsum(heights[start - 1 : to_value - 1])])
    s_mm = np.arange(0.0, at[-1] + below_mm)
    signal = sum(2.0 * np.exp(-0.5 * ((s_mm - s) / 2.5) ** 2) for s in at) - 0.3
    chained = at[: LAST - start + 1]
    tip = float(np.interp(tip_v, start + np.arange(len(at)), at))
    profile = CordProfile(s_mm=s_mm, ap_mm=np.full(len(s_mm), 6.0), widening_mm=None, tip_mm=tip)
    evidence = Evidence(signal=np.asarray(signal), s_mm=s_mm, profile=profile, anchors={start: 10.0}, table=TABLE)
    return evidence, Chain(first=start, s_mm=chained, scale=1.0, log_offset=0.0, score=0.0)


def signs(evidence: Evidence, chain: Chain) -> tuple[str, ...]:
    """Return the signs under the usual parameters."""
    return variant_signs(evidence, chain, STANDARD, DiscParameters())


def test_the_usual_count_down_to_the_sacrum_is_not_suspected() -> None:
    """Twenty-five values with nothing below the last are as they should be."""
    assert signs(*lumbar("T6-T7", LAST)) == ()


def test_one_disc_too_many_is_seen() -> None:
    """A disc below the lumbosacral one means a vertebra more (T13 or L6), or a wrong name above."""
    assert signs(*lumbar("T6-T7", LAST + 1)) == ("disc_below:L5-S1",)


def test_one_disc_too_few_is_seen() -> None:
    """A last disc without signal, or a level of nothing in view below a shorter chain, means a vertebra less."""
    evidence, chain = lumbar("T6-T7", LAST - 1)
    assert signs(evidence, chain) == ("no_disc:L5-S1",)
    forced = replace(chain, s_mm=np.append(chain.s_mm, chain.s_mm[-1] + TABLE.height_mm[-1]))
    assert signs(evidence, forced) == ("no_disc:L5-S1",)


def test_an_odd_level_of_the_conus_is_seen() -> None:
    """A cord that would end two levels below the usual is named with its level."""
    assert signs(*lumbar("T6-T7", LAST, tip_v=22.8)) == ("conus:L3",)


def test_an_odd_distance_is_seen_and_a_named_disc_is_believed() -> None:
    """A distance 40 % too long is named; a disc that a person marked is there even where nothing shows."""
    evidence, chain = lumbar("T6-T7", LAST, below_mm=14.0)
    moved = chain.s_mm.copy()
    moved[3:] += 0.4 * TABLE.height_mm[chain.first + 1]
    shifted = replace(evidence, signal=np.full(len(evidence.s_mm), 1.0))
    assert signs(shifted, replace(chain, s_mm=moved)) == ("spacing:T9-T10",)
    silent = evidence.signal.copy()
    silent[:20] = -0.5
    assert signs(replace(evidence, signal=silent), chain) == ()
