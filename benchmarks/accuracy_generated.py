"""Objects that nobody chose, on clinical grids: by how much they are measured wrongly, beside a voxel's width."""

from collections.abc import Sequence

import numpy as np

from benchmarks.accuracy_oracles import AIMED_BIAS_MM
from benchmarks.clock import print_table
from pipeline.console import say

NUMBER = 32
"""Objects of each kind on each grid."""
GRID_NAMES = {"iso": "1 mm isotropic", "sag": "sagittal 0.6×0.6×3.3", "ax": "axial 0.6×0.6×4"}
SPINES = {False: "straight", True: "bent"}
AIMED_LEVELS = "0.16"
"""Largest error of an extent in levels that was aimed at."""
ON_OBLIQUE = {False: "", True: ", turned"}


def report() -> None:
    """Print the errors of extents of ellipsoids, of lengths along bent cords, and of extents in levels."""
    from tests.features.generated import MEASURED_ON, SEGMENT_KINDS

    extents = [_extents(kind, oblique=oblique) for kind in MEASURED_ON for oblique in (False, True)]
    title = f"Extents of {NUMBER} generated ellipsoids on each grid: mean error (largest), mm"
    print_table(title, ("grid", "TR", "AP", "SI", "aim (mean)"), extents)
    say()
    lengths = [row for kind in MEASURED_ON for row in _lengths(kind)]
    title = f"Length along the cord of {NUMBER} generated objects each: error, mm"
    header = ("object and grid", "mean", "spread", "largest", "largest with the true axis", "width of a voxel along it")
    print_table(title, header, lengths)
    say()
    segments = [_segments(kind, bent=bent) for kind in SEGMENT_KINDS for bent in (False, True)]
    title = f"Extent in levels of {NUMBER} generated lesions each: error, levels of 14 to 25 mm"
    print_table(title, ("spine and grid", "mean", "largest", "aim (largest)"), segments)


def _extents(kind: str, *, oblique: bool) -> list[str]:
    from tests.features.generated import DIRECTIONS, extent_errors

    errors = extent_errors(kind, NUMBER, oblique=oblique)
    shown = [f"{np.mean(errors[n]):+.2f} ({max(errors[n], key=abs):+.2f})" if n in errors else "" for n in DIRECTIONS]
    return [f"{GRID_NAMES[kind]}{ON_OBLIQUE[oblique]}", *shown, AIMED_BIAS_MM[oblique]]


def _segments(kind: str, *, bent: bool) -> list[str]:
    from tests.features.generated import segment_errors

    errors = list(segment_errors(kind, NUMBER, bent=bent))
    name = f"{SPINES[bent]}, {GRID_NAMES[kind]}"
    return [name, f"{np.mean(errors):+.3f}", f"{max(errors, key=abs):+.3f}", AIMED_LEVELS]


def _lengths(kind: str) -> list[list[str]]:
    from tests.features.generated import BENDS, length_errors, short_tube_errors

    rows = []
    for oblique in (False, True):
        found = np.array(list(length_errors(kind, NUMBER, oblique=oblique)))
        name = f"capsule of 10 to 40 mm, {GRID_NAMES[kind]}{ON_OBLIQUE[oblique]}"
        rows.append(_row(name, kind, found[:, 0], f"{np.abs(found[:, 1]).max():.2f}"))
    for bend in BENDS:
        errors = np.array(list(short_tube_errors(kind, bend, NUMBER)))
        rows.append(_row(f"tube of 10 mm {bend}°, {GRID_NAMES[kind]}", kind, errors, ""))
    return rows


def _row(name: str, kind: str, errors: Sequence[float] | np.ndarray, with_true_axis: str) -> list[str]:
    from tests.features.shapes import GRIDS

    spacing, axes = GRIDS[kind]
    along = spacing[int(np.argmax([abs(axis[2]) for axis in axes]))]
    values = np.asarray(errors)
    shown = (f"{values.mean():+.2f}", f"{values.std():.2f}", f"{np.abs(values).max():.2f}")
    return [name, *shown, with_true_axis, f"{along:g}"]
