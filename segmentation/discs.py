"""Discs and so vertebral levels along a cord: from one disc that a person named, or as a suggestion from none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from mri.geometry import FloatArray, Vector
from mri.problems import RefusedError, error
from mri.volume import Volume
from segmentation.centreline import Centreline
from segmentation.cord_profile import CordProfile
from segmentation.disc_borders import CUT_BY_BORDER, cut_discs
from segmentation.disc_chain import Chain, Evidence, best_chain, chain_score
from segmentation.disc_checks import check_spacing
from segmentation.disc_signal import disc_signal
from segmentation.disc_variants import LEVEL_VARIANT, variant_signs
from segmentation.levels import FORAMEN_MAGNUM, STANDARD, DiscPoints, LevelScheme
from segmentation.parameters import DiscParameters
from segmentation.spine_table import spine_table

UNCONFIRMED = "levels_unconfirmed"
NARROW_MARGIN = "levels_narrow_margin"
UPPER_PROPOSED = "upper_cervical_proposed"
NO_DISCS = "no_discs_in_view"
CONTRADICT = "discs_contradict"

_C1_C2 = "C1-C2"
_FIRST_DISC = 3
_POINT_DEPTH_MM = 7.0
"""Where in front of the cord's axis a disc's point is set: at the posterior edge of the disc."""
_POINT_SEARCH_MM = 6.0
_POINT_TOLERANCE_MM = 0.5
_LARGEST_MARGIN = 100.0
"""Where no other naming is possible."""
_FORAMEN_SD_MM = 5.0
"""How far the foramen magnum may be from where the table has it."""
_REFINE_SHARE = 0.3
"""Part of a level's height within which the signal belongs to its disc."""
_REFINE_ROUNDS = 2
_LOG_DIAMETER_OFFSETS = (-0.3, -0.2, -0.1, 0.0, 0.1, 0.2)
"""Thick slices and weak contrast make all diameters read too small or too large by about these factors (log)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiscProposal:
    """Proposed discs with how sure they are.

    Attributes
    ----------
    discs : DiscPoints or None
        None where no spine is in view.
    scores : mapping of str to float
        Edge signal at each disc in standard deviations.
    margin : float or None
        Score over that of the next best naming; None where a person named a disc.
    flags : tuple of str
    provenance : mapping
    """

    discs: DiscPoints | None
    scores: Mapping[str, float] = field(default_factory=dict)
    margin: float | None = None
    flags: tuple[str, ...] = ()
    provenance: Mapping[str, object] = field(default_factory=dict)


def propose_discs(
    images: Sequence[Volume],
    centreline: Centreline,
    *,
    known: Mapping[str, Vector] | None = None,
    profile: CordProfile | None = None,
    scheme: LevelScheme = STANDARD,
    canal: Centreline | None = None,
    parameters: DiscParameters | None = None,
) -> DiscProposal:
    """Find the discs along a cord.

    Parameters
    ----------
    images : sequence of Volume
        T1- or T2-weighted series of one frame of reference; several stations are labelled as one spine.
    centreline : Centreline
        Axis of the cord through all of them.
    known : mapping of str to Vector, optional
        Discs that a person named, LPS mm. Without any the naming is a suggestion, flag ``levels_unconfirmed``.
    profile : CordProfile, optional
        Diameter and ends of the cord; tells levels apart where no disc was named.
    scheme : LevelScheme, optional
    canal : Centreline, optional
        The same axis continued along the sac (`with_canal`): discs down to the sacrum are counted with it. Only those
        near the cord are returned.
    parameters : DiscParameters, optional

    Raises
    ------
    RefusedError
        If the named discs contradict each other.
    """
    options = parameters or DiscParameters()
    check_spacing(DiscPoints(points=known or {}, scheme=scheme), "named discs", CONTRADICT)
    reach_mm = centreline.length_mm + options.beyond_mm
    centreline = canal or centreline
    s_mm = np.arange(0.0, max(reach_mm, centreline.length_mm), options.search_mm)
    signal = disc_signal(images, centreline, s_mm, options)
    if not np.isfinite(signal).any():
        return DiscProposal(discs=None, flags=(NO_DISCS,))
    anchors = {round(scheme.disc_value(n)): float(centreline.project([p]).s_mm[0]) for n, p in (known or {}).items()}
    evidence = Evidence(signal=signal, s_mm=s_mm, profile=profile, anchors=anchors, table=spine_table(scheme))
    offsets = (0.0,) if anchors or profile is None else _LOG_DIAMETER_OFFSETS
    tried = [best_chain(evidence, scale, offset, options) for scale, offset in product(options.scales, offsets)]
    found = [chain for chain in tried if chain is not None]
    if not found and len(anchors) > 1:
        names = " and ".join(name for _, name, _ in DiscPoints(points=known or {}, scheme=scheme).ordered())
        message = f"{names} cannot belong to one spine where they lie; check their names and places"
        raise RefusedError(error(CONTRADICT, "named discs", message))
    if not found:
        return DiscProposal(discs=None, flags=(NO_DISCS,))
    chain = max(found, key=lambda one: one.score)
    margin = None if anchors else min(_margin(evidence, chain, offsets, options), _lead(chain, found))
    return _proposal(centreline, evidence, chain, margin, scheme, reach_mm, options)


def _margin(evidence: Evidence, chain: Chain, offsets: Sequence[float], options: DiscParameters) -> float:
    """Return by how much the naming beats the same discs named one or two levels off."""
    best = chain_score(evidence, chain, options)
    others = []
    for shift in (-2, -1, 1, 2):
        for scale, offset in product(options.scales, offsets):
            moved = Chain(first=chain.first + shift, s_mm=chain.s_mm, scale=scale, log_offset=offset, score=chain.score)
            others.append(chain_score(evidence, moved, options))
    return min(best - max(others), _LARGEST_MARGIN)


def _lead(chain: Chain, found: Sequence[Chain]) -> float:
    """Return by how much the best chain beats the best one of another size that names its discs otherwise."""
    others = [other.score for other in found if _named_otherwise(chain, other)]
    return chain.score - max(others, default=-np.inf)


def _named_otherwise(chain: Chain, other: Chain) -> bool:
    """Return whether the two give the middle disc of the first different names."""
    middle = len(chain.s_mm) // 2
    nearest = int(np.argmin(np.abs(other.s_mm - chain.s_mm[middle])))
    return other.first + nearest != chain.first + middle


def _proposal(
    centreline: Centreline,
    evidence: Evidence,
    chain: Chain,
    margin: float | None,
    scheme: LevelScheme,
    reach_mm: float,
    options: DiscParameters,
) -> DiscProposal:
    signs = variant_signs(evidence, chain, scheme, options)
    s_mm, cut = _refined(evidence, chain)
    s_mm = s_mm[s_mm <= reach_mm]
    names = [scheme.disc_name(chain.first + k) for k in range(len(s_mm))]
    signal = np.interp(s_mm, evidence.s_mm, np.nan_to_num(evidence.signal))
    points = {name: _point(centreline, s) for name, s in zip(names, s_mm, strict=True)}
    flags = [] if margin is None else [UNCONFIRMED]
    if margin is not None and margin < options.clear_margin:
        flags.append(NARROW_MARGIN)
    if signs:
        flags.append(LEVEL_VARIANT)
    if cut:
        flags.append(CUT_BY_BORDER)
    upper = _upper(evidence, chain, s_mm[0])
    if upper:
        points |= {name: _point(centreline, s) for name, s in upper.items()}
        flags.append(UPPER_PROPOSED)
    return DiscProposal(
        discs=DiscPoints(points=points, scheme=scheme, flags=tuple(sorted(flags))),
        scores={name: round(float(score), 2) for name, score in zip(names, signal, strict=True)},
        margin=margin,
        flags=tuple(sorted(flags)),
        provenance={
            "method": "edges in front of the cord, published spacing",
            "scale": chain.scale,
            "margin": None if margin is None else round(margin, 2),
            "variant_signs": list(signs),
            "cut": [scheme.disc_name(chain.first + k) for k in cut],
            "known": sorted(scheme.disc_name(value) for value in evidence.anchors),
        },
    )


def _refined(evidence: Evidence, chain: Chain) -> tuple[FloatArray, Sequence[int]]:
    """Move each disc to the centre of gravity of the signal around it: the two endplates make two peaks.

    Return the places, and the indices of discs that the border of an image cuts.
    """
    signal = np.clip(np.nan_to_num(evidence.signal), 0.0, None)
    heights = np.array(evidence.table.height_mm)
    refined = chain.s_mm.astype(float)
    at = np.minimum(chain.first + np.arange(len(refined)) - 2, len(heights) - 1)
    reach_mm = _REFINE_SHARE * chain.scale * heights[at]
    for k in range(len(refined)):
        for _ in range(_REFINE_ROUNDS):
            weight = np.where(np.abs(evidence.s_mm - refined[k]) <= reach_mm[k], signal, 0.0)
            if weight.sum() > 0:
                refined[k] = float(np.average(evidence.s_mm, weights=weight))
    cut = cut_discs(evidence, chain, refined, reach_mm)
    refined[list(cut)] = list(cut.values())
    return refined, tuple(cut)


def _upper(evidence: Evidence, chain: Chain, first_s_mm: float) -> dict[str, float]:
    """Return the arc lengths of FM and C1-C2 where they are in view; the dens is tall, so they are never certain."""
    if chain.first != _FIRST_DISC:
        return {}
    heights = evidence.table.height_mm
    c1_c2 = first_s_mm - chain.scale * heights[1]
    foramen = c1_c2 - chain.scale * heights[0]
    if evidence.profile is not None and evidence.profile.widening_mm is not None:
        foramen = float(np.clip(evidence.profile.widening_mm, foramen - _FORAMEN_SD_MM, foramen + _FORAMEN_SD_MM))
    wanted = {FORAMEN_MAGNUM: foramen, _C1_C2: c1_c2}
    return {name: s for name, s in wanted.items() if s >= 0}


def _point(centreline: Centreline, s_mm: float) -> Vector:
    """Return the point in front of the axis, near the disc's posterior edge, whose nearest point of the axis is wanted.

    On a rough axis directions are uncertain: the point is the one, of a few around, that leads back to its level best.
    """
    tries = s_mm + np.arange(-_POINT_SEARCH_MM, _POINT_SEARCH_MM + 0.1, 0.5)
    anterior = np.array([centreline.frame_at(float(s))[2] for s in tries])
    points = centreline.position_at(tries) + _POINT_DEPTH_MM * anterior
    off = np.abs(centreline.project(points).s_mm - s_mm)
    best = int(np.argmin(off + 0.01 * np.abs(tries - s_mm)))
    point = points[best] if off[best] <= _POINT_TOLERANCE_MM else centreline.position_at(s_mm)
    return float(point[0]), float(point[1]), float(point[2])
