"""Thresholds and options of measuring; recorded beside every result that rests on them.

Those marked "ours" are untested on patients; the others are taken from where they say.
"""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestionParameters:
    """How images become suggested readings (DEFINITIONS 6 to 11); all thresholds ours, untested on patients.

    Attributes
    ----------
    least_shown_share : float
        A series is used for a lesion if it shows this share of its voxels.
    reference_gap_mm, reference_length_mm : float
        Normal cord begins this far from every lesion and T2 hyperintensity, and is taken over this length each side.
    near_gap_mm : float
        The same for gradient echo, whose axial stack ends near the lesion.
    least_reference_voxels : int
        Fewer voxels of normal cord are no basis for a suggestion.
    least_spread : float
        Smallest spread of normal cord relative to its signal: whole grey levels may have none.
    signal_z, hyper_ratio, hypo_ratio : float
        Brighter or darker than cord: this many spreads and at least this ratio.
    least_part_voxels : int
        As many voxels make a part of a lesion; fewer may be noise.
    cyst_csf_share, cyst_enhancement_share, cyst_voxels, cyst_mm : float
        Fluid has this share of the T2 signal of cerebrospinal fluid and enhances less than this share of the lesion's
        median (its voxels are shared with the lesion around it); a cyst has as many voxels and this size in a slice.
    csf_reach_mm, csf_step_mm : float
        How far before and behind the axis fluid is looked for, and the step.
    least_enhancement, absent_z : float
        Less enhancement, as a fraction of cord and in its spread, is none.
    fine_step_mm : float
        Spacing of the points in the slice on which core and shell are compared.
    central_slice_share : float
        Slices less deep than this share of the deepest show the lesion's side.
    core_share : float
        The core is at least this share of the largest depth deep.
    shell_mm : tuple of float
        Depth of the shell.
    layer_mm : float
        Thickness of the layers of one depth, in which unevenness is looked for.
    least_depth_mm : float
        In a lesion less deep, core and shell share their voxels: on phantoms words then are a coin's toss (ours; the
        definitions first said 2 mm, which excludes lesions of 4 mm).
    ring_core_share : float
        The core of a ring enhances less than this share of its shell; a centre of 2.5 mm on pixels of 1 mm never
        falls below 0.35 of it.
    uneven_cv : float
        Coefficient of variation beyond noise from which a lesion is heterogeneous; even phantoms reach 0.05 to 0.1.
    rim_ratio, rim_errors, rim_unevenness : float
        A rim enhances by this ratio more than the core, by as many standard errors of the ratio, and by this share of
        the coefficient of variation. On phantoms even lesions reach 1.016, rims begin at 1.028.
    rim_brightest : float
        Quantile of the drawn voxels' enhancement beyond which a shell is the interpolation's overshoot.
    pole_trim_mm : float
        The body of a lesion begins this far from its poles, across which a rim lies.
    profile_step_mm, profile_smoothing_mm : float
        Sampling and smoothing of profiles along and across the cord.
    plateau_percentile : float
        The plateau of a profile is this percentile of it: a maximum would be noise.
    rise_shares : tuple of float
        An edge runs between these shares of the plateau.
    flame_edge_ratio, flame_taper_mm : float
        A tapering pole's edge is this many times wider than the lesion's side, or its section grows over this length.
    flame_edge_asymmetry, flame_taper_asymmetry : float
        Of a flame that edge is as many times the other pole's edge and taper, or that length as many times its taper:
        an ellipsoid tapers at both. On phantoms any edge asymmetry from 1.5 to 2 does as well.
    flame_least_edge_mm : float
        The other pole's edge counts as at least so wide: voxels of about 1 mm show none sharper.
    contour_reach_mm, least_contour_voxels : float
        The cord's contour is drawn from its voxels this near along the cord, if there are as many.
    exophytic_fraction, exophytic_mm : float
        Share of the area outside the cord, and how far out.
    eccentricity, half_fraction : float
        Offset relative to half the cord's width, or share of the area in one half.
    area_step_mm, area_smoothing_mm : float
        Sampling and smoothing (standard deviation) of the cord's area along it: bins cut voxels unevenly.
    free_cord_mm : tuple of float
        From where to where beside the lesion and its T2 hyperintensity the cord is free.
    expansion_ratio, expansion_z, expansion_z_alone : float
        Area relative to free cord, with this z against the norm of the level; z where no section is free.
    """

    least_shown_share: float = 0.8
    reference_gap_mm: float = 10.0
    reference_length_mm: float = 30.0
    least_reference_voxels: int = 30
    least_spread: float = 0.005
    fine_step_mm: float = 0.3
    central_slice_share: float = 0.7
    core_share: float = 0.5
    shell_mm: tuple[float, float] = (0.6, 1.5)
    layer_mm: float = 0.5
    least_enhancement: float = 0.1
    profile_step_mm: float = 0.5
    profile_smoothing_mm: float = 0.6
    plateau_percentile: float = 60.0
    rise_shares: tuple[float, float] = (0.2, 0.8)
    flame_edge_ratio: float = 2.0
    flame_taper_mm: float = 3.0
    flame_edge_asymmetry: float = 1.6
    flame_taper_asymmetry: float = 2.5
    flame_least_edge_mm: float = 1.2
    least_contour_voxels: int = 20
    contour_reach_mm: float = 10.0
    exophytic_fraction: float = 0.10
    exophytic_mm: float = 1.5
    eccentricity: float = 0.33
    half_fraction: float = 0.75
    area_step_mm: float = 1.0
    area_smoothing_mm: float = 3.0
    free_cord_mm: tuple[float, float] = (10.0, 30.0)
    expansion_ratio: float = 1.15
    expansion_z: float = 1.0
    expansion_z_alone: float = 2.0
    signal_z: float = 2.0
    hyper_ratio: float = 1.10
    hypo_ratio: float = 0.90
    cyst_csf_share: float = 0.8
    cyst_mm: float = 2.0
    cyst_voxels: int = 2
    cyst_enhancement_share: float = 0.3
    pole_trim_mm: float = 3.0
    absent_z: float = 2.0
    least_depth_mm: float = 1.5
    ring_core_share: float = 0.87
    uneven_cv: float = 0.08
    rim_ratio: float = 1.025
    rim_errors: float = 1.5
    rim_brightest: float = 0.85
    rim_unevenness: float = 0.5
    least_part_voxels: int = 5
    near_gap_mm: float = 2.0
    csf_reach_mm: float = 9.0
    csf_step_mm: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpParameters:
    """When lesions of two sessions are one, and when one has changed.

    Attributes
    ----------
    least_overlap_share : float
        Two extents along the cord are of one lesion if they share this much of the shorter (ours).
    reach_levels : float
        Without such overlap the nearest pair within this gap is one lesion: discs are marked anew each time (ours).
    in_plane_mm : float
        Lesions whose middles are this far apart across the cord are two: half a cord's width (ours).
    near_mm : float
        After a registration, voxels this near are at one place: about one slice (ours).
    larger_share, smaller_share : float
        Change of length that counts: +20 % and −30 %, borrowed from RANO-BM; no criterion exists for the cord.
    least_change_mm : float
        And at least this much: a voxel at each of both ends, in two sessions, is no change (ours; RANO-BM has 5 mm).
    """

    least_overlap_share: float = 0.25
    reach_levels: float = 0.25
    in_plane_mm: float = 5.0
    near_mm: float = 3.0
    larger_share: float = 0.2
    smaller_share: float = 0.3
    least_change_mm: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureParameters:
    """How annotations become numbers (DEFINITIONS 0 to 5 and 13).

    Attributes
    ----------
    isotropic_limit_mm : float
        A series whose spacings are all at most this may be measured in any direction.
    connectivity_gap_voxels : int
        Two components nearer than this many voxels (Chebyshev) are apart by one background voxel or less: a limit of
        the grid, so they get `merge_suspect`.
    tiny_voxels : int
        A lesion of fewer voxels is flagged `tiny`: about what a lesion of radius 1.2 mm, which 3.3 mm slices show
        unreliably, fills (ours).
    merge_in_plane_mm : float
        Components of two series are one lesion if they overlap along the cord and their centres are nearer than this
        across it: half a cord's width (ours).
    parts_apart_mm : float
        Parts of one numbered lesion further apart than this, between voxel centres, are told: they may be lesions that
        were not told apart. Three sagittal slices: a slice that was left out is no gap (ours).
    t2_reach_mm : float
        T2 hyperintensity this near to the lesion along the cord belongs to it (ours).
    count_overlap_levels : float
        A vertebral level counts where the extent overlaps this much of it (ours); a plain touched count gives 7
        for the published 5.
    t2_long_levels : tuple of int
        Cut points of the T2 extent: 2 and 3 levels (Diehn 2015).
    least_slab_mm : float
        AP and TR are measured in slabs across the cord as thick as the slices, at least this.
    measurable_long_mm, measurable_perpendicular_mm : float
        Borrowed from RANO-BM; no criterion exists for the cord.
    far_from_cord_mm : float
        A lesion with no voxel this near to the cord's axis is another structure or on other coordinates (ours).
    level_height_mm : tuple of float
        Least and largest height of a level, from disc to disc; beyond them a child's neck and a tall man's loin (ours).
    beyond_cord_mm : float
        Length by which a lesion may reach past the drawn cord before the straight extension is flagged (ours).
    region_scheme : {'cord_segment', 'vertebral'}
        How the regions of the cord are told apart (DEFINITIONS 13).
    region_overlap_levels : float
        A region is involved where the lesion overlaps this much of a level (ours).
    conus_levels, lumbar_levels : float
        Length of the conus above the cord's tip, and of the lumbar cord above the conus: lumbar cord segments begin
        at upper T11, sacral ones at upper L1 (ours).
    assumed_conus_tip_v : float
        Vertebral coordinate of the cord's tip where nobody read it and no mask shows it: lower third of L1.
    conus_tip_range_v : tuple of float
        The end of a cord mask is taken for the tip only here (T11 to L3): elsewhere the drawing just stops.
    rostral_reach_mm : float
        A series shows the whole upper cord if it reaches this far above the C2-C3 disc where the foramen magnum is
        not marked: the height of C2 and its dens to the cord's upper end.
    coverage_step_mm : float
        Spacing of the points of the cord's axis that are looked up in the grids of the series.
    followup : FollowUpParameters
        How sessions are set beside each other.
    intervals : bool
        Whether perturbation ranges are measured (DEFINITIONS 14): every mask is changed in 75 ways and measured again.
    """

    isotropic_limit_mm: float = 1.5
    connectivity_gap_voxels: int = 2
    tiny_voxels: int = 5
    merge_in_plane_mm: float = 5.0
    parts_apart_mm: float = 10.0
    t2_reach_mm: float = 5.0
    count_overlap_levels: float = 0.25
    t2_long_levels: tuple[int, int] = (2, 3)
    least_slab_mm: float = 1.0
    measurable_long_mm: float = 10.0
    measurable_perpendicular_mm: float = 5.0
    far_from_cord_mm: float = 15.0
    level_height_mm: tuple[float, float] = (6.0, 55.0)
    beyond_cord_mm: float = 10.0
    region_scheme: Literal["cord_segment", "vertebral"] = "cord_segment"
    region_overlap_levels: float = 0.25
    conus_levels: float = 1.0
    lumbar_levels: float = 2.0
    assumed_conus_tip_v: float = 20.7
    conus_tip_range_v: tuple[float, float] = (18.0, 23.0)
    intervals: bool = True
    rostral_reach_mm: float = 35.0
    coverage_step_mm: float = 1.0
    followup: FollowUpParameters = field(default_factory=FollowUpParameters)
    suggestions: SuggestionParameters = field(default_factory=SuggestionParameters)
