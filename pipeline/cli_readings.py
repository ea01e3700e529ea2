"""Commands on a study's annotations: proposals and what is measured from them."""

from pathlib import Path
from typing import Annotated

import typer

from mri.bids import StudyFolder
from pipeline.cli_answers import finish, records, study_config
from pipeline.cli_options import (
    AuthorOption,
    ConfigOption,
    ExecutorOption,
    IntervalsOption,
    JobsOption,
    JsonOption,
    ParticipantOption,
    SchedulerOption,
    StudyArgument,
)
from pipeline.console import complain, report_problems, say, say_json
from pipeline.executors import ExecutorKind

commands = typer.Typer()


@commands.command()
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
    result = propose_study(study, study_config(config, study), workers, participant_label or (), redo=redo)
    finish(result.problems, as_json, f"proposals of {len(result.studies)} sessions, author auto, unread")


@commands.command()
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
    settings = study_config(config, study).with_intervals(intervals)
    result = measure_study(study, settings, workers, participant_label or (), author)
    finish(
        result.problems,
        as_json,
        f"tables of {len(result.studies)} sessions: {StudyFolder(root=study).features(author)}",
    )


@commands.command("import-mask")
def import_mask(
    study: StudyArgument,
    mask: Annotated[Path, typer.Argument(metavar="MASK", help="NIfTI, NRRD (.seg.nrrd) or DICOM SEG; discs.json.")],
    participant: Annotated[str, typer.Option("--participant", metavar="P", help="Participant id.")],
    session: Annotated[str, typer.Option("--session", metavar="S", help="Session, e.g. 01.")],
    region: Annotated[
        str,
        typer.Option("--region", metavar="R", help="cord, canal, enhancing, t2hyper, cyst, hemorrhage, levels, discs."),
    ],
    on: Annotated[str, typer.Option("--on", metavar="SERIES", help="Series it was drawn on, e.g. sagCT2.")],
    author: Annotated[str, typer.Option("--author", metavar="NAME", help="Whose mask it is: letters and digits.")],
    label: Annotated[
        list[int] | None, typer.Option("--label", metavar="N", help="Integer in the mask; may be repeated.")
    ] = None,
    segment: Annotated[
        list[str] | None, typer.Option("--segment", metavar="NAME", help="Named segment; may be repeated.")
    ] = None,
    tool: Annotated[str, typer.Option("--tool", metavar="TEXT", help="Program that made it, with version.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over this author's mask; the old one is not kept.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bring a mask or vertebral levels of another program into a study (positions in mm, as in the file's header).

    Example: iscm import-mask study/ --participant a1 --session 01 --region cord --on sagCT2 --author AB cord.nii.gz
    """
    from mri.study import StudyId
    from pipeline.import_mask import ImportRequest
    from pipeline.import_mask import import_mask as import_file

    request = ImportRequest(
        study=StudyId(participant=participant.removeprefix("sub-"), session=session.removeprefix("ses-")),
        region=region,
        series=on,
        author=author,
        labels=tuple(label or ()),
        segments=tuple(segment or ()),
        tool=tool,
        replace=replace,
    )
    path, problems = import_file(study, mask, request)
    report_problems(problems)
    if as_json:
        say_json({"file": path.name, "problems": records(problems)})
    else:
        say(f"{path.name}, author {author}")


@commands.command()
def read(
    study: StudyArgument,
    reader: Annotated[str, typer.Option("--reader", metavar="NAME", help="Who reads, e.g. AB; or consensus.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0: any free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    config: ConfigOption = None,
) -> None:
    """Open the reading page for one reader, on this machine only; Ctrl+C ends it (positions in mm, LPS).

    Example: iscm read study/ --reader AB
    """
    from pipeline.flow import require_study
    from reader.room import Settings
    from reader.serve import check_reader, serve

    check_reader(reader)
    folder = require_study(study)
    chosen = study_config(config, study)
    settings = Settings(reading=chosen.reading, segmentation=chosen.segmentation, features=chosen.features)
    complain("research use only; the page is served to this machine alone, until Ctrl+C")
    serve(folder, reader, settings, port=port, browser=browser, say=say, warn=complain)
