"""``python -m benchmarks.failure_pictures FOLDER [NAME ...]``: phantoms on which proposals fail, with their flags."""

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import lesion_failures
from benchmarks.planted_spines import ONE_T2
from mri.geometry import FloatArray
from mri.study import Weighting
from mri.volume import Volume
from pipeline.console import complain, say
from sample_scans.phantom import Phantom
from sample_scans.protocol import Protocol, Station, prescribe
from sample_scans.rasterise import disc_points
from sample_scans.scanner import scan_all
from sample_scans.spine import Spine
from segmentation.canal_axis import with_canal
from segmentation.centreline import fit_centreline
from segmentation.cord import CordProposal, propose_cord
from segmentation.cord_profile import cord_profile
from segmentation.discs import DiscProposal, propose_discs
from segmentation.levels import LevelScheme
from segmentation.parameters import DiscParameters

ZOOM_INCH = 2.2
DOTS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A phantom, where it is looked at, and the disc that was named (none: no click)."""

    name: str
    phantom: Phantom
    centre_v: float
    click: str = ""
    rows: tuple[int, int] = (0, 512)


SCENES = (
    Scene(name="t13", phantom=Phantom(spine=Spine(scheme=LevelScheme(n_thoracic=13))), centre_v=22.6, click="T11-T12"),
    Scene(name="fused", phantom=Phantom(spine=Spine(fused=(6, 10))), centre_v=7.5, click="C2-C3"),
    Scene(name="l6", phantom=Phantom(spine=Spine(scheme=LevelScheme(n_lumbar=6))), centre_v=22.6),
    Scene(name="crop", phantom=Phantom(), centre_v=7.0, rows=(110, 176)),
)


LESIONS = {"click_outside": lesion_failures.click_outside, "leptomeningeal": lesion_failures.leptomeningeal}


def draw(scene: Scene, folder: Path) -> str:
    """Write one picture; return its flags."""
    stations = (Station(name="X", centre_v=scene.centre_v),)
    planned = prescribe(scene.phantom, stations, Protocol(sequences=ONE_T2, sagittal_slices=9))
    scan = scan_all(scene.phantom, planned, field_t=1.5, seed=0, name=scene.name)[0].volume
    volume = _cut(scan, scene.rows)
    cord = propose_cord(volume, Weighting.T2)
    axis = fit_centreline([cord.labels])
    truth = disc_points(scene.phantom).points
    known = {scene.click: truth[scene.click]} if scene.click else None
    profile = cord_profile([cord], axis, DiscParameters())
    found = propose_discs([volume], axis, known=known, profile=profile, canal=with_canal(axis, [cord]))
    _save(volume, cord, found, truth, folder / f"{scene.name}.png")
    return f"{scene.name}: {', '.join(found.flags)} {found.provenance.get('variant_signs')} margin {found.margin}"


def _cut(volume: Volume, rows: tuple[int, int]) -> Volume:
    start = rows[0]
    x, y, z = (float(k) for k in volume.geometry.to_world((0, start, 0)))
    array = np.ascontiguousarray(volume.array[:, rows[0] : rows[1]])
    geometry = volume.geometry
    return Volume(
        array=array,
        geometry=type(geometry)(
            shape=array.shape, origin_mm=(x, y, z), spacing_mm=geometry.spacing_mm, axes=geometry.axes
        ),
    )


def _save(volume: Volume, cord: CordProposal, found: DiscProposal, truth: object, path: Path) -> None:
    """Draw the middle slice: outline of the cord in yellow, proposed names in blue, planted ones in green."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    middle = volume.array.shape[2] // 2
    image: FloatArray = volume.array[:, :, middle].T.astype(float)
    high = image.shape[0]
    figure, axes = plt.subplots(figsize=(ZOOM_INCH * 2, ZOOM_INCH * 2 * high / image.shape[1]), dpi=DOTS)
    axes.imshow(image, cmap="gray", vmax=float(np.percentile(image, 99.5)))
    axes.contour(cord.labels.array[:, :, middle].T, [0.5], colors="gold", linewidths=0.7)
    planted = truth if isinstance(truth, dict) else {}
    proposed = found.discs.points if found.discs is not None else {}
    for points, colour, shift in ((planted, "lime", 22), (proposed, "deepskyblue", -62)):
        for name, point in points.items():
            index: FloatArray = volume.geometry.to_index(point)
            if 0 < index[1] < high:
                axes.text(index[0] + shift, index[1], name, color=colour, fontsize=7, va="center")
                axes.plot([index[0] - 4, index[0] + 4], [index[1]] * 2, color=colour, linewidth=0.8)
    axes.axis("off")
    figure.subplots_adjust(0, 0, 1, 1)
    figure.savefig(path, pil_kwargs={"optimize": True})
    plt.close(figure)


def main(words: list[str]) -> int:
    """Draw every scene into a folder, or only those that are named after it."""
    if not words:
        complain("name the folder for the pictures")
        return 2
    folder, named = Path(words[0]), words[1:]
    folder.mkdir(parents=True, exist_ok=True)
    for scene in SCENES:
        if not named or scene.name in named:
            say(draw(scene, folder))
    for name, draw_lesions in LESIONS.items():
        if not named or name in named:
            say(draw_lesions(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
