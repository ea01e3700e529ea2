"""Thumbnails of a session: which slice, which outlines, where the marks are."""

import base64
import io
import re

import numpy as np
import pytest

from mri.problems import RefusedError, error
from mri.study import Plane, Series
from mri.volume import LabelMap, Volume
from pipeline.case_figures import Panel, Shown, panels
from pipeline.case_grid import AXIAL, SAGITTAL, turned_geometry
from pipeline.case_pictures import LONGEST_PIXELS, picture_address, window_limits, windowed
from pipeline.case_slices import MOST_SLICES, Drawn, chosen_slices
from segmentation.annotation import Mask
from segmentation.regions import Region
from tests.pipeline.case_fixtures import (
    AX_T2,
    BACK,
    DISCS,
    DOWN,
    ELSEWHERE,
    FRAME,
    LEFT,
    LESION_ONE,
    LESION_TWO,
    SAG_GD,
    SAG_T2,
    centred,
    cord,
    image,
    lesions,
    mask,
    series,
)


def shown(*masks: Mask, with_discs: bool = False) -> Shown:
    """Return what is laid over the images."""
    return Shown(
        drawn=Drawn.of(masks),
        discs=DISCS if with_discs else None,
        disc_frames=frozenset({FRAME}) if with_discs else frozenset(),
    )


def panels_of(one: Series, what: Shown) -> tuple[Panel, ...]:
    """Return the thumbnails of one series."""
    return panels([one], image, what)[0]


def extent(path: str) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of SVG path data."""
    numbers = np.array(re.findall(r"-?[\d.]+", path), dtype=float).reshape(-1, 2)
    return (*numbers.min(axis=0), *numbers.max(axis=0))


def pixels_of(address: str) -> np.ndarray:
    """Decode a picture of a page."""
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))


def test_sagittal_slice_is_that_of_the_cord() -> None:
    """Without lesions the slice with the largest section of the cord is shown: the middle one of eleven."""
    assert [p.slice_number for p in panels_of(SAG_T2, shown(cord(SAG_T2)))] == [6]


def test_every_lesion_has_a_slice() -> None:
    """The second lesion lies two slices to the left of the first and gets a slice of its own."""
    made = panels_of(SAG_GD, shown(lesions()))
    assert [(p.slice_number, p.lesions) for p in made] == [(6, (1,)), (8, (2,))]


def test_axial_slice_is_at_the_largest_section_of_the_lesion() -> None:
    """The axial slice next to the lesion's centre is shown, counted from the top."""
    (made,) = panels_of(AX_T2, shown(mask(Region.ENHANCING, AX_T2, {1: (LESION_ONE, 6.0)})))
    grid = turned_geometry(AX_T2.geometry, AXIAL)
    centre = grid.to_index(LESION_ONE)[2]
    assert made.slice_number == pytest.approx(centre + 1, abs=0.51)


def test_slices_of_one_series_are_limited() -> None:
    """Eight lesions on eight slices do not make eight pictures."""
    balls = {k + 1: ((3.3 * (k - 4), 20.0, 10.0 * k), 2.0) for k in range(8)}
    drawn = Drawn.of([mask(Region.ENHANCING, SAG_GD, balls)])
    assert len(chosen_slices(drawn, SAG_GD, turned_geometry(SAG_GD.geometry, SAGITTAL))) == MOST_SLICES


def test_middle_slice_where_nothing_was_drawn() -> None:
    """With no mask at all the middle slice is shown whole and bare."""
    (made,) = panels_of(SAG_T2, shown())
    assert made.slice_number == 6
    assert made.outlines == ()
    assert (made.width, made.height) == pytest.approx((120.0, 160.0))


def test_outline_has_the_size_of_the_mask() -> None:
    """The outline of a ball of radius 10 mm is 20 mm high and wide, within a pixel, on non-square pixels."""
    (made,) = panels_of(SAG_GD, shown(mask(Region.ENHANCING, SAG_GD, {1: ((0.0, 20.0, 0.0), 10.0)})))
    left, top, right, bottom = extent(made.outlines[0].path)
    assert right - left == pytest.approx(20.0, abs=1.5)
    assert bottom - top == pytest.approx(20.0, abs=1.0)


def test_outline_lies_where_the_mask_is_on_the_picture() -> None:
    """A mask of bright voxels encloses the bright pixels of the picture."""
    drawn = mask(Region.ENHANCING, SAG_GD, {1: (LESION_ONE, 8.0)})
    bright = Volume(array=(drawn.labels.array * 1000.0).astype(np.float32), geometry=SAG_GD.geometry)
    (made,) = panels([SAG_GD], lambda _: bright, shown(drawn))[0]
    grey = pixels_of(made.picture)[..., 0]
    rows, columns = np.nonzero(grey > 128)
    scale = made.height / grey.shape[0], made.width / grey.shape[1]
    left, top, right, bottom = extent(made.outlines[0].path)
    assert (columns.min() * scale[1], rows.min() * scale[0]) == pytest.approx((left, top), abs=1.5)
    assert ((columns.max() + 1) * scale[1], (rows.max() + 1) * scale[0]) == pytest.approx((right, bottom), abs=1.5)


def test_outlines_are_carried_within_a_frame() -> None:
    """A lesion drawn on the sagittal series shows on the axial one, marked as carried over."""
    (made,) = panels_of(AX_T2, shown(mask(Region.ENHANCING, SAG_GD, {1: (LESION_ONE, 8.0)})))
    assert [(o.region, o.carried) for o in made.outlines] == [(Region.ENHANCING, True)]
    left, _, right, _ = extent(made.outlines[0].path)
    assert right - left == pytest.approx(16.0, abs=3.4)


def test_outlines_stay_in_their_frame() -> None:
    """Nothing is carried to a series of another frame of reference, discs neither."""
    (made,) = panels_of(ELSEWHERE, shown(cord(SAG_T2), lesions(), with_discs=True))
    assert made.outlines == ()
    assert made.discs == ()
    assert made.lesions == ()


def test_own_mask_is_preferred_to_a_carried_one() -> None:
    """Where a structure was drawn on the series itself, the drawing of another series is not laid over it."""
    own, other = mask(Region.ENHANCING, AX_T2, {1: (LESION_ONE, 6.0)}), lesions()
    (made,) = panels_of(AX_T2, shown(own, other))
    assert [o.carried for o in made.outlines] == [False]


def test_stations_complete_each_other() -> None:
    """Two sagittal masks of one structure both show on a third series."""
    upper = mask(Region.ENHANCING, SAG_GD, {1: (LESION_ONE, 5.0)})
    lower = mask(Region.ENHANCING, SAG_T2, {2: ((0.0, 20.0, -40.0), 5.0)})
    (made,) = panels_of(series("sagCStir"), shown(upper, lower))
    assert made.lesions == (1, 2)


def test_number_stands_beside_enhancement_not_beside_t2() -> None:
    """A lesion with both is numbered once, at its enhancing part."""
    t2 = mask(Region.T2HYPER, SAG_GD, {1: (LESION_ONE, 15.0)})
    (made,) = panels_of(SAG_GD, shown(t2, mask(Region.ENHANCING, SAG_GD, {1: (LESION_ONE, 5.0)})))
    assert [(m.text, m.colour) for m in made.numbers] == [("1", Region.ENHANCING.colour)]


def test_disc_ticks_are_at_the_discs_and_point_to_the_front() -> None:
    """Ticks end at the disc points, the right distance apart, and run to the left, where the front is."""
    (made,) = panels_of(SAG_T2, shown(cord(SAG_T2), with_discs=True))
    assert [m.text for m in made.discs] == ["C2-C3", "C3-C4", "C4-C5"]
    heights = [m.y for m in made.discs]
    assert np.diff(heights) == pytest.approx([20.0, 20.0])
    assert all(m.tick_x is not None and m.tick_x < m.x for m in made.discs)


def test_axial_pictures_have_their_level_and_no_disc_ticks() -> None:
    """An axial slice at z = 30 mm passes between the C3–C4 and C4–C5 discs: C4; beyond the discs nothing is said."""
    lesion = mask(Region.ENHANCING, AX_T2, {1: (LESION_ONE, 5.0), 2: (LESION_TWO, 5.0)})
    made = panels_of(AX_T2, shown(lesion, with_discs=True))
    assert [(p.discs, p.level) for p in made] == [((), "C4"), ((), "")]


def test_letters_keep_clear_of_disc_names() -> None:
    """The letter of the front stands half way between two discs."""
    (made,) = panels_of(SAG_T2, shown(cord(SAG_T2), with_discs=True))
    front = next(m for m in made.letters if m.text == "A")
    assert min(abs(front.y - disc.y) for disc in made.discs) == pytest.approx(10.0)


def test_image_on_another_grid_is_not_shown() -> None:
    """An image that is not on the grid of its series would show outlines at the wrong place: it is named instead."""
    made, unread = panels([SAG_T2], lambda _: image(AX_T2), shown())
    assert made == ()
    assert "not on the grid" in unread[0].reason


def test_isotropic_series_is_cut_both_ways() -> None:
    """A 1 mm series is shown sagittal and axial."""
    iso = series("isoCT2", plane=Plane.ISOTROPIC, geometry=centred((20, 60, 40), (1.0, 1.0, 1.0), (LEFT, DOWN, BACK)))
    assert [p.view.word for p in panels_of(iso, shown())] == ["sagittal", "axial"]


def test_one_slice_and_empty_masks_do() -> None:
    """A single slice with an empty mask gives one bare picture."""
    thin = series("sagC1", geometry=centred((1, 30, 20), (5.0, 1.0, 1.0), (LEFT, DOWN, BACK)))
    empty = LabelMap(array=np.zeros(thin.geometry.shape, dtype=np.uint8), geometry=thin.geometry)
    (made,) = panels_of(thin, shown(Mask(region=Region.ENHANCING, series=thin, labels=empty, author="AB")))
    assert (made.slice_number, made.slice_count, made.outlines) == (1, 1, ())


def test_unreadable_image_leaves_the_others() -> None:
    """A series whose image is damaged is named with its reason; the next one is shown."""

    def read(one: Series) -> Volume:
        if one is SAG_T2:
            raise RefusedError(error("voxels_unreadable", "a.nii.gz", "the file is damaged"))
        return image(one)

    made, unread = panels([SAG_T2, SAG_GD], read, shown())
    assert [p.series for p in made] == [SAG_GD]
    assert [(u.series, u.reason) for u in unread] == [(SAG_T2, "the file is damaged")]


def test_window_is_set_by_percentiles() -> None:
    """One hot pixel does not darken the rest, a flat image and not-a-numbers do not fail."""
    ramp = np.linspace(0, 100, 10_000).reshape(100, 100)
    hot = ramp.copy()
    hot[0, 0] = 1e6
    assert window_limits(hot) == pytest.approx(window_limits(ramp), abs=0.1)
    assert windowed(ramp, 25.0, 75.0).ravel()[[0, 5000, -1]].tolist() == [0, 127, 255]
    flat = np.full((4, 4), 7.0)
    assert windowed(flat, *window_limits(flat)).max() == 0
    assert window_limits(np.array([[np.nan, 1.0], [2.0, np.inf]]))[1] == pytest.approx(2.0, abs=0.1)


def test_window_is_that_of_the_surroundings_of_the_cord() -> None:
    """Fat under the skin, twenty times as bright as all else, does not darken the cord."""
    picture = image(SAG_T2).array * 0 + 50.0
    rows = np.arange(picture.shape[1])
    picture[...] += rows[None, :, None] * 0.3
    bright = picture.copy()
    bright[:, :, -8:] = 2000.0

    def grey_at_cord(array: np.ndarray) -> float:
        (made,) = panels([SAG_T2], lambda one: Volume(array=array, geometry=one.geometry), shown(cord(SAG_T2)))[0]
        pixels = pixels_of(made.picture)[..., 0]
        return float(np.median(pixels[:, pixels.shape[1] // 2]))

    assert grey_at_cord(bright) == pytest.approx(grey_at_cord(picture), abs=3)
    assert grey_at_cord(picture) == pytest.approx(127, abs=10)


def test_large_noisy_slice_stays_small() -> None:
    """A slice of a million noisy pixels is thinned and fits its share of the page."""
    noise = np.random.default_rng(1).normal(100, 30, (1024, 1000))
    address = picture_address(noise, 60_000)
    assert max(pixels_of(address).shape[:2]) <= LONGEST_PIXELS
    assert len(address) <= 60_000
