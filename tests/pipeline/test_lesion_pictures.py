"""Pictures of a lesion: what is drawn on them is what was measured, and what was not measured is said."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from features import measure_case
from features.case import Case
from features.diameters import Caliper
from mri.geometry import Geometry
from mri.problems import RefusedError, error
from mri.study import Plane, Series, Study
from mri.volume import LabelMap, Volume
from pipeline.case_grid import AXIAL, SAGITTAL, turned_geometry, whole
from pipeline.case_pages import case_section
from pipeline.case_words import measure_words
from pipeline.lesion_levels import LesionStrip, lesion_strip
from pipeline.lesion_pictures import CHANGED, NOT_SHOWN, PICTURE_BYTES, LesionPictures, lesion_pictures
from pipeline.lesion_planes import plane_of_slab, tilt_deg
from pipeline.lesion_rulers import NAMES, Ruler, diameter, words
from segmentation.annotation import Mask
from segmentation.regions import Region
from tests.features.bent import OBLIQUE, QUICK, bent_case
from tests.features.test_diameters import places_of
from tests.features.test_invariance import changed, stored_otherwise
from tests.pipeline.test_case_figures import extent
from tests.pipeline.test_case_pages import parsed, text_of

SAME_MM = 1e-6
Row = Mapping[str, object]


def image(one: Series) -> Volume:
    """Return an image that is brighter to the back."""
    index = np.stack(np.meshgrid(*[np.arange(n) for n in one.geometry.shape], indexing="ij"), axis=-1)
    return Volume(array=one.geometry.to_world(index)[..., 1].astype(np.float32), geometry=one.geometry)


def row_of(one: Case) -> dict[str, object]:
    """Return the row of the only lesion."""
    (row,) = measure_case(one, QUICK).lesions
    return dict(row)


def pictures_of(one: Case, row: Row | None = None) -> LesionPictures:
    """Return the pictures of the only lesion."""
    (made,) = lesion_pictures(one, image, [row or row_of(one)], QUICK)
    return made


def rulers_of(made: LesionPictures) -> dict[str, Ruler]:
    """Return column → ruler."""
    return {ruler.column: ruler for picture in (*made.along, *made.across) for ruler in picture.rulers}


def length_of(ruler: Ruler) -> float:
    """Return the distance of the ends in mm of the picture."""
    return float(np.linalg.norm(np.subtract(*ruler.ends)))


@pytest.mark.parametrize("turn", [None, OBLIQUE], ids=["straight", "oblique"])
@pytest.mark.parametrize("kinds", [("sag", "ax"), ("iso",)], ids="+".join)
def test_diameters_are_as_long_on_the_picture_as_in_the_table(kinds: tuple[str, ...], turn: Rotation | None) -> None:
    """AP and TR lie in their picture: the distance of the drawn ends is the number, however the slices lie."""
    one = bent_case(kinds, turn)
    row = row_of(one)
    found = rulers_of(pictures_of(one, row))
    for column in ("enh_ap_mm", "enh_tr_mm"):
        assert length_of(found[column]) == pytest.approx(row[column], abs=SAME_MM), column
        assert found[column].note == ""


def test_height_is_as_long_on_a_straight_slice() -> None:
    """On slices that hold the S-I direction the drawn height is the number."""
    one = bent_case()
    row = row_of(one)
    assert length_of(rulers_of(pictures_of(one, row))["enh_si_mm"]) == pytest.approx(row["enh_si_mm"], abs=SAME_MM)


def test_a_height_that_looks_short_is_said_to() -> None:
    """On slices tilted by 7 degrees to the side the height shows short by the cosine; the caption says so."""
    one = bent_case(turn=Rotation.from_euler("y", 7, degrees=True))
    row = row_of(one)
    made = pictures_of(one, row)
    ruler = rulers_of(made)["enh_si_mm"]
    assert ruler.shown_share == pytest.approx(np.cos(np.radians(7)), abs=1e-9)
    assert length_of(ruler) == pytest.approx(ruler.shown_share * float(str(row["enh_si_mm"])), abs=SAME_MM)
    assert made.along[0].notes == ("SI shows about 1 % short: this slice is oblique to it",)


def test_storage_does_not_change_the_picture() -> None:
    """Series and masks stored in another order and direction give the same marks at the same places."""
    one = bent_case()
    other = changed(one, lambda m: stored_otherwise(m, (2, 0, 1), (True, False, True)))
    before, after = pictures_of(one), pictures_of(other)
    for old, new in zip((*before.along, *before.across), (*after.along, *after.across), strict=True):
        assert [ruler.word.text for ruler in old.rulers] == [ruler.word.text for ruler in new.rulers]
        assert np.array([r.ends for r in old.rulers]) == pytest.approx(np.array([r.ends for r in new.rulers]), abs=1e-3)
        assert [letter.text for letter in old.letters] == [letter.text for letter in new.letters]


def elsewhere(original: Mask) -> Mask:
    """Return an axial mask in a frame of reference of its own, 7 mm lower; others as they are in a named frame."""
    if original.series.plane is not Plane.AXIAL:
        return replace(original, series=replace(original.series, frame_of_reference="1"))
    affine = original.labels.geometry.affine
    affine[2, 3] -= 7.0
    geometry = Geometry.from_affine(affine, original.labels.array.shape)
    series = replace(original.series, geometry=geometry, frame_of_reference="2")
    return replace(original, series=series, labels=LabelMap(array=original.labels.array, geometry=geometry))


def test_registered_series_of_another_frame_is_shown_where_it_was_measured() -> None:
    """An axial series with a transform into the frame of the case gives the picture that it gives without one."""
    one = bent_case()
    moved = changed(one, elsewhere)
    up = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 7.0), (0.0, 0.0, 0.0, 1.0))
    axial = next(series for series in moved.series if series.plane is Plane.AXIAL)
    moved = replace(moved, transforms={axial.entities: up})
    before, after = pictures_of(one), pictures_of(moved)
    assert [len(picture.contours) for picture in after.across] == [len(picture.contours) for picture in before.across]
    for old, new in zip(before.across, after.across, strict=True):
        assert np.array([r.ends for r in old.rulers]) == pytest.approx(np.array([r.ends for r in new.rulers]), abs=1e-6)


def test_jaws_meet_the_outline() -> None:
    """The outline of a slab of an axial series ends where the jaws stand, within a pixel of the picture."""
    for picture in pictures_of(bent_case()).across:
        outline = extent(next(c.path for c in picture.contours if c.region is Region.ENHANCING))
        for ruler in picture.rulers:
            axis = 1 if ruler.column == "enh_ap_mm" else 0
            ends = sorted(end[axis] for end in ruler.ends)
            assert (outline[axis], outline[axis + 2]) == pytest.approx(ends, abs=0.6), ruler.column


def test_directions_of_a_picture_across() -> None:
    """The front is above and the patient's right to the left, as on axial slices."""
    (picture, *_) = pictures_of(bent_case()).across
    assert [letter.text[0] for letter in picture.letters] == ["R", "L", "A", "P"]


def test_a_picture_across_shows_what_lies_there() -> None:
    """The pixels are those of the series: of an image that grows brighter to the back the lower edge is bright."""
    from tests.pipeline.test_case_figures import pixels_of

    (picture, *_) = pictures_of(bent_case()).across
    grey = pixels_of(picture.picture)[..., 0].astype(int)
    assert grey[-5:].mean() > grey[:5].mean() + 100


def test_plane_of_a_slab_lies_across_the_cord() -> None:
    """The picture plane holds the middle of the slab, and its tilt to slices of the same direction is none."""
    (slab, *_) = places_of(bent_case(turn=OBLIQUE)).slabs
    plane = plane_of_slab(slab)
    middle = plane.grid.to_index(slab.centre_mm)
    assert middle == pytest.approx([(n - 1) / 2 for n in plane.grid.shape])
    assert tilt_deg(slab, plane.grid) == pytest.approx(0, abs=1e-3)
    assert tilt_deg(slab, slab.part.geometry) > 1


def test_refused_diameter_is_said_with_its_reason() -> None:
    """Without an axial series AP is drawn on the sagittal slice, and TR is named with the reason."""
    made = pictures_of(bent_case(("sag",)))
    assert made.across == ()
    assert "enh_ap_mm" in {ruler.column for ruler in made.along[0].rulers}
    assert made.refused == (("Transverse size", "no axial or isotropic series with the lesion drawn on it"),)


def test_number_of_other_drawings_is_not_drawn() -> None:
    """A number that the masks at hand do not give is left out, and the page says why."""
    one = bent_case()
    row = row_of(one)
    made = pictures_of(one, row | {"enh_ap_mm": float(str(row["enh_ap_mm"])) + 0.6})
    assert "enh_ap_mm" not in rulers_of(made)
    assert made.refused == (("Anterior–posterior size", CHANGED),)


def test_lower_bound_is_marked() -> None:
    """A lesion that is cut by the border of its images has its sizes with a sign."""
    row = {"enh_ap_mm": "6.25", "enh_truncated": "1", "t2_length_mm": 30.0, "t2_truncated": False}
    assert words(row, "enh_ap_mm") == "AP ≥ 6.2 mm"
    assert words(row, "t2_length_mm") == "T2 length 30.0 mm"


def test_text_of_the_tables_does() -> None:
    """Rows as read from CSV give the same pictures as typed ones."""
    one = bent_case()
    row = row_of(one)
    text = {name: "" if value is None else repr(value).strip("'") for name, value in row.items()}
    assert rulers_of(pictures_of(one, text)).keys() == rulers_of(pictures_of(one, row)).keys() == NAMES.keys()


def test_unreadable_image_leaves_the_others() -> None:
    """A series whose image is damaged has no picture; the other pictures are there."""
    one = bent_case()

    def read(series: Series) -> Volume:
        if series.plane is Plane.AXIAL:
            raise RefusedError(error("voxels_unreadable", "a.nii.gz", "the file is damaged"))
        return image(series)

    (made,) = lesion_pictures(one, read, [row_of(one)], QUICK)
    assert len(made.along) == 2
    assert made.across == ()
    assert made.refused == (("Anterior–posterior size", NOT_SHOWN), ("Transverse size", NOT_SHOWN))


def test_failed_session_has_no_pictures() -> None:
    """A row without a lesion, as a failed session has it, gives nothing."""
    one = bent_case()
    assert lesion_pictures(one, image, [{"lesion_id": None, "status": "failed"}], QUICK) == ()


def test_lesion_without_voxels_is_named() -> None:
    """A lesion that a reader listed and nobody drew has no picture, and every size is named."""
    one = bent_case()
    row = dict.fromkeys(row_of(one)) | {"lesion_id": 7}
    (made,) = lesion_pictures(one, image, [row], QUICK)
    assert (made.along, made.across, made.strip) == ((), (), None)
    assert len(made.refused) == len(NAMES)


def test_pictures_are_small() -> None:
    """A picture stays within its share, also of noise."""
    one = bent_case()
    rng = np.random.default_rng(3)

    def noise(series: Series) -> Volume:
        array = rng.normal(100, 30, series.geometry.shape).astype(np.float32)
        return Volume(array=array, geometry=series.geometry)

    (made,) = lesion_pictures(one, noise, [row_of(one)], QUICK)
    sizes = [len(picture.picture) for picture in (*made.along, *made.across)]
    assert max(sizes) <= PICTURE_BYTES


def test_words_stay_inside() -> None:
    """No number runs over the right edge of its picture."""
    from pipeline.lesion_rulers import LETTER_PIXELS

    made = pictures_of(bent_case(turn=OBLIQUE))
    for picture in (*made.along, *made.across):
        for ruler in picture.rulers:
            share = 1.0 if ruler.anchor == "start" else 0.5
            reach = ruler.word.x + share * len(ruler.word.text) * LETTER_PIXELS * picture.unit_mm
            assert reach <= picture.width, ruler.word.text


def test_number_that_would_hide_the_end_of_a_length_stands_below_it() -> None:
    """A number for which there is no room beside the cord is moved to the left and below the end mark."""
    from features.diameters import Course
    from pipeline.lesion_rulers import ASIDE_PIXELS, length

    one = bent_case()
    cut = whole(turned_geometry(one.series[0].geometry, SAGITTAL), 8)
    at = cut.grid.to_world([[20, 10, 8], [40, 10, 8], [20, cut.columns[1] - 5, 8], [40, cut.columns[1] - 5, 8]])
    across = np.tile([0.0, -1.0, 0.0], (2, 1))
    left, right = (
        length(cut, Course(column="t2_length_mm", line_mm=at[k : k + 2], across=across), {}, 0.2, "#000000").word
        for k in (0, 2)
    )
    assert right.y - left.y == pytest.approx(ASIDE_PIXELS * 0.2)


def test_number_of_a_length_to_the_lower_edge_leaves_the_scale_free() -> None:
    """Where T2 hyperintensity leaves the picture its number stands above the bar of mm, which it once covered."""
    from features.diameters import Course
    from pipeline.lesion_rulers import SCALE_PIXELS, length

    one = bent_case()
    cut = whole(turned_geometry(one.series[0].geometry, SAGITTAL), 8)
    for column in (10, cut.columns[1] - 5):
        at = cut.grid.to_world([[20, column, 8], [cut.rows[1] - 1, column, 8]])
        course = Course(column="t2_length_mm", line_mm=at, across=np.tile([0.0, -1.0, 0.0], (2, 1)))
        word = length(cut, course, {}, 0.2, "#000000").word
        assert word.y <= cut.height_mm - SCALE_PIXELS * 0.2


def test_page_holds_the_pictures() -> None:
    """The page of a session shows each lesion with its pictures, numbers, levels and reasons, well formed."""
    one = bent_case(("sag",))
    measured = measure_case(one, QUICK)
    places = lesion_pictures(one, image, measured.lesions, QUICK)
    study = Study(id=one.study, series=one.series)
    html = case_section(study, image, one.masks, one.discs, measured.lesions, measured.patient, places=places).html
    parsed(html)
    text = text_of(html)
    assert "Lesion 1: where it was measured" in text
    assert f"SI {float(str(measured.lesions[0]['enh_si_mm'])):.1f} mm" in text
    assert "Not drawn: Transverse size (no axial or isotropic series" in text
    assert "● counts" in text


def strip_of(**changes: object) -> LesionStrip:
    """Return the strip of a T2 extent from the middle of T1 to T6–T7, and enhancement of T4."""
    row = {"t2_v_from": 8.9, "t2_v_to": 14.0, "t2_levels": "T2-T6", "t2_seg_count": 5, "t2_seg_frac": 5.1}
    row |= {"enh_v_from": 11.2, "enh_v_to": 11.8, "enh_levels": "T4", "enh_seg_count": 1, "enh_seg_frac": 0.6}
    made = lesion_strip(row | changes)
    assert made is not None
    return made


def test_strip_shows_both_extents_and_what_counts() -> None:
    """Both bars stand at their vertebral coordinates; a level that is hardly touched is told from one that counts."""
    strip = strip_of()
    assert [name for name, _ in strip.vertebrae] == ["C7", "T1", "T2", "T3", "T4", "T5", "T6", "T7"]
    t2, gd = strip.extents
    assert (t2.y, t2.height) == pytest.approx((strip.top + 1.9 * strip.row, 5.1 * strip.row))
    assert gd.height == pytest.approx(0.6 * strip.row)
    assert [counts for _, counts in t2.marks] == [False, True, True, True, True, True]
    assert [counts for _, counts in gd.marks] == [True]
    assert t2.text == "T2: T1 (90% down) to disc T6-T7; 5.10 levels, 5 levels counted (T2-T6)"


def test_strip_of_a_cut_extent_is_open() -> None:
    """An extent cut by the border of the images has an open bar, and its count is a lower bound."""
    t2, gd = strip_of(t2_truncated="1").extents
    assert t2.open_ended
    assert not gd.open_ended
    assert "at least 5 levels" in t2.text


def test_strip_of_a_long_lesion_keeps_its_height() -> None:
    """A lesion of all levels is drawn with lower rows; without levels there is no strip."""
    long = strip_of(t2_v_from=2.0, t2_v_to=20.0, t2_levels="C2-T12")
    assert long.height < 340
    assert lesion_strip({"t2_length_mm": 20.0}) is None


def test_every_size_has_words() -> None:
    """A size that is not drawn is named in words, not by its column."""
    assert all(measure_words(column) != column.replace("_", " ") for column in NAMES)


def test_diameter_on_an_oblique_slice_is_short() -> None:
    """Dropped onto a slice that is tilted against it, a distance shows short by the cosine."""
    one = bent_case()
    series = next(s for s in one.series if s.plane is Plane.AXIAL)
    cut = whole(turned_geometry(series.geometry, AXIAL), 3)
    tilted = np.array([[0.0, -6.0, -3.0], [0.0, 6.0, 3.0]])
    ruler = diameter(cut, Caliper(column="enh_ap_mm", ends_mm=tilted, touched_mm=tilted), {"enh_ap_mm": 13.4}, 0.2)
    assert ruler.shown_share == pytest.approx(12 / np.hypot(12, 6))
    assert ruler.note == "AP shows about 11 % short: this slice is oblique to it"
