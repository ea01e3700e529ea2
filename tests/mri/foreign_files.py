"""Mask files as other programs write them: NRRD with segments, and DICOM SEG made by highdicom."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import SimpleITK
from highdicom.content import PixelMeasuresSequence, PlaneOrientationSequence, PlanePositionSequence
from highdicom.seg import Segmentation, SegmentDescription
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sr.codedict import codes
from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage, generate_uid

from mri.geometry import Geometry

IDENTIFIERS = ("Doe^Jane", "PID-4711", "19700101", "Dr^Who")


def write_nrrd(
    path: Path, layers: Sequence[NDArray[np.uint8]], grid: Geometry, header: Mapping[str, str] | None = None
) -> Path:
    """Write layers as one NRRD as 3D Slicer does: a vector image where there are several."""
    if len(layers) == 1:
        image = SimpleITK.GetImageFromArray(np.ascontiguousarray(layers[0].T))
    else:
        image = SimpleITK.GetImageFromArray(np.ascontiguousarray(np.stack(layers).T), isVector=True)
    image.SetOrigin(grid.origin_mm)
    image.SetSpacing(grid.spacing_mm)
    image.SetDirection(grid.direction.ravel().tolist())
    for key, value in (header or {}).items():
        image.SetMetaData(key, value)
    SimpleITK.WriteImage(image, str(path), useCompression=True)
    return path


def slicer_header(names: Sequence[str], *, layers: Sequence[int], values: Sequence[int]) -> dict[str, str]:
    """Return the segment fields of a .seg.nrrd."""
    header = {}
    for k, (name, layer, value) in enumerate(zip(names, layers, values, strict=True)):
        header |= {f"Segment{k}_ID": f"Segment_{k}", f"Segment{k}_Name": name}
        header |= {f"Segment{k}_Layer": str(layer), f"Segment{k}_LabelValue": str(value)}
    return header


def mr_slices(grid: Geometry) -> list[Dataset]:
    """Return the headers of a series with a patient's name: index axis 2 of the grid runs across its slices."""
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    slices = []
    for k in range(grid.shape[2]):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.SOPClassUID, one.SOPInstanceUID = MRImageStorage, generate_uid()
        one.StudyInstanceUID, one.SeriesInstanceUID, one.FrameOfReferenceUID = study, series, frame
        one.PatientName, one.PatientID, one.PatientBirthDate = IDENTIFIERS[:3]
        one.PatientSex, one.AccessionNumber, one.StudyID = "F", "A1", "1"
        one.StudyDate, one.StudyTime, one.ReferringPhysicianName = "20200102", "101010", IDENTIFIERS[3]
        one.Modality, one.Rows, one.Columns = "MR", grid.shape[1], grid.shape[0]
        one.ImageOrientationPatient = [*grid.axes[0], *grid.axes[1]]
        one.ImagePositionPatient = [float(v) for v in grid.to_world((0, 0, k))]
        one.PixelSpacing = [grid.spacing_mm[1], grid.spacing_mm[0]]
        one.SliceThickness = grid.spacing_mm[2]
        slices.append(one)
    return slices


def write_seg(
    path: Path,
    masks: Mapping[str, NDArray[np.generic]],
    grid: Geometry,
    *,
    fractional: bool = False,
    label_map: bool = False,
) -> Path:
    """Write a DICOM SEG of named masks, each of the grid's shape; fractional ones hold 0 to 1."""
    slices = mr_slices(grid)
    stack = np.stack([mask.T for mask in masks.values()], axis=-1)
    described = [
        SegmentDescription(
            segment_number=k,
            segment_label=name,
            segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=codes.SCT.Lesion,
            algorithm_type="MANUAL",
        )
        for k, name in enumerate(masks, start=1)
    ]
    voxels = stack if fractional else stack.astype(np.uint8)
    if label_map:
        voxels = (voxels * np.arange(1, len(masks) + 1)).sum(axis=-1).astype(np.uint8)
    seg = Segmentation(
        source_images=slices,
        pixel_array=voxels,
        segmentation_type="FRACTIONAL" if fractional else "LABELMAP" if label_map else "BINARY",
        segment_descriptions=described,
        series_instance_uid=generate_uid(),
        series_number=2,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer="test",
        manufacturer_model_name="test",
        software_versions="1",
        device_serial_number="1",
        pixel_measures=PixelMeasuresSequence(
            pixel_spacing=(grid.spacing_mm[1], grid.spacing_mm[0]),
            slice_thickness=grid.spacing_mm[2],
            spacing_between_slices=grid.spacing_mm[2],
        ),
        plane_orientation=PlaneOrientationSequence("PATIENT", [*grid.axes[0], *grid.axes[1]]),
        plane_positions=[PlanePositionSequence("PATIENT", one.ImagePositionPatient) for one in slices],
    )
    seg.save_as(path)
    return path
