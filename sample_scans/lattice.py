"""Smooth quantities are computed on a coarse lattice of pixels and interpolated to all."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry

F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knots:
    """Coarse pixels along one image axis.

    Attributes
    ----------
    knots : ndarray of int
        Their indices, ascending, the first and the last pixel among them.
    below : ndarray of int
        For each pixel, the place in ``knots`` of the one at or before it.
    share : ndarray
        How far each pixel is on the way to the next knot, 0 to 1.
    """

    knots: NDArray[np.intp]
    below: NDArray[np.intp]
    share: F32

    @classmethod
    def every(cls, step: int, n: int) -> "Knots":
        """Return a knot on every so-manieth of n pixels, and on the last."""
        knots = np.unique(np.append(np.arange(0, n, step), n - 1))
        pixels = np.arange(n)
        below = np.clip(np.searchsorted(knots, pixels, side="right") - 1, 0, max(len(knots) - 2, 0))
        above = np.minimum(below + 1, len(knots) - 1)
        width = np.maximum(knots[above] - knots[below], 1)
        return cls(knots=knots, below=below, share=((pixels - knots[below]) / width).astype(np.float32))

    def spread(self, coarse: F32) -> F32:
        """Return values on all pixels along the first axis, linear between the knots.

        Written without a matrix product: that would wake the threads of the linear algebra library for every slice.
        """
        above = np.minimum(self.below + 1, len(self.knots) - 1)
        low = coarse[self.below]
        full: F32 = low + (coarse[above] - low) * self.share[:, None]
        return full


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lattice:
    """Coarse pixels of a slice."""

    columns: Knots
    rows: Knots

    @classmethod
    def of(cls, grid: Geometry, step: int) -> "Lattice":
        """Return the lattice of a slice of a grid."""
        return cls(columns=Knots.every(step, grid.shape[0]), rows=Knots.every(step, grid.shape[1]))

    def spread(self, coarse: FloatArray) -> F32:
        """Return values on all pixels, shape (columns, rows), from those on the lattice."""
        along = self.columns.spread(coarse.astype(np.float32))
        full: F32 = np.ascontiguousarray(self.rows.spread(np.ascontiguousarray(along.T)).T)
        return full
