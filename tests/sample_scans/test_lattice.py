"""Interpolation from coarse pixels."""

import numpy as np
import pytest

from mri.geometry import Geometry
from sample_scans.lattice import Knots, Lattice

AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@pytest.mark.parametrize("shape", [(11, 9), (16, 5), (3, 2), (1, 7)])
def test_a_plane_is_kept_exactly(shape: tuple[int, int]) -> None:
    """Values of a tilted plane on the lattice give the plane on every pixel, also where the last step is short."""
    grid = Geometry(shape=(*shape, 1), origin_mm=(0.0, 0.0, 0.0), spacing_mm=(1.0, 1.0, 1.0), axes=AXES)
    lattice = Lattice.of(grid, 4)
    coarse = 3.0 + 2.0 * lattice.columns.knots[:, None] - 0.5 * lattice.rows.knots[None]
    i, j = np.indices(shape)
    assert lattice.spread(coarse) == pytest.approx(3.0 + 2.0 * i - 0.5 * j, rel=1e-5)


def test_first_and_last_pixel_are_knots() -> None:
    """Nothing is extrapolated."""
    knots = Knots.every(4, 11).knots
    assert list(knots) == [0, 4, 8, 10]
