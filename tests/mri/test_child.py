"""Work on untrusted bytes is bounded in time and memory."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mri.child import run_limited

MEMORY_BYTES = 512 << 20


def python(code: str, folder: Path, *, timeout_s: float = 20.0, told: bytes = b"") -> int:
    """Run some Python under the limits."""
    command = [sys.executable, "-c", code]
    return run_limited(command, timeout_s=timeout_s, memory_bytes=MEMORY_BYTES, folder=folder, told=told)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds the memory of another process")
def test_memory_is_bounded(tmp_path: Path) -> None:
    """Two gigabytes are not given; the process ends, this one does not."""
    ask = "import time; time.sleep(0.1); x = bytearray(2 << 30)"
    assert python(ask, tmp_path) != 0
    assert python(ask.replace("2 << 30", "2 << 20"), tmp_path) == 0


def test_time_is_bounded(tmp_path: Path) -> None:
    """A process that hangs is ended, and none is left behind."""
    start = time.monotonic()
    with pytest.raises(subprocess.TimeoutExpired):
        python("import time; time.sleep(60)", tmp_path, timeout_s=0.3)
    assert time.monotonic() - start < 10


def test_a_process_that_aborts_is_told(tmp_path: Path) -> None:
    """As a codec may that is given nonsense."""
    assert python("import os; os.abort()", tmp_path) != 0


def test_what_it_is_told_it_reads_and_what_it_says_is_dropped(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Messages of a codec may repeat a header."""
    code = "import sys; print('Plantagenet'); sys.exit(7 if sys.stdin.read() == 'hello' else 0)"
    assert python(code, tmp_path, told=b"hello") == 7
    assert "Plantagenet" not in "".join(capfd.readouterr())
