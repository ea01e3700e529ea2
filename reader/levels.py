"""Naming discs anew: all one level up or down, or with one vertebra more than usual."""

from collections.abc import Mapping

from mri.geometry import Vector
from mri.problems import RefusedError, error
from segmentation.levels import FORAMEN_MAGNUM, LevelScheme

_FIXED = (FORAMEN_MAGNUM, "C1-C2")
"""These two are known by their shape; no shift moves them."""


def shifted(points: Mapping[str, Vector], by: int, scheme: LevelScheme) -> dict[str, Vector]:
    """Return the same positions named ``by`` levels lower.

    Raises
    ------
    RefusedError
        If a name is no disc, or would lie beyond the spine.
    """
    moved = {}
    for name, point in points.items():
        value = round(scheme.disc_value(name))
        if scheme.disc_name(value) in _FIXED:
            continue
        if value + by <= len(_FIXED):
            raise RefusedError(error("disc_beyond", name, "there is no disc above C2-C3 to name it; shift downwards"))
        moved[scheme.disc_name(value + by)] = point
    return moved


def inserted(points: Mapping[str, Vector], variant: str, at: str) -> tuple[dict[str, Vector], LevelScheme]:
    """Return the discs of a spine with a T13 or an L6.

    Parameters
    ----------
    points : mapping of str to Vector
        As named for the usual spine.
    variant : {'T13', 'L6'}
    at : str
        The disc above the additional vertebra, as it was named for the usual spine.

    Raises
    ------
    RefusedError
        If a name is no disc.
    """
    usual = LevelScheme()
    scheme = LevelScheme(n_thoracic=13) if variant == "T13" else LevelScheme(n_lumbar=6)
    usual.disc_value(at)
    # counted from above, the place of a disc stays; only what is called after it changes
    return {scheme.disc_name(round(usual.disc_value(name))): point for name, point in points.items()}, scheme
