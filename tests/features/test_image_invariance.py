"""What is suggested from images does not depend on how their voxels happen to be stored."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from features import measure_case
from features.case import Case
from features.parameters import FeatureParameters
from mri.geometry import FloatArray, Geometry
from mri.resample import transform_points
from mri.study import Plane, Series
from mri.volume import LabelMap, Volume
from segmentation.levels import DiscPoints
from segmentation.regions import Region
from tests.features.painted import CORD_LEVEL, FLUID_T1, image, lesion_case
from tests.features.scene import axial_grid, mask, sagittal_grid, t1_gd, tube

NO_RANGES = FeatureParameters(intervals=False)
WORDS = {
    f"{name}_suggested"
    for name in (
        "position",
        "position_side",
        "cord_expansion",
        "t1_signal",
        "t2_signal",
        "cystic_change",
        "hemorrhage",
        "enhancement_pattern",
        "rim_sign",
        "flame_sign",
    )
}
NUMBERS = re.compile(r"(position|cord_area|t1_signal|t2_signal|enh_(median|core|shell|cv)|rim|flame)_")
"""The columns behind the words."""
LESION, CORE = tube(10.0, 11.03, 4.0, (0.0, 0.1)), tube(10.2, 10.8, 1.8, (0.0, 0.1))


@cache
def scene() -> Case:
    """Return a lesion with a rim, bright on T2, on images whose size is no multiple of the fine steps."""
    gd = [(LESION, 2.1 * CORD_LEVEL), (CORE, 1.6 * CORD_LEVEL)]
    return lesion_case(sagittal_grid(6.0, 15.0), LESION, t2=[(LESION, 1.6 * CORD_LEVEL)], gd=gd)


@cache
def scene_with_axial() -> Case:
    """Return the same lesion, drawn and shown on axial slices too."""
    whole = scene()
    on = t1_gd(axial_grid(9.0, 12.0), Plane.AXIAL)
    gd = [(LESION, 2.1 * CORD_LEVEL), (CORE, 1.6 * CORD_LEVEL)]
    axial = image(on.geometry, FLUID_T1, gd)
    known = whole.volumes
    return replace(
        whole,
        masks=(*whole.masks, mask(Region.ENHANCING, on, LESION)),
        series=(*whole.series, on),
        volumes=lambda wanted: axial if wanted.name == on.name else known(wanted) if known else None,
    )


def reordered(
    array: "np.ndarray[tuple[int, ...], np.dtype[Any]]", grid: Geometry, order: Sequence[int], flip: bool
) -> "tuple[np.ndarray[tuple[int, ...], np.dtype[Any]], Geometry]":
    """Return voxels and their grid with the axes in another order, and all reversed or none."""
    affine = grid.affine
    if flip:
        array = np.flip(array)
        affine[:3, 3] += affine[:3, :3] @ (np.array(grid.shape) - 1)
        affine[:3, :3] *= -1
    return np.transpose(array, order), Geometry.from_affine(
        affine[:, [*order, 3]], [grid.shape[axis] for axis in order]
    )


def stored_otherwise(case: Case, order: Sequence[int], flip: bool) -> Case:
    """Return a case with masks, series and images stored otherwise."""

    def moved(series: Series) -> Series:
        _, grid = reordered(np.zeros(series.geometry.shape), series.geometry, order, flip)
        return replace(series, geometry=grid)

    def volume(wanted: Series) -> Volume | None:
        found = None if case.volumes is None else case.volumes(wanted)
        if found is None:
            return None
        array, grid = reordered(found.array, found.geometry, order, flip)
        return Volume(array=array, geometry=grid)

    masks = []
    for one in case.masks:
        array, grid = reordered(one.labels.array, one.labels.geometry, order, flip)
        masks.append(replace(one, series=moved(one.series), labels=LabelMap(array=array, geometry=grid)))
    return replace(case, masks=tuple(masks), series=tuple(moved(one) for one in case.series), volumes=volume)


@pytest.mark.parametrize(("order", "flip"), [*product([(1, 2, 0), (2, 0, 1)], [True, False]), ((0, 1, 2), True)])
def test_suggestions_do_not_depend_on_the_storage_order(order: tuple[int, int, int], flip: bool) -> None:
    """Every suggested word is the same, and every number behind it."""
    (one,), (other,) = (measure_case(c, NO_RANGES).lesions for c in (scene(), stored_otherwise(scene(), order, flip)))
    assert one["rim_shell_core_ratio"] is not None
    for name, value in one.items():
        if isinstance(value, float):
            assert other[name] == pytest.approx(value, rel=1e-3, abs=1e-3), name
        else:
            assert other[name] == value, name


def moved_in_space(case: Case, matrix: FloatArray) -> Case:
    """Return a case whose patient lies elsewhere with all images, masks and discs: a rigid move (4, 4) in LPS mm."""

    def grid(geometry: Geometry) -> Geometry:
        return Geometry.from_affine(matrix @ geometry.affine, geometry.shape)

    def series(one: Series) -> Series:
        return replace(one, geometry=grid(one.geometry))

    def volume(wanted: Series) -> Volume | None:
        found = None if case.volumes is None else case.volumes(wanted)
        return None if found is None else Volume(array=found.array, geometry=grid(found.geometry))

    masks = [
        replace(m, series=series(m.series), labels=replace(m.labels, geometry=grid(m.labels.geometry)))
        for m in case.masks
    ]
    points = {} if case.discs is None else case.discs.points
    there = {name: transform_points(matrix, np.array([point]))[0].tolist() for name, point in points.items()}
    discs = DiscPoints(points={name: (x, y, z) for name, (x, y, z) in there.items()})
    return replace(case, masks=tuple(masks), discs=discs, series=tuple(map(series, case.series)), volumes=volume)


def rigid(shift_mm: Sequence[float] = (0, 0, 0), angles_deg: Sequence[float] = (0, 0, 0)) -> FloatArray:
    """Return a rigid move in LPS mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", angles_deg, degrees=True).as_matrix()
    matrix[:3, 3] = shift_mm
    return matrix


@cache
def suggested(case: Case) -> dict[str, object]:
    """Return the suggested words of a lesion and the numbers behind them."""
    (row,) = measure_case(case, NO_RANGES).lesions
    names = [name for name in row if name.endswith("_suggested") or NUMBERS.match(name)]
    return {name: row[name] for name in names if row[name] is not None}


def test_the_scene_has_a_word_for_every_finding() -> None:
    """What the next two tests compare is not empty: every finding but the evidence of blood is suggested."""
    found = suggested(scene_with_axial())
    assert {name for name in found if name.endswith("_suggested")} >= WORDS
    assert sum(isinstance(value, float) for value in found.values()) >= 15


@pytest.mark.parametrize("shift", [(-180.3, 44.1, 12.7), (0.37, -0.21, 150.5), (96.0, 200.0, -73.9)])
def test_suggestions_do_not_depend_on_the_origin(shift: tuple[float, float, float]) -> None:
    """Patient and images moved together: the same words and numbers."""
    assert_alike(suggested(moved_in_space(scene_with_axial(), rigid(shift))), rel=1e-3)


@pytest.mark.parametrize("angles", [(12.0, 0.0, 0.0), (0.0, -9.0, 0.0), (0.0, 0.0, 14.0), (-8.0, 6.0, -10.0)])
def test_suggestions_do_not_depend_on_how_the_patient_lies(angles: tuple[float, float, float]) -> None:
    """Patient and images turned together: the same words; the numbers stay within 6 %, those of the flame within 0.25.

    An edge of the flame is measured against that of the front and back, and front is where the patient's front is.
    """
    assert_alike(suggested(moved_in_space(scene_with_axial(), rigid(angles_deg=angles))), rel=0.06, flame=0.25)


def assert_alike(found: dict[str, object], rel: float, flame: float = 1e-3) -> None:
    """Compare suggestions with those of the scene as it is: equal words, numbers within a share of them."""
    expected = suggested(scene_with_axial())
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        if isinstance(value, float | int):
            most = flame if name.startswith("flame") else rel
            assert found[name] == pytest.approx(value, rel=most, abs=most), name
        else:
            assert found[name] == value, name
