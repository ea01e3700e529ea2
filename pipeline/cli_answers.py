"""What the commands share once they have run: whose configuration, and how an ending is said."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from mri.bids import StudyFolder
from mri.problems import Problem
from pipeline.config import Config, load_config
from pipeline.console import exit_status, report_problems, say, say_json


def study_config(config: Path | None, study: Path) -> Config:
    """Return the configuration that is named, else the study's own where it has one."""
    own = StudyFolder(root=study).config
    return load_config(config or (own if own.is_file() else None))


def records(problems: Sequence[Problem]) -> list[dict[str, str]]:
    """Return problems as the records of a JSON summary."""
    return [problem.as_record() for problem in problems]


def finish(problems: Sequence[Any], as_json: bool, *said: str) -> None:
    """Print what a step over many sessions did, and exit with its status."""
    plain = [item.problem for item in problems]
    report_problems(plain)
    if as_json:
        say_json({"said": list(said), "problems": [item.as_record() for item in problems]})
    else:
        for line in said:
            say(line)
    raise typer.Exit(exit_status(plain))
