"""Cord proposals on real volumes against their reference masks: overlap, distance, time."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from benchmarks.clock import SHARED_DATA, cpu_seconds, print_table
from mri.geometry import FloatArray
from mri.nifti import read_label_map, read_volume
from mri.problems import RefusedError
from mri.study import Weighting
from mri.volume import LabelMap
from pipeline.console import say
from segmentation.cord import propose_cord

VOLUMES = (
    ("t2", "t2/t2", "t2/t2_seg-manual", Weighting.T2),
    ("t2_fake_lesion", "t2/t2_fake_lesion", "t2/t2_fake_lesion_sc_seg", Weighting.T2),
    ("t1", "t1/t1w", "t1/t1w_seg-manual", Weighting.T1),
    ("t2s", "t2s/t2s", "t2s/t2s_seg", Weighting.T2),
    ("mt0", "mt/mt0", "mt/mt0_seg", Weighting.T2),
    ("mt1", "mt/mt1", "mt/mt1_seg", Weighting.T2),
    ("whole-spine template", "template/t2", "template/cord", Weighting.T2),
)
"""Name, image and reference mask under the folder of volumes, and which contrast it is taken for."""
PERCENT = 95


def report() -> None:
    """Print Dice, the 95th percentile of the surface distances and CPU seconds of each volume."""
    folder = SHARED_DATA / "volumes" / "sct_testing"
    if not folder.is_dir():
        say("### Cord proposals on real volumes")
        say()
        say("skipped: needs ../shared/data/volumes, which is not here")
        return
    rows = [_row(name, folder / f"{image}.nii.gz", folder / f"{mask}.nii.gz", of) for name, image, mask, of in VOLUMES]
    print_table(
        "Cord proposals on real volumes, automatic (mostly healthy, cervical; lesions painted)",
        ("volume", "Dice", "HD95 mm", "CPU s"),
        rows,
    )


def _row(name: str, image: Path, reference: Path, weighting: Weighting) -> Sequence[str]:
    volume, truth = read_volume(image), read_label_map(reference)
    start = cpu_seconds()
    try:
        found = propose_cord(volume, weighting).labels
    except RefusedError as refused:
        return (name, "", "", f"refused: {refused.problems[0].code}")
    took = cpu_seconds() - start
    if not truth.geometry.same_grid(found.geometry):
        return (name, "", "", "the reference is on another grid")
    return (name, f"{dice(found, truth):.3f}", f"{hd95_mm(found, truth):.1f}", f"{took:.2f}")


def dice(one: LabelMap, other: LabelMap) -> float:
    """Return the overlap of two masks of one grid, within the slices that the other one was drawn on."""
    a, b = _shared_slices(one, other)
    return 2 * float((a & b).sum()) / float(a.sum() + b.sum())


def hd95_mm(one: LabelMap, other: LabelMap) -> float:
    """Return the larger of the two directed 95th percentiles of surface distances, in mm."""
    a, b = (_surface_mm(array, one) for array in _shared_slices(one, other))
    return max(float(np.percentile(cKDTree(x).query(y)[0], PERCENT)) for x, y in ((a, b), (b, a)))


def _shared_slices(one: LabelMap, other: LabelMap) -> tuple["np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", ...]:
    """Return both masks in the axial slices that the reference was drawn on: references stop before the image does."""
    along = one.geometry.axis_nearest((0.0, 0.0, 1.0))
    drawn = np.asarray(other.array.any(axis=tuple(k for k in range(3) if k != along)))
    kept = drawn.reshape([-1 if k == along else 1 for k in range(3)])
    return (one.array > 0) & kept, (other.array > 0)


def _surface_mm(mask: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]", like: LabelMap) -> FloatArray:
    surface = mask & ~ndimage.binary_erosion(mask)
    return like.geometry.to_world(np.argwhere(surface))
