"""How a command ends: every exception becomes a message and the exit status that scripts rely on."""

from typing import Any

import typer

from mri.problems import Problem, RefusedError, StoppedError
from mri.trouble import trouble_of
from pipeline.console import complain, report_problems

VERBOSE = ("-v", "--verbose")
DONE, SOME_FAILED, REFUSED, INTERNAL_ERROR, INTERRUPTED = 0, 1, 2, 3, 130


def run_to_status(app: typer.Typer, arguments: list[str]) -> int:
    """Run one command and return its exit status; nothing is raised."""
    from pipeline.batch import unexpected

    try:
        returned: Any = app(args=_verbose_first(arguments), standalone_mode=False)
    except RefusedError as refused:
        report_problems(refused.problems)
        return REFUSED
    except StoppedError as stopped:
        report_problems(stopped.problems)
        return SOME_FAILED
    except typer.Exit as ended:
        return int(ended.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        complain("interrupted; nothing is half-written, run the same command again")
        return INTERRUPTED
    except Exception as failure:  # noqa: BLE001 - the last line of defence: a bug becomes a message and a status
        return _usage_error(failure) or _trouble(failure) or _bug(unexpected("iscm", failure))
    return int(returned or DONE)


def _verbose_first(arguments: list[str]) -> list[str]:
    """Let ``-v`` stand after the command too, where people write it."""
    asked = [argument for argument in arguments if argument in VERBOSE]
    return [*asked[:1], *(argument for argument in arguments if argument not in VERBOSE)]


def _usage_error(failure: Exception) -> int:
    """Show a usage error of the command line as its library does; 0 if it is none."""
    show = getattr(failure, "show", None)
    if show is None:
        return 0
    show()
    return REFUSED


def _trouble(failure: Exception) -> int:
    """Name what is wrong with the disc; 0 if it is something else."""
    trouble = trouble_of(failure)
    if trouble is None:
        return 0
    report_problems([trouble])
    return REFUSED


def _bug(problem: Problem) -> int:
    complain(f"internal error: {problem}")
    return INTERNAL_ERROR
