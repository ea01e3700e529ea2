"""Thresholds and options of this layer; recorded beside every result that rests on them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CentrelineParameters:
    """How the cord axis is drawn through a cord mask (DEFINITIONS 0).

    Attributes
    ----------
    spline_residual_mm : float
        Root mean square distance the smoothing spline may leave: below the voxel noise of section centroids.
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
    step_mm: float = 0.25
    least_section_fraction: float = 0.3
    least_component_fraction: float = 0.05
    end_tangent_mm: float = 5.0
