"""A bent cord with an irregular lesion, drawn on clinical grids that may be turned: for tests of where sizes lie."""

from functools import cache

import numpy as np
from scipy.spatial.transform import Rotation

from features.case import Case
from features.parameters import FeatureParameters
from mri.geometry import Geometry
from mri.study import Plane, Series
from mri.volume import LabelMap
from segmentation.annotation import Mask
from segmentation.levels import DiscPoints
from segmentation.regions import Region
from tests.features.scene import case, series, t1_gd
from tests.features.shapes import Curve, draw_cord, draw_ellipsoid, draw_tube, grid_around

QUICK = FeatureParameters(intervals=False)
CURVE = Curve(
    radius_mm=90.0, opening_deg=40.0, turn=Rotation.from_euler("xyz", [12, 6, 5], degrees=True), centre=(1.3, 0.7, 0.4)
)
OBLIQUE = Rotation.from_euler("xyz", [9, -7, 4], degrees=True)
_PLANES = {"sag": Plane.SAGITTAL, "ax": Plane.AXIAL, "iso": Plane.ISOTROPIC}
DISC_GAP_MM, DISC_FORWARD_MM = 20.0, 12.0


def bent_grid(kind: str, turn: Rotation | None = None) -> Geometry:
    """Return a clinical grid around the cord."""
    return grid_around(CURVE.at(np.linspace(-60, 60, 50)), kind, 14.0, turn)


def enhanced(kind: str, turn: Rotation | None = None) -> Series:
    """Return T1 after gadolinium on a clinical grid."""
    return t1_gd(bent_grid(kind, turn), _PLANES[kind])


def drawn(region: Region, one: Series, labels: LabelMap) -> Mask:
    """Return a mask of a series."""
    return Mask(region=region, series=one, labels=labels, author="AB")


def lesion(one: Series, scale: float = 1.0) -> LabelMap:
    """Draw a lesion askew across the cord."""
    turn = Rotation.from_euler("xyz", [25, 10, 30], degrees=True)
    return draw_ellipsoid((3.1 * scale, 4.2 * scale, 7.3 * scale), turn, (1.9, 0.2, 1.1), one.geometry)


@cache
def bent_case(kinds: tuple[str, ...] = ("sag", "ax"), turn: Rotation | None = None, *, with_cord: bool = True) -> Case:
    """Return a case with the lesion drawn on some grids after contrast, and its hyperintensity on sagittal T2."""
    t2 = series(bent_grid("sag", turn))
    masks = [drawn(Region.T2HYPER, t2, draw_tube(CURVE, t2.geometry, 4.0, -22.0, 31.0))]
    if with_cord:
        masks.append(drawn(Region.CORD, t2, draw_cord(CURVE, t2.geometry)))
    masks += [drawn(Region.ENHANCING, one, lesion(one)) for one in (enhanced(kind, turn) for kind in kinds)]
    return case(masks, discs=bent_discs())


def bent_discs() -> DiscPoints:
    """Return discs in front of the cord, C2-C3 to C7-T1, one every 20 mm."""
    names = ("C2-C3", "C3-C4", "C4-C5", "C5-C6", "C6-C7", "C7-T1")
    points = CURVE.at((np.arange(len(names)) - 2.5) * DISC_GAP_MM) - np.array([0.0, DISC_FORWARD_MM, 0.0])
    placed = {name: (float(x), float(y), float(z)) for name, (x, y, z) in zip(names, points, strict=True)}
    return DiscPoints(points=placed)
