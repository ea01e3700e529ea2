"""Thresholds of the imaging layer, each with its unit and its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MriParameters:
    """What ingest, registration and resampling may be told.

    Attributes
    ----------
    gate_residual_mm : float
        Largest distance of a slice corner from where the converted image puts it. Good real series stay below 0.001,
        the smallest fault worth refusing (jitter of the table) moves 0.02.
    orientation_tolerance : float
        Largest difference of direction cosines within one stack. Scanners write noise of 4e-8, two stacks of one
        series differ by degrees (1e-2).
    same_slices_mm : float
        Slices and fields of view of two series that agree so far were planned as the same ones.
    duplicate_slice_mm : float
        Slices nearer than this lie in one place: a repeat, not a neighbour.
    block_steps, block_gap_mm : float
        Slices farther apart than both belong to two blocks of one series, such as two stations; a few slices that
        were lost leave a smaller gap.
    most_time_points : int
        More volumes at one place are a dynamic or functional series, which is set aside; fewer are repeats.
    isotropic_mm : float
        Largest spacing at which a series may be cut any way, so that its plane is ``iso``.
    fewest_slices : int
        A stack of fewer slices shows no volume and is set aside.
    gzip_level : int
        1 costs a third of the time of the usual 6 and makes files some percent larger.
    convert_timeout_s : float
        A stack converts in well under a second; one that takes this long hangs.
    child_memory_bytes : int
        Memory of a process that decodes or converts one series: 1 GB of pixels, twice, and the libraries.
    zip_most_files : int
        Files of one archive: the examinations of some hundred patients.
    zip_most_bytes : int
        What one archive may unpack to; the largest exports of one patient are some GB.
    zip_most_ratio : float
        Pixels shrink 2 to 5 times; more than this is a bomb.
    same_station_overlap : float
        Share of the shorter series' length along the body that two series of one station have in common.
    whole_spine_mm : float
        A series that runs this far along the body covers neck, chest and loin of an adult (C1 to L5 is 550–700 mm).
    registration_samples : int
        Voxels that the registration looks at: 3 s on one core, and a planted motion of 8 mm is found to 0.4 mm within
        one weighting (synthetic sagittal series, 1.1 × 1.1 × 3.3 mm).
    registration_iterations : int
        Steps of the optimiser on each of the resolutions.
    registration_bins : int
        Histogram bins of mutual information, 50 being usual for 10- to 12-bit images.
    """

    gate_residual_mm: float = 0.01
    orientation_tolerance: float = 1e-3
    same_slices_mm: float = 0.5
    duplicate_slice_mm: float = 1e-3
    block_steps: float = 5.0
    block_gap_mm: float = 20.0
    most_time_points: int = 4
    isotropic_mm: float = 1.5
    fewest_slices: int = 3
    gzip_level: int = 1
    convert_timeout_s: float = 120.0
    child_memory_bytes: int = 4 << 30
    zip_most_files: int = 200_000
    zip_most_bytes: int = 64 << 30
    zip_most_ratio: float = 200.0
    same_station_overlap: float = 0.7
    whole_spine_mm: float = 550.0
    registration_samples: int = 40_000
    registration_iterations: int = 100
    registration_bins: int = 50


DEFAULTS = MriParameters()
