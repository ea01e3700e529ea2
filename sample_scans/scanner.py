"""From tissue to image: slice profile, point spread, coil, saturation band, motion and noise."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry
from mri.study import Plane
from mri.volume import Volume
from sample_scans.lattice import Lattice
from sample_scans.parameters import SCANNER, ScannerParameters
from sample_scans.phantom import Phantom
from sample_scans.protocol import Prescription
from sample_scans.seeds import stream
from sample_scans.sequences import Kind, signal_table
from sample_scans.tissue import RELAXATION, Relaxation, Tissue

F32 = NDArray[np.float32]

GREY_LEVELS = 4095
"""Largest value of 12 stored bits."""

_SATURATION_EDGE_MM = 5.0
_BACK_MM = 60.0
"""Depth of the axis below the coil."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScannedSeries:
    """One acquired series.

    Attributes
    ----------
    number : int
        Series number of the session, from 2 (1 is the localizer, which is not kept).
    prescription : Prescription
    volume : Volume
        uint16; index axes are columns, rows, slices of the DICOM images.
    motion : ndarray
        (4, 4) matrix: where a point of the truth (LPS mm) was when this series was acquired (LPS mm).
    """

    number: int
    prescription: Prescription
    volume: Volume
    motion: FloatArray


def small_motion(
    rng: np.random.Generator, centre_mm: FloatArray, parameters: ScannerParameters = SCANNER
) -> FloatArray:
    """Return a random rigid (4, 4) matrix about a centre, no larger than the parameters allow."""
    from scipy.spatial.transform import Rotation

    def within_ball(radius: float) -> FloatArray:
        direction = rng.normal(size=3)
        vector: FloatArray = direction / np.linalg.norm(direction) * radius * rng.uniform(0, 1)
        return vector

    matrix = np.eye(4)
    turn = Rotation.from_rotvec(np.deg2rad(within_ball(parameters.motion_max_deg))).as_matrix()
    matrix[:3, :3] = turn
    matrix[:3, 3] = centre_mm - turn @ centre_mm + within_ball(parameters.motion_max_mm)
    return np.round(matrix, 9)


def inverse(motion: FloatArray) -> FloatArray:
    """Return the matrix that takes points of a series back to where they are in the truth."""
    matrix: FloatArray = np.linalg.inv(motion).astype(np.float64)
    return matrix


def acquire(
    phantom: Phantom,
    prescription: Prescription,
    *,
    field_t: float,
    motion: FloatArray,
    rng: np.random.Generator,
    parameters: ScannerParameters = SCANNER,
    relaxation: Mapping[Tissue, Relaxation] = RELAXATION,
) -> Volume:
    """Return the image of a phantom.

    Parameters
    ----------
    phantom : Phantom
    prescription : Prescription
        Sequence and grid.
    field_t : float
        Field strength in tesla.
    motion : ndarray
        (4, 4) displacement of the patient, LPS mm.
    rng : numpy.random.Generator
        Noise and bias field.
    parameters : ScannerParameters
    relaxation : mapping of Tissue to Relaxation
        What the tissues are like; other than usual where a lesion of another signal is wanted.
    """
    grid = prescription.geometry
    levels = signal_table(prescription.sequence, field_t, parameters, relaxation).astype(np.float32)
    volume = np.empty(grid.shape, dtype=np.uint16)
    lattice = Lattice.of(grid, parameters.lattice_px)
    smooth = _smooth_bias(rng, grid.shape, parameters.bias_amplitude)
    to_truth = inverse(motion)
    band_y = _saturation_edge(phantom, grid, parameters)
    for k in range(grid.shape[2]):
        image, a = _slice_signal(phantom, prescription, lattice, to_truth, k, levels, parameters)
        image *= np.exp((a - _BACK_MM) / parameters.coil_depth_mm) * _coil_end(grid.shape[1])[None] * smooth
        if prescription.sequence.kind is Kind.SPIN_ECHO and prescription.sequence.plane is Plane.SAGITTAL:
            image *= _saturation(grid, k, band_y, parameters)
        volume[:, :, k] = _add_noise(image, parameters.noise_sd, rng)
    return Volume(array=volume, geometry=grid)


def _slice_signal(
    phantom: Phantom,
    prescription: Prescription,
    lattice: Lattice,
    to_truth: FloatArray,
    k: int,
    levels: F32,
    parameters: ScannerParameters,
) -> tuple[F32, F32]:
    """Return the noiseless image of slice k and the local ``a`` of its pixels."""
    from scipy.ndimage import gaussian_filter

    grid = prescription.geometry
    image = np.zeros(grid.shape[:2], dtype=np.float32)
    a_mean = np.zeros_like(image)
    thickness = prescription.thickness_mm / grid.spacing_mm[2]
    for n, (depth, weight) in enumerate(parameters.slice_samples):
        shift = parameters.in_plane_offset_px * (1 if n % 2 else -1)
        # the second pair of samples is shifted along the other diagonal
        i, j = lattice.columns.knots + shift, lattice.rows.knots + (shift if n < 2 else -shift)
        index = np.stack(np.meshgrid(i, j, [k + depth * thickness], indexing="ij"), axis=-1)[:, :, 0]
        points = grid.to_world(index) @ to_truth[:3, :3].T + to_truth[:3, 3]
        s, a, r = (lattice.spread(coarse) for coarse in phantom.spine.to_local(points))
        local = phantom.local(s, a, r)
        tissue = phantom.tissue_local(local)
        image += np.float32(weight) * (levels[tissue] * phantom.texture(local, tissue)).reshape(image.shape)
        a_mean += np.float32(weight) * a
    return gaussian_filter(image, parameters.point_spread_px), a_mean


def _coil_end(rows: int) -> F32:
    """Return the loss of signal towards both ends of the field of view."""
    place = np.linspace(-1, 1, rows)
    loss: F32 = (1 - 0.35 * place**6).astype(np.float32)
    return loss


def _smooth_bias(rng: np.random.Generator, shape: tuple[int, ...], amplitude: float) -> F32:
    """Return a random smooth field about 1, a low-order polynomial, shape (columns, rows)."""
    x, y = (np.linspace(-1, 1, n) for n in shape[:2])
    weights = rng.uniform(-amplitude, amplitude, size=(3, 3))
    weights[0, 0] = 0
    field: F32 = (1 + np.polynomial.polynomial.polygrid2d(x, y, weights)).astype(np.float32)
    return field


def _saturation_edge(phantom: Phantom, grid: Geometry, parameters: ScannerParameters) -> float:
    """Return the y (LPS mm) in front of which the saturation band lies."""
    middle = (grid.shape[0] / 2, 0, grid.shape[2] / 2)
    ends = grid.to_world([middle, (middle[0], grid.shape[1] - 1, middle[2])])
    s, _, _ = phantom.spine.to_local(ends)
    axis = phantom.spine.to_world(np.linspace(s[0], s[1], 30))
    return float(axis[:, 1].min()) - parameters.saturation_before_mm


def _saturation(grid: Geometry, k: int, edge_y_mm: float, parameters: ScannerParameters) -> F32:
    """Return the share of signal left by the saturation band, shape (columns, 1)."""
    index = np.stack([np.arange(grid.shape[0]), *np.array([[grid.shape[1] / 2], [k]]).repeat(grid.shape[0], 1)], -1)
    y = grid.to_world(index)[:, 1]
    open_share = 1 / (1 + np.exp(-(y - edge_y_mm) / _SATURATION_EDGE_MM))
    share: F32 = (parameters.saturation_residue + (1 - parameters.saturation_residue) * open_share).astype(np.float32)
    return share[:, None]


def _add_noise(image: F32, sd: float, rng: np.random.Generator) -> NDArray[np.uint16]:
    """Return the magnitude of the image with complex Gaussian noise (Rician), as grey levels."""
    noise = rng.standard_normal((2, *image.shape), dtype=np.float32) * np.float32(sd)
    magnitude = np.hypot(image + noise[0], noise[1])
    levels: NDArray[np.uint16] = np.clip(np.rint(magnitude), 0, GREY_LEVELS).astype(np.uint16)
    return levels


def scan_all(
    phantom: Phantom,
    prescriptions: list[Prescription],
    *,
    field_t: float,
    seed: int,
    name: str,
    parameters: ScannerParameters = SCANNER,
    relaxation: Mapping[Tissue, Relaxation] = RELAXATION,
) -> list[ScannedSeries]:
    """Acquire the series of one session one after the other; the patient moves a little between them.

    Parameters
    ----------
    phantom : Phantom
    prescriptions : list of Prescription
    field_t : float
        Field strength in tesla.
    seed : int
    name : str
        Name of the session within the seed, e.g. ``"sample04/02"``.
    parameters : ScannerParameters
    relaxation : mapping of Tissue to Relaxation
    """
    acquired = []
    for number, prescription in enumerate(prescriptions, start=2):
        rng = stream(seed, name, number)
        grid = prescription.geometry
        centre = grid.to_world((np.array(grid.shape) - 1) / 2)
        motion = np.eye(4) if number == 2 else small_motion(rng, centre, parameters)
        volume = acquire(
            phantom,
            prescription,
            field_t=field_t,
            motion=motion,
            rng=rng,
            parameters=parameters,
            relaxation=relaxation,
        )
        acquired.append(ScannedSeries(number=number, prescription=prescription, volume=volume, motion=motion))
    return acquired
