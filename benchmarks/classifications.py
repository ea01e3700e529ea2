"""Suggested readings of random planted lesions against what was planted: confusion by finding.

Two hundred lesions, forty ellipsoids and forty spindles take about ten minutes; ``python -m benchmarks.classifications
40`` fewer.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from benchmarks.clock import print_table
from benchmarks.planted_lesions import PlantedCase, planted_case, round_ended, spindle
from features.case import Case
from features.measure import measure_case
from features.parameters import FeatureParameters
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

Counts = Mapping[tuple[str, str], int]


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
            one.unsuggested,
            f"{few[one.finding].balanced_accuracy:.2f}",
            few[one.finding].unsuggested,
        )
        for one in whole
    ]
    header = ("finding", "lesions", "balanced accuracy", "none", "sagittal only", "none there")
    print_table(f"Suggested readings of {count} planted lesions (seed {seed})", header, rows)
    say()
    header_of_words = ("finding", "planted", "suggested")
    print_table("Planted word, and how often each word was suggested", header_of_words, _details(whole))
    for more, (shape, reshape) in enumerate(RESHAPED.items(), start=1):
        say()
        found = confusions(planted_case(number, seed + more, reshape) for number in range(RESHAPED_COUNT))
        print_table(f"The same of {RESHAPED_COUNT} {shape} (seed {seed + more})", header_of_words, _details(found))


def confusions(cases: Iterable[PlantedCase]) -> list[Confusion]:
    """Measure cases of one lesion and count what was suggested for what was planted."""
    counts: dict[str, Counter[tuple[str, str]]] = {name: Counter() for name in FINDINGS}
    for one in cases:
        (row,) = measure_case(one.case, _PARAMETERS).lesions
        for name, planted in one.words.items():
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
