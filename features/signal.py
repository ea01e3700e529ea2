"""Signal of a lesion against normal cord: T1, T2, cystic change, haemorrhage (DEFINITIONS 8 and 9)."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from features.parameters import SuggestionParameters
from features.parts import Part, crop
from features.reference import Reference
from mri.geometry import FloatArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """One contrast at the voxels of a lesion, beside normal cord in the same series.

    Attributes
    ----------
    values : ndarray
        Shape (n,); NaN where the series does not reach.
    reference : Reference
    """

    values: FloatArray
    reference: Reference

    @property
    def z(self) -> FloatArray:
        """Each voxel against normal cord, shape (n,)."""
        return np.asarray(self.reference.z(self.values))

    @property
    def ratio(self) -> FloatArray:
        """Each voxel relative to normal cord, shape (n,)."""
        return self.values / self.reference.median

    def is_high(self, p: SuggestionParameters) -> Mask:
        """Return which voxels are brighter than cord."""
        high: Mask = (self.z >= p.signal_z) & (self.ratio >= p.hyper_ratio)
        return high

    def is_low(self, p: SuggestionParameters) -> Mask:
        """Return which voxels are darker than cord."""
        low: Mask = (self.z <= -p.signal_z) & (self.ratio <= p.hypo_ratio)
        return low


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LesionSignals:
    """A lesion's voxels in every contrast that there is.

    Attributes
    ----------
    part : Part
        The lesion on the grid it was drawn on.
    t1, t2, t2star, post : Seen or None
        T1 before contrast, T2, gradient echo, T1 after contrast.
    csf : float or None
        Signal of cerebrospinal fluid on T2.
    """

    part: Part
    t1: Seen | None = None
    t2: Seen | None = None
    t2star: Seen | None = None
    post: Seen | None = None
    csf: float | None = None

    @property
    def enhancement(self) -> FloatArray | None:
        """Gain by contrast at each voxel: after minus before, relative to cord; without a series before, above 1."""
        if self.post is None:
            return None
        before = np.ones(len(self.post.values)) if self.t1 is None else self.t1.ratio
        return self.post.ratio - before


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The signal of a lesion in one contrast: ``hyper``, ``iso`` or ``hypo``, and what says so."""

    word: str
    ratio: float
    z: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cyst:
    """Fluid within a lesion; ``where`` says in which of its voxels, (n,)."""

    where: Mask
    is_present: bool
    voxels: int
    size_mm: float
    csf_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hemorrhage:
    """Signs of blood in a lesion: in which voxels (n,), which signs, most extreme z of a part in each contrast."""

    where: Mask
    evidence: tuple[str, ...]
    t1_z: float | None
    t2_z: float | None
    t2star_z: float | None


def signal(seen: Seen, where: Mask, p: SuggestionParameters) -> Signal | None:
    """Return the signal of the voxels of a mask (n,); None where the series shows none of them."""
    values = seen.values[where & np.isfinite(seen.values)]
    if not len(values):
        return None
    median = float(np.median(values))
    z, ratio = float(seen.reference.z(median)), seen.reference.ratio(median)
    word = "iso"
    if z >= p.signal_z and ratio >= p.hyper_ratio:
        word = "hyper"
    elif z <= -p.signal_z and ratio <= p.hypo_ratio:
        word = "hypo"
    return Signal(word=word, ratio=ratio, z=z)


def core_of(part: Part, p: SuggestionParameters) -> Mask:
    """Return which voxels of a lesion are its core, (n,): no halo of oedema and no fluid around it shines in."""
    filled, where = crop(part.index, margin=1)
    depth = ndimage.distance_transform_edt(filled, sampling=part.geometry.spacing_mm)[where]
    core: Mask = depth >= p.core_share * depth.max()
    return core


def cyst(seen: LesionSignals, p: SuggestionParameters) -> Cyst | None:
    """Look for fluid: as bright as cerebrospinal fluid on T2, not above cord on T1, not enhancing."""
    if seen.t2 is None or seen.csf is None:
        return None
    fluid = seen.t2.values >= p.cyst_csf_share * seen.csf
    if seen.t1 is not None:
        fluid &= seen.t1.ratio <= 1
    if seen.enhancement is not None:
        # a small cyst shares its voxels with the enhancing lesion around it
        whole = float(np.nanmedian(seen.enhancement))
        fluid &= seen.enhancement < max(p.least_enhancement, p.cyst_enhancement_share * whole)
    fluid = _largest_piece(seen.part, fluid)
    count = int(fluid.sum())
    size_mm = _size_mm(seen.part.subset(fluid)) if count else 0.0
    return Cyst(
        where=fluid,
        is_present=count >= p.cyst_voxels and size_mm >= p.cyst_mm,
        voxels=count,
        size_mm=size_mm,
        csf_ratio=float(np.median(seen.t2.values[fluid])) / seen.csf if count else None,
    )


def hemorrhage(seen: LesionSignals, p: SuggestionParameters) -> Hemorrhage | None:
    """Look for blood: T1-bright without enhancing, dark on T1 and T2, or dark on T2 and gradient echo."""
    if seen.t1 is None and (seen.t2 is None or seen.t2star is None):
        return None
    still = np.ones(len(seen.part.index), dtype=bool)
    if seen.enhancement is not None:
        still = seen.enhancement < p.least_enhancement
    # at its side a lesion shares voxels with the dark dura
    core = core_of(seen.part, p)
    signs = {
        "t1_hyper": None if seen.t1 is None else seen.t1.is_high(p) & still,
        "t1_t2_hypo": None if seen.t1 is None or seen.t2 is None else seen.t1.is_low(p) & seen.t2.is_low(p) & core,
        "gre_blooming": None
        if seen.t2star is None or seen.t2 is None
        else seen.t2star.is_low(p) & seen.t2.is_low(p) & core,
    }
    found = [name for name, where in signs.items() if where is not None and _is_part(seen.part, where, p)]
    bloody = [where for name, where in signs.items() if name in found and where is not None]
    return Hemorrhage(
        where=np.any(bloody, axis=0) if bloody else np.zeros(len(still), dtype=bool),
        evidence=tuple(found),
        t1_z=None if seen.t1 is None else _extreme(seen.t1.z[still], p, highest=True),
        t2_z=None if seen.t2 is None else _extreme(seen.t2.z, p, highest=False),
        t2star_z=None if seen.t2star is None else _extreme(seen.t2star.z, p, highest=False),
    )


def _extreme(z: FloatArray, p: SuggestionParameters, *, highest: bool) -> float | None:
    """Return the z that a part of the lesion reaches: as many voxels as make a part are at least as extreme."""
    known = np.sort(z[np.isfinite(z)])
    if len(known) < p.least_part_voxels:
        return None
    return float(known[-p.least_part_voxels] if highest else known[p.least_part_voxels - 1])


def _is_part(part: Part, where: Mask, p: SuggestionParameters) -> bool:
    return int(_largest_piece(part, where).sum()) >= p.least_part_voxels


def _largest_piece(part: Part, where: Mask) -> Mask:
    """Return the largest connected piece of some voxels of a part, as a mask (n,)."""
    if not where.any():
        return where
    filled, places = crop(part.index[where])
    labels, _ = ndimage.label(filled, np.ones((3, 3, 3)))
    of_voxel = labels[places]
    kept = np.zeros(len(where), dtype=bool)
    kept[where] = of_voxel == np.bincount(of_voxel).argmax()
    return kept


def _size_mm(part: Part) -> float:
    """Return the largest extent along the axes of the grid."""
    spans = part.index.max(axis=0) - part.index.min(axis=0) + 1
    plane = [k for k in range(3) if k != int(np.argmax(part.geometry.spacing_mm))]
    return float(max(spans[k] * part.geometry.spacing_mm[k] for k in plane))
