"""Cord expansion against free cord and the published norm, where part of the cord has no norm."""

import numpy as np
import pytest

from features.expansion import area_norm
from features.measure import measure_case
from mri.geometry import FloatArray
from mri.study import Plane
from segmentation.regions import Region
from tests.features.scene import SAGITTAL_AXES, Inside, case, discs, grid, mask, series, t1_gd, tube, z_at

T11 = tube(18.2, 18.9, 2.5)
HALO = tube(17.9, 20.0, 2.8)
DEVIATIONS = 1.3
"""Of the cord's area above the norm: wide, and normal."""
GRID = grid((-8.0, -8.0, z_at(21.5)), (8.0, 8.0, z_at(8.0)), (1.0, 1.0, 1.0), SAGITTAL_AXES)


def usual_cord(v_from: float, v_to: float, swollen: float = 1.0, above: float = 1.0) -> Inside:
    """Return the inside of a cord that follows the norm of each level, a wide one; swollen at T11 and above."""

    def inside(points: FloatArray) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
        v = 8.0 - points[..., 2] / 20.0
        mean, sd = area_norm(np.clip(v, 3.0, 20.0))
        area = (mean + DEVIATIONS * sd) * np.where((v > 18.0) & (v < 19.1), swollen, 1.0)
        area = area * np.where((v > 16.2) & (v < 16.7), above, 1.0)
        hit: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (
            (np.pi * (points[..., 0] ** 2 + points[..., 1] ** 2) <= area) & (v >= v_from) & (v <= v_to)
        )
        return hit

    return inside


def row(cord: Inside, *others: Inside, first_disc: int = 9) -> dict[str, object]:
    """Measure a lesion at T11 with its oedema, and other lesions, in a cord."""
    t2, enhanced = series(GRID, plane=Plane.ISOTROPIC), t1_gd(GRID, Plane.ISOTROPIC)
    drawn = [
        mask(Region.CORD, t2, cord),
        mask(Region.ENHANCING, enhanced, T11, *others, numbered=True),
        mask(Region.T2HYPER, t2, HALO, numbered=True),
    ]
    return dict(measure_case(case(drawn, discs=discs(first_disc, 20))).lesions[0])


@pytest.mark.parametrize(("top", "bottom"), [(9.2, 19.9), (8.2, 19.9), (9.2, 21.2)])
def test_the_lumbar_enlargement_is_no_expansion(top: float, bottom: float) -> None:
    """A wide normal cord is not expanded at its enlargement, also where it was drawn above the discs or below T12."""
    found = row(usual_cord(top, bottom))
    assert float(str(found["cord_area_ratio"])) == pytest.approx(1.0, abs=0.05)
    assert float(str(found["cord_area_z"])) >= 1.0
    assert found["cord_expansion"] == "absent"


def test_a_swollen_enlargement_is_expanded_though_sections_lack_a_norm() -> None:
    """A third more area at T11 is found in a cord that was drawn beyond the norms at both ends."""
    found = row(usual_cord(8.2, 21.2, swollen=1.35))
    assert found["cord_expansion"] == "present"


def test_cord_swollen_by_another_lesion_is_no_free_cord() -> None:
    """The cord beside is twice as wide at a second lesion: that is left out, and the first is still expanded."""
    other = tube(16.3, 16.6, 2.5)
    found = row(usual_cord(9.2, 19.9, swollen=1.35, above=2.0), other)
    assert float(str(found["cord_area_ratio"])) == pytest.approx(1.35, abs=0.1)
    assert found["cord_expansion"] == "present"
