"""Scanned series as classic MR Image Storage files, JPEG-LS lossless, with planted identities."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mri.study import Plane
from sample_scans.patient import Identity, Patient, Session
from sample_scans.scanner import ScannedSeries
from sample_scans.seeds import number, uid
from sample_scans.vendors import GADOLINIUM_AGENT, Scanner

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

BODY_PART = "SPINE"
_SERIES_MINUTES = 5
_FIRST_HOUR = 9
_MHZ_PER_TESLA = 42.577478
"""Proton resonance in MHz per tesla."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitHeader:
    """What all files of one visit share.

    Attributes
    ----------
    identity : Identity
    day : date
    scanner : Scanner
    seed : int
    name : str
        Name of the visit within the seed; UIDs and the accession number follow from both.
    """

    identity: Identity
    day: date
    scanner: Scanner
    seed: int
    name: str

    @classmethod
    def of(cls, patient: Patient, session: Session, seed: int) -> "VisitHeader":
        """Return the header of a patient's visit."""
        name = f"{patient.participant}/{patient.session_label(session)}"
        day = patient.session_date(session)
        return cls(identity=patient.identity, day=day, scanner=session.scanner, seed=seed, name=name)

    def uid(self, *names: object) -> str:
        """Return the UID of something of this visit."""
        return uid(self.seed, self.name, *names)

    @property
    def accession(self) -> str:
        """Accession number of the visit."""
        return "ACC" + number(self.seed, 8, self.name, "accession")


def write_dicom(series: Iterable[ScannedSeries], header: VisitHeader, folder: Path) -> list[Path]:
    """Write each series into a folder of its own, one file per slice.

    Parameters
    ----------
    series : iterable of ScannedSeries
    header : VisitHeader
    folder : Path
        Gets one folder per series, named by its number alone.

    Returns
    -------
    list of Path
        The files, in order of series and slice.
    """
    written = []
    for one in series:
        target = folder / f"{one.number:03d}"
        target.mkdir(parents=True, exist_ok=True)
        for k in range(one.volume.array.shape[2]):
            path = target / f"{k + 1:04d}.dcm"
            path.write_bytes(encoded(slice_dataset(one, header, k)))
            written.append(path)
    return written


def encoded(dataset: "Dataset") -> bytes:
    """Return a dataset as the bytes of a DICOM file in JPEG-LS lossless."""
    from pydicom.uid import JPEGLSLossless

    dataset.compress(JPEGLSLossless, generate_instance_uid=False)
    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def slice_dataset(series: ScannedSeries, header: VisitHeader, k: int) -> "Dataset":
    """Return the uncompressed dataset of slice k (from 0)."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = MRImageStorage
    dataset.file_meta.MediaStorageSOPInstanceUID = UID(header.uid("instance", series.number, k))
    dataset.file_meta.ImplementationClassUID = UID(uid(0, "implementation"))
    dataset.SOPClassUID = MRImageStorage
    dataset.SOPInstanceUID = header.uid("instance", series.number, k)
    _add_patient(dataset, header)
    _add_study(dataset, header, series)
    _add_equipment(dataset, header)
    _add_sequence(dataset, header, series)
    _add_place(dataset, series, k)
    _add_pixels(dataset, series, k)
    _add_private(dataset, header)
    return dataset


def _set(dataset: "Dataset", values: dict[str, object]) -> None:
    for keyword, value in values.items():
        setattr(dataset, keyword, value)


def _add_patient(dataset: "Dataset", header: VisitHeader) -> None:
    identity = header.identity
    values: dict[str, object] = {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": identity.name,
        "PatientID": identity.patient_id,
        "IssuerOfPatientID": "",
        "PatientBirthDate": identity.birth_date.strftime("%Y%m%d"),
        "PatientSex": identity.sex,
        "PatientAge": f"{identity.age_years(header.day):03d}Y",
        "PatientWeight": "72",
        "PatientComments": f"SYNTHETIC, research use only; seen with {identity.name.split('^')[0].title()} family",
    }
    _set(dataset, values)


def _add_study(dataset: "Dataset", header: VisitHeader, series: ScannedSeries) -> None:
    day = header.day.strftime("%Y%m%d")
    minutes = _FIRST_HOUR * 60 + series.number * _SERIES_MINUTES
    start = f"{_FIRST_HOUR:02d}0000.000000"
    time = f"{minutes // 60:02d}{minutes % 60:02d}00.000000"
    values: dict[str, object] = {
        "StudyInstanceUID": header.uid("study"),
        "SeriesInstanceUID": header.uid("series", series.number),
        "FrameOfReferenceUID": header.uid("frame"),
        "PositionReferenceIndicator": "",
        "StudyID": number(header.seed, 4, header.name, "study id"),
        "AccessionNumber": header.accession,
        "StudyDescription": "MRI spine with and without contrast",
        "ReferringPhysicianName": header.identity.referring_physician,
        "OperatorsName": "TWYCROSS^B",
        "Modality": "MR",
        "SeriesNumber": series.number,
        "AcquisitionNumber": 1,
        "BodyPartExamined": BODY_PART,
        "PatientPosition": "HFS",
        "Laterality": "",
    }
    for kind in ("Study", "Series", "Acquisition", "Content"):
        values[f"{kind}Date"] = day
        values[f"{kind}Time"] = start if kind == "Study" else time
    _set(dataset, values)


def _add_equipment(dataset: "Dataset", header: VisitHeader) -> None:
    scanner = header.scanner
    values: dict[str, object] = {
        "Manufacturer": scanner.manufacturer,
        "ManufacturerModelName": scanner.model,
        "SoftwareVersions": scanner.software.split("\\"),
        "DeviceSerialNumber": scanner.serial,
        "StationName": scanner.station_name,
        "InstitutionName": header.identity.institution,
        "InstitutionAddress": "14 Larkspur Crescent",
        "MagneticFieldStrength": scanner.field_t,
        "ImagingFrequency": round(scanner.field_t * _MHZ_PER_TESLA, 4),
        "ImagedNucleus": "1H",
        "ReceiveCoilName": scanner.receive_coil,
    }
    _set(dataset, values)


def _add_sequence(dataset: "Dataset", header: VisitHeader, series: ScannedSeries) -> None:
    sequence = series.prescription.sequence
    values: dict[str, object] = {
        "MRAcquisitionType": "2D",
        "RepetitionTime": sequence.tr_ms,
        "EchoTime": sequence.te_ms,
        "EchoTrainLength": sequence.echo_train,
        "EchoNumbers": 1,
        "FlipAngle": sequence.flip_deg,
        "NumberOfAverages": 2,
        "PixelBandwidth": 180,
        "PercentSampling": 80,
        "InPlanePhaseEncodingDirection": "COL" if sequence.plane is Plane.SAGITTAL else "ROW",
    }
    if sequence.ti_ms is not None:
        values["InversionTime"] = sequence.ti_ms
    if sequence.gadolinium:
        values["ContrastBolusAgent"] = GADOLINIUM_AGENT[header.scanner.manufacturer]
        values["ContrastBolusVolume"] = 7.5
    _set(dataset, values | header.scanner.style(sequence))


def _add_place(dataset: "Dataset", series: ScannedSeries, k: int) -> None:
    grid = series.volume.geometry
    position = grid.to_world((0, 0, k))
    normal = np.array(grid.axes[2])
    values: dict[str, object] = {
        "InstanceNumber": k + 1,
        "ImagePositionPatient": [f"{x:.6f}" for x in position],
        "ImageOrientationPatient": [f"{x:.9f}" for axis in grid.axes[:2] for x in axis],
        "PixelSpacing": [f"{grid.spacing_mm[1]:.9f}", f"{grid.spacing_mm[0]:.9f}"],
        "SliceThickness": series.prescription.thickness_mm,
        "SpacingBetweenSlices": grid.spacing_mm[2],
        "SliceLocation": f"{float(position @ normal):.4f}",
    }
    _set(dataset, values)


def _add_pixels(dataset: "Dataset", series: ScannedSeries, k: int) -> None:
    pixels = np.ascontiguousarray(series.volume.array[:, :, k].T)
    white = int(np.percentile(series.volume.array, 99.5))
    values: dict[str, object] = {
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": pixels.shape[0],
        "Columns": pixels.shape[1],
        "BitsAllocated": 16,
        "BitsStored": 12,
        "HighBit": 11,
        "PixelRepresentation": 0,
        "WindowCenter": white // 2,
        "WindowWidth": max(white, 1),
    }
    _set(dataset, values)
    dataset.PixelData = pixels.astype("<u2").tobytes()
    dataset["PixelData"].VR = "OW"


def _add_private(dataset: "Dataset", header: VisitHeader) -> None:
    """Plant identifiers in the block where this maker keeps text; de-identification must drop it."""
    group, creator = header.scanner.private_creator
    block = dataset.private_block(group, creator, create=True)
    block.add_new(0x77, "LO", f"{header.identity.name} {header.identity.patient_id}")
    block.add_new(0x78, "LT", f"console note: call {header.identity.referring_physician} about {header.accession}")
