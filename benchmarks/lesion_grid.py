"""One click on lesions inserted into normal cord, by contrast, strength and slice thickness: overlap and length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.clock import SHARED_DATA, cpu_seconds, print_table
from benchmarks.cord_volumes import dice
from benchmarks.inserted_lesions import Base, Inserted, insert, thick
from mri.nifti import read_label_map, read_volume
from mri.problems import RefusedError
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from pipeline.console import say
from sample_scans.phantom import Phantom
from sample_scans.protocol import SAG_T1, SAG_T2, Protocol, Station, prescribe
from sample_scans.rasterise import rasterise
from sample_scans.scanner import scan_all
from sample_scans.sequences import Sequence as PulseSequence
from sample_scans.spine import Spine
from segmentation.centreline import fit_centreline
from segmentation.cord import propose_cord
from segmentation.grow import grow
from segmentation.parameters import CordParameters
from segmentation.regions import Region
from segmentation.upright import turned

PER_CELL, SEED = 24, 2026
THICKNESS = (1, 3, 4)
LEVELS = {True: (0.3, 0.6), False: (0.3, 0.5, 0.8)}
MARKED_CEILING = 1.08
"""Once a lesion is marked on T1, what is brighter than this many times the cord is cut before contouring."""
AIM = {
    (True, 0.3): (0.74, 0.80, 0.73), (True, 0.6): (0.89, 0.88, 0.88),
    (False, 0.3): (0.80, 0.71, 0.70), (False, 0.5): (0.85, 0.85, 0.71), (False, 0.8): (0.81, 0.75, 0.74),
}  # fmt: skip
"""Median Dice to reach, within 0.03, by contrast (T1?) and level, for each thickness."""
VIEW_AP_MM = 45.0
"""A real full field of view is cut to this far in front of and behind the cord, which saves time."""
ISOTROPIC = Protocol(
    sagittal_fov_mm=160.0, sagittal_matrix=160, sagittal_fov_ratio=0.6, sagittal_slices=44,
    sagittal_thickness_mm=1.0, sagittal_spacing_mm=1.0,
)  # fmt: skip
PHANTOM_SPINES = (Spine(curve_scale=0.9), Spine(scale=1.04, sideways_mm=1.5))
PHANTOM_CENTRES_V = (6.0, 13.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One lesion: overlap, error of the length in mm, overlap of the cord where the lesion is, whether refused."""

    dice: float
    length_mm: float
    cord_dice: float
    refused: bool
    seconds: float


def real_bases() -> Iterator[Base]:
    """Yield the real T1 and T2 volume."""
    folder = SHARED_DATA / "volumes" / "sct_testing"
    yield _upright(
        read_volume(folder / "t1/t1w.nii.gz"), read_label_map(folder / "t1/t1w_seg-manual.nii.gz"), is_t1=True
    )
    volume = read_volume(folder / "t2/t2_full_fov.nii.gz")
    yield _upright(volume, propose_cord(volume, Weighting.T2).labels, is_t1=False)


def phantom_bases() -> Iterator[Base]:
    """Yield phantoms at 1 mm: T1 and T2, neck and chest."""
    for is_t1, sequence in ((True, SAG_T1), (False, SAG_T2)):
        for spine, v in zip(PHANTOM_SPINES, PHANTOM_CENTRES_V, strict=True):
            yield _phantom_base(Phantom(spine=spine), v, sequence, is_t1=is_t1)


def _phantom_base(phantom: Phantom, centre_v: float, sequence: PulseSequence, *, is_t1: bool) -> Base:
    protocol = replace(ISOTROPIC, sequences=(sequence,))
    planned = prescribe(phantom, (Station(name="X", centre_v=centre_v),), protocol)
    scan = scan_all(phantom, planned, field_t=1.5, seed=SEED, name=f"grid{centre_v}{is_t1}")[0]
    return _upright(scan.volume, rasterise(phantom, Region.CORD, scan.volume.geometry, scan.motion), is_t1=is_t1)


def _upright(volume: Volume, cord: LabelMap, *, is_t1: bool) -> Base:
    stack, _ = turned(volume)
    mask, _ = turned(Volume(array=cord.array.astype(np.float32), geometry=cord.geometry))
    inside = mask.array > 0.5
    behind = np.flatnonzero(inside.any(axis=(0, 2)))
    margin = round(VIEW_AP_MM / stack.geometry.spacing_mm[1])
    kept = slice(max(int(behind[0]) - margin, 0), int(behind[-1]) + margin)
    x, y, z = (float(k) for k in stack.geometry.to_world((0, kept.start, 0)))
    image = stack.array[:, kept].astype(float)
    geometry = replace(stack.geometry, shape=image.shape, origin_mm=(x, y, z))
    return Base(image=image, cord=inside[:, kept], geometry=geometry, is_t1=is_t1)


def one_click(case: Inserted, *, is_t1: bool) -> Result:
    """Grow the lesion from one click in the cord that is found by itself.

    A click in a lesion is a click in the cord: where the cord was found beside it, it is found again through it.
    """
    start = cpu_seconds()
    usual = CordParameters()
    options = replace(usual, contour=replace(usual.contour, ceiling=MARKED_CEILING)) if is_t1 else usual
    weighting = Weighting.T1 if is_t1 else Weighting.T2
    x, y, z = (float(k) for k in case.volume.geometry.to_world(case.click))
    cord = propose_cord(case.volume, weighting, parameters=options).labels
    if not cord.array[case.click]:
        cord = propose_cord(case.volume, weighting, clicks_mm=[(x, y, z)], parameters=options).labels
    rows = np.flatnonzero(case.lesion.array.any(axis=(0, 1)))
    there = slice(rows[0], rows[-1] + 1)
    overlap = _dice(cord.array[:, :, there] > 0, case.cord.array[:, :, there] > 0)
    try:
        labels = grow(case.volume, cord, fit_centreline([cord]), (x, y, z)).labels
    except RefusedError:
        return Result(dice=0.0, length_mm=np.nan, cord_dice=overlap, refused=True, seconds=cpu_seconds() - start)
    return Result(
        dice=dice(labels, case.lesion) if labels.array.any() else 0.0,
        length_mm=_length_mm(labels) - _length_mm(case.lesion),
        cord_dice=overlap,
        refused=False,
        seconds=cpu_seconds() - start,
    )


def _dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return 2 * float((one & other).sum()) / max(float(one.sum() + other.sum()), 1.0)


def _length_mm(labels: LabelMap) -> float:
    rows = np.flatnonzero(labels.array.any(axis=(0, 1)))
    return float(rows[-1] - rows[0] + 1) * labels.geometry.spacing_mm[2] if len(rows) else 0.0


def cell(bases: Sequence[Base], level: float, slices: int, count: int, seed: int = SEED) -> list[Result]:
    """Return the results of so many lesions of one kind, spread over the images."""
    results: list[Result] = []
    number = 0
    while len(results) < count:
        rng = np.random.default_rng([seed, number])
        base = bases[number % len(bases)]
        case = thick(insert(base, level, rng), slices, rng)
        number += 1
        if case is not None:
            results.append(one_click(case, is_t1=base.is_t1))
    return results


def report(count: int = PER_CELL) -> None:
    """Print the grid on real volumes and on phantoms."""
    sources = [("phantoms", list(phantom_bases()))]
    if (SHARED_DATA / "volumes").is_dir():
        sources.insert(0, ("real volumes", list(real_bases())))
    else:
        say("real volumes skipped: needs ../shared/data/volumes, which is not here")
    for where, bases in sources:
        rows = []
        for is_t1, levels in LEVELS.items():
            chosen = [base for base in bases if base.is_t1 is is_t1]
            for level in levels:
                name = f"{'T1 +' if is_t1 else 'T2 '}{level:.0%}"
                rows.append((name, *(_words(cell(chosen, level, slices, count)) for slices in THICKNESS)))
        header = ("lesion", "1 mm", "sagittal 3 mm", "sagittal 4 mm")
        title = f"One click, automatic cord, {where}, {count} lesions a cell: "
        print_table(title + "median Dice (10th percentile); length error median/p90 mm; cord there", header, rows)
        say()


def _words(results: Sequence[Result]) -> str:
    overlaps = [one.dice for one in results]
    lengths = np.abs([one.length_mm for one in results if not one.refused])
    refused = sum(one.refused for one in results)
    text = f"{np.median(overlaps):.2f} ({np.percentile(overlaps, 10):.2f})"
    if len(lengths):
        text += f"; {np.median(lengths):.1f}/{np.percentile(lengths, 90):.1f}"
    text += f"; {np.median([one.cord_dice for one in results]):.2f}"
    return text + (f"; {refused} refused" if refused else "")
