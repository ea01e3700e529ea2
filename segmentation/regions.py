"""The structures that are drawn, with the colour each is shown in."""

from enum import StrEnum


class Region(StrEnum):
    """A drawn structure; the value is the BIDS ``label-`` of its mask. Regions may overlap."""

    CORD = "cord"
    CANAL = "canal"
    ENHANCING = "enhancing"
    T2HYPER = "t2hyper"
    CYST = "cyst"
    HEMORRHAGE = "hemorrhage"

    @property
    def label_id(self) -> int:
        """The integer that stands for the region where several are shown in one map."""
        return _LABEL_IDS[self]

    @property
    def colour(self) -> str:
        """Hex RGB; the set is told apart with the common colour vision deficiencies (Okabe and Ito 2008)."""
        return _COLOURS[self]


LESION_REGIONS = (Region.ENHANCING, Region.T2HYPER)
"""Regions whose integers are lesions."""

_LABEL_IDS = {
    Region.CORD: 1,
    Region.CANAL: 2,
    Region.ENHANCING: 3,
    Region.T2HYPER: 4,
    Region.CYST: 5,
    Region.HEMORRHAGE: 6,
}
_COLOURS = {
    Region.CORD: "#56B4E9",
    Region.CANAL: "#0072B2",
    Region.ENHANCING: "#E69F00",
    Region.T2HYPER: "#009E73",
    Region.CYST: "#F0E442",
    Region.HEMORRHAGE: "#D55E00",
}
