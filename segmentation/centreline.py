"""The axis of the cord: arc length, local frame, and the vertebral levels along it (DEFINITIONS 0)."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage
from scipy.interpolate import make_splprep
from scipy.spatial import cKDTree

from mri.geometry import INFERIOR_SUPERIOR, RIGHT_LEFT, FloatArray
from mri.problems import RefusedError, error
from mri.volume import LabelMap
from segmentation.levels import DiscPoints, LevelScale
from segmentation.parameters import CentrelineParameters

_CONNECT_26 = np.ones((3, 3, 3), dtype=bool)
_LEAST_CUBIC_POINTS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Projection:
    """Points as seen from the cord axis.

    Attributes
    ----------
    s_mm : ndarray
        Shape (n,): arc length, 0 at the rostral end of the axis and growing caudally.
    distance_mm : ndarray
        Shape (n,): distance from the axis.
    tangents : ndarray
        Shape (n, 3): unit LPS direction of the axis there, pointing caudally.
    """

    s_mm: FloatArray
    distance_mm: FloatArray
    tangents: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centreline:
    """A polyline in LPS mm from rostral to caudal, extended straight at both ends.

    Attributes
    ----------
    points_mm : ndarray
        Shape (n, 3), equally spaced.
    s_mm : ndarray
        Shape (n,), arc length from 0.
    tangents : ndarray
        Shape (n, 3), unit directions pointing caudally.
    """

    points_mm: FloatArray
    s_mm: FloatArray
    tangents: FloatArray

    @property
    def length_mm(self) -> float:
        """Arc length between the ends."""
        return float(self.s_mm[-1])

    def project(self, points_mm: ArrayLike) -> Projection:
        """Project LPS positions in mm, shape (n, 3), onto the axis and its straight extensions."""
        points = np.atleast_2d(np.asarray(points_mm, dtype=float))
        _, nearest = cKDTree(self.points_mm).query(points)
        tangents = self.tangents[nearest]
        offset = points - self.points_mm[nearest]
        along = np.einsum("ij,ij->i", offset, tangents)
        # within the line the next vertex takes over after half a step; only the ends extend further
        inside = (nearest > 0) & (nearest < len(self.s_mm) - 1)
        step = self.s_mm[1] - self.s_mm[0]
        along = np.where(inside, np.clip(along, -step, step), along)
        distance = np.linalg.norm(offset - along[:, None] * tangents, axis=1)
        return Projection(s_mm=self.s_mm[nearest] + along, distance_mm=distance, tangents=tangents)

    def position_at(self, s_mm: ArrayLike) -> FloatArray:
        """Return LPS positions in mm, shape (..., 3), at arc lengths; straight extension beyond the ends."""
        s = np.asarray(s_mm, dtype=float)
        on_line = np.stack([np.interp(s, self.s_mm, self.points_mm[:, k]) for k in range(3)], axis=-1)
        before, after = np.minimum(s, 0.0), np.maximum(s - self.length_mm, 0.0)
        position: FloatArray = on_line + before[..., None] * self.tangents[0] + after[..., None] * self.tangents[-1]
        return position

    def frame_at(self, s_mm: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return unit vectors (tangent, transverse, anteroposterior) at an arc length.

        The transverse vector is the patient's left–right made orthogonal to the tangent; AP = tangent × TR.
        """
        tangent, transverse, anterior = self.frames_at(np.array([s_mm]))
        return tangent[0], transverse[0], anterior[0]

    def frames_at(self, s_mm: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return `frame_at` for arc lengths of shape (n,), each vector of shape (n, 3)."""
        nearest = np.clip(np.searchsorted(self.s_mm, s_mm), 0, len(self.s_mm) - 1)
        tangents = self.tangents[nearest]
        transverse = np.array(RIGHT_LEFT) - tangents[:, :1] * tangents
        transverse /= np.linalg.norm(transverse, axis=1, keepdims=True)
        return tangents, transverse, np.cross(tangents, transverse)


def fit_centreline(cords: Sequence[LabelMap], parameters: CentrelineParameters | None = None) -> Centreline:
    """Draw the cord axis through one or more cord masks of one frame of reference.

    Parameters
    ----------
    cords : sequence of LabelMap
        Cord masks; several stations or series are joined by geometry, where they overlap their sections are averaged.
    parameters : CentrelineParameters, optional

    Raises
    ------
    RefusedError
        If the masks hold fewer than two sections.
    """
    options = parameters or CentrelineParameters()
    found = [_sections(cord, options) for cord in cords]
    centroids = np.concatenate([points for points, _ in found]) if found else np.empty((0, 3))
    if len(centroids) < 2:
        raise RefusedError(
            error("cord_too_short", "cord mask", "fewer than two sections; draw the cord on more slices")
        )
    step_mm = max(spacing for _, spacing in found)
    ordered = centroids[np.argsort(-centroids[:, 2], kind="stable")]
    if len(cords) > 1:
        ordered = _average_overlap(ordered, step_mm)
    return _polyline(_smooth(ordered, _noise_mm(cords, options), options), options)


def level_scale(centreline: Centreline, discs: DiscPoints) -> LevelScale:
    """Return the vertebral coordinate along the axis from marked discs, each at its nearest point of the axis.

    Raises
    ------
    RefusedError
        If fewer than two discs are marked, or they are out of order or with a gap (each named).
    """
    ordered = discs.ordered()
    s_mm = centreline.project([point for _, _, point in ordered]).s_mm if ordered else np.empty(0)
    return LevelScale(
        s_mm=tuple(float(s) for s in s_mm),
        v=tuple(value for value, _, _ in ordered),
        scheme=discs.scheme,
        flags=discs.flags,
    )


def _sections(cord: LabelMap, options: CentrelineParameters) -> tuple[FloatArray, float]:
    """Return the centroids, (n, 3) LPS mm, of the sections along the axis nearest S-I, and their spacing in mm."""
    index = _without_strays(cord.indices(), options.least_component_fraction)
    geometry = cord.geometry
    axis = geometry.axis_nearest(INFERIOR_SUPERIOR)
    if not len(index):
        return np.empty((0, 3)), geometry.spacing_mm[axis]
    _, inverse = np.unique(index[:, axis], return_inverse=True)
    counts = np.bincount(inverse)
    points = geometry.to_world(index)
    centroids = np.stack([np.bincount(inverse, points[:, k]) / counts for k in range(3)], axis=1)
    kept = counts > options.least_section_fraction * np.median(counts)
    return centroids[kept], geometry.spacing_mm[axis]


def _without_strays(index: NDArray[np.intp], least_fraction: float) -> NDArray[np.intp]:
    """Drop connected parts that are smaller than a fraction of all voxels."""
    if not len(index):
        return index
    low = index.min(axis=0)
    crop = np.zeros(index.max(axis=0) - low + 1, dtype=bool)
    where = tuple((index - low).T)
    crop[where] = True
    labels, _ = ndimage.label(crop, _CONNECT_26)
    part = labels[where]
    sizes = np.bincount(part)
    kept: NDArray[np.intp] = index[sizes[part] >= least_fraction * len(index)]
    return kept


def _average_overlap(ordered: FloatArray, step_mm: float) -> FloatArray:
    """Average the sections of overlapping masks in bins along S-I, so that they form one line."""
    bins = np.floor((ordered[0, 2] - ordered[:, 2]) / step_mm).astype(int)
    _, inverse = np.unique(bins, return_inverse=True)
    counts = np.bincount(inverse)
    return np.stack([np.bincount(inverse, ordered[:, k]) / counts for k in range(3)], axis=1)


def _noise_mm(cords: Sequence[LabelMap], options: CentrelineParameters) -> FloatArray:
    """Return three vectors, rows (3, 3), at right angles: how far centroids may lie from the axis in each direction.

    These are the axes of the first grid, so that nothing changes if the patient turns with the images; more is allowed
    where the voxels of every mask are wide.
    """
    axes = np.array(cords[0].geometry.axes)
    widths = np.min([2 * cord.geometry.half_width_mm(axes) for cord in cords], axis=0)
    noise: FloatArray = axes * np.maximum(options.spline_residual_mm, options.slice_noise_share * widths)[:, None]
    return noise


def _smooth(points: FloatArray, noise_mm: FloatArray, options: CentrelineParameters) -> FloatArray:
    """Return a dense smooth curve, (m, 3), through ordered section centroids, (n, 3), within their noise (3, 3)."""
    if len(points) < _LEAST_CUBIC_POINTS:
        return points
    chord = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    # in units of the noise, so that each direction is smoothed by as much as it needs
    scaled = list(np.linalg.solve(noise_mm.T, points.T))
    with warnings.catch_warnings():
        # the sum of squares may stop a little beside the wanted one; the curve is as good, and nobody can act on it
        warnings.simplefilter("ignore", RuntimeWarning)
        spline, _ = make_splprep(scaled, u=chord, k=3, s=len(points))
    dense = np.linspace(0.0, chord[-1], max(int(chord[-1] / options.step_mm) * 2, 2))
    curve: FloatArray = np.asarray(spline(dense), dtype=float).T @ noise_mm
    return curve


def _polyline(curve: FloatArray, options: CentrelineParameters) -> Centreline:
    """Resample a curve at equal arc lengths and give it tangents."""
    arc = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    s_mm = np.linspace(0.0, arc[-1], max(int(np.ceil(arc[-1] / options.step_mm)) + 1, 3))
    points = np.stack([np.interp(s_mm, arc, curve[:, k]) for k in range(3)], axis=1)
    tangents = np.gradient(points, s_mm, axis=0)
    reach = int(np.clip(options.end_tangent_mm / (s_mm[1] - s_mm[0]), 1, len(s_mm) - 1))
    tangents[0] = points[reach] - points[0]
    tangents[-1] = points[-1] - points[-1 - reach]
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    return Centreline(points_mm=points, s_mm=s_mm, tangents=tangents)
