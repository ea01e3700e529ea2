"""Planted lesions are found where they are; normal cord gives none; one click grows a lesion."""

import numpy as np
import pytest

from mri.problems import RefusedError
from mri.volume import LabelMap, Volume
from segmentation.centreline import Centreline, fit_centreline
from segmentation.contrast import enhancement_contrast, signal_contrast
from segmentation.grow import grow
from segmentation.lesions import CUT, TOUCHES_EDGE, Candidate, find_candidates
from segmentation.numbering import number_lesions, numbered_mask
from segmentation.parameters import LesionParameters
from tests.segmentation.tube import bend_mm, cord_mask, dice, grid, inside_cord, scan, with_lesion

OPTIONS = LesionParameters()
GRID = grid((13, 70, 160), (3.3, 1.1, 1.1))


@pytest.fixture(scope="module")
def axis() -> Centreline:
    """Draw the true axis."""
    return fit_centreline([cord_mask(GRID)])


def heights(candidate: Candidate, axis: Centreline) -> tuple[float, float]:
    """Return the lower and upper end of a candidate as heights (z)."""
    upper, lower = axis.position_at(np.array(candidate.s_mm))[:, 2]
    return float(lower), float(upper)


def t2_candidates(volume: Volume, axis: Centreline) -> list[Candidate]:
    """Find T2 candidates with the true cord."""
    contrast = signal_contrast(volume, cord_mask(volume.geometry), axis, OPTIONS)
    assert contrast is not None
    return find_candidates(contrast, OPTIONS, exophytic=False)


def enhancing(post: Volume, pre: Volume, axis: Centreline) -> list[Candidate]:
    """Find enhancing candidates with the true cord."""
    contrast = enhancement_contrast(post, pre, cord_mask(post.geometry), axis, OPTIONS)
    assert contrast is not None
    return find_candidates(contrast, OPTIONS, exophytic=True)


@pytest.mark.parametrize("excess", [0.5, 1.0])
@pytest.mark.parametrize(("low", "high"), [(-10, 10), (20, 30), (-60, 10)])
def test_planted_enhancement_is_found(axis: Centreline, low: float, high: float, excess: float) -> None:
    """A lesion that enhances by half is found once, and both ends within 2 mm."""
    pre = scan(GRID, t1=True)
    post = with_lesion(scan(GRID, t1=True, seed=1), low, high, excess)
    post = Volume(array=post.array * 1.3, geometry=GRID)
    found = enhancing(post, pre, axis)
    assert len(found) == 1
    assert heights(found[0], axis) == pytest.approx((low, high), abs=2)


@pytest.mark.parametrize(("low", "high"), [(-10, 10), (-60, 10), (-88, -50)])
def test_planted_t2_lesion_is_found(axis: Centreline, low: float, high: float) -> None:
    """A T2 lesion is found once, also a long one and one at the end of the view, and both ends within 3 mm."""
    found = t2_candidates(with_lesion(scan(GRID), low, high, 0.8), axis)
    assert len(found) == 1
    assert heights(found[0], axis) == pytest.approx((max(low, -87), high), abs=3)


def test_normal_cord_gives_nothing(axis: Centreline) -> None:
    """Neither noise nor a coil's slope is a lesion."""
    z = GRID.to_world(np.stack(np.indices(GRID.shape), axis=-1))[..., 2]
    slope = 1 + z / 250
    pre = scan(GRID, t1=True)
    post = Volume(array=scan(GRID, t1=True, seed=1).array * slope, geometry=GRID)
    assert enhancing(post, Volume(array=pre.array * slope, geometry=GRID), axis) == []
    assert t2_candidates(Volume(array=scan(GRID).array * slope, geometry=GRID), axis) == []


def test_two_lesions_are_two(axis: Centreline) -> None:
    """Two lesions with cord between them are two, rostral first."""
    post = with_lesion(with_lesion(scan(GRID, t1=True, seed=1), -40, -25, 0.8), 20, 35, 0.8)
    found = enhancing(post, scan(GRID, t1=True), axis)
    assert [round(heights(one, axis)[0] / 5) * 5 for one in found] == [20, -40]


def test_a_lesion_at_the_border_is_flagged(axis: Centreline) -> None:
    """What the field of view cuts is a lower bound, and says so."""
    post = with_lesion(scan(GRID, t1=True, seed=1), 75, 100, 0.8)
    assert [CUT in one.flags for one in enhancing(post, scan(GRID, t1=True), axis)] == [True]


def test_enhancing_and_t2_masks_carry_the_same_integer(axis: Centreline) -> None:
    """A T2 region around an enhancing lesion has its integer; one far from any needs to be clear to be a lesion."""
    post = with_lesion(with_lesion(scan(GRID, t1=True, seed=1), -40, -25, 0.8), 20, 35, 0.8)
    t2 = t2_candidates(with_lesion(with_lesion(scan(GRID), -50, -15, 0.8), 10, 45, 0.8), axis)
    bright = enhancing(post, scan(GRID, t1=True), axis)
    lesions = number_lesions(bright, t2, [(0.0, axis.length_mm)], OPTIONS)
    assert [lesion.number for lesion in lesions] == [1, 2]
    assert [np.unique(numbered_mask(one, lesions, t2=True)).tolist() for one in t2] == [[0, 1], [0, 2]]
    assert [np.unique(numbered_mask(one, lesions, t2=False)).tolist() for one in bright] == [[0, 1], [0, 2]]


def test_one_t2_region_around_two_lesions_is_divided(axis: Centreline) -> None:
    """Each part of a shared region has the integer of the nearest lesion, and the region counts for both."""
    post = with_lesion(with_lesion(scan(GRID, t1=True, seed=1), -30, -15, 0.8), 10, 25, 0.8)
    t2 = t2_candidates(with_lesion(scan(GRID), -35, 30, 0.8), axis)
    lesions = number_lesions(enhancing(post, scan(GRID, t1=True), axis), t2, [(0.0, axis.length_mm)], OPTIONS)
    assert len(t2) == 1
    assert np.unique(numbered_mask(t2[0], lesions, t2=True)).tolist() == [0, 1, 2]
    assert all(lesion.t2 == (t2[0],) for lesion in lesions)


def test_t2_alone_is_a_lesion_where_nobody_looked_for_enhancement(axis: Centreline) -> None:
    """Without an enhanced series a T2 region is a lesion; with one, a faint short one is not."""
    t2 = t2_candidates(with_lesion(scan(GRID), -3, 3, 0.5), axis)
    assert len(number_lesions([], t2, [], OPTIONS)) == 1
    assert number_lesions([], t2, [(0.0, axis.length_mm)], OPTIONS) == ()


def test_one_lesion_in_two_stations_is_one(axis: Centreline) -> None:
    """Candidates of two series that overlap along the cord are one lesion."""
    pre = scan(GRID, t1=True)
    first = enhancing(with_lesion(scan(GRID, t1=True, seed=1), -10, 10, 0.8), pre, axis)
    second = enhancing(with_lesion(scan(GRID, t1=True, seed=2), -10, 10, 0.8), pre, axis)
    lesions = number_lesions([*first, *second], [], [], OPTIONS)
    assert len(lesions) == 1
    assert len(lesions[0].enhancing) == 2


def at(z: float) -> tuple[float, float, float]:
    """Return the middle of the cord at a height."""
    return (0.0, float(bend_mm(np.array(z))), z)


@pytest.mark.parametrize("preview", [True, False])
def test_one_click_grows_a_lesion(axis: Centreline, preview: bool) -> None:
    """The region of a click overlaps the planted one well, by graph cut and by half height."""
    volume = with_lesion(scan(GRID, t1=True), -10, 10, 0.6)
    z = GRID.to_world(np.stack(np.indices(GRID.shape), axis=-1))[..., 2]
    truth = inside_cord(GRID, 0.8) & (np.abs(z) <= 10)
    grown = grow(volume, cord_mask(GRID), axis, at(0.0), preview=preview)
    assert dice(grown.labels.array > 0, truth) > 0.85
    assert grown.contrast_z > 5


def test_a_click_that_says_no_is_heeded(axis: Centreline) -> None:
    """A place marked as outside is outside, and limits hold."""
    volume = with_lesion(scan(GRID, t1=True), -10, 10, 0.6)
    grown = grow(volume, cord_mask(GRID), axis, at(5.0), not_mm=[at(-6.0)])
    index = tuple(np.rint(GRID.to_index(at(-6.0))).astype(int))
    assert grown.labels.array[index] == 0
    s = axis.project([at(10.0), at(0.0)]).s_mm
    limited = grow(volume, cord_mask(GRID), axis, at(5.0), limits_mm=(float(s[0]), float(s[1])))
    assert limited.labels.points_mm()[:, 2].min() > -2


def test_a_click_outside_the_cord_is_refused(axis: Centreline) -> None:
    """A lesion is not grown where the cord was not drawn."""
    with pytest.raises(RefusedError) as refused:
        grow(scan(GRID, t1=True), cord_mask(GRID), axis, (0.0, 30.0, 0.0))
    assert refused.value.problems[0].code == "click_outside"


def test_a_lesion_in_the_cord_does_not_touch_its_edge(axis: Centreline) -> None:
    """In thick slices most of the cord is edge: a lesion inside it is not flagged, CSF in an outline that is off is."""
    volume = with_lesion(scan(GRID), -10, 10, 0.8, scale=0.7)
    (found,) = t2_candidates(volume, axis)
    assert TOUCHES_EDGE not in found.flags
    shifted = LabelMap(array=np.roll(cord_mask(GRID).array, 3, axis=1), geometry=GRID)
    contrast = signal_contrast(volume, shifted, fit_centreline([shifted]), OPTIONS)
    assert contrast is not None
    beside = find_candidates(contrast, OPTIONS, exophytic=False)
    assert beside
    assert all(TOUCHES_EDGE in one.flags for one in beside)


@pytest.mark.parametrize(("excess", "flagged"), [(0.8, False), (2.0, True)])
def test_a_lesion_that_fills_the_cord_is_flagged_where_it_is_as_bright_as_csf(
    axis: Centreline, excess: float, flagged: bool
) -> None:
    """A lesion across the whole cord is told from CSF by its brightness, as long as it is clearly less."""
    (found,) = t2_candidates(with_lesion(scan(GRID), -10, 10, excess, scale=1.0), axis)
    assert (TOUCHES_EDGE in found.flags) == flagged
