"""Regions of T2 hyperintensity, and which of them belong to a lesion (DEFINITIONS 4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from features.case import Case
from features.extent import Span
from features.frame import Frame
from features.parameters import FeatureParameters
from features.parts import Part, Parts, components, make_part, span_of
from features.views import is_t2, rank, shows_length, shows_section, without_overlap
from segmentation.annotation import Mask
from segmentation.regions import Region


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class T2Region:
    """A connected region of T2 hyperintensity, over all stations.

    Attributes
    ----------
    parts : tuple of Part
    label : int or None
        The author's integer, where the T2 masks tell lesions apart.
    """

    parts: Parts
    label: int | None = None

    @property
    def span(self) -> Span:
        """Where it reaches along the cord."""
        return span_of(self.parts)


def t2_masks(case: Case, parameters: FeatureParameters) -> tuple[Mask, ...]:
    """Return the masks that a T2 extent may be measured on, the best first: sagittal or isotropic, never STIR."""
    fit = [
        mask
        for mask in case.of_region(Region.T2HYPER)
        if is_t2(mask.series) and shows_length(mask.series, parameters) and case.is_placed(mask.series)
    ]
    return tuple(sorted(fit, key=lambda mask: rank(mask.series)))


def t2_regions(case: Case, frame: Frame, parameters: FeatureParameters, *, numbered: bool) -> tuple[T2Region, ...]:
    """Return the regions of T2 hyperintensity, each voxel of the patient once, rostral to caudal.

    Of a numbered case each integer is a region of its own, or several.

    Where no mask allows a T2 extent (STIR or axial slices alone), they are those of the other masks: good for counting.
    """
    return _regions_of(t2_masks(case, parameters) or _other_masks(case), case, frame, numbered=numbered)


def t2_sections(case: Case, frame: Frame, parameters: FeatureParameters, *, numbered: bool) -> tuple[T2Region, ...]:
    """Return what masks on axial T2 series show where the T2 extent is measured on others: no number counts it."""
    if not t2_masks(case, parameters):
        return ()
    axial = [mask for mask in _other_masks(case) if is_t2(mask.series) and not shows_length(mask.series, parameters)]
    fit = [mask for mask in axial if shows_section(mask.series, parameters)]
    return _regions_of(fit, case, frame, numbered=numbered)


def _regions_of(masks: Sequence[Mask], case: Case, frame: Frame, *, numbered: bool) -> tuple[T2Region, ...]:
    if numbered:
        numbers = sorted({k for mask in masks for k in mask.labels.labels()})
        found = [r for k in numbers for r in _connected([_part(case, m, frame, k) for m in masks], k)]
    else:
        found = _connected([_part(case, mask, frame, None) for mask in masks], None)
    return tuple(sorted(found, key=lambda region: region.span.low_mm))


def _other_masks(case: Case) -> tuple[Mask, ...]:
    placed = [mask for mask in case.of_region(Region.T2HYPER) if case.is_placed(mask.series)]
    return tuple(sorted(placed, key=lambda mask: rank(mask.series)))


def attached(lesion: Span, regions: Iterable[T2Region], parameters: FeatureParameters) -> list[T2Region]:
    """Return the regions that overlap a lesion along the cord or lie within reach of it."""
    return [region for region in regions if region.span.gap_to(lesion) <= parameters.t2_reach_mm]


def is_bridged(regions: Sequence[T2Region]) -> bool:
    """Return whether an extent over these regions crosses a gap between them."""
    spans = sorted((region.span for region in regions), key=lambda span: span.low_mm)
    reached = float("inf")
    for span in spans:
        if span.low_mm > reached:
            return True
        reached = span.high_mm if reached == float("inf") else max(reached, span.high_mm)
    return False


def _part(case: Case, mask: Mask, frame: Frame, label: int | None) -> Part | None:
    index = mask.labels.indices(label)
    if not len(index):
        return None
    return make_part(mask.series, mask.author, case.mask_geometry(mask), index, frame.axis)


def _connected(views: Iterable[Part | None], label: int | None) -> list[T2Region]:
    """Return the components of one structure; those of two stations are one where they meet along the cord."""
    pieces = [c for part in without_overlap(p for p in views if p is not None) for c in components(part)]
    groups: list[list[Part]] = []
    for piece in sorted(pieces, key=lambda p: p.span.low_mm):
        met = [g for g in groups if any(_continues(piece, other) for other in g)]
        joined = [piece, *(p for group in met for p in group)]
        groups = [g for g in groups if g not in met] + [joined]
    return [T2Region(parts=tuple(group), label=label) for group in groups]


def _continues(one: Part, other: Part) -> bool:
    return one.geometry is not other.geometry and one.span.gap_to(other.span) <= one.span.resolution_mm
