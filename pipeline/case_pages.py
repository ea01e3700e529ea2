"""A page per patient: thumbnails of each series, outlines, levels, the measured numbers and what they rest on.

The page is a fragment of HTML without script, for the report; it holds its pictures and its style.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from mri.flags import SYNTHETIC as SYNTHETIC_FLAG
from mri.study import Contrast, Plane, Series, Study, Weighting
from mri.volume import Volume
from pipeline.case_figures import Shown, panels
from pipeline.case_grid import AXIAL
from pipeline.case_levels import level_strip
from pipeline.case_slices import SHOWN_REGIONS, Drawn, frame_of
from pipeline.case_tables import (
    finding_lines,
    lesion_cells,
    measured_on,
    not_judged,
    patient_findings,
    proposal_flags,
    row_flags,
    series_lines,
    with_availability,
)
from pipeline.case_words import NONE, is_missing, number, plain, series_label, words
from pipeline.lesion_pictures import LesionPictures
from segmentation.annotation import AUTO, Mask
from segmentation.levels import STANDARD, DiscPoints
from segmentation.regions import Region
from segmentation.vocabulary import Scope
from survival.templating import templates_of

if TYPE_CHECKING:
    from jinja2 import Template

    from survival.report import Section

RESEARCH_ONLY = "Research use only. Not a medical device; not for diagnosis, treatment or individual prognosis."
UNREAD_AUTO = "Unread: the program's proposals, signed by no reader."
UNREAD = "Unread: signed by no reader."
SYNTHETIC = "Synthetic: a made patient, no evidence."
_PLANES = (Plane.SAGITTAL, Plane.ISOTROPIC, Plane.CORONAL, Plane.AXIAL)
_WEIGHTINGS = (Weighting.T2, Weighting.STIR, Weighting.GRE, Weighting.T1, Weighting.UNKNOWN)
_CONTRASTS = (Contrast.NO, Contrast.UNKNOWN, Contrast.YES)
STATION_GAP_MM = 60.0
"""Series whose middles differ by more in height are of different stations; those of one station differ by a slice."""


def case_section(
    study: Study,
    read: Callable[[Series], Volume],
    masks: Sequence[Mask],
    discs: DiscPoints | None,
    lesion_rows: Sequence[Mapping[str, object]],
    patient_row: Mapping[str, object],
    *,
    scans: Sequence[Mapping[str, str]] = (),
    places: Sequence[LesionPictures] = (),
    synthetic: bool = False,
) -> "Section":
    """Return the page of one session as a section of the report.

    Parameters
    ----------
    study : Study
        The session and its kept series; each has at least one thumbnail.
    read : callable
        Gives the image of a series, on the grid of its geometry. One that raises `RefusedError` is named on the page.
    masks : sequence of Mask
        Of the author whose numbers are shown; outlines are drawn on every series of the same frame of reference.
    discs : DiscPoints or None
        In LPS mm, in the frame of reference of the cord masks.
    lesion_rows : sequence of mapping
        Rows of ``lesions.csv``; text and typed values both do, empty is None or the empty text.
    patient_row : mapping
        Row of ``patients.csv``.
    scans : sequence of mapping, optional
        Rows of ``scans.tsv``, for the evidence of the classification.
    places : sequence of LesionPictures, optional
        Pictures of each lesion with its sizes where they were measured.
    synthetic : bool
        Whether the clinical table calls the patient made. The page says so then, and where the row or its flags do.

    Returns
    -------
    Section
        With markup whose classes all begin with ``case-``.
    """
    from survival.report import Section

    title = f"Participant {study.id.participant}, session {study.id.session}"
    return Section(
        title=title,
        html=_html(
            study, read, masks, discs, lesion_rows, patient_row, scans=scans, places=places, synthetic=synthetic
        ),
    )


def _html(
    study: Study,
    read: Callable[[Series], Volume],
    masks: Sequence[Mask],
    discs: DiscPoints | None,
    lesion_rows: Sequence[Mapping[str, object]],
    patient_row: Mapping[str, object],
    *,
    scans: Sequence[Mapping[str, str]],
    places: Sequence[LesionPictures],
    synthetic: bool,
) -> str:
    drawn = Drawn.of(masks)
    stations = _station_ranks(study.series)
    ordered = sorted(study.series, key=lambda series: _hanging_order(series, stations))
    shown = Shown(drawn=drawn, discs=discs, disc_frames=_disc_frames(drawn, study))
    pictures, unread = panels(ordered, read, shown)
    lesions = [row for row in lesion_rows if row.get("lesion_id") not in (None, "")]
    has_cord = any(mask.region is Region.CORD for mask in drawn.masks)
    author = str(patient_row.get("author") or "")
    return _template().render(
        study=study.id,
        author=author,
        stamps=_stamps(patient_row, synthetic),
        research_only=RESEARCH_ONLY,
        summary=_summary(patient_row, lesions),
        groups=[list(group) for _, group in groupby(pictures, key=lambda p: (p.series.plane, stations[p.series.name]))],
        strip=level_strip(lesions, patient_row, discs.scheme if discs else STANDARD),
        discs=discs,
        legend=_legend(drawn),
        unstated=_is_unstated(drawn, study),
        lesions=[(str(row["lesion_id"]), lesion_cells(row)) for row in lesions],
        places=places,
        measured_on=measured_on(lesions, study),
        findings=finding_lines(lesions, Scope.LESION),
        patient_findings=patient_findings(patient_row),
        flags=(*row_flags(lesions, patient_row), *proposal_flags(masks, discs)),
        judgements=not_judged(lesions, with_availability(patient_row, ordered), unread, has_cord, discs is not None),
        series=series_lines(ordered, scans),
        series_label=series_label,
        axial=AXIAL,
    )


def _station_ranks(every: Sequence[Series]) -> dict[str, int]:
    """Return series name → number of its station within its plane, from above downwards: one height, one station."""
    ranks: dict[str, int] = {}
    for plane in _PLANES:
        heights = sorted((-_middle_z(s), s.name) for s in every if s.plane is plane)
        rank = 0
        for k, (height, name) in enumerate(heights):
            rank += k > 0 and height - heights[k - 1][0] > STATION_GAP_MM
            ranks[name] = rank
    return ranks


def _middle_z(series: Series) -> float:
    shape = series.geometry.shape
    return float(series.geometry.to_world([(n - 1) / 2 for n in shape])[2])


def _hanging_order(series: Series, stations: Mapping[str, int]) -> tuple[int, int, int, int, str]:
    """Sort as on a light box: by plane, from above downwards, T2 to T1, before contrast to after."""
    return (
        _PLANES.index(series.plane),
        stations[series.name],
        _WEIGHTINGS.index(series.weighting),
        _CONTRASTS.index(series.contrast),
        series.name,
    )


def _disc_frames(drawn: Drawn, study: Study) -> frozenset[str]:
    """Return the frames the discs hold for: that of the cord masks, else of all masks, else the study's only one."""
    cords = frozenset(frame_of(mask.series) for mask in drawn.masks if mask.region is Region.CORD)
    if cords or drawn.masks:
        return cords or drawn.frames
    frames = frozenset(frame_of(series) for series in study.series)
    return frames if len(frames) == 1 else frozenset()


def _stamps(patient_row: Mapping[str, object], synthetic: bool) -> tuple[str, ...]:
    flags = str(patient_row.get("flags") or "").split(";")
    unread = UNREAD_AUTO if patient_row.get("author") == AUTO else UNREAD if "unread" in flags else ""
    # the images say it too: a patient is made even where no clinical table was joined
    made = synthetic or SYNTHETIC_FLAG in flags or str(patient_row.get("synthetic")).lower() in ("1", "true")
    return tuple(stamp for stamp in (unread, SYNTHETIC if made else "") if stamp)


def _summary(patient_row: Mapping[str, object], lesions: Sequence[Mapping[str, object]]) -> tuple[tuple[str, str], ...]:
    """Return the few numbers at the head of the page."""
    count = patient_row.get("n_lesions")
    if is_missing(count) and patient_row.get("status", "ok") == "ok":
        count = len(lesions)
    said = (
        ("Lesions", number(count, 0)),
        ("Longest enhancing extent, levels", number(patient_row.get("enh_seg_count_max"), 0)),
        ("Longest T2 extent, levels", number(patient_row.get("t2_seg_count_max"), 0)),
        ("T2 extent of all lesions together, levels", number(patient_row.get("t2_total_seg"))),
        ("Regions of the cord", plain(patient_row.get("regions") or NONE).replace(";", ", ")),
        *((f"Imaged on {words('coverages')[c]}", str(patient_row[c]).replace("-", "–")) for c in _covered(patient_row)),
    )
    return tuple((name, value) for name, value in said)


def _covered(patient_row: Mapping[str, object]) -> list[str]:
    return [column for column in words("coverages") if not is_missing(patient_row.get(column))]


def _legend(drawn: Drawn) -> tuple[tuple[Region, str], ...]:
    present = {mask.region for mask in drawn.masks}
    return tuple((region, words("regions")[region]) for region in SHOWN_REGIONS if region in present)


def _is_unstated(drawn: Drawn, study: Study) -> bool:
    """Return whether outlines were carried between series that do not state their frame of reference."""
    return "" in drawn.frames and sum(not frame_of(series) for series in study.series) > 1


def _template() -> "Template":
    return templates_of("pipeline").get_template("case.html")
