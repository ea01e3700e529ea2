"""Which picture stands on which page."""

from collections.abc import Callable, Mapping

from matplotlib.figure import Figure

from docs.pictures import extents, readings, sizes

PICTURES: Mapping[str, Callable[[], Figure]] = {
    "count": extents.count,
    "ap-tr": sizes.ap_tr,
    "length": sizes.length,
    "largest-size": sizes.largest_size,
    "diameters": sizes.in_plane,
    "volume": sizes.volume,
    "segments": extents.segment_counts,
    "t2-extent": extents.t2_extent,
    "t2-cut-off": extents.cut_off,
    "ratio": extents.ratio,
    "position": readings.position,
    "cord-expansion": readings.cord_expansion,
    "signal": readings.signal,
    "cystic-change": readings.cystic_change,
    "hemorrhage": readings.hemorrhage,
    "enhancement-pattern": readings.enhancement_pattern,
    "rim-sign": readings.rim_sign,
    "flame-sign": readings.flame_sign,
    "regions": extents.regions,
    "longest": extents.longest,
    "follow-up": extents.followed_up,
    "coverage": extents.coverage,
}
