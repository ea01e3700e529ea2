"""How lesions are told apart and counted."""

import numpy as np
import pytest

from features.count import Found, find_lesions
from features.frame import build_frame
from features.mask_numbers import BY_LESION, NUMBERING
from features.parameters import FeatureParameters
from features.parts import span_of, volume_of
from features.views import along_cord
from mri.geometry import Geometry
from mri.study import Plane, Series
from mri.volume import LabelMap
from segmentation.annotation import Mask
from segmentation.regions import Region
from tests.features.scene import (
    AXIAL_AXES,
    GD,
    T2,
    Inside,
    axial_grid,
    case,
    cord_mask,
    mask,
    nothing,
    sagittal_grid,
    t1_gd,
    tube,
    z_at,
)

OPTIONS = FeatureParameters()
CORD = cord_mask(T2)


def found_in(*masks: Mask, with_cord: bool = True, **changes: object) -> Found:
    """Return the lesions of some masks."""
    made = case([*([CORD] if with_cord else []), *masks], **changes)
    return find_lesions(made, build_frame(made, OPTIONS), OPTIONS)


def enhancing(*objects: Inside, on: Series = GD, numbered: bool = False) -> Mask:
    """Draw enhancing lesions."""
    return mask(Region.ENHANCING, on, *objects, numbered=numbered)


def voxels(*index: tuple[int, int, int]) -> Mask:
    """Draw single voxels near the cord on 1 mm voxels."""
    geometry = Geometry(
        shape=(12, 12, 12), origin_mm=(-6.0, -6.0, z_at(10)), spacing_mm=(1.0, 1.0, 1.0), axes=AXIAL_AXES
    )
    array = np.zeros(geometry.shape, dtype=np.uint8)
    array[tuple(np.array(index).T)] = 1
    on = t1_gd(geometry, Plane.ISOTROPIC)
    return Mask(region=Region.ENHANCING, series=on, labels=LabelMap(array=array, geometry=geometry), author="AB")


def test_components_are_numbered_from_head_to_foot() -> None:
    """Two lesions of a binary mask get 1 and 2 rostral to caudal, whatever order they were drawn in."""
    lesions = found_in(enhancing(tube(15, 16, 3), tube(4, 5, 3))).lesions
    assert [lesion.id for lesion in lesions] == [1, 2]
    assert span_of(lesions[0].enhancing).high_mm < span_of(lesions[1].enhancing).low_mm


def test_integers_are_lesions_even_in_parts() -> None:
    """An integer of a mask is one lesion though its two parts are far apart."""

    def parts(points: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return tube(4, 5, 3)(points) | tube(9, 10, 3)(points)

    found = found_in(enhancing(parts, tube(15, 16, 3), numbered=True))
    assert found.numbered
    assert [lesion.id for lesion in found.lesions] == [1, 2]


def test_a_single_integer_is_a_lesion_if_the_author_says_so() -> None:
    """A mask of ones only is cut into components unless its provenance says that integers are lesions."""
    drawn = enhancing(tube(4, 5, 3), tube(9, 10, 3))
    said = Mask(region=drawn.region, series=GD, labels=drawn.labels, author="AB", provenance={NUMBERING: BY_LESION})
    assert len(found_in(drawn).lesions) == 2
    assert len(found_in(said).lesions) == 1


def test_one_lesion_on_two_series_is_one() -> None:
    """A lesion drawn on a sagittal and on an axial series is counted once."""
    axial = t1_gd(axial_grid(10, 13), Plane.AXIAL)
    lesions = found_in(enhancing(tube(11, 12, 3)), enhancing(tube(11, 12, 3), on=axial)).lesions
    assert [len(lesion.enhancing) for lesion in lesions] == [2]


def test_two_lesions_side_by_side_stay_two() -> None:
    """Lesions at one level, 7 mm apart across the cord on two series, are two."""
    axial = t1_gd(axial_grid(10, 13), Plane.AXIAL)
    lesions = found_in(
        enhancing(tube(11, 12, 2, centre=(0.0, -4.0))), enhancing(tube(11, 12, 2, centre=(0.0, 4.0)), on=axial)
    ).lesions
    assert len(lesions) == 2


@pytest.mark.parametrize(("apart_mm", "number"), [(4.0, 1), (4.8, 1), (5.4, 2), (6.0, 2)])
def test_views_less_than_5_mm_apart_across_the_cord_are_one_lesion(apart_mm: float, number: int) -> None:
    """The limit lies between 4.8 and 5.4 mm: seen on two series, nearer views are one lesion and farther ones two."""
    axial = t1_gd(axial_grid(10, 13), Plane.AXIAL)
    views = [enhancing(tube(11, 12, 2.5, centre=(0.0, y)), on=on) for y, on in ((-3.0, GD), (apart_mm - 3.0, axial))]
    assert len(found_in(*views).lesions) == number


def test_views_that_only_touch_along_the_cord_are_one_and_with_a_gap_two() -> None:
    """On two series one above the other: a view that begins where the other ends is the same lesion."""
    axial = t1_gd(axial_grid(10, 13), Plane.AXIAL)
    for from_v, number in ((11.5, 1), (11.65, 2), (11.8, 2)):
        views = (enhancing(tube(10.5, 11.5, 3)), enhancing(tube(from_v, 12.5, 3), on=axial))
        assert len(found_in(*views).lesions) == number


def test_without_a_cord_lesions_are_still_merged_across_series() -> None:
    """The patient's vertical stands in for the cord where none was drawn."""
    axial = t1_gd(axial_grid(10, 13), Plane.AXIAL)
    drawn = (enhancing(tube(11, 12, 3)), enhancing(tube(11, 12, 3), on=axial))
    assert len(found_in(*drawn, with_cord=False).lesions) == 1


@pytest.mark.parametrize(("gap", "flagged"), [(1, True), (2, False), (3, False)])
@pytest.mark.parametrize("sideways", [0, 1, 2])
def test_a_gap_of_one_voxel_is_suspect(gap: int, flagged: bool, sideways: int) -> None:
    """Two components one background voxel apart, also diagonally, may be one lesion; farther they are not flagged."""
    lesions = found_in(voxels((5, 5, 2), (5, 5 + sideways, 3 + gap))).lesions
    assert [("merge_suspect" in lesion.flags) for lesion in lesions] == [flagged, flagged]


def test_voxels_that_share_an_edge_only_are_suspect() -> None:
    """One lesion by corners and edges, two by faces: it may be two."""
    lesions = found_in(voxels((5, 5, 2), (5, 6, 3))).lesions
    assert ["split_suspect" in lesion.flags for lesion in lesions] == [True]


def test_t2_regions_are_lesions_where_nothing_enhances() -> None:
    """With an empty enhancing mask each T2 region is a lesion."""
    lesions = found_in(enhancing(nothing), mask(Region.T2HYPER, T2, tube(4, 6, 4), tube(14, 16, 4))).lesions
    assert [lesion.is_t2_only for lesion in lesions] == [True, True]


def test_a_far_t2_region_in_view_of_the_enhanced_series_is_no_lesion() -> None:
    """Where the enhanced series shows that nothing enhances, T2 alone is not counted beside an enhancing lesion."""
    found = found_in(enhancing(tube(4, 5, 3)), mask(Region.T2HYPER, T2, tube(14, 16, 4)))
    assert [lesion.is_t2_only for lesion in found.lesions] == [False]
    assert len(found.regions) == 1


def test_a_t2_region_out_of_view_of_the_enhanced_series_is_a_lesion() -> None:
    """Where no enhanced series was made, a T2 region is a lesion."""
    short = t1_gd(sagittal_grid(2, 8))
    lesions = found_in(enhancing(tube(4, 5, 3), on=short), mask(Region.T2HYPER, T2, tube(14, 16, 4))).lesions
    assert [lesion.is_t2_only for lesion in lesions] == [False, True]


def test_a_t2_region_within_5_mm_belongs_to_the_lesion() -> None:
    """Hyperintensity 4 mm away along the cord counts for the lesion, 8 mm away it does not."""
    near = found_in(enhancing(tube(11, 12, 3)), mask(Region.T2HYPER, T2, tube(12.2, 14, 4))).lesions
    far = found_in(enhancing(tube(11, 12, 3)), mask(Region.T2HYPER, T2, tube(12.4, 14, 4))).lesions
    assert [len(near[0].t2), len(far[0].t2)] == [1, 0]


def test_numbered_t2_stays_with_its_lesion() -> None:
    """T2 region 2 belongs to lesion 2 though it also overlaps lesion 1."""
    found = found_in(
        enhancing(tube(4, 5, 3), tube(6, 7, 3), numbered=True),
        mask(Region.T2HYPER, T2, tube(3, 4.4, 4), tube(4.6, 8, 4), numbered=True),
    )
    assert [[region.label for region in lesion.t2] for lesion in found.lesions] == [[1], [2]]


def test_a_lesion_across_two_stations_is_one_and_no_voxel_counts_twice() -> None:
    """Two stations that overlap by three levels give one lesion with the length and volume of one series."""
    upper, lower = (t1_gd(sagittal_grid(*levels), run=run) for run, levels in ((1, (2, 13)), (2, (10, 20))))
    lesion = tube(11.5, 14.5, 3)
    stations = found_in(enhancing(lesion, on=upper), enhancing(lesion, on=lower)).lesions
    whole = found_in(enhancing(lesion)).lesions
    assert len(stations) == 1
    seen = along_cord(stations[0].enhancing, OPTIONS)
    assert span_of(seen).length_mm == pytest.approx(span_of(whole[0].enhancing).length_mm, abs=0.01)
    assert volume_of(seen) == pytest.approx(volume_of(whole[0].enhancing), rel=0.01)


def test_one_axial_component_over_two_sagittal_ones_is_suspect() -> None:
    """What is two on one series and one on another is counted as on the better one, and flagged."""
    axial = t1_gd(axial_grid(9, 14), Plane.AXIAL)
    lesions = found_in(enhancing(tube(10.5, 11, 3), tube(11.2, 12, 3)), enhancing(tube(10.5, 12, 3), on=axial)).lesions
    assert len(lesions) == 2
    assert any("merge_suspect" in lesion.flags for lesion in lesions)


def test_two_axial_components_under_one_sagittal_lesion_are_one() -> None:
    """A lesion that falls apart on thick slices stays one and is flagged."""
    axial = t1_gd(axial_grid(9, 14), Plane.AXIAL)
    lesions = found_in(enhancing(tube(10.5, 12, 3)), enhancing(tube(10.5, 11, 3), tube(11.4, 12, 3), on=axial)).lesions
    assert [len(lesion.enhancing) for lesion in lesions] == [3]
    assert "split_suspect" in lesions[0].flags


def test_a_lesion_may_fall_apart_in_the_overlap_of_stations() -> None:
    """A lesion cut by both stations is one, whole, and counted once."""
    upper, lower = (t1_gd(sagittal_grid(*levels), run=run) for run, levels in ((1, (2, 13)), (2, (12, 20))))
    lesion = tube(11.5, 14.5, 3)
    lesions = found_in(enhancing(lesion, on=upper), enhancing(lesion, on=lower)).lesions
    whole = found_in(enhancing(lesion)).lesions[0].enhancing
    seen = along_cord(lesions[0].enhancing, OPTIONS)
    assert (len(lesions), len(seen)) == (1, 2)
    assert span_of(seen).length_mm == pytest.approx(span_of(whole).length_mm, abs=0.01)
    assert volume_of(seen) == pytest.approx(volume_of(whole), rel=0.001)
