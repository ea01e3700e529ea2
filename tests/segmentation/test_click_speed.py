"""A click on a lesion answers at once on a clinical grid: preview and graph cut."""

import time

import numpy as np
import pytest

from mri.volume import LabelMap, Volume
from segmentation.centreline import fit_centreline
from segmentation.grow import grow
from tests.segmentation.grids import turned_grid
from tests.segmentation.tube import bend_mm

LIMIT_S = 0.3


@pytest.mark.parametrize("preview", [True, False])
def test_a_click_is_quick_on_a_clinical_grid(preview: bool) -> None:
    """Half height and graph cut take less than 0.3 s of computing on 512 × 512 × 20 voxels, and find the lesion."""
    geometry = turned_grid((512, 512, 20), (0.6, 0.6, 3.3), (1, 2, 0), (False, True, False), (2.0, 3.0, 4.0))
    points = geometry.to_world(np.stack(np.indices(geometry.shape), axis=-1))
    radius = np.hypot(points[..., 0] / 5, (points[..., 1] - bend_mm(points[..., 2])) / 4)
    lesion = (radius < 0.8) & (points[..., 2] > -20) & (points[..., 2] < 15)
    noise = np.random.default_rng(0).normal(0, 4.0, geometry.shape)
    image = np.where(radius <= 1, 100.0, np.where(radius < 1.75, 300.0, 40.0)) + 60.0 * lesion + noise
    volume = Volume(array=image.astype(np.float32), geometry=geometry)
    cord = LabelMap(array=(radius <= 1).astype(np.uint8), geometry=geometry)
    axis = fit_centreline([cord])
    grow(volume, cord, axis, (0.0, 0.0, 0.0), preview=preview)
    started = time.process_time()
    found = grow(volume, cord, axis, (0.0, 0.0, 0.0), preview=preview).labels.array > 0
    assert time.process_time() - started < LIMIT_S
    assert 2 * (found & lesion).sum() / (found.sum() + lesion.sum()) > 0.8
