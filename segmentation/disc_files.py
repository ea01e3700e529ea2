"""Vertebral levels from files: discs.json, points in a NIfTI image, or a level mask."""

import json
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from mri.geometry import Vector
from mri.nifti import read_label_map
from mri.problems import Problem, RefusedError, error
from mri.volume import LabelMap
from segmentation.levels import STANDARD, DiscPoints, LevelScheme

FORMAT = 1
FRAME = "LPS"
FRAME_ASSUMED = "discs_frame_assumed"
"""Flag of points whose file does not say in which coordinates they are: taken for LPS."""

_POINT_LABEL_MM3 = 300.0
"""A label smaller than this is a marked point; a cord level is about 900 mm³, a dilated point at most 120 mm³."""


def discs_as_json(discs: DiscPoints) -> dict[str, object]:
    """Return the content of discs.json: LPS mm."""
    return {
        "format": FORMAT,
        "frame": FRAME,
        "points": {name: [round(float(x), 3) for x in point] for _, name, point in discs.ordered()},
        "scheme": {"n_thoracic": discs.scheme.n_thoracic, "n_lumbar": discs.scheme.n_lumbar},
        "flags": list(discs.flags),
    }


def parse_discs(content: object, where: str) -> DiscPoints:
    """Return the discs in the content of a discs.json.

    Raises
    ------
    RefusedError
        With every fault: another frame, no points, an unknown disc, a position that is not three numbers.
    """
    if not isinstance(content, Mapping) or not isinstance(content.get("points"), Mapping):
        raise RefusedError(error("discs_unreadable", where, 'write {"frame": "LPS", "points": {"C2-C3": [x, y, z]}}'))
    faults: list[Problem] = []
    if content.get("frame", FRAME) != FRAME:
        faults.append(error("discs_frame", where, f"frame '{content['frame']}' is not known; give LPS millimetres"))
    scheme = _scheme(content.get("scheme"), where, faults)
    points: dict[str, Vector] = {}
    for name, position in content["points"].items():
        try:
            scheme.disc_value(str(name))
            points[str(name).replace("/", "-")] = _position(position, where)
        except RefusedError as refused:
            faults += [error(p.code, f"{where}: {name}", p.message) for p in refused.problems]
    if faults:
        raise RefusedError(faults)
    flags = content.get("flags")
    named = tuple(str(flag) for flag in flags) if isinstance(flags, list) else ()
    if "frame" not in content and FRAME_ASSUMED not in named:
        named = (*named, FRAME_ASSUMED)
    return DiscPoints(points=points, scheme=scheme, flags=named)


def read_discs(path: Path, scheme: LevelScheme = STANDARD) -> DiscPoints:
    """Read vertebral levels from a discs.json, a NIfTI of labelled points, or a level mask.

    Parameters
    ----------
    path : Path
        A ``.json``, or a NIfTI whose integers are disc values (3 is C2-C3, as the field has it) at points, or vertebra
        numbers (C1 is 1, T1 is 8, L1 is 20) in regions; which of the two it is follows from the size of the labels.
    scheme : LevelScheme
        For discs.json the file says it.

    Raises
    ------
    RefusedError
        If the file is missing or unreadable, or integers come with a T13 or L6 vertebra (they would be ambiguous).
    """
    if path.suffix == ".json":
        return parse_discs(read_json(path), path.name)
    if scheme != STANDARD:
        raise RefusedError(
            error("discs_integer_variant", path.name, "integers are ambiguous with a T13 or L6; give discs.json")
        )
    return discs_of_labels(read_label_map(path), path.name)


def discs_of_labels(labels: LabelMap, where: str) -> DiscPoints:
    """Return the discs of labelled points (disc values) or of a level mask (vertebra numbers), see `read_discs`.

    Raises
    ------
    RefusedError
        If no label is a disc value.
    """
    scheme = STANDARD
    known = [label for label in labels.labels() if label <= len(scheme.discs)]
    if not known:
        raise RefusedError(error("discs_empty", where, f"no label from 1 to {len(scheme.discs)}; mark the discs"))
    points = _centres(labels, known) if _are_points(labels, known) else _boundaries(labels, known)
    return DiscPoints(points=points, scheme=scheme)


def missing_vertebrae(labels: LabelMap) -> tuple[str, ...]:
    """Return the vertebrae that a level mask lacks between others; none of labelled points."""
    known = [label for label in labels.labels() if label <= len(STANDARD.discs)]
    if not known or _are_points(labels, known):
        return ()
    return tuple(STANDARD.vertebrae[k - 1] for k in range(known[0], known[-1]) if k not in known)


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises
    ------
    RefusedError
        If it is missing or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as missing:
        raise RefusedError(error("file_missing", path.name, "no such file; check the path")) from missing
    except (OSError, ValueError) as failure:
        raise RefusedError(
            error("not_json", path.name, f"not a readable JSON file ({type(failure).__name__}); write it again")
        ) from failure


def _are_points(labels: LabelMap, known: list[int]) -> bool:
    sizes = [len(labels.indices(label)) * labels.geometry.voxel_volume_mm3 for label in known]
    return float(np.median(sizes)) < _POINT_LABEL_MM3


def _scheme(raw: object, where: str, faults: list[Problem]) -> LevelScheme:
    if raw is None:
        return STANDARD
    numbers = raw if isinstance(raw, Mapping) else {}
    thoracic, lumbar = numbers.get("n_thoracic", 12), numbers.get("n_lumbar", 5)
    if thoracic not in (11, 12, 13) or lumbar not in (4, 5, 6):
        faults.append(error("discs_scheme", where, "n_thoracic must be 11 to 13 and n_lumbar 4 to 6"))
        return STANDARD
    return LevelScheme(n_thoracic=int(thoracic), n_lumbar=int(lumbar))


def _position(raw: object, where: str) -> Vector:
    try:
        x, y, z = (float(value) for value in raw)  # type: ignore[attr-defined]
    except (TypeError, ValueError) as failure:
        raise RefusedError(error("disc_position", where, "give three numbers, LPS mm")) from failure
    if not np.isfinite([x, y, z]).all():
        raise RefusedError(error("disc_position", where, "a coordinate is not finite; give three numbers, LPS mm"))
    return x, y, z


def _centres(labels: LabelMap, known: list[int]) -> dict[str, Vector]:
    """Return the middle of each label, named by its disc value."""
    return {STANDARD.disc_name(label): _vector(labels.points_mm(label).mean(axis=0)) for label in known}


def _boundaries(labels: LabelMap, known: list[int]) -> dict[str, Vector]:
    """Return the midpoint between the facing ends of neighbouring vertebrae."""
    points: dict[str, Vector] = {}
    depth_mm = max(labels.geometry.spacing_mm)
    for upper, lower in pairwise(known):
        if lower != upper + 1:
            continue
        above, below = labels.points_mm(upper), labels.points_mm(lower)
        lowest = above[above[:, 2] < above[:, 2].min() + depth_mm].mean(axis=0)
        highest = below[below[:, 2] > below[:, 2].max() - depth_mm].mean(axis=0)
        points[STANDARD.disc_name(lower)] = _vector((lowest + highest) / 2)
    return points


def _vector(values: Any) -> Vector:
    return float(values[0]), float(values[1]), float(values[2])
