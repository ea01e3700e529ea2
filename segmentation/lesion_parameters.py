"""How lesions are found and grown; part of `segmentation.parameters`."""

from dataclasses import dataclass


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
    edge_ratio, csf_share : float
        Flag where the lesion lies on the cord's edge at least this many times as often as the cord does in the same
        sections (in thick slices most of the cord is edge) and, where CSF is bright, has at least this part of its
        brightness. CSF in an outline 3 mm off had 0.95 to 1.05 and 0.86 to 2.1; lesions in a good one, those that fill
        the cord included, 0.28 to 1.0 and 0.21 to 0.61.
    least_volume_mm3, least_length_mm, least_score, least_inside
        Smaller, shorter, fainter candidates, and those that lie mostly outside the cord (veins, dura), are dropped.
    t2_alone_score, t2_alone_length_mm : float
        A T2 region without enhancement, where enhancement was looked for, is a lesion only above both.
    rim_quantile : float
        Where CSF is bright, what normal cord has at each place near the edge is taken for CSF, so high that this part
        of it lies below (`rim`): at 0.5 more CSF is taken for lesion, at 0.7 faint lesions are lost in public volumes.
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
    edge_ratio: float = 0.95
    csf_share: float = 0.75
    least_volume_mm3: float = 20.0
    least_length_mm: float = 3.0
    least_score: float = 6.0
    least_inside: float = 0.4
    t2_alone_score: float = 8.0
    t2_alone_length_mm: float = 8.0
    rim_quantile: float = 0.6
    reach_mm: float = 5.0
