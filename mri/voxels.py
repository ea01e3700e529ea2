"""Whether each voxel of a converted image is the pixel that its place says.

The corners of a slice show where the image lies, not whether the slices are in their order: a converter that sorts by
a repeated number writes a good grid with the wrong slices in it.
"""

import gzip
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry
from mri.headers import ImageHeader
from mri.pixels import NATIVE_SYNTAXES
from mri.problems import RefusedError, error
from mri.stacks import corners_mm

_TYPES = {2: "<u1", 4: "<i2", 8: "<i4", 16: "<f4", 64: "<f8", 256: "<i1", 512: "<u2", 768: "<u4"}
"""Data types of NIfTI-1 by code."""
_HEADER_BYTES = 352
_CLOSE = 1e-4
"""Scaled values agree to this share of the largest; they are stored with 24 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """Where the pixels of one frame lie, and how they stand in the image."""

    header: ImageHeader
    frame: int
    flip: tuple[slice, slice]


def check_voxels(staged: Sequence[ImageHeader], image: Path, geometry: Geometry) -> bool:
    """Hold every slice of an image against the pixels of the file whose place it has.

    Parameters
    ----------
    staged : sequence of ImageHeader
        Plain files; with compressed ones there is nothing to compare and the answer is False.
    image : Path
        Gzipped NIfTI-1, read slice by slice.
    geometry : Geometry
        Of the image, past the gate.

    Returns
    -------
    bool
        Whether it could be checked.

    Raises
    ------
    RefusedError
        ``voxels_differ``.
    """
    if any(h.transfer_syntax not in NATIVE_SYNTAXES or h.number("SamplesPerPixel") not in (None, 1.0) for h in staged):
        return False
    slices = _slices(staged, geometry)
    with gzip.open(image) as stream:
        head = stream.read(_HEADER_BYTES)
        kind, slope, intercept = struct.unpack("<h", head[70:72])[0], *struct.unpack("<ff", head[112:120])
        stream.read(int(struct.unpack("<f", head[108:112])[0]) - _HEADER_BYTES)
        dtype = np.dtype(_TYPES[kind])
        columns, rows, depth = geometry.shape
        for k in range(depth):
            values = np.frombuffer(stream.read(columns * rows * dtype.itemsize), dtype).reshape(rows, columns)
            if not _agrees(values, slices[k], slope, intercept):
                raise RefusedError(error("voxels_differ", "series", "the image does not hold the pixels of its slices"))
    return True


def why_unchecked(staged: Sequence[ImageHeader]) -> str:
    """Return why the voxels of a stack cannot be checked: what its pixels are stored as."""
    syntaxes = sorted({header.transfer_syntax for header in staged if header.transfer_syntax not in NATIVE_SYNTAXES})
    if not syntaxes:
        return "its pixels are in colour, which are not compared with their source"
    return f"no decoder for {', '.join(_named(syntax) for syntax in syntaxes)} is installed to compare its voxels with"


def _named(syntax: str) -> str:
    from pydicom.uid import UID

    name = UID(syntax).name
    return "this compression" if name == syntax else name


def _slices(staged: Sequence[ImageHeader], geometry: Geometry) -> dict[int, _Slice]:
    found: dict[int, _Slice] = {}
    columns, rows = geometry.shape[:2]
    for header in staged:
        for place, frame in zip(header.chosen or range(len(header.frames)), header.frames, strict=True):
            corners = np.rint(geometry.to_index(corners_mm(frame, columns, rows)))
            found[int(corners[0, 2])] = _Slice(header=header, frame=place, flip=(_way(corners, 1), _way(corners, 0)))
    return found


def _way(corners: FloatArray, axis: int) -> slice:
    """Return how to walk one axis of the image so that it runs as the rows or columns of the source do."""
    return slice(None, None, 1 if corners[-1, axis] >= corners[0, axis] else -1)


def _agrees(values: NDArray[Any], place: _Slice, slope: float, intercept: float) -> bool:
    pixels = _pixels(place.header, place.frame, values.shape)
    seen = values[place.flip]
    if np.array_equal(seen, pixels):
        return True
    wanted = pixels * (place.header.number("RescaleSlope") or 1.0) + (place.header.number("RescaleIntercept") or 0.0)
    scaled = seen * (slope or 1.0) + intercept
    return bool(np.abs(scaled - wanted).max() <= _CLOSE * max(1.0, float(np.abs(wanted).max())))


def _pixels(header: ImageHeader, frame: int, shape: tuple[int, ...]) -> NDArray[Any]:
    bits = int(header.number("BitsAllocated") or 16)
    order = ">" if header.transfer_syntax == NATIVE_SYNTAXES[2] else "<"
    dtype = np.dtype(f"{order}{'i' if header.number('PixelRepresentation') else 'u'}{bits // 8}")
    count = shape[0] * shape[1]
    offset = header.pixels_at + frame * count * dtype.itemsize
    return np.fromfile(header.path, dtype, count, offset=offset).reshape(shape)
