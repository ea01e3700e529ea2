"""Commands on a study's annotations: proposals and what is measured from them."""

from typing import Annotated

import typer

from mri.bids import StudyFolder
from pipeline.cli_answers import finish, study_config
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
