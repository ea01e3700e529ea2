"""A mask of another program lands on its series exactly, or with a warning, or not at all."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mri.geometry import Geometry
from mri.problems import RefusedError
from mri.segments import ForeignMask, Segment
from mri.volume import LabelMap
from segmentation.importing import (
    NEAREST,
    SAME_GRID,
    SAME_VOXELS,
    check_labels,
    check_share,
    choose_segments,
    join_segments,
    numbered_segments,
    place_on,
)
from segmentation.regions import Region
from tests.pipeline.small_study import axial_grid, sagittal_grid


def ball(grid: Geometry, radius_mm: float = 6.0) -> LabelMap:
    """Return a ball in the middle of a grid."""
    points = grid.to_world(np.stack(np.indices(grid.shape), axis=-1))
    middle = grid.to_world((np.array(grid.shape) - 1) / 2)
    inside = np.linalg.norm(points - middle, axis=-1) <= radius_mm
    return LabelMap(array=inside.astype(np.uint8), geometry=grid)


def reordered(labels: LabelMap, order: tuple[int, ...], flips: tuple[bool, ...], crop: int) -> LabelMap:
    """Return the same voxels stored in another order, with a border cut off."""
    grid = labels.geometry
    affine = grid.affine
    array = labels.array[crop:, :, :]
    affine[:3, 3] = grid.to_world((crop, 0, 0))
    for axis, flip in enumerate(flips):
        if flip:
            affine[:3, 3] += affine[:3, axis] * (array.shape[axis] - 1)
            affine[:3, axis] *= -1
            array = np.flip(array, axis)
    affine[:3, :3] = affine[:3, list(order)]
    array = array.transpose(order)
    return LabelMap(array=np.ascontiguousarray(array), geometry=Geometry.from_affine(affine, array.shape))


def refusal(labels: LabelMap, grid: Geometry) -> tuple[str, str]:
    """Return code and message with which a mask is refused."""
    with pytest.raises(RefusedError) as refused:
        place_on(labels, grid, "mask")
    return refused.value.problems[0].code, refused.value.problems[0].message


def test_the_same_grid_is_taken_as_it_is() -> None:
    """Nothing changes, and nobody is warned, also where the header was rounded to a hundredth of a millimetre."""
    labels = ball(sagittal_grid())
    near = replace(labels.geometry, origin_mm=tuple(v + 0.004 for v in labels.geometry.origin_mm))
    placed = place_on(labels, near, "mask")
    assert (placed.method, placed.problems) == (SAME_GRID, ())
    assert placed.labels.array is labels.array
    assert placed.labels.geometry == near


@settings(max_examples=30, deadline=None)
@given(st.permutations([0, 1, 2]), st.tuples(st.booleans(), st.booleans(), st.booleans()), st.integers(0, 4))
def test_the_same_voxels_in_another_order_lose_nothing(
    order: list[int], flips: tuple[bool, bool, bool], crop: int
) -> None:
    """Whatever order and crop a program stores, each voxel comes back to its place on an oblique grid."""
    labels = ball(sagittal_grid())
    placed = place_on(reordered(labels, tuple(order), flips, crop), labels.geometry, "mask")
    assert placed.method in (SAME_GRID, SAME_VOXELS)
    assert np.array_equal(placed.labels.array, labels.array)


def test_another_grid_is_resampled_with_a_warning() -> None:
    """A ball drawn on axial slices arrives on sagittal ones at its place, its volume nearly kept, flagged."""
    grid = sagittal_grid()
    drawn = ball(axial_grid())
    placed = place_on(drawn, grid, "mask")
    assert placed.method == NEAREST
    assert placed.problems[0].code == "mask_resampled"
    off = placed.labels.points_mm().mean(axis=0) - drawn.points_mm().mean(axis=0)
    assert np.abs(off).max() <= 0.5 + 1e-6  # half a voxel of the series
    ratio = placed.labels.array.sum() * grid.voxel_volume_mm3 / (drawn.array.sum() * drawn.geometry.voxel_volume_mm3)
    assert ratio == pytest.approx(1, abs=0.1)


def test_resampling_by_hand() -> None:
    """Voxels of 1 mm on voxels of 2 mm: each takes the label at its centre, here 1, 2 and background by turns."""
    fine = Geometry(
        shape=(6, 1, 1), origin_mm=(0.0, 0.0, 0.0), spacing_mm=(1.0, 1.0, 1.0), axes=((1, 0, 0), (0, 1, 0), (0, 0, 1))
    )
    coarse = replace(fine, shape=(3, 1, 1), origin_mm=(0.4, 0.0, 0.0), spacing_mm=(2.0, 1.0, 1.0))
    labels = LabelMap(array=np.array([1, 2, 2, 2, 0, 2], dtype=np.uint8).reshape(6, 1, 1), geometry=fine)
    assert place_on(labels, coarse, "mask").labels.array.ravel().tolist() == [1, 2, 0]


def test_a_label_that_falls_between_the_voxels_is_refused() -> None:
    """A lesion of one fine voxel that no centre of the series hits would vanish without a word."""
    grid = sagittal_grid()
    fine = ball(replace(axial_grid(), shape=(150, 150, 120), spacing_mm=(0.25, 0.25, 0.25)))
    fine.array[0, 0, 0] = 2
    inside = np.rint(fine.geometry.to_index(grid.to_world((12.5, 20.5, 3.5)))).astype(int)
    fine.array[0, 0, 0], fine.array[tuple(inside)] = 0, 2
    code, message = refusal(fine, grid)
    assert code == "label_lost"
    assert "label 2" in message


def test_other_places_are_refused_with_the_reason() -> None:
    """Moved by a header, on another part of the body, or with RAS taken for LPS: each is said."""
    grid = sagittal_grid()
    labels = ball(grid)
    moved = replace(labels, geometry=replace(grid, origin_mm=tuple(v + 1.4 for v in grid.origin_mm)))
    assert refusal(moved, grid)[0] == "mask_moved"
    far = replace(labels, geometry=replace(grid, origin_mm=(200.0, 0.0, 0.0)))
    assert refusal(far, grid)[0] == "mask_outside_series"
    off_centre = replace(grid, origin_mm=(60.0, 80.0, 30.0))
    affine = off_centre.affine
    affine[:2] *= -1
    turned = LabelMap(array=ball(off_centre).array, geometry=Geometry.from_affine(affine, grid.shape))
    code, message = refusal(turned, off_centre)
    assert code == "mask_outside_series"
    assert "RAS" in message


def foreign(*names: str) -> ForeignMask:
    """Return a mask of three segments in two layers: 1 and 2 side by side, 3 over both."""
    grid = sagittal_grid()
    first, second = (np.zeros(grid.shape, dtype=np.uint8) for _ in range(2))
    first[3:6], first[6:9], second[5:7] = 1, 2, 1
    segments = [(1, 0, 1), (2, 0, 2), (3, 1, 1)]
    return ForeignMask(
        kind="NRRD",
        layers=tuple(LabelMap(array=array, geometry=grid) for array in (first, second)),
        segments=tuple(
            Segment(number=n, name=name, layer=layer, value=value)
            for (n, layer, value), name in zip(segments, names, strict=True)
        ),
    )


def test_segments_are_chosen_by_number_or_name() -> None:
    """Names are found whatever their capitals; what is not there is refused with a list of what is."""
    mask = foreign("Cord", "Lesion", "Canal")
    assert [s.number for s in choose_segments(mask, "m", names=["lesion"], numbers=[1])] == [1, 2]
    assert len(choose_segments(mask, "m")) == 3
    with pytest.raises(RefusedError) as refused:
        choose_segments(mask, "m", numbers=[9], names=["edema"])
    assert "no label 9; 0 segments are named 'edema'; it holds label 1 (Cord)" in refused.value.problems[0].message


def test_one_segment_becomes_one_and_lesions_keep_their_numbers() -> None:
    """A chosen segment is 1 whatever its integer; several lesions keep theirs; parts of the canal are joined."""
    mask = foreign("", "", "")
    one, two, over = mask.segments
    assert join_segments(mask, [two], Region.CORD, "m", chosen=True).labels() == (1,)
    both = join_segments(mask, [one, two], Region.ENHANCING, "m", chosen=False)
    assert np.unique(both.array[3:9]).tolist() == [1, 2]
    canal = join_segments(mask, [one, two, over], Region.CANAL, "m", chosen=True)
    assert canal.labels() == (1,)
    assert canal.array.sum() == 6 * 40 * 7


def test_what_is_unclear_is_refused() -> None:
    """Several segments without a choice, and lesions that overlap, are for the user to decide."""
    for names, region in ((("", "", ""), Region.CORD), (("a", "b", "c"), Region.T2HYPER)):
        mask = foreign(*names)
        with pytest.raises(RefusedError, match="say which"):
            join_segments(mask, mask.segments, region, "m", chosen=False)
    mask = foreign("a", "b", "c")
    with pytest.raises(RefusedError, match="overlap"):
        join_segments(mask, mask.segments, Region.T2HYPER, "m", chosen=True)


def test_an_image_given_as_a_mask_is_refused() -> None:
    """More integers than a spine has structures, or a structure that fills the image: said with the limit."""
    check_labels(range(30), "m")
    with pytest.raises(RefusedError, match="31 different integers, more than 30"):
        check_labels(range(31), "m")
    grid = sagittal_grid()
    array = np.zeros(grid.shape, dtype=np.uint8)
    for rows, cropped, refused in ((4, False, False), (5, False, True), (12, True, False), (13, True, True)):
        array[:rows] = 1  # of 24
        if refused:
            with pytest.raises(RefusedError, match=f"fills {rows / 24:.0%}"):
                check_share(LabelMap(array=array, geometry=grid), "cord", "m", cropped=cropped)
        else:
            check_share(LabelMap(array=array, geometry=grid), "cord", "m", cropped=cropped)


def test_a_refusal_lists_a_few_segments() -> None:
    """Of forty segments five are named and the number of all."""
    mask = foreign("", "", "")
    many = replace(mask, segments=tuple(replace(mask.segments[0], number=n) for n in range(1, 41)))
    with pytest.raises(RefusedError) as refused:
        choose_segments(many, "m", numbers=[99])
    assert refused.value.problems[0].message.endswith("it holds label 1, 2, 3, 4, 5, … (40 in all)")


def test_a_number_beyond_sixteen_bits_is_refused() -> None:
    """Lesion or level 70000 does not fit; a single structure of that integer becomes 1."""
    mask = foreign("", "", "")
    high = replace(mask.segments[0], number=70000)
    with pytest.raises(RefusedError, match="label 70000"):
        join_segments(mask, [high, mask.segments[1]], Region.ENHANCING, "m", chosen=True)
    with pytest.raises(RefusedError, match="label 70000"):
        numbered_segments(mask, [high], "m")
    assert join_segments(mask, [high], Region.ENHANCING, "m", chosen=True).labels() == (1,)


@pytest.mark.parametrize(("low_mm", "told"), [(0.0, False), (0.9, True)])
def test_a_large_change_of_volume_is_to_be_looked_at(low_mm: float, told: bool) -> None:
    """Voxels of 1 mm on voxels of 2 mm, three of four drawn or all: a third more or less is not to be relied on."""
    fine = Geometry(
        shape=(4, 1, 1), origin_mm=(0.0, 0.0, 0.0), spacing_mm=(1.0, 1.0, 1.0), axes=((1, 0, 0), (0, 1, 0), (0, 0, 1))
    )
    coarse = replace(fine, shape=(2, 1, 1), origin_mm=(0.5, 0.0, 0.0), spacing_mm=(2.0, 1.0, 1.0))
    array = np.array([0 if x < low_mm else 1 for x in range(4)], dtype=np.uint8).reshape(4, 1, 1)
    placed = place_on(LabelMap(array=array, geometry=fine), replace(coarse, origin_mm=(0.6, 0.0, 0.0)), "mask")
    assert ("relied on" in placed.problems[0].message) is told
