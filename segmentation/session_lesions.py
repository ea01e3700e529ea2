"""Where a session's series show enhancement and T2 hyperintensity."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mri.geometry import INFERIOR_SUPERIOR, FloatArray
from mri.problems import Problem, RefusedError, warning
from mri.register import identity, register_rigid
from mri.resample import resample_labels, resample_volume
from mri.study import Contrast, Series, Weighting
from mri.volume import LabelMap, Volume
from segmentation.contrast import enhancement_contrast, signal_contrast
from segmentation.cord import propose_cord
from segmentation.image_checks import check_image
from segmentation.lesions import Candidate, find_candidates
from segmentation.parameters import SegmentationParameters
from segmentation.session_cords import SeenCord, SpineView
from segmentation.upright import turned

POST_ONLY = "post_contrast_only"
NOT_ALIGNED = "not_aligned"

_LEAST_SHARED = 0.5
"""A series before contrast is the partner of one after it if it shows at least this part of its length."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnhancedView:
    """One series in which lesions were looked for.

    Attributes
    ----------
    series : Series
    volume : Volume
    cord : LabelMap
        On the grid of the series.
    candidates : tuple of Candidate
    view_mm : tuple of float
        Range of arc length in which they were looked for.
    provenance : mapping
    """

    series: Series
    volume: Volume
    cord: LabelMap
    candidates: tuple[Candidate, ...]
    view_mm: tuple[float, float]
    provenance: Mapping[str, object] = field(default_factory=dict)


def look_for_enhancement(
    late: Sequence[Series],
    view: SpineView,
    read: Callable[[Series], Volume],
    options: SegmentationParameters,
) -> tuple[list[EnhancedView], list[Problem]]:
    """Compare each series after contrast with its partner before it, or with its own cord where there is none."""
    found: list[EnhancedView] = []
    problems: list[Problem] = []
    for series in late:
        try:
            post = read(series)
            # one infinite voxel would end as "nothing enhances"
            check_image(turned(post)[0], series.name)
            one, faults = _one_enhancement(series, post, view, options)
        except RefusedError as refused:
            problems += refused.problems
            continue
        problems += faults
        if one is not None:
            found.append(one)
    return found, problems


def look_for_t2(view: SpineView, options: SegmentationParameters) -> list[EnhancedView]:
    """Compare each T2 series with its own normal cord."""
    found = []
    for seen in view.of(Weighting.T2):
        contrast = signal_contrast(seen.volume, seen.cord.labels, view.centreline, options.lesions)
        if contrast is not None:
            found.append(
                EnhancedView(
                    series=seen.series,
                    volume=seen.volume,
                    cord=seen.cord.labels,
                    candidates=tuple(find_candidates(contrast, options.lesions, exophytic=False)),
                    view_mm=_range(seen.cord.labels, view),
                    provenance={"noise": round(contrast.noise, 4)},
                )
            )
    return found


def _one_enhancement(
    series: Series, post: Volume, view: SpineView, options: SegmentationParameters
) -> tuple[EnhancedView | None, list[Problem]]:
    partner = _partner(series, view)
    provenance: dict[str, object] = {}
    problems: list[Problem] = []
    if partner is not None:
        matrix, record, problems = _aligned(series, post, partner)
        cord = resample_labels(partner.cord.labels, post.geometry, moving_from_fixed=matrix)
        before = resample_volume(partner.volume, post.geometry, moving_from_fixed=matrix)
        contrast = enhancement_contrast(post, before, cord, view.centreline, options.lesions)
        provenance |= {"before": partner.series.name, "alignment": record}
    else:
        cord = _cord_without_partner(series, post, view, options)
        contrast = signal_contrast(post, cord, view.centreline, options.lesions)
        provenance |= {"flags": [POST_ONLY]}
        message = "no series before contrast shows this part: bright on T1 may be no enhancement"
        problems = [warning("no_precontrast_partner", series.name, message)]
    if contrast is None:
        return None, [*problems, warning("no_reference", series.name, "too little cord to compare a lesion with")]
    one = EnhancedView(
        series=series,
        volume=post,
        cord=cord,
        candidates=tuple(find_candidates(contrast, options.lesions, exophytic=True)),
        view_mm=_range(cord, view),
        provenance=provenance | {"noise": round(contrast.noise, 4)},
    )
    return one, problems


def _aligned(series: Series, post: Volume, partner: SeenCord) -> tuple[FloatArray, dict[str, object], list[Problem]]:
    """Return where the tissue of the later series lies in the earlier, how that was found, and what went wrong."""
    try:
        transform, problems = register_rigid(post, partner.volume), []
    except RefusedError as refused:
        transform = identity()
        problems = [
            warning(NOT_ALIGNED, series.name, f"taken as lying still: {problem.message}")
            for problem in refused.problems
        ]
    record: dict[str, object] = {"method": transform.method, "shift_mm": transform.shift_mm, "metric": transform.metric}
    return np.array(transform.matrix, dtype=float), record, problems


def _partner(series: Series, view: SpineView) -> SeenCord | None:
    """Return the T1 series before contrast that shows most of the same part of the spine."""
    low, high = _extent(series)
    shared = []
    for seen in view.of(Weighting.T1):
        if seen.series.contrast is not Contrast.YES:
            a, b = _extent(seen.series)
            shared.append(((min(high, b) - max(low, a)) / (high - low), seen))
    best = max(shared, key=lambda one: one[0], default=None)
    return best[1] if best is not None and best[0] >= _LEAST_SHARED else None


def _extent(series: Series) -> tuple[float, float]:
    """Return the lowest and highest z, LPS mm, of the middle line of a series."""
    geometry = series.geometry
    axis = geometry.axis_nearest(INFERIOR_SUPERIOR)
    ends = np.tile((np.array(geometry.shape) - 1) / 2, (2, 1))
    ends[:, axis] = 0, geometry.shape[axis] - 1
    z = geometry.to_world(ends)[:, 2]
    return float(z.min()), float(z.max())


def _cord_without_partner(series: Series, post: Volume, view: SpineView, options: SegmentationParameters) -> LabelMap:
    """Return the cord that other series show here, or one found in this series."""
    array = np.zeros(post.geometry.shape, dtype=np.uint8)
    for seen in view.cords:
        np.maximum(array, resample_labels(seen.cord.labels, post.geometry).array, out=array)
    if array.any():
        return LabelMap(array=array, geometry=post.geometry)
    return propose_cord(post, series.weighting, name=series.name, parameters=options.cord).labels


def _range(cord: LabelMap, view: SpineView) -> tuple[float, float]:
    s = view.centreline.project(cord.points_mm()).s_mm if cord.array.any() else np.zeros(1)
    return float(s.min()), float(s.max())
