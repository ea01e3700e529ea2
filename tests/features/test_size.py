"""Diameters, sections and the chord on shapes that are easy to draw."""

import numpy as np
import pytest
from numpy.typing import NDArray

from features.frame import build_frame
from features.parameters import FeatureParameters
from features.parts import Part, make_part
from features.size import chord_mm, diameters, feret_mm, mesh_volume_mm3, sections
from mri.geometry import Geometry
from mri.study import Plane
from tests.features.scene import AXIAL_AXES, case, cord_mask, sagittal_grid, series, t1_gd, z_at

OPTIONS = FeatureParameters()
AXIS = build_frame(case([cord_mask(series(sagittal_grid()))]), OPTIONS).axis
SPACING = (0.5, 0.5, 4.0)


def axial_part(filled: NDArray[np.bool_], spacing: tuple[float, float, float] = SPACING) -> Part:
    """Place an array of voxels on axial slices."""
    geometry = Geometry(
        shape=(filled.shape[0], filled.shape[1], filled.shape[2]),
        origin_mm=(-5.0, -5.0, z_at(10)),
        spacing_mm=spacing,
        axes=AXIAL_AXES,
    )
    return make_part(t1_gd(geometry, Plane.AXIAL), "AB", geometry, np.argwhere(filled), AXIS)


def block(*size: int) -> NDArray[np.bool_]:
    """Return a filled block within an empty margin."""
    return np.pad(np.ones(size, dtype=bool), 1)


def test_sections_are_the_largest_of_all_slices() -> None:
    """TR may be largest on one slice and AP on another."""
    filled = np.zeros((20, 20, 3), dtype=bool)
    filled[2:14, 5:7, 0] = True
    filled[5:7, 2:18, 2] = True
    found = sections((axial_part(filled),), AXIS, OPTIONS)
    assert found.tr.length_mm == pytest.approx(6.0)
    assert found.ap.length_mm == pytest.approx(8.0)
    assert found.slab_mm == pytest.approx(4.0)


def test_sections_do_not_add_up_slices() -> None:
    """A lesion that drifts to the side from slice to slice is as wide as one slice, not as its shadow."""
    filled = np.zeros((40, 10, 5), dtype=bool)
    for k in range(5):
        filled[5 * k : 5 * k + 8, 4:6, k] = True
    assert sections((axial_part(filled),), AXIS, OPTIONS).tr.length_mm == pytest.approx(4.0)


def test_the_longest_diameter_lies_in_one_slice() -> None:
    """A block of 5 by 3 mm on two thick slices has an in-plane diameter, with 3 mm or a little more across."""
    found = diameters((axial_part(block(10, 6, 2)),), OPTIONS)
    assert 5.0 <= found.long_mm <= np.hypot(5, 3)
    assert 2.5 <= found.perpendicular_mm <= np.hypot(5, 3) / 2 + 1
    assert feret_mm((axial_part(block(10, 6, 2)),)) > 8.0


def test_the_perpendicular_is_a_chord_not_a_shadow() -> None:
    """An L-shaped lesion is as wide as its bar is thick where the bar is, not as the whole L."""
    filled = np.zeros((44, 44, 1), dtype=bool)
    filled[2:42, 2:6, 0] = True
    filled[2:6, 2:12, 0] = True
    found = diameters((axial_part(filled),), OPTIONS)
    assert found.long_mm > 19.0
    assert found.perpendicular_mm < 6.5


def test_the_chord_is_shorter_than_a_curved_length() -> None:
    """Along a straight cord the chord of a straight lesion equals its length."""
    part = axial_part(block(4, 4, 6))
    assert chord_mm((part,), AXIS) == pytest.approx(part.span.length_mm, abs=1e-6) == pytest.approx(24.0, abs=1e-6)


def test_a_line_of_voxels_has_every_size() -> None:
    """A single row of voxels, flat in two directions, breaks no hull."""
    part = axial_part(block(8, 1, 1))
    assert feret_mm((part,)) == pytest.approx(np.hypot(3.5, 4.0))
    assert diameters((part,), OPTIONS).perpendicular_mm == pytest.approx(0.5)
    assert 0 < mesh_volume_mm3((part,)) < part.volume_mm3


def test_two_parts_apart_have_the_feret_of_both() -> None:
    """The largest distance may join two stations, while volumes add up."""
    upper, lower = axial_part(block(2, 2, 2)), axial_part(np.pad(block(2, 2, 2), ((0, 0), (0, 0), (9, 0))))
    assert feret_mm((upper, lower)) > 36.0
    both = mesh_volume_mm3((upper, lower))
    assert both == pytest.approx(mesh_volume_mm3((upper,)) + mesh_volume_mm3((lower,)))
