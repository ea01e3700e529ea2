"""A whole session and a single file: what is proposed, in whose name, and what could not be judged."""

import json
from collections.abc import Mapping

import numpy as np
import pytest

from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from mri.volume import Volume
from segmentation.annotation import AUTO, Annotation
from segmentation.centreline import fit_centreline, level_scale
from segmentation.propose import propose_case, propose_session
from segmentation.regions import Region
from tests.segmentation.tube import bend_mm, dice, disc_heights_mm, grid, inside_cord, scan, with_lesion

GRID = grid((13, 80, 190), (3.3, 1.1, 1.1))
DISCS = disc_heights_mm("C4-C5", 85.0, -95.0)
STUDY = StudyId(participant="p1", session="01")
KNOWN = {"C7-T1": (0.0, float(bend_mm(np.array(DISCS["C7-T1"]))) - 12.0, DISCS["C7-T1"])}
ENHANCING = (-20.0, 0.0)
T2 = (-40.0, 15.0)


def series(weighting: Weighting, contrast: Contrast = Contrast.NO, frame: str = "1.2.3") -> Series:
    """Make a sagittal series."""
    return Series(
        study=STUDY,
        acquisition=f"sag{weighting.value}",
        suffix="T2w" if weighting is Weighting.T2 else "T1w",
        weighting=weighting,
        plane=Plane.SAGITTAL,
        contrast=contrast,
        geometry=GRID,
        frame_of_reference=frame,
    )


T2_SERIES = series(Weighting.T2)
PRE = series(Weighting.T1)
POST = series(Weighting.T1, Contrast.YES)


@pytest.fixture(scope="module")
def images() -> Mapping[str, Volume]:
    """Make a T2 lesion of which the middle enhances."""
    return {
        T2_SERIES.name: with_lesion(scan(GRID, discs=DISCS), *T2, 0.8),
        PRE.name: scan(GRID, t1=True, discs=DISCS, seed=1),
        POST.name: with_lesion(scan(GRID, t1=True, discs=DISCS, seed=2), *ENHANCING, 0.8),
    }


def proposed(images: Mapping[str, Volume], *chosen: Series, known: bool = True) -> Annotation:
    """Propose a session of some of the series."""
    return propose_session(
        Study(id=STUDY, series=chosen), lambda one: images[one.name], known_discs=KNOWN if known else None
    )


@pytest.fixture(scope="module")
def whole(images: Mapping[str, Volume]) -> Annotation:
    """Propose the session with all its series."""
    return proposed(images, T2_SERIES, PRE, POST)


def test_masks_and_their_author(whole: Annotation) -> None:
    """The cord is on T2 and on the enhanced T1, the lesion on both with one integer, all by auto."""
    found = {(mask.region, mask.series.name): mask.labels.labels() for mask in whole.masks}
    assert found == {
        (Region.CORD, T2_SERIES.name): (1,),
        (Region.CORD, POST.name): (1,),
        (Region.ENHANCING, POST.name): (1,),
        (Region.T2HYPER, T2_SERIES.name): (1,),
    }
    assert {mask.author for mask in whole.masks} == {AUTO}
    assert whole.problems == ()


def test_provenance_can_be_written(whole: Annotation) -> None:
    """Method, scores and flags of every mask are JSON."""
    for mask in whole.masks:
        record = json.loads(json.dumps(mask.provenance, allow_nan=False))
        assert "method" in record or "alignment" in record


def test_cord_is_the_planted_one(whole: Annotation) -> None:
    """Each cord mask overlaps the planted cord, on T2 also where the lesion is."""
    for mask in whole.of_region(Region.CORD):
        assert dice(mask.labels.array > 0, inside_cord(GRID)) > 0.8


def test_extents_are_the_planted_ones(whole: Annotation) -> None:
    """Both regions end within a quarter of a level of where they were planted."""
    assert whole.discs is not None
    axis = fit_centreline([mask.labels for mask in whole.of_region(Region.CORD)])
    scale = level_scale(axis, whole.discs)
    for region, ends in ((Region.ENHANCING, ENHANCING), (Region.T2HYPER, T2)):
        (mask,) = whole.of_region(region)
        s = axis.project(mask.labels.points_mm(1)).s_mm
        wanted = axis.project([(0.0, float(bend_mm(np.array(z))), z) for z in ends]).s_mm
        found = scale.at([s.min(), s.max()])
        np.testing.assert_allclose(sorted(found), sorted(scale.at(wanted)), atol=0.25)


def test_a_named_disc_is_kept(whole: Annotation) -> None:
    """The disc that a person named has its name, and the levels are not called unconfirmed."""
    assert whole.discs is not None
    assert "levels_unconfirmed" not in whole.discs.flags
    assert whole.discs.points["C7-T1"][2] == pytest.approx(DISCS["C7-T1"], abs=3)


def test_without_a_named_disc_levels_are_unconfirmed(images: Mapping[str, Volume]) -> None:
    """A suggestion says that it is one."""
    discs = proposed(images, PRE, known=False).discs
    assert discs is not None
    assert "levels_unconfirmed" in discs.flags


@pytest.mark.parametrize(
    ("chosen", "codes"),
    [
        ((T2_SERIES,), {"no_enhanced_t1"}),
        ((PRE, POST), {"no_sagittal_t2"}),
        ((T2_SERIES, POST), {"no_precontrast", "no_precontrast_partner"}),
        ((), {"no_sagittal_t2", "no_enhanced_t1"}),
    ],
)
def test_what_could_not_be_judged_is_said(
    images: Mapping[str, Volume], chosen: tuple[Series, ...], codes: set[str]
) -> None:
    """Each missing series is named as a problem, and the rest is proposed."""
    annotation = proposed(images, *chosen)
    assert {problem.code for problem in annotation.problems} == codes
    assert bool(annotation.masks) == bool(chosen)


def test_post_contrast_alone_still_gives_a_candidate(images: Mapping[str, Volume]) -> None:
    """Without a series before contrast the cord's own level is the reference, and the mask says so."""
    (mask,) = proposed(images, T2_SERIES, POST).of_region(Region.ENHANCING)
    assert mask.provenance["flags"] == ["post_contrast_only"]
    z = mask.labels.points_mm()[:, 2]
    assert (z.min(), z.max()) == pytest.approx(ENHANCING, abs=3)


def test_frames_of_reference_are_not_mixed(images: Mapping[str, Volume]) -> None:
    """Series of another frame are proposed apart, with integers that go on."""
    other = series(Weighting.T2, frame="9.9")
    moved = Series(**{k: getattr(other, k) for k in other.__dataclass_fields__} | {"acquisition": "sagLT2"})
    annotation = proposed({**images, moved.name: images[T2_SERIES.name]}, T2_SERIES, PRE, POST, moved)
    assert "several_frames" in {problem.code for problem in annotation.problems}
    labels = {m.series.name: m.labels.labels() for m in annotation.of_region(Region.T2HYPER)}
    assert labels == {T2_SERIES.name: (1,), moved.name: (2,)}


def test_one_file(images: Mapping[str, Volume]) -> None:
    """A single T2 gives cord, axis, discs and candidates, each in the shape that is written."""
    case = propose_case(images[T2_SERIES.name], Weighting.T2, known_discs=KNOWN)
    assert dice(case.cord.array > 0, inside_cord(GRID)) > 0.8
    rows = list(case.centreline_rows())
    assert list(rows[0]) == ["x", "y", "z", "s_mm", "score"]
    assert [row["s_mm"] for row in rows] == sorted(row["s_mm"] for row in rows)
    assert "C7-T1" in case.discs_json()["points"]
    assert case.candidates.labels() == (1,)
    record = json.loads(json.dumps(case.record(), allow_nan=False))
    assert record["format"] == 1
    assert record["lesions"][0]["t2"][0]["score"] > 5


def test_one_t1_file_says_that_bright_may_be_no_enhancement(images: Mapping[str, Volume]) -> None:
    """A T1 alone cannot tell enhancement from a bright lesion."""
    case = propose_case(images[POST.name], Weighting.T1)
    assert [problem.code for problem in case.problems] == ["no_precontrast"]
    assert case.candidates.labels() == (1,)


def test_axial_series_shows_the_same_lesion_wider(images: Mapping[str, Volume]) -> None:
    """An axial series after contrast gets the cord and the lesion under the same integer, and adds no lesion."""
    fine = grid((70, 70, 16), (0.9, 0.9, 4.0))
    fields = {k: getattr(POST, k) for k in POST.__dataclass_fields__}
    axial = Series(**fields | {"acquisition": "axT1", "plane": Plane.AXIAL, "geometry": fine})
    slices = with_lesion(scan(fine, t1=True, seed=3), *ENHANCING, 0.8)
    annotation = proposed({**images, axial.name: slices}, T2_SERIES, PRE, POST, axial)
    found = {mask.series.name: mask.labels for mask in annotation.of_region(Region.ENHANCING)}
    assert {name: labels.labels() for name, labels in found.items()} == {POST.name: (1,), axial.name: (1,)}
    width = np.ptp(found[axial.name].points_mm()[:, 0])
    assert width == pytest.approx(8.0, abs=2.0)


def test_range_and_tip_of_the_cord_are_recorded(whole: Annotation) -> None:
    """Each cord says between which heights it was found; a tip that is not in view is null, not invented."""
    for mask in whole.of_region(Region.CORD):
        if mask.series.contrast is Contrast.NO:
            top, bottom = mask.provenance["valid_z_mm"]  # type: ignore[misc]
            z = mask.labels.points_mm()[:, 2]
            assert (top, bottom) == (pytest.approx(z.max(), abs=2.5), pytest.approx(z.min(), abs=2.5))
            assert mask.provenance["conus_tip_mm"] is None


@pytest.mark.parametrize("bad", [T2_SERIES, PRE, POST], ids=("t2", "before", "after"))
def test_a_series_that_shows_nothing_is_named_and_the_others_go_on(images: Mapping[str, Volume], bad: Series) -> None:
    """One infinite voxel: a problem of that series, no empty mask that would say "nothing found", the rest proposed."""
    array = images[bad.name].array.copy()
    array[3, 4, 5] = np.inf
    found = proposed({**images, bad.name: Volume(array=array, geometry=GRID)}, T2_SERIES, PRE, POST)
    assert (bad.name, "image_not_finite") in [(problem.where, problem.code) for problem in found.problems]
    lesions = {mask.series.name: mask.labels.labels() for mask in found.masks if mask.region is not Region.CORD}
    assert lesions == {name: (1,) for name in (T2_SERIES.name, POST.name) if name != bad.name}
