"""`iscm validate`: proposed masks and levels beside true ones, structure by structure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from features.extent import extent, extent_along, segments
from features.level_errors import LevelErrors, level_errors
from features.overlap import overlap
from features.parameters import FeatureParameters
from mri.foreign import read_foreign_mask
from mri.geometry import ANTERIOR_POSTERIOR, INFERIOR_SUPERIOR, RIGHT_LEFT
from mri.nifti import read_label_map
from mri.problems import Problem, RefusedError, error, warning
from mri.volume import LabelMap
from segmentation.disc_files import read_discs
from segmentation.importing import SAME_GRID, check_labels, check_share, numbered_segments, place_on

if TYPE_CHECKING:
    from segmentation.centreline import Centreline
    from segmentation.levels import LevelScale

WHOLE = "all"
"""In place of a label: everything that is not background."""
MASK_ENDS, DISCS_END = (".nii.gz", ".nii", ".nrrd"), "discs.json"
_AUTHOR = re.compile(r"_desc-(?P<author>[A-Za-z0-9]+)(?=_)")
_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ruler:
    """What lengths and levels are measured along; each may be missing.

    Attributes
    ----------
    axis : Centreline or None
    levels : LevelScale or None
    """

    axis: "Centreline | None" = None
    levels: "LevelScale | None" = None


def validate_paths(
    proposed: Path,
    truth: Path,
    *,
    cord: Path | None = None,
    discs: Path | None = None,
    authors: Sequence[str] = (),
    are_levels: bool = False,
    parameters: FeatureParameters | None = None,
) -> dict[str, Any]:
    """Compare two files, or the files of the same structure in two folders; return what ``--json`` prints.

    Parameters
    ----------
    proposed, truth : Path
        Two masks, two sets of levels (.json), or two folders.
    cord : Path, optional
        Cord mask: lengths are then measured along its axis, and AP and TR across it.
    discs : Path, optional
        Levels (discs.json, points or level mask): extents are then given in vertebral coordinates too. Needs `cord`.
    authors : sequence of str
        Whose files are taken from each folder, where names hold ``_desc-<author>``; two names.
    are_levels : bool
        Whether two images hold levels (points of disc values, or level masks); a .json always does.
    parameters : FeatureParameters, optional

    Raises
    ------
    RefusedError
        If a file cannot be read, the masks are of different places, or the folders share no structure.
    """
    ruler = _ruler(cord, discs)
    options = parameters or FeatureParameters()
    problems: list[Problem] = []
    rows: list[dict[str, Any]] = []
    levels: list[dict[str, Any]] = []
    for name, one, other in _pairs(proposed, truth, authors, problems):
        if are_levels or ".json" in (one.suffix, other.suffix):
            errors = level_errors(read_discs(one), read_discs(other), ruler.axis)
            levels.append({"structure": name, **_levels_record(errors)})
        else:
            rows += compare_masks(name, _labels(one), _labels(other), ruler, options, problems)
    return {"structures": rows, "levels": levels, "problems": [problem.as_record() for problem in problems]}


def compare_masks(
    name: str,
    proposed: LabelMap,
    truth: LabelMap,
    ruler: Ruler,
    parameters: FeatureParameters,
    problems: list[Problem],
) -> Iterator[dict[str, Any]]:
    """Yield a row for the whole structure, and one for each label where there are several.

    A proposed mask on another grid is brought to the true one's, and that is added to the problems.
    """
    placed = place_on(proposed, truth.geometry, f"{name}, proposed")
    if placed.method != SAME_GRID:
        problems += placed.problems
    found = sorted({*placed.labels.labels(), *truth.labels()})
    check_labels(found, name)
    for label in (None, *(found if len(found) > 1 else ())):
        compared = overlap(placed.labels, truth, label)
        row: dict[str, Any] = {"structure": name, "label": WHOLE if label is None else label, **asdict(compared)}
        row["volume_difference_mm3"] = compared.volume_difference_mm3
        row["volume_difference_percent"] = compared.volume_difference_percent
        sides = [_sizes(mask, label, ruler, parameters) for mask in (placed.labels, truth)]
        for measure in sides[0]:
            row[f"{measure}_proposed"], row[f"{measure}_truth"] = sides[0][measure], sides[1][measure]
            row[f"{measure.removesuffix('_mm')}_difference{'_mm' if measure.endswith('_mm') else ''}"] = _less(
                sides[0][measure], sides[1][measure]
            )
        yield {key: round(value, _DIGITS) if isinstance(value, float) else value for key, value in row.items()}


def _sizes(mask: LabelMap, label: int | None, ruler: Ruler, parameters: FeatureParameters) -> dict[str, float | None]:
    """Return length along the cord, extents along patient axes and vertebral coordinates (DEFINITIONS 0, 3)."""
    sizes: dict[str, float | None] = dict.fromkeys(
        ("length_mm", "si_mm", "ap_mm", "tr_mm", "v_from", "v_to", "segments")
    )
    points = mask.points_mm(label)
    if not len(points):
        return sizes
    axes = {"si_mm": INFERIOR_SUPERIOR, "ap_mm": ANTERIOR_POSTERIOR, "tr_mm": RIGHT_LEFT}
    sizes |= {name: extent(points, mask.geometry, direction).length_mm for name, direction in axes.items()}
    if ruler.axis is None:
        return sizes
    seen = ruler.axis.project(points)
    span = extent_along(seen.s_mm, mask.geometry.half_width_mm(seen.tangents))
    sizes["length_mm"] = span.length_mm
    if ruler.levels is not None:
        v_from, v_to = (float(v) for v in ruler.levels.at([span.low_mm, span.high_mm]))
        if v_from < v_to:  # neither is missing
            counted = segments(v_from, v_to, ruler.levels.scheme, parameters)
            sizes |= {"v_from": v_from, "v_to": v_to, "segments": counted.frac}
    return sizes


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other


def _ruler(cord: Path | None, discs: Path | None) -> Ruler:
    from segmentation.centreline import fit_centreline, level_scale

    if cord is None:
        if discs is not None:
            raise RefusedError(error("cord_missing", "--discs", "levels run along the cord: give --cord too"))
        return Ruler()
    axis = fit_centreline([read_label_map(cord)])
    if discs is None:
        return Ruler(axis=axis)
    points = read_discs(discs)
    try:
        return Ruler(axis=axis, levels=level_scale(axis, points))
    except RefusedError as refused:
        # the levels know no file
        raise RefusedError([replace(problem, where=discs.name) for problem in refused.problems]) from refused


def _labels(path: Path) -> LabelMap:
    """Return a mask as one label map; segments of a file with layers must not overlap."""
    foreign = read_foreign_mask(path)
    check_labels(foreign.segments, path.name)
    labels = numbered_segments(foreign, foreign.segments, path.name)
    drawn = sum(np.count_nonzero(foreign.layers[one.layer].array == one.value) for one in foreign.segments)
    if np.count_nonzero(labels.array) != drawn:
        message = "segments overlap; give each structure as a file of its own"
        raise RefusedError(error("segments_overlap", path.name, message))
    check_share(labels, "structure", path.name, cropped=True)
    return labels


def _levels_record(found: LevelErrors) -> dict[str, Any]:
    return {
        "discs": [asdict(one) for one in found.discs],
        "missing": list(found.missing),
        "extra": list(found.extra),
        "mean_mm": found.mean_mm,
        "largest_mm": found.largest_mm,
        "slips": list(found.slips),
    }


def _pairs(
    proposed: Path, truth: Path, authors: Sequence[str], problems: list[Problem]
) -> Iterator[tuple[str, Path, Path]]:
    """Yield the name of each structure with its two files; what only one folder has becomes a problem."""
    for path in (proposed, truth):
        if not path.exists():
            raise RefusedError(error("file_missing", path.name, "no such file or folder; check the path"))
    if proposed.is_dir() != truth.is_dir():
        raise RefusedError(error("folder_and_file", "validate", "give two files or two folders"))
    if not proposed.is_dir():
        yield _structure(truth.name), proposed, truth
        return
    wanted: list[str | None] = [*authors] or [None, None]
    one, other = (_files(folder, author) for folder, author in zip((proposed, truth), wanted, strict=True))
    if not one.keys() & other.keys():
        message = "no structure has a file in both; masks are paired by name, without the author's"
        raise RefusedError(error("nothing_to_compare", "validate", message))
    for name in sorted(one.keys() ^ other.keys()):
        side = "proposed" if name in one else "true"
        problems.append(warning("only_one", name, f"only the {side} folder has it; it is not compared"))
    for name in sorted(one.keys() & other.keys()):
        yield name, one[name], other[name]


def _files(folder: Path, author: str | None) -> Mapping[str, Path]:
    """Return the masks and discs below a folder by their name without author and ending."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if not path.name.endswith((*MASK_ENDS, DISCS_END)):
            continue
        match = _AUTHOR.search(path.name)
        if author is not None and (match is None or match["author"] != author):
            continue
        name = _structure(path.relative_to(folder).as_posix())
        if name in found:
            message = "several authors have it; say whose are compared with --authors A B"
            raise RefusedError(error("several_authors", name, message))
        found[name] = path
    return found


def _structure(name: str) -> str:
    """Return a file's name without its author and ending."""
    plain = _AUTHOR.sub("", name)
    return re.sub(r"(_mask)?(\.seg)?(\.nii\.gz|\.nii|\.nrrd|\.json|\.dcm)$", "", plain)
