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
from features.extent import extent
from features.parameters import FeatureParameters
from features.parts import make_part
from features.views import plane_of
from mri.geometry import Geometry, Vector
from mri.study import Contrast, Plane, Series, Weighting
from mri.volume import LabelMap
from segmentation.annotation import Mask
from segmentation.centreline import fit_centreline
from segmentation.levels import STANDARD, DiscPoints
from segmentation.regions import Region
from tests.features.scene import case, series, t1_gd
from tests.features.shapes import (
    GRIDS,
    Curve,
    draw_capsule,
    draw_cord,
    draw_ellipsoid,
    draw_tube,
    ellipsoid_extent,
    grid_around,
)

DIRECTIONS: dict[str, Vector] = {"TR": (1.0, 0.0, 0.0), "AP": (0.0, 1.0, 0.0), "SI": (0.0, 0.0, 1.0)}
MEASURED_ON = {"iso": ("TR", "AP", "SI"), "sag": ("AP", "SI"), "ax": ("TR", "AP")}
QUICK = FeatureParameters(intervals=False)
NUMBER = 16
"""Objects per grid."""
BIAS_MM = {False: 0.75, True: 1.2}
"""Largest mean error of an extent, on straight and on oblique grids."""
LENGTH_MM = {"iso": 0.8, "sag": 0.6, "ax": 4.0}
"""Largest error of the length of a capsule on a curved cord: of 1 mm voxels and of 4 mm slices one voxel at most."""
SEGMENT_LEVELS = 0.16
V_MIDDLE = 10


def random_turn(rng: np.random.Generator, most_deg: float) -> Rotation:
    """Return a turn by at most an angle about each axis."""
    return Rotation.from_euler("xyz", rng.uniform(-most_deg, most_deg, 3), degrees=True)


def random_curve(rng: np.random.Generator) -> Curve:
    """Return a cord bent with a radius of 60 to 200 mm and tilted by up to 20 degrees."""
    radius = rng.uniform(60, 200)
    x, y, z = (float(k) for k in rng.uniform(-2, 2, 3))
    return Curve(
        radius_mm=radius,
        opening_deg=rng.uniform(0, min(60, np.rad2deg(100 / radius))),
        turn=Rotation.from_euler("xyz", rng.uniform(-1, 1, 3) * [20, 8, 10], degrees=True),
        centre=(x, y, z),
    )


def grid_of(curve: Curve, kind: str, turn: Rotation | None = None) -> Geometry:
    """Return a clinical grid around a cord."""
    return grid_around(curve.at(np.linspace(-60, 60, 50)), kind, 8.0, turn)


def length_error(curve: Curve, labels: LabelMap, exact_mm: float) -> float:
    """Measure a mask along the cord that is fitted on the same grid."""
    axis = fit_centreline([draw_cord(curve, labels.geometry)])
    part = make_part(t1_gd(labels.geometry), "AB", labels.geometry, labels.indices(), axis)
    return part.span.length_mm - exact_mm


@pytest.mark.parametrize("oblique", [False, True])
@pytest.mark.parametrize("kind", GRIDS)
def test_extents_of_ellipsoids_have_little_bias(kind: str, oblique: bool) -> None:
    """Mean error of each extent a plane may give: 0.75 mm on straight grids, 1.2 mm on oblique ones."""
    rng = np.random.default_rng(7)
    errors: dict[str, list[float]] = {name: [] for name in MEASURED_ON[kind]}
    for _ in range(NUMBER):
        a, b, c, x, y, z = (float(k) for k in rng.uniform([2, 2, 3, -2, -2, -2], [6, 6, 15, 2, 2, 2]))
        semi, centre, turn = (a, b, c), (x, y, z), random_turn(rng, 30)
        grid = grid_around(np.array([centre]), kind, 18.0, random_turn(rng, 15) if oblique else None)
        points = draw_ellipsoid(semi, turn, centre, grid).points_mm()
        for name in errors:
            exact = ellipsoid_extent(semi, turn, DIRECTIONS[name])
            errors[name].append(extent(points, grid, DIRECTIONS[name]).length_mm - exact)
    assert all(abs(np.mean(found)) <= BIAS_MM[oblique] for found in errors.values()), errors


@pytest.mark.parametrize("oblique", [False, True])
@pytest.mark.parametrize("kind", GRIDS)
def test_length_on_curved_cords(kind: str, oblique: bool) -> None:
    """Capsules of 10 to 40 mm on bent and tilted cords keep their length within the limit of each grid."""
    rng = np.random.default_rng(3)
    for _ in range(NUMBER // 2):
        curve, radius, length, middle = random_curve(rng), *rng.uniform([3.5, 10, -10], [4.5, 40, 10])
        grid = grid_of(curve, kind, random_turn(rng, 10) if oblique else None)
        ends = (middle - length / 2 + radius, middle + length / 2 - radius)
        assert abs(length_error(curve, draw_capsule(curve, grid, radius, *ends), length)) <= LENGTH_MM[kind]


@pytest.mark.parametrize("kind", ["iso", "sag"])
@pytest.mark.parametrize("bend", ["tilted 30", "curved 20"])
def test_a_short_tube_wherever_it_lies(kind: str, bend: str) -> None:
    """A tube of 10 mm, tilted 30 degrees or curved 20, is 10 mm long within 1 mm, at ten places off the lattice."""
    rng = np.random.default_rng(11)
    for _ in range(NUMBER // 2):
        x, y, z = (float(k) for k in rng.uniform(-2, 2, 3))
        curve = Curve(radius_mm=10 / np.deg2rad(20), opening_deg=20, centre=(x, y, z))
        if bend == "tilted 30":
            curve = Curve(turn=Rotation.from_euler("x", 30, degrees=True), centre=(x, y, z))
        labels = draw_tube(curve, grid_of(curve, kind), 3.0, -5.0, 5.0)
        assert abs(length_error(curve, labels, 10.0)) <= 1.0


@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(sorted(GRIDS)),
    length_mm=st.floats(4.0, 60.0),
    radius_mm=st.floats(1.5, 4.5),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_length_is_right_within_its_resolution(seed: int, kind: str, length_mm: float, radius_mm: float) -> None:
    """Whatever the size, bend, tilt and place of a tube: the error is at most the resolution, and 0.2 mm."""
    curve = random_curve(np.random.default_rng(seed))
    grid = grid_of(curve, kind)
    labels = draw_tube(curve, grid, radius_mm, -length_mm / 2, length_mm / 2)
    part = make_part(t1_gd(grid), "AB", grid, labels.indices(), fit_centreline([draw_cord(curve, grid)]))
    assert abs(part.span.length_mm - length_mm) <= part.span.resolution_mm + 0.2
    assert part.volume_mm3 == pytest.approx(labels.array.sum() * np.prod(GRIDS[kind][0]), rel=1e-12)


def spine_case(curve: Curve, kind: str, level_mm: float, from_v: float, to_v: float) -> Case:
    """Return a case of one lesion between two levels of a bent spine with discs in front of the cord."""

    def s_at(v: float) -> float:
        return (v - V_MIDDLE) * level_mm

    grid = grid_of(curve, kind)
    front = curve.turn.apply([0.0, -12.0, 0.0])
    numbers = range(V_MIDDLE - int(50 / level_mm), V_MIDDLE + int(50 / level_mm) + 1)
    points = {STANDARD.disc_name(v): curve.at(np.array([s_at(v)]))[0] + front for v in numbers}
    t2 = replace(series(grid), weighting=Weighting.T2)
    gd = t1_gd(grid, plane=Plane.ISOTROPIC if kind == "iso" else Plane.SAGITTAL)
    lesion = draw_tube(curve, grid, 3.0, s_at(from_v), s_at(to_v))
    masks = [
        Mask(region=Region.CORD, series=t2, labels=draw_cord(curve, grid), author="AB"),
        Mask(region=Region.ENHANCING, series=gd, labels=lesion, author="AB"),
    ]
    return case(masks, discs=DiscPoints(points={n: (float(p[0]), float(p[1]), float(p[2])) for n, p in points.items()}))


@pytest.mark.parametrize("kind", ["iso", "sag"])
def test_segments_on_generated_spines(kind: str) -> None:
    """Levels of 14 to 25 mm on straight, tilted cords: the extent in levels is right within 0.16."""
    rng = np.random.default_rng(5)
    for _ in range(NUMBER // 2):
        level, middle, half = rng.uniform([14, -0.5, 0.2], [25, 0.5, 1.2])
        curve = replace(random_curve(rng), opening_deg=0.0)
        ends = (V_MIDDLE + middle - half, V_MIDDLE + middle + half)
        row = measure_case(spine_case(curve, kind, level, *ends), QUICK).lesions[0]
        assert row["enh_seg_frac"] == pytest.approx(2 * half, abs=SEGMENT_LEVELS)


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
