"""The planted truth of synthetic patients as an annotation of its own author, to prove the numbers that follow."""

from collections.abc import Iterator, Mapping
from typing import Any

from mri.bids import StudyFolder
from mri.study import Contrast, Plane, Series, Study, Weighting
from sample_scans.rasterise import disc_points, rasterise
from segmentation.annotation import Annotation, Mask
from segmentation.regions import Region
from segmentation.store import save_annotation

PLANTED = "planted"
"""Author of the truth."""


def save_planted(folder: StudyFolder, study: Study, truth: Mapping[str, Any]) -> Annotation:
    """Store what was planted at one visit as author ``planted``, drawn on each series as it was acquired.

    Parameters
    ----------
    folder : StudyFolder
    study : Study
    truth : mapping
        The visit's record in truth.json.
    """
    annotation = planted_annotation(study, truth)
    save_annotation(folder, annotation)
    return annotation


def planted_annotation(study: Study, truth: Mapping[str, Any]) -> Annotation:
    """Return the truth as an annotation: enhancement on T1 after contrast, T2 hyperintensity on T2, cord on both."""
    motions = {record["series_number"]: record["motion"] for record in truth["series"]}
    masks = []
    for series in study.series:
        for region in _drawn_on(series):
            labels = rasterise(truth, region, series.geometry, motions[series.series_number])
            masks.append(Mask(region=region, series=series, labels=labels, author=PLANTED))
    return Annotation(study=study.id, author=PLANTED, masks=tuple(masks), discs=disc_points(truth))


def _drawn_on(series: Series) -> Iterator[Region]:
    is_sagittal = series.plane is Plane.SAGITTAL
    if series.weighting is Weighting.T2:
        yield Region.T2HYPER
        if is_sagittal:
            yield Region.CORD
    if series.weighting is Weighting.T1 and series.contrast is Contrast.YES:
        yield Region.ENHANCING
