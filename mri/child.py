"""Work on untrusted bytes in a process of its own, under a limit of time and memory."""

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path


def run_limited(command: Sequence[str], *, timeout_s: float, memory_bytes: int, folder: Path, told: bytes = b"") -> int:
    """Run a command to its end and return its exit status; what it prints is dropped, as it may repeat a header.

    Raises
    ------
    subprocess.TimeoutExpired
        After the process was ended.
    """
    # one thread: each thread of a numerical library reserves memory of its own
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        list(command),
        cwd=folder,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as child:
        _limit_memory(child.pid, memory_bytes)
        try:
            child.communicate(told, timeout=timeout_s)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            raise
        return child.returncode


def _limit_memory(process: int, memory_bytes: int) -> None:
    """Bound the memory of a process that was just started, where the system can."""
    try:
        import resource

        resource.prlimit(process, resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    except (ImportError, AttributeError, OSError, ValueError):
        # other systems lack it, and a process that has ended needs none
        return
