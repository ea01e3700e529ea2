"""Which series a measure is taken from."""

import pytest

from features.frame import build_frame
from features.parameters import FeatureParameters
from features.parts import is_truncated, make_part
from features.t2 import T2Region, is_bridged, t2_masks
from features.views import along_cord, is_t2, may_enhance, plane_of, rank, without_overlap
from mri.study import Contrast, Plane, Series, Weighting
from segmentation.regions import Region
from tests.features.scene import (
    AXIAL_AXES,
    SAGITTAL_AXES,
    axial_grid,
    case,
    draw,
    grid,
    mask,
    sagittal_grid,
    series,
    t1_gd,
    tube,
)

OPTIONS = FeatureParameters()
AXIS = build_frame(case([]), OPTIONS).axis
BOX = ((-12.0, -12.0, -60.0), (12.0, 12.0, 0.0))
FINE = t1_gd(grid(*BOX, (0.6, 0.6, 3.3), SAGITTAL_AXES), run=2)
COARSE = t1_gd(grid(*BOX, (1.0, 1.0, 3.3), SAGITTAL_AXES), run=1)


def part(on: Series, v_from: float = 9.0, v_to: float = 10.0):  # type: ignore[no-untyped-def]
    """Draw a tube on a series."""
    labels = draw(on.geometry, tube(v_from, v_to, 3))
    return make_part(on, "AB", on.geometry, labels.indices(), AXIS)


@pytest.mark.parametrize(
    ("spacing", "called", "expected"),
    [
        ((1.0, 1.0, 1.0), Plane.SAGITTAL, Plane.ISOTROPIC),
        ((1.0, 1.0, 1.5), Plane.AXIAL, Plane.ISOTROPIC),
        ((1.0, 1.0, 1.6), Plane.ISOTROPIC, Plane.AXIAL),
        ((3.3, 0.6, 0.6), Plane.ISOTROPIC, Plane.SAGITTAL),
        ((0.6, 3.3, 0.6), Plane.ISOTROPIC, Plane.CORONAL),
        ((0.6, 0.6, 4.0), Plane.AXIAL, Plane.AXIAL),
    ],
)
def test_isotropic_is_a_matter_of_spacing(spacing: tuple[float, float, float], called: Plane, expected: Plane) -> None:
    """Up to 1.5 mm a series may be measured in any direction, whatever it was called."""
    assert plane_of(series(grid(*BOX, spacing, AXIAL_AXES), plane=called), OPTIONS) is expected


def test_the_finer_series_is_measured_before_the_lower_run() -> None:
    """Finest S-I spacing first, then the lowest run; the same place is never measured twice."""
    assert [p.series.run for p in along_cord([part(COARSE), part(FINE)], OPTIONS)] == [2]
    again = t1_gd(COARSE.geometry, run=3)
    assert sorted([again, COARSE], key=rank)[0] is COARSE


def test_a_complete_view_beats_a_truncated_one() -> None:
    """A fine series that cuts the lesion gives way to a coarse one that shows it whole."""
    low, high = BOX
    cut = t1_gd(grid((low[0], low[1], -30.0), high, (0.6, 0.6, 3.3), SAGITTAL_AXES))
    assert is_truncated((part(cut),), along=True)
    assert along_cord([part(cut), part(COARSE)], OPTIONS)[0].series is COARSE


def test_what_a_series_may_show() -> None:
    """Enhancement only on T1 that is not known to be before contrast, a T2 extent never on STIR."""
    geometry = sagittal_grid(9, 10)
    before = series(geometry, Weighting.T1, contrast=Contrast.NO)
    unknown = series(geometry, Weighting.UNKNOWN, contrast=Contrast.UNKNOWN)
    assert [may_enhance(s) for s in (COARSE, before, unknown, series(geometry))] == [True, False, True, False]
    assert [is_t2(s) for s in (series(geometry), unknown, series(geometry, Weighting.STIR))] == [True, True, False]


def test_t2_masks_are_sagittal_and_the_finest_first() -> None:
    """Axial and STIR masks are left out of the T2 extent."""
    fine = series(FINE.geometry, run=2)
    drawn = [
        series(COARSE.geometry, run=1),
        fine,
        series(axial_grid(9, 10), plane=Plane.AXIAL),
        series(COARSE.geometry, Weighting.STIR),
    ]
    masks = t2_masks(case([mask(Region.T2HYPER, on, tube(9, 10, 3)) for on in drawn]), OPTIONS)
    assert [m.series.run for m in masks] == [2, 1]


def test_overlap_is_dropped_from_the_later_part_only() -> None:
    """Voxels inside the images of a better series are left out; those of the same series never are."""
    upper, lower = part(t1_gd(sagittal_grid(8, 10)), 8.5, 12), part(t1_gd(sagittal_grid(9, 12), run=2), 8.5, 12)
    kept = without_overlap([upper, lower])
    assert len(kept[0].index) == len(upper.index)
    assert kept[1].points_mm[:, 2].max() < -40.0
    assert len(without_overlap([upper, upper])) == 2


def test_a_bridge_is_a_gap_between_parts() -> None:
    """Parts that overlap along the cord bridge nothing."""
    apart, near, over = (T2Region(parts=(part(COARSE, a, b),)) for a, b in ((8.2, 8.5), (9.0, 9.5), (8.4, 9.2)))
    assert is_bridged([near, apart])
    assert not is_bridged([near, over, apart])
    assert not is_bridged([near])
