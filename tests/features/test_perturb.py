"""The changes of a mask: each one voxel, on the mask's own grid, never empty."""

import numpy as np
import pytest

from features.frame import build_frame
from features.parameters import FeatureParameters
from features.parts import Part, make_part
from features.perturb import CHANGES, Change, Perturbed, perturb
from mri.geometry import Geometry
from tests.features.scene import AXIAL_AXES, SAGITTAL_AXES, case, grid, t1_gd

OPTIONS = FeatureParameters()
VERTICAL = build_frame(case([]), OPTIONS).axis
SAGITTAL = grid((-10.0, -10.0, -20.0), (10.0, 10.0, 20.0), (1.0, 1.0, 4.0), SAGITTAL_AXES)
"""20 by 40 voxels (back, down) on 5 slices (left)."""


def part(index: "np.ndarray[tuple[int, ...], np.dtype[np.intp]]", geometry: Geometry = SAGITTAL) -> Part:
    """Place voxels."""
    return make_part(t1_gd(geometry), "AB", geometry, index, VERTICAL)


def block(low: tuple[int, int, int], high: tuple[int, int, int], geometry: Geometry = SAGITTAL) -> Perturbed:
    """Perturb a block of voxels from ``low`` to below ``high``."""
    spans = [np.arange(a, b) for a, b in zip(low, high, strict=True)]
    index = np.stack(np.meshgrid(*spans, indexing="ij"), axis=-1).reshape(-1, 3)
    return perturb(part(index, geometry), VERTICAL, OPTIONS)


def after(change: Change, whole: Perturbed) -> Part:
    """Return the mask after one change."""
    return whole.changed(CHANGES.index(change))


def test_the_first_change_is_none() -> None:
    """The mask as drawn is among the masks, so that every range holds the number itself."""
    whole = block((5, 5, 1), (9, 9, 3))
    assert CHANGES[0] == Change()
    assert {tuple(k) for k in whole.changed(0).index} == {
        (i, j, k) for i in range(5, 9) for j in range(5, 9) for k in (1, 2)
    }
    assert len(set(CHANGES)) == len(CHANGES) == 75


def test_a_surface_moves_one_voxel_within_the_slices_only() -> None:
    """A 4 by 4 by 2 block shrinks to 2 by 2 by 2 and grows by its four sides; no slice is won or lost."""
    whole = block((5, 5, 1), (9, 9, 3))
    less, more = after(Change(surface=-1), whole), after(Change(surface=1), whole)
    assert (len(less.index), len(more.index)) == (2 * 2 * 2, (4 * 4 + 4 * 4) * 2)
    assert set(less.index[:, 2]) == set(more.index[:, 2]) == {1, 2}


def test_a_boundary_moves_one_slice_at_one_end() -> None:
    """The end to the patient's left is the higher slice here: one less, and one more with the same outline."""
    whole = block((5, 5, 1), (9, 9, 3))
    assert set(after(Change(boundary=(1, -1)), whole).index[:, 2]) == {1}
    assert set(after(Change(boundary=(-1, -1)), whole).index[:, 2]) == {2}
    more = after(Change(boundary=(1, 1)), whole)
    assert set(more.index[:, 2]) == {1, 2, 3}
    assert len(more.index) == 4 * 4 * 3


def test_a_shift_moves_the_mask_within_the_slices() -> None:
    """The first direction is superior-inferior, the second anterior-posterior; a step is towards the + end."""
    whole = block((5, 5, 1), (9, 9, 3))
    drawn = whole.changed(0).points_mm.mean(axis=0)
    up, back = after(Change(shift=(0, 1)), whole), after(Change(shift=(1, 1)), whole)
    assert up.points_mm.mean(axis=0) - drawn == pytest.approx([0.0, 0.0, 1.0])
    assert back.points_mm.mean(axis=0) - drawn == pytest.approx([0.0, 1.0, 0.0])
    assert len(up.index) == len(back.index) == 32


def test_steps_add_up() -> None:
    """A grown, longer and shifted mask is all of that."""
    changed = after(Change(surface=1, boundary=(1, 1), shift=(0, -1)), block((5, 5, 1), (9, 9, 3)))
    assert len(changed.index) == (4 * 4 + 4 * 4) * 3


def test_nothing_is_left_empty() -> None:
    """One voxel stays one voxel where a surface or a slice would be taken away, and it still shifts and grows."""
    whole = block((5, 5, 2), (6, 6, 3))
    assert whole.kept.any(axis=1).all()
    assert len(after(Change(surface=-1), whole).index) == len(after(Change(boundary=(1, -1)), whole).index) == 1
    assert len(after(Change(surface=1), whole).index) == 5


def test_a_mask_does_not_grow_out_of_its_image() -> None:
    """In the corner of the image every voxel of every change is on the grid."""
    whole = block((0, 0, 0), (2, 2, 1))
    assert (whole.whole.index >= 0).all()
    assert whole.kept.any(axis=1).all()
    assert len(after(Change(boundary=(-1, 1)), whole).index) == 4


def test_an_isotropic_mask_moves_its_surface_all_round() -> None:
    """On 1 mm voxels the surface moves in all three directions, and there is no slice boundary."""
    cube = grid((-10.0, -10.0, -10.0), (10.0, 10.0, 10.0), (1.0, 1.0, 1.0), AXIAL_AXES)
    whole = block((5, 5, 5), (9, 9, 9), cube)
    assert len(after(Change(surface=1), whole).index) == 64 + 6 * 16
    assert len(after(Change(boundary=(1, 1)), whole).index) == 64


def test_the_same_change_however_it_is_stored() -> None:
    """Flipped storage gives the same voxels in the patient for each change."""
    affine = SAGITTAL.affine
    for axis in range(3):
        affine[:3, 3] += affine[:3, axis] * (SAGITTAL.shape[axis] - 1)
        affine[:3, axis] *= -1
    flipped = Geometry.from_affine(affine, SAGITTAL.shape)
    one = block((5, 5, 1), (9, 9, 3))
    index = np.array(SAGITTAL.shape) - 1 - one.changed(0).index
    other = perturb(part(index, flipped), VERTICAL, OPTIONS)
    for k in range(len(CHANGES)):
        a, b = (np.round(p.changed(k).points_mm, 6) for p in (one, other))
        assert {tuple(x) for x in a} == {tuple(x) for x in b}
