"""One clinical case: reading its files, measuring it, and pyradiomics beside it where that is installed."""

import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.clock import least, print_table
from features.case import Case
from features.measure import measure_case
from features.parameters import FeatureParameters
from mri.geometry import FloatArray, Geometry, Vector
from mri.nifti import read_label_map, read_volume, write_label_map, write_volume
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import LabelMap, Volume
from pipeline.console import say
from segmentation.annotation import Mask
from segmentation.levels import STANDARD, DiscPoints
from segmentation.regions import Region

STUDY = StudyId(participant="bench", session="01")
GRID = Geometry(
    shape=(512, 512, 20),
    origin_mm=(-31.35, -120.0, 200.0),
    spacing_mm=(0.6, 0.6, 3.3),
    axes=((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (1.0, 0.0, 0.0)),
)
"""Sagittal, 307 × 307 × 66 mm: three such series are about 15 MB packed."""
LEVEL_MM = 20.0
REPEATS = 5
BODY_HALF_MM, NOISE, AIR = 80.0, 22.0, 5.0
"""Depth of the body, and noise in it and around it: with these the series pack to 15 MB, as clinical ones do."""
SERIES = {
    "sagT2": (Weighting.T2, Contrast.NO),
    "sagT1": (Weighting.T1, Contrast.NO),
    "sagT1gd": (Weighting.T1, Contrast.YES),
}
LESIONS: tuple[tuple[float, float, float], ...] = (
    (120.0, 8.0, 3.0),
    (60.0, 5.0, 2.5),
    (10.0, 12.0, 4.0),
    (-40.0, 4.0, 2.0),
)
"""Height, half length and half width in mm of four ellipsoids: the four components of a mask."""


def report() -> None:
    """Print what reading and measuring one case take, in CPU seconds and as a ratio."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_case(folder)
        packed = sum((folder / f"{key}.nii.gz").stat().st_size for key in SERIES) / 1e6
        took = {work: least(partial(call, folder), REPEATS) for work, call in WORK.items()}
        images = next(iter(took.values()))
        rows = [(work, f"{seconds:.3f}", f"{seconds / images:.2f}") for work, seconds in took.items()]
        rows += _pyradiomics(folder, images)
        peak_mb = _in_new_process(folder)
    print_table(
        f"One case: three series 512×512×20 (int16, .nii.gz, {packed:.0f} MB), six masks; least of {REPEATS}",
        ("work", "CPU s", "times reading the series"),
        rows,
    )
    say()
    say(f"Largest memory of a process that does the whole case: {peak_mb:.0f} MB with its libraries (aim ≤ 300).")
    if find_spec("radiomics") is None:
        say()
        say("pyradiomics is not installed: nothing is set beside it.")


def read_series(folder: Path) -> list[Volume]:
    """Read the three series."""
    return [read_volume(folder / f"{key}.nii.gz") for key in SERIES]


def measure_masks(folder: Path) -> None:
    """Read the six masks and measure them: sizes, extents, levels, counts; no image is read."""
    measure_case(_case(folder), FeatureParameters(intervals=False))


def whole_case(folder: Path, *, intervals: bool = False) -> None:
    """Read the six masks and the three series, measure, and suggest readings."""
    pictured = replace(_case(folder), volumes=lambda one: read_volume(folder / f"{one.acquisition}.nii.gz"))
    measure_case(pictured, FeatureParameters(intervals=intervals))


def _masks_only(folder: Path) -> None:
    _masks(folder)


WORK: dict[str, Callable[[Path], object]] = {
    "read 3 series": read_series,
    "read 6 masks": _masks_only,
    "read the masks and measure 4 lesions": measure_masks,
    "whole case: read all, measure, suggest readings (aim ≤ 0.15)": whole_case,
    "the same with perturbation ranges (aim ≤ 1)": partial(whole_case, intervals=True),
}
"""What is timed; everything is set beside the first."""


def _in_new_process(folder: Path) -> float:
    """Return the largest resident memory in MB of a process that measures the case and nothing else."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_peak_mb, folder).result()


def _peak_mb(folder: Path) -> float:
    whole_case(folder)
    # getrusage would tell the largest of the process it was forked from
    status = Path("/proc/self/status").read_text("utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def _write_case(folder: Path) -> None:
    rng = np.random.default_rng(0)
    body = np.abs(_points()[..., 1]) < BODY_HALF_MM
    for key in SERIES:
        signal = np.where(body, rng.normal(300, NOISE, GRID.shape), np.abs(rng.normal(0, AIR, GRID.shape)))
        array = np.clip(signal, 0, 4095).astype(np.int16)
        write_volume(folder / f"{key}.nii.gz", Volume(array=array, geometry=GRID))
    lesions = np.any([_ellipsoid(z, half, radius) for z, half, radius in LESIONS], axis=0)
    oedema = np.any([_ellipsoid(z, 3 * half, radius) for z, half, radius in LESIONS], axis=0)
    cord = _tube(5.0)
    drawn = {"cord_t2": cord, "cord_gd": cord, "canal": _tube(8.0), "enhancing": lesions, "t2hyper": oedema}
    drawn["cyst"] = _ellipsoid(120.0, 3.0, 1.5)
    for key, inside in drawn.items():
        write_label_map(folder / f"{key}.nii.gz", LabelMap(array=inside.astype(np.uint8), geometry=GRID))


def _points() -> FloatArray:
    return GRID.to_world(np.moveaxis(np.indices(GRID.shape), 0, -1))


def _tube(radius_mm: float) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    x, y, z = np.moveaxis(_points(), -1, 0)
    return np.asarray((np.hypot(x, y) <= radius_mm) & (z > -80.0) & (z < 180.0))


def _ellipsoid(
    height_mm: float, half_length_mm: float, half_width_mm: float
) -> "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]":
    x, y, z = np.moveaxis(_points(), -1, 0)
    reach = (x / half_width_mm) ** 2 + (y / half_width_mm) ** 2 + ((z - height_mm) / half_length_mm) ** 2
    return np.asarray(reach <= 1.0)


def _series(key: str) -> Series:
    weighting, contrast = SERIES[key]
    return Series(
        study=STUDY,
        acquisition=key,
        suffix="T2w" if weighting is Weighting.T2 else "T1w",
        weighting=weighting,
        plane=Plane.SAGITTAL,
        contrast=contrast,
        geometry=GRID,
    )


def _masks(folder: Path) -> tuple[Mask, ...]:
    drawn_on = {
        "cord_t2": (Region.CORD, "sagT2"),
        "cord_gd": (Region.CORD, "sagT1gd"),
        "canal": (Region.CANAL, "sagT2"),
        "enhancing": (Region.ENHANCING, "sagT1gd"),
        "t2hyper": (Region.T2HYPER, "sagT2"),
        "cyst": (Region.CYST, "sagT2"),
    }
    return tuple(
        Mask(region=region, series=_series(on), labels=read_label_map(folder / f"{key}.nii.gz"), author="AB")
        for key, (region, on) in drawn_on.items()
    )


def _case(folder: Path) -> Case:
    points: dict[str, Vector] = {STANDARD.disc_name(v): (0.0, -12.0, 180.0 - (v - 2) * LEVEL_MM) for v in range(2, 16)}
    series = tuple(_series(key) for key in SERIES)
    return Case(study=STUDY, author="AB", masks=_masks(folder), discs=DiscPoints(points=points), series=series)


def _pyradiomics(folder: Path, images: float) -> list[tuple[str, str, str]]:
    """Return what pyradiomics takes for the shape of the same mask on one series, its reading included."""
    if find_spec("radiomics") is None:
        return []
    # not installed with the project: where it is, the row is printed
    from radiomics.featureextractor import RadiomicsFeatureExtractor  # type: ignore[import-not-found]

    extractor = RadiomicsFeatureExtractor()
    extractor.disableAllFeatures()
    extractor.enableFeatureClassByName("shape")
    image, mask = str(folder / "sagT1gd.nii.gz"), str(folder / "enhancing.nii.gz")
    took = least(lambda: extractor.execute(image, mask), 1)
    return [("pyradiomics, shape of one mask as one object", f"{took:.3f}", f"{took / images:.2f}")]
