"""The level strip: vertebrae C1–L2 from above downwards, with bars for what each lesion extends over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mri.problems import RefusedError
from pipeline.case_words import is_missing, is_true
from segmentation.levels import STANDARD, LevelScheme
from segmentation.regions import Region

FIRST, LAST = "C1", "L2"
ROW, TOP, LEFT, BAR, GAP = 15.0, 24.0, 34.0, 9.0, 5.0
"""Nominal pixels: height of a vertebra, head of the strip, place of the names, width of a bar, space between bars."""
COVER = 13.0
"""Nominal pixels: width of a bar that says what was imaged."""
COVERAGES = (("T2", "coverage_t2_levels"), ("Gd", "coverage_gd_levels"))
_EXTENTS = ((Region.T2HYPER, "t2"), (Region.ENHANCING, "enh"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One extent of one lesion; y from top to bottom in nominal pixels."""

    lesion: str
    region: Region
    x: float
    y: float
    height: float
    open_ended: bool
    whole_levels: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """The levels that were imaged with one weighting; y from top to bottom in nominal pixels."""

    name: str
    x: float
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """The level strip, ready for the template. Lengths are nominal pixels."""

    width: float
    height: float
    vertebrae: tuple[tuple[str, float], ...]
    bars: tuple[Bar, ...]
    heads: tuple[tuple[str, float], ...]
    covers: tuple[Cover, ...]
    row: float = ROW
    left: float = LEFT
    top: float = TOP


def level_strip(
    lesions: Sequence[Mapping[str, object]], patient: Mapping[str, object], scheme: LevelScheme = STANDARD
) -> Strip | None:
    """Return the strip with what was imaged and the extents of the lesions; None where neither has levels.

    Fractional vertebral coordinates (``t2_v_from`` …) are used where they are given, else the named levels.
    """
    first, last = scheme.vertebra_number(FIRST), scheme.vertebra_number(LAST)
    covers = _covers(patient, scheme, first, last + 1)
    bars: list[Bar] = []
    heads: list[tuple[str, float]] = []
    x = LEFT + COVER * len(COVERAGES) + GAP
    for lesion in lesions:
        made = _bars(lesion, x, scheme, first, last + 1)
        if made:
            bars.extend(made)
            heads.append((str(lesion.get("lesion_id", "")), x + BAR))
            x += 2 * BAR + GAP
    if not bars and not covers:
        return None
    names = scheme.vertebrae[first - 1 : last]
    return Strip(
        width=x + GAP,
        height=TOP + ROW * len(names) + GAP,
        vertebrae=tuple((name, TOP + ROW * k) for k, name in enumerate(names)),
        bars=tuple(bars),
        heads=tuple(heads),
        covers=tuple(covers),
    )


def _covers(patient: Mapping[str, object], scheme: LevelScheme, low: int, high: int) -> list[Cover]:
    made = []
    for place, (name, column) in enumerate(COVERAGES):
        for part in str(patient.get(column) or "").split(";"):
            found = _named(part, scheme)
            if found is not None and found[0] < high and found[1] > low:
                start, end = max(found[0], low), min(found[1], high)
                y, height = TOP + (start - low) * ROW, (end - start) * ROW
                made.append(Cover(name=name, x=LEFT + place * COVER, y=y, height=height))
    return made


def extent(lesion: Mapping[str, object], stem: str, scheme: LevelScheme = STANDARD) -> tuple[float, float, bool] | None:
    """Return (v from, v to, whether only whole levels are known) of one extent of a lesion, or None."""
    ends = (lesion.get(f"{stem}_v_from"), lesion.get(f"{stem}_v_to"))
    if not any(is_missing(end) for end in ends):
        return float(str(ends[0])), float(str(ends[1])), False
    named = lesion.get(f"{stem}_levels")
    if is_missing(named):
        return None
    whole_levels = _named(str(named), scheme)
    return None if whole_levels is None else (*whole_levels, True)


def _named(levels: str, scheme: LevelScheme) -> tuple[float, float] | None:
    """Return v at the ends of levels like "T2-T6" or "C3"; None where they are no vertebrae."""
    names = levels.strip().split("-")
    try:
        first, last = (scheme.vertebra_number(name) for name in (names[0], names[-1]))
    except RefusedError:
        return None
    return float(first), float(last + 1)


def _bars(lesion: Mapping[str, object], x: float, scheme: LevelScheme, low: int, high: int) -> list[Bar]:
    made = []
    for place, (region, stem) in enumerate(_EXTENTS):
        found = extent(lesion, stem, scheme)
        if found is None or found[0] >= high or found[1] <= low:
            continue
        start, end, whole_levels = max(found[0], low), min(found[1], high), found[2]
        made.append(
            Bar(
                lesion=str(lesion.get("lesion_id", "")),
                region=region,
                x=x + place * BAR,
                y=TOP + (start - low) * ROW,
                height=(end - start) * ROW,
                open_ended=is_true(lesion.get(f"{stem}_truncated")) or (start, end) != found[:2],
                whole_levels=whole_levels,
                text=_text(region, found, scheme),
            )
        )
    return made


def _text(region: Region, found: tuple[float, float, bool], scheme: LevelScheme) -> str:
    start, end, whole_levels = found
    what = "T2 hyperintensity" if region is Region.T2HYPER else "enhancement"
    if whole_levels:
        names = dict.fromkeys((scheme.vertebra_at(start), scheme.vertebra_at(end - 1)))
        return f"{what}: {' to '.join(names)}"
    return f"{what}: {place_words(start, scheme)} to {place_words(end, scheme)}"


def place_words(v: float, scheme: LevelScheme = STANDARD) -> str:
    """Name a vertebral coordinate to a tenth of a level, e.g. "T4, 0.3 down" or "disc T1-T2"."""
    rounded = round(v, 1)
    vertebra = scheme.vertebra_at(rounded)
    part = round(rounded - scheme.vertebra_number(vertebra), 1)
    if part == 0 and 1 <= round(rounded) <= len(scheme.discs):
        name = scheme.disc_name(round(rounded))
        return name if "-" not in name else f"disc {name}"
    return f"{vertebra} ({part:.0%} down)"
