"""How long the command line takes to answer, beside a bare interpreter."""

import subprocess
import sys
import time

from pipeline.console import say

ROUNDS = 7


def report() -> None:
    """Print the least wall time of several starts."""
    bare = _least("-c", "pass")
    answered = _least("-m", "pipeline.cli", "--help")
    say("start: iscm --help, least wall seconds of 7 (aim < 0.5)")
    say(f"  bare interpreter {bare:.2f}, iscm --help {answered:.2f}")


def _least(*arguments: str) -> float:
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        times.append(time.perf_counter() - started)
    return min(times)
