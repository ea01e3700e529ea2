"""The cord, proposed from the image alone or with a few clicks; a reader corrects it, nobody relies on it unread."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mri.geometry import INFERIOR_SUPERIOR, FloatArray, Vector
from mri.problems import RefusedError, error
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from segmentation.contour import Outline, fill_outline, outline_cord
from segmentation.image_checks import check_image
from segmentation.parameters import CordParameters, TrackParameters
from segmentation.tracking import Track, click_distance_mm, moved_to_clicks, track_cord
from segmentation.upright import turned

METHOD = "template path and polar outline"

LOW_SCORE = "low_centreline_score"
AREA_JUMP = "area_jump"
THICK_SLICES = "thick_slices_read_low"
FAR_CLICK = "click_far_from_path"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CordProposal:
    """A cord mask on the grid of its series, with how sure each section is.

    Attributes
    ----------
    labels : LabelMap
        1 inside the cord.
    centre_mm : ndarray
        Shape (n, 3): LPS mm of the centre of each kept section, from rostral to caudal.
    score : ndarray
        Shape (n,): correlation with the model of a section, at most 1.
    area_mm2 : ndarray
        Shape (n,): area inside the outline, in the plane of the section.
    ap_mm : ndarray
        Shape (n,): anteroposterior diameter of the outline.
    hidden : ndarray of bool
        Shape (n,): whether the section looks like a canal without a cord (a T2 lesion as bright as CSF).
    path_mm : ndarray
        Shape (m, 3): LPS mm of the searched path on every section of the image, from rostral to caudal: below the cord
        it follows the sac. Empty where CSF is dark: there it follows nothing.
    flags : tuple of str
        What a reader should look at.
    provenance : mapping
        Method, parameters and scores as JSON values.
    """

    labels: LabelMap
    centre_mm: FloatArray
    score: FloatArray
    area_mm2: FloatArray
    ap_mm: FloatArray
    hidden: NDArray[np.bool_]
    path_mm: FloatArray = field(default_factory=lambda: np.empty((0, 3)))
    flags: tuple[str, ...] = ()
    provenance: dict[str, object] = field(default_factory=dict)

    def between(self, kept: NDArray[np.bool_], labels: LabelMap) -> "CordProposal":
        """Return the proposal of some of the sections, with the mask that belongs to them."""
        return replace(
            self,
            labels=labels,
            centre_mm=self.centre_mm[kept],
            score=self.score[kept],
            area_mm2=self.area_mm2[kept],
            ap_mm=self.ap_mm[kept],
            hidden=self.hidden[kept],
        )

    def sections(self, which: NDArray[np.bool_]) -> tuple[int, NDArray[np.intp]]:
        """Return the index axis of the sections, and the indices along it of some of them."""
        axis = self.labels.geometry.axis_nearest(INFERIOR_SUPERIOR)
        index = np.rint(self.labels.geometry.to_index(self.centre_mm[which]))[:, axis].astype(np.intp)
        return axis, index


def propose_cord(
    volume: Volume,
    weighting: Weighting,
    *,
    clicks_mm: Sequence[Vector] = (),
    name: str = "image",
    parameters: CordParameters | None = None,
) -> CordProposal:
    """Find the cord in one image of any plane and slice thickness.

    Parameters
    ----------
    volume : Volume
    weighting : Weighting
        Says whether CSF is brighter than the cord; it is never guessed (a wrong guess is off by centimetres).
    clicks_mm : sequence of Vector
        LPS mm of points inside the cord; each moves the path near it.
    name : str
        What refusals call the image.
    parameters : CordParameters, optional

    Raises
    ------
    RefusedError
        If the weighting is unknown, or the image cannot show a cord (`image_checks`).
    """
    options = parameters or CordParameters()
    bright_csf = _csf_is_bright(weighting, name)
    stack, way = turned(volume)
    check_image(stack, name)
    spacing = np.array(stack.geometry.spacing_mm)
    track = track_cord(stack, bright_csf=bright_csf, options=options.track)
    track, far_mm = _through_clicks(track, stack, clicks_mm, options.track)
    outline = outline_cord(stack, track.centre, bright_csf=bright_csf, options=options.contour)
    least = options.least_score if bright_csf else options.least_score_dark_csf
    kept = _believed(track, outline, spacing[2], least, options)
    inside = fill_outline(outline, stack.geometry.shape, spacing)
    inside[:, :, : kept.start] = False
    inside[:, :, kept.stop :] = False
    sections = np.arange(len(outline.centre))
    path = np.column_stack([track.centre, sections]) if bright_csf else np.empty((0, 3))
    flags = _flags(track.score[kept], outline.area_mm2[kept], spacing, least, options)
    flags += [FAR_CLICK] if far_mm > options.track.far_click_mm else []
    return CordProposal(
        labels=LabelMap(array=np.ascontiguousarray(way.back(inside)).astype(np.uint8), geometry=volume.geometry),
        centre_mm=stack.geometry.to_world(np.column_stack([outline.centre, sections])[kept]),
        score=track.score[kept],
        area_mm2=outline.area_mm2[kept],
        ap_mm=outline.ap_mm[kept],
        hidden=track.score[kept] > track.cord_score[kept],
        path_mm=stack.geometry.to_world(path),
        flags=tuple(flags),
        provenance={
            "method": METHOD,
            "clicks": len(clicks_mm),
            "flags": flags,
            "mean_score": round(float(track.score[kept].mean()), 3),
            "parameters": asdict(options),
        },
    )


def _csf_is_bright(weighting: Weighting, name: str) -> bool:
    if weighting is Weighting.UNKNOWN:
        message = "say whether the image is T1- or T2-weighted; it is not guessed"
        raise RefusedError(error("weighting_unknown", name, message))
    return weighting is not Weighting.T1


def _through_clicks(
    track: Track, stack: Volume, clicks_mm: Sequence[Vector], options: TrackParameters
) -> tuple[Track, float]:
    """Return the path near every click, and how far the furthest click was from it (mm)."""
    if not clicks_mm:
        return track, 0.0
    spacing = np.array(stack.geometry.spacing_mm)
    clicks = stack.geometry.to_index(clicks_mm)
    return moved_to_clicks(track, clicks, spacing, options), click_distance_mm(track, clicks, spacing)


def _believed(track: Track, outline: Outline, section_mm: float, least: float, options: CordParameters) -> slice:
    """Return the run of sections with the most evidence: beyond the cord's ends there is less than nothing.

    A section inside with little evidence (a lesion) is kept where the cord goes on beyond it. A canal without a visible
    cord (a T2 lesion, the cauda equina) speaks neither for nor against, and a little against where it has no outline.
    """
    area = outline.area_mm2
    doubt = (
        (area < options.least_area_mm2)
        | (area > options.largest_area_mm2)
        | _jumps(area, section_mm, options.jump_over_mm, options.largest_jump)
    )
    cap = options.evidence_cap
    evidence = np.clip(track.cord_score - least, -cap, cap) - cap * doubt
    hidden = (track.score > track.cord_score) & (track.score > least)
    no_edge = outline.edge < options.least_edge
    evidence = np.where(no_edge, np.minimum(evidence, 0.0), evidence)
    evidence = np.where(hidden, np.maximum(evidence, -options.no_edge_cost * no_edge), evidence)
    total = np.concatenate([[0.0], np.cumsum(evidence)])
    lowest_before = np.minimum.accumulate(total)
    last = int(np.argmax(total - lowest_before))
    first = int(np.argmin(total[: last + 1]))
    if last == first:
        # nothing looks like a cord: all is kept, and flagged
        return slice(0, len(area))
    shortest = options.shortest_trim_mm / section_mm
    return slice(first if first > shortest else 0, last if len(area) - last > shortest else len(area))


def _jumps(area: FloatArray, section_mm: float, over_mm: float, largest: float) -> NDArray[np.bool_]:
    """Return whether the area changes too fast at each section."""
    reach = max(1, round(over_mm / section_mm))
    padded = np.pad(np.log(np.maximum(area, 1.0)), reach, mode="edge")
    change = np.abs(padded[2 * reach :] - padded[: -2 * reach])
    jumps: NDArray[np.bool_] = change > 2 * np.log1p(largest)
    return jumps


def _flags(
    score: FloatArray, area: FloatArray, spacing: FloatArray, least: float, options: CordParameters
) -> list[str]:
    mean = ndimage.uniform_filter1d(score, max(1, round(options.jump_over_mm * 2 / spacing[2])), mode="nearest")
    found = {
        LOW_SCORE: bool((mean < least).any()),
        AREA_JUMP: bool(_jumps(area, spacing[2], options.jump_over_mm, options.flagged_jump).any()),
        THICK_SLICES: bool(spacing[:2].max() > options.thick_slice_mm),
    }
    return [flag for flag, is_true in found.items() if is_true]
