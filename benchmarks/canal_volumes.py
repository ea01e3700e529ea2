"""Canal proposals against a reference canal on a public whole-spine template, and against planted ones on a phantom."""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.clock import SHARED_DATA, cpu_seconds, print_table
from benchmarks.cord_volumes import dice, hd95_mm
from benchmarks.planted_spines import scanned
from mri.nifti import read_label_map, read_volume
from mri.problems import RefusedError
from mri.resample import resample_labels
from mri.study import Weighting
from mri.volume import LabelMap, Volume
from pipeline.console import say
from sample_scans.phantom import Phantom
from sample_scans.protocol import SAG_T1, SAG_T2, Station
from sample_scans.rasterise import rasterise
from sample_scans.spine import Spine
from segmentation.canal import propose_canal
from segmentation.cord import propose_cord
from segmentation.regions import Region

AIM = 0.92
"""On T2; a canal from T1 alone is flagged, and nothing is promised for it."""
TEMPLATE_SHIFT_MM = (0.0, 46.22, -287.34)
"""From the public template to PAM50: one spine in two coordinate systems, matched by C7-T1 and cord."""
STATIONS = (Station(name="neck", centre_v=6.0), Station(name="chest", centre_v=13.0))
SEED = 2026


def report() -> None:
    """Print Dice, the 95th percentile of the surface distances and CPU seconds of each canal, its cord included."""
    rows = list(_on_phantom())
    if (SHARED_DATA / "pam50").is_dir() and (SHARED_DATA / "volumes").is_dir():
        rows = [*_on_template(), *rows]
    else:
        say("the whole-spine template is skipped: needs ../shared/data/volumes and pam50, which are not here")
        say()
    print_table("Canal proposals", ("volume", "cord", "Dice", "to reach", "HD95 mm", "CPU s"), rows)


def _on_template() -> Iterator[Sequence[object]]:
    folder = SHARED_DATA / "volumes" / "sct_testing" / "template"
    image, cord = read_volume(folder / "t2.nii.gz"), read_label_map(folder / "cord.nii.gz")
    parts = [read_label_map(SHARED_DATA / "pam50" / "template" / f"PAM50_{name}.nii.gz") for name in ("csf", "cord")]
    shift = np.eye(4)
    shift[:3, 3] = TEMPLATE_SHIFT_MM
    both = np.maximum(parts[0].array > 0, parts[1].array > 0).astype(np.uint8)
    truth = resample_labels(LabelMap(array=both, geometry=parts[0].geometry), image.geometry, moving_from_fixed=shift)
    drawn = LabelMap(array=(cord.array > 0).astype(np.uint8), geometry=cord.geometry)
    yield _row("whole-spine template, T2", image, Weighting.T2, truth, drawn)
    yield _row("whole-spine template, T2", image, Weighting.T2, truth)


def _on_phantom() -> Iterator[Sequence[object]]:
    phantom = Phantom(spine=Spine())
    for station in STATIONS:
        for scan in scanned(phantom, (station,), (SAG_T2, SAG_T1), seed=SEED, name=f"canal/{station.name}"):
            weighting = scan.prescription.sequence.weighting
            truth = rasterise(phantom, Region.CANAL, scan.volume.geometry, scan.motion)
            name = f"phantom, {station.name}, sagittal {weighting.value} 3.3 mm"
            yield _row(name, scan.volume, weighting, truth)


def _row(
    name: str, volume: Volume, weighting: Weighting, truth: LabelMap, drawn: LabelMap | None = None
) -> Sequence[object]:
    """Compare on the sections that have a canal in both: where a canal ends is not what is asked."""
    aim = "" if weighting is Weighting.T1 else f"{AIM:.2f}"
    start = cpu_seconds()
    try:
        cord = drawn or propose_cord(volume, weighting).labels
        found = propose_canal(volume, weighting, cord).labels
    except RefusedError as refused:
        return (name, "", "", aim, "", f"refused: {refused.problems[0].code}")
    took = cpu_seconds() - start
    along = truth.geometry.axis_nearest((0.0, 0.0, 1.0))
    across = tuple(k for k in range(3) if k != along)
    shown = found.array.any(axis=across, keepdims=True)
    seen = LabelMap(array=(truth.array > 0).astype(np.uint8) * shown, geometry=truth.geometry)
    which = "drawn" if drawn else "proposed"
    return (name, which, f"{dice(found, seen):.3f}", aim, f"{hd95_mm(found, seen):.1f}", f"{took:.2f}")
