"""``python -m benchmarks.proposals [discs|lesions|sessions ...] [COUNT]``: the studies of proposals, minutes each.

COUNT makes them smaller: phantoms of `discs` and `sessions`, lesions in a cell of `lesions`.
"""

import sys
from collections.abc import Callable, Sequence

from benchmarks import disc_study, lesion_grid, session_study
from benchmarks.clock import machine
from pipeline.console import complain, say

STUDIES: dict[str, tuple[Callable[[int], None], int]] = {
    "discs": (disc_study.report, disc_study.COUNT),
    "lesions": (lesion_grid.report, lesion_grid.PER_CELL),
    "sessions": (session_study.report, session_study.COUNT),
}
"""Each study with its usual size."""


def main(words: Sequence[str]) -> int:
    """Run the studies that are named, or all; return the exit status."""
    sizes = [int(word) for word in words if word.isdigit()]
    names = [word for word in words if not word.isdigit()] or list(STUDIES)
    unknown = [name for name in names if name not in STUDIES]
    if unknown:
        complain(f"no study {', '.join(unknown)}; there are {', '.join(STUDIES)}")
        return 2
    say(machine())
    for name in names:
        say()
        run, usual = STUDIES[name]
        run(sizes[0] if sizes else usual)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
