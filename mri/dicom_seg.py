"""DICOM SEG files to layers of labels; the only module that imports highdicom to read.

Of the file only the voxels, their place and the segments' numbers and labels are taken, never who the patient is.
"""

import logging
from pathlib import Path
from typing import Any

import numpy as np

from mri.geometry import Geometry
from mri.nifti import SOFT_THRESHOLD
from mri.problems import RefusedError, error
from mri.segments import ForeignMask, Segment
from mri.tags import quiet_pydicom
from mri.volume import LabelMap

KIND = "DICOM SEG"
SEGMENTATION_STORAGE = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""SOP classes: Segmentation, and Label Map Segmentation."""
_PREAMBLE = 128


def is_dicom(path: Path) -> bool:
    """Return whether a file begins as a DICOM file does."""
    with path.open("rb") as stream:
        return stream.read(_PREAMBLE + 4)[_PREAMBLE:] == b"DICM"


def read_dicom_seg(path: Path) -> ForeignMask:
    """Read a DICOM SEG: binary, fractional (half or more is inside) or label map; each segment is a layer.

    Raises
    ------
    RefusedError
        If the file is no segmentation, or its frames are not the slices of one regular volume.
    """
    array, affine, segments = _read(path)
    try:
        geometry = Geometry.from_affine(affine, array.shape[:3])
    except RefusedError as refused:
        raise RefusedError([error(p.code, path.name, p.message) for p in refused.problems]) from refused
    inside = array >= SOFT_THRESHOLD
    layers = tuple(LabelMap(array=inside[..., k].astype(np.uint8), geometry=geometry) for k in range(len(segments)))
    return ForeignMask(kind=KIND, layers=layers, segments=segments)


def _read(path: Path) -> tuple[Any, Any, tuple[Segment, ...]]:
    """Return voxels of shape (i, j, k, segments), the matrix from index to LPS mm, and the segments."""
    import highdicom
    from pydicom import dcmread

    # a library's words may repeat a header's value
    logging.getLogger("highdicom").setLevel(logging.CRITICAL)
    with quiet_pydicom():
        try:
            dataset = dcmread(path)
            if dataset.SOPClassUID not in SEGMENTATION_STORAGE:
                message = "is DICOM, but no segmentation (SEG); give the SEG file"
                raise RefusedError(error("not_a_seg", path.name, message))
            file = highdicom.seg.Segmentation.from_dataset(dataset, copy=False)
            volume = file.get_volume(combine_segments=False)
            segments = tuple(
                Segment(number=int(n), name=str(file.get_segment_description(n).segment_label), layer=k, value=1)
                for k, n in enumerate(file.segment_numbers)
            )
        except RefusedError:
            raise
        except Exception as failure:
            # whatever a hostile file brings out of two libraries
            message = f"cannot be read as one regular volume of segments ({type(failure).__name__}); export it as NRRD"
            raise RefusedError(error("seg_unreadable", path.name, message)) from failure
    return volume.array, volume.affine, segments
