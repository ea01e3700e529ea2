"""Thresholds and options of this layer; recorded beside every result that rests on them.

Those of one concern stand in a file of their own; here they are put together.
"""

from dataclasses import dataclass, field

from segmentation.cord_parameters import CentrelineParameters, CordParameters, TrackParameters
from segmentation.lesion_parameters import LesionParameters
from segmentation.level_parameters import DiscParameters
from segmentation.outline_parameters import CanalParameters, ContourParameters
from segmentation.plugin_parameters import PluginParameters

__all__ = [
    "CanalParameters",
    "CentrelineParameters",
    "ContourParameters",
    "CordParameters",
    "DiscParameters",
    "FrameLinkParameters",
    "LesionParameters",
    "PluginParameters",
    "SegmentationParameters",
    "TrackParameters",
]


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
