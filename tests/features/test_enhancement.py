"""Core and shell of a lesion whose enhancement is known at every depth."""

from dataclasses import replace

import numpy as np
import pytest

from features.enhancement import CoreShell, DepthMap, core_shell, depth_map
from features.flame import Pole
from features.frame import build_frame
from features.parameters import FeatureParameters, SuggestionParameters
from features.parts import make_part
from features.pattern import Pattern
from features.reference import Reference
from mri.study import Plane
from mri.volume import Volume
from segmentation.regions import Region
from tests.features.painted import CORD_LEVEL
from tests.features.scene import (
    AXIAL_AXES,
    Inside,
    axial_grid,
    case,
    cord_mask,
    grid,
    mask,
    sagittal_grid,
    series,
    t1_gd,
    tube,
    z_at,
)

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


@pytest.mark.parametrize("pixel_mm", [0.6, 0.83, 1.0])
def test_an_even_lesion_without_partial_volume_has_no_rim(pixel_mm: float) -> None:
    """Drawn exactly on its voxels the interpolation overshoots at its edge by up to 9 %: that is no rim."""
    rng = np.random.default_rng(0)
    ratios = []
    for radius in (2.4, 3.0, 3.5):
        for shift in rng.uniform(-0.5, 0.5, (4, 2)):
            on = t1_gd(grid((-9, -9, z_at(11)), (9, 9, z_at(10)), (pixel_mm, pixel_mm, 4.0), AXIAL_AXES), Plane.AXIAL)
            drawn = mask(Region.ENHANCING, on, tube(10.0, 11.0, radius, (shift[0], shift[1]))).labels
            array = CORD_LEVEL * (1.0 + drawn.array)
            part = make_part(on, "AB", on.geometry, drawn.indices(), FRAME.axis)
            found = layers(depth_map(part, Volume(array=array, geometry=on.geometry), NORMAL, FRAME, P))
            ratios.append(found.rim_ratio)
    assert max(ratios) < P.rim_ratio


def test_a_rim_keeps_its_ratio_and_has_an_error() -> None:
    """A bright rim is as bright as its own voxels: the ratio is that of the medians; noise alone makes the error."""
    found = seen((WIDE, 1.2), (INNER, 1.0))
    made = layers(found)
    assert made.rim_ratio == pytest.approx(1.2, abs=0.03)
    assert 0 < made.rim_error < layers(replace(found, noise=3 * found.noise)).rim_error < 0.1
    assert layers(replace(found, noise=0.0)).rim_error == 0.0


@pytest.mark.parametrize(
    ("ratio", "error", "cv", "word"),
    [
        (1.03, 0.01, 0.0, "present"),
        (1.024, 0.0, 0.0, "absent"),
        (1.03, 0.03, 0.0, "absent"),
        (1.03, 0.0, 0.08, "absent"),
    ],
)
def test_a_rim_stands_out_of_noise_and_unevenness(ratio: float, error: float, cv: float, word: str) -> None:
    """The ratio must pass its least value, one and a half standard errors, and half the variation."""
    made = CoreShell(core=1.0, shell=ratio, depth_mm=3.0, cv=cv, rim_ratio=ratio, rim_error=error)
    sharp = Pole(edge_ratio=1.0, taper_mm=1.0, edge_mm=1.0)
    seen_as = Pattern(word="homogeneous", median=1.0, z=9.0, layers=made, poles=(sharp, sharp))
    assert seen_as.rim(P) == word


def test_nothing_to_look_at() -> None:
    """Without points there are no layers; with points but no core or shell these are not numbers."""
    found = seen((WIDE, 1.0))
    assert core_shell(found.subset(np.zeros(len(found.depth_mm), dtype=bool)), P) is None
    shallow = found.subset(found.depth_mm < P.shell_mm[0])
    assert np.isnan(layers(shallow).shell)
