"""Commands from the tables on: clinical data, prognosis, dictionary."""

from pathlib import Path
from typing import Annotated

import typer

from mri.bids import StudyFolder
from mri.problems import RefusedError, error
from pipeline.cli_answers import records, study_config
from pipeline.cli_options import (
    CodebookOption,
    ConfigOption,
    IdsOption,
    JsonOption,
    KeyOption,
    StudyArgument,
)
from pipeline.console import exit_status, report_problems, say, say_json

commands = typer.Typer()


@commands.command()
def join(
    study: StudyArgument,
    clinical: Annotated[Path, typer.Argument(metavar="CLINICAL", help="Clinical table, CSV or Excel.")],
    ids: IdsOption = None,
    key: KeyOption = None,
    dates: Annotated[str | None, typer.Option(metavar="original|shifted|days", help="Timeline of its dates.")] = None,
    codebook: CodebookOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Join features and clinical table into derivatives/analysis/cohort.csv (days), and list what did not match.

    Example: iscm join study/ clinical.csv
    """
    from pipeline.commands import join_clinical

    settings = study_config(config, study)
    result = join_clinical(study, clinical, settings, ids=ids, key=key, dates=dates, codebook=codebook)
    report_problems(result.problems)
    if as_json:
        say_json({"n": len(result.rows), "counts": dict(result.counts), "problems": records(result.problems)})
    else:
        say(f"{len(result.rows)} patients, {len(result.unmatched)} on one side only: {StudyFolder(root=study).cohort}")
    raise typer.Exit(exit_status(result.problems))


@commands.command()
def analyse(
    cohort: Annotated[
        Path, typer.Argument(metavar="COHORT", help="Study folder, or any CSV that meets the dictionary.")
    ],
    plan: Annotated[str, typer.Option(metavar="NAME|FILE", help="diehn2015, lv2019, or a file.")] = "diehn2015",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder [STUDY/derivatives/analysis/PLAN].")] = None,
    other_reader: Annotated[
        Path | None,
        typer.Option(metavar="COHORT2", help="Cohort table of another reader: adds the range between both."),
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the prognostic analysis of a plan: tables, Kaplan-Meier figures, results.json, report.html (days).

    Example: iscm analyse study/ --plan diehn2015
    """
    from pipeline.commands import analyse_path

    result = analyse_path(cohort, plan, out, study_config(config, cohort), other_reader)
    report_problems(result.problems)
    if as_json:
        say((result.report.parent / "results.json").read_text(encoding="utf-8"))
    else:
        say(f"report: {result.report}")
    raise typer.Exit(exit_status(result.problems))


@commands.command()
def dictionary(
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    as_json: JsonOption = False,
    as_md: Annotated[bool, typer.Option("--md", help="As Markdown [default].")] = False,
) -> None:
    """Print every column: name, table, unit, type, codes, definition, published table.

    Example: iscm dictionary --csv > dictionary.csv
    """
    from pipeline.checks import whole_dictionary

    chosen = "csv" if as_csv else "json" if as_json else "md"
    if as_csv + as_json + as_md > 1:
        raise RefusedError(error("one_format", "dictionary", "choose one of --csv, --json and --md"))
    say(whole_dictionary(chosen).rstrip("\n"))
