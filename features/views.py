"""Which series a measure is taken from (CONTRACT, "Which author, which series"; DEFINITIONS 3-4)."""

from collections.abc import Iterable

import numpy as np

from features.case import Case
from features.parameters import FeatureParameters
from features.parts import Part, Parts, is_truncated
from mri.geometry import INFERIOR_SUPERIOR
from mri.sequence import slice_plane
from mri.study import Contrast, Plane, Series, Weighting
from segmentation.regions import Region


def plane_of(series: Series, parameters: FeatureParameters) -> Plane:
    """Return the plane that a series can be measured in: isotropic by its spacings, whatever it was called."""
    if series.geometry.is_isotropic(parameters.isotropic_limit_mm):
        return Plane.ISOTROPIC
    return slice_plane(series.geometry) if series.plane is Plane.ISOTROPIC else series.plane


def shows_length(series: Series, parameters: FeatureParameters) -> bool:
    """Return whether length and segments may be measured on a series: sagittal or isotropic."""
    return plane_of(series, parameters) in (Plane.SAGITTAL, Plane.ISOTROPIC)


def shows_section(series: Series, parameters: FeatureParameters) -> bool:
    """Return whether AP and TR may be measured on a series: axial or isotropic."""
    return plane_of(series, parameters) in (Plane.AXIAL, Plane.ISOTROPIC)


def may_enhance(series: Series) -> bool:
    """Return whether enhancement may be read on a series: T1 after gadolinium, or nobody said what it is."""
    return series.weighting in (Weighting.T1, Weighting.UNKNOWN) and series.contrast is not Contrast.NO


def enhanced_series(case: Case) -> tuple[Series, ...]:
    """Return the series on which enhancement was or could be read: T1 after gadolinium, or drawn on as enhancing."""
    drawn = {mask.series.name for mask in case.of_region(Region.ENHANCING) if may_enhance(mask.series)}
    return tuple(
        series
        for series in case.every_series
        if case.is_placed(series)
        and (series.name in drawn or (series.weighting is Weighting.T1 and series.contrast is Contrast.YES))
    )


def is_t2(series: Series) -> bool:
    """Return whether a T2 extent may be read on a series: T2 and not STIR, or nobody said what it is."""
    return series.weighting in (Weighting.T2, Weighting.UNKNOWN)


def rank(series: Series) -> tuple[bool, float, int, str]:
    """Return the order of choice: known weighting first, then finest S-I spacing, then lowest run."""
    spacing = series.geometry.spacing_mm[series.geometry.axis_nearest(INFERIOR_SUPERIOR)]
    return series.weighting is Weighting.UNKNOWN, round(spacing, 3), series.run or 0, series.name


def along_cord(parts: Iterable[Part], parameters: FeatureParameters) -> Parts:
    """Return the view of an enhancing lesion that its length is measured on; empty where no series allows it."""
    fit = [p for p in parts if may_enhance(p.series) and shows_length(p.series, parameters)]
    return stations(fit)


def across_cord(parts: Iterable[Part], parameters: FeatureParameters) -> Parts:
    """Return the view of an enhancing lesion that TR is measured on; empty where no series allows it."""
    fit = [p for p in parts if may_enhance(p.series) and shows_section(p.series, parameters)]
    return stations(fit)


def stations(parts: Iterable[Part]) -> Parts:
    """Join views of one structure: the best series whole, of the others what lies outside the better ones' images.

    A complete view beats one that is cut by the border of its images.
    """
    ordered = sorted(parts, key=lambda p: (is_truncated((p,), along=True), rank(p.series)))
    return without_overlap(ordered)


def without_overlap(ordered: Iterable[Part]) -> Parts:
    """Drop from each part the voxels that lie inside the images of a part before it, so that none counts twice."""
    chosen: list[Part] = []
    for part in ordered:
        new = np.ones(len(part.index), dtype=bool)
        for grid in {id(c.geometry): c.geometry for c in chosen if c.geometry is not part.geometry}.values():
            new &= ~grid.contains(part.points_mm)
        if new.any():
            chosen.append(part if new.all() else part.subset(new))
    return tuple(chosen)
