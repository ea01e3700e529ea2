"""Voxel grids of every orientation, for tests that must hold on all of them."""

import numpy as np
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from mri.geometry import Geometry


def turned_grid(
    shape: tuple[int, int, int],
    spacing_mm: tuple[float, float, float],
    order: tuple[int, ...],
    flips: tuple[bool, ...],
    degrees: tuple[float, float, float],
) -> Geometry:
    """Make a grid around the origin with its axes permuted, flipped and turned; shape and spacing are as stored."""
    axes = np.eye(3)[list(order)] * np.where(flips, -1.0, 1.0)[:, None]
    axes = Rotation.from_euler("xyz", degrees, degrees=True).apply(axes)
    half = (np.array(shape) - 1) / 2 * np.array(spacing_mm)
    affine = np.eye(4)
    affine[:3, :3] = axes.T * np.array(spacing_mm)
    affine[:3, 3] = -axes.T @ half
    return Geometry.from_affine(affine, shape)


def grids() -> st.SearchStrategy[Geometry]:
    """Draw oblique, permuted, flipped grids with thin and thick slices."""
    sides = st.tuples(*(st.integers(14, 22) for _ in range(3)))
    spacing = st.tuples(*(st.sampled_from([0.5, 0.8, 1.0, 3.3]) for _ in range(3)))
    angle = st.floats(-25, 25)
    return st.builds(
        turned_grid,
        sides,
        spacing,
        st.permutations([0, 1, 2]).map(tuple),
        st.tuples(st.booleans(), st.booleans(), st.booleans()),
        st.tuples(angle, angle, angle),
    )
