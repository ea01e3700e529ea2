"""Objects of known size that nobody chose: other sizes, tilts, curvatures, levels and grids, each off the lattice."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from features import measure_case
from features.case import Case
from features.parameters import FeatureParameters
from features.parts import make_part
from features.views import plane_of
from mri.geometry import Geometry
from mri.study import Contrast, Plane, Series, Weighting
from segmentation.centreline import fit_centreline
from segmentation.levels import DiscPoints
from tests.features.generated import (
    BENDS,
    SEGMENT_KINDS,
    extent_errors,
    grid_of,
    length_errors,
    random_curve,
    segment_errors,
    short_tube_errors,
    spine_case,
)
from tests.features.scene import series, t1_gd
from tests.features.shapes import GRIDS, Curve, draw_cord, draw_tube, grid_around

QUICK = FeatureParameters(intervals=False)
NUMBER = 16
"""Objects per grid."""
BIAS_MM = {False: 0.75, True: 1.2}
"""Largest mean error of an extent, on straight and on oblique grids."""
LENGTH_MM = {"iso": 0.8, "sag": 0.6, "ax": 4.0}
"""Largest error of the length of a capsule on a curved cord: of 1 mm voxels and of 4 mm slices one voxel at most."""
AXIS_MM = 0.2
"""How much of it may come from the fitted axis."""
LONG_AXIS_MM = 0.3
"""The same for tubes of up to 60 mm that lie anywhere."""
SEGMENT_LEVELS = 0.16
LEAST_RADIUS_MM = 2.0
"""A thinner tube can lie between two slices of 3.3 mm, wholly or with one end: nobody can measure what is not shown."""


@pytest.mark.parametrize("oblique", [False, True])
@pytest.mark.parametrize("kind", GRIDS)
def test_extents_of_ellipsoids_have_little_bias(kind: str, oblique: bool) -> None:
    """Mean error of each extent a plane may give: 0.75 mm on straight grids, 1.2 mm on oblique ones."""
    errors = extent_errors(kind, NUMBER, oblique=oblique)
    assert all(abs(np.mean(found)) <= BIAS_MM[oblique] for found in errors.values()), errors


@pytest.mark.parametrize("oblique", [False, True])
@pytest.mark.parametrize("kind", GRIDS)
def test_length_on_curved_cords(kind: str, oblique: bool) -> None:
    """Capsules of 10 to 40 mm on bent and tilted cords keep their length within the limit of each grid.

    An axis fitted to the voxels of the cord measures as the one it was drawn about.
    """
    for error, with_true_axis in length_errors(kind, NUMBER // 2, oblique=oblique):
        assert abs(error) <= LENGTH_MM[kind]
        assert error == pytest.approx(with_true_axis, abs=AXIS_MM)


@pytest.mark.parametrize("kind", ["iso", "sag"])
@pytest.mark.parametrize("bend", BENDS)
def test_a_short_tube_wherever_it_lies(kind: str, bend: str) -> None:
    """A tube of 10 mm, tilted 30 degrees or curved 20, is 10 mm long within 1 mm, at eight places off the lattice."""
    assert max(abs(error) for error in short_tube_errors(kind, bend, NUMBER // 2)) <= 1.0


@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(sorted(GRIDS)),
    length_mm=st.floats(4.0, 60.0),
    radius_mm=st.floats(LEAST_RADIUS_MM, 4.5),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_length_is_right_within_its_resolution(seed: int, kind: str, length_mm: float, radius_mm: float) -> None:
    """Whatever the size, bend, tilt and place of a tube that a slice cuts: the error is its resolution and 0.3 mm."""
    curve = random_curve(np.random.default_rng(seed))
    grid = grid_of(curve, kind)
    labels = draw_tube(curve, grid, radius_mm, -length_mm / 2, length_mm / 2)
    part = make_part(t1_gd(grid), "AB", grid, labels.indices(), fit_centreline([draw_cord(curve, grid)]))
    assert abs(part.span.length_mm - length_mm) <= part.span.resolution_mm + LONG_AXIS_MM
    assert part.volume_mm3 == pytest.approx(labels.array.sum() * np.prod(GRIDS[kind][0]), rel=1e-12)


@pytest.mark.parametrize("bent", [False, True])
@pytest.mark.parametrize("kind", SEGMENT_KINDS)
def test_segments_on_generated_spines(kind: str, bent: bool) -> None:
    """Levels of 14 to 25 mm on straight and on bent, tilted cords: the extent in levels is right within 0.16."""
    errors = list(segment_errors(kind, NUMBER // 2, bent=bent))
    assert max(abs(error) for error in errors) <= SEGMENT_LEVELS, errors


@cache
def bent_case() -> Case:
    """Return a case on a bent cord, sagittal."""
    curve = Curve(radius_mm=120.0, opening_deg=30.0, centre=(0.3, -0.7, 0.2))
    return spine_case(curve, "sag", 20.0, 9.4, 11.2)


def turned(original: Case, turn: Rotation) -> Case:
    """Return a case turned in space with its images, discs included."""
    affine = np.eye(4)
    affine[:3, :3] = turn.as_matrix()
    move: Callable[[Geometry], Geometry] = lambda g: Geometry.from_affine(affine @ g.affine, g.shape)  # noqa: E731
    masks = [
        replace(
            mask,
            series=replace(mask.series, geometry=move(mask.series.geometry)),
            labels=replace(mask.labels, geometry=move(mask.labels.geometry)),
        )
        for mask in original.masks
    ]
    points = {} if original.discs is None else original.discs.points
    there = {name: turn.apply(point) for name, point in points.items()}
    discs = DiscPoints(points={n: (float(p[0]), float(p[1]), float(p[2])) for n, p in there.items()})
    return replace(original, masks=tuple(masks), discs=discs, series=tuple(mask.series for mask in masks))


@given(angles=st.tuples(*[st.floats(-15, 15)] * 3))
@settings(max_examples=15, deadline=None, derandomize=True)
def test_nothing_changes_if_the_patient_turns_with_the_images(angles: tuple[float, float, float]) -> None:
    """Lengths, levels, volume and diameters do not depend on how patient and images lie in the scanner's room."""
    before = measure_case(bent_case(), QUICK).lesions[0]
    after = measure_case(turned(bent_case(), Rotation.from_euler("xyz", angles, degrees=True)), QUICK).lesions[0]
    for name in ("enh_length_mm", "enh_seg_frac", "enh_volume_mm3", "enh_feret_mm", "enh_rano_long_mm"):
        assert after[name] == pytest.approx(before[name], rel=1e-6), name
    assert after["enh_levels"] == before["enh_levels"]


@pytest.mark.parametrize("kind", ["iso", "sag"])
@pytest.mark.parametrize("angles", [(12.0, 0.0, 0.0), (0.0, 9.0, 0.0), (0.0, 0.0, 14.0), (-10.0, 6.0, -8.0)])
def test_a_patient_who_lies_turned_measures_the_same(kind: str, angles: tuple[float, float, float]) -> None:
    """Drawn anew on the same grid after a turn, each number stays within its resolution.

    The volume, of which 3.3 mm slices show a third more or less, stays within its perturbation range.
    """
    curve = Curve(radius_mm=120.0, opening_deg=30.0, centre=(0.3, -0.7, 0.2))
    other = replace(curve, turn=Rotation.from_euler("xyz", angles, degrees=True))
    before, after = (measure_case(spine_case(c, kind, 20.0, 9.4, 11.2)).lesions[0] for c in (curve, other))
    for name in ("enh_length", "enh_feret", "enh_chord"):
        change = float(str(after[f"{name}_mm"])) - float(str(before[f"{name}_mm"]))
        most = max(float(str(row[f"{name}_res_mm"])) for row in (before, after))
        assert abs(change) <= most, name
    assert after["enh_seg_frac"] == pytest.approx(before["enh_seg_frac"], abs=SEGMENT_LEVELS)
    low, high = (float(str(before[f"enh_volume_mm3_{end}"])) for end in ("low", "high"))
    assert low <= float(str(after["enh_volume_mm3"])) <= high


def test_the_grids_are_what_they_are_called() -> None:
    """Each generated grid is read in the plane that its limits are stated for."""
    planes = {"iso": Plane.ISOTROPIC, "sag": Plane.SAGITTAL, "ax": Plane.AXIAL}
    for kind, plane in planes.items():
        grid = grid_around(np.zeros((1, 3)), kind, 10.0)
        made = Series(
            study=series(grid).study,
            acquisition=kind,
            suffix="T2w",
            weighting=Weighting.T2,
            plane=Plane.ISOTROPIC,
            contrast=Contrast.NO,
            geometry=grid,
        )
        assert plane_of(made, QUICK) is plane
