"""The session's lesions on axial series after contrast, where their width is measured."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from mri.problems import Problem, RefusedError
from mri.study import Series
from mri.volume import Volume
from segmentation.contrast import signal_contrast
from segmentation.cord import propose_cord
from segmentation.lesions import find_candidates
from segmentation.numbering import Lesion
from segmentation.parameters import SegmentationParameters
from segmentation.session_cords import SpineView
from segmentation.session_lesions import POST_ONLY, EnhancedView


def look_on_axial(
    axial: Sequence[Series],
    view: SpineView,
    lesions: Sequence[Lesion],
    read: Callable[[Series], Volume],
    options: SegmentationParameters,
) -> tuple[list[EnhancedView], tuple[Lesion, ...], list[Problem]]:
    """Find the lesions that sagittal series show again on axial ones; these never add a lesion.

    Returns
    -------
    list of EnhancedView, tuple of Lesion, list of Problem
        What was looked at, and the lesions with their axial regions added.
    """
    found: list[EnhancedView] = []
    problems: list[Problem] = []
    known = list(lesions)
    # a stack of few slices has too little normal cord on both sides of a lesion for a curve
    flat = replace(options.lesions, trend_order=0)
    for series in axial:
        try:
            volume = read(series)
            cord = propose_cord(volume, series.weighting, name=series.name, parameters=options.cord)
        except RefusedError as refused:
            problems += refused.problems
            continue
        bodies = [lesion.s_mm for lesion in lesions]
        contrast = signal_contrast(volume, cord.labels, view.centreline, flat, abnormal_mm=bodies)
        if contrast is None:
            continue
        kept = []
        for candidate in find_candidates(contrast, flat, exophytic=True):
            for k, lesion in enumerate(known):
                overlap = min(lesion.s_mm[1], candidate.s_mm[1]) - max(lesion.s_mm[0], candidate.s_mm[0])
                if lesion.enhancing and overlap > 0:
                    known[k] = replace(lesion, enhancing=(*lesion.enhancing, candidate))
                    kept.append(candidate)
                    break
        found.append(
            EnhancedView(
                series=series,
                volume=volume,
                cord=cord.labels,
                candidates=tuple(kept),
                view_mm=(0.0, 0.0),
                provenance=dict(cord.provenance) | {"flags": [*cord.flags, POST_ONLY]},
            )
        )
    return found, tuple(known), problems
