"""Sizes of objects whose sizes are known exactly, by grid: error and its spread."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.clock import SHARED_DATA, print_table
from features.case import Case
from features.extent import extent
from features.frame import Frame, build_frame
from features.parameters import FeatureParameters
from features.parts import Part, make_part
from features.size import feret_mm, mesh_volume_mm3
from mri.nifti import read_label_map
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import LabelMap
from pipeline.console import say
from segmentation.centreline import Centreline, fit_centreline

STUDY = StudyId(participant="bench", session="01")
DIRECTIONS = {"TR": (1.0, 0.0, 0.0), "AP": (0.0, 1.0, 0.0), "SI": (0.0, 0.0, 1.0)}
MEASURED_ON = {"iso": ("TR", "AP", "SI"), "sag": ("AP", "SI"), "ax": ("TR", "AP")}
"""What is taken from which plane."""
OFF_GRID = (0.31, 0.17)
OFF_GRID_V = 8.013
"""Where the tubes stand: off the lattice, since voxel centres right on a surface all fall to one side of it."""
GENERATED = ((3.0, 10.0), (2.0, 6.0), (4.0, 30.0))
"""Radius and length in mm of the tubes that stand in where the reference objects are not there."""
AIMED_MM = {"iso": "0.6", "sag": "0.6", "ax": "2.7"}
"""Largest error of the length along the cord that was aimed at, by plane, straight or oblique."""
STRAIGHT_TAIL_MM = 40.0
"""Cord drawn on either side of a curved object."""
AIMED_BIAS_MM = {False: "0.75", True: "1.2"}
"""Largest mean error of an extent that was aimed at, on straight and on oblique grids."""
HEADER = ("grid", "objects", "TR mm", "AP mm", "SI mm", "aim (mean)", "Feret mm", "volume %", "mesh volume %")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """An object on a grid, with its exact sizes in mm and mm³."""

    grid: str
    labels: LabelMap
    exact: Mapping[str, float]


def report() -> None:
    """Print the mean error (and the largest) of each size and of the length along the cord on each grid."""
    folder = SHARED_DATA / "oracles" / "objects"
    is_there = folder.is_dir()
    known = list(_reference(folder) if is_there else _generated())
    if not is_there:
        say("The 40 reference objects (../shared/data/oracles) are not here: generated tubes stand in.")
        say()
    rows = [_row(grid, [one for one in known if one.grid == grid]) for grid in dict.fromkeys(k.grid for k in known)]
    print_table(f"Sizes of {len(known)} objects of exact size: mean error (largest)", HEADER, rows)
    say()
    say("Empty: not measured on that plane. Volume is voxels × voxel volume against the exact shape.")
    if is_there:
        say()
        _print_curved(folder)


def _print_curved(folder: Path) -> None:
    errors: dict[str, list[float]] = defaultdict(list)
    for grid, error in _curved_errors(folder):
        errors[grid].append(error)
    rows = [
        (grid, len(found), f"{np.mean(found):+.2f}", f"{max(found, key=abs):+.2f}", aim)
        for grid, found in errors.items()
        for plane, aim in AIMED_MM.items()
        if grid.startswith(plane)
    ]
    title = "Length along a fitted cord of the curved ones among the 40 objects: error, mm"
    print_table(title, ("grid", "objects", "mean", "largest", "aim (largest)"), rows)


def _curved_errors(folder: Path) -> Iterator[tuple[str, float]]:
    from tests.features.shapes import ARC_RADIUS_MM, arc, tube_around

    with (folder / "oracle.csv").open() as handle:
        rows = [row for row in csv.DictReader(handle) if row["arc_length"]]
    for row in rows:
        name, grid = row["file"].removesuffix(".nii.gz").split("__")
        labels = read_label_map(folder / row["file"])
        cord = tube_around(arc(*ARC_RADIUS_MM[name], STRAIGHT_TAIL_MM), labels.geometry)
        yield grid, _place(labels, fit_centreline([cord])).span.length_mm - float(row["arc_length"])


def _row(grid: str, known: list[Known]) -> list[str]:
    errors: dict[str, list[float]] = defaultdict(list)
    for one in known:
        for name, error in _errors(one):
            errors[name].append(error)
    extents = [_shown(errors.get(name, [])) for name in DIRECTIONS]
    others = [_shown(errors.get(name, [])) for name in ("feret", "volume", "mesh")]
    return [grid, str(len(known)), *extents, AIMED_BIAS_MM["obl" in grid], *others]


def _shown(errors: list[float]) -> str:
    return f"{np.mean(errors):+.2f} ({max(errors, key=abs):+.2f})" if errors else ""


def _errors(one: Known) -> Iterator[tuple[str, float]]:
    part = _place(one.labels)
    for name in next(names for plane, names in MEASURED_ON.items() if one.grid.startswith(plane)):
        yield name, extent(part.points_mm, part.geometry, DIRECTIONS[name]).length_mm - one.exact[name]
    if "feret" in one.exact:
        yield "feret", feret_mm((part,)) - one.exact["feret"]
    yield "volume", 100 * (part.volume_mm3 / one.exact["volume"] - 1)
    yield "mesh", 100 * (mesh_volume_mm3((part,)) / one.exact["volume"] - 1)


def _place(labels: LabelMap, axis: Centreline | None = None) -> Part:
    series = Series(
        study=STUDY,
        acquisition="bench",
        suffix="T1w",
        weighting=Weighting.T1,
        plane=Plane.ISOTROPIC,
        contrast=Contrast.YES,
        geometry=labels.geometry,
    )
    return make_part(series, "AB", labels.geometry, labels.indices(), axis or _no_cord().axis)


def _no_cord() -> Frame:
    return build_frame(Case(study=STUDY, author="AB"), FeatureParameters())


def _reference(folder: Path) -> Iterator[Known]:
    with (folder / "oracle.csv").open() as handle:
        for row in csv.DictReader(handle):
            _, grid = row["file"].removesuffix(".nii.gz").split("__")
            exact = {name: float(row[f"ext_{name}"]) for name in DIRECTIONS}
            exact |= {"feret": float(row["feret"]), "volume": float(row["volume"])}
            yield Known(grid=grid, labels=read_label_map(folder / row["file"]), exact=exact)


def _generated() -> Iterator[Known]:
    """Yield straight tubes on the grids that the tests of the features use."""
    from tests.features.scene import LEVEL_MM, axial_grid, draw, sagittal_grid, tube

    grids = {"sag1x3.3": sagittal_grid(7.0, 12.0), "ax0.6x4": axial_grid(7.0, 12.0)}
    for name, geometry in grids.items():
        for radius, length in GENERATED:
            labels = draw(geometry, tube(OFF_GRID_V, OFF_GRID_V + length / LEVEL_MM, radius, OFF_GRID))
            exact = {"TR": 2 * radius, "AP": 2 * radius, "SI": length, "volume": np.pi * radius**2 * length}
            yield Known(grid=name, labels=labels, exact=exact)
