"""The command line: each command parses, calls one function, prints, and returns an exit status."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from mri.bids import StudyFolder
from mri.problems import Problem, RefusedError, error
from pipeline.cli_options import (
    AuthorOption,
    ConfigOption,
    ExecutorOption,
    IdsOption,
    IntervalsOption,
    JobsOption,
    JsonOption,
    KeyOption,
    ParticipantOption,
    SchedulerOption,
    SourceArgument,
    StudyArgument,
)
from pipeline.config import Config, load_config
from pipeline.console import exit_status, report_problems, say, say_json
from pipeline.ending import DONE, REFUSED, run_to_status
from pipeline.executors import ExecutorKind

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


@app.command()
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


@app.command()
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

    result = ingest_source(source, StudyFolder(root=study), _config(config, study), ids=ids, key=key)
    report_problems(result.problems)
    summary = {"kept": result.kept, "set_aside": result.set_aside, "quarantined": result.quarantined}
    if as_json:
        say_json({**summary, "studies": [str(s) for s in result.studies], "problems": _records(result.problems)})
    else:
        say(
            f"{len(result.studies)} sessions; series "
            + ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in summary.items())
        )
        say(f"account of every file: {StudyFolder(root=study).received_table}")
    raise typer.Exit(exit_status(result.problems))


@app.command()
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


@app.command()
def check(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="Study folder, clinical table, plan or configuration.")],
    ids: IdsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Name every problem of a study, a clinical table or a plan, with where it is and how to mend it.

    Example: iscm check clinical.csv
    """
    from pipeline.checks import check_path

    problems = check_path(path, ids, _config(config, path))
    report_problems(problems, notes=True)
    failures = exit_status(problems)
    if as_json:
        say_json({"path": path.name, "problems": _records(problems)})
    elif not failures:
        say(f"{path.name}: no error, {len(problems)} remarks" if problems else f"{path.name}: nothing to mend")
    raise typer.Exit(REFUSED if failures else DONE)


@app.command()
def propose(
    study: StudyArgument,
    participant_label: ParticipantOption = None,
    executor: ExecutorOption = ExecutorKind.PROCESSES,
    jobs: JobsOption = 2,
    scheduler: SchedulerOption = None,
    redo: Annotated[bool, typer.Option("--redo", help="Also where nothing has changed.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose cord, vertebral levels and lesions as author auto; a reader corrects them.

    Example: iscm propose study/
    """
    from pipeline.commands import propose_study
    from pipeline.flow import Workers

    workers = Workers(kind=executor, jobs=jobs, scheduler=scheduler)
    result = propose_study(study, _config(config, study), workers, participant_label or (), redo=redo)
    _finish(result.problems, as_json, f"proposals of {len(result.studies)} sessions, author auto, unread")


@app.command()
def measure(
    study: StudyArgument,
    author: AuthorOption = None,
    participant_label: ParticipantOption = None,
    executor: ExecutorOption = ExecutorKind.SERIAL,
    jobs: JobsOption = 2,
    scheduler: SchedulerOption = None,
    intervals: IntervalsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure annotations: lesions.csv and patients.csv (lengths in mm, extents in vertebral segments).

    Example: iscm measure study/ --author AB
    """
    from pipeline.commands import measure_study
    from pipeline.flow import Workers

    workers = Workers(kind=executor, jobs=jobs, scheduler=scheduler)
    settings = _config(config, study).with_intervals(intervals)
    result = measure_study(study, settings, workers, participant_label or (), author)
    _finish(
        result.problems,
        as_json,
        f"tables of {len(result.studies)} sessions: {StudyFolder(root=study).features(author)}",
    )


@app.command("propose-case")
def propose_case(
    image: Annotated[Path, typer.Option(help="NIfTI image.")],
    weighting: Annotated[str, typer.Option(metavar="T1w|T2w", help="Contrast of the image; it is never guessed.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the results.")],
    click: Annotated[
        list[str] | None, typer.Option(metavar="x,y,z", help="Point on the cord (LPS mm); may be repeated.")
    ] = None,
    disc: Annotated[
        list[str] | None, typer.Option(metavar="C2-C3=x,y,z", help="A known disc (LPS mm); may be repeated.")
    ] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose cord, centreline, discs and candidates of one image file, without a study folder (LPS mm).

    Example: iscm propose-case --image t2.nii.gz --weighting T2w --disc C2-C3=0.5,-12.0,84.0 --out proposal
    """
    from pipeline.single import propose_file

    summary, problems = propose_file(image, weighting, out, click or (), disc or (), load_config(config))
    report_problems(problems)
    if as_json:
        say_json(summary)
    else:
        say(f"{', '.join(summary['files'])} in {out}")


@app.command("measure-case")
def measure_case(
    enhancing: Annotated[Path | None, typer.Option(help="Mask of enhancing lesions.")] = None,
    t2hyper: Annotated[Path | None, typer.Option(help="Mask of T2 hyperintensity.")] = None,
    cord: Annotated[Path | None, typer.Option(help="Mask of the cord.")] = None,
    discs: Annotated[Path | None, typer.Option(help="discs.json, point labels or a level mask.")] = None,
    t1post: Annotated[Path | None, typer.Option(help="T1 image after contrast.")] = None,
    t1pre: Annotated[Path | None, typer.Option(help="T1 image before contrast.")] = None,
    t2w: Annotated[Path | None, typer.Option(help="T2 image.")] = None,
    intervals: IntervalsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure one case from files alone (mm, mm³, vertebral segments); what lacks its input is empty, with a flag.

    Example: iscm measure-case --enhancing lesion.nii.gz --cord cord.nii.gz --discs discs.json --json
    """
    from pipeline.single import CaseFiles, case_lines, measure_files

    files = CaseFiles(enhancing=enhancing, t2hyper=t2hyper, cord=cord, discs=discs, t1post=t1post, t1pre=t1pre, t2w=t2w)
    summary, problems = measure_files(files, load_config(config).with_intervals(intervals))
    report_problems(problems)
    if as_json:
        say_json(summary)
    else:
        for line in case_lines(summary):
            say(line)
    raise typer.Exit(exit_status(problems))


@app.command()
def join(
    study: StudyArgument,
    clinical: Annotated[Path, typer.Argument(metavar="CLINICAL", help="Clinical table, CSV or Excel.")],
    ids: IdsOption = None,
    key: KeyOption = None,
    dates: Annotated[str | None, typer.Option(metavar="original|shifted|days", help="Timeline of its dates.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Join features and clinical table into derivatives/analysis/cohort.csv (days), and list what did not match.

    Example: iscm join study/ clinical.csv
    """
    from pipeline.commands import join_clinical

    result = join_clinical(study, clinical, _config(config, study), ids=ids, key=key, dates=dates)
    report_problems(result.problems)
    if as_json:
        say_json({"n": len(result.rows), "counts": dict(result.counts), "problems": _records(result.problems)})
    else:
        say(f"{len(result.rows)} patients, {len(result.unmatched)} on one side only: {StudyFolder(root=study).cohort}")
    raise typer.Exit(exit_status(result.problems))


@app.command()
def analyse(
    cohort: Annotated[
        Path, typer.Argument(metavar="COHORT", help="Study folder, or any CSV that meets the dictionary.")
    ],
    plan: Annotated[str, typer.Option(metavar="NAME|FILE", help="diehn2015, lv2019, or a file.")] = "diehn2015",
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder [STUDY/derivatives/analysis/PLAN].")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the prognostic analysis of a plan: tables, Kaplan-Meier figures, results.json, report.html (days).

    Example: iscm analyse study/ --plan diehn2015
    """
    from pipeline.commands import analyse_path

    result = analyse_path(cohort, plan, out, _config(config, cohort))
    report_problems(result.problems)
    if as_json:
        say((result.report.parent / "results.json").read_text(encoding="utf-8"))
    else:
        say(f"report: {result.report}")
    raise typer.Exit(exit_status(result.problems))


@app.command()
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
    result = run_all(source, study, _config(config, study), options)
    _finish(result.problems, as_json, *result.said)


@app.command()
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


def main() -> None:
    """Run the command line and exit with the status that CONTRACT gives each ending."""
    sys.exit(status_of(sys.argv[1:]))


def status_of(arguments: list[str]) -> int:
    """Run one command and return its exit status; nothing is raised."""
    return run_to_status(app, arguments)


def _config(config: Path | None, study: Path) -> Config:
    """Return the configuration that is named, else the study's own where it has one."""
    own = StudyFolder(root=study).config
    return load_config(config or (own if own.is_file() else None))


def _records(problems: "list[Problem] | tuple[Problem, ...]") -> list[dict[str, str]]:
    return [problem.as_record() for problem in problems]


def _finish(problems: "tuple[Any, ...]", as_json: bool, *said: str) -> None:
    """Print what a step over many sessions did, and exit with its status."""
    plain = [item.problem for item in problems]
    report_problems(plain)
    if as_json:
        say_json({"said": list(said), "problems": [item.as_record() for item in problems]})
    else:
        for line in said:
            say(line)
    raise typer.Exit(exit_status(plain))


if __name__ == "__main__":
    main()
