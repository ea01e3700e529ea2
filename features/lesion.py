"""One lesion: everything measured and read of it, as one row of lesions.csv."""

from dataclasses import dataclass

from features.case import Case
from features.count import Found, Lesion
from features.enhancing import Enhancing, measure_enhancing
from features.extent import Segments, Span
from features.frame import Frame
from features.hyperintensity import Hyperintensity, measure_t2
from features.parameters import FeatureParameters
from features.parts import Parts, largest_gap_mm
from features.proposal_flags import lesion_flags
from features.readings import lesion_readings, override
from features.rows import MISSING_REASON, Row, empty_row, flags_text, reasons, source_of
from features.whereabouts import whereabouts
from mri.geometry import Vector
from mri.problems import Problem, Severity, warning
from mri.study import Weighting
from segmentation.findings import NOT_APPLICABLE
from segmentation.regions import Region

RATIOS = {
    "ratio_length": ("t2_length_mm", "enh_length_mm"),
    "ratio_segments": ("t2_seg_frac", "enh_seg_frac"),
    "ratio_seg_count": ("t2_seg_count", "enh_seg_count"),
}
"""Each ratio: what is divided, and by what."""
_BASES = {(True, True): "both", (True, False): "enhancement", (False, True): "t2"}
_NEGATIVE = ("absent", NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredLesion:
    """A lesion as measured.

    Attributes
    ----------
    row : Row
        One row of lesions.csv.
    segments : Segments or None
        Extent that its regions are told from: of the enhancing part, else of the T2 hyperintensity.
    t2_segments : Segments or None
    centre_mm : Vector or None
        LPS position of the middle of its voxels.
    is_listed : bool
        Whether a signed reading, if there is one, lists it; before signing, whether it lies near the cord.
    is_off_cord : bool
        Whether all that was drawn of it lies far from the cord.
    problems : tuple of Problem
    """

    row: Row
    segments: Segments | None
    t2_segments: Segments | None
    centre_mm: Vector | None = None
    is_listed: bool = True
    is_off_cord: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def id(self) -> int:
        """Number of the lesion."""
        return int(str(self.row["lesion_id"]))

    @property
    def is_misplaced(self) -> bool:
        """Whether a mask of it lies far from the cord: that one, or the cord, lies on other coordinates."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)

    @property
    def is_counted(self) -> bool:
        """Whether it is an intramedullary metastasis: listed, still there, and not of the cauda equina or the filum."""
        is_gone = self.row["followup_status"] == "gone"
        return self.is_listed and not is_gone and self.row["lesion_origin"] != "possibly_leptomeningeal"


def measure_lesion(
    lesion: Lesion, found: Found, case: Case, frame: Frame, parameters: FeatureParameters
) -> MeasuredLesion:
    """Measure one lesion."""
    place = whereabouts(lesion, case, frame, parameters)
    enhancing = measure_enhancing(lesion, case, place.enhancing, parameters)
    t2 = measure_t2(lesion, found, case, place.t2, parameters)
    row = empty_row("lesions")
    row |= {"participant_id": case.study.participant, "session_id": case.study.session}
    row |= {"lesion_id": lesion.id, "author": case.author, "status": "ok"}
    row["synthetic"] = case.synthetic
    row |= enhancing.row | t2.row | ratios(enhancing, t2)
    row |= _read(lesion, case, known=set(row))
    row["rim_flame"] = rim_flame(row["rim_sign"], row["flame_sign"])
    row["flags"] = flags_text(
        {*case.flags, *frame.flags, *lesion.flags, *t2.flags, *(problem.code for problem in place.problems)}
        | ({"outside_cord"} if place.is_outside else set())
        | _flags(row, lesion, case, parameters)
        | _along_flags(place.enhancing, enhancing.span, parameters)
        | _along_flags(place.t2, t2.span, parameters)
        | lesion_flags(case.masks, lesion.id)
        | reasons(row)
    )
    apart = _in_parts(lesion, found, case, parameters)
    row["flags"] = flags_text({*str(row["flags"] or "").split(";"), *(problem.code for problem in apart)} - {""})
    return MeasuredLesion(
        row=row,
        segments=enhancing.segments or t2.segments,
        t2_segments=t2.segments,
        centre_mm=_centre(lesion.parts),
        is_listed=_is_listed(lesion, case),
        is_off_cord=place.is_off_cord,
        problems=(*place.problems, *apart),
    )


def ratios(enhancing: Enhancing, t2: Hyperintensity) -> Row:
    """Return T2 extent by enhancing extent, counted three ways; 0 where T2 was read and there is none."""
    row: Row = {}
    for name, (above, below) in RATIOS.items():
        over, under = t2.row.get(above), enhancing.row.get(below)
        if over is None or under is None or not float(str(under)):
            reason = enhancing.row.get(f"{below}{MISSING_REASON}") or t2.row.get(f"{above}{MISSING_REASON}")
            row[f"{name}{MISSING_REASON}"] = reason
        else:
            row[name] = float(str(over)) / float(str(under))
    return row


def rim_flame(rim: object, flame: object) -> str | None:
    """Return the combination of both signs; missing where one is not known, a sign not applicable is none."""
    known = ("present", *_NEGATIVE)
    if rim not in known or flame not in known:
        return None
    names = {(False, False): "neither", (True, False): "rim_only", (False, True): "flame_only", (True, True): "both"}
    return names[rim == "present", flame == "present"]


def _read(lesion: Lesion, case: Case, known: set[str]) -> Row:
    """Return the reader's answers, and the computed basis where the reader gave none."""
    row = {name: value for name, value in lesion_readings(case.findings, lesion.id).items() if name in known}
    seen = _BASES.get((bool(lesion.enhancing), bool(lesion.t2)))
    override(row, {"lesion_basis": seen}, source_of(part.author for part in lesion.parts))
    return row


def _is_listed(lesion: Lesion, case: Case) -> bool:
    """Return whether a lesion is on the signed list; there is none before signing or without answers on lesions."""
    read = case.findings
    return read is None or not read.signed or not read.lesions or lesion.id in read.lesions


def _centre(parts: Parts) -> Vector | None:
    if not parts:
        return None
    x, y, z = (float(k) for k in parts[0].points_mm.mean(axis=0))
    return (x, y, z)


def _in_parts(lesion: Lesion, found: Found, case: Case, parameters: FeatureParameters) -> tuple[Problem, ...]:
    """Tell of a number whose voxels lie far apart: it may stand for several lesions."""
    gaps = {part.series.name: largest_gap_mm(part) for part in lesion.enhancing} if found.numbered else {}
    series = max(gaps, key=lambda name: gaps[name], default="")
    if not series or gaps[series] <= parameters.parts_apart_mm:
        return ()
    message = f"lesion {lesion.id} is in parts {gaps[series]:.0f} mm apart; give each lesion a number of its own"
    return (warning("lesion_in_parts", f"{case.study}, {series}", message),)


def _flags(row: Row, lesion: Lesion, case: Case, parameters: FeatureParameters) -> set[str]:
    """Return what limits the numbers of a lesion."""
    parts = lesion.parts
    tests = {
        "tiny": bool(parts) and max(len(part.index) for part in parts) < parameters.tiny_voxels,
        "truncated": bool(row["enh_truncated"] or row["t2_truncated"]),
        "t2_shared": row["t2_shared_with"] is not None,
        "t2_ge3_ambiguous": row["t2_ge3_ambiguous"] is True,
        "ratio_shared": row["t2_shared_with"] is not None and row["ratio_length"] is not None,
        "enh_max_mm:no_axial": row["enh_max_mm"] is not None and row["enh_tr_mm"] is None,
        "stir_only": row["t2_si_mm"] is None and _has_stir_mask(case),
        "no_voxels": not parts,
        "not_on_signed_list": not _is_listed(lesion, case),
    }
    return {name for name, is_so in tests.items() if is_so}


def _along_flags(frame: Frame, span: Span | None, parameters: FeatureParameters) -> set[str]:
    """Return what limits the numbers of a structure along the cord."""
    if span is None or not frame.has_cord:
        return set()
    beyond = {"cord_extrapolated"} if _is_beyond(span, frame, parameters) else set()
    return beyond | frame.level_flags(span)


def _is_beyond(span: Span, frame: Frame, parameters: FeatureParameters) -> bool:
    past = max(-span.low_mm, span.high_mm - frame.axis.length_mm)
    return past > parameters.beyond_cord_mm


def _has_stir_mask(case: Case) -> bool:
    masks = case.of_region(Region.T2HYPER)
    return any(mask.series.weighting is Weighting.STIR and mask.labels.array.any() for mask in masks)
