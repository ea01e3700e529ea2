"""Cord proposals on real volumes against their reference masks: overlap, distance, time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.clock import SHARED_DATA, cpu_seconds, print_table
from features.overlap import overlap
from mri.geometry import INFERIOR_SUPERIOR, Geometry, Vector
from mri.nifti import read_label_map, read_volume
from mri.problems import RefusedError
from mri.resample import resample_labels
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from pipeline.console import say
from segmentation.cord import CordProposal, propose_cord
from segmentation.upright import turned

VOLUMES = (
    ("t2", "t2/t2", "t2/t2_seg-manual", Weighting.T2, 0.97),
    ("t2_full_fov", "t2/t2_full_fov", "t2/t2_seg-manual", Weighting.T2, 0.97),
    ("t2_fake_lesion", "t2/t2_fake_lesion", "t2/t2_fake_lesion_sc_seg", Weighting.T2, 0.87),
    ("t1", "t1/t1w", "t1/t1w_seg-manual", Weighting.T1, 0.91),
    ("t2s", "t2s/t2s", "t2s/t2s_seg", Weighting.T2, 0.88),
    ("mt0", "mt/mt0", "mt/mt0_seg", Weighting.T2, 0.93),
    ("mt1", "mt/mt1", "mt/mt1_seg", Weighting.T2, 0.93),
    ("whole-spine template", "template/t2", "template/cord", Weighting.T2, 0.94),
)
"""Name, image and reference mask under the folder of volumes, which contrast it is taken for, and the Dice to reach."""
THICK = (
    ("t2", 3, 0.90), ("t1", 3, 0.90), ("t2_full_fov", 3, 0.90), ("t2_fake_lesion", 3, 0.83),
    ("t2_full_fov", 4, 0.90), ("t1", 4, 0.90),
)  # fmt: skip
"""Volumes of 1 mm that are averaged to sagittal slices so many mm thick, and the Dice to reach."""
CLICKED_AIM = 0.92
APART_SECTIONS = 15
"""Two clicks are not made side by side."""


def report() -> None:
    """Print Dice, the 95th percentile of the surface distances and CPU seconds of each volume."""
    folder = SHARED_DATA / "volumes" / "sct_testing"
    if not folder.is_dir():
        say("### Cord proposals on real volumes")
        say()
        say("skipped: needs ../shared/data/volumes, which is not here")
        return
    rows = [_row(name, aim, *_read(folder, image, mask), of) for name, image, mask, of, aim in VOLUMES]
    named = {name: (folder, image, mask, of) for name, image, mask, of, _ in VOLUMES}
    for name, thickness, aim in THICK:
        where, image, mask, of = named[name]
        volume, truth = _read(where, image, mask)
        rows.append(_row(f"{name}, sagittal {thickness} mm", aim, *thick_slices(volume, truth, thickness), of))
    volume, truth = _read(*named["t2_fake_lesion"][:3])
    clicks = worst_sections_mm(propose_cord(volume, Weighting.T2), truth)
    rows.append(_row("t2_fake_lesion, two clicks", CLICKED_AIM, volume, truth, Weighting.T2, clicks))
    print_table(
        "Cord proposals on real volumes, automatic (mostly healthy, cervical; lesions painted)",
        ("volume", "Dice", "to reach", "HD95 mm", "CPU s"),
        rows,
    )


def _read(folder: Path, image: str, reference: str) -> tuple[Volume, LabelMap]:
    """Return an image and its reference mask on its grid: that of t2_full_fov was drawn on a crop of it."""
    volume, truth = read_volume(folder / f"{image}.nii.gz"), read_label_map(folder / f"{reference}.nii.gz")
    if not truth.geometry.same_grid(volume.geometry):
        truth = resample_labels(truth, volume.geometry)
    return volume, truth


def worst_sections_mm(found: CordProposal, truth: LabelMap, count: int = 2) -> list[Vector]:
    """Return the cord's true middle on the sections where the proposed one is farthest off: where a reader clicks."""
    axis = truth.geometry.axis_nearest(INFERIOR_SUPERIOR)
    index = np.argwhere(truth.array > 0)
    middles = {int(k): truth.geometry.to_world(index[index[:, axis] == k].mean(axis=0)) for k in set(index[:, axis])}
    rows = np.rint(found.labels.geometry.to_index(found.centre_mm))[:, axis].astype(int)
    off = {k: float(np.linalg.norm(found.centre_mm[rows == k][0] - middles[k])) for k in middles if k in rows}
    chosen: list[int] = []
    for k in sorted(off, key=lambda k: -off[k]):
        if len(chosen) < count and all(abs(k - other) >= APART_SECTIONS for other in chosen):
            chosen.append(k)
    return [(float(x), float(y), float(z)) for x, y, z in (middles[k] for k in chosen)]


def thick_slices(volume: Volume, truth: LabelMap, count: int) -> tuple[Volume, LabelMap]:
    """Return both as sagittal slices, each the mean of so many; the mask where at least half of it is."""
    stack, _ = turned(volume)
    mask, _ = turned(Volume(array=truth.array.astype(np.float32), geometry=truth.geometry))
    whole = len(stack.array) // count * count
    image, share = (
        array[:whole].astype(np.float32).reshape(-1, count, *array.shape[1:]).mean(axis=1)
        for array in (stack.array, mask.array)
    )
    origin = stack.geometry.to_world(((count - 1) / 2, 0.0, 0.0))
    first, second, third = stack.geometry.spacing_mm
    grid = Geometry(
        shape=(len(image), *image.shape[1:]),
        origin_mm=(float(origin[0]), float(origin[1]), float(origin[2])),
        spacing_mm=(first * count, second, third),
        axes=stack.geometry.axes,
    )
    return Volume(array=image, geometry=grid), LabelMap(array=(share >= 0.5).astype(np.uint8), geometry=grid)


def _row(
    name: str, aim: float, volume: Volume, truth: LabelMap, weighting: Weighting, clicks: Sequence[Vector] = ()
) -> Sequence[str]:
    start = cpu_seconds()
    try:
        found = propose_cord(volume, weighting, clicks_mm=clicks).labels
    except RefusedError as refused:
        return (name, "", f"{aim:.2f}", "", f"refused: {refused.problems[0].code}")
    took = cpu_seconds() - start
    return (name, f"{dice(found, truth):.3f}", f"{aim:.2f}", f"{hd95_mm(found, truth):.1f}", f"{took:.2f}")


def dice(one: LabelMap, other: LabelMap) -> float:
    """Return the overlap of two masks of one grid, within the slices that the other one was drawn on."""
    a, b = _shared_slices(one, other)
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


def hd95_mm(one: LabelMap, other: LabelMap) -> float:
    """Return the 95th percentile of the surface distances in those slices, in mm, as `iscm validate` has it."""
    a, b = (LabelMap(array=array.astype(np.uint8), geometry=one.geometry) for array in _shared_slices(one, other))
    found = overlap(a, b).hd95_mm
    return float("nan") if found is None else found


def _shared_slices(one: LabelMap, other: LabelMap) -> tuple["np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", ...]:
    """Return both masks in the axial slices that the reference was drawn on: references stop before the image does."""
    along = one.geometry.axis_nearest((0.0, 0.0, 1.0))
    drawn = np.asarray(other.array.any(axis=tuple(k for k in range(3) if k != along)))
    kept = drawn.reshape([-1 if k == along else 1 for k in range(3)])
    return (one.array > 0) & kept, (other.array > 0)
