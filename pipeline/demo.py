"""``make demo``: the main job on the sample scans, and its numbers beside the planted truth."""

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from mri.bids import StudyFolder, read_table
from mri.problems import RefusedError, error
from pipeline.commands import analyse_path
from pipeline.compare import Compared, compare, read_truths
from pipeline.config import Config
from pipeline.console import complain, exit_status, report_problems, say
from pipeline.executors import ExecutorKind
from pipeline.flow import Workers
from pipeline.run import RunOptions, run_all
from segmentation.annotation import AUTO
from segmentation.store import authors

PLAN = "diehn2015"
MADE = ("study", "study.private", "cohort", "report.html")
"""What a demo leaves in its folder."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo and return its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=Path, default=Path("sample_scans"), help="folder with dicom/ and truth/")
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder to make anew")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    options = parser.parse_args(arguments)
    try:
        return demo(options.scans, options.out, options.jobs)
    except RefusedError as refused:
        report_problems(refused.problems)
        return 2


def demo(scans: Path, out: Path, jobs: int) -> int:
    """Run everything on the four synthetic patients, then the plan on the synthetic 49-patient cohort."""
    started = time.monotonic()
    _clear(out)
    folder = StudyFolder(root=out / "study")
    workers = Workers(kind=ExecutorKind.PROCESSES, jobs=jobs)
    told = RunOptions(clinical=scans / "clinical.csv", plan=PLAN, ids=scans / "ids.csv", workers=workers)
    result = run_all(scans / "dicom", folder.root, Config(), told)
    report_problems(item.problem for item in result.problems)
    cohort = analyse_path(scans / "cohort" / "cohort.csv", PLAN, out / "cohort", Config())
    if result.report is None:
        complain("no report was written")
        return 1
    report = out / "report.html"
    shutil.copyfile(result.report, report)

    features = folder.features()
    rows = compare(
        read_truths(scans / "truth"), read_table(features / "lesions.csv"), read_table(features / "patients.csv")
    )
    print_comparison(list(rows), "auto, unread")
    say()
    say(f"report of the four patients:     {report}")
    say(f"report of the 49-patient cohort: {cohort.report}")
    say(f"tables:                          {features}, {folder.analysis}, {cohort.report.parent}")
    say(f"read it yourself:                {_program()} read {folder.root} --reader AB")
    say(f"{time.monotonic() - started:.0f} s; synthetic patients, proposals nobody has read; research use only")
    return exit_status(item.problem for item in result.problems)


def _clear(out: Path) -> None:
    """Remove an earlier demo; a folder that holds anything else is somebody's and refused."""
    if not out.exists():
        return
    foreign = sorted(path.name for path in out.iterdir() if path.name not in MADE)
    if foreign:
        raise RefusedError(
            error("folder_not_a_demo", out.name, f"holds {foreign[0]}, which no demo made; name another")
        )
    readers = sorted(_readers(StudyFolder(root=out / "study")))
    if readers:
        mend = f"holds readings of {', '.join(readers)}, which a new demo would remove; move it away, or name another"
        raise RefusedError(error("demo_was_read", out.name, mend))
    shutil.rmtree(out)


def _readers(folder: StudyFolder) -> set[str]:
    """Return the people who have drawn or said something in an earlier demo."""
    return {author for study in folder.studies() for author in authors(folder, study)} - {AUTO}


def _program() -> Path:
    """Return the command as it can be typed here, also where its environment is not active."""
    program = Path(sys.executable).with_name("iscm")
    try:
        return program.relative_to(Path.cwd())
    except ValueError:
        return program


def print_comparison(rows: Sequence[Compared], author: str) -> None:
    """Print measured beside planted as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"Measured (author {author}) beside planted", title_justify="left")
    for heading in ("participant", "session", "lesion", "what"):
        table.add_column(heading)
    for heading in ("planted", "measured", "difference"):
        table.add_column(heading, justify="right")
    for row in rows:
        difference = "" if row.difference is None else f"{row.difference:+.1f}"
        table.add_row(row.participant, row.session, row.lesion, row.what, row.planted, row.measured, difference)
    # a width of its own: a pipe has none, and a table that wraps cannot be read
    Console(width=100, file=sys.stdout).print(table)


if __name__ == "__main__":
    sys.exit(main())
