"""Proposals of a session whose series lie in several frames of reference that transforms join."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mri.study import Series, Study
from mri.volume import LabelMap, Volume
from segmentation.annotation import Annotation, Mask
from segmentation.frame_links import FrameLink, in_main_frame
from segmentation.parameters import SegmentationParameters
from segmentation.propose import propose_session


def propose_linked(
    study: Study,
    read: Callable[[Series], Volume],
    links: Sequence[FrameLink],
    parameters: SegmentationParameters | None = None,
) -> Annotation:
    """Propose a session as if all its joined series lay in the main frame of reference.

    So a lesion that series of two frames show is one lesion. Each mask is on the grid of its series, where that lies;
    discs are in the main frame.

    Parameters
    ----------
    study : Study
    read : callable
        Gives the image of a series.
    links : sequence of FrameLink
    parameters : SegmentationParameters, optional
    """
    own = {series.entities: series for series in study.series}

    def moved(series: Series) -> Volume:
        return Volume(array=read(own[series.entities]).array, geometry=series.geometry)

    found = propose_session(in_main_frame(study, links), moved, parameters=parameters)
    return replace(found, masks=tuple(_back(mask, own[mask.series.entities]) for mask in found.masks))


def _back(mask: Mask, series: Series) -> Mask:
    return replace(mask, series=series, labels=LabelMap(array=mask.labels.array, geometry=series.geometry))
