"""Thresholds and options of this layer; recorded beside every result that rests on them."""

from dataclasses import dataclass, field

from segmentation.outline_parameters import CanalParameters, ContourParameters
from segmentation.plugin_parameters import PluginParameters


@dataclass(frozen=True, slots=True, kw_only=True)
class CentrelineParameters:
    """How the cord axis is drawn through a cord mask (DEFINITIONS 0).

    Attributes
    ----------
    spline_residual_mm : float
        Root mean square distance the smoothing spline may leave: below the voxel noise of section centroids.
    slice_noise_share : float
        Where voxels are wide the spline may leave this part of their width: across 3.3 mm sagittal slices a tilted
        cord's centroids go up in steps, and an axis that follows them is turned by up to 10° at each.
    step_mm : float
        Distance between points of the polyline.
    least_section_fraction : float
        Sections with fewer voxels than this part of the median are left out: a partial section pulls the axis aside.
    least_component_fraction : float
        Connected parts smaller than this part of the mask are left out: stray voxels are no cord.
    end_tangent_mm : float
        Length over which the direction of the straight extension at both ends is averaged.
    """

    spline_residual_mm: float = 0.25
    slice_noise_share: float = 0.15
    step_mm: float = 0.25
    least_section_fraction: float = 0.3
    least_component_fraction: float = 0.05
    end_tangent_mm: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackParameters:
    """How the cord is found without a click: template correlation per section, then the best path.

    Attributes
    ----------
    in_plane_mm : float
        Grid of the search; the cord is about 12 voxels wide on it.
    section_mm : float
        Distance of the searched sections, where the image is finer; thicker sections are taken as they are.
    radii_mm : tuple of float
        Half anteroposterior diameters of the template: thoracic, mean and swollen or cervical cord.
    lateral_stretch : float
        Transverse over anteroposterior diameter of the cord (published means 1.2 to 1.7; 1.25 fits every level best).
    flatten_mm : float
        Where CSF is dark: standard deviation, anteroposterior, of the local mean that the image is divided by; half
        of it in the other directions.
    fat_ceiling : float
        Where CSF is dark: brighter than this many times the local mean is cut, so that epidural fat does not count.
    canal_weight : float
        Where CSF is bright: weight of the model of a cord as bright as CSF; it must win only where the cord is lost.
    mean_score_mm : float
        Standard deviation of the smoothing of the score along the cord: the cord is continuous.
    midline_weight : float
        Cost at `midline_mm` from the middle of the field of view; weak, as technicians centre the spine.
    midline_mm : float
    bend_weight : float
        Cost per squared in-plane mm of step and per mm of length: the cord is nearly straight.
    lateral_bend_weight : float
        The same for steps to the left or right: the spine bends less that way, and thick sagittal slices tell little.
    steepest : float
        Largest in-plane mm per mm along S-I that the path may take (45°).
    smoothing_sections : float
        Standard deviation, in searched sections, of the final smoothing of the path.
    click_reach_mm : float
        Distance over which a click's correction fades along the cord: a global one hurts elsewhere.
    """

    in_plane_mm: float = 1.0
    section_mm: float = 2.0
    radii_mm: tuple[float, ...] = (2.75, 4.0, 5.25)
    lateral_stretch: float = 1.25
    flatten_mm: float = 20.0
    fat_ceiling: float = 1.2
    canal_weight: float = 0.5
    mean_score_mm: float = 4.0
    midline_weight: float = 0.15
    midline_mm: float = 20.0
    bend_weight: float = 0.03
    lateral_bend_weight: float = 0.7
    steepest: float = 1.0
    smoothing_sections: float = 2.0
    click_reach_mm: float = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CordParameters:
    """The cord proposal: search, outline, and which sections are believed.

    Attributes
    ----------
    track, contour
        The two steps.
    least_score, least_score_dark_csf : float
        Correlation at which a section speaks neither for nor against being cord; on normal cords the mean is 0.4 to
        0.6 with bright CSF and 0.3 to 0.5 with dark CSF, beyond the ends of the cord 0.1 to 0.3.
    evidence_cap : float
        Most that one section can say for or against, in units of the score.
    least_edge, no_edge_cost : float
        An outline with a weaker edge is none (among the roots it is 0, around the cord 0.4 to 0.8); what it costs where
        the cord is hidden.
    least_area_mm2, largest_area_mm2 : float
        Sections outside are no cord: filum below, brainstem or an outline that ran away above (a swollen cord
        reaches 150).
    jump_over_mm, largest_jump : float
        Relative change of area over this length that a cord does not make.
    shortest_trim_mm : float
        An end is cut off only where more than this speaks against it: poor sections at the border are common.
    thick_slice_mm : float
        In-plane spacing of the axial sections above which volumes read 9 to 17 % low.
    """

    track: TrackParameters = field(default_factory=TrackParameters)
    contour: ContourParameters = field(default_factory=ContourParameters)
    least_score: float = 0.25
    least_score_dark_csf: float = 0.15
    evidence_cap: float = 0.15
    least_edge: float = 0.2
    no_edge_cost: float = 0.05
    least_area_mm2: float = 12.0
    largest_area_mm2: float = 160.0
    jump_over_mm: float = 5.0
    largest_jump: float = 0.25
    shortest_trim_mm: float = 25.0
    thick_slice_mm: float = 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscParameters:
    """How vertebral levels are found: edges in front of the cord, spacing, and the cord's own shape.

    Attributes
    ----------
    nearest_mm, farthest_mm, half_width_mm : float
        Strip in front of the cord's axis that is looked at.
    body_nearest_mm, body_farthest_mm : float
        Part of it that lies within vertebral bodies and discs.
    step_mm : float
        Step across the strip.
    search_mm : float
        Step along the cord of the search; the found discs are then refined.
    axis_smoothing_mm : float
        Standard deviation of the smoothing of the axis, so that the strip does not fold.
    local_mm : float
        Standard deviation of the local mean: less than a vertebra, more than a disc.
    disc_mm : float
        Standard deviation of the smoothing of the signal: joins the two endplates of a disc.
    shortest_view_mm : float
        An image that shows less of the spine says nothing.
    spacing_sd : float
        Relative standard deviation of the distance between discs about the scaled table.
    shortest, longest : float
        Range of the distance relative to the scaled table.
    scales : tuple of float
        Sizes of a person relative to the table.
    known_reach_mm : float
        How far a named disc may be from the place that was marked.
    diameter_weight, diameter_sd, diameter_cap : float
        Weight of the cord's diameter at a disc, the standard deviation of its logarithm, and the largest squared
        deviation that counts: a swollen cord must not rule.
    widening : float
        Cord diameter relative to the upper cord that marks the foramen magnum.
    widening_sd_mm : float
        How well it does.
    clear_margin : float
        Margin over the next best labelling from which a suggestion is called clear.
    beyond_mm : float
        How far below the end of the cord discs are still looked for.
    missing_share : float
        A disc with less than this part of the usual signal is taken for missing (fused: below 0; the faintest of usual
        spines: 0.35).
    extra_share : float
        Signal relative to the usual one from which something below the last disc is taken for one more.
    empty_levels : float
        Levels in view below the last disc without another from which the next one is taken for missing.
    odd_spacing_sd, odd_tip_sd : float
        Standard deviations from the table at which a distance between discs, or the level of the cord's tip, is odd.
    """

    nearest_mm: float = 5.0
    farthest_mm: float = 28.0
    half_width_mm: float = 4.0
    body_nearest_mm: float = 9.0
    body_farthest_mm: float = 24.0
    step_mm: float = 0.5
    search_mm: float = 1.0
    axis_smoothing_mm: float = 8.0
    local_mm: float = 12.0
    disc_mm: float = 2.0
    shortest_view_mm: float = 40.0
    spacing_sd: float = 0.12
    shortest: float = 0.65
    longest: float = 1.4
    scales: tuple[float, ...] = (0.8, 0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15, 1.2, 1.25, 1.3)
    known_reach_mm: float = 2.0
    diameter_weight: float = 0.5
    diameter_sd: float = 0.1
    diameter_cap: float = 4.0
    widening: float = 1.35
    widening_sd_mm: float = 8.0
    clear_margin: float = 3.0
    beyond_mm: float = 40.0
    missing_share: float = 0.2
    extra_share: float = 0.5
    empty_levels: float = 1.2
    odd_spacing_sd: float = 3.0
    odd_tip_sd: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LesionParameters:
    """How lesion candidates are found. Tried on planted lesions only; untested on patients.

    Attributes
    ----------
    core_mm : float
        Distance from the axis within which signal is the cord's whatever the outline: half a thoracic cord.
    margin_mm : float
        Box around the cord that is looked at.
    least_reference_voxels : int
        With fewer core voxels nothing can be compared.
    trend_step_mm, trend_order, trend_rounds, trend_outlier, trend_range, normal_share
        The normal signal along the cord: step of its samples, order of the curve (coils are smooth), rounds of leaving
        out what is off by more standard deviations than this, how far the curve may leave a straight line, and the
        share of the cord first taken for normal.
    smoothing_mm : float
        In-plane standard deviation of the smoothing before thresholds.
    seed_z, seed_excess, t2_seed_excess : float
        A candidate begins where the excess is above both: standard deviations, and part of the cord's signal. On T2 a
        thick slice beside the cord's middle already holds some CSF, so that more is asked for.
    height_quantile, half_height, floor_z : float
        It grows to this share of the height that this quantile of its seed has, but not into the noise.
    exophytic_mm : float
        How far enhancement may reach out of the cord.
    edge_mm : float
        Rim of the cord that is left out on T2, where CSF and lesion look alike.
    least_area_share, area_within_mm : float
        On T2 sections with less than this share of the usual area within this distance are left out: the cone of the
        conus, where CSF fills the voxels.
    least_filled : float
        On T2 a section counts where at least this share of the core is bright: CSF in an outline one voxel off is less.
    cone_mm, below_tip_mm : float
        On T2 what lies wholly within this length above the cord's tip is no candidate, where the image goes on below
        the tip by more than the other length.
    join_mm : float
        Parts with a shorter gap along the cord are one lesion.
    low_contrast_z : float
        Flag below this many standard deviations.
    edge_share : float
        Flag where more of the lesion than this lies on the cord's edge.
    least_volume_mm3, least_length_mm, least_score, least_inside
        Smaller, shorter, fainter candidates, and those that lie mostly outside the cord (veins, dura), are dropped.
    t2_alone_score, t2_alone_length_mm : float
        A T2 region without enhancement, where enhancement was looked for, is a lesion only above both.
    reach_mm : float
        T2 regions this near to an enhancing lesion belong to it (DEFINITIONS 3-4).
    """

    core_mm: float = 2.0
    margin_mm: float = 5.0
    least_reference_voxels: int = 30
    trend_step_mm: float = 2.0
    trend_order: int = 2
    trend_rounds: int = 8
    trend_outlier: float = 3.0
    trend_range: float = 1.5
    normal_share: float = 0.5
    smoothing_mm: float = 0.5
    seed_z: float = 4.0
    seed_excess: float = 0.2
    t2_seed_excess: float = 0.35
    height_quantile: float = 0.75
    half_height: float = 0.5
    floor_z: float = 2.0
    exophytic_mm: float = 1.5
    edge_mm: float = 1.0
    least_area_share: float = 0.5
    area_within_mm: float = 40.0
    least_filled: float = 0.4
    cone_mm: float = 25.0
    below_tip_mm: float = 15.0
    join_mm: float = 6.0
    low_contrast_z: float = 3.0
    edge_share: float = 0.5
    least_volume_mm3: float = 20.0
    least_length_mm: float = 3.0
    least_score: float = 6.0
    least_inside: float = 0.4
    t2_alone_score: float = 8.0
    t2_alone_length_mm: float = 8.0
    reach_mm: float = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameLinkParameters:
    """When two frames of reference of one session count as registered.

    Attributes
    ----------
    most_residual_mm : float
        Largest distance by which registrations there and back may disagree: about a voxel within the slices.
    least_shared : float
        Smallest share of one series that must lie in the other as the scanner placed them: of less, as of two stations,
        both registrations may agree on a wrong place.
    """

    most_residual_mm: float = 1.0
    least_shared: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentationParameters:
    """Everything this layer may be told."""

    centreline: CentrelineParameters = field(default_factory=CentrelineParameters)
    cord: CordParameters = field(default_factory=CordParameters)
    discs: DiscParameters = field(default_factory=DiscParameters)
    lesions: LesionParameters = field(default_factory=LesionParameters)
    frames: FrameLinkParameters = field(default_factory=FrameLinkParameters)
    canal: CanalParameters = field(default_factory=CanalParameters)
    plugin: tuple[PluginParameters, ...] = ()
