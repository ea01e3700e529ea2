"""NIfTI files to volumes and back; the only place where RAS and LPS meet.

Files are read and written by nibabel; packed ones are unpacked whole, so that a damaged one is noticed.
"""

import gzip
import os
import tempfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mri.geometry import FloatArray, Geometry
from mri.problems import RefusedError, error
from mri.volume import LabelMap, Volume

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Image

_RAS_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_GZIP = b"\x1f\x8b"
_OTHER_PACKING = (".bz2", ".zst")
"""Packed files that nibabel unpacks where it can; not read here, so that every checksum is compared."""
_NOT_MM = {1: "metres", 3: "micrometres"}
"""Units of length in the lowest three bits of a header's ``xyzt_units``, but for millimetres and none (NIfTI-1)."""
_UNIT_CODES = 8
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
"""Tells zlib that there is a gzip header, and a checksum to compare."""
_MOST_PACKED = 1032
"""Nothing is packed to less: what claims more is damaged, and no memory is taken for it."""
_PIECE_BYTES = 1 << 17
"""So much of a packed file is unpacked at once: it stays in the processor's cache."""
SOFT_THRESHOLD = 0.5
"""A mask with fractional values is a membership map: half or more is inside."""
_SOFT_MOST = 1.5
"""Interpolation of a mask of 0 and 1 may overshoot; values above are labels or percent."""
_ROUNDING = 1e-3
"""Whole numbers that went through a scaling in single precision."""


def read_geometry(path: Path) -> Geometry:
    """Return the grid of a NIfTI file in LPS mm, from the header alone.

    Raises
    ------
    RefusedError
        If the file is missing, no NIfTI, not three-dimensional, not in mm, sheared or without a valid grid.
    """
    return _geometry_of(_open(path), path)


def read_volume(path: Path) -> Volume:
    """Read an image: scaled intensities and its grid (LPS mm); refuses as `read_geometry` does."""
    geometry = read_geometry(path)
    return Volume(array=_read_voxels(path).reshape(geometry.shape, order="F"), geometry=geometry)


def read_label_map(path: Path) -> LabelMap:
    """Read a mask. Whole numbers are kept as labels; a mask with fractional values is cut at 0.5.

    Raises
    ------
    RefusedError
        As `read_geometry`, and if a voxel is negative or not a number.
    """
    volume = read_volume(path)
    array = volume.array
    if not np.issubdtype(array.dtype, np.integer):
        # in an image NaN is 0; in a mask it is to be seen
        array = np.asarray(_open(path).dataobj).reshape(array.shape)
    return LabelMap(array=as_labels(array, path.name), geometry=volume.geometry)


def as_labels(array: NDArray[Any], name: str) -> NDArray[Any]:
    """Return voxels as labels: whole numbers as they are, fractional values between 0 and 1 cut at 0.5.

    Raises
    ------
    RefusedError
        If a voxel is negative or not a number, or fractional where there are labels above 1: those would be lost.
    """
    if np.issubdtype(array.dtype, np.integer):
        labels: NDArray[Any] = array
    elif not np.isfinite(array).all():
        raise RefusedError(error("mask_not_finite", name, "the mask holds NaN or infinite voxels; write it again"))
    elif np.allclose(array, np.rint(array), rtol=0, atol=_ROUNDING):
        labels = np.rint(array).astype(np.int32)
    elif array.max() > _SOFT_MOST:
        message = (
            f"holds fractional voxels and values up to {array.max():.4g}: labels that were interpolated, or "
            "probabilities not from 0 to 1; resample labels by nearest neighbour, or scale to 0 to 1"
        )
        raise RefusedError(error("mask_fractional", name, message))
    else:
        labels = (array >= SOFT_THRESHOLD).astype(np.uint8)
    if labels.min(initial=0) < 0:
        raise RefusedError(error("mask_negative", name, "the mask holds negative labels; use 0 for background"))
    return labels


def write_label_map(path: Path, label_map: LabelMap) -> None:
    """Write a mask in the smallest of uint8, int16 and int32 that holds its labels, whole or not at all."""
    _write(path, _smallest(label_map.array), label_map.geometry)


def write_volume(path: Path, volume: Volume) -> None:
    """Write an image in its own data type, whole or not at all."""
    _write(path, volume.array, volume.geometry)


def ras_to_lps(points: FloatArray) -> FloatArray:
    """Turn positions in mm, shape (..., 3), from RAS+ to LPS+ (or back: it is its own inverse)."""
    turned: FloatArray = points * np.array([-1.0, -1.0, 1.0])
    return turned


def _open(path: Path) -> "Nifti1Image":
    from nibabel.filebasedimages import ImageFileError
    from nibabel.nifti1 import Nifti1Image
    from nibabel.spatialimages import HeaderDataError
    from nibabel.wrapstruct import WrapStructError

    if not path.is_file():
        raise RefusedError(error("file_missing", path.name, "no such file; check the path"))
    if path.suffix.lower() in _OTHER_PACKING:
        message = f"packed as {path.suffix}; unpack it, or pack it with gzip: give .nii or .nii.gz"
        raise RefusedError(error("not_nifti", path.name, message))
    try:
        return Nifti1Image.from_filename(path)
    except (ImageFileError, HeaderDataError, WrapStructError, OSError, EOFError, ValueError) as failure:
        raise RefusedError(
            error(
                "not_nifti", path.name, f"not a readable NIfTI image ({type(failure).__name__}); give .nii or .nii.gz"
            )
        ) from failure


def _geometry_of(image: "Nifti1Image", path: Path) -> Geometry:
    shape = tuple(int(n) for n in image.shape)
    while len(shape) > 3 and shape[-1] == 1:
        shape = shape[:-1]
    if len(shape) != 3:
        raise RefusedError(
            error("not_3d", path.name, f"an image of shape {shape} is not three-dimensional; give one volume")
        )
    if int(image.header["sform_code"]) == 0 and int(image.header["qform_code"]) == 0:
        raise RefusedError(
            error(
                "no_geometry",
                path.name,
                "the header says nothing of where the image is (sform and qform are 0); convert it anew",
            )
        )
    unit = _NOT_MM.get(int(image.header["xyzt_units"]) % _UNIT_CODES)
    if unit is not None:
        message = f"the header says that its positions are {unit}; write it anew in mm"
        raise RefusedError(error("units_not_mm", path.name, message))
    affine = image.affine
    if affine is None or not np.isfinite(affine).all():
        raise RefusedError(error("geometry_not_finite", path.name, "the affine is not finite; convert the image anew"))
    try:
        return Geometry.from_affine(_RAS_LPS @ affine, shape)
    except RefusedError as refused:
        raise RefusedError([error(p.code, path.name, p.message) for p in refused.problems]) from refused


def _read_voxels(path: Path) -> NDArray[Any]:
    """Return the voxels as (i, j, k) in Fortran order, the order of the file; what is not a number is 0.

    A packed file is unpacked whole, so that its checksum is compared: half an image must not pass for one.
    """
    try:
        voxels = _voxels_of(_content_of(path))
    except (OSError, EOFError, ValueError, TypeError, zlib.error) as failure:
        message = "the voxels cannot be read; the file is damaged or cut off"
        raise RefusedError(error("voxels_unreadable", path.name, message)) from failure
    if voxels.dtype.kind not in "iuf":
        message = f"voxels of type {voxels.dtype} are no intensities; give one real number for each voxel"
        raise RefusedError(error("voxels_not_real", path.name, message))
    if voxels.dtype.kind == "f":
        voxels[np.isnan(voxels)] = 0.0
    return voxels


def _content_of(path: Path) -> NDArray[np.uint8]:
    """Return the content of a file, unpacked, in a buffer that may be written to."""
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            return np.fromfile(path, np.uint8)
        content = _unpacked(file)
    return np.frombuffer(bytearray(gzip.decompress(path.read_bytes())), np.uint8) if content is None else content


def _unpacked(file: BinaryIO) -> NDArray[np.uint8] | None:
    """Return an unpacked gzip file, its checksum compared; None if it is not one part of the size that it tells.

    The last four bytes tell the size: what is unpacked piece by piece goes straight to its place, and only there is
    memory taken for it, a fifth of the time. A file of several parts, as parallel packers write it, tells the size of
    the last only.
    """
    packed_size = file.seek(-4, os.SEEK_END) + 4
    size = min(int.from_bytes(file.read(), "little"), _MOST_PACKED * packed_size)
    file.seek(0)
    content, filled = np.empty(size, np.uint8), 0
    unpacker = zlib.decompressobj(_GZIP_FORMAT)
    while not unpacker.eof and (packed := file.read(_PIECE_BYTES)):
        piece = unpacker.decompress(packed)
        if len(piece) > size - filled:
            return None
        content[filled : filled + len(piece)] = np.frombuffer(piece, np.uint8)
        filled += len(piece)
    is_whole = unpacker.eof and filled == size and not unpacker.unused_data and not file.read(1)
    return content if is_whole else None


def _voxels_of(content: NDArray[np.uint8]) -> NDArray[Any]:
    """Return the voxels of a file's content, in its own memory where they need no scaling."""
    from nibabel.nifti1 import Nifti1Header
    from nibabel.volumeutils import apply_read_scaling

    header = Nifti1Header(content[: Nifti1Header.sizeof_hdr].tobytes(), check=False)
    if header["magic"] != Nifti1Header.single_magic:
        raise ValueError("no single NIfTI file")
    dtype, offset = header.get_data_dtype(), header.get_data_offset()
    voxels: NDArray[Any] = np.ndarray(header.get_data_shape(), dtype, content.data, offset, order="F")
    slope, intercept = header.get_slope_inter()
    if slope is not None and (slope, intercept) != (1, 0):
        voxels = apply_read_scaling(voxels, slope, intercept)
    if dtype.kind in "iu" and voxels.dtype.kind == "f":
        # whole numbers with a slope: single precision holds them
        voxels = voxels.astype(np.float32)
    # the machine's own order of bytes, which compiled code expects
    return voxels.astype(voxels.dtype.newbyteorder("="), copy=False)


def _smallest(labels: NDArray[Any]) -> NDArray[Any]:
    largest = int(labels.max(initial=0))
    dtype = next(kind for kind in (np.uint8, np.int16, np.int32) if largest <= np.iinfo(kind).max)
    return labels.astype(dtype)


def _image(array: NDArray[Any], geometry: Geometry) -> "Nifti1Image":
    from nibabel.nifti1 import Nifti1Image

    affine = _RAS_LPS @ geometry.affine
    image = Nifti1Image(array, affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner")
    return image


def _write(path: Path, array: NDArray[Any], geometry: Geometry) -> None:
    image = _image(array, geometry)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-", suffix="".join(path.suffixes[-2:]))
    os.close(handle)
    try:
        image.to_filename(temporary)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def label_map_from_bytes(content: bytes, where: str, grid: Geometry) -> LabelMap:
    """Read a mask from the bytes of an unpacked NIfTI file that somebody sent.

    Parameters
    ----------
    content : bytes
    where : str
        For the messages.
    grid : Geometry
        The grid it must lie on; it is compared before any voxel is read, and takes the place of the header's.

    Raises
    ------
    RefusedError
        If it is no NIfTI, lies on another grid, or its voxels are no labels.
    """
    from nibabel.nifti1 import Nifti1Image

    try:
        image = Nifti1Image.from_bytes(content)
        geometry = _geometry_of(image, Path(where))
    except RefusedError:
        raise
    except Exception as failure:
        # the header may hold anything, and the library may fail at it in any way
        message = f"not a readable NIfTI image ({type(failure).__name__}); send the mask as NIfTI"
        raise RefusedError(error("not_nifti", where, message)) from failure
    if not geometry.same_grid(grid):
        mend = "the mask is not on the grid of its series; draw it on that series"
        raise RefusedError(error("mask_other_grid", where, mend))
    try:
        array = np.asarray(image.dataobj).reshape(grid.shape)
    except Exception as failure:
        message = f"the voxels cannot be read ({type(failure).__name__}); send the whole mask"
        raise RefusedError(error("voxels_unreadable", where, message)) from failure
    if array.dtype.kind not in "iuf":
        mend = f"voxels of type {array.dtype} are no labels; send whole numbers"
        raise RefusedError(error("labels_not_integer", where, mend))
    return LabelMap(array=as_labels(array, where), geometry=grid)


def label_map_bytes(label_map: LabelMap) -> bytes:
    """Return a mask as the bytes of a ``.nii.gz``; equal masks give equal bytes."""
    image = _image(_smallest(label_map.array), label_map.geometry)
    # little is gained by packing harder: a mask is mostly zeros
    return gzip.compress(image.to_bytes(), compresslevel=1, mtime=0)
