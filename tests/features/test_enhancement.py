"""Core and shell of a lesion whose enhancement is known at every depth."""

from dataclasses import replace

import numpy as np
import pytest

from features.enhancement import CoreShell, DepthMap, core_shell, depth_map
from features.frame import build_frame
from features.parameters import FeatureParameters, SuggestionParameters
from features.parts import make_part
from features.reference import Reference
from mri.study import Plane
from mri.volume import Volume
from segmentation.regions import Region
from tests.features.painted import CORD_LEVEL
from tests.features.scene import Inside, axial_grid, case, cord_mask, mask, sagittal_grid, series, t1_gd, tube

P = SuggestionParameters()
AXIAL = t1_gd(axial_grid(9.0, 12.0), Plane.AXIAL)
FRAME = build_frame(case([cord_mask(series(sagittal_grid(5.0, 17.0)))]), FeatureParameters())
NORMAL = Reference(median=CORD_LEVEL, spread=4.0, voxels=100)
RADIUS_MM = 4.0


def seen(*painted: tuple[Inside, float], lesion: Inside | None = None) -> DepthMap:
    """Look at a lesion painted with enhancements relative to cord, later objects over earlier ones."""
    drawn = mask(Region.ENHANCING, AXIAL, lesion or tube(10.0, 11.0, RADIUS_MM))
    points = AXIAL.geometry.to_world(np.moveaxis(np.indices(AXIAL.geometry.shape), 0, -1))
    array = np.full(AXIAL.geometry.shape, CORD_LEVEL)
    for inside, gain in painted:
        array[inside(points)] = CORD_LEVEL * (1 + gain)
    part = make_part(AXIAL, "AB", AXIAL.geometry, drawn.labels.indices(), FRAME.axis)
    return depth_map(part, Volume(array=array, geometry=AXIAL.geometry), NORMAL, FRAME, P)


def layers(found: DepthMap, parameters: SuggestionParameters = P) -> CoreShell:
    """Return core and shell."""
    made = core_shell(found, parameters)
    assert made is not None
    return made


WIDE = tube(9.5, 11.5, RADIUS_MM + 1.5)
INNER = tube(9.5, 11.5, RADIUS_MM - 1.6)


def test_depth_is_that_of_the_section() -> None:
    """The deepest point of a disc of 4 mm radius lies 4 mm deep, less one pixel of 0.6 mm at most."""
    found = seen((WIDE, 1.0))
    assert found.depth_mm.min() > 0
    assert layers(found).depth_mm == pytest.approx(RADIUS_MM, abs=0.8)
    assert found.noise == pytest.approx(4.0 / CORD_LEVEL)


def test_enhancement_is_signal_over_cord_minus_one() -> None:
    """Painted twice as bright as cord all over: 1.0 in core and shell, no unevenness."""
    found = layers(seen((WIDE, 1.0)))
    assert (found.core, found.shell) == pytest.approx((1.0, 1.0), abs=0.02)
    assert found.cv == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("inner", "outer"), [(0.3, 1.2), (1.2, 0.6)])
def test_core_and_shell_are_told_apart(inner: float, outer: float) -> None:
    """A rim of 1.6 mm, brighter or darker than the centre: each has its own value."""
    found = layers(seen((WIDE, outer), (INNER, inner)))
    assert found.core == pytest.approx(inner, abs=0.1)
    assert found.shell == pytest.approx(outer, abs=0.15)


def test_the_shell_lies_between_its_depths() -> None:
    """With the shell set to the core's depth both read the same."""
    found = seen((WIDE, 1.2), (INNER, 0.3))
    deep = layers(found, replace(P, shell_mm=(2.5, 4.0)))
    assert deep.shell == pytest.approx(deep.core, abs=0.05)


def test_unevenness_along_a_layer_counts_and_a_rim_does_not() -> None:
    """One half brighter than the other: uneven; a concentric rim as strong: even."""

    def left(points: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        hit: np.ndarray = points[..., 0] > 0  # type: ignore[type-arg]
        return hit

    halves = layers(seen((WIDE, 0.7), (left, 1.3)))
    rim = layers(seen((WIDE, 1.3), (INNER, 0.7)))
    assert halves.cv == pytest.approx(0.3, abs=0.08)
    assert rim.cv < halves.cv / 2


def test_noise_is_taken_off_the_unevenness() -> None:
    """The same lesion beside a noisier cord is less uneven."""
    found = seen((WIDE, 1.0), (tube(9.5, 11.5, 1.5, (2.0, 0.0)), 1.3))
    noisy = replace(found, noise=1.0)
    assert layers(noisy).cv == 0.0 < layers(found).cv


def test_slices_that_graze_the_lesion_do_not_count() -> None:
    """A thin end of another brightness: its slices are shallow, and the centre's value stands."""
    thin = tube(11.0, 11.6, 1.5)

    def both(points: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        hit: np.ndarray = tube(10.0, 11.0, RADIUS_MM)(points) | thin(points)  # type: ignore[type-arg]
        return hit

    plain, ended = (layers(seen((WIDE, 1.0), (thin, gain), lesion=both)) for gain in (1.0, 3.0))
    assert ended.shell == pytest.approx(plain.shell, abs=0.05)


def test_nothing_to_look_at() -> None:
    """Without points there are no layers; with points but no core or shell these are not numbers."""
    found = seen((WIDE, 1.0))
    assert core_shell(found.subset(np.zeros(len(found.depth_mm), dtype=bool)), P) is None
    shallow = found.subset(found.depth_mm < P.shell_mm[0])
    assert np.isnan(layers(shallow).shell)
