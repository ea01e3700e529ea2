"""Values and labels on another grid."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from mri.geometry import Geometry
from mri.resample import resample_labels, resample_volume, sample, transform_points
from mri.volume import LabelMap, Volume
from tests.mri.test_geometry import plain


def ramp(geometry: Geometry) -> Volume:
    """Return an image whose value is x + 10 y + 100 z in mm: trilinear interpolation is exact on it."""
    index = np.stack(np.meshgrid(*(np.arange(n) for n in geometry.shape), indexing="ij"), axis=-1)
    return Volume(array=geometry.to_world(index) @ np.array([1.0, 10.0, 100.0]), geometry=geometry)


def test_onto_its_own_grid_nothing_changes() -> None:
    """The identity is exact, for values and labels."""
    volume = ramp(plain())
    assert_allclose(resample_volume(volume, volume.geometry).array, volume.array, rtol=1e-6)
    labels = LabelMap(array=np.arange(120, dtype=np.int16).reshape(4, 5, 6), geometry=plain())
    again = resample_labels(labels, labels.geometry)
    assert_array_equal(again.array, labels.array)
    assert again.array.dtype == np.int16


def test_values_are_those_of_the_place() -> None:
    """On a finer and turned grid inside the image every voxel has the value of its position."""
    volume = ramp(plain(shape=(10, 10, 10)))
    fine = plain(
        shape=(3, 4, 5),
        origin_mm=(12.0, 25.0, 40.0),
        spacing_mm=(0.5, 0.7, 0.9),
        axes=((0.0, 1.0, 0.0), (0.0, 0.0, 1.0), (1.0, 0.0, 0.0)),
    )
    assert_allclose(resample_volume(volume, fine).array, ramp(fine).array, rtol=1e-6)


def test_a_transform_sends_fixed_points_to_moving_ones() -> None:
    """A point of the wanted grid shows what lies where the matrix sends it."""
    matrix = np.eye(4)
    matrix[:3, 3] = (1.0, -2.0, 3.0)
    volume = ramp(plain(shape=(10, 10, 10)))
    wanted = plain(shape=(2, 2, 2), origin_mm=(12.0, 26.0, 36.0))
    found = resample_volume(volume, wanted, moving_from_fixed=matrix)
    assert_allclose(found.array, ramp(wanted).array + 1 - 20 + 300, rtol=1e-6)
    assert_array_equal(transform_points(matrix, np.zeros((1, 3))), [[1.0, -2.0, 3.0]])


def test_outside_takes_the_given_value() -> None:
    """Beyond the outer faces there is nothing; up to them the outermost voxel holds."""
    volume = Volume(array=np.full((4, 5, 6), 7.0), geometry=plain())
    points = np.array([[9.5, 20.0, 30.0], [9.4, 20.0, 30.0]])
    assert sample(volume, points, outside=-1.0).tolist() == [7.0, -1.0]
    assert np.isnan(sample(volume, points)[1])


@pytest.mark.parametrize("factor", [2, 3])
def test_labels_are_never_mixed(factor: int) -> None:
    """A finer grid holds only labels that were there, and the volume stays about the same."""
    array = np.zeros((4, 5, 6), dtype=np.uint8)
    array[1:3, 1:4, 2:5] = 4
    array[0, 0, 0] = 9
    geometry = plain()
    fine = plain(
        shape=tuple(n * factor for n in geometry.shape),
        spacing_mm=tuple(s / factor for s in geometry.spacing_mm),
        origin_mm=tuple(
            o - s / 2 + s / factor / 2 for o, s in zip(geometry.origin_mm, geometry.spacing_mm, strict=True)
        ),
    )
    found = resample_labels(LabelMap(array=array, geometry=geometry), fine)
    assert found.labels() == (4, 9)
    assert len(found.indices(4)) == factor**3 * 18
