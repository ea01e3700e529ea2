"""How the cord is found and its axis drawn; part of `segmentation.parameters`."""

from dataclasses import dataclass, field

from segmentation.outline_parameters import ContourParameters


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
    far_click_mm : float
        A click farther in-plane from the path is flagged: the cord is at most 15 mm wide, and the canal 25 mm.
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
    far_click_mm: float = 25.0


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
        Relative change of area over this length that speaks against a section. The cone of the conus, the brainstem
        and noise reach it on good cords.
    flagged_jump : float
        The same, from which a reader is told. Over twice the length good cords, their ends included, change by a factor
        of 2.0 at most, those that ran away by 2.8 and more (public volumes, and sagittal T2 of the sample).
    shortest_trim_mm : float
        An end is cut off only where more than this speaks against it: poor sections at the border are common.
    thick_slice_mm : float
        In-plane spacing of the axial sections above which volumes were off by −10 to +9 %.
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
    flagged_jump: float = 0.5
    shortest_trim_mm: float = 25.0
    thick_slice_mm: float = 2.5
