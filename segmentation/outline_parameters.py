"""How the outlines of cord and canal are found; part of `segmentation.parameters`."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ContourParameters:
    """How the cord's outline is found on each section: a closed path of least cost in polar coordinates.

    Attributes
    ----------
    rays : int
        Directions, 7.5° apart.
    step_mm, reach_mm : float
        Distance of samples along a ray and its length.
    least_radius_mm, largest_radius_mm : float
        Range the outline may lie in.
    smoothing_mm : float
        In-plane standard deviation of the image smoothing before the gradient; twice this along the cord.
    largest_smoothing_sections : float
        Limit of the smoothing along the cord on thick sections.
    inner_edge_weight : float
        Cost per unit of edge already crossed: the first strong edge is the cord's, later ones are the canal's.
    weak_edge : float
        Edges below this part of the section's 95th percentile are noise.
    bend_weight : float
        Cost per squared step of radius between neighbouring rays.
    median_mm : float
        Length of the median along the cord: outlines change slowly.
    ceiling : float
        Where CSF is dark: intensities above this many times the cord's level are cut before the gradient.
    level_mm : float
        Length of the running median of the cord's level; longer than most lesions.
    passes : int
        The centre is moved to the outline's centre between passes.
    """

    rays: int = 48
    step_mm: float = 0.25
    reach_mm: float = 11.0
    least_radius_mm: float = 2.0
    largest_radius_mm: float = 9.0
    smoothing_mm: float = 0.5
    largest_smoothing_sections: float = 1.5
    inner_edge_weight: float = 0.35
    weak_edge: float = 0.25
    bend_weight: float = 0.02
    median_mm: float = 5.0
    ceiling: float = 1.4
    level_mm: float = 60.0
    passes: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CanalParameters:
    """How the border of the spinal canal is found: the first strong edge beyond the CSF around the cord.

    Attributes
    ----------
    contour : ContourParameters
        As for the cord, with a longer reach: canals are up to 30 mm wide.
    gap_mm : float
        The border lies at least this far outside the cord: dura and a little CSF.
    least_edge : float
        Sections with a weaker edge are not believed (the roots' exits, a tight canal, T1 beside ligament).
    largest_gap_sections : int
        Runs of unbelieved sections up to this long between believed ones are kept, and flagged.
    """

    contour: ContourParameters = field(
        default_factory=lambda: ContourParameters(
            reach_mm=18.0, least_radius_mm=3.0, largest_radius_mm=16.0, inner_edge_weight=0.35, bend_weight=0.03
        )
    )
    gap_mm: float = 0.75
    least_edge: float = 0.3
    largest_gap_sections: int = 8
