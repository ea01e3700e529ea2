"""Which regions of the spine a series covers, as far as header and geometry can tell without its voxels.

Vertebral levels are not known at ingest, and the distance to the isocentre says where the table stood, not where the
patient lay. So words of the header are taken as claims, and geometry within one frame of reference confirms, spreads or
refutes them: neck lies above chest, chest above loin, and series that lie side by side show the same region.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mri.geometry import Geometry
from mri.parameters import MriParameters
from mri.sequence import Finding

HEAD_TO_FOOT = "CTL"
APART = 0.3
"""Series that share less of their length than this show different parts; neighbouring stations overlap by 5–25 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How far a series reaches along the body in its frame of reference, in mm, superior positive."""

    frame: str
    low_mm: float
    high_mm: float

    @property
    def length_mm(self) -> float:
        """Length along the body."""
        return self.high_mm - self.low_mm

    @property
    def centre_mm(self) -> float:
        """Middle along the body."""
        return (self.high_mm + self.low_mm) / 2

    def shared(self, other: "Extent") -> float:
        """Return the share of the shorter one that lies within the other; 0 in another frame."""
        if self.frame != other.frame or not self.frame:
            return 0.0
        common = min(self.high_mm, other.high_mm) - max(self.low_mm, other.low_mm)
        return max(0.0, common) / max(min(self.length_mm, other.length_mm), 1e-6)


def extent_of(geometry: Geometry, frame: str) -> Extent:
    """Return the reach of a grid along superior–inferior."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in geometry.shape])).reshape(3, -1).T
    heights = geometry.to_world(corners)[:, 2]
    return Extent(frame=frame, low_mm=float(heights.min()), high_mm=float(heights.max()))


def settle_stations(claims: Sequence[Finding], extents: Sequence[Extent], parameters: MriParameters) -> list[Finding]:
    """Settle the regions covered by the series of one session.

    Parameters
    ----------
    claims : sequence of Finding
        Letters of ``C``, ``T``, ``L`` that words of each header claim; empty where they are silent.
    extents : sequence of Extent
        Reach of each series.
    parameters : MriParameters

    Returns
    -------
    list of Finding
        Letters, empty where not judged, with the evidence.
    """
    settled = list(claims)
    for i, (claim, extent) in enumerate(zip(claims, extents, strict=True)):
        if extent.length_mm >= parameters.whole_spine_mm:
            settled[i] = Finding(value=HEAD_TO_FOOT, evidence=f"length {extent.length_mm:.0f} mm: whole spine")
        elif claim.value:
            settled[i] = _checked(i, claims, extents, parameters)
    return [
        finding if finding.value else _inherited(i, finding, settled, extents, parameters)
        for i, finding in enumerate(settled)
    ]


def _checked(i: int, claims: Sequence[Finding], extents: Sequence[Extent], parameters: MriParameters) -> Finding:
    """Hold a claim against the others of the frame: another region must lie on its side of this one."""
    claim, confirmed = claims[i], False
    for j, other in enumerate(claims):
        if i == j or not other.value or extents[i].frame != extents[j].frame or not extents[i].frame:
            continue
        if extents[i].shared(extents[j]) >= parameters.same_station_overlap:
            continue
        rank, other_rank = _rank(claim.value), _rank(other.value)
        if rank == other_rank:
            continue
        if (rank < other_rank) != (extents[i].centre_mm > extents[j].centre_mm):
            return Finding(value="", evidence=f"{claim.evidence}, refuted by its place in the frame of reference")
        confirmed = True
    place = "confirmed by its place in the frame of reference" if confirmed else "no other station to compare with"
    return Finding(value=claim.value, evidence=f"{claim.evidence}; {place}")


def _inherited(
    i: int, own: Finding, settled: Sequence[Finding], extents: Sequence[Extent], parameters: MriParameters
) -> Finding:
    """Take the region of the nearest series that lies side by side with this one."""
    beside = [
        (abs(extents[i].centre_mm - extents[j].centre_mm), other.value)
        for j, other in enumerate(settled)
        if j != i and other.value and extents[i].shared(extents[j]) >= parameters.same_station_overlap
    ]
    if beside:
        return Finding(value=min(beside)[1], evidence="same place in the frame of reference as a series that says so")
    return own if own.evidence else Finding(value="", evidence=f"not judged: no header says so{_order(i, extents)}")


def _order(i: int, extents: Sequence[Extent]) -> str:
    """Tell where a series lies among those of its frame that show other parts of the body."""
    own = extents[i]
    apart = [other for other in extents if other.frame == own.frame != "" and own.shared(other) < APART]
    above = sum(other.centre_mm > own.centre_mm for other in apart)
    if not apart:
        return ", no other part of the body in its frame of reference"
    return f"; {above} series lie higher and {len(apart) - above} lower in its frame of reference"


def _rank(stations: str) -> float:
    """Return where some regions lie from head to foot, as the mean of their letters' places."""
    return sum(HEAD_TO_FOOT.index(letter) for letter in stations) / len(stations)
