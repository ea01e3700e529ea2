"""Voxel grids in patient space hold under every orientation."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy.spatial.transform import Rotation

from mri.geometry import Geometry
from mri.problems import RefusedError

spacings = st.tuples(*[st.floats(0.1, 10.0)] * 3)
origins = st.tuples(*[st.floats(-500.0, 500.0)] * 3)
turns = st.tuples(*[st.floats(-180.0, 180.0)] * 3)
shapes = st.tuples(*[st.integers(1, 40)] * 3)
points = st.tuples(*[st.floats(-600.0, 600.0)] * 3)
ORIENTATIONS = list(product(permutations(range(3)), product((1, -1), repeat=3)))
"""All 48 ways to lay the index axes along the patient's."""


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Any oblique grid, mirrored or not."""
    axes = Rotation.from_euler("xyz", draw(turns), degrees=True).as_matrix()
    axes[2] *= draw(st.sampled_from((1.0, -1.0)))
    return Geometry(
        shape=draw(shapes),
        origin_mm=draw(origins),
        spacing_mm=draw(spacings),
        axes=tuple(tuple(float(v) for v in axis) for axis in axes),
    )


def plain(**changes: object) -> Geometry:
    """Return a grid of 4 × 5 × 6 voxels of 1 × 2 × 3 mm along the axes."""
    values = {
        "shape": (4, 5, 6),
        "origin_mm": (10.0, 20.0, 30.0),
        "spacing_mm": (1.0, 2.0, 3.0),
        "axes": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    }
    return Geometry(**(values | changes))  # type: ignore[arg-type]


@given(geometries(), points)
def test_world_and_index_are_inverse(geometry: Geometry, point: tuple[float, float, float]) -> None:
    """A point sent to voxel indices and back returns to its place."""
    assert_allclose(geometry.to_world(geometry.to_index(point)), point, atol=1e-6)


@given(geometries())
def test_affine_says_the_same_as_to_world(geometry: Geometry) -> None:
    """The matrix and the method put a voxel in one place."""
    index = np.array(geometry.shape) - 1
    assert_allclose((geometry.affine @ [*index, 1])[:3], geometry.to_world(index), atol=1e-9)


@given(geometries())
def test_affine_round_trip(geometry: Geometry) -> None:
    """A grid made of its own affine is the same grid."""
    assert Geometry.from_affine(geometry.affine, geometry.shape).same_grid(geometry, tolerance_mm=1e-6)


@given(geometries())
def test_voxel_volume_is_the_determinant(geometry: Geometry) -> None:
    """Spacing alone gives the volume, as the axes are orthonormal."""
    assert_allclose(geometry.voxel_volume_mm3, abs(np.linalg.det(geometry.affine[:3, :3])), rtol=1e-9)


@pytest.mark.parametrize(("order", "signs"), ORIENTATIONS)
def test_every_orientation_of_one_image(order: tuple[int, ...], signs: tuple[int, ...]) -> None:
    """An image whose axes are permuted and flipped holds the same tissue at the same point."""
    image, geometry = np.arange(4 * 5 * 6).reshape(4, 5, 6), plain()
    turned = image.transpose(order)[tuple(slice(None, None, s) for s in signs)]
    start = np.zeros(3)
    for axis, (source, sign) in enumerate(zip(order, signs, strict=True)):
        start[source] = geometry.shape[source] - 1 if sign < 0 else 0
        assert turned.shape[axis] == geometry.shape[source]
    other = Geometry(
        shape=turned.shape,
        origin_mm=tuple(float(v) for v in geometry.to_world(start)),
        spacing_mm=tuple(geometry.spacing_mm[source] for source in order),
        axes=tuple(tuple(sign * v for v in geometry.axes[source]) for source, sign in zip(order, signs, strict=True)),
    )
    for index in ((0, 0, 0), (3, 4, 5), (1, 2, 3)):
        there = np.rint(other.to_index(geometry.to_world(index))).astype(int)
        assert turned[tuple(there)] == image[index]


def test_same_grid_tells_shape_shift_and_turn() -> None:
    """Another shape, a shift beyond the tolerance or a flip make another grid; a shift within it does not."""
    geometry = plain()
    assert geometry.same_grid(plain(origin_mm=(10.005, 20.0, 30.0)))
    assert not geometry.same_grid(plain(origin_mm=(10.02, 20.0, 30.0)))
    assert not geometry.same_grid(plain(shape=(4, 5, 7)))
    assert not geometry.same_grid(plain(axes=((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))))


def test_half_width_along_and_across_the_axes() -> None:
    """Along an axis it is half the spacing; obliquely, the largest share of any axis."""
    geometry = plain()
    assert_allclose(geometry.half_width_mm(np.eye(3)), [0.5, 1.0, 1.5])
    oblique = np.array([0.6, 0.8, 0.0])
    assert_allclose(geometry.half_width_mm(oblique), max(0.6 * 1, 0.8 * 2) / 2)


@given(geometries(), turns)
def test_half_width_is_bounded_by_the_spacing(geometry: Geometry, turn: tuple[float, float, float]) -> None:
    """No direction has a wider voxel than half the largest spacing."""
    direction = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()[0]
    assert 0 < float(geometry.half_width_mm(direction)) <= max(geometry.spacing_mm) / 2 + 1e-9


def test_contains_reaches_to_the_outer_faces() -> None:
    """Half a voxel beyond the outermost centres is inside, a little more is not."""
    geometry = plain()
    inside = geometry.contains([[9.5, 20.0, 30.0], [9.49, 20.0, 30.0], [13.5, 29.0, 46.5]])
    assert inside.tolist() == [True, False, True]


def test_axis_nearest_ignores_the_sign() -> None:
    """A direction and its opposite name the same axis."""
    assert plain().axis_nearest((0.1, -0.9, 0.2)) == 1


def test_isotropic_looks_at_the_largest_spacing() -> None:
    """A slice spacing of 3 mm makes no isotropic image."""
    assert plain(spacing_mm=(1.0, 1.0, 1.5)).is_isotropic(1.5)
    assert not plain().is_isotropic(1.5)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"spacing_mm": (0.0, 1.0, 1.0)}, "geometry_empty"),
        ({"shape": (0, 5, 6)}, "geometry_empty"),
        ({"origin_mm": (float("nan"), 0.0, 0.0)}, "geometry_not_finite"),
        ({"axes": ((1.0, 0.0, 0.0), (0.1, 1.0, 0.0), (0.0, 0.0, 1.0))}, "geometry_sheared"),
    ],
)
def test_invalid_grids_are_refused(changes: dict[str, object], code: str) -> None:
    """A grid that exists is valid."""
    with pytest.raises(RefusedError) as refused:
        plain(**changes)
    assert refused.value.problems[0].code == code
