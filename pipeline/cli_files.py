"""Commands on single files, without a study folder."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import (
    ConfigOption,
    IntervalsOption,
    JsonOption,
)
from pipeline.config import load_config
from pipeline.console import complain, exit_status, report_problems, say, say_json

commands = typer.Typer()
File = Path | None


@commands.command("propose-case")
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


@commands.command("measure-case")
def measure_case(
    enhancing: Annotated[File, typer.Option(help="Mask of enhancing lesions.")] = None,
    axial_enhancing: Annotated[
        File, typer.Option(help="The same on an axial series; lesions keep their integers.")
    ] = None,
    t2hyper: Annotated[File, typer.Option(help="Mask of T2 hyperintensity.")] = None,
    axial_t2hyper: Annotated[
        File, typer.Option(help="The same on an axial T2 series: position of what does not enhance.")
    ] = None,
    cord: Annotated[File, typer.Option(help="Mask of the cord.")] = None,
    cyst: Annotated[File, typer.Option(help="Mask of cysts: checked, no number rests on it.")] = None,
    hemorrhage: Annotated[File, typer.Option(help="Mask of haemorrhage: checked, no number rests on it.")] = None,
    discs: Annotated[File, typer.Option(help="discs.json, point labels or a level mask.")] = None,
    findings: Annotated[
        File, typer.Option(help="findings.json: a reader's answers; they win over what is suggested.")
    ] = None,
    t1post: Annotated[File, typer.Option(help="T1 image after contrast.")] = None,
    t1pre: Annotated[File, typer.Option(help="T1 image before contrast.")] = None,
    t2w: Annotated[File, typer.Option(help="T2 image.")] = None,
    axial_t1post: Annotated[File, typer.Option(help="Axial T1 image after contrast.")] = None,
    axial_t1pre: Annotated[File, typer.Option(help="Axial T1 image before contrast.")] = None,
    axial_t2w: Annotated[File, typer.Option(help="Axial T2 image.")] = None,
    gre: Annotated[File, typer.Option(help="Gradient-echo (T2*) image.")] = None,
    stir: Annotated[File, typer.Option(help="STIR image.")] = None,
    intervals: IntervalsOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure one case from files alone (mm, mm³, vertebral segments); what lacks its input is empty, with a flag.

    Example: iscm measure-case --enhancing lesion.nii.gz --cord cord.nii.gz --discs discs.json --json
    """
    from pipeline.case_files import CaseFiles
    from pipeline.single import case_lines, measure_files

    files = CaseFiles(
        enhancing=enhancing,
        axial_enhancing=axial_enhancing,
        t2hyper=t2hyper,
        axial_t2hyper=axial_t2hyper,
        cord=cord,
        cyst=cyst,
        hemorrhage=hemorrhage,
        discs=discs,
        findings=findings,
        t1post=t1post,
        t1pre=t1pre,
        t2w=t2w,
        axial_t1post=axial_t1post,
        axial_t1pre=axial_t1pre,
        axial_t2w=axial_t2w,
        gre=gre,
        stir=stir,
    )
    summary, problems = measure_files(files, load_config(config).with_intervals(intervals))
    report_problems(problems)
    say_json(summary) if as_json else say("\n".join(case_lines(summary)))
    raise typer.Exit(exit_status(problems))


@commands.command()
def validate(
    proposed: Annotated[Path, typer.Argument(metavar="PROPOSED", help="Mask, discs.json, or a folder of them.")],
    truth: Annotated[Path, typer.Argument(metavar="TRUTH", help="The same, by a reader or planted.")],
    cord: Annotated[Path | None, typer.Option(help="Cord mask: lengths are measured along it.")] = None,
    discs: Annotated[Path | None, typer.Option(help="Levels: extents are given in vertebral segments too.")] = None,
    authors: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="Whose files of two folders of readings.")
    ] = None,
    levels: Annotated[bool, typer.Option("--levels", help="The images hold disc points or level masks.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare proposed with true masks and levels: Dice, HD95 and surface distance (mm), volume (%), lengths (mm).

    Example: iscm validate proposal/cord.nii.gz truth/cord.nii.gz --json
    """
    from pipeline.validate import validate_paths
    from pipeline.validate_table import print_tables

    parameters = load_config(config).features
    summary = validate_paths(
        proposed, truth, cord=cord, discs=discs, authors=authors or (), are_levels=levels, parameters=parameters
    )
    for problem in summary["problems"]:
        complain(f"{problem['severity']}: {problem['where']}: {problem['message']} [{problem['code']}]")
    if as_json:
        say_json(summary)
    else:
        print_tables(summary)
