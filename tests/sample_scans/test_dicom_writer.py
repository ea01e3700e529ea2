"""The files: valid, decodable, in the right place, in the manner of three makers, with planted identities."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from sample_scans.cases import ECCENTRIC_C3, NAMED_PATIENTS, SOLITARY_T4, TWO_LESIONS_C2_L1
from sample_scans.dicom_writer import VisitHeader, slice_dataset, write_dicom
from sample_scans.patient import Patient
from sample_scans.scanner import ScannedSeries
from sample_scans.vendors import SCANNERS

TYPE_1 = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "ImageType",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelData",
    "PixelSpacing",
    "ImageOrientationPatient",
    "ImagePositionPatient",
    "ScanningSequence",
    "SequenceVariant",
]
"""Attributes of type 1 of the MR Image IOD (PS3.3 A.4) for an image with pixels."""

TYPE_2 = [
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "SeriesNumber",
    "Manufacturer",
    "InstanceNumber",
    "PositionReferenceIndicator",
    "SliceThickness",
    "ScanOptions",
    "MRAcquisitionType",
    "RepetitionTime",
    "EchoTime",
    "EchoTrainLength",
]


def datasets(folder: Path) -> list[pydicom.Dataset]:
    """Return the files of a folder in order."""
    return [pydicom.dcmread(path) for path in sorted(folder.glob("*.dcm"))]


def series_of(sample: Path, patient: Patient, number: int) -> list[pydicom.Dataset]:
    """Return one series of a patient's first visit."""
    case = patient.participant.replace("sample", "case")
    return datasets(sample / "dicom" / case / "visit01" / f"{number:03d}")


def test_corners_of_what_is_written_are_those_of_the_grid(quick_scan: list[ScannedSeries], tmp_path: Path) -> None:
    """Each corner of each slice through the header lies where the geometry has it, and the pixels agree."""
    header = VisitHeader.of(SOLITARY_T4, SOLITARY_T4.sessions[0], 0)
    for one in quick_scan:
        write_dicom([one], header, tmp_path)
        files = datasets(tmp_path / f"{one.number:03d}")
        grid = one.volume.geometry
        assert len(files) == grid.shape[2]
        for k, ds in enumerate(files):
            row, column = (np.array(ds.ImageOrientationPatient[n : n + 3], dtype=float) for n in (0, 3))
            for i, j in ((0, 0), (grid.shape[0] - 1, 0), (0, grid.shape[1] - 1)):
                corner = np.array(ds.ImagePositionPatient, dtype=float)
                corner = corner + row * ds.PixelSpacing[1] * i + column * ds.PixelSpacing[0] * j
                assert corner == pytest.approx(grid.to_world((i, j, k)), abs=1e-4)
            assert (ds.pixel_array == one.volume.array[:, :, k].T).all()


def test_required_attributes_are_there(quick_sample: Path) -> None:
    """Type 1 attributes have a value, type 2 attributes are present, in every file of every maker."""
    for patient in NAMED_PATIENTS[:3]:
        for ds in series_of(quick_sample, patient, 2):
            assert not [name for name in TYPE_1 if name not in ds or ds[name].value in (None, "", [])]
            assert not [name for name in TYPE_2 if name not in ds]
            assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID
            assert ds.file_meta.TransferSyntaxUID == pydicom.uid.JPEGLSLossless


def test_uids_tell_files_series_and_visits_apart(quick_sample: Path) -> None:
    """SOP UIDs are all different; one frame of reference and one study per visit."""
    heads = [pydicom.dcmread(p, stop_before_pixels=True) for p in sorted((quick_sample / "dicom").rglob("*.dcm"))]
    assert len({ds.SOPInstanceUID for ds in heads}) == len(heads)
    visits = {(ds.PatientID, ds.StudyDate) for ds in heads}
    assert len(visits) == 5
    for name in ("StudyInstanceUID", "FrameOfReferenceUID", "AccessionNumber"):
        assert len({ds[name].value for ds in heads}) == len(visits)
        assert len({(ds.PatientID, ds.StudyDate, ds[name].value) for ds in heads}) == len(visits)


def test_makers_write_in_their_manner(quick_sample: Path) -> None:
    """Siemens has a sequence name with a star, GE has FAST_GEMS and no sequence name, Philips M_SE and 3 T."""
    siemens, ge, philips = (
        series_of(quick_sample, patient, 3)[0] for patient in (SOLITARY_T4, TWO_LESIONS_C2_L1, ECCENTRIC_C3)
    )
    assert siemens.Manufacturer == "SIEMENS"
    assert siemens.SequenceName.startswith("*tse2d1_")
    assert siemens.SeriesDescription == "t2_tse_sag"
    assert "FAST_GEMS" in ge.ScanOptions
    assert "SequenceName" not in ge
    assert list(philips.ImageType)[2:] == ["M_SE", "M", "SE"]
    assert float(philips.MagneticFieldStrength) == 3.0


def test_only_series_after_contrast_name_the_agent(quick_sample: Path) -> None:
    """ContrastBolusAgent is in the last sagittal T1 and in no other series."""
    for patient in NAMED_PATIENTS[:3]:
        case = quick_sample / "dicom" / patient.participant.replace("sample", "case") / "visit01"
        agents = [bool(datasets(folder)[0].get("ContrastBolusAgent")) for folder in sorted(case.iterdir())]
        assert agents == sorted(agents)
        assert any(agents)
        assert not all(agents)


def test_identities_are_planted_in_standard_and_private_places(quick_sample: Path) -> None:
    """Name, number, physician, institution and station are in each file, also in a private block."""
    for patient in NAMED_PATIENTS:
        for ds in series_of(quick_sample, patient, 2):
            assert str(ds.PatientName) == patient.identity.name
            assert ds.PatientID == patient.identity.patient_id
            assert ds.InstitutionName == patient.identity.institution
            assert str(ds.ReferringPhysicianName) == patient.identity.referring_physician
            private = " ".join(str(element.value) for element in ds if element.tag.is_private)
            assert patient.identity.name in private
            assert ds.AccessionNumber in private


def test_folder_and_file_names_carry_no_identity(quick_sample: Path) -> None:
    """Nothing of a name or hospital number is in a path."""
    paths = "\n".join(str(p.relative_to(quick_sample)).upper() for p in quick_sample.rglob("*"))
    for patient in NAMED_PATIENTS:
        for word in (*patient.identity.name.replace("-", "^").split("^"), patient.identity.patient_id):
            assert len(word) < 2 or word not in paths


def converter() -> list[str]:
    """Return the command that runs dcm2niix."""
    dcm2niix: Any = pytest.importorskip("dcm2niix")
    return [dcm2niix.bin]


@pytest.mark.parametrize("patient", NAMED_PATIENTS[:3])
def test_dcm2niix_converts_each_maker(quick_sample: Path, tmp_path: Path, patient: Patient) -> None:
    """dcm2niix takes a series of each maker with status 0 and makes one volume."""
    case = quick_sample / "dicom" / patient.participant.replace("sample", "case") / "visit01" / "003"
    command = [*converter(), "-z", "n", "-b", "n", "-f", "%s", "-o", str(tmp_path), str(case)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert [path.name for path in tmp_path.glob("*.nii")] == ["3.nii"]


@pytest.mark.parametrize("scanner", SCANNERS)
def test_inversion_time_is_written_for_stir_only(quick_scan: list[ScannedSeries], scanner: Any) -> None:
    """Spin echoes have no InversionTime; an inversion recovery names it and IR in its scanning sequence."""
    from dataclasses import replace

    from sample_scans.protocol import SAG_STIR

    visit = VisitHeader.of(SOLITARY_T4, SOLITARY_T4.sessions[0], 0)
    header = replace(visit, scanner=scanner)
    plain = quick_scan[0]
    stir = replace(plain, prescription=replace(plain.prescription, sequence=SAG_STIR))
    assert "InversionTime" not in slice_dataset(plain, header, 0)
    dataset = slice_dataset(stir, header, 0)
    assert float(dataset.InversionTime) == SAG_STIR.ti_ms
    assert "IR" in dataset.ScanningSequence
