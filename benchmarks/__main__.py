"""``python -m benchmarks [SECTION ...]``: print every section, or those that are named."""

import sys
from collections.abc import Callable, Sequence

from benchmarks import (
    accuracy_generated,
    accuracy_oracles,
    analyse,
    canal_volumes,
    cord_volumes,
    ingest,
    measure_case,
    reading_page,
    start,
)
from benchmarks.clock import machine
from pipeline.console import complain, say

SECTIONS: dict[str, Callable[[], None]] = {
    "start": start.report,
    "measure_case": measure_case.report,
    "ingest": ingest.report,
    "analyse": analyse.report,
    "accuracy_oracles": accuracy_oracles.report,
    "accuracy_generated": accuracy_generated.report,
    "cord_volumes": cord_volumes.report,
    "canal_volumes": canal_volumes.report,
    "reading_page": reading_page.report,
}


def main(names: Sequence[str]) -> int:
    """Run the sections; return the exit status."""
    unknown = [name for name in names if name not in SECTIONS]
    if unknown:
        complain(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")
        return 2
    say(machine())
    say("times are CPU seconds of all threads and child processes, the least of several runs where said")
    for name in names or SECTIONS:
        say()
        SECTIONS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
