"""Discs from one named disc, on random phantoms and on real volumes with known discs: how far off, any slip, flags."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.clock import SHARED_DATA, print_table
from benchmarks.planted_spines import KINDS, ONE_T2, PlantedSpine, planted_spine, readable, scanned, whole_spine
from mri.geometry import Vector
from mri.nifti import read_volume
from mri.study import Weighting
from pipeline.console import say
from sample_scans.rasterise import disc_points
from segmentation.canal_axis import with_canal
from segmentation.centreline import Centreline, fit_centreline
from segmentation.cord import propose_cord
from segmentation.cord_profile import cord_profile
from segmentation.disc_files import read_discs
from segmentation.disc_variants import LEVEL_VARIANT
from segmentation.discs import DiscProposal, propose_discs
from segmentation.parameters import SegmentationParameters
from segmentation.session_cords import view_spine

COUNT, SEED = 100, 2026
CLICKS = ("C2-C3", "T6-T7")
SLIP_MM = 8.0
"""A named disc this far off is another disc: half of the lowest vertebra."""
CLICK_SD_MM = 1.0
"""How well a disc is clicked, in each direction."""
UPPER_POINTS = ("FM", "C1-C2")
FOLDER = SHARED_DATA / "volumes" / "sct_testing"
T2_DISCS: Mapping[str, Vector] = {
    "C2-C3": (6.2, -16.8, 32.7),
    "C3-C4": (6.2, -15.8, 14.2),
    "C4-C5": (6.2, -15.8, -4.3),
    "C5-C6": (6.2, -14.8, -21.3),
    "C6-C7": (6.2, -12.3, -37.3),
    "C7-T1": (6.2, -3.8, -54.3),
    "T1-T2": (6.2, 5.2, -72.3),
    "T2-T3": (6.2, 17.2, -89.3),
    "T3-T4": (6.2, 28.2, -106.8),
    "T4-T5": (6.2, 36.2, -126.3),
}
"""Marked by us on the midsagittal slice of t2_full_fov, LPS mm. Its labels.nii.gz marks two vertebral bodies' middles,
8 mm below the discs of the same numbers."""
REAL = ("t2/t2", "t2/t2_full_fov", "template/t2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One run: error of each disc in mm (positive: too low) by name, those missed in view, the flags."""

    kind: str
    click: str
    error_mm: Mapping[str, float]
    missed: tuple[str, ...]
    flags: tuple[str, ...]

    @property
    def slipped(self) -> bool:
        """Whether any disc stands where another is."""
        return any(abs(off) > SLIP_MM for off in self.error_mm.values())

    @property
    def suspected(self) -> bool:
        """Whether it is flagged as unusual."""
        return LEVEL_VARIANT in self.flags


def outcome(kind: str, click: str, proposal: DiscProposal, truth: Mapping[str, Vector], axis: Centreline) -> Outcome:
    """Compare proposed discs with true ones along the axis, and list those beside the cord that were not proposed."""
    found = proposal.discs.points if proposal.discs is not None else {}
    true_s = {name: float(axis.project([point]).s_mm[0]) for name, point in truth.items() if name not in UPPER_POINTS}
    return Outcome(
        kind=kind,
        click=click,
        error_mm={name: float(axis.project([found[name]]).s_mm[0]) - s for name, s in true_s.items() if name in found},
        missed=tuple(sorted(name for name, s in true_s.items() if 0 < s < axis.length_mm and name not in found)),
        flags=proposal.flags,
    )


def on_phantom(spine: PlantedSpine, number: int, seed: int = SEED) -> list[Outcome]:
    """Return the outcome of each click on one phantom, scanned from the foramen magnum into the sacrum."""
    images = readable(scanned(spine.phantom, whole_spine(spine.phantom), ONE_T2, seed=seed, name=f"spine{number}"))
    options = SegmentationParameters()
    view, _ = view_spine(list(images), images.__getitem__, options)
    if view is None:
        return []
    truth = disc_points(spine.phantom).points
    canal = with_canal(view.centreline, [seen.cord for seen in view.cords])
    rng = np.random.default_rng([seed, number])
    results = []
    for click in CLICKS:
        x, y, z = (float(k) for k in np.array(truth[click]) + rng.normal(0, CLICK_SD_MM, 3))
        proposal = propose_discs(
            [seen.volume for seen in view.cords],
            view.centreline,
            known={click: (x, y, z)},
            profile=view.profile,
            canal=canal,
            parameters=options.discs,
        )
        results.append(outcome(spine.kind, click, proposal, truth, view.centreline))
    return results


def on_real(image: str) -> list[Outcome]:
    """Return the outcome of a click on each known disc of a real volume in turn."""
    volume = read_volume(FOLDER / f"{image}.nii.gz")
    truth = read_discs(FOLDER / "template" / "label_disc.nii.gz").points if "template" in image else T2_DISCS
    options = SegmentationParameters()
    cord = propose_cord(volume, Weighting.T2)
    axis = fit_centreline([cord.labels])
    profile = cord_profile([cord], axis, options.discs)
    canal = with_canal(axis, [cord])
    inside = axis.project(list(truth.values())).s_mm
    results = []
    for (click, point), s in zip(truth.items(), inside, strict=True):
        if click not in UPPER_POINTS and 0 < s < axis.length_mm:
            found = propose_discs([volume], axis, known={click: point}, profile=profile, canal=canal)
            results.append(outcome(image, click, found, truth, axis))
    return results


def study(count: int = COUNT, seed: int = SEED) -> list[Outcome]:
    """Return the outcomes on phantoms 1 to count."""
    return [one for k in range(1, count + 1) for one in on_phantom(planted_spine(k, seed), k, seed)]


def report(count: int = COUNT) -> None:
    """Print the errors by kind of spine and click, and those on real volumes."""
    runs = study(count)
    rows = [_row([one for one in runs if (one.kind, one.click) == (k, c)], k, c) for k in KINDS for c in CLICKS]
    header = (
        "spine",
        "click",
        "runs",
        "mean mm",
        "largest mm",
        "missed",
        "runs with a slip",
        "flagged",
        "slip unflagged",
    )
    print_table(f"Discs from one click on {count} phantoms (sagittal T2, three stations)", header, rows)
    say()
    if not (SHARED_DATA / "volumes").is_dir():
        say("real volumes skipped: needs ../shared/data/volumes, which is not here")
        return
    rows = [_row(on_real(image), image, "each in turn") for image in REAL]
    print_table("Discs from one click on real volumes", header, rows)


def _row(runs: Sequence[Outcome], kind: str, click: str) -> tuple[str, ...]:
    slipped = [one for one in runs if one.slipped]
    right = [off for one in runs for off in one.error_mm.values() if abs(off) <= SLIP_MM]
    off = np.abs(right) if right else np.array([np.nan])
    return (
        kind,
        click,
        str(len(runs)),
        f"{off.mean():.2f}",
        f"{off.max():.1f}",
        str(sum(len(one.missed) for one in runs)),
        str(len(slipped)),
        str(sum(one.suspected for one in runs)),
        str(sum(not one.suspected for one in slipped)),
    )
