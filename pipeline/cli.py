"""The command line: each command parses, calls one function, prints, and returns an exit status."""

import sys
from typing import Annotated

import typer

from pipeline import cli_analysis, cli_files, cli_readings, cli_study
from pipeline.console import say, take_any_letter
from pipeline.ending import DONE, run_to_status

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Spinal MRI of intramedullary spinal cord metastases, turned into prognostic evidence. "
    "Research use only; not a medical device.",
)


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version.")] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show the log.")] = False,
) -> None:
    """Options of every command."""
    if version:
        from mri.version import software_version

        say(f"iscm {software_version()}")
        raise typer.Exit(DONE)
    if verbose:
        import logging

        logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
        for noisy in ("pydicom", "matplotlib", "fontTools", "distributed", "pynetdicom", "urllib3", "dicomweb_client"):
            # other libraries' words may repeat a header, and so an identifier
            logging.getLogger(noisy).setLevel(logging.CRITICAL)


for group in (cli_study, cli_readings, cli_files, cli_analysis):
    app.add_typer(group.commands)


def main() -> None:
    """Run the command line and exit with the status that CONTRACT gives each ending."""
    take_any_letter()
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: list[str]) -> int:
    """Run one command and return its exit status; nothing is raised."""
    return run_to_status(app, arguments)


if __name__ == "__main__":
    main()
