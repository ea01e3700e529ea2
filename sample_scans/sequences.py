"""Pulse sequences and the signal that each gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from mri.geometry import FloatArray
from mri.study import Plane, Weighting
from sample_scans.parameters import HIGH_FIELD_T, SCANNER, ScannerParameters
from sample_scans.tissue import RELAXATION, Relaxation, Tissue


class Kind(StrEnum):
    """Physics of a sequence."""

    SPIN_ECHO = "SE"
    INVERSION_RECOVERY = "IR"
    GRADIENT_ECHO = "GR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sequence:
    """One line of a protocol.

    Attributes
    ----------
    weighting : Weighting
    plane : Plane
    kind : Kind
    tr_ms, te_ms : float
        Repetition and (effective) echo time.
    ti_ms : float or None
        Inversion time.
    flip_deg : float
    echo_train : int
    gadolinium : bool
        Acquired after contrast medium.
    gain : float
        Receiver gain, by which a scanner fills its range of grey levels.
    """

    weighting: Weighting
    plane: Plane
    kind: Kind
    tr_ms: float
    te_ms: float
    ti_ms: float | None = None
    flip_deg: float = 90.0
    echo_train: int = 1
    gadolinium: bool = False
    gain: float = 1.0

    @property
    def name(self) -> str:
        """Short name, e.g. ``sagSTIR`` or ``axT1gd``."""
        return self.plane.value + self.weighting.value + ("gd" if self.gadolinium else "")


def signal(tissue: Relaxation, sequence: Sequence, field_t: float, parameters: ScannerParameters = SCANNER) -> float:
    """Return the signal of a tissue relative to fully relaxed water.

    Spin echo: ρ(1 − e^(−TR/T1))e^(−TE/T2). Inversion recovery: magnitude with 1 − 2e^(−TI/T1) + e^(−TR/T1).
    Spoiled gradient echo: steady state with T2*. Gadolinium: 1/T1 = 1/T1₀ + r₁C.
    """
    t1_ms = tissue.t1_ms * (parameters.t1_rise_at_3t if field_t > HIGH_FIELD_T else 1.0)
    if sequence.gadolinium:
        t1_ms = 1 / (1 / t1_ms + parameters.relaxivity_per_mmol_s * tissue.gadolinium_mmol_l / 1000)
    recovery = float(np.exp(-sequence.tr_ms / t1_ms))
    if sequence.kind is Kind.GRADIENT_ECHO:
        flip = np.deg2rad(sequence.flip_deg)
        steady = float(np.sin(flip) * (1 - recovery) / (1 - np.cos(flip) * recovery))
        return tissue.density * steady * float(np.exp(-sequence.te_ms / tissue.t2star_ms))
    decay = float(np.exp(-sequence.te_ms / tissue.t2_ms))
    if sequence.ti_ms is not None:
        return tissue.density * abs(1 - 2 * float(np.exp(-sequence.ti_ms / t1_ms)) + recovery) * decay
    return tissue.density * (1 - recovery) * decay


def signal_table(
    sequence: Sequence,
    field_t: float,
    parameters: ScannerParameters = SCANNER,
    relaxation: Mapping[Tissue, Relaxation] = RELAXATION,
) -> FloatArray:
    """Return the grey level of each tissue, indexed by `Tissue`, without noise."""
    values = [signal(relaxation[tissue], sequence, field_t, parameters) for tissue in Tissue]
    return np.array(values) * sequence.gain * parameters.full_scale
