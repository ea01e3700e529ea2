"""A mask or the levels of another program into a study, under an author's name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mri.bids import StudyFolder, write_json
from mri.foreign import read_foreign_mask
from mri.nifti import read_label_map
from mri.problems import Problem, RefusedError, error, warning
from mri.segments import ForeignMask
from mri.study import Series, Study, StudyId
from pipeline.cases import SIGNED
from pipeline.flow import require_study
from pipeline.lock import locked
from pipeline.provenance import file_hash
from segmentation.annotation import AUTO, Mask, is_reserved
from segmentation.centreline import fit_centreline
from segmentation.disc_checks import check_spacing, far_from_cord
from segmentation.disc_files import discs_as_json, discs_of_labels, parse_discs, read_json
from segmentation.importing import (
    check_labels,
    check_share,
    choose_segments,
    join_segments,
    numbered_segments,
    place_on,
)
from segmentation.levels import DiscPoints
from segmentation.regions import LESION_REGIONS, Region
from segmentation.store import load_annotation, save_mask, write_description

LEVEL_REGIONS = ("levels", "discs")
SESSION_DIGITS = 2
_AUTHOR = re.compile(r"[A-Za-z0-9]{1,32}")
_TOOL = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """What `iscm import-mask` was asked for.

    Attributes
    ----------
    study : StudyId
    region : str
        A region's name, or ``levels`` or ``discs``.
    series : str
        Name of the series: its ``acq-`` label, or the whole name of its image.
    author : str
    labels, segments : tuple
        Which of the file's integers or named segments are meant; all where both are empty.
    tool : str
        Program that made the mask, with its version; empty where it was not said.
    replace : bool
        Whether a mask of the same author may be written over.
    """

    study: StudyId
    region: str
    series: str
    author: str
    labels: tuple[int, ...] = ()
    segments: tuple[str, ...] = ()
    tool: str = ""
    replace: bool = False


def import_mask(root: Path, mask: Path, request: ImportRequest) -> tuple[Path, tuple[Problem, ...]]:
    """Bring a mask, or levels, of another program into a study; return where it is now and what to look at.

    Raises
    ------
    RefusedError
        If the study, series, region or author is not right, the file cannot be read, does not fit the series, or the
        author has such a mask already; nothing was written.
    """
    folder = require_study(root)
    _check_words(request)
    with locked(folder):
        study = _study(folder, request.study)
        series = find_series(study, request.series)
        if request.region in LEVEL_REGIONS:
            return _import_levels(folder, study, mask, request, series)
        return _import_region(folder, study, mask, request, series)


def find_series(study: Study, name: str) -> Series:
    """Return the series that a person means: ``acq-`` label, BIDS name with or without ending.

    Raises
    ------
    RefusedError
        If none or several fit, with a list of the session's series.
    """
    plain = Path(name).name.removesuffix(".nii.gz").removesuffix(".nii").removeprefix("acq-")
    short = [
        one for one in study.series if plain in (one.name, one.entities, one.name.removeprefix(f"{study.id}_acq-"))
    ]
    found = short or [one for one in study.series if plain == one.acquisition]
    if len(found) == 1:
        return found[0]
    fits = "no series" if not found else f"{len(found)} series"
    known = ", ".join(one.name.removeprefix(f"{study.id}_") for one in found or study.series)
    raise RefusedError(error("series_unknown", "--on", f"{fits} fit '{name}'; give one of {known}"))


def _check_words(request: ImportRequest) -> None:
    faults: list[Problem] = []
    regions = [*(region.value for region in Region), *LEVEL_REGIONS]
    if request.region not in regions:
        faults.append(error("region_unknown", "--region", f"'{request.region}' is none of {', '.join(regions)}"))
    if not _AUTHOR.fullmatch(request.author):
        faults.append(error("author_name", "--author", "use 1 to 32 letters and digits, e.g. AB or sct"))
    if is_reserved(request.author):
        message = f"'{request.author}' stands for no one: auto is this program, consensus two readers; choose another"
        faults.append(error("author_reserved", "--author", message))
    if request.tool and not _TOOL.fullmatch(request.tool):
        faults.append(error("tool_name", "--tool", "use letters, digits, blanks and . _ + -, at most 60"))
    if faults:
        raise RefusedError(faults)


def _study(folder: StudyFolder, wanted: StudyId) -> Study:
    if wanted not in folder.studies():
        padded = replace(wanted, session=wanted.session.zfill(SESSION_DIGITS))
        near = f"did you mean {padded.session}?" if padded in folder.studies() else "see participants.tsv"
        message = f"the study has no session {wanted.session} of participant {wanted.participant}; {near}"
        raise RefusedError(error("session_unknown", str(wanted), message))
    return folder.load(wanted)


def _import_region(
    folder: StudyFolder, study: Study, path: Path, request: ImportRequest, series: Series
) -> tuple[Path, tuple[Problem, ...]]:
    region = Region(request.region)
    target = folder.mask(series, region.value, request.author)
    before = _guard(target, request)
    foreign = read_foreign_mask(path)
    segments = choose_segments(foreign, path.name, numbers=request.labels, names=request.segments)
    check_labels(segments, path.name)
    chosen = bool(request.labels or request.segments)
    placed = place_on(join_segments(foreign, segments, region, path.name, chosen=chosen), series.geometry, path.name)
    check_share(placed.labels, region.value, path.name)
    mask = Mask(
        region=region,
        series=series,
        labels=placed.labels,
        author=request.author,
        provenance=_provenance(path, foreign, request, before)
        | {"grid": placed.method, "source_labels": [segment.number for segment in segments]},
    )
    empty = _check_empty(mask, path.name)
    write_description(folder)
    save_mask(folder, mask, request.author)
    return target, (*placed.problems, *empty, *_signed(folder, study, request.author))


def _check_empty(mask: Mask, where: str) -> list[Problem]:
    if mask.labels.array.any():
        return []
    if mask.region not in LESION_REGIONS:
        raise RefusedError(error("mask_empty", where, f"holds no {mask.region.value}; check --label and the file"))
    return [warning("mask_empty", where, "holds no voxel: it says that there is no lesion in this series")]


def _import_levels(
    folder: StudyFolder, study: Study, path: Path, request: ImportRequest, series: Series
) -> tuple[Path, tuple[Problem, ...]]:
    target = folder.discs(request.study, request.author)
    before = _guard(target, request)
    foreign = None if path.suffix == ".json" else read_foreign_mask(path)
    discs = parse_discs(read_json(path), path.name) if foreign is None else _discs(foreign, path.name, request)
    outside = [name for name, point in discs.points.items() if not series.geometry.contains(point)]
    if len(outside) == len(discs.points):
        message = "no disc lies in the series: another series or session, or RAS taken for LPS; see --on"
        raise RefusedError(error("discs_outside_series", path.name, message))
    check_spacing(discs, path.name, "levels_implausible")
    problems = [*_beside_cord(folder, study, discs, path.name, request, series)]
    write_description(folder)
    write_json(target, discs_as_json(discs) | {"provenance": _provenance(path, foreign, request, before)})
    if outside:
        message = f"{', '.join(outside)} outside the series; right where they were marked on another one"
        problems.append(warning("discs_outside_series", path.name, message))
    return target, (*problems, *_signed(folder, study, request.author))


def _beside_cord(
    folder: StudyFolder, study: Study, discs: DiscPoints, where: str, request: ImportRequest, series: Series
) -> tuple[Problem, ...]:
    """Return a warning where discs lie far from the author's cord, or the proposed one, in the same coordinates."""
    near = [one for one in study.series if one.frame_of_reference == series.frame_of_reference]
    for author in (request.author, AUTO):
        for one in sorted(near, key=lambda each: each != series):
            path = folder.mask(one, Region.CORD.value, author)
            if path.is_file():
                return far_from_cord(discs, fit_centreline([read_label_map(path)]), where)
    return ()


def _discs(foreign: ForeignMask, where: str, request: ImportRequest) -> DiscPoints:
    """Return the discs of a label image; segments of a DICOM SEG or .seg.nrrd count by their number."""
    segments = choose_segments(foreign, where, numbers=request.labels, names=request.segments)
    check_labels(segments, where)
    return discs_of_labels(numbered_segments(foreign, segments, where), where)


def _guard(target: Path, request: ImportRequest) -> str | None:
    """Return the hash of the file that will be written over, if there is one.

    Raises
    ------
    RefusedError
        If there is one and it may not be written over.
    """
    if not target.is_file():
        return None
    if not request.replace:
        message = f"{request.author} has this already; --replace writes over it (the old one is not kept)"
        raise RefusedError(error("mask_exists", target.name, message))
    return file_hash(target)


def _provenance(
    path: Path, foreign: ForeignMask | None, request: ImportRequest, before: str | None
) -> dict[str, object]:
    """Return where a mask came from; neither the file's name nor its header is kept: both may name a patient."""
    record: dict[str, object] = {
        "method": "import",
        "tool": request.tool or None,
        "source_format": "discs.json" if foreign is None else foreign.kind,
        "source_sha256": file_hash(path),
    }
    return record if before is None else record | {"replaced_sha256": before}


def _signed(folder: StudyFolder, study: Study, author: str) -> Sequence[Problem]:
    findings = load_annotation(folder, study, author).findings
    if findings is None or findings.state != SIGNED:
        return ()
    message = f"{author} has signed this session; the signature now also covers what was imported: sign again"
    return (warning("signed_reading_changed", str(study.id), message),)
