"""Our ingest beside plain dcm2niix on the same generated series."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.clock import cpu_seconds, least, print_table
from mri.bids import StudyFolder
from mri.ingest import ingest
from mri.scanning import scan
from pipeline.console import say

SERIES, SLICES, MATRIX = 3, 128, 256
REPEATS = 2
COPIES = 8
_ROOT = "1.2.826.0.1.3680043.8.498.91"


def report() -> None:
    """Print CPU seconds of both, and the ratio; then the header scan by number of processes, and memory.

    Ours also reads every header, checks geometry and every voxel, names and de-identifies.
    """
    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "dicom")
        _write_dicom(source)
        _report_whole(source, name)
        say()
        _report_scan(source, Path(name, "many"))
        say()
        say(f"largest memory of a process that ingests the {SERIES} series: {_peak_mb(source, Path(name, 'peak'))} MB")


def _report_whole(source: Path, name: str) -> None:
    import dcm2niix

    fresh = iter(range(100))

    def plain() -> None:
        out = Path(name, f"plain{next(fresh)}")
        out.mkdir()
        command = [dcm2niix.bin, "-z", "i", "-1", "-b", "y", "-f", "%s", "-o", str(out), str(source)]
        subprocess.run(command, capture_output=True, check=True)

    def ours() -> None:
        result = ingest(source, StudyFolder(root=Path(name, f"study{next(fresh)}")))
        if result.kept != SERIES:
            say(f"only {result.kept} of {SERIES} series were kept: the time is of less work")

    ours()  # loads every module
    alone, whole = least(plain, REPEATS), least(ours, REPEATS)
    print_table(
        f"Ingest of {SERIES} generated series of {SLICES} slices {MATRIX}×{MATRIX} (uncompressed); least of {REPEATS}",
        ("work", "CPU s", "times plain dcm2niix"),
        [
            ("dcm2niix, gzip level 1", f"{alone:.2f}", "1.00"),
            ("iscm ingest, without start and imports", f"{whole:.2f}", f"{whole / alone:.2f}"),
        ],
    )


def _report_scan(source: Path, folder: Path) -> None:
    """Print what reading the headers of many files takes; the same files are linked many times."""
    folder.mkdir()
    for copy in range(COPIES):
        for path in source.iterdir():
            os.link(path, folder / f"{copy}_{path.name}")
    rows = []
    for processes in (1, 2):
        start, used = time.perf_counter(), cpu_seconds()
        files = len(scan(folder, processes=processes).headers)
        wall_s, cpu_s = time.perf_counter() - start, cpu_seconds() - used
        rows.append((str(processes), f"{wall_s:.2f}", f"{cpu_s:.2f}", f"{1000 * cpu_s / files:.2f}"))
    print_table(f"Header scan of {COPIES * SERIES * SLICES} files", ("processes", "wall s", "CPU s", "ms a file"), rows)


def _peak_mb(source: Path, study: Path) -> int:
    """Return the largest resident memory of a fresh process that ingests a folder (Linux)."""
    # the usual counter of a child begins at what its parent had
    code = (
        "import sys; from pathlib import Path;"
        " from mri.bids import StudyFolder; from mri.ingest import ingest;"
        " ingest(Path(sys.argv[1]), StudyFolder(root=Path(sys.argv[2])));"
        " status = Path('/proc/self/status').read_text().split();"
        " print(int(status[status.index('VmHWM:') + 1]) // 1024)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, str(source), str(study)], capture_output=True, text=True, check=True
    )
    return int(told.stdout)


def _write_dicom(folder: Path) -> None:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(1, SERIES + 1):
        pixels = np.clip(rng.normal(300, 60, (SLICES, MATRIX, MATRIX)), 0, 4095).astype(np.uint16)
        for k in range(SLICES):
            _write_slice(folder / f"{number:02d}_{k:04d}.dcm", number, k, pixels[k].tobytes())


def _write_slice(path: Path, number: int, k: int, pixels: bytes) -> None:
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

    image = Dataset()
    for keyword, value in _header(number, k).items():
        setattr(image, keyword, value)
    image.PixelData = pixels
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID = image.file_meta.MediaStorageSOPClassUID = MRImageStorage
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.save_as(path, enforce_file_format=True)


def _header(number: int, k: int) -> dict[str, object]:
    """Return a sagittal spin-echo slice; the three series differ in number and echo time."""
    return {
        "SOPInstanceUID": f"{_ROOT}.1.{number}.{k + 1}",
        "StudyInstanceUID": f"{_ROOT}.2",
        "SeriesInstanceUID": f"{_ROOT}.3.{number}",
        "FrameOfReferenceUID": f"{_ROOT}.4",
        "PatientName": "Made^Up",
        "PatientID": "BENCH1",
        "StudyDate": "20190314",
        "AcquisitionTime": f"1011{number:02d}.{k:06d}",
        "Modality": "MR",
        "Manufacturer": "SIEMENS",
        "MagneticFieldStrength": 1.5,
        "PatientPosition": "HFS",
        "SeriesNumber": number,
        "InstanceNumber": k + 1,
        "SeriesDescription": "sag",
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
        "ScanningSequence": "SE",
        "SequenceVariant": "SK",
        "MRAcquisitionType": "2D",
        "EchoTime": 90.0 + number,
        "RepetitionTime": 3000.0,
        "SliceThickness": 1.0,
        "PixelSpacing": [1.0, 1.0],
        "ImageOrientationPatient": [0.0, 1.0, 0.0, 0.0, 0.0, -1.0],
        "ImagePositionPatient": [-64.0 + k, -128.0, 128.0],
        "Rows": MATRIX,
        "Columns": MATRIX,
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
    }
