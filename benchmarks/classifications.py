"""Suggested readings of random planted lesions against what was planted: confusion by finding.

Two hundred lesions, forty ellipsoids and forty spindles take about ten minutes; ``python -m benchmarks.classifications
40`` fewer.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.clock import print_table
from benchmarks.planted_lesions import PlantedCase, planted_case, round_ended, spindle
from features.case import Case
from features.measure import measure_case
from features.parameters import FeatureParameters, SuggestionParameters
from mri.study import Plane
from pipeline.console import say

COUNT = 200
RESHAPED = {"ellipsoids": round_ended, "spindles": spindle}
"""Lesions beside the others: an ellipsoid tapers at both ends as a flame does, a spindle has a flame at each."""
RESHAPED_COUNT = 40
SEED = 2026
FINDINGS = (
    "position",
    "position_side",
    "cord_expansion",
    "t2_signal",
    "t1_signal",
    "cystic_change",
    "hemorrhage",
    "enhancement_pattern",
    "rim_sign",
    "flame_sign",
)
NONE = "–"
"""Stands for no suggestion."""
_PARAMETERS = FeatureParameters(intervals=False)
"""No suggestion rests on the perturbation ranges."""

DRAWS = 20_000
"""Random values for an interval: its second digit stays from seed to seed."""
EDGE_RATIO = SuggestionParameters().flame_edge_ratio
FLAME = "flame_sign"
"""Planted only where a lesion enhances."""

Counts = Mapping[tuple[str, str], int]
Seen = tuple[Mapping[str, str], Mapping[str, object]]
"""The planted words of a lesion, and its row as measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How often each planted word was suggested as which: pairs (planted, suggested) to counts."""

    finding: str
    counts: Counts

    @property
    def words(self) -> tuple[str, ...]:
        """Words that were planted."""
        return tuple(sorted({planted for planted, _ in self.counts}))

    def recall(self, word: str) -> float:
        """Return the share of lesions with a planted word for which it was suggested; no suggestion is a miss."""
        every = sum(n for (planted, _), n in self.counts.items() if planted == word)
        return self.counts.get((word, word), 0) / every

    @property
    def balanced_accuracy(self) -> float:
        """Mean of the recalls of all planted words."""
        return sum(self.recall(word) for word in self.words) / len(self.words)

    @property
    def interval(self) -> tuple[float, float]:
        """Interval that holds 95 % of what the balanced accuracy may be: each recall with its Jeffreys posterior.

        How many lesions have the rarest word is in it; that phantoms are no patients is not.
        """
        rng = np.random.default_rng(0)
        hits = [self.counts.get((word, word), 0) for word in self.words]
        every = [sum(n for (planted, _), n in self.counts.items() if planted == word) for word in self.words]
        recalls = [rng.beta(h + 0.5, n - h + 0.5, DRAWS) for h, n in zip(hits, every, strict=True)]
        low, high = np.quantile(np.mean(recalls, axis=0), (0.025, 0.975))
        return float(low), float(high)

    @property
    def lesions(self) -> int:
        """Number of lesions in which the finding was planted."""
        return sum(self.counts.values())

    @property
    def unsuggested(self) -> int:
        """Number of them without a suggestion."""
        return sum(n for (_, suggested), n in self.counts.items() if suggested == NONE)


def report(count: int = COUNT, seed: int = SEED) -> None:
    """Print the confusion of each finding, with all series and with sagittal ones only."""
    cases = [planted_case(number, seed) for number in range(count)]
    whole = confusions(cases)
    few = {one.finding: one for one in confusions([replace(c, case=without_axial(c.case)) for c in cases])}
    rows = [
        (
            one.finding,
            one.lesions,
            f"{one.balanced_accuracy:.2f}",
            "{:.2f}–{:.2f}".format(*one.interval),
            one.unsuggested,
            f"{few[one.finding].balanced_accuracy:.2f}",
            few[one.finding].unsuggested,
        )
        for one in whole
    ]
    header = ("finding", "lesions", "balanced accuracy", "95 %", "none", "sagittal only", "none there")
    print_table(f"Suggested readings of {count} planted lesions (seed {seed})", header, rows)
    say()
    header_of_words = ("finding", "planted", "suggested")
    print_table("Planted word, and how often each word was suggested", header_of_words, _details(whole))
    for more, (shape, reshape) in enumerate(RESHAPED.items(), start=1):
        say()
        seen = list(measured(planted_case(number, seed + more, reshape) for number in range(RESHAPED_COUNT)))
        title = f"The same of {RESHAPED_COUNT} {shape} (seed {seed + more})"
        print_table(title, header_of_words, _details(counted(seen)))
        say()
        say("Edge ratio of {} or more at both poles: {} of {} {}".format(EDGE_RATIO, *long_edges(seen), shape))


def confusions(cases: Iterable[PlantedCase]) -> list[Confusion]:
    """Measure cases of one lesion and count what was suggested for what was planted."""
    return counted(measured(cases))


def measured(cases: Iterable[PlantedCase]) -> Iterator[Seen]:
    """Measure cases of one lesion; give what was planted with its row."""
    for one in cases:
        (row,) = measure_case(one.case, _PARAMETERS).lesions
        yield one.words, row


def long_edges(seen: Iterable[Seen]) -> tuple[int, int]:
    """Return how many enhancing lesions have the edge ratio of a flame at both poles, and how many there are."""
    ratios = [[row[f"flame_{pole}_edge_ratio"] for pole in ("superior", "inferior")] for w, row in seen if FLAME in w]
    return sum(all(r is not None and float(str(r)) >= EDGE_RATIO for r in both) for both in ratios), len(ratios)


def counted(seen: Iterable[Seen]) -> list[Confusion]:
    """Count what was suggested for what was planted."""
    counts: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in FINDINGS}
    for words, row in seen:
        for name, planted in words.items():
            counts[name][planted, str(row[f"{name}_suggested"] or NONE)] += 1
    return [Confusion(finding=name, counts=counts[name]) for name in FINDINGS if counts[name]]


def without_axial(case: Case) -> Case:
    """Return a case as of a session without axial series."""
    kept = tuple(series for series in case.series if series.plane is not Plane.AXIAL)
    return replace(case, series=kept, masks=tuple(m for m in case.masks if m.series.plane is not Plane.AXIAL))


def _details(found: Iterable[Confusion]) -> list[tuple[str, str, str]]:
    rows = []
    for one in found:
        for word in one.words:
            hits = sorted((n, suggested) for (planted, suggested), n in one.counts.items() if planted == word)
            rows.append((one.finding, word, ", ".join(f"{suggested} {n}" for n, suggested in reversed(hits))))
    return rows


if __name__ == "__main__":
    report(*(int(text) for text in sys.argv[1:3]))
