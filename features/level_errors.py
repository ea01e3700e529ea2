"""How well proposed vertebral levels agree with true ones, disc by disc."""

from dataclasses import dataclass

import numpy as np

from mri.geometry import INFERIOR_SUPERIOR
from segmentation.centreline import Centreline
from segmentation.levels import DiscPoints


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscError:
    """One disc that both have.

    Attributes
    ----------
    name : str
    along_mm : float
        Proposed less true place along the cord (along patient S-I without a cord), positive where it is too low.
    distance_mm : float
        Straight distance; it counts how far a mark is in front of or behind the other too.
    nearest : str
        The true disc nearest along the cord to the proposed one; another name is a slip of levels.
    """

    name: str
    along_mm: float
    distance_mm: float
    nearest: str

    @property
    def is_slip(self) -> bool:
        """Whether the proposed disc lies at another true one."""
        return self.nearest != self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelErrors:
    """Agreement of two sets of discs.

    Attributes
    ----------
    discs : tuple of DiscError
        Those that both name, from above downwards.
    missing, extra : tuple of str
        Discs of the truth that were not proposed, and the other way round.
    """

    discs: tuple[DiscError, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def mean_mm(self) -> float | None:
        """Mean of the absolute errors along the cord; None where no disc is shared."""
        return float(np.mean([abs(one.along_mm) for one in self.discs])) if self.discs else None

    @property
    def largest_mm(self) -> float | None:
        """Largest of them."""
        return max((abs(one.along_mm) for one in self.discs), default=None)

    @property
    def slips(self) -> tuple[str, ...]:
        """Names of the discs that lie at another one."""
        return tuple(one.name for one in self.discs if one.is_slip)


def level_errors(proposed: DiscPoints, truth: DiscPoints, axis: Centreline | None = None) -> LevelErrors:
    """Compare two sets of discs by name.

    Parameters
    ----------
    proposed, truth : DiscPoints
        LPS mm.
    axis : Centreline, optional
        Of the cord; without it places are taken along patient S-I.
    """
    places = [{name: _place(point, axis) for name, point in one.points.items()} for one in (proposed, truth)]
    errors = []
    for _, name, point in truth.ordered():
        if name in proposed.points:
            here = places[0][name]
            errors.append(
                DiscError(
                    name=name,
                    along_mm=here - places[1][name],
                    distance_mm=float(np.linalg.norm(np.subtract(proposed.points[name], point))),
                    nearest=_nearest(places[1], here),
                )
            )
    return LevelErrors(
        discs=tuple(errors),
        missing=tuple(name for _, name, _ in truth.ordered() if name not in proposed.points),
        extra=tuple(name for _, name, _ in proposed.ordered() if name not in truth.points),
    )


def _place(point: tuple[float, float, float], axis: Centreline | None) -> float:
    """Return arc length, or depth below the origin, in mm."""
    if axis is None:
        return -float(np.dot(point, INFERIOR_SUPERIOR))
    return float(axis.project([point]).s_mm[0])


def _nearest(places_mm: dict[str, float], here_mm: float) -> str:
    return min(places_mm, key=lambda name: abs(places_mm[name] - here_mm))
