"""Images of the spine of `scene`: objects of one grey level each on a grid, later ones over earlier ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from features.case import Case
from mri.geometry import Geometry
from mri.study import Series
from mri.volume import Volume
from segmentation.annotation import Mask
from segmentation.regions import Region
from tests.features.scene import CORD_RADIUS_MM, Inside, case, cord_mask, mask, series, t1_gd, tube

CORD_LEVEL = 200.0
FLUID_T1, FLUID_T2 = 80.0, 600.0
NOISE = 4.0

Paint = tuple[Inside, float]


def image(geometry: Geometry, around: float, objects: Sequence[Paint]) -> Volume:
    """Return an image: fluid, the cord in it, and objects, with noise."""
    points = geometry.to_world(np.moveaxis(np.indices(geometry.shape), 0, -1))
    array = np.full(geometry.shape, around)
    array[tube(0.0, 25.0, CORD_RADIUS_MM)(points)] = CORD_LEVEL
    for inside, level in objects:
        array[inside(points)] = level
    return Volume(array=array + np.random.default_rng(0).normal(0, NOISE, geometry.shape), geometry=geometry)


def pictured(
    drawn: Sequence[Mask], images: Mapping[str, Volume], extra: Sequence[Series] = (), **changes: object
) -> Case:
    """Return a case with images by the acquisition of their series."""
    made = case(drawn, **changes)
    return replace(made, series=(*made.series, *extra), volumes=lambda wanted: images.get(wanted.name))


def lesion_case(
    geometry: Geometry,
    lesion: Inside,
    *,
    t1: Sequence[Paint] = (),
    t2: Sequence[Paint] = (),
    gd: Sequence[Paint] = (),
    **changes: object,
) -> Case:
    """Return a lesion drawn on sagittal T1 after contrast, with the cord on T2, and three images."""
    before, second, after = series_of(geometry)
    drawn = [cord_mask(second), mask(Region.ENHANCING, after, lesion)]
    images = {
        before.name: image(geometry, FLUID_T1, t1),
        second.name: image(geometry, FLUID_T2, t2),
        after.name: image(geometry, FLUID_T1, gd),
    }
    return pictured(drawn, images, (before,), **changes)


def series_of(geometry: Geometry) -> tuple[Series, Series, Series]:
    """Return sagittal T1 before contrast, T2 and T1 after it, on one grid."""
    from mri.study import Weighting

    return series(geometry, Weighting.T1), series(geometry), t1_gd(geometry)
