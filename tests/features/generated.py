"""Objects of known size that nobody chose, and by how much they are measured wrongly: for the tests and the benchmarks.

Other sizes, tilts, curvatures, levels and grids, each off the lattice.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from features import measure_case
from features.case import Case
from features.extent import extent
from features.parameters import FeatureParameters
from features.parts import make_part
from mri.geometry import Geometry, Vector
from mri.study import Plane, Weighting
from mri.volume import LabelMap
from segmentation.annotation import Mask
from segmentation.centreline import Centreline, fit_centreline
from segmentation.levels import STANDARD, DiscPoints
from segmentation.regions import Region
from tests.features.scene import DISC_ANTERIOR_MM, case, series, t1_gd
from tests.features.shapes import (
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
"""What is taken from which plane."""
BENDS = ("tilted 30", "curved 20")
"""How the short tubes lie: degrees."""
TUBE_MM, TUBE_RADIUS_MM = 10.0, 3.0
SEGMENT_KINDS = ("iso", "sag")
"""Grids that show how far a lesion reaches along the cord."""
V_MIDDLE = 10
"""Vertebral coordinate of the middle of a generated spine."""
_LINE_STEP_MM = 0.1


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


def true_axis(curve: Curve) -> Centreline:
    """Return the axis that a cord was drawn about, instead of one fitted to its voxels."""
    s_mm = np.arange(-60.0, 60.0, _LINE_STEP_MM)
    points = curve.at(s_mm)
    tangents = np.gradient(points, s_mm, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    return Centreline(points_mm=points, s_mm=s_mm - s_mm[0], tangents=tangents)


def length_along(axis: Centreline, labels: LabelMap) -> float:
    """Measure a mask along an axis."""
    return make_part(t1_gd(labels.geometry), "AB", labels.geometry, labels.indices(), axis).span.length_mm


def extent_errors(kind: str, number: int, *, oblique: bool) -> dict[str, list[float]]:
    """Return the errors in mm of the extents of ellipsoids in the directions that a plane may give."""
    rng = np.random.default_rng(7)
    errors: dict[str, list[float]] = {name: [] for name in MEASURED_ON[kind]}
    for _ in range(number):
        a, b, c, x, y, z = (float(k) for k in rng.uniform([2, 2, 3, -2, -2, -2], [6, 6, 15, 2, 2, 2]))
        semi, centre, turn = (a, b, c), (x, y, z), random_turn(rng, 30)
        grid = grid_around(np.array([centre]), kind, 18.0, random_turn(rng, 15) if oblique else None)
        points = draw_ellipsoid(semi, turn, centre, grid).points_mm()
        for name in errors:
            exact = ellipsoid_extent(semi, turn, DIRECTIONS[name])
            errors[name].append(extent(points, grid, DIRECTIONS[name]).length_mm - exact)
    return errors


def length_errors(kind: str, number: int, *, oblique: bool) -> Iterator[tuple[float, float]]:
    """Yield the error in mm of the length of a capsule on a bent cord: along the fitted and along the true axis."""
    rng = np.random.default_rng(3)
    for _ in range(number):
        curve, radius, length, middle = random_curve(rng), *rng.uniform([3.5, 10, -10], [4.5, 40, 10])
        grid = grid_of(curve, kind, random_turn(rng, 10) if oblique else None)
        ends = (middle - length / 2 + radius, middle + length / 2 - radius)
        drawn = draw_capsule(curve, grid, radius, *ends)
        fitted = fit_centreline([draw_cord(curve, grid)])
        yield tuple(length_along(axis, drawn) - length for axis in (fitted, true_axis(curve)))  # type: ignore[misc]


def short_tube_errors(kind: str, bend: str, number: int) -> Iterator[float]:
    """Yield the error in mm of the length of a tube of 10 mm at places off the lattice."""
    rng = np.random.default_rng(11)
    for _ in range(number):
        x, y, z = (float(k) for k in rng.uniform(-2, 2, 3))
        curve = Curve(radius_mm=TUBE_MM / np.deg2rad(20), opening_deg=20, centre=(x, y, z))
        if bend == "tilted 30":
            curve = Curve(turn=Rotation.from_euler("x", 30, degrees=True), centre=(x, y, z))
        labels = draw_tube(curve, grid_of(curve, kind), TUBE_RADIUS_MM, -TUBE_MM / 2, TUBE_MM / 2)
        yield length_along(fit_centreline([draw_cord(curve, labels.geometry)]), labels) - TUBE_MM


def segment_errors(kind: str, number: int, *, bent: bool) -> Iterator[float]:
    """Yield the error, in levels, of the extent in levels of lesions on tilted cords, straight or bent."""
    rng = np.random.default_rng(5)
    for _ in range(number):
        level, middle, half = rng.uniform([14, -0.5, 0.2], [25, 0.5, 1.2])
        drawn = random_curve(rng)
        curve = drawn if bent else replace(drawn, opening_deg=0.0)
        made = spine_case(curve, kind, level, V_MIDDLE + middle - half, V_MIDDLE + middle + half)
        row = measure_case(made, FeatureParameters(intervals=False)).lesions[0]
        yield float(str(row["enh_seg_frac"])) - 2 * half


def spine_case(curve: Curve, kind: str, level_mm: float, from_v: float, to_v: float) -> Case:
    """Return a case of one lesion between two levels of a bent spine with discs in front of the cord."""

    def s_at(v: float) -> float:
        return (v - V_MIDDLE) * level_mm

    def disc_at(s_mm: float) -> Vector:
        # in front of the cord where it lies, which on a bent one is not the front of the room
        before, at, after = curve.at(np.array([s_mm - _LINE_STEP_MM, s_mm, s_mm + _LINE_STEP_MM]))
        front = np.cross(after - before, curve.turn.apply([1.0, 0.0, 0.0]))
        x, y, z = (float(k) for k in at + DISC_ANTERIOR_MM * front / np.linalg.norm(front))
        return x, y, z

    grid = grid_of(curve, kind)
    numbers = range(V_MIDDLE - int(50 / level_mm), V_MIDDLE + int(50 / level_mm) + 1)
    points = {STANDARD.disc_name(v): disc_at(s_at(v)) for v in numbers}
    t2 = replace(series(grid), weighting=Weighting.T2)
    gd = t1_gd(grid, plane=Plane.ISOTROPIC if kind == "iso" else Plane.SAGITTAL)
    lesion = draw_tube(curve, grid, 3.0, s_at(from_v), s_at(to_v))
    masks = [
        Mask(region=Region.CORD, series=t2, labels=draw_cord(curve, grid), author="AB"),
        Mask(region=Region.ENHANCING, series=gd, labels=lesion, author="AB"),
    ]
    return case(masks, discs=DiscPoints(points=points))
