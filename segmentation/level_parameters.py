"""How vertebral levels are found; part of `segmentation.parameters`."""

from dataclasses import dataclass


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
