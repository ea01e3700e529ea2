"""Twenty-one ways in which a series arrives broken or odd, for any classic series, and a check of what was kept."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset

from mri.bids import StudyFolder
from mri.ingest import IngestResult
from mri.nifti import read_volume
from mri.tags import quiet_pydicom

Series = list[Dataset]
_PLACE = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
HALF = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is done to the slices, in order of place, or to the folder they were written to; what must come of it."""

    change: Callable[[Series], Series] = lambda series: series
    harm: Callable[[Path], None] = lambda folder: None
    kept: int = 0
    codes: frozenset[str] = frozenset()


def normal_of(series: Sequence[Dataset]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the direction of the slices."""
    direction = np.array(series[0].ImageOrientationPatient, dtype=float)
    return np.cross(direction[:3], direction[3:])


def _move(series: Series, mm: Callable[[int], np.ndarray]) -> Series:  # type: ignore[type-arg]
    for k, dataset in enumerate(series):
        place = np.array(dataset.ImagePositionPatient, dtype=float) + mm(k)
        dataset.ImagePositionPatient = [round(float(v), 6) for v in place]
    return series


def _set(series: Series, **values: object) -> Series:
    for dataset in series:
        for keyword, value in values.items():
            if value is None:
                delattr(dataset, keyword)
            else:
                setattr(dataset, keyword, value)
    return series


def _two_stations(series: Series) -> Series:
    normal = normal_of(series)
    return _move(series, lambda k: normal * (200.0 if k >= HALF else 0.0))


def _two_directions(series: Series) -> Series:
    flat = abs(normal_of(series)[2]) > 0.5
    direction = [0, 1, 0, 0, 0, -1] if flat else [1, 0, 0, 0, 1, 0]
    for k, dataset in enumerate(series[HALF:]):
        dataset.ImageOrientationPatient = direction
        dataset.ImagePositionPatient = [k * 1.2, 0, 0] if flat else [0, 0, k * 1.2]
    return series


def _two_echoes(series: Series) -> Series:
    other = copy.deepcopy(series)
    for k, dataset in enumerate(other):
        dataset.EchoTime, dataset.InstanceNumber = 9.9, 1000 + k
        dataset.SOPInstanceUID = f"{dataset.SOPInstanceUID}.2"
    return series + other


def _other_matrix(series: Series) -> Series:
    odd = series[3]
    pixels = odd.pixel_array[: odd.Rows // 2]
    odd.Rows, odd.PixelData = odd.Rows // 2, np.ascontiguousarray(pixels).tobytes()
    return series


def _scaled(series: Series) -> Series:
    for k, dataset in enumerate(series):
        dataset.RescaleSlope, dataset.RescaleIntercept = 1.0 + k * 0.01, 0
    return series


def _cut(end: int) -> Callable[[Path], None]:
    def harm(folder: Path) -> None:
        path = sorted(folder.iterdir())[5]
        path.write_bytes(path.read_bytes()[:end])

    return harm


def _foreign(folder: Path) -> None:
    (folder / "9999.dcm").write_text("hello" * 100)
    (folder / "DICOMDIR").write_text("x")


def _shear(series: Series) -> Series:
    down = np.array(series[0].ImageOrientationPatient, dtype=float)[3:]
    return _move(series, lambda k: down * k * 0.4)


def _jitter(series: Series) -> Series:
    normal = normal_of(series)
    return _move(series, lambda k: normal * 0.02 * np.sin(k))


FAULTS: dict[str, Fault] = {
    "whole": Fault(kept=1),
    "missing": Fault(change=lambda s: s[:5] + s[6:], codes=frozenset({"slice_missing"})),
    "missing three": Fault(change=lambda s: s[:4] + s[7:], codes=frozenset({"slice_missing"})),
    "spacing changes": Fault(change=lambda s: s[:HALF] + s[HALF::2], codes=frozenset({"slice_missing"})),
    "file twice": Fault(change=lambda s: [*s, copy.deepcopy(s[5])], kept=1, codes=frozenset({"file_twice"})),
    "one instance number": Fault(change=lambda s: _set(s, InstanceNumber=1), kept=1),
    "no instance number": Fault(change=lambda s: _set(s, InstanceNumber=None), kept=1),
    "shear": Fault(change=_shear, codes=frozenset({"slices_sheared"})),
    "jitter": Fault(change=_jitter, codes=frozenset({"slice_missing"})),
    "two stations": Fault(change=_two_stations, kept=2, codes=frozenset({"series_split"})),
    "two directions": Fault(change=_two_directions, codes=frozenset({"localizer"})),
    "two echoes": Fault(change=_two_echoes, kept=2),
    "another matrix": Fault(change=_other_matrix, codes=frozenset({"matrix_varies"})),
    "no position": Fault(
        change=lambda s: [*_set(s[5:6], ImagePositionPatient=None), *s[:5], *s[6:]],
        codes=frozenset({"geometry_missing"}),
    ),
    "cut in its pixels": Fault(harm=_cut(-100), codes=frozenset({"file_truncated"})),
    "cut in its header": Fault(harm=_cut(700), codes=frozenset({"file_truncated"})),
    "empty file": Fault(harm=_cut(0), codes=frozenset({"file_empty", "file_truncated"})),
    "foreign files": Fault(harm=_foreign, kept=1, codes=frozenset({"not_dicom"})),
    "scale varies": Fault(change=_scaled, codes=frozenset({"rescale_varies"})),
    "spacing tags lie": Fault(change=lambda s: _set(s, SpacingBetweenSlices=0.2, SliceThickness=5.0), kept=1),
    "huge matrix": Fault(
        change=lambda s: [*s[:5], *_set(s[5:6], Rows=65535, Columns=65535), *s[6:]],
        codes=frozenset({"pixels_too_large"}),
    ),
}


def write_fault(fault: Fault, series: Series, folder: Path) -> Path:
    """Write a copy of a series with a fault into a folder."""
    folder.mkdir(parents=True)
    for number, dataset in enumerate(fault.change(copy.deepcopy(series))):
        dataset.save_as(folder / f"{number:04d}.dcm", enforce_file_format=True)
    fault.harm(folder)
    return folder


def wrong_slices(folder: StudyFolder, result: IngestResult, source: Path) -> list[str]:
    """Return each slice of the kept images that is not, pixel by pixel, the one slice of the source at its place."""
    sources = [dataset for path in sorted(source.rglob("*")) if (dataset := _read(path)) is not None]
    wrong = []
    for study in result.studies:
        for series in folder.load(study).series:
            volume = read_volume(folder.image(series))
            for k in range(volume.array.shape[2]):
                if not any(_is_slice(volume, k, dataset) for dataset in sources):
                    wrong.append(f"{series.name} slice {k}")
    return wrong


def _read(path: Path) -> Dataset | None:
    try:
        with quiet_pydicom():
            dataset = dcmread(path)
            placed = all(np.array(dataset[name].value, dtype=float).size for name in _PLACE)
            return dataset if placed and dataset.pixel_array.ndim == 2 else None
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - what cannot be read is no slice; a codec in Rust panics outside Exception
        return None


def _is_slice(volume: object, k: int, dataset: Dataset) -> bool:
    columns, rows, _ = volume.array.shape  # type: ignore[attr-defined]
    if (dataset.Rows, dataset.Columns) != (rows, columns):
        return False
    place = np.array(dataset.ImagePositionPatient, dtype=float)
    direction = np.array(dataset.ImageOrientationPatient, dtype=float)
    down_mm, across_mm = (float(v) for v in dataset.PixelSpacing)
    corners = [(c, r) for c in (0, columns - 1) for r in (0, rows - 1)]
    points = [place + direction[:3] * c * across_mm + direction[3:] * r * down_mm for c, r in corners]
    index = volume.geometry.to_index(np.array(points))  # type: ignore[attr-defined]
    near = np.rint(index).astype(int)
    if (near[:, 2] != k).any() or np.abs(index - near).max() > 0.01:
        return False
    across = volume.array[:, :, k].T.astype(float)  # type: ignore[attr-defined]
    across = across[:: 1 if near[1, 1] > near[0, 1] else -1, :: 1 if near[2, 0] > near[0, 0] else -1]
    slope, intercept = float(dataset.get("RescaleSlope") or 1), float(dataset.get("RescaleIntercept") or 0)
    return bool(np.allclose(across, dataset.pixel_array * slope + intercept, rtol=1e-4, atol=1e-3))
