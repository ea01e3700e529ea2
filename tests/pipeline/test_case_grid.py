"""How images are hung: orientation, letters and crops."""

import itertools

import numpy as np
import pytest

from mri.geometry import Geometry
from pipeline.case_grid import (
    AXIAL,
    COLUMNS,
    CORONAL,
    ROWS,
    SAGITTAL,
    View,
    cropped,
    edge_letters,
    turned,
    turned_geometry,
    whole,
)
from tests.pipeline.case_fixtures import BACK, DOWN, LEFT, centred, image, series

EDGES = {
    SAGITTAL.word: {"left": "A", "right": "P", "top": "S", "bottom": "I"},
    AXIAL.word: {"left": "R", "right": "L", "top": "A", "bottom": "P"},
    CORONAL.word: {"left": "R", "right": "L", "top": "S", "bottom": "I"},
}
ORDERS = list(itertools.permutations(range(3)))
SIGNS = list(itertools.product((1, -1), repeat=3))


def grid_of(order: tuple[int, ...], signs: tuple[int, ...]) -> Geometry:
    """Return a small grid whose index axes are LPS axes in any order and direction."""
    axes = [tuple(float(s * (k == axis)) for k in range(3)) for axis, s in zip(order, signs, strict=True)]
    return centred((4, 5, 6), (1.0, 2.0, 3.0), tuple(axes))


@pytest.mark.parametrize("view", [SAGITTAL, AXIAL, CORONAL], ids=lambda v: v.word)
@pytest.mark.parametrize("signs", SIGNS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_storage_order_hangs_alike(order: tuple[int, ...], signs: tuple[int, ...], view: View) -> None:
    """Whatever the order in the file, the patient's sides are at the same edges of the picture."""
    hung = turned_geometry(grid_of(order, signs), view)
    assert edge_letters(hung) == EDGES[view.word]


@pytest.mark.parametrize("signs", SIGNS)
@pytest.mark.parametrize("order", ORDERS)
def test_turning_keeps_each_voxel_at_its_place(order: tuple[int, ...], signs: tuple[int, ...]) -> None:
    """The grey value of every voxel is still the one of its position."""
    hung = turned(image(series(geometry=grid_of(order, signs))), SAGITTAL)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in hung.geometry.shape], indexing="ij"), axis=-1)
    expected = hung.geometry.to_world(index) @ np.array([1.0, 2.0, 4.0]) + 1000.0
    assert np.allclose(hung.array, expected)


def test_tilted_slices_name_both_directions() -> None:
    """An edge that is tilted by 30° towards the front carries a second letter."""
    tilt = np.deg2rad(30)
    down = (0.0, float(np.sin(tilt)), -float(np.cos(tilt)))
    back = (0.0, float(np.cos(tilt)), float(np.sin(tilt)))
    grid = centred((3, 4, 5), (3.0, 1.0, 1.0), (LEFT, down, back))
    letters = edge_letters(turned_geometry(grid, SAGITTAL))
    assert letters == {"left": "AI", "right": "PS", "top": "SA", "bottom": "IP"}


def test_picture_lengths_are_those_of_the_patient() -> None:
    """A point 12 mm below and 6 mm behind another is so on the picture, whatever the pixels."""
    grid = turned_geometry(centred((3, 40, 50), (3.3, 1.0, 1.7), (LEFT, DOWN, BACK)), SAGITTAL)
    crop = whole(grid, 1)
    first, second = crop.projected_mm(np.array([[0.0, 0.0, 5.0], [9.0, 6.0, -7.0]]))
    assert second - first == pytest.approx([6.0, 12.0])
    assert (crop.width_mm, crop.height_mm) == pytest.approx((85.0, 40.0))


def test_crop_keeps_the_points_in_the_middle() -> None:
    """The crop is centred on the points, as wide as asked, and cut at the border of the image."""
    grid = turned_geometry(centred((3, 200, 200), (3.0, 1.0, 1.0), (LEFT, DOWN, BACK)), SAGITTAL)
    points = np.array([[0.0, 10.0, 0.0], [0.0, 20.0, 50.0]])
    crop = cropped(whole(grid, 1), points, (COLUMNS,), 30.0, 10.0)
    assert crop.rows == (0, 200)
    assert crop.projected_mm(np.array([[0.0, 15.0, 0.0]]))[0, 0] == pytest.approx(crop.width_mm / 2, abs=1.0)
    assert crop.width_mm == pytest.approx(61.0, abs=1.0)
    near_border = cropped(whole(grid, 1), points + np.array([0.0, 80.0, 0.0]), (COLUMNS,), 30.0, 10.0)
    assert near_border.columns[1] == 200


def test_crop_widens_for_a_curved_cord() -> None:
    """Points further apart than the usual width are all kept, with the margin."""
    grid = turned_geometry(centred((3, 200, 200), (3.0, 1.0, 1.0), (LEFT, DOWN, BACK)), SAGITTAL)
    points = np.array([[0.0, -40.0, 0.0], [0.0, 40.0, 50.0]])
    crop = cropped(whole(grid, 1), points, (COLUMNS,), 30.0, 10.0)
    assert crop.width_mm >= 100.0


def test_no_points_cut_nothing() -> None:
    """Without anything drawn the whole slice is shown."""
    crop = whole(turned_geometry(centred((3, 20, 20), (3.0, 1.0, 1.0), (LEFT, DOWN, BACK)), SAGITTAL), 0)
    assert cropped(crop, np.empty((0, 3)), (ROWS, COLUMNS), 5.0, 1.0) == crop
