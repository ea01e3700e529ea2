"""Pictures of the sizes: lines between the points that the program measured between."""

from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.spatial.distance import pdist, squareform

from docs.pictures import spine
from docs.pictures.draw import CORD, ENHANCING, FAINT, INK, bare, figure, pixels, plain, ruler
from docs.pictures.spine import AX_GD, QUICK, SAG_GD, ball, case, drawn, number
from features.diameters import Course, MeasuredPlaces, Slab, measured_places
from features.parts import Part, make_part, volume_of
from features.size import diameters, feret_mm, mesh_volume_mm3
from mri.geometry import FloatArray, Geometry
from segmentation.centreline import Centreline, fit_centreline
from segmentation.regions import Region

LESION = ball((0.8, 0.3, 2.0), (3.0, 2.4, 9.0))
ASKEW = spine.tube(6.0, -9.0, 2.6, x=0.6)
SHOWN_MM = 9.0
RADII_MM = np.arange(1.5, 8.1, 0.5)


def lesion_places() -> tuple[MeasuredPlaces, dict[str, object]]:
    """Return where a lesion on sagittal and axial images was measured, and its row."""
    one = case([drawn(Region.ENHANCING, SAG_GD, LESION), drawn(Region.ENHANCING, AX_GD, LESION)])
    (row,), _ = spine.measured(one)
    return measured_places(one, QUICK).lesions[1], dict(row)


def ap_tr() -> Figure:
    """Draw AP and TR in the slabs in which they are largest."""
    places, row = lesion_places()
    made, axes = figure(len(places.slabs))
    for slab, panel in zip(places.slabs, axes, strict=True):
        _slab(panel, slab, row)
    return made


def _slab(axes: Axes, slab: Slab, row: dict[str, object]) -> None:
    bare(axes, f"across the cord, slab of {slab.thickness_mm:.1f} mm")
    voxel = slab.part.geometry.spacing_mm[0] / 2
    for x, y in (slab.part.points_mm - slab.centre_mm) @ np.stack([slab.right, slab.down], axis=1):
        axes.fill([x - voxel, x + voxel, x + voxel, x - voxel], [y - voxel, y - voxel, y + voxel, y + voxel], ENHANCING)
    turn = np.linspace(0, 2 * np.pi, 90)
    centre = -np.array([slab.centre_mm[0], slab.centre_mm[1] - spine.middle_y(slab.centre_mm[2])])
    axes.plot(centre[0] + spine.CORD_MM * np.cos(turn), centre[1] + spine.CORD_MM * np.sin(turn), color=CORD)
    for caliper in slab.calipers:
        ends = (caliper.ends_mm - slab.centre_mm) @ np.stack([slab.right, slab.down], axis=1)
        name = "AP" if caliper.column == "enh_ap_mm" else "TR"
        ruler(axes, ends, f"{name} {number(row, caliper.column):.1f} mm", above=name == "AP")
    axes.set(xlim=(-SHOWN_MM, SHOWN_MM), ylim=(SHOWN_MM, -SHOWN_MM))


def length() -> Figure:
    """Draw SI and length beside and along the cord on a sagittal slice."""
    places, row = lesion_places()
    made, (axes,) = figure(width=3.4, height=3.4)
    bare(axes, "sagittal, 3.3 mm slices")
    sagittal_mask(axes, drawn(Region.CORD, spine.SAG_T2, spine.CORD).labels.array, CORD, fill=0.15)
    sagittal_mask(axes, drawn(Region.ENHANCING, SAG_GD, LESION).labels.array, ENHANCING)
    assert places.superior_inferior is not None
    ends = places.superior_inferior.ends_mm[:, 1:]
    right = ends + np.array([9.0 - ends[:, 0].mean(), 0.0])
    ruler(axes, right, f"SI {number(row, 'enh_si_mm'):.1f} mm", colour=INK)
    course(axes, places.enhancing_course, f"length {number(row, 'enh_length_mm'):.1f} mm")
    axes.set(xlim=(-14, 26), ylim=(-22, 22))
    return made


def sagittal_mask(axes: Axes, array: NDArray[np.uint8], colour: str, fill: float = 0.35) -> None:
    """Draw the middle slice of a mask on the sagittal grid: y from front to back, z upwards."""
    geometry = SAG_GD.geometry
    first, last = geometry.to_world([-0.5, -0.5, 0]), geometry.to_world([n - 0.5 for n in geometry.shape])
    middle = array[:, :, geometry.shape[2] // 2].T > 0
    pixels(axes, middle, (first[1], last[1], last[2], first[2]), colour, fill)


def course(axes: Axes, one: Course | None, text: str) -> None:
    """Draw a stretch of the cord's axis with its length."""
    assert one is not None
    line = one.line_mm[:, 1:]
    axes.plot(*line.T, color="#D55E00", linewidth=1.4, zorder=5)
    for end, across in zip(line[[0, -1]], one.across[:, 1:], strict=True):
        axes.plot(*np.array([end - 2.5 * across, end + 2.5 * across]).T, color="#D55E00", linewidth=1.4, zorder=5)
    axes.annotate(text, line[-1], xytext=(14, -4), textcoords="offset points", color="#D55E00", va="center")


def straight_axis(geometry: Geometry) -> Centreline:
    """Return the axis of the cord."""
    return fit_centreline([drawn(Region.CORD, spine.SAG_T2, spine.CORD).labels])


def askew() -> Part:
    """Return a lesion that lies askew, on the sagittal grid."""
    turned = spine.positions(SAG_GD.geometry) @ np.array([[1, 0, 0], [0, 0.8, -0.6], [0, 0.6, 0.8]])
    array = (((turned - np.array([0.0, 0.0, 1.0])) / np.array([4.0, 3.0, 8.0])) ** 2).sum(axis=-1) <= 1
    return make_part(SAG_GD, "AB", SAG_GD.geometry, np.argwhere(array), straight_axis(SAG_GD.geometry))


def faces(part: Part) -> FloatArray:
    """Return the centres of all voxel faces, (n, 3) in LPS mm."""
    steps = [0.5 * sign * np.eye(3)[axis] for axis, sign in product(range(3), (-1, 1))]
    return np.unique(np.concatenate([part.geometry.to_world(part.index + step) for step in steps]).round(6), axis=0)


def furthest(points: FloatArray) -> FloatArray:
    """Return the two points, (2, 3), that are furthest apart."""
    distances = squareform(pdist(points))
    return points[list(np.unravel_index(np.argmax(distances), distances.shape))]


def largest_size() -> Figure:
    """Draw the Feret diameter of a lesion that lies askew, seen from the side, with its height beside it."""
    part = askew()
    ends = furthest(faces(part))
    made, (axes,) = figure(width=3.2)
    bare(axes, "seen from the side; lines in space")
    side = np.unique(faces(part)[:, 1:].round(1), axis=0)
    axes.scatter(*side.T, s=2, color=ENHANCING, rasterized=True)
    ruler(axes, ends[:, 1:], f"Feret {feret_mm((part,)):.1f} mm")
    half = float(part.geometry.half_width_mm((0.0, 0.0, 1.0)))
    low, high = part.points_mm[:, 2].min() - half, part.points_mm[:, 2].max() + half
    ruler(axes, np.array([[-10.0, low], [-10.0, high]]), "", colour=INK)
    axes.text(-10.5, (low + high) / 2, f"SI {high - low:.1f} mm", ha="right", va="center")
    axes.set(xlim=(-20, 20), ylim=(-12, 12))
    return made


def in_plane() -> Figure:
    """Draw the longest diameter in a slice and the longest one at right angles to it."""
    part = askew()
    found = diameters((part,), QUICK)
    here = part.subset(part.index[:, 2] == SAG_GD.geometry.shape[2] // 2)
    ends = furthest(faces(here))[:, 1:]
    long = (ends[1] - ends[0]) / np.linalg.norm(ends[1] - ends[0])
    across = np.array([-long[1], long[0]])
    points = here.points_mm[:, 1:]
    strips = [points[np.abs((points - at) @ long) <= 0.5] @ across for at in points]
    best = int(np.argmax([side.max() - side.min() for side in strips]))
    foot, middle = points[best], strips[best].mean()
    line = np.array([foot + (middle + k * found.perpendicular_mm / 2 - foot @ across) * across for k in (-1, 1)])
    made, (axes,) = figure(width=3.2)
    bare(axes, "one slice")
    for y, z in points:
        axes.fill([y - 0.5, y + 0.5, y + 0.5, y - 0.5], [z - 0.5, z - 0.5, z + 0.5, z + 0.5], ENHANCING)
    ruler(axes, ends, f"long {found.long_mm:.1f} mm")
    ruler(axes, line, f"perpendicular {found.perpendicular_mm:.1f} mm", colour=INK)
    axes.set(xlim=(-14, 22), ylim=(-12, 12))
    return made


def volume() -> Figure:
    """Draw both volumes of balls of known size relative to the truth, on isotropic and on sagittal voxels."""
    made, axes = figure(2, width=2.9, height=2.4)
    for panel, spacing in zip(axes, ((1.0, 1.0, 1.0), (1.0, 1.0, 3.3)), strict=True):
        ratios = np.array([_volume_ratios(radius, spacing) for radius in RADII_MM])
        panel.axhline(1.0, color=FAINT, linewidth=0.8)
        panel.plot(RADII_MM, ratios[:, 0], color=INK, label="voxels")
        panel.plot(RADII_MM, ratios[:, 1], color=ENHANCING, label="mesh")
        panel.set_ylim(0, 1.5)
        plain(panel, f"voxels of 1 × 1 × {spacing[2]:g} mm", "radius of a ball, mm", "measured : true")
    axes[0].legend(frameon=False, loc="lower right")
    return made


def _volume_ratios(radius: float, spacing: tuple[float, float, float]) -> tuple[float, float]:
    size = [2 * int(np.ceil(radius / step)) + 3 for step in spacing]
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = [-step * (n // 2) for step, n in zip(spacing, size, strict=True)]
    geometry = Geometry.from_affine(affine, size)
    inside = np.linalg.norm(spine.positions(geometry), axis=-1) <= radius
    part = make_part(SAG_GD, "AB", geometry, np.argwhere(inside), straight_axis(geometry))
    true = 4 / 3 * np.pi * radius**3
    return volume_of((part,)) / true, mesh_volume_mm3((part,)) / true
