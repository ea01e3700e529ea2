"""Simple masks for tests of the command line."""

import numpy as np

from mri.geometry import Geometry
from mri.volume import LabelMap


def tube(*, radius_mm: float, low_mm: float, high_mm: float, spacing_mm: float = 1.0) -> LabelMap:
    """Return an upright cylinder around the z axis on an isotropic grid of 24 × 24 × 100 mm."""
    shape = tuple(round(extent / spacing_mm) for extent in (24, 24, 100))
    geometry = Geometry(
        shape=(shape[0], shape[1], shape[2]),
        origin_mm=(-12.0, -12.0, -50.0),
        spacing_mm=(spacing_mm,) * 3,
        axes=((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    )
    x, y, z = geometry.to_world(np.moveaxis(np.indices(shape), 0, -1)).transpose(3, 0, 1, 2)
    inside = (np.hypot(x, y) <= radius_mm) & (z >= low_mm) & (z < high_mm)
    return LabelMap(array=inside.astype(np.uint8), geometry=geometry)
