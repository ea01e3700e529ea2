"""Rigid transforms between two series of one patient, kept as files.

A transform is the (4, 4) matrix that sends a point of the fixed series to where the same tissue lies in the moving one,
both in LPS mm (``moving_from_fixed``). No file means identity within one frame of reference.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mri.bids import write_json
from mri.geometry import FloatArray
from mri.parameters import DEFAULTS, MriParameters
from mri.problems import RefusedError, error
from mri.resample import transform_points
from mri.volume import LabelMap, Volume

if TYPE_CHECKING:
    import SimpleITK

METHOD = "rigid, mutual information (Mattes), SimpleITK"
_RIGID_TOLERANCE = 1e-4
"""Departure from orthonormal that rounding in a file explains."""
_SEED = 1
_SMOOTH_MM = (4.0, 2.0, 0.0)
"""Smoothing of each pass: far motion first, the last on the images as they are."""
_DECIMALS = 9
"""A nanometre: sums in another order differ in the 16th digit, and the same images must give the same file."""
_FIRST_STEP_MM = 1.0
_LAST_STEP_MM = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class RigidTransform:
    """Where tissue of the fixed series lies in the moving one.

    Attributes
    ----------
    matrix : tuple of four rows of four
        Moving LPS mm from fixed LPS mm.
    method : str
    metric : float or None
        Negative mutual information at the end (lower is better); None for a transform that was not estimated.
    shift_mm : float or None
        Mean distance by which the transform moves the corners of the fixed grid; None for one not estimated.
    residual_mm : float or None
        Mean distance by which the corners miss themselves after going there and, by a second estimate, back again; None
        where it was not estimated both ways.
    """

    matrix: tuple[tuple[float, ...], ...]
    method: str
    metric: float | None = None
    shift_mm: float | None = None
    residual_mm: float | None = None

    def __post_init__(self) -> None:
        array = np.array(self.matrix, dtype=float)
        problem = _wrong_with(array)
        if problem:
            raise RefusedError(error("transform_invalid", "transform", f"{problem}; register the series again"))

    @property
    def array(self) -> FloatArray:
        """The matrix, shape (4, 4)."""
        return np.array(self.matrix, dtype=float)

    @property
    def inverse(self) -> "RigidTransform":
        """The way back: fixed LPS mm from moving LPS mm."""
        return RigidTransform(
            matrix=_rows(np.asarray(np.linalg.inv(self.array), dtype=np.float64)),
            method=self.method,
            metric=self.metric,
            shift_mm=self.shift_mm,
            residual_mm=self.residual_mm,
        )

    def apply(self, points_mm: FloatArray) -> FloatArray:
        """Send positions of the fixed series, LPS mm, shape (n, 3), to the moving one."""
        return transform_points(self.array, points_mm)


def identity() -> RigidTransform:
    """Return the transform within one frame of reference where nobody moved."""
    return RigidTransform(matrix=_rows(np.eye(4)), method="identity")


def register_rigid(
    fixed: Volume, moving: Volume, *, mask: LabelMap | None = None, parameters: MriParameters = DEFAULTS
) -> RigidTransform:
    """Estimate the rigid motion between two series; the same input gives the same answer.

    Parameters
    ----------
    fixed, moving : Volume
        They need to overlap as they lie: small motion between series of one examination, not two tables.
    mask : LabelMap, optional
        Part of the fixed grid that counts (any label), e.g. the neighbourhood of the cord, which moves as one piece.
    parameters : MriParameters

    Raises
    ------
    RefusedError
        If the series do not overlap or the optimiser finds nothing to compare.
    """
    import SimpleITK

    method = _method(fixed, parameters)
    if mask is not None:
        method.SetMetricFixedMask(_to_image((mask.array > 0).astype(np.uint8), mask))
    start = SimpleITK.Euler3DTransform()
    start.SetCenter([float(v) for v in _centre_mm(fixed, mask)])
    method.SetInitialTransform(start, inPlace=True)
    try:
        method.Execute(_to_image(fixed.array, fixed), _to_image(moving.array, moving))
    except RuntimeError as failure:
        raise RefusedError(
            error("registration_failed", "registration", "the two series do not overlap; register them by hand")
        ) from failure
    matrix = np.round(_matrix_of(start), _DECIMALS)
    return RigidTransform(
        matrix=_rows(matrix),
        method=METHOD,
        metric=round(float(method.GetMetricValue()), _DECIMALS),
        shift_mm=round(_mean_shift_mm(fixed, matrix), _DECIMALS),
    )


def register_both_ways(fixed: Volume, moving: Volume, *, parameters: MriParameters = DEFAULTS) -> RigidTransform:
    """Estimate as `register_rigid`, and again from moving to fixed: how far the two disagree is its residual.

    Raises
    ------
    RefusedError
        As `register_rigid`.
    """
    there = register_rigid(fixed, moving, parameters=parameters)
    back = register_rigid(moving, fixed, parameters=parameters)
    residual = _mean_shift_mm(fixed, back.array @ there.array)
    return replace(there, residual_mm=round(residual, _DECIMALS))


def write_transform(path: Path, transform: RigidTransform, *, fixed: str, moving: str) -> None:
    """Write a transform as JSON, with the names of the two series."""
    content: dict[str, Any] = {
        "format": 1,
        "frame": "LPS",
        "units": "mm",
        "maps": "moving_from_fixed",
        "fixed": fixed,
        "moving": moving,
        "matrix": [list(row) for row in transform.matrix],
        "method": transform.method,
        "metric": transform.metric,
        "shift_mm": transform.shift_mm,
        "residual_mm": transform.residual_mm,
    }
    write_json(path, content)


def read_transform(path: Path) -> RigidTransform:
    """Read a transform written by `write_transform`.

    Raises
    ------
    RefusedError
        If the file is no such JSON, or its matrix is no rigid motion.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return _from_json(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        message = f"not a transform of this program ({type(failure).__name__}); register the series again"
        raise RefusedError(error("transform_unreadable", path.name, message)) from failure


def _from_json(content: Mapping[str, Any]) -> RigidTransform:
    if content.get("frame") != "LPS" or content.get("maps") != "moving_from_fixed":
        raise ValueError("another convention")
    return RigidTransform(
        matrix=tuple(tuple(float(v) for v in row) for row in content["matrix"]),
        method=str(content.get("method", "")),
        metric=content.get("metric"),
        shift_mm=content.get("shift_mm"),
        residual_mm=content.get("residual_mm"),
    )


def _method(fixed: Volume, parameters: MriParameters) -> "SimpleITK.ImageRegistrationMethod":
    import SimpleITK

    method = SimpleITK.ImageRegistrationMethod()
    # one thread adds up in one order; many cores are used by many cases
    method.SetNumberOfThreads(1)
    method.SetMetricAsMattesMutualInformation(numberOfHistogramBins=parameters.registration_bins)
    method.SetMetricSamplingStrategy(method.REGULAR)
    share = min(1.0, parameters.registration_samples / fixed.array.size)
    method.SetMetricSamplingPercentage(share, seed=_SEED)
    method.SetInterpolator(SimpleITK.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=_FIRST_STEP_MM,
        minStep=_LAST_STEP_MM,
        numberOfIterations=parameters.registration_iterations,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    # only smoothed, never shrunk: a sagittal stack has a dozen slices, of which none can be spared
    method.SetShrinkFactorsPerLevel([1] * len(_SMOOTH_MM))
    method.SetSmoothingSigmasPerLevel(list(_SMOOTH_MM))
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    return method


def _to_image(array: NDArray[np.generic], grid: Volume | LabelMap) -> "SimpleITK.Image":
    import SimpleITK

    voxels = array if array.dtype == np.uint8 else array.astype(np.float32)
    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(voxels.T))
    image.SetOrigin(list(grid.geometry.origin_mm))
    image.SetSpacing(list(grid.geometry.spacing_mm))
    image.SetDirection([float(v) for v in grid.geometry.direction.ravel()])
    return image


def _centre_mm(fixed: Volume, mask: LabelMap | None) -> FloatArray:
    """Return the point that the rotation turns about: the middle of the mask, or of the grid."""
    if mask is not None and mask.labels():
        middle: FloatArray = mask.points_mm().mean(axis=0)
        return middle
    return fixed.geometry.to_world((np.array(fixed.geometry.shape) - 1) / 2)


def _matrix_of(transform: "SimpleITK.Euler3DTransform") -> FloatArray:
    """Return the (4, 4) matrix of a transform that turns about a centre."""
    matrix = np.eye(4)
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    centre = np.array(transform.GetCenter())
    matrix[:3, :3] = rotation
    matrix[:3, 3] = np.array(transform.GetTranslation()) + centre - rotation @ centre
    return matrix


def _mean_shift_mm(fixed: Volume, matrix: FloatArray) -> float:
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in fixed.geometry.shape])).reshape(3, -1).T
    points = fixed.geometry.to_world(corners)
    return float(np.linalg.norm(transform_points(matrix, points) - points, axis=1).mean())


def _rows(matrix: FloatArray) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(v) for v in row) for row in matrix)


def _wrong_with(matrix: FloatArray) -> str:
    """Return in words why a matrix is no rigid motion; empty if it is one."""
    if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
        return "not a 4×4 matrix of numbers"
    rotation = matrix[:3, :3]
    if not np.allclose(matrix[3], (0, 0, 0, 1)) or np.abs(rotation @ rotation.T - np.eye(3)).max() > _RIGID_TOLERANCE:
        return "it stretches or shears"
    return "it mirrors" if np.linalg.det(rotation) < 0 else ""
