"""Which voxels are which lesion (DEFINITIONS 1)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.spatial import cKDTree

from features.case import Case
from features.frame import Frame
from features.mask_numbers import is_numbered
from features.parameters import FeatureParameters
from features.parts import Part, Parts, components, count_6_connected, make_part, span_of
from features.t2 import T2Region, attached, t2_regions, t2_sections
from features.views import enhanced_series, may_enhance, rank
from mri.geometry import FloatArray
from segmentation.annotation import Mask
from segmentation.regions import Region


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesion:
    """One lesion and its voxels.

    Attributes
    ----------
    id : int
    enhancing : tuple of Part
        Every view of it, on all series; the views overlap.
    t2 : tuple of T2Region
        The T2 hyperintensity that counts for it.
    is_t2_only : bool
        Whether it is defined by its T2 hyperintensity because nothing enhances.
    t2_sections : tuple of Part
        Of such a lesion: what masks on axial T2 series show of it, beside the regions that its extent is measured on.
    flags : frozenset of str
    """

    id: int
    enhancing: Parts = ()
    t2: tuple[T2Region, ...] = ()
    is_t2_only: bool = False
    t2_sections: Parts = ()
    flags: frozenset[str] = frozenset()

    @property
    def parts(self) -> Parts:
        """All its voxels: first the enhancing views, then the T2 hyperintensity."""
        return (*self.enhancing, *(part for region in self.t2 for part in region.parts))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """The lesions of a case, rostral to caudal where the program numbered them.

    Attributes
    ----------
    lesions : tuple of Lesion
    regions : tuple of T2Region
        Every T2 region, also one that no lesion claims.
    numbered : bool
        Whether the author numbered them; else the program did.
    """

    lesions: tuple[Lesion, ...]
    regions: tuple[T2Region, ...]
    numbered: bool


@dataclass(slots=True)
class _Cluster:
    """Components of several series that are one lesion."""

    parts: list[Part]
    flags: set[str] = field(default_factory=set)


def find_lesions(case: Case, frame: Frame, parameters: FeatureParameters) -> Found:
    """Tell the lesions of a case apart: by the author's integers, else by connected components across series."""
    numbered = is_numbered(case)
    regions = t2_regions(case, frame, parameters, numbered=numbered)
    enhancing = _placed(case, Region.ENHANCING)
    if numbered:
        lesions = _by_number(case, enhancing, regions, frame)
    else:
        lesions = _by_component(case, enhancing, regions, frame, parameters)
    claimed = [_with_t2(lesion, regions, numbered=numbered, parameters=parameters) for lesion in lesions]
    if any(lesion.is_t2_only for lesion in claimed):
        sections = t2_sections(case, frame, parameters, numbered=numbered)
        claimed = [_with_sections(lesion, sections, frame, numbered=numbered, p=parameters) for lesion in claimed]
    return Found(lesions=tuple(claimed), regions=regions, numbered=numbered)


def _placed(case: Case, region: Region) -> list[Mask]:
    found = [mask for mask in case.of_region(region) if case.is_placed(mask.series)]
    return sorted(found, key=lambda mask: (not may_enhance(mask.series), rank(mask.series)))


def _by_number(case: Case, enhancing: Sequence[Mask], regions: Sequence[T2Region], frame: Frame) -> list[Lesion]:
    views: dict[int, list[Part]] = {}
    for mask in enhancing:
        for number, part in _numbered_parts(case, mask, frame):
            views.setdefault(number, []).append(part)
    own_t2 = {region.label for region in regions if region.label is not None} - set(views)
    return [
        *(Lesion(id=k, enhancing=tuple(views[k])) for k in sorted(views)),
        *(Lesion(id=k, is_t2_only=True) for k in sorted(own_t2)),
    ]


def _numbered_parts(case: Case, mask: Mask, frame: Frame) -> Iterable[tuple[int, Part]]:
    index = mask.labels.indices()
    numbers = mask.labels.array[tuple(index.T)]
    geometry = case.mask_geometry(mask)
    for number in np.unique(numbers):
        yield int(number), make_part(mask.series, mask.author, geometry, index[numbers == number], frame.axis)


def _by_component(
    case: Case,
    enhancing: Sequence[Mask],
    regions: Sequence[T2Region],
    frame: Frame,
    parameters: FeatureParameters,
) -> list[Lesion]:
    clusters: list[_Cluster] = []
    for mask in enhancing:
        index = mask.labels.indices()
        if len(index):
            whole = make_part(mask.series, mask.author, case.mask_geometry(mask), index, frame.axis)
            _merge(clusters, _as_clusters(whole, parameters), frame, parameters)
    lesions = [Lesion(id=0, enhancing=tuple(c.parts), flags=frozenset(c.flags)) for c in clusters]
    alone = [Lesion(id=0, t2=(r,), is_t2_only=True) for r in _t2_lesions(case, lesions, regions, parameters)]
    ordered = sorted([*lesions, *alone], key=_rostral_end)
    return [replace(lesion, id=k) for k, lesion in enumerate(ordered, start=1)]


def _rostral_end(lesion: Lesion) -> float:
    return span_of(lesion.enhancing or lesion.t2[0].parts).low_mm


def _as_clusters(whole: Part, parameters: FeatureParameters) -> list[_Cluster]:
    found = [_Cluster(parts=[part]) for part in components(whole)]
    for cluster in found:
        if count_6_connected(cluster.parts[0]) > 1:
            cluster.flags.add("split_suspect")
    for k, one in enumerate(found):
        for other in found[k + 1 :]:
            if _nearly_touch(one.parts[0], other.parts[0], parameters.connectivity_gap_voxels):
                one.flags.add("merge_suspect")
                other.flags.add("merge_suspect")
    return found


def _nearly_touch(one: Part, other: Part, limit: int) -> bool:
    gap = np.maximum(one.index.min(axis=0), other.index.min(axis=0)) - np.minimum(
        one.index.max(axis=0), other.index.max(axis=0)
    )
    if gap.max() > limit:
        return False
    distance, _ = cKDTree(one.index).query(other.index, p=np.inf, distance_upper_bound=limit + 0.5)
    return bool(np.isfinite(distance).any())


def _merge(clusters: list[_Cluster], new: Iterable[_Cluster], frame: Frame, parameters: FeatureParameters) -> None:
    """Add the components of one series to the lesions found on those before it."""
    known = list(clusters)
    for cluster in new:
        part = cluster.parts[0]
        near = [c for c in known if any(_same_lesion(part, p, frame, parameters) for p in c.parts)]
        if not near:
            clusters.append(cluster)
            continue
        best = min(near, key=lambda c: span_of(tuple(c.parts)).gap_to(part.span))
        if len(near) > 1:
            best.flags.add("merge_suspect")
        if any(p.geometry is part.geometry for p in best.parts):
            best.flags.add("split_suspect")
        best.flags |= cluster.flags
        best.parts.append(part)


def _same_lesion(one: Part, other: Part, frame: Frame, parameters: FeatureParameters) -> bool:
    if one.geometry is other.geometry or one.span.gap_to(other.span) > 0:
        return False
    apart = np.linalg.norm(_offset(one, frame) - _offset(other, frame))
    return bool(apart < parameters.merge_in_plane_mm)


def _offset(part: Part, frame: Frame) -> FloatArray:
    """Return the mean offset (3,) in mm of the voxels from the cord's axis."""
    offset: FloatArray = (part.points_mm - frame.axis.position_at(part.s_mm)).mean(axis=0)
    return offset


def _t2_lesions(
    case: Case, lesions: Sequence[Lesion], regions: Sequence[T2Region], parameters: FeatureParameters
) -> list[T2Region]:
    """Return the T2 regions that are lesions of their own: nothing enhances, or no enhanced series shows the place."""
    free = [r for r in regions if not any(attached(span_of(le.enhancing), [r], parameters) for le in lesions)]
    if not lesions:
        return free
    enhanced = [case.geometry(series) for series in enhanced_series(case)]
    return [r for r in free if not any(g.contains(p.points_mm).any() for g in enhanced for p in r.parts)]


def _with_t2(lesion: Lesion, regions: Sequence[T2Region], *, numbered: bool, parameters: FeatureParameters) -> Lesion:
    own = tuple(region for region in regions if numbered and region.label == lesion.id)
    if lesion.is_t2_only or own:
        return replace(lesion, t2=own or lesion.t2)
    return replace(lesion, t2=tuple(attached(span_of(lesion.enhancing), regions, parameters)))


def _with_sections(
    lesion: Lesion, sections: Sequence[T2Region], frame: Frame, *, numbered: bool, p: FeatureParameters
) -> Lesion:
    """Add to a lesion of T2 hyperintensity its views on axial series: by their number, else by where they lie."""
    if not lesion.is_t2_only:
        return lesion
    seen = lesion.parts
    own = [
        part
        for section in sections
        for part in section.parts
        if (section.label == lesion.id if numbered else any(_same_lesion(part, one, frame, p) for one in seen))
    ]
    return replace(lesion, t2_sections=tuple(own))
