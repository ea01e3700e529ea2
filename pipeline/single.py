"""One case from files alone, without a study folder."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mri.bids import write_json, write_table
from mri.geometry import Geometry, Vector
from mri.nifti import read_label_map, write_label_map
from mri.problems import Problem, RefusedError, error, note
from mri.study import Weighting
from pipeline.case_files import FILE_AUTHOR, LESION_MASKS, CaseFiles, file_names, option_of, read_case
from pipeline.config import Config
from pipeline.out_folder import check_out
from pipeline.provenance import file_hash, provenance
from segmentation.levels import STANDARD

if TYPE_CHECKING:
    from features.case import Case
    from segmentation.propose import CaseProposal

WEIGHTINGS = {"T1w": Weighting.T1, "T2w": Weighting.T2}
SUMMARY_COLUMNS = ("enh_length_mm", "enh_volume_mm3", "enh_seg_count", "t2_length_mm", "t2_seg_count", "t2_levels")


def measure_files(files: CaseFiles, config: Config) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Measure one case; return what ``measure-case --json`` prints, and the problems.

    Raises
    ------
    RefusedError
        If no mask is given, or a file cannot be read; every faulty file is named.
    """
    from features.measure import measure_case

    if not files.named().keys() & set(LESION_MASKS):
        options = ", ".join(map(option_of, LESION_MASKS))
        raise RefusedError(error("no_mask", "measure-case", f"give a mask of lesions: one of {options}"))
    case = read_case(files, config)
    measured = measure_case(case, config.features)
    problems = tuple(_told(measured.problems, files, case))
    inputs = {name: file_hash(path) for name, path in files.named().items()}
    summary = {
        "format": 1,
        "lesions": [dict(row) for row in measured.lesions],
        "patient": dict(measured.patient),
        "problems": [problem.as_record() for problem in problems],
        "provenance": provenance(config.as_json(), inputs),
    }
    return summary, problems


def case_lines(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield the main numbers of a case as lines for a person."""
    yield f"{len(summary['lesions'])} lesions (research use only)"
    for row in summary["lesions"]:
        shown = ", ".join(f"{name} {_short(row[name])}" for name in SUMMARY_COLUMNS if row[name] is not None)
        yield f"lesion {row['lesion_id']}: {shown}"
        if row["flags"]:
            yield f"  flags: {row['flags']}"


def propose_file(
    image: Path, weighting: str, out: Path, clicks: Sequence[str], discs: Sequence[str], config: Config
) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Propose cord, centreline, discs and candidates of one image and write them to a folder.

    Raises
    ------
    RefusedError
        If the weighting is not known, the image cannot show a cord, a point cannot be read or lies outside the image,
        a disc is named twice, or the results cannot be put there.
    """
    from mri.nifti import read_volume
    from segmentation.propose import propose_case

    if weighting not in WEIGHTINGS:
        message = f"'{weighting}' is none of {', '.join(WEIGHTINGS)}"
        raise RefusedError(error("weighting_unknown", "--weighting", message))
    check_out(out)
    volume = read_volume(image)
    proposal = propose_case(
        volume,
        WEIGHTINGS[weighting],
        clicks_mm=[_point(text, "--click", volume.geometry) for text in clicks],
        known_discs=_known_discs(discs, volume.geometry),
        name=image.name,
        parameters=config.segmentation,
    )
    lesions = "enhancing.nii.gz" if weighting == "T1w" else "t2hyper.nii.gz"
    write_label_map(out / "cord.nii.gz", proposal.cord)
    write_label_map(out / lesions, proposal.candidates)
    write_table(out / "centreline.csv", ("x", "y", "z", "s_mm", "score"), proposal.centreline_rows())
    write_json(out / "discs.json", proposal.discs_json())
    record = proposal.record() | provenance(config.as_json(), {"image": file_hash(image)})
    write_json(out / "proposal.json", record)
    written = ["cord.nii.gz", lesions, "centreline.csv", "discs.json", "proposal.json"]
    problems = (*proposal.problems, *_flagged(proposal))
    return {
        "format": 1,
        "files": written,
        **proposal.record(),
        "problems": [problem.as_record() for problem in problems],
    }, problems


def _flagged(proposal: "CaseProposal") -> Iterator[Problem]:
    """Yield the flags of cord, levels and candidates as warnings: files alone have no page that shows them."""
    from segmentation.proposal_words import flag_warnings

    yield from flag_warnings(proposal.cord_flags, "cord")
    yield from flag_warnings(proposal.discs.flags, "levels")
    for lesion in proposal.lesions:
        found = [*lesion.enhancing, *lesion.t2]
        yield from flag_warnings(sorted({flag for one in found for flag in one.flags}), f"candidate {lesion.number}")


def _told(problems: Iterable[Problem], files: CaseFiles, case: "Case") -> Iterator[Problem]:
    """Yield problems with the files that the user knows in the place of series, and what tells more of them."""
    names = file_names(files, case)
    for problem in problems:
        told = problem
        for series, name in names.items():
            told = replace(told, where=told.where.replace(series, name), message=told.message.replace(series, name))
        told = replace(told, where=told.where.replace(str(case.study), "case").replace(f" by {FILE_AUTHOR}", ""))
        yield _of_discs(told, files.discs) if told.where == "discs" and files.discs else told
    for name in ("cyst", "hemorrhage"):
        path = files.named().get(name)
        if path is not None:
            yield note(
                "mask_without_column", path.name, f"checked; no number rests on a mask of {name}, see --findings"
            )


def _of_discs(problem: Problem, path: Path) -> Problem:
    """Return a problem of the levels under the name of their file; a gap in a level mask names the vertebra."""
    from segmentation.disc_files import missing_vertebrae

    is_gap = problem.code == "disc_missing" and path.suffix != ".json"
    missing = missing_vertebrae(read_label_map(path)) if is_gap else ()
    if not missing:
        return replace(problem, where=path.name)
    message = f"the level mask has no {' and no '.join(missing)}, but vertebrae above and below; draw what is missing"
    return error("vertebra_missing", path.name, message)


def _known_discs(texts: Sequence[str], geometry: Geometry) -> dict[str, Vector]:
    known: dict[str, Vector] = {}
    for name, point in (_named_point(text, geometry) for text in texts):
        if name in known:
            raise RefusedError(error("disc_twice", "--disc", f"{name} is named twice; name each disc once"))
        known[name] = point
    return known


def _named_point(text: str, geometry: Geometry) -> tuple[str, Vector]:
    name, found, place = text.partition("=")
    if not found:
        raise RefusedError(error("disc_unreadable", "--disc", f"'{text}' is not NAME=x,y,z, e.g. C2-C3=0.5,-12,84"))
    STANDARD.disc_value(name)
    return name.replace("/", "-"), _point(place, "--disc", geometry)


def _point(text: str, option: str, geometry: Geometry) -> Vector:
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError as failure:
        raise RefusedError(error("point_unreadable", option, f"'{text}' is not x,y,z in mm (LPS)")) from failure
    if not (math.isfinite(x + y + z) and geometry.contains((x, y, z))):
        mend = f"{text} lies outside the image; points are LPS mm (x to the left, y to the back, z to the head)"
        raise RefusedError(error("point_outside", option, mend))
    return (x, y, z)


def _short(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
