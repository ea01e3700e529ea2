"""NRRD masks (.nrrd, .seg.nrrd of 3D Slicer) to layers of labels with the segments that the header names."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mri.geometry import Geometry
from mri.nifti import as_labels
from mri.problems import RefusedError, error
from mri.segments import ForeignMask, Segment
from mri.volume import LabelMap

KIND = "NRRD"
_SPACE = "NRRD_space"
"""The header's word on which way the axes of the patient run; without it positions mean nothing."""

_SHOWN = 20
"""Characters of an unreadable entry that a message shows."""
_MOST_DIGITS = 9
"""No label or layer has more; longer numbers are no label of the image."""


def read_nrrd(path: Path) -> ForeignMask:
    """Read a mask; overlapping segments of 3D Slicer are layers.

    Raises
    ------
    RefusedError
        If the file is no NRRD, not three-dimensional, or does not say where it is.
    """
    layers, geometry, header = _read(path)
    maps = tuple(LabelMap(array=as_labels(layer, path.name), geometry=geometry) for layer in layers)
    named = tuple(_segments(header, len(maps), path.name))
    return ForeignMask(kind=KIND, layers=maps, segments=named or tuple(_plain(maps)))


def _read(path: Path) -> tuple[list[NDArray[Any]], Geometry, dict[str, str]]:
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        image = SimpleITK.ReadImage(str(path), imageIO="NrrdImageIO")
    except RuntimeError as failure:
        raise RefusedError(error("not_nrrd", path.name, "not a readable NRRD file; write it again")) from failure
    header = {key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}
    if image.GetDimension() != 3:
        message = f"an image of {image.GetDimension()} dimensions is not three-dimensional; give one volume"
        raise RefusedError(error("not_3d", path.name, message))
    if _SPACE not in header:
        raise RefusedError(
            error("no_geometry", path.name, "the header has no 'space', so nothing says where it is; export it anew")
        )
    axes = np.array(image.GetDirection()).reshape(3, 3) * np.array(image.GetSpacing())
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes, image.GetOrigin()
    voxels: NDArray[Any] = SimpleITK.GetArrayFromImage(image).T
    layers = [voxels] if voxels.ndim == 3 else list(voxels)
    return layers, _geometry(affine, layers[0].shape, path), header


def _geometry(affine: NDArray[np.float64], shape: tuple[int, ...], path: Path) -> Geometry:
    try:
        return Geometry.from_affine(affine, shape)
    except RefusedError as refused:
        raise RefusedError([error(p.code, path.name, p.message) for p in refused.problems]) from refused


def _segments(header: Mapping[str, str], n_layers: int, where: str) -> Iterator[Segment]:
    """Yield the segments of a .seg.nrrd; before Slicer 4.11 each was a layer of its own with the value 1."""
    number = 0
    while f"Segment{number}_ID" in header or f"Segment{number}_Name" in header:
        layer = _whole(header, f"Segment{number}_Layer", number if n_layers > 1 else 0, where)
        if layer < n_layers:
            yield Segment(
                number=number + 1,
                name=header.get(f"Segment{number}_Name", ""),
                layer=layer,
                value=_whole(header, f"Segment{number}_LabelValue", 1, where),
            )
        number += 1


def _whole(header: Mapping[str, str], key: str, default: int, where: str) -> int:
    """Return an entry of the header that has to be a whole number from 0 up."""
    text = header.get(key, str(default)).strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
        message = f"the header says {key} '{text[:_SHOWN]}', which is no number from 0 up; save the segments again"
        raise RefusedError(error("nrrd_header", where, message))
    return int(text)


def _plain(layers: tuple[LabelMap, ...]) -> Iterator[Segment]:
    for place, layer in enumerate(layers):
        for label in layer.labels():
            yield Segment(number=label, name="", layer=place, value=label)
