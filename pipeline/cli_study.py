"""Commands that make, check and carry through a whole study."""

from pathlib import Path
from typing import Annotated

import typer

from mri.bids import StudyFolder
from mri.problems import RefusedError, error
from pipeline.cli_answers import finish, records, study_config
from pipeline.cli_options import (
    CodebookOption,
    ConfigOption,
    ExecutorOption,
    IdsOption,
    JobsOption,
    JsonOption,
    KeyOption,
    ParticipantOption,
    SchedulerOption,
    SourceArgument,
    StudyArgument,
)
from pipeline.console import exit_status, report_problems, say, say_json
from pipeline.ending import DONE, REFUSED
from pipeline.executors import ExecutorKind

commands = typer.Typer()


@commands.command()
def sample(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to make.")],
    patients: Annotated[int, typer.Option(min=1, help="Number of patients; the first four are fixed.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 0,
) -> None:
    """Make synthetic patients: DICOM, clinical.csv, ids.csv and the planted truth (lengths in mm).

    Example: iscm sample scans --patients 6 --seed 1
    """
    from sample_scans.sample import write_sample

    if out.exists() and any(out.iterdir()):
        raise RefusedError(error("folder_not_empty", out.name, "the folder is not empty; name a new one"))
    files = write_sample(out, patients=patients, seed=seed)
    say(f"{len(files)} files of {patients} synthetic patients in {out}")


@commands.command()
def ingest(
    source: SourceArgument,
    study: StudyArgument,
    ids: IdsOption = None,
    key: KeyOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take DICOM into a de-identified BIDS study; every file is accounted for in derivatives/ingest/series.csv.

    Example: iscm ingest dicom/ study/ --ids ids.csv
    """
    from pipeline.commands import ingest_source

    result = ingest_source(source, StudyFolder(root=study), study_config(config, study), ids=ids, key=key)
    report_problems(result.problems)
    summary = {"kept": result.kept, "set_aside": result.set_aside, "quarantined": result.quarantined}
    if as_json:
        say_json({**summary, "studies": [str(s) for s in result.studies], "problems": records(result.problems)})
    else:
        say(
            f"{len(result.studies)} sessions; series "
            + ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in summary.items())
        )
        say(f"account of every file: {StudyFolder(root=study).received_table}")
    raise typer.Exit(exit_status(result.problems))


@commands.command()
def reidentify(
    study: StudyArgument,
    out: Annotated[Path, typer.Argument(metavar="FILE", help="CSV to write, outside the study (mode 0600).")],
    key: KeyOption = None,
) -> None:
    """Write which patient and which true day each session is (shift in days); only where the key and ids.csv are.

    Example: iscm reidentify study/ private/who-is-who.csv
    """
    from mri.reidentification import write_reidentification
    from pipeline.flow import require_study

    say(f"{write_reidentification(require_study(study), out, key)} sessions in {out}; keep it from others")


@commands.command()
def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Study folder, clinical table, plan or configuration.")],
    ids: IdsOption = None,
    codebook: CodebookOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name every problem of a study, a clinical table or a plan, with where it is and how to mend it.

    Example: iscm check clinical.csv
    """
    from pipeline.checks import check_path

    problems = check_path(path, ids, study_config(config, path), codebook)
    report_problems(problems, notes=True)
    failures = exit_status(problems)
    if as_json:
        say_json({"path": path.name, "problems": records(problems)})
    elif not failures:
        say(f"{path.name}: no error, {len(problems)} remarks" if problems else f"{path.name}: nothing to mend")
    raise typer.Exit(REFUSED if failures else DONE)


@commands.command()
def run(
    source: SourceArgument,
    study: StudyArgument,
    clinical: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Clinical table; without it: no analysis.")
    ] = None,
    plan: Annotated[str, typer.Option(metavar="NAME|FILE", help="Plan of the analysis.")] = "diehn2015",
    ids: IdsOption = None,
    key: KeyOption = None,
    participant_label: ParticipantOption = None,
    executor: ExecutorOption = ExecutorKind.PROCESSES,
    jobs: JobsOption = 2,
    scheduler: SchedulerOption = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Only the sessions that failed last time.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything in one go, without a reader: ingest, propose, measure, join, analyse. Resumes where it was stopped.

    Example: iscm run dicom/ study/ --clinical clinical.csv --plan diehn2015
    """
    from pipeline.flow import Workers
    from pipeline.run import RunOptions, run_all

    options = RunOptions(
        clinical=clinical,
        plan=plan,
        ids=ids,
        key=key,
        participants=tuple(participant_label or ()),
        workers=Workers(kind=executor, jobs=jobs, scheduler=scheduler),
        retry_failed=retry_failed,
        dry_run=dry_run,
    )
    result = run_all(source, study, study_config(config, study), options)
    finish(result.problems, as_json, *result.said)
