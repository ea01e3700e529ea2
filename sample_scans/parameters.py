"""Settings of the synthetic scanner."""

from dataclasses import dataclass

HIGH_FIELD_T = 2.0
"""Above it the relaxation times of 3 T hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScannerParameters:
    """How an image is made from tissue.

    Attributes
    ----------
    slice_samples : tuple of (float, float)
        Depth in the slice, in slice thicknesses from its middle, and weight: a slice profile with soft edges.
    in_plane_offset_px : float
        The samples alternate by ± this much in the plane, so that edges are averaged there too.
    point_spread_px : float
        Standard deviation of the in-plane point spread in pixels; 0.45 is about a Hanning-filtered Fourier image.
    lattice_px : int
        Local coordinates are computed on every so-manieth pixel; between them the axis is straight to 0.02 mm.
    noise_sd : float
        Standard deviation of the noise of each receiver channel (real, imaginary) in grey levels.
    full_scale : float
        Grey levels of water without any relaxation.
    coil_depth_mm : float
        Depth over which a spine coil's sensitivity falls to 1/e.
    bias_amplitude : float
        Size of the random smooth part of the bias field.
    saturation_residue : float
        Signal left in the saturation band in front of the spine, which suppresses swallowing and pulsation.
    saturation_before_mm : float
        How far in front of the most anterior point of the axis the band begins.
    motion_max_mm, motion_max_deg : float
        Largest shift and turn of the patient between two series.
    relaxivity_per_mmol_s : float
        T1 relaxivity of a gadolinium chelate in plasma at 1.5 T, l/(mmol s), rounded (Rohrer et al.,
        Invest Radiol 2005).
    t1_rise_at_3t : float
        Ratio of T1 at 3 T to T1 at 1.5 T, rounded (Stanisz et al., MRM 2005).
    """

    slice_samples: tuple[tuple[float, float], ...] = ((-0.42, 0.20), (-0.14, 0.30), (0.14, 0.30), (0.42, 0.20))
    in_plane_offset_px: float = 0.25
    point_spread_px: float = 0.45
    lattice_px: int = 4
    noise_sd: float = 2.6
    full_scale: float = 620.0
    coil_depth_mm: float = 190.0
    bias_amplitude: float = 0.06
    saturation_residue: float = 0.22
    saturation_before_mm: float = 46.0
    motion_max_mm: float = 0.6
    motion_max_deg: float = 0.3
    relaxivity_per_mmol_s: float = 4.5
    t1_rise_at_3t: float = 1.25


SCANNER = ScannerParameters()
