"""The arguments and options that several commands share, with their help."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.executors import ExecutorKind

StudyArgument = Annotated[Path, typer.Argument(metavar="STUDY", help="Study folder (BIDS).")]
SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="DICOM: a folder, a .zip, a DICOMDIR, one file, dimse://AETITLE@host:port or https://host/dicom-web.",
    ),
]
ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="Configuration [STUDY/iscm.toml].")]
IdsOption = Annotated[
    Path | None, typer.Option("--ids", metavar="FILE", help="CSV with source_patient_id,participant_id.")
]
KeyOption = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Secret key [STUDY.private/key].")]
CodebookOption = Annotated[
    Path | None,
    typer.Option("--codebook", metavar="FILE", help="REDCap data dictionary (CSV) of the clinical table."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a machine-readable summary.")]
ExecutorOption = Annotated[ExecutorKind, typer.Option("--executor", help="Where sessions are worked on.")]
JobsOption = Annotated[int, typer.Option("--jobs", min=1, help="Worker processes.")]
SchedulerOption = Annotated[str | None, typer.Option("--scheduler", help="Address of a dask scheduler.")]
ParticipantOption = Annotated[
    list[str] | None, typer.Option("--participant-label", metavar="ID", help="Only this participant; may be repeated.")
]
AuthorOption = Annotated[
    str | None, typer.Option("--author", metavar="NAME", help="Whose annotations [consensus, signed reader, auto].")
]
IntervalsOption = Annotated[
    bool | None,
    typer.Option("--intervals/--no-intervals", help="Perturbation range of each number, about 0.1 s a lesion [yes]."),
]
