"""What is acquired: a typical protocol for suspected intramedullary disease, as data; and where its slices lie."""

from dataclasses import dataclass, replace

import numpy as np

from mri.geometry import FloatArray, Geometry, Vector
from mri.study import Plane, Weighting
from sample_scans.parameters import HIGH_FIELD_T, SCANNER
from sample_scans.phantom import Phantom
from sample_scans.sequences import Kind, Sequence

SAG_T1 = Sequence(
    weighting=Weighting.T1, plane=Plane.SAGITTAL, kind=Kind.SPIN_ECHO, tr_ms=560, te_ms=11, echo_train=3, gain=1.0
)
SAG_T2 = Sequence(
    weighting=Weighting.T2, plane=Plane.SAGITTAL, kind=Kind.SPIN_ECHO, tr_ms=3600, te_ms=102, echo_train=17, gain=1.15
)
SAG_STIR = Sequence(
    weighting=Weighting.STIR, plane=Plane.SAGITTAL, kind=Kind.INVERSION_RECOVERY, tr_ms=4200, te_ms=62, ti_ms=160,
    echo_train=11, gain=1.0,
)  # fmt: skip
AX_T2 = Sequence(
    weighting=Weighting.T2, plane=Plane.AXIAL, kind=Kind.SPIN_ECHO, tr_ms=4100, te_ms=98, echo_train=15, gain=1.15
)
AX_GRE = Sequence(
    weighting=Weighting.GRE, plane=Plane.AXIAL, kind=Kind.GRADIENT_ECHO, tr_ms=620, te_ms=18, flip_deg=28, gain=1.7
)
SAG_T1_GD = Sequence(
    weighting=Weighting.T1, plane=Plane.SAGITTAL, kind=Kind.SPIN_ECHO, tr_ms=560, te_ms=11, echo_train=3,
    gadolinium=True, gain=1.0,
)  # fmt: skip
AX_T1_GD = Sequence(
    weighting=Weighting.T1, plane=Plane.AXIAL, kind=Kind.SPIN_ECHO, tr_ms=600, te_ms=12, echo_train=3,
    gadolinium=True, gain=1.0,
)  # fmt: skip

TYPICAL = (SAG_T1, SAG_T2, SAG_STIR, AX_T2, AX_GRE, SAG_T1_GD, AX_T1_GD)
"""In the order of acquisition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """Sequences and the size of the grids.

    Attributes
    ----------
    sequences : tuple of Sequence
    sagittal_fov_mm, axial_fov_mm : float
        Along the spine, and side of the square.
    sagittal_matrix, axial_matrix : int
        Pixels along those.
    sagittal_fov_ratio : float
        Front-to-back field of view relative to that along the spine.
    sagittal_slices : int
    sagittal_thickness_mm, sagittal_spacing_mm, axial_thickness_mm, axial_spacing_mm : float
    axial_margin_mm : float
        How far axial slices go beyond the lesion at both ends.
    """

    sequences: tuple[Sequence, ...] = TYPICAL
    sagittal_fov_mm: float = 290.0
    sagittal_matrix: int = 256
    sagittal_fov_ratio: float = 0.6875
    sagittal_slices: int = 13
    sagittal_thickness_mm: float = 3.0
    sagittal_spacing_mm: float = 3.3
    axial_fov_mm: float = 160.0
    axial_matrix: int = 192
    axial_thickness_mm: float = 4.0
    axial_spacing_mm: float = 4.4
    axial_margin_mm: float = 10.0

    def at_field(self, field_t: float) -> "Protocol":
        """Return the protocol with inversion times that null fat at a field strength."""
        rise = SCANNER.t1_rise_at_3t if field_t > HIGH_FIELD_T else 1.0
        changed = [replace(one, ti_ms=one.ti_ms * rise) if one.ti_ms else one for one in self.sequences]
        return replace(self, sequences=tuple(changed))


TYPICAL_PROTOCOL = Protocol()

QUICK_PROTOCOL = Protocol(
    sequences=(SAG_T1, SAG_T2, SAG_T1_GD),
    sagittal_matrix=128,
    sagittal_slices=7,
    sagittal_spacing_mm=4.0,
    sagittal_thickness_mm=3.6,
    axial_matrix=96,
)
"""Cheap scans for tests of what comes after: coarse, and only what counting and measuring need."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One table position.

    Attributes
    ----------
    name : str
        Regions of the spine in view: of C, T, L.
    centre_v : float
        Vertebral coordinate in the middle of the field of view.
    """

    name: str
    centre_v: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """A sequence with its place."""

    sequence: Sequence
    station: str
    geometry: Geometry
    thickness_mm: float


def prescribe(
    phantom: Phantom, stations: tuple[Station, ...], protocol: Protocol, turn_deg: float = 0.0
) -> list[Prescription]:
    """Return every series of a session in the order of acquisition.

    Parameters
    ----------
    phantom : Phantom
    stations : tuple of Station
    protocol : Protocol
    turn_deg : float
        How far the sagittal planes are turned about the long axis of the body: nobody lies quite straight.
    """
    planned = []
    for after_contrast in (False, True):
        for station in stations:
            for sequence in protocol.sequences:
                if sequence.gadolinium is after_contrast:
                    planned += _place(phantom, station, sequence, protocol, turn_deg)
    return planned


def _place(
    phantom: Phantom, station: Station, sequence: Sequence, protocol: Protocol, turn_deg: float
) -> list[Prescription]:
    if sequence.plane is Plane.SAGITTAL:
        grids = [sagittal_grid(phantom, station, protocol, turn_deg)]
        thickness_mm = protocol.sagittal_thickness_mm
    else:
        grids = axial_grids(phantom, station, protocol)
        thickness_mm = protocol.axial_thickness_mm
    return [
        Prescription(sequence=sequence, station=station.name, geometry=grid, thickness_mm=thickness_mm)
        for grid in grids
    ]


def sagittal_grid(phantom: Phantom, station: Station, protocol: Protocol, turn_deg: float) -> Geometry:
    """Return the grid of a sagittal stack: columns run backwards, rows down, slices to the patient's right."""
    turn = np.deg2rad(turn_deg)
    back = np.array([np.sin(turn), np.cos(turn), 0.0])
    down = np.array([0.0, 0.0, -1.0])
    pixel_mm = protocol.sagittal_fov_mm / protocol.sagittal_matrix
    columns = round(protocol.sagittal_matrix * protocol.sagittal_fov_ratio / 8) * 8
    spine = phantom.spine
    middle_s = float(spine.s_at(station.centre_v))
    reach = np.linspace(-0.45, 0.45, 19) * protocol.sagittal_fov_mm
    axis = spine.to_world(middle_s + reach, 0.0)
    centre = spine.to_world(middle_s)
    # the middle of the spine's sway, set back a little so that the skin of the back is in view
    centre[:2] = (axis[:, :2].max(axis=0) + axis[:, :2].min(axis=0)) / 2
    centre[1] -= 6.0
    return _centred_grid(
        centre,
        (back, down),
        (columns, protocol.sagittal_matrix, protocol.sagittal_slices),
        (pixel_mm, pixel_mm, protocol.sagittal_spacing_mm),
    )


def axial_grids(phantom: Phantom, station: Station, protocol: Protocol) -> list[Geometry]:
    """Return an oblique axial stack across each lesion that the station shows: columns run left, rows backwards."""
    spine = phantom.spine
    pixel_mm = protocol.axial_fov_mm / protocol.axial_matrix
    half_view = protocol.sagittal_fov_mm / 2
    middle_s = float(spine.s_at(station.centre_v))
    grids = []
    for lesion in phantom.lesions:
        upper, lower = lesion.extent_mm(spine)
        s = (upper + lower) / 2
        if abs(s - middle_s) > half_view - protocol.axial_margin_mm:
            continue
        slices = int(np.ceil((lower - upper + 2 * protocol.axial_margin_mm) / protocol.axial_spacing_mm)) | 1
        tilt = spine.tilt_rad_at(s)
        back = np.array([0.0, np.cos(tilt), np.sin(tilt)])
        shape = (protocol.axial_matrix, protocol.axial_matrix, slices)
        spacing = (pixel_mm, pixel_mm, protocol.axial_spacing_mm)
        grids.append(_centred_grid(spine.to_world(s, -10.0), (np.array([1.0, 0.0, 0.0]), back), shape, spacing))
    return grids


def _centred_grid(
    centre: FloatArray, in_plane: tuple[FloatArray, FloatArray], shape: tuple[int, int, int], spacing: Vector
) -> Geometry:
    axes = (*in_plane, np.cross(*in_plane))
    half = [(n - 1) / 2 * d for n, d in zip(shape, spacing, strict=True)]
    origin = centre - sum(axis * h for axis, h in zip(axes, half, strict=True))
    # what a DICOM decimal string holds: so the written header and the grid are the same numbers
    x, y, z = (float(k) for k in np.round(origin, 6))
    columns, rows, normal = ((float(a), float(b), float(c)) for a, b, c in np.round(axes, 9))
    return Geometry(shape=shape, origin_mm=(x, y, z), spacing_mm=spacing, axes=(columns, rows, normal))
