"""How lesions of known ends end along the cord."""

from collections.abc import Callable

import numpy as np
import pytest

from features.flame import Pole, is_flame, poles
from features.frame import build_frame
from features.parameters import FeatureParameters, SuggestionParameters
from features.parts import make_part
from features.reference import Reference
from mri.geometry import FloatArray
from mri.volume import Volume
from segmentation.regions import Region
from tests.features.painted import CORD_LEVEL
from tests.features.scene import Inside, case, cord_mask, mask, sagittal_grid, series, t1_gd, tube, z_at

P = SuggestionParameters()
ON = t1_gd(sagittal_grid(5.0, 17.0))
FRAME = build_frame(case([cord_mask(series(sagittal_grid(5.0, 17.0)))]), FeatureParameters())
NORMAL = Reference(median=CORD_LEVEL, spread=4.0, voxels=100)
TUBE = tube(10.0, 11.0, 3.5)
GAIN = 1.0


def nowhere(points: FloatArray) -> FloatArray:
    """Return that nothing was bright before contrast."""
    return np.ones(len(points))


def fade(v_from: float, v_to: float) -> FloatArray:
    """Return an image of a tube that fades along the cord from full enhancement to none below its body."""
    points = ON.geometry.to_world(np.moveaxis(np.indices(ON.geometry.shape), 0, -1))
    share = np.clip((points[..., 2] - z_at(v_to)) / (z_at(v_from) - z_at(v_to)), 0, 1)
    inside = tube(10.0, v_to, 3.5)(points)
    image: FloatArray = CORD_LEVEL * (1 + GAIN * share * inside)
    return image


def ends(drawn: Inside, image: FloatArray, before: object = nowhere) -> tuple[Pole, Pole]:
    """Return the poles of a lesion drawn on an image."""
    index = mask(Region.ENHANCING, ON, drawn).labels.indices()
    part = make_part(ON, "AB", ON.geometry, index, FRAME.axis)
    volume = Volume(array=image, geometry=ON.geometry)
    found = poles(part, volume, NORMAL, before, FRAME, P)  # type: ignore[arg-type]
    assert found is not None
    return found


def even(inside: Inside) -> FloatArray:
    """Return an image of an evenly enhancing object."""
    points = ON.geometry.to_world(np.moveaxis(np.indices(ON.geometry.shape), 0, -1))
    image: FloatArray = CORD_LEVEL * (1 + GAIN * inside(points))
    return image


def test_a_tube_ends_sharply_at_both_poles() -> None:
    """Flat ends on 1 mm voxels: an edge as wide as the smoothing, no flame, and both poles alike."""
    upper, lower = ends(TUBE, even(TUBE))
    for pole in (upper, lower):
        assert pole.edge_mm < 2.5
        assert pole.taper_mm < P.flame_taper_mm
        assert not pole.tapers(P)
    assert upper.edge_mm == pytest.approx(lower.edge_mm, abs=0.6)


@pytest.mark.parametrize("length_v", [0.4, 0.7])
def test_fading_enhancement_widens_its_edge(length_v: float) -> None:
    """Enhancement that fades below over 8 or 14 mm: 60 % of that between a fifth and four fifths; above it is sharp."""
    upper, lower = ends(tube(10.0, 11.0 + length_v, 3.5), fade(11.0, 11.0 + length_v))
    assert lower.edge_mm == pytest.approx(0.6 * length_v * 20, abs=1.5)
    assert lower.edge_ratio >= P.flame_edge_ratio > upper.edge_ratio
    assert lower.is_flame(upper, P)
    assert not upper.is_flame(lower, P)


def test_the_drawing_alone_can_taper() -> None:
    """A cone of even enhancement at the upper pole: the drawn section grows over several millimetres there."""

    def pointed(points: FloatArray) -> np.ndarray:  # type: ignore[type-arg]
        along = np.clip((points[..., 2] - z_at(10.0)) / (z_at(9.4) - z_at(10.0)), 0, 1)
        near = np.hypot(points[..., 0], points[..., 1]) <= 3.5 * (1 - 0.9 * along)
        hit: np.ndarray = near & (points[..., 2] >= z_at(11.0)) & (points[..., 2] <= z_at(9.4))  # type: ignore[type-arg]
        return hit

    upper, lower = ends(pointed, even(pointed))
    assert upper.taper_mm >= P.flame_taper_mm > lower.taper_mm


def test_what_was_bright_before_contrast_is_no_edge() -> None:
    """Blood below the lesion is bright before and after: without it the lower pole is as sharp as the upper."""
    long = tube(10.0, 11.4, 3.5)
    bright = fade(11.0, 11.6)

    def bled(points: FloatArray) -> FloatArray:
        below = points[:, 2] < z_at(11.0)
        share = np.clip((points[:, 2] - z_at(11.6)) / (z_at(11.0) - z_at(11.6)), 0, 1)
        return np.where(below, 1 + GAIN * share, 1.0)

    assert ends(long, bright)[1].edge_mm > ends(long, bright, bled)[1].edge_mm + 2.0


def test_a_lesion_without_enhancement_has_no_poles() -> None:
    """Nothing brighter than cord: None, and no division by nothing."""
    index = mask(Region.ENHANCING, ON, TUBE).labels.indices()
    part = make_part(ON, "AB", ON.geometry, index, FRAME.axis)
    flat = Volume(array=np.full(ON.geometry.shape, CORD_LEVEL), geometry=ON.geometry)
    assert poles(part, flat, NORMAL, nowhere, FRAME, P) is None


SHARP = Pole(edge_ratio=0.8, taper_mm=1.2, edge_mm=1.4)


@pytest.mark.parametrize(
    ("ratio", "taper", "tapers"), [(1.9, 2.9, False), (2.0, 0.0, True), (0.5, 3.0, True), (1.0, 1.0, False)]
)
def test_either_sign_makes_a_taper(ratio: float, taper: float, tapers: bool) -> None:
    """An edge twice as wide as the side, or a section that grows over 3 mm; both thresholds included."""
    pole = Pole(edge_ratio=ratio, taper_mm=taper, edge_mm=3.0)
    assert pole.tapers(P) is tapers
    assert pole.is_flame(SHARP, P) is tapers


@pytest.mark.parametrize(
    ("other_edge", "other_taper", "flame"),
    [(1.0, 1.0, True), (1.8, 1.8, True), (1.0, 1.9, False), (1.9, 1.9, False), (3.0, 1.6, True), (3.0, 1.7, False)],
)
def test_a_flame_is_unlike_the_other_pole(other_edge: float, other_taper: float, flame: bool) -> None:
    """Beside an edge of 3 and a taper of 4 mm: the other's edge and taper are 1.6 times less, or its taper 2.5."""
    pole = Pole(edge_ratio=2.5, taper_mm=4.0, edge_mm=3.0)
    other = Pole(edge_ratio=1.0, taper_mm=other_taper, edge_mm=other_edge)
    assert pole.is_flame(other, P) is flame
    assert is_flame((other, pole), P) is is_flame((pole, other), P)


def solid(half_mm: float, radius_at: Callable[[FloatArray], FloatArray]) -> Inside:
    """Return a solid of revolution about the cord around T3-T4: relative radius by distance from its middle."""

    def inside(points: FloatArray) -> np.ndarray:  # type: ignore[type-arg]
        along = (points[..., 2] - z_at(10.5)) / half_mm
        radius = np.where(np.abs(along) <= 1, radius_at(np.clip(along, -1, 1)), 0.0)
        hit: np.ndarray = np.hypot(points[..., 0], points[..., 1]) < 3.0 * radius  # type: ignore[type-arg]
        return hit

    return inside


def round_ended(u: FloatArray) -> FloatArray:
    """Return the radius of an ellipsoid."""
    return np.sqrt(1 - u**2)


def capped(u: FloatArray) -> FloatArray:
    """Return the radius of a cylinder whose ends are hemispheres, for a solid three times as long as wide."""
    into = np.clip((1 - np.abs(u)) * 3, 0, 1)
    return np.sqrt(into * (2 - into))


def cone_below(u: FloatArray) -> FloatArray:
    """Return the radius of a cylinder that ends in a cone below."""
    return np.clip((u + 1) / 0.9, 0, 1)


@pytest.mark.parametrize("half_mm", [6.0, 9.0, 12.0])
@pytest.mark.parametrize("shape", [round_ended, capped], ids=["ellipsoid", "capsule"])
def test_round_ends_are_no_flame(half_mm: float, shape: Callable[[FloatArray], FloatArray]) -> None:
    """Solids of 6 mm across and 12 to 24 mm along on 1 mm voxels and 3.3 mm slices, though the longest do taper."""
    drawn = solid(half_mm, shape)
    assert not is_flame(ends(drawn, even(drawn)), P)


def test_a_long_ellipsoid_tapers_at_both_poles() -> None:
    """Edges over twice as wide as the side, alike: the reason for which a flame is looked for in one pole."""
    drawn = solid(15.0, round_ended)
    upper, lower = ends(drawn, even(drawn))
    assert upper.tapers(P)
    assert lower.tapers(P)
    assert not is_flame((upper, lower), P)


@pytest.mark.parametrize("half_mm", [9.0, 12.0, 15.0])
def test_a_pointed_pole_is_a_flame(half_mm: float) -> None:
    """A cone of 8 to 13.5 mm below a cylinder."""
    drawn = solid(half_mm, cone_below)
    upper, lower = ends(drawn, even(drawn))
    assert lower.is_flame(upper, P)
    assert not upper.is_flame(lower, P)


def test_a_sphere_is_no_flame() -> None:
    """A ball of 3 mm."""
    ball = solid(3.0, round_ended)
    assert not is_flame(ends(ball, even(ball)), P)
