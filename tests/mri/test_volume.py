"""Arrays and their grids belong together."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mri.problems import RefusedError
from mri.volume import LabelMap, Volume
from tests.mri.test_geometry import plain

LABELS = np.zeros((4, 5, 6), dtype=np.uint8)
LABELS[1, 2, 3] = 2
LABELS[3, 4, 5] = 7
LABELS[0, 1, 5] = 2


@pytest.mark.parametrize("order", ["C", "F"])
def test_indices_do_not_depend_on_memory_order(order: str) -> None:
    """The voxels of a label are those of a plain search, however the array lies in memory."""
    labels = LabelMap(array=np.array(LABELS, order=order), geometry=plain())  # type: ignore[call-overload]
    assert {tuple(i) for i in labels.indices(2)} == {tuple(i) for i in np.argwhere(LABELS == 2)}
    assert len(labels.indices()) == 3


def test_points_are_voxel_centres() -> None:
    """A voxel's point is what its geometry says."""
    labels = LabelMap(array=LABELS, geometry=plain())
    assert_array_equal(labels.points_mm(7), [[13.0, 28.0, 45.0]])


def test_labels_come_in_order_without_background() -> None:
    """Iterating over a mask gives its structures."""
    assert list(LabelMap(array=LABELS, geometry=plain())) == [2, 7]


def test_another_shape_is_refused() -> None:
    """An array cannot lie on a grid of another shape."""
    with pytest.raises(RefusedError, match="grid_mismatch"):
        Volume(array=np.zeros((4, 5, 7)), geometry=plain())


def test_fractional_labels_are_refused() -> None:
    """A label is a whole number."""
    with pytest.raises(RefusedError, match="labels_not_integer"):
        LabelMap(array=np.zeros((4, 5, 6)), geometry=plain())  # type: ignore[arg-type]
