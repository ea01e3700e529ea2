"""What is suggested from images does not depend on how their voxels happen to be stored."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest

from features import measure_case
from features.case import Case
from features.parameters import FeatureParameters
from mri.geometry import Geometry
from mri.study import Series
from mri.volume import LabelMap, Volume
from tests.features.painted import CORD_LEVEL, lesion_case
from tests.features.scene import sagittal_grid, tube

NO_RANGES = FeatureParameters(intervals=False)
LESION, CORE = tube(10.0, 11.03, 4.0, (0.0, 0.1)), tube(10.2, 10.8, 1.8, (0.0, 0.1))


@cache
def scene() -> Case:
    """Return a lesion with a rim, bright on T2, on images whose size is no multiple of the fine steps."""
    gd = [(LESION, 2.1 * CORD_LEVEL), (CORE, 1.6 * CORD_LEVEL)]
    return lesion_case(sagittal_grid(6.0, 15.0), LESION, t2=[(LESION, 1.6 * CORD_LEVEL)], gd=gd)


def reordered(
    array: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]", grid: Geometry, order: Sequence[int], flip: bool
) -> "tuple[np.ndarray[tuple[int, ...], np.dtype[np.generic]], Geometry]":
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
    for mask in case.masks:
        array, grid = reordered(mask.labels.array, mask.labels.geometry, order, flip)
        masks.append(replace(mask, series=moved(mask.series), labels=LabelMap(array=array, geometry=grid)))
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
