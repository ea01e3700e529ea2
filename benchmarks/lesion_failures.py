"""Pictures of lesions on phantoms whose proposals fail, as proposed, with their flags: for `failure_pictures`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.inserted_lesions import Inserted, insert, thick
from benchmarks.lesion_grid import SEED, phantom_bases
from benchmarks.session_study import SAGITTAL, Visit, visit
from mri.geometry import Vector
from mri.problems import RefusedError
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from sample_scans.cohort import patients
from sample_scans.protocol import prescribe
from sample_scans.rasterise import rasterise
from sample_scans.scanner import scan_all
from segmentation.centreline import fit_centreline
from segmentation.cord import propose_cord
from segmentation.grow import grow
from segmentation.regions import Region
from segmentation.upright import turned

OUTSIDE_NUMBER, OUTSIDE_LEVEL, OUTSIDE_SLICES = 69, 0.8, 3
"""Of the first seventy T2 lesions of phantoms at 0.8 the one whose click lies outside the cord on 3 mm slices."""
PIAL_PATIENT, SAMPLE = 6, 20
"""Of the sample study: leptomeningeal metastases on the cord above its lesion."""
PANEL_INCH, DOTS = 2.6, 90
MARGIN_MM = (10.0, 10.0)
"""Shown in front of and behind, above and below what is looked at."""
PLANTED, PROPOSED, SECOND = "lime", "gold", "deepskyblue"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """One sagittal slice with a title, outlines by colour, and a mark."""

    volume: Volume
    title: str
    at: int
    outlines: Sequence[tuple[str, NDArray[np.bool_]]]
    mark: tuple[int, int] | None = None


def click_outside(folder: Path) -> str:
    """Draw a click that the proposed cord does not hold, and the lesion once the cord is found again through it."""
    case = _bright_lesion()
    click = case.volume.geometry.to_world(case.click)
    place: Vector = (float(click[0]), float(click[1]), float(click[2]))
    first = propose_cord(case.volume, Weighting.T2)
    again = propose_cord(case.volume, Weighting.T2, clicks_mm=[place])
    region = grow(case.volume, again.labels, fit_centreline([again.labels]), place).labels
    flag = _refusal(case, first.labels, place)
    at, mark = case.click[0], (case.click[1], case.click[2])
    planted = (PLANTED, case.lesion.array > 0)
    panels = [
        Panel(volume=case.volume, title=title, at=at, mark=mark, outlines=(planted, *lines))
        for title, lines in (
            (flag, [(PROPOSED, first.labels.array > 0)]),
            ("cord_found_again", [(PROPOSED, again.labels.array > 0), (SECOND, region.array > 0)]),
        )
    ]
    _save(panels, np.asarray(case.lesion.array.any(axis=0)), folder / "click_outside.webp")
    return f"click_outside: {flag}, cord {first.flags}, found again {again.flags}"


def leptomeningeal(folder: Path) -> str:
    """Draw what is proposed where leptomeningeal metastases lie above a lesion: two lesions that divide its T2."""
    one = _pial_visit()
    panels, said = [], ""
    for region, title in ((Region.ENHANCING, "T1 after contrast"), (Region.T2HYPER, "T2")):
        mask = next(mask for mask in one.proposed.masks if mask.region is region)
        image = turned(one.volumes[mask.series.name])[0]
        proposed = _turned(mask.labels)
        planted = _turned(rasterise(one.phantom, region, mask.labels.geometry))
        lines = [(PLANTED, planted > 0), (PROPOSED, proposed == 1), (SECOND, proposed > 1)]
        at = int((planted > 0).sum(axis=(1, 2)).argmax())
        panels.append(Panel(volume=image, title=title, at=at, outlines=lines))
        said = str(mask.provenance["lesions"])
    seen = np.any([np.any([line[1][panel.at] for line in panel.outlines], axis=0) for panel in panels], axis=0)
    _save(panels, seen, folder / "leptomeningeal.webp")
    return f"leptomeningeal: {said}"


def _bright_lesion() -> Inserted:
    bases = [base for base in phantom_bases() if not base.is_t1]
    rng = np.random.default_rng([SEED, OUTSIDE_NUMBER])
    case = thick(insert(bases[OUTSIDE_NUMBER % len(bases)], OUTSIDE_LEVEL, rng), OUTSIDE_SLICES, rng)
    assert case is not None
    return case


def _refusal(case: Inserted, cord: LabelMap, place: Vector) -> str:
    """Return the code with which growing from the click is refused."""
    try:
        grow(case.volume, cord, fit_centreline([cord]), place)
    except RefusedError as refused:
        return refused.problems[0].code
    return "grown"


def _pial_visit() -> Visit:
    patient = patients(SAMPLE, 0)[PIAL_PATIENT - 1]
    session = patient.sessions[0]
    planned = prescribe(session.phantom, session.stations, SAGITTAL, session.turn_deg)
    name = f"{patient.participant}/{patient.session_label(session)}"
    return visit(
        session.phantom, scan_all(session.phantom, planned, field_t=session.scanner.field_t, seed=0, name=name)
    )


def _turned(labels: LabelMap) -> NDArray[np.float32]:
    """Return labels as an upright array."""
    array: NDArray[np.float32] = turned(Volume(array=labels.array.astype(np.float32), geometry=labels.geometry))[
        0
    ].array
    return array


def _save(panels: Sequence[Panel], seen: NDArray[np.bool_], path: Path) -> None:
    """Draw panels side by side, cut to what is looked at."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    spacing = panels[0].volume.geometry.spacing_mm[1:]
    (left, right), (low, high) = (_span(np.asarray(seen.any(axis=1 - k)), spacing[k], MARGIN_MM[k]) for k in (0, 1))
    ratio = (high - low) * spacing[1] / ((right - left) * spacing[0])
    figure, axes = plt.subplots(1, len(panels), figsize=(PANEL_INCH * len(panels), PANEL_INCH * ratio), dpi=DOTS)
    for panel, axis in zip(panels, axes, strict=True):
        image = panel.volume.array[panel.at].T
        top = float(np.percentile(image[low:high, left:right], 99.5))
        axis.imshow(image, cmap="gray", vmin=0, vmax=top, aspect=spacing[1] / spacing[0])
        for colour, mask in panel.outlines:
            if mask[panel.at].any():
                axis.contour(mask[panel.at].T, [0.5], colors=colour, linewidths=1.0)
        if panel.mark is not None:
            axis.plot(*panel.mark, "+", color="red", markersize=9)
        axis.text(left + 1, low + 1, panel.title, color="white", fontsize=7, va="top")
        axis.set(xlim=(left, right), ylim=(high, low))
        axis.axis("off")
    figure.subplots_adjust(0, 0, 1, 1, 0.02, 0)
    figure.savefig(path, pil_kwargs={"quality": 85, "method": 6})
    plt.close(figure)


def _span(seen: NDArray[np.bool_], spacing_mm: float, margin_mm: float) -> tuple[int, int]:
    """Return the range of indices that holds what is seen, with a margin."""
    at, margin = np.flatnonzero(seen), round(margin_mm / spacing_mm)
    return max(int(at[0]) - margin, 0), min(int(at[-1]) + margin + 1, len(seen)) - 1
