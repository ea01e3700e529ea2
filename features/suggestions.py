"""Suggested readings of a lesion with the numbers they rest on (DEFINITIONS 6 to 11); a reader's word always wins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from features.case import Case
from features.count import Found, Lesion
from features.expansion import CordSections, cord_sections, expansion
from features.extent import Span
from features.flame import Before
from features.frame import Frame
from features.images import Images
from features.lesion import MeasuredLesion, rim_flame
from features.parameters import FeatureParameters
from features.parts import Part, Parts, span_of
from features.pattern import Pattern, not_enhancing, pattern
from features.position import position
from features.reference import CordPoints, cord_points, csf_signal, reference
from features.rows import Row, flags_text
from features.signal import Cyst, Hemorrhage, LesionSignals, Seen, core_of, cyst, hemorrhage, signal
from features.views import across_cord, along_cord, may_enhance, shows_section
from mri.geometry import FloatArray
from mri.problems import Problem
from mri.study import Contrast, Series, Weighting
from segmentation.vocabulary import NOT_APPLICABLE

MISSING, NOT_COVERED, TOO_SMALL, OBSCURED, OTHER = "sequence_missing", "not_covered", "too_small", "obscured", "other"
"""Reasons for which there is no suggestion, in the words of the dictionary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the computation proposes for one finding.

    Attributes
    ----------
    value : str or None
        A code, or codes joined by ``;``; None where nothing can be proposed.
    na_reason : str or None
        Why not.
    numbers : Row
        What the proposal rests on, by column.
    """

    value: str | None = None
    na_reason: str | None = None
    numbers: Row = field(default_factory=dict)


MELANIN = "melanin_possible"
"""Flag of a haemorrhage that T1 hyperintensity alone says: of melanoma it may be melanin; what the primary is, is not
known before the clinical table is joined."""

Suggestions = Mapping[str, Suggestion]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Suggester:
    """A case with its images and its normal cord, looked up for each lesion.

    Attributes
    ----------
    case : Case
    found : Found
    frame : Frame
    images : Images
        Read when a lesion asks for them.
    cord : CordPoints
        The drawn cord away from its surface.
    sections : tuple of CordSections
        The drawn cord along its axis.
    spans : tuple of Span
        Every lesion and T2 hyperintensity along the cord: what is no normal cord.
    parameters : FeatureParameters
    """

    case: Case
    found: Found
    frame: Frame
    images: Images
    cord: CordPoints
    sections: tuple[CordSections, ...]
    spans: tuple[Span, ...]
    parameters: FeatureParameters

    def of_lesion(self, lesion: Lesion) -> Suggestions:
        """Return every suggestion for a lesion; for one without voxels none."""
        if not lesion.parts:
            return {}
        return {
            **self._position(lesion),
            "cord_expansion": self._expansion(lesion),
            **self._from_images(lesion),
        }

    def _position(self, lesion: Lesion) -> Suggestions:
        # what surrounds an enhancing lesion on T2 is not the lesion
        drawn = lesion.enhancing or (*lesion.parts, *lesion.t2_sections)
        across = across_cord(lesion.enhancing, self.parameters) or _sections(drawn, self.parameters)
        if not across:
            reason = NOT_COVERED if any(shows_section(s, self.parameters) for s in self.case.every_series) else MISSING
            return {name: Suggestion(na_reason=reason) for name in ("position", "position_side")}
        largest = max(across, key=lambda part: len(part.index))
        seen = position(largest, self.frame, self.parameters.suggestions) if self.frame.has_cord else None
        if seen is None:
            return {name: Suggestion(na_reason=OTHER) for name in ("position", "position_side")}
        numbers: Row = {
            "position_eccentricity": seen.eccentricity,
            "position_outside_fraction": seen.outside_fraction,
            "position_outside_mm": seen.outside_mm,
            "position_half_fraction": seen.half_fraction,
        }
        sides = ";".join(seen.sides) or NOT_APPLICABLE
        return {"position": Suggestion(value=seen.word, numbers=numbers), "position_side": Suggestion(value=sides)}

    def _expansion(self, lesion: Lesion) -> Suggestion:
        if not self.frame.has_cord:
            return Suggestion(na_reason=OTHER)
        if self._is_compressed:
            return Suggestion(na_reason=OBSCURED)
        at = span_of(lesion.enhancing or lesion.parts)
        seen = expansion(at, self.spans, self.sections, self.frame, self.parameters.suggestions)
        numbers: Row = {
            "cord_area_mm2": seen.area_mm2,
            "cord_area_ratio": seen.area_ratio,
            "cord_area_z": seen.z,
            "cord_ap_ratio": seen.ap_ratio,
        }
        present = seen.is_present(self.parameters.suggestions)
        return Suggestion(
            value=None if present is None else _presence(present),
            na_reason=NOT_COVERED if present is None else None,
            numbers=numbers,
        )

    @property
    def _is_compressed(self) -> bool:
        read = self.case.findings
        return read is not None and read.of_patient("epidural_disease").value == "cord_compression"

    def _from_images(self, lesion: Lesion) -> Suggestions:
        seen = self._signals(lesion)
        p = self.parameters.suggestions
        fluid, blood = cyst(seen, p), hemorrhage(seen, p)
        enhancing = self._pattern(lesion, seen, fluid, blood)
        return {
            "t2_signal": self._signal("t2", seen.t2, seen.part, fluid, Weighting.T2),
            "t1_signal": self._signal("t1", seen.t1, seen.part, fluid, Weighting.T1),
            **self._content(fluid, blood),
            **self._signs(enhancing),
        }

    def _signals(self, lesion: Lesion) -> LesionSignals:
        p = self.parameters.suggestions
        part = _main(lesion, self.parameters)
        points = part.points_mm
        span = span_of(lesion.parts)
        normal = self.cord.near(span, self.spans, p)
        # an axial stack ends near the lesion: there the cord next to it has to do
        beside = self.cord.near(part.span, (), p, gap_mm=p.near_gap_mm)
        t2 = self.images.t2(points)
        return LesionSignals(
            part=part,
            t1=self._seen(self.images.t1_before(points), points, normal),
            t2=self._seen(t2, points, normal),
            t2star=self._seen(self.images.gradient_echo(points), points, beside),
            post=self._seen(self.images.t1_after(points), points, normal),
            csf=None if t2 is None else csf_signal(lambda at: self.images.at(t2, at), span, self.frame, p),
        )

    def _seen(self, series: Series | None, points_mm: FloatArray, normal: FloatArray) -> Seen | None:
        if series is None:
            return None
        compared = reference(self.images.at(series, normal), self.parameters.suggestions)
        return None if compared is None else Seen(values=self.images.at(series, points_mm), reference=compared)

    def _signal(self, name: str, seen: Seen | None, part: Part, fluid: Cyst | None, weighting: Weighting) -> Suggestion:
        p = self.parameters.suggestions
        if seen is None:
            return Suggestion(na_reason=self._lack(weighting, Contrast.NO if weighting is Weighting.T1 else None))
        # on T2 the halo of oedema shines into the lesion's side; on T1 the whole lesion counts
        where = core_of(part, p) if weighting is Weighting.T2 else np.ones(len(part.index), dtype=bool)
        if fluid is not None and fluid.is_present and (where & ~fluid.where).any():
            where &= ~fluid.where
        numbers: Row = {f"{name}_signal_reference_voxels": seen.reference.voxels}
        found = signal(seen, where, p)
        if found is None:
            return Suggestion(na_reason=NOT_COVERED, numbers=numbers)
        numbers |= {f"{name}_signal_ratio": found.ratio, f"{name}_signal_z": found.z}
        return Suggestion(value=found.word, numbers=numbers)

    def _content(self, fluid: Cyst | None, blood: Hemorrhage | None) -> Suggestions:
        made = {name: Suggestion(na_reason=self._lack(Weighting.T2, None)) for name in ("cystic_change", "hemorrhage")}
        if fluid is not None:
            made["cystic_change"] = Suggestion(
                value=_presence(fluid.is_present),
                numbers={
                    "cyst_voxels": fluid.voxels,
                    "cyst_size_mm": fluid.size_mm,
                    "cyst_t2_csf_ratio": fluid.csf_ratio,
                },
            )
        if blood is not None:
            z: Row = {
                "hemorrhage_t1_z": blood.t1_z,
                "hemorrhage_t2_z": blood.t2_z,
                "hemorrhage_t2star_z": blood.t2star_z,
            }
            made["hemorrhage"] = Suggestion(value=_presence(bool(blood.evidence)), numbers=z)
            made["hemorrhage_evidence"] = Suggestion(value=";".join(blood.evidence) or NOT_APPLICABLE)
        return made

    def _pattern(
        self, lesion: Lesion, seen: LesionSignals, fluid: Cyst | None, blood: Hemorrhage | None
    ) -> Pattern | None:
        if seen.post is None or not np.isfinite(seen.post.values).any():
            return None
        views = tuple(part for part in lesion.enhancing if may_enhance(part.series))
        if not views:
            return not_enhancing(seen.post, self.parameters.suggestions)
        masks = [one.where for one in (fluid, blood) if one is not None and one.where.any()]
        if fluid is not None and not fluid.is_present:
            masks = [where for where in masks if where is not fluid.where]
        avoided = [seen.part.subset(where).span for where in masks]
        return pattern(views, seen.post, self._before(seen), self.images, self.cord, self.frame, avoided)

    def _before(self, seen: LesionSignals) -> Before:
        series = self.images.t1_before(seen.part.points_mm)

        def ratio(points_mm: FloatArray) -> FloatArray:
            if seen.t1 is None:
                return np.ones(len(points_mm))
            relative = self.images.at(series, points_mm) / seen.t1.reference.median
            return np.where(np.isfinite(relative), relative, 1.0)

        return ratio

    def _signs(self, seen: Pattern | None) -> Suggestions:
        names = ("enhancement_pattern", "rim_sign", "flame_sign")
        if seen is None:
            return {name: Suggestion(na_reason=self._lack(Weighting.T1, Contrast.YES)) for name in names}
        p = self.parameters.suggestions
        values = (seen.word, seen.rim(p), seen.flame(p))
        numbers = _pattern_numbers(seen)
        return {
            name: Suggestion(value=value, na_reason=TOO_SMALL if value is None else None, numbers=numbers[name])
            for name, value in zip(names, values, strict=True)
        }

    def _lack(self, weighting: Weighting, contrast: Contrast | None) -> str:
        """Return why a kind of image says nothing: not acquired, or there but of no use at the lesion."""
        kinds = [s for s in self.case.every_series if s.weighting is weighting and contrast in (None, s.contrast)]
        if not kinds:
            return MISSING
        return OTHER if self.case.volumes is None or self.images.problems else NOT_COVERED


def suggester(case: Case, found: Found, frame: Frame, parameters: FeatureParameters) -> Suggester:
    """Prepare a case for suggestions; images are read when a lesion asks for them."""
    lesions = [span_of(one.enhancing) for one in found.lesions if one.enhancing]
    return Suggester(
        case=case,
        found=found,
        frame=frame,
        images=Images(case=case, parameters=parameters),
        cord=cord_points(frame),
        sections=cord_sections(frame, parameters),
        spans=(*lesions, *(region.span for region in found.regions)),
        parameters=parameters,
    )


def add_suggestions(
    measured: Iterable[MeasuredLesion], found: Found, case: Case, frame: Frame, parameters: FeatureParameters
) -> tuple[Problem, ...]:
    """Enter the suggestions for every lesion in its row; return what is wrong with the images."""
    making = suggester(case, found, frame, parameters)
    drawn = {lesion.id: lesion for lesion in found.lesions}
    for one in measured:
        # a mask far from the cord lies on other coordinates than the images, or the cord does
        if one.id in drawn and not one.is_misplaced:
            enter(one.row, making.of_lesion(drawn[one.id]))
            one.row["rim_flame"] = rim_flame(one.row["rim_sign"], one.row["flame_sign"])
        if one.row["hemorrhage"] == "present" and one.row["hemorrhage_evidence"] == "t1_hyper":
            one.row["flags"] = flags_text({*str(one.row["flags"] or "").split(";"), MELANIN} - {""})
    return tuple(making.images.problems)


def enter(row: Row, suggestions: Suggestions) -> None:
    """Enter suggestions and their numbers in a row of lesions.csv; where a reader answered, the answer stays.

    A suggestion that findings.json holds stays too: it is the one that a reader saw.
    """
    for name, made in suggestions.items():
        row |= {
            column: value for column, value in made.numbers.items() if value is None or np.isfinite(float(str(value)))
        }
        if row.get(f"{name}_suggested") is None:
            row[f"{name}_suggested"] = made.value
        is_read = row.get(name) is not None or row.get(f"{name}_na_reason") is not None
        if is_read:
            continue
        if made.value is None:
            row[f"{name}_na_reason"] = made.na_reason
        else:
            row |= {name: made.value, f"{name}_source": "suggested"}


def _pattern_numbers(seen: Pattern) -> dict[str, Row]:
    whole: Row = {"enh_median_fraction": seen.median, "enh_median_z": seen.z}
    rim: Row = {}
    if seen.layers is not None:
        whole |= {
            "enh_core_fraction": seen.layers.core,
            "enh_shell_fraction": seen.layers.shell,
            "enh_cv": seen.layers.cv,
            "enh_depth_mm": seen.layers.depth_mm,
        }
        rim = {"rim_shell_core_ratio": seen.layers.rim_ratio, "rim_ratio_error": seen.layers.rim_error}
    flame: Row = {}
    for site, pole in zip(("superior", "inferior"), seen.poles or (), strict=False):
        flame |= {f"flame_{site}_edge_ratio": pole.edge_ratio, f"flame_{site}_taper_mm": pole.taper_mm}
    return {"enhancement_pattern": whole, "rim_sign": rim, "flame_sign": flame}


def _sections(parts: Iterable[Part], parameters: FeatureParameters) -> Parts:
    return tuple(part for part in parts if shows_section(part.series, parameters))


def _main(lesion: Lesion, parameters: FeatureParameters) -> Part:
    """Return the view of a lesion whose voxels are looked up: along the cord, enhancing where it enhances."""
    views = along_cord(lesion.enhancing, parameters) or lesion.enhancing or lesion.parts
    return max(views, key=lambda part: len(part.index))


def _presence(value: bool) -> str:
    return "present" if value else "absent"
