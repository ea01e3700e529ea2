"""Enhancement pattern, rim and flame of a lesion in words (DEFINITIONS 10 and 11)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from features.enhancement import CoreShell, DepthMap, core_shell, depth_map
from features.extent import Span
from features.flame import Before, Pole, is_flame, poles
from features.frame import Frame
from features.images import Images
from features.parameters import SuggestionParameters
from features.parts import Part, Parts
from features.reference import CordPoints, Reference, reference
from features.signal import Seen
from features.views import across_cord, along_cord
from mri.geometry import FloatArray
from mri.study import Series
from segmentation.vocabulary import NOT_APPLICABLE

_MIXED_SHARE = 0.5
"""Points of a lesion with a cyst or blood that enhance less than this share of its median belong to those in part."""
_AXIAL_TRIM_MM = 1.0
"""Axial slices near a pole hold some of what lies beyond it: they are left out a little earlier."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pattern:
    """How a lesion enhances.

    Attributes
    ----------
    word : str or None
        None where the lesion is too small to tell.
    median, z : float
        Median enhancement, as a fraction of normal cord and in its spread.
    layers : CoreShell or None
    poles : tuple of Pole or None
        Upper and lower; None where no sagittal or isotropic series shows the lesion.
    """

    word: str | None
    median: float
    z: float
    layers: CoreShell | None = None
    poles: tuple[Pole, Pole] | None = None

    def rim(self, p: SuggestionParameters) -> str | None:
        """Return the rim sign.

        A rim stands out of the noise; an uneven lesion needs a stronger one, since patches lie at its edge by chance.
        """
        if self.word in ("absent", "ring"):
            return NOT_APPLICABLE
        if self.word is None or self.layers is None or self.poles is None:
            return None
        seen = self.layers
        needed = max(p.rim_ratio, 1 + p.rim_errors * seen.rim_error, 1 + p.rim_unevenness * seen.cv)
        return "present" if seen.rim_ratio >= needed else "absent"

    def flame(self, p: SuggestionParameters) -> str | None:
        """Return the flame sign."""
        if self.word == "absent":
            return NOT_APPLICABLE
        if self.poles is None:
            return None
        return "present" if is_flame(self.poles, p) else "absent"


def not_enhancing(post: Seen, p: SuggestionParameters) -> Pattern:
    """Return the pattern of voxels that nobody drew as enhancing; its word is ``absent`` or None."""
    median, z = _overall(post)
    return Pattern(word="absent" if _is_absent(median, z, p) else None, median=median, z=z)


def pattern(
    views: Parts,
    post: Seen,
    before: Before,
    images: Images,
    cord: CordPoints,
    frame: Frame,
    avoided: Iterable[Span],
) -> Pattern:
    """Return how a drawn enhancing lesion enhances.

    Parameters
    ----------
    views : tuple of Part
        The lesion on every series after contrast.
    post : Seen
        Its voxels on the series that its length is measured on, beside normal cord.
    before : callable
        Signal before contrast, see `features.flame.Before`.
    images : Images
    cord : CordPoints
    frame : Frame
    avoided : iterable of Span
        Cysts and haemorrhage along the cord: findings of their own, and no unevenness.
    """
    p = images.parameters.suggestions
    median, z = _overall(post)
    if _is_absent(median, z, p):
        return Pattern(word="absent", median=median, z=z)
    along = along_cord(views, images.parameters)
    ends = _poles(along, post.reference, before, images, frame)
    layers = _layers(views, along, ends, post.reference, images, cord, frame, tuple(avoided))
    return Pattern(word=_word(layers, p), median=median, z=z, layers=layers, poles=ends)


def _overall(post: Seen) -> tuple[float, float]:
    known = post.values[np.isfinite(post.values)]
    median = float(np.median(known))
    return post.reference.ratio(median) - 1, float(post.reference.z(median))


def _is_absent(median: float, z: float, p: SuggestionParameters) -> bool:
    return median < p.least_enhancement or z < p.absent_z


def _word(layers: CoreShell | None, p: SuggestionParameters) -> str | None:
    if layers is None or layers.depth_mm < p.least_depth_mm or not np.isfinite([layers.core, layers.shell]).all():
        return None
    if layers.shell >= p.least_enhancement and layers.core < p.ring_core_share * layers.shell:
        return "ring"
    return "heterogeneous" if layers.cv >= p.uneven_cv else "homogeneous"


def _poles(along: Parts, normal: Reference, before: Before, images: Images, frame: Frame) -> tuple[Pole, Pole] | None:
    """Return the poles on the largest part of the view along the cord."""
    whole = max(along, key=lambda part: len(part.index), default=None)
    volume = None if whole is None else images.volume(whole.series)
    if whole is None or volume is None:
        return None
    return poles(whole, volume, normal, before, frame, images.parameters.suggestions)


def _layers(
    views: Parts,
    along: Parts,
    ends: tuple[Pole, Pole] | None,
    normal: Reference,
    images: Images,
    cord: CordPoints,
    frame: Frame,
    avoided: tuple[Span, ...],
) -> CoreShell | None:
    """Return core and shell of the lesion's body: on axial slices where it is deep enough there, else on sagittal ones.

    Where it is not deep enough anywhere, those of the deepest view.
    """
    p = images.parameters.suggestions
    base = along[0].series if along else views[0].series
    body = _body(along or views, ends, p)
    made: list[CoreShell] = []
    for is_axial, parts in ((True, across_cord(views, images.parameters)), (False, along)):
        for part in parts:
            volume = images.volume(part.series)
            own = normal if part.series.name == base.name else _carried(normal, base, part, images, cord)
            if volume is None or own is None:
                continue
            seen = depth_map(part, volume, own, frame, p)
            chosen = _chosen(seen, _shorter(body, _AXIAL_TRIM_MM if is_axial else 0.0), avoided, part)
            found = core_shell(chosen, p)
            if found is not None and np.isfinite([found.core, found.shell]).all():
                made.append(found)
    deep = [one for one in made if one.depth_mm >= p.least_depth_mm]
    return deep[0] if deep else max(made, key=lambda one: one.depth_mm, default=None)


def _body(parts: Parts, ends: tuple[Pole, Pole] | None, p: SuggestionParameters) -> Span:
    """Return the lesion along the cord without its poles: a rim lies across them, and a tapering end is no body."""
    low, high = min(part.span.low_mm for part in parts), max(part.span.high_mm for part in parts)
    thin = [pole.edge_mm if pole.tapers(p) else 0.0 for pole in ends] if ends else [0.0, 0.0]
    return Span(low_mm=low + p.pole_trim_mm + thin[0], high_mm=high - p.pole_trim_mm - thin[1], resolution_mm=0.0)


def _shorter(span: Span, by_mm: float) -> Span:
    return replace(span, low_mm=span.low_mm + by_mm, high_mm=span.high_mm - by_mm)


def _chosen(seen: DepthMap, body: Span, avoided: tuple[Span, ...], part: Part) -> DepthMap:
    """Return the points of the body away from cysts and blood; where nothing is left, of its middle, of all."""
    half = float(np.median(part.half_mm))
    inside = (seen.s_mm >= body.low_mm) & (seen.s_mm <= body.high_mm)
    if avoided:
        # what shares its voxels with a cyst enhances less
        inside &= seen.enhancement >= _MIXED_SHARE * np.median(seen.enhancement)
    free = inside.copy()
    for span in avoided:
        free &= (seen.s_mm < span.low_mm - half) | (seen.s_mm > span.high_mm + half)
    middle = np.abs(seen.s_mm - (body.low_mm + body.high_mm) / 2) <= half
    kept = next((where for where in (free, inside, middle) if where.any()), np.ones(len(seen.s_mm), dtype=bool))
    return seen.subset(kept)


def _carried(normal: Reference, base: Series, part: Part, images: Images, cord: CordPoints) -> Reference | None:
    """Return the reference on another series, which shows too little normal cord: scaled as the cord is in both."""
    first = images.at(base, cord.points_mm)
    second = images.at(part.series, cord.points_mm)
    gains: FloatArray = (second / np.where(first > 0, first, np.nan))[np.isfinite(first) & np.isfinite(second)]
    gain = reference(gains, images.parameters.suggestions)
    return (
        None
        if gain is None
        else replace(normal, median=normal.median * gain.median, spread=normal.spread * gain.median)
    )
