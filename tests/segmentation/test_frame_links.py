"""Transforms between frames of reference: followed along any path, kept beside the readings, refused where unsure."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from mri.bids import StudyFolder
from mri.geometry import Geometry
from mri.register import METHOD, RigidTransform
from mri.study import Contrast, Plane, Series, Study, StudyId, Weighting
from mri.volume import Volume
from segmentation.frame_links import (
    NOT_LINKED,
    FrameLink,
    find_links,
    in_main_frame,
    main_series,
    read_links,
    save_links,
    transforms_to,
)
from segmentation.parameters import FrameLinkParameters

ID = StudyId(participant="P01", session="01")
GRID = Geometry(
    shape=(48, 48, 8),
    origin_mm=(13.0, -60.0, 60.0),
    spacing_mm=(2.0, 2.0, 3.3),
    axes=((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)),
)


def series(name: str, frame: str, weighting: Weighting = Weighting.T1, plane: Plane = Plane.SAGITTAL) -> Series:
    """Return a series of a frame of reference."""
    return Series(
        study=ID,
        acquisition=name,
        suffix="T1w",
        weighting=weighting,
        plane=plane,
        contrast=Contrast.NO,
        geometry=GRID,
        frame_of_reference=frame,
    )


A, B = series("sagT1", "one"), series("sagT2", "one", Weighting.T2)
C, D = series("sagT1late", "two"), series("axT1late", "two", plane=Plane.AXIAL)
LONE = series("axT2", "three", plane=Plane.AXIAL)
STUDY = Study(id=ID, series=(A, B, C, D, LONE))


def shift(x: float, y: float, z: float, method: str = "by hand") -> RigidTransform:
    """Return a shift."""
    matrix = np.eye(4)
    matrix[:3, 3] = (x, y, z)
    return RigidTransform(matrix=tuple(tuple(float(v) for v in row) for row in matrix), method=method)


def link(source: Series, target: Series, transform: RigidTransform) -> FrameLink:
    """Return a transform between two series."""
    return FrameLink(source=source.entities, target=target.entities, transform=transform)


def moved_by(matrix: object) -> list[float]:
    """Return where a transform sends the origin."""
    return [float(row[3]) for row in matrix][:3]  # type: ignore[attr-defined]


def test_the_main_frame_is_that_of_most_sagittal_series() -> None:
    """An axial series counts for nothing, and the order of the series does not matter."""
    assert main_series(STUDY) == A
    assert main_series(replace(STUDY, series=STUDY.series[::-1])) == A
    assert main_series(Study(id=ID, series=(series("sagT1", ""),))) is None


def test_a_transform_holds_for_its_whole_frame_whichever_way_it_was_written() -> None:
    """Series of the other frame go along with the registered one; a frame without a transform stays out."""
    for one in (link(C, B, shift(1, 2, 3)), link(B, C, shift(-1, -2, -3))):
        found = transforms_to(A, STUDY.series, [one])
        assert set(found) == {C.entities, D.entities}
        assert_allclose(moved_by(found[D.entities]), (1, 2, 3))


def test_transforms_are_chained() -> None:
    """From the third frame through the second to the first."""
    found = transforms_to(A, STUDY.series, [link(LONE, D, shift(0, 0, 5)), link(C, A, shift(1, 0, 0))])
    assert_allclose(moved_by(found[LONE.entities]), (1, 0, 5))


def test_a_transform_within_a_frame_moves_its_own_series_alone() -> None:
    """A patient who moved between two series of one frame: the named series moves, others stay."""
    found = transforms_to(A, STUDY.series, [link(B, A, shift(0, 2, 0))])
    assert set(found) == {B.entities}
    assert_allclose(moved_by(found[B.entities]), (0, 2, 0))


def test_series_are_moved_into_the_main_frame() -> None:
    """Their grids move rigidly, and they then count as of one frame; what no transform reaches stays."""
    placed = {one.acquisition: one for one in in_main_frame(STUDY, [link(C, A, shift(1, 2, 3))]).series}
    assert placed["axT1late"].frame_of_reference == "one"
    assert_allclose(placed["axT1late"].geometry.origin_mm, np.add(GRID.origin_mm, (1, 2, 3)))
    assert placed["axT2"] == LONE


def test_transforms_are_kept_beside_the_readings(tmp_path: Path) -> None:
    """Written and read again they are the same; one between sessions is not one of the session's, a bad one is said."""
    folder = StudyFolder(root=tmp_path)
    links = (link(C, A, replace(shift(1, 2, 3), method=METHOD, residual_mm=0.4)),)
    save_links(folder, ID, links)
    folder.transform(ID, "ses01", "ses02").write_text("{}")
    folder.transform(ID, "acq-sagT2", "acq-sagT1").write_text("{}")
    found, problems = read_links(folder, STUDY)
    assert found == links
    assert found[0].is_estimated
    assert [problem.code for problem in problems] == ["transform_unreadable"]


def noise(seed: int) -> Volume:
    """Return an image of coarse noise that nothing else looks like."""
    from scipy.ndimage import gaussian_filter

    array = gaussian_filter(np.random.default_rng(seed).normal(size=GRID.shape), (3, 3, 1)) * 1000 + 500
    return Volume(array=array.astype(np.float32), geometry=GRID)


def test_alike_images_are_registered() -> None:
    """The same tissue 2 mm away in another frame: found, with a small residual and a note."""
    there = replace(noise(1), geometry=Geometry.from_affine(shift(0, 1.5, -1).array @ GRID.affine, GRID.shape))
    study = Study(id=ID, series=(A, B, replace(C, geometry=there.geometry)))
    found, problems = find_links(study, lambda one: there if one.acquisition == "sagT1late" else noise(1), [], OPTIONS)
    assert [problem.code for problem in problems] == ["registered_frames"]
    assert (found[0].source, found[0].target) == (C.entities, A.entities)
    assert_allclose(moved_by(found[0].transform.matrix), (0, -1.5, 1), atol=0.3)
    assert found[0].transform.residual_mm == pytest.approx(0.0, abs=0.5)


def test_images_of_nothing_in_common_are_not_registered() -> None:
    """Two registrations of unlike images disagree: no transform, and the session says so."""
    study = Study(id=ID, series=(A, B, C))
    found, problems = find_links(study, lambda one: noise(len(one.acquisition)), [], OPTIONS)
    assert found == ()
    assert [problem.code for problem in problems] == [NOT_LINKED]


def test_another_station_is_not_registered() -> None:
    """A frame that shows another part of the spine has little to compare: it is not even read."""

    def unread(one: Series) -> Volume:
        raise AssertionError(one.name)

    lower = Geometry.from_affine(shift(0, 0, -80).array @ GRID.affine, GRID.shape)
    found, problems = find_links(Study(id=ID, series=(A, B, replace(C, geometry=lower))), unread, [], OPTIONS)
    assert found == ()
    assert [problem.code for problem in problems] == [NOT_LINKED]


def test_a_frame_that_is_joined_already_is_not_registered_again() -> None:
    """A transform that a person gave stands."""

    def unread(one: Series) -> Volume:
        raise AssertionError(one.name)

    study = Study(id=ID, series=(A, B, C, D))
    assert find_links(study, unread, [link(D, B, shift(0, 0, 1))], OPTIONS) == ((), ())


OPTIONS = FrameLinkParameters()
