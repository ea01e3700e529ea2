"""Suggested readings of planted lesions, a few of those that `benchmarks.classifications` counts."""

import pytest

from benchmarks.classifications import FINDINGS, FLAME, Confusion, confusions, long_edges, without_axial
from benchmarks.planted_lesions import PlantedCase, planted_case, random_lesion, spindle
from features.measure import measure_case
from sample_scans.seeds import stream
from sample_scans.spine import Spine

COUNT = 16
SEED = 11
LEAST = 0.7
"""Share of planted words that must be suggested over all findings; on 200 lesions it is above 0.9 (docs)."""


@pytest.fixture(scope="module")
def cases() -> list[PlantedCase]:
    """Scan sixteen random lesions."""
    return [planted_case(number, SEED) for number in range(COUNT)]


def test_most_planted_words_are_suggested(cases: list[PlantedCase]) -> None:
    """Over all findings nine of ten words come back; of each finding most do."""
    found = confusions(cases)
    assert {one.finding for one in found} == set(FINDINGS)
    hits = {one.finding: sum(one.counts.get((word, word), 0) for word in one.words) for one in found}
    assert sum(hits.values()) >= 0.9 * sum(one.lesions for one in found)
    assert [one.finding for one in found if hits[one.finding] < LEAST * one.lesions] == []


def test_without_axial_series_position_is_not_suggested(cases: list[PlantedCase]) -> None:
    """Position needs axial images; its reason is that there are none, and the other findings stay."""
    (row,) = measure_case(without_axial(cases[0].case)).lesions
    assert (row["position"], row["position_na_reason"]) == (None, "sequence_missing")
    assert row["t1_signal"] is not None


@pytest.mark.parametrize("number", range(4))
def test_a_spindle_has_the_body_that_it_was_made_of(number: int) -> None:
    """A flame of 7 mm above and below the same body, within the cord's levels; what does not enhance has none."""
    spine = Spine()
    lesion = random_lesion(stream(SEED, number), spine)
    made = spindle(lesion, spine)
    assert made.body_mm(spine) == pytest.approx(lesion.body_mm(spine), abs=0.01)
    assert made.flame == ("both" if lesion.enhances else "")
    assert made.t2_v[0] <= made.enh_v[0] < made.enh_v[1] <= made.t2_v[1]


def test_balanced_accuracy_counts_no_suggestion_as_a_miss() -> None:
    """Three of four absent and one of two present, one of them without a suggestion: (3/4 + 1/2) / 2."""
    counts = {("absent", "absent"): 3, ("absent", "present"): 1, ("present", "present"): 1, ("present", "–"): 1}
    found = Confusion(finding="rim_sign", counts=counts)
    assert found.balanced_accuracy == pytest.approx(0.625)
    assert (found.lesions, found.unsuggested) == (6, 1)


def test_the_interval_is_as_wide_as_its_rarest_word_is_rare() -> None:
    """All of a word told leaves doubt too, of 3 much, of 300 little; with misses it holds the balanced accuracy."""
    few, many = ({("yes", "yes"): n, ("no", "no"): 300} for n in (3, 300))
    low, high = Confusion(finding="rim_sign", counts=few).interval
    assert (low, high) == (pytest.approx(0.73, abs=0.02), pytest.approx(1.0, abs=0.005))
    assert Confusion(finding="rim_sign", counts=many).interval[0] > 0.99
    half = Confusion(finding="rim_sign", counts={("yes", "yes"): 5, ("yes", "no"): 5, ("no", "no"): 50})
    assert half.interval[0] < half.balanced_accuracy < half.interval[1]


def test_both_poles_are_counted_where_a_flame_can_be() -> None:
    """A lesion that does not enhance has no pole; one long edge is not two."""
    rows = [(2.5, 2.1), (2.5, 1.9), (None, 2.5)]
    seen = [({FLAME: "absent"}, {"flame_superior_edge_ratio": a, "flame_inferior_edge_ratio": b}) for a, b in rows]
    assert long_edges([*seen, ({"position": "central"}, {})]) == (1, 3)
