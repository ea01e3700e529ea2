"""A mask file of another program, whatever its format."""

from pathlib import Path

from mri.dicom_seg import is_dicom, read_dicom_seg
from mri.nifti import read_label_map
from mri.nrrd import read_nrrd
from mri.problems import RefusedError, error
from mri.segments import ForeignMask, Segment


def read_foreign_mask(path: Path) -> ForeignMask:
    """Read a NIfTI, NRRD (.seg.nrrd) or DICOM SEG mask; the ending says which, else the first bytes.

    Raises
    ------
    RefusedError
        If the file is missing, of another format or unreadable.
    """
    if not path.is_file():
        raise RefusedError(error("file_missing", path.name, "no such file; check the path"))
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return _read_nifti(path)
    if name.endswith(".nrrd"):
        return read_nrrd(path)
    if is_dicom(path):
        return read_dicom_seg(path)
    raise RefusedError(
        error("mask_format", path.name, "is neither NIfTI (.nii, .nii.gz), NRRD (.nrrd, .seg.nrrd) nor DICOM SEG")
    )


def _read_nifti(path: Path) -> ForeignMask:
    labels = read_label_map(path)
    segments = tuple(Segment(number=k, name="", layer=0, value=k) for k in labels.labels())
    return ForeignMask(kind="NIfTI", layers=(labels,), segments=segments)
