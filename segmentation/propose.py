"""What the program proposes for one session, or for one image: cord, levels, lesions; a reader confirms or corrects."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from mri.geometry import Vector
from mri.problems import Problem, note, warning
from mri.study import Contrast, Plane, Series, Study, Weighting
from mri.volume import LabelMap, Volume
from segmentation.annotation import AUTO, Annotation, Mask
from segmentation.canal_axis import with_canal
from segmentation.centreline import Centreline, fit_centreline
from segmentation.contrast import signal_contrast
from segmentation.cord import CordProposal, propose_cord
from segmentation.cord_profile import cord_profile
from segmentation.disc_files import FORMAT, FRAME, discs_as_json
from segmentation.discs import DiscProposal, propose_discs
from segmentation.lesions import Candidate, find_candidates
from segmentation.numbering import Lesion, number_lesions, numbered_mask
from segmentation.parameters import SegmentationParameters
from segmentation.regions import Region
from segmentation.session_axial import look_on_axial
from segmentation.session_cords import SeenCord, SpineView, view_spine
from segmentation.session_lesions import EnhancedView, look_for_enhancement, look_for_t2

LESION_METHOD = "robust excess over normal cord, half height"


def propose_session(
    study: Study,
    read: Callable[[Series], Volume],
    *,
    known_discs: Mapping[str, Vector] | None = None,
    parameters: SegmentationParameters | None = None,
) -> Annotation:
    """Propose cord, discs and lesions of one session as author ``auto``.

    Parameters
    ----------
    study : Study
    read : callable
        Gives the image of a series.
    known_discs : mapping of str to Vector, optional
        Discs that a person named, LPS mm.
    parameters : SegmentationParameters, optional

    Returns
    -------
    Annotation
        Its ``problems`` say what could not be judged and why.
    """
    options = parameters or SegmentationParameters()
    problems = list(_missing(study))
    frames = _frames(study)
    masks: list[Mask] = []
    discs = None
    offset = 0
    for number, frame in enumerate(frames):
        view, faults = view_spine(_without_late(frame), read, options)
        problems += faults
        if view is None:
            problems.append(
                warning("no_cord", str(study.id), "no cord was found; draw it, or check the classification")
            )
            continue
        found = _propose_frame(study, frame, view, read, known_discs if number == 0 else None, options, offset)
        masks += found.masks
        problems += found.problems
        offset += found.n_lesions
        discs = discs or found.discs.discs
    if len(frames) > 1:
        message = "series of several frames of reference: levels are proposed in the first only, the reader joins them"
        problems.append(warning("several_frames", str(study.id), message))
    return Annotation(study=study.id, author=AUTO, masks=tuple(masks), discs=discs, problems=tuple(problems))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CaseProposal:
    """What is proposed for one image (CONTRACT, `propose-case`).

    Attributes
    ----------
    cord, candidates : LabelMap
        On the grid of the image; candidate k is 1, 2, … from rostral to caudal.
    centreline : Centreline
    score : ndarray
        Correlation with a cord's section at each point of the centreline.
    discs : DiscProposal
    lesions : tuple of Lesion
    problems : tuple of Problem
    """

    cord: LabelMap
    candidates: LabelMap
    centreline: Centreline
    score: np.ndarray[tuple[int], np.dtype[np.float64]]
    cord_flags: tuple[str, ...]
    discs: DiscProposal
    lesions: tuple[Lesion, ...]
    parameters: Mapping[str, object] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def centreline_rows(self) -> Iterator[dict[str, object]]:
        """Yield the rows of centreline.csv: LPS mm, arc length in mm, score."""
        for (x, y, z), s, score in zip(self.centreline.points_mm, self.centreline.s_mm, self.score, strict=True):
            yield {
                "x": round(float(x), 3),
                "y": round(float(y), 3),
                "z": round(float(z), 3),
                "s_mm": round(float(s), 3),
                "score": round(float(score), 3),
            }

    def discs_json(self) -> dict[str, object]:
        """Return the content of discs.json; without points where no disc is in view."""
        if self.discs.discs is None:
            return {"format": FORMAT, "frame": FRAME, "points": {}, "flags": list(self.discs.flags)}
        return discs_as_json(self.discs.discs)

    def record(self) -> dict[str, object]:
        """Return the content of proposal.json: scores, flags, parameters."""
        return {
            "format": FORMAT,
            "use": "research use only",
            "cord": {"mean_score": round(float(self.score.mean()), 3), "flags": list(self.cord_flags)},
            "discs": {
                "scores": dict(self.discs.scores),
                "margin": None if self.discs.margin is None else round(self.discs.margin, 2),
                "flags": list(self.discs.flags),
                **self.discs.provenance,
            },
            "lesions": [lesion.record() for lesion in self.lesions],
            "parameters": dict(self.parameters),
        }


def propose_case(
    volume: Volume,
    weighting: Weighting,
    *,
    clicks_mm: Sequence[Vector] = (),
    known_discs: Mapping[str, Vector] | None = None,
    name: str = "image",
    parameters: SegmentationParameters | None = None,
) -> CaseProposal:
    """Propose the cord, its axis, discs and lesion candidates of one image.

    Parameters
    ----------
    volume : Volume
    weighting : Weighting
        Bright regions of a T1-weighted image are taken for enhancement, of any other for T2 hyperintensity.
    clicks_mm : sequence of Vector
        Points inside the cord, LPS mm.
    known_discs : mapping of str to Vector, optional
    name : str
        What a refusal calls the image.
    parameters : SegmentationParameters, optional

    Raises
    ------
    RefusedError
        If the weighting is unknown, or the image cannot show a cord.
    """
    options = parameters or SegmentationParameters()
    cord = propose_cord(volume, weighting, clicks_mm=clicks_mm, name=name, parameters=options.cord)
    axis = fit_centreline([cord.labels], options.centreline)
    profile = cord_profile([cord], axis, options.discs)
    discs = propose_discs(
        [volume],
        axis,
        known=known_discs,
        profile=profile,
        canal=with_canal(axis, [cord]),
        parameters=options.discs,
    )
    contrast = signal_contrast(volume, cord.labels, axis, options.lesions)
    is_t1 = weighting is Weighting.T1
    candidates = [] if contrast is None else find_candidates(contrast, options.lesions, exophytic=is_t1)
    lesions = number_lesions(
        candidates if is_t1 else [], [] if is_t1 else candidates, enhanced_views_mm=[], options=options.lesions
    )
    return CaseProposal(
        cord=cord.labels,
        candidates=_labels(volume, candidates, lesions, t2=not is_t1),
        centreline=axis,
        score=_score_along(cord, axis),
        cord_flags=cord.flags,
        discs=discs,
        lesions=lesions,
        parameters=asdict(options),
        problems=tuple(_case_problems(is_t1=is_t1, has_reference=contrast is not None)),
    )


def _case_problems(*, is_t1: bool, has_reference: bool) -> Iterator[Problem]:
    """Yield what keeps candidates of a single image from being found, or from being what they seem."""
    if not has_reference:
        yield warning("no_reference", "cord", "too little cord to compare a lesion with")
    if is_t1:
        yield note("no_precontrast", "candidates", "without a pre-contrast image bright may be no enhancement")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Frame:
    """What was proposed in one frame of reference."""

    masks: list[Mask]
    discs: DiscProposal
    n_lesions: int
    problems: list[Problem]


def _propose_frame(
    study: Study,
    frame: Sequence[Series],
    view: SpineView,
    read: Callable[[Series], Volume],
    known_discs: Mapping[str, Vector] | None,
    options: SegmentationParameters,
    offset: int,
) -> _Frame:
    images = [seen.volume for seen in view.cords]
    discs = propose_discs(
        images,
        view.centreline,
        known=known_discs,
        profile=view.profile,
        canal=with_canal(view.centreline, [seen.cord for seen in view.cords]),
        parameters=options.discs,
    )
    late = [series for series in frame if series.contrast is Contrast.YES]
    enhanced, problems = look_for_enhancement(late, view, read, options)
    t2 = look_for_t2(view, options)
    lesions = number_lesions(
        [candidate for one in enhanced for candidate in one.candidates],
        [candidate for one in t2 for candidate in one.candidates],
        [one.view_mm for one in enhanced],
        options.lesions,
    )
    lesions = tuple(replace(lesion, number=lesion.number + offset) for lesion in lesions)
    axial, lesions, faults = look_on_axial(_late_axial(study, frame), view, lesions, read, options)
    problems += faults
    enhanced = [*enhanced, *axial]
    masks = [*_cord_masks(view, enhanced), *_lesion_masks(enhanced, lesions, t2=False)]
    masks += _lesion_masks(t2, lesions, t2=True)
    return _Frame(masks=masks, discs=discs, n_lesions=len(lesions), problems=problems)


def _cord_masks(view: SpineView, enhanced: Sequence[EnhancedView]) -> Iterator[Mask]:
    """Yield the cord on each T2 series (each T1 where there is none), and on each series after contrast."""
    for seen in view.of(Weighting.T2) or view.cords:
        flags = list(seen.cord.flags)
        yield Mask(
            region=Region.CORD,
            series=seen.series,
            labels=seen.cord.labels,
            author=AUTO,
            provenance=dict(seen.cord.provenance) | {"flags": flags} | _ends(seen, view),
        )
    for one in enhanced:
        yield Mask(region=Region.CORD, series=one.series, labels=one.cord, author=AUTO, provenance=dict(one.provenance))


def _ends(seen: SeenCord, view: SpineView) -> dict[str, object]:
    """Return the heights (LPS z, mm) between which a cord was found, and where its tip is seen, if it is."""
    z = seen.cord.centre_mm[:, 2]
    tip = view.profile.tip_mm
    place = None if tip is None else [round(float(v), 1) for v in view.centreline.position_at(tip)]
    return {
        "valid_z_mm": [round(float(z.max()), 1), round(float(z.min()), 1)] if len(z) else None,
        "conus_tip_mm": place,
    }


def _lesion_masks(views: Sequence[EnhancedView], lesions: Sequence[Lesion], *, t2: bool) -> Iterator[Mask]:
    """Yield a mask for each series that was searched; an empty one says that nothing was found there."""
    for one in views:
        labels = _labels(one.volume, one.candidates, lesions, t2=t2)
        present = set(labels.labels())
        yield Mask(
            region=Region.T2HYPER if t2 else Region.ENHANCING,
            series=one.series,
            labels=labels,
            author=AUTO,
            provenance=dict(one.provenance)
            | {
                "method": LESION_METHOD,
                "numbering": "lesion_id",
                "lesions": [lesion.record() for lesion in lesions if lesion.number in present],
            },
        )


def _labels(volume: Volume, candidates: Sequence[Candidate], lesions: Sequence[Lesion], *, t2: bool) -> LabelMap:
    array = np.zeros(volume.geometry.shape, dtype=np.uint8)
    for candidate in candidates:
        array = np.maximum(array, candidate.contrast.whole(numbered_mask(candidate, lesions, t2=t2)).array)
    return LabelMap(array=array, geometry=volume.geometry)


def _score_along(cord: CordProposal, axis: Centreline) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    s = axis.project(cord.centre_mm).s_mm
    order = np.argsort(s)
    return np.interp(axis.s_mm, s[order], cord.score[order])


def _frames(study: Study) -> list[list[Series]]:
    """Return the series that can be judged, by frame of reference, the largest frame first."""
    usable = [
        series
        for series in study.series
        if series.plane in (Plane.SAGITTAL, Plane.ISOTROPIC) and series.weighting in (Weighting.T1, Weighting.T2)
    ]
    names = sorted({series.frame_of_reference for series in usable})
    frames = [[series for series in usable if series.frame_of_reference == name] for name in names]
    return sorted(frames, key=len, reverse=True)


def _late_axial(study: Study, frame: Sequence[Series]) -> list[Series]:
    """Return the axial T1 series after contrast of the same frame of reference."""
    return [
        series
        for series in study.series
        if series.plane is Plane.AXIAL
        and series.weighting is Weighting.T1
        and series.contrast is Contrast.YES
        and series.frame_of_reference == frame[0].frame_of_reference
    ]


def _without_late(frame: Sequence[Series]) -> list[Series]:
    """Return the series before contrast; those after it where there are no others."""
    early = [series for series in frame if series.contrast is not Contrast.YES]
    return early or list(frame)


def _missing(study: Study) -> Iterator[Problem]:
    """Yield what cannot be judged because its series is not there."""
    where = str(study.id)
    sagittal = [series for series in study.series if series.plane in (Plane.SAGITTAL, Plane.ISOTROPIC)]
    t1 = [series for series in sagittal if series.weighting is Weighting.T1]
    if not any(series.weighting is Weighting.T2 for series in sagittal):
        yield warning("no_sagittal_t2", where, "no sagittal T2 series: T2 hyperintensity and its extent are not judged")
    if not any(series.contrast is Contrast.YES for series in t1):
        yield warning("no_enhanced_t1", where, "no sagittal T1 series after contrast: enhancement is not judged")
    elif not any(series.contrast is Contrast.NO for series in t1):
        yield warning("no_precontrast", where, "no T1 series before contrast: bright on T1 may be no enhancement")
    for series in sagittal:
        if series.weighting is Weighting.UNKNOWN:
            yield warning(
                "weighting_unknown", series.name, "weighting not known: correct it in series.csv, ingest again"
            )
