"""Vertebral levels: names of vertebrae and discs, and the fractional vertebral coordinate.

The vertebral coordinate v is 3.0 at the C2-C3 disc, so that vertebra C3 is [3, 4), T1 is [8, 9) and L1 is [20, 21).
Two points above the first disc are marked, never extrapolated: FM (foramen magnum, v = 1) and C1-C2 (v = 2).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from mri.geometry import FloatArray, Vector
from mri.problems import Problem, RefusedError, error

FORAMEN_MAGNUM = "FM"
FM_VALUE, HIGHEST_DISC = 1.0, 3.0
"""v at the foramen magnum and at C2-C3. Between them C1-C2 may be unmarked: then there is no value in between."""
_SAME_MM = 1e-3
"""Places along the cord nearer than this are one: files hold affines of single precision (about 3e-5 mm)."""


@dataclass(frozen=True, kw_only=True)
class LevelScheme:
    """How many vertebrae of each kind a spine has: 12 thoracic and 5 lumbar, or a variant.

    Attributes
    ----------
    n_thoracic : int
        12, or 13 with a T13 vertebra.
    n_lumbar : int
        5, or 6 with an L6 vertebra.
    """

    n_thoracic: int = 12
    n_lumbar: int = 5

    @cached_property
    def vertebrae(self) -> tuple[str, ...]:
        """Names from C1 to the lowest, then S1; vertebra number k (from 1) covers v in [k, k + 1)."""
        return (
            *(f"C{k}" for k in range(1, 8)),
            *(f"T{k}" for k in range(1, self.n_thoracic + 1)),
            *(f"L{k}" for k in range(1, self.n_lumbar + 1)),
            "S1",
        )

    @cached_property
    def discs(self) -> tuple[str, ...]:
        """Point names from FM (v = 1) and C1-C2 (v = 2) down to the lumbosacral disc."""
        return (FORAMEN_MAGNUM, *(f"{a}-{b}" for a, b in pairwise(self.vertebrae)))

    @property
    def words(self) -> str:
        """How many vertebrae it has, in words."""
        return f"a spine with {self.n_thoracic} thoracic and {self.n_lumbar} lumbar vertebrae"

    @property
    def examples(self) -> str:
        """Names of some of its discs."""
        return f"C2-C3, C7-T1, T{self.n_thoracic}-L1 or FM"

    def disc_value(self, name: str) -> float:
        """Return v at a named disc.

        Raises
        ------
        RefusedError
            If the name is not a disc of this scheme.
        """
        wanted = name.replace("/", "-")
        if wanted not in self.discs:
            raise RefusedError(
                error("disc_unknown", name, f"'{name}' is no disc of {self.words}; write e.g. {self.examples}")
            )
        return float(self.discs.index(wanted) + 1)

    def disc_name(self, value: int) -> str:
        """Return the name of the disc at v = value (1 is FM, 3 is C2-C3)."""
        if not 1 <= value <= len(self.discs):
            raise RefusedError(
                error("disc_unknown", value, f"{value} is no disc value; use 1 (FM) to {len(self.discs)}")
            )
        return self.discs[value - 1]

    def vertebra_at(self, v: float) -> str:
        """Return the vertebra that covers v."""
        return self.vertebrae[min(max(int(np.floor(v)), 1), len(self.vertebrae)) - 1]

    def vertebra_number(self, name: str) -> int:
        """Return k of a vertebra's interval [k, k + 1)."""
        if name not in self.vertebrae:
            raise RefusedError(error("vertebra_unknown", name, f"'{name}' is no vertebra; write e.g. C3, T11 or L1"))
        return self.vertebrae.index(name) + 1


STANDARD = LevelScheme()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscPoints:
    """Marked disc centres, in LPS mm.

    Attributes
    ----------
    points : mapping of str to Vector
        Disc name to position.
    scheme : LevelScheme
    flags : tuple of str
        E.g. ``levels_unconfirmed`` where nobody named a disc.
    """

    points: Mapping[str, Vector]
    scheme: LevelScheme = STANDARD
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.points:
            self.scheme.disc_value(name)

    def ordered(self) -> list[tuple[float, str, Vector]]:
        """Return (v, name, position) from rostral to caudal."""
        return sorted((self.scheme.disc_value(n), n, p) for n, p in self.points.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelScale:
    """The vertebral coordinate along a cord: piecewise linear between the discs.

    Attributes
    ----------
    s_mm : tuple of float
        Arc length of each disc along the cord axis, ascending (rostral to caudal).
    v : tuple of float
        Vertebral coordinate at each.
    scheme : LevelScheme
    flags : tuple of str
    """

    s_mm: tuple[float, ...]
    v: tuple[float, ...]
    scheme: LevelScheme = STANDARD
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        problems = list(self._faults())
        if problems:
            raise RefusedError(problems)

    def _faults(self) -> list[Problem]:
        if len(self.v) < 2:
            return [
                error(
                    "levels_too_few",
                    "discs",
                    "at least two discs are needed for a level scale; mark another one",
                )
            ]
        if len(self.s_mm) > 2 and all(lower <= upper for upper, lower in pairwise(self.s_mm)):
            mend = "the discs run from foot to head; check that their coordinates are LPS mm (z towards the head)"
            return [error("discs_out_of_order", "discs", mend)]
        faults = []
        for (s0, v0), (s1, v1) in pairwise(zip(self.s_mm, self.v, strict=True)):
            upper, lower = self.scheme.disc_name(round(v0)), self.scheme.disc_name(round(v1))
            if s1 <= s0:
                faults.append(
                    error(
                        "discs_out_of_order",
                        "discs",
                        f"{lower} lies above {upper}; correct or remove one of them",
                    )
                )
            elif v1 - v0 != 1 and not (v0 == FM_VALUE and v1 == HIGHEST_DISC):
                between = self.scheme.disc_name(round(v0) + 1)
                faults.append(error("disc_missing", "discs", f"no disc between {upper} and {lower}; mark {between}"))
        return faults

    def at(self, s_mm: ArrayLike) -> FloatArray:
        """Return v at arc lengths in mm; below the last disc at most one level by the mean height of the last two.

        NaN above the first marked point and more than one level below the last disc.
        """
        s = np.asarray(s_mm, dtype=float)
        s = np.where((s < self.s_mm[0]) & (s > self.s_mm[0] - _SAME_MM), self.s_mm[0], s)
        value = np.interp(s, self.s_mm, self.v, left=np.nan, right=np.nan)
        if self.v[:2] == (FM_VALUE, HIGHEST_DISC):
            # the dens makes C2 taller than any other level: nothing lies between two marks this far apart
            value = np.where((s > self.s_mm[0]) & (s < self.s_mm[1]), np.nan, value)
        beyond = self.v[-1] + (s - self.s_mm[-1]) / self.mean_last_height_mm
        below = (s > self.s_mm[-1]) & (beyond <= self.v[-1] + 1)
        result: FloatArray = np.where(below, beyond, value)
        return result

    def is_extrapolated(self, s_mm: float) -> bool:
        """Return whether v at this arc length rests on extrapolation below the last disc."""
        return s_mm > self.s_mm[-1] + _SAME_MM

    def s_at(self, v: ArrayLike) -> FloatArray:
        """Return the arc length in mm at vertebral coordinates; NaN outside the marked discs."""
        s: FloatArray = np.interp(np.asarray(v, dtype=float), self.v, self.s_mm, left=np.nan, right=np.nan)
        return s

    @property
    def mean_last_height_mm(self) -> float:
        """Mean height in mm of the two lowest marked levels (of one where only one is marked)."""
        heights = np.diff(self.s_mm) / np.diff(self.v)
        return float(heights[-2:].mean())
