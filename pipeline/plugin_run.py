"""One external command in a folder of its own: no shell, a time limit, its whole family ended after it."""

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from mri.problems import RefusedError, error

VERSION_LIMIT_S = 60.0
LONGEST_VERSION = 120
"""Characters of the version's first line that are recorded."""


def run_command(argv: Sequence[str], folder: Path, limit_s: float, where: str) -> None:
    """Run a command and wait for its end; what it prints is not shown, as it may repeat anything.

    Raises
    ------
    RefusedError
        If it is not there, runs too long, or ends with another status than 0.
    """
    status = _status(argv, folder, limit_s, where, subprocess.DEVNULL)[0]
    if status != 0:
        message = f"the program ended with status {status}; run its command by hand on one image to see why"
        raise RefusedError(error("plugin_failed", where, message))


def version_of(argv: Sequence[str], folder: Path, where: str) -> str:
    """Return the first line that a version command prints; empty where there is no such command."""
    if not argv:
        return ""
    text = _status(argv, folder, VERSION_LIMIT_S, where, subprocess.PIPE)[1]
    lines = text.decode("utf-8", errors="replace").split("\n")
    return "".join(c for c in lines[0].strip() if c.isprintable())[:LONGEST_VERSION]


def filled(argv: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return a command with its placeholders replaced; each value stays one argument, whatever it holds."""
    replaced = list(argv)
    for mark, value in values.items():
        replaced = [argument.replace("{" + mark + "}", value) for argument in replaced]
    return replaced


def _status(argv: Sequence[str], folder: Path, limit_s: float, where: str, output: int) -> tuple[int, bytes]:
    if shutil.which(argv[0]) is None:
        message = f"the program '{Path(argv[0]).name}' is not there; install it or mend its command in iscm.toml"
        raise RefusedError(error("plugin_missing", where, message))
    try:
        process = subprocess.Popen(
            list(argv),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as failure:
        message = f"the program cannot be started ({type(failure).__name__}); check its command"
        raise RefusedError(error("plugin_missing", where, message)) from failure
    try:
        text, _ = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired as late:
        message = f"not done after {limit_s:g} s and ended; raise timeout_s, or take a faster machine"
        raise RefusedError(error("plugin_timeout", where, message)) from late
    finally:
        _end(process)
    return process.returncode, text or b""


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the program and what it started: they share a group of their own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
