"""Suggested readings of planted lesions, a few of those that `benchmarks.classifications` counts."""

import pytest

from benchmarks.classifications import FINDINGS, Confusion, confusions, without_axial
from benchmarks.planted_lesions import PlantedCase, planted_case
from features.measure import measure_case

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


def test_balanced_accuracy_counts_no_suggestion_as_a_miss() -> None:
    """Three of four absent and one of two present, one of them without a suggestion: (3/4 + 1/2) / 2."""
    counts = {("absent", "absent"): 3, ("absent", "present"): 1, ("present", "present"): 1, ("present", "–"): 1}
    found = Confusion(finding="rim_sign", counts=counts)
    assert found.balanced_accuracy == pytest.approx(0.625)
    assert (found.lesions, found.unsuggested) == (6, 1)
