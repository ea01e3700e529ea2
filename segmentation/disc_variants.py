"""Signs that a spine does not have the usual vertebrae: fused ones, or another number of them. A reader decides."""

from collections.abc import Iterator

import numpy as np

from segmentation.disc_chain import Chain, Evidence
from segmentation.levels import LevelScheme
from segmentation.parameters import DiscParameters

LEVEL_VARIANT = "level_variant_suspected"


def variant_signs(evidence: Evidence, chain: Chain, scheme: LevelScheme, options: DiscParameters) -> tuple[str, ...]:
    """Return what speaks for fused vertebrae or another number of them, each as a word and a place.

    ``no_disc:C5-C6`` where the image shows none between two that it shows; ``spacing:C5-C6`` where the distance to the
    disc above is unlike the table's; ``disc_below:L5-S1`` where another one follows the last; ``conus:L3`` where the
    cord's tip would lie at an unusual level.
    """
    return (
        *_without_signal(evidence, chain, scheme, options),
        *_odd_spacing(evidence, chain, scheme, options),
        *_one_more(evidence, chain, scheme, options),
        *_odd_tip(evidence, chain, scheme, options),
    )


def _usual_signal(evidence: Evidence, chain: Chain) -> float:
    return float(np.median(np.interp(chain.s_mm, evidence.s_mm, np.nan_to_num(evidence.signal))))


def _without_signal(evidence: Evidence, chain: Chain, scheme: LevelScheme, options: DiscParameters) -> Iterator[str]:
    least = options.missing_share * _usual_signal(evidence, chain)
    signal = np.interp(chain.s_mm, evidence.s_mm, np.nan_to_num(evidence.signal))
    for value, height in enumerate(signal, start=chain.first):
        # a disc that a person named is there whatever the image shows
        if height < least and value not in evidence.anchors:
            yield f"no_disc:{scheme.disc_name(value)}"


def _odd_spacing(evidence: Evidence, chain: Chain, scheme: LevelScheme, options: DiscParameters) -> Iterator[str]:
    expected = chain.scale * np.array(evidence.table.height_mm)
    for value, distance in enumerate(np.diff(chain.s_mm), start=chain.first + 1):
        if abs(distance / expected[value - 2] - 1.0) > options.odd_spacing_sd * options.spacing_sd:
            yield f"spacing:{scheme.disc_name(value)}"


def _one_more(evidence: Evidence, chain: Chain, scheme: LevelScheme, options: DiscParameters) -> Iterator[str]:
    """Yield a sign where the last disc of the scheme is followed by one more, or another's place by none."""
    last = chain.first + len(chain.s_mm) - 1
    if last < evidence.last:
        left = evidence.view_mm[1] - chain.s_mm[-1]
        if left > options.empty_levels * chain.scale * evidence.table.height_mm[last - 1]:
            yield f"no_disc:{scheme.disc_name(last + 1)}"
        return
    below = (evidence.s_mm - chain.s_mm[-1]) / (chain.scale * evidence.table.height_mm[-1])
    near = (below >= options.shortest) & (below <= options.longest) & np.isfinite(evidence.signal)
    if near.any() and evidence.signal[near].max() > options.extra_share * _usual_signal(evidence, chain):
        yield f"disc_below:{scheme.disc_name(last)}"


def _odd_tip(evidence: Evidence, chain: Chain, scheme: LevelScheme, options: DiscParameters) -> Iterator[str]:
    tip_mm = evidence.profile.tip_mm if evidence.profile is not None else None
    if tip_mm is None or not chain.s_mm[0] <= tip_mm <= chain.s_mm[-1]:
        return
    v = float(np.interp(tip_mm, chain.s_mm, chain.first + np.arange(len(chain.s_mm))))
    if abs(v - evidence.table.conus_tip_v) > options.odd_tip_sd * evidence.table.conus_sd_levels:
        yield f"conus:{scheme.vertebra_at(v)}"
