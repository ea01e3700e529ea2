"""Small classic MR files made by the tests, with everything planted that may not come out again."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage

from mri.bids import StudyFolder
from mri.deidentify import write_private

SAGITTAL = ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0))
AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
ROWS, COLUMNS, SLICES = 16, 12, 5
KEY = bytes(range(32))
ROOT = "1.2.826.0.1.3680043.8.498.77"
PLANTED = {
    "PatientName": "Zaphod^Plantagenet",
    "PatientID": "MRN-778812",
    "PatientBirthDate": "19610203",
    "InstitutionName": "Planted Infirmary",
    "StationName": "SCANROOM7",
    "DeviceSerialNumber": "SN998877",
    "AccessionNumber": "ACC556677",
    "OperatorsName": "Operette^Rosa",
    "ReferringPhysicianName": "Referrer^Rolf",
    "StudyDescription": "Spine of Zaphod",
    "ImageComments": "comment on Zaphod",
    "StudyDate": "20190314",
    "SeriesDate": "20190314",
    "AcquisitionDate": "20190314",
    "ContentDate": "20190314",
    "StudyTime": "101112.345",
    "AcquisitionTime": "101112.345",
    "ProtocolName": "protocol for Plantagenet",
}
"""Identifiers as a scanner writes them."""


def make_series(
    number: int = 1,
    *,
    slices: int = SLICES,
    direction: tuple[Sequence[float], Sequence[float]] = SAGITTAL,
    first_mm: Sequence[float] = (-6.0, -80.0, 100.0),
    step_mm: float = 3.3,
    **tags: object,
) -> list[Dataset]:
    """Return the slices of one sagittal T1 series; ``tags`` set or (None) remove any of their values."""
    normal = np.cross(direction[0], direction[1])
    made = []
    for k in range(slices):
        values = _values(number, k) | {
            "ImageOrientationPatient": [float(v) for axis in direction for v in axis],
            "ImagePositionPatient": [float(v) for v in np.array(first_mm) + normal * step_mm * k],
        }
        made.append(_dataset(values | tags, number * 100 + k))
    return made


def save(folder: Path, *series: Sequence[Dataset]) -> Path:
    """Write files as 0001.dcm … after those that are there, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    start = len(list(folder.iterdir()))
    for count, dataset in enumerate((d for one in series for d in one), start=start):
        dataset.save_as(folder / f"{count:04d}.dcm", enforce_file_format=True)
    return folder


def study_folder(tmp_path: Path) -> StudyFolder:
    """Return a study folder whose key is fixed, so that no chance enters a test."""
    folder = StudyFolder(root=tmp_path / "study")
    write_private(folder.key, KEY.hex())
    return folder


def _values(number: int, k: int) -> dict[str, object]:
    return PLANTED | {
        "SOPClassUID": MRImageStorage,
        "SOPInstanceUID": f"{ROOT}.1.{number}.{k + 1}",
        "StudyInstanceUID": f"{ROOT}.2",
        "SeriesInstanceUID": f"{ROOT}.3.{number}",
        "FrameOfReferenceUID": f"{ROOT}.4",
        "Modality": "MR",
        "Manufacturer": "SIEMENS",
        "ManufacturerModelName": "Avanto",
        "MagneticFieldStrength": 1.5,
        "PatientSex": "F",
        "PatientPosition": "HFS",
        "SeriesNumber": number,
        "InstanceNumber": k + 1,
        "SeriesDescription": "t1_tse_sag",
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND"],
        "ScanningSequence": "SE",
        "SequenceVariant": ["SK", "SP"],
        "ScanOptions": "PFP",
        "MRAcquisitionType": "2D",
        "EchoTime": 10.0,
        "RepetitionTime": 600.0,
        "FlipAngle": 150.0,
        "SliceThickness": 3.0,
        "PixelSpacing": [0.9, 0.8],
    }


def _dataset(values: dict[str, object], seed: int) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)
    dataset.Rows, dataset.Columns = values.get("Rows", ROWS), values.get("Columns", COLUMNS)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 16, 12, 11, 0
    shape = (dataset.Rows, dataset.Columns)
    dataset.PixelData = np.random.default_rng(seed).integers(0, 4000, shape, dtype=np.uint16).tobytes()
    block = dataset.private_block(0x0051, "PLANTED MAKER", create=True)
    block.add_new(0x01, "LO", "Plantagenet in private")
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    return dataset
