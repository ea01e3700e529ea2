"""Below the cord the axis of the spine follows the sac, and above it nothing changes."""

from dataclasses import replace

import numpy as np
import pytest

from mri.study import Weighting
from segmentation.canal_axis import with_canal
from segmentation.centreline import Centreline, fit_centreline
from segmentation.cord import CordProposal, propose_cord
from tests.segmentation.tube import cord_mask, grid, scan

GRID = grid((13, 70, 120), (3.3, 1.1, 1.1))


@pytest.fixture(scope="module")
def cord() -> CordProposal:
    """Propose the cord of a T2 image."""
    return propose_cord(scan(GRID), Weighting.T2)


@pytest.fixture(scope="module")
def axis() -> Centreline:
    """Draw the axis of the upper half of the cord, as if it ended there."""
    mask = cord_mask(GRID)
    array = mask.array.copy()
    array[:, :, :60] = 0
    return fit_centreline([replace(mask, array=array)])


def test_the_path_goes_over_the_whole_image(cord: CordProposal) -> None:
    """A bright-CSF proposal keeps its path on every section; dark CSF shows no sac, so there is none."""
    assert len(cord.path_mm) == GRID.shape[2]
    assert len(propose_cord(scan(GRID, t1=True), Weighting.T1).path_mm) == 0


def test_the_axis_goes_on_along_the_sac(cord: CordProposal, axis: Centreline) -> None:
    """Beyond the end of the cord the axis follows the path within 2 mm, at about the length of the way."""
    longer = with_canal(axis, [cord])
    assert longer.length_mm > axis.length_mm + 45
    below = cord.path_mm[cord.path_mm[:, 2] < -10]
    assert longer.project(below).distance_mm.max() < 2.0
    steps = np.linalg.norm(np.diff(longer.points_mm, axis=0), axis=1)
    assert steps.sum() == pytest.approx(longer.length_mm, rel=0.02)


def test_arc_lengths_on_the_cord_stay(cord: CordProposal, axis: Centreline) -> None:
    """What was at an arc length on the cord is there still."""
    longer = with_canal(axis, [cord])
    s_mm = np.linspace(5.0, axis.length_mm - 5.0, 9)
    assert longer.project(axis.position_at(s_mm)).s_mm == pytest.approx(s_mm, abs=0.3)


def test_the_axis_has_no_kink_where_it_goes_over(axis: Centreline) -> None:
    """A path 8 mm behind the cord's end is joined at the end itself, without a step or a sharp bend."""
    end = axis.points_mm[-1]
    z = np.arange(0.0, 90.0, 1.0)
    path = end + np.stack([np.zeros_like(z), np.full_like(z, 8.0), -z], axis=1)
    longer = with_canal(axis, [replace(propose_cord(scan(GRID), Weighting.T2), path_mm=path)])
    added = longer.points_mm[len(axis.points_mm) - 1 :]
    steps = np.linalg.norm(np.diff(added, axis=0), axis=1)
    assert added[0] == pytest.approx(end)
    assert steps.max() < 1.5 * np.median(steps)
    bends = np.linalg.norm(np.diff(np.diff(added, axis=0) / steps[:, None], axis=0), axis=1)
    assert bends.max() < 0.25
    assert added[-1][1] == pytest.approx(end[1] + 8.0, abs=0.5)


def test_without_a_path_the_axis_is_the_cord_s(cord: CordProposal, axis: Centreline) -> None:
    """Dark CSF, or a cord that goes to the end of the image, adds nothing."""
    assert with_canal(axis, []) is axis
    assert with_canal(fit_centreline([cord_mask(GRID)]), [cord]).length_mm == pytest.approx(132, abs=4)
