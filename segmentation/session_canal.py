"""The canal on every series of a session on which a cord was proposed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from mri.problems import Problem, RefusedError, warning
from mri.resample import resample_labels
from mri.study import Series, Weighting
from mri.volume import LabelMap, Volume
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.canal import propose_canal
from segmentation.outline_parameters import CanalParameters
from segmentation.regions import Region

RESAMPLED = "canal_from_other_series"


def with_canals(
    annotation: Annotation, read: Callable[[Series], Volume], parameters: CanalParameters | None = None
) -> Annotation:
    """Add the canal to a session's proposals, on each series that has a cord.

    T2 series show it themselves. Others take it from the T2 series of their frame of reference, nearest label at each
    voxel centre, joined with their own cord; T1 alone shows it where no T2 does, flagged.

    Parameters
    ----------
    annotation : Annotation
        With cord masks.
    read : callable
        Gives the image of a series.
    parameters : CanalParameters, optional
    """
    problems: list[Problem] = []
    cords = annotation.of_region(Region.CORD)
    bright = [mask for mask in cords if mask.series.weighting is not Weighting.T1]
    seen = list(_own(bright, read, parameters, problems))
    others = [mask for mask in cords if mask.series.weighting is Weighting.T1]
    for cord in others:
        moved = _from_others(cord, seen)
        seen_here = [moved] if moved is not None else list(_own([cord], read, parameters, problems))
        seen += seen_here
    return replace(annotation, masks=(*annotation.masks, *seen), problems=(*annotation.problems, *problems))


def _own(
    cords: Sequence[Mask],
    read: Callable[[Series], Volume],
    parameters: CanalParameters | None,
    problems: list[Problem],
) -> Iterator[Mask]:
    for cord in cords:
        if not cord.labels.array.any():
            continue
        try:
            found = propose_canal(read(cord.series), cord.series.weighting, cord.labels, parameters)
        except RefusedError as refused:
            problems += refused.problems
            continue
        if not found.labels.array.any():
            message = "no border of the canal is clear enough; draw it where it is needed"
            problems.append(warning("no_canal", cord.series.name, message))
            continue
        yield Mask(
            region=Region.CANAL, series=cord.series, labels=found.labels, author=AUTO, provenance=found.provenance
        )


def _from_others(cord: Mask, canals: Sequence[Mask]) -> Mask | None:
    """Return the canal that T2 series of the same frame of reference show on the grid of another series."""
    frame = cord.series.frame_of_reference
    shown = [
        one
        for one in canals
        if one.series.weighting is not Weighting.T1 and frame and one.series.frame_of_reference == frame
    ]
    if not shown or not cord.labels.array.any():
        return None
    array = np.zeros(cord.labels.array.shape, dtype=np.uint8)
    for one in shown:
        np.maximum(array, resample_labels(one.labels, cord.labels.geometry).array, out=array)
    if not array.any():
        return None
    np.maximum(array, (cord.labels.array > 0).astype(np.uint8), out=array)
    return Mask(
        region=Region.CANAL,
        series=cord.series,
        labels=LabelMap(array=array, geometry=cord.labels.geometry),
        author=AUTO,
        provenance={
            "method": "nearest label of the canals of other series",
            "sources": [one.series.name for one in shown],
            "flags": [RESAMPLED],
        },
    )
