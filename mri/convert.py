"""One stack of DICOM files to one NIfTI image by dcm2niix, and the gate that every image must pass.

The best converter returns success on 20 of 21 broken series. So nothing it writes is believed until each slice's
corners, sent through the affine of the image, meet its voxels, and each voxel is the pixel of its place.
"""

import gzip
import json
import subprocess
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mri.child import run_limited
from mri.geometry import Geometry
from mri.headers import ImageHeader
from mri.nifti import read_geometry
from mri.parameters import MriParameters
from mri.pixels import claimed_bytes
from mri.problems import RefusedError, error
from mri.stacks import Stack, corners_mm
from mri.staging import stage
from mri.trouble import TemporaryFullError, has_room
from mri.voxels import check_voxels, why_unchecked

_HEADER_BYTES = 352
_TEXT_FIELDS = ((14, 18), (148, 80), (228, 24), (328, 16))
"""Offset and length of the free text of a NIfTI-1 header: db_name, descrip, aux_file, intent_name."""
_CHUNK_BYTES = 1 << 20
_GZIP_NO_NAME = 31
_MOST_ROOM_BYTES = 1 << 30
"""What one stack may be expected to need, whatever its headers claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """An image that passed the gate, in the folder given to `convert`.

    Attributes
    ----------
    image : Path
        ``.nii.gz`` without free text in its header.
    sidecar : dict
        What dcm2niix wrote of the acquisition, not yet scrubbed.
    geometry : Geometry
    residual_mm : float
        Largest distance of a slice corner from its voxel.
    unchecked : str
        Why the voxels could not be held against their source; empty where they were.
    """

    image: Path
    sidecar: Mapping[str, Any]
    geometry: Geometry
    residual_mm: float
    unchecked: str = ""


def convert(stack: Stack, folder: Path, parameters: MriParameters) -> Converted:
    """Convert one stack into a folder.

    Raises
    ------
    RefusedError
        With the named reason: the pixels cannot be decoded, the converter failed or split the stack, or its image
        does not hold every slice at its place within 0.01 mm, voxel by voxel.
    TemporaryFullError
        If the folder has no room, which is no fault of the series.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="stack-") as staged:
        inside, out = Path(staged, "in"), Path(staged, "out")
        inside.mkdir()
        out.mkdir()
        plain = stage(stack, inside, parameters)
        try:
            return _converted(stack, plain, inside, out, folder / "image.nii.gz", parameters)
        except RefusedError as refused:
            # the converter does not say why it left out an image or a part of it
            if not has_room(out, min(sum(claimed_bytes(header.tags) for header in plain), _MOST_ROOM_BYTES)):
                raise TemporaryFullError from refused
            raise


def _converted(
    stack: Stack, plain: Sequence[ImageHeader], inside: Path, out: Path, image: Path, parameters: MriParameters
) -> Converted:
    images = _run(inside, out, parameters)
    if len(images) != 1:
        raise _refused("converter_split" if images else "converter_failed", _told(len(images)))
    geometry = read_geometry(images[0])
    residual_mm = gate(stack, geometry, parameters.gate_residual_mm)
    unchecked = "" if check_voxels(plain, images[0], geometry) else why_unchecked(plain)
    _clean_header(images[0], parameters.gzip_level)
    sidecar = _sidecar(out)
    images[0].replace(image)
    return Converted(image=image, sidecar=sidecar, geometry=geometry, residual_mm=residual_mm, unchecked=unchecked)


def gate(stack: Stack, geometry: Geometry, limit_mm: float) -> float:
    """Return the largest distance in mm of a slice corner from the image's voxel for it.

    Every slice must meet one slice of the image and every slice of the image one of the stack.

    Raises
    ------
    RefusedError
        ``slice_count``, ``geometry_residual`` or ``slice_unaccounted``.
    """
    frames = stack.frames
    columns, rows = int(stack.first.number("Columns") or 0), int(stack.first.number("Rows") or 0)
    if geometry.shape[2] != len(frames):
        raise _refused("slice_count", f"{len(frames)} slices were received, the image holds {geometry.shape[2]}")
    corners = np.array([corners_mm(frame, columns, rows) for frame in frames])
    last = np.array(geometry.shape) - 1
    nearest = np.clip(np.rint(geometry.to_index(corners)), 0, last)
    residual_mm = float(np.linalg.norm(geometry.to_world(nearest) - corners, axis=-1).max())
    if not residual_mm <= limit_mm:
        raise _refused(
            "geometry_residual", f"the image puts a slice {residual_mm:.3g} mm from where its header says; not usable"
        )
    slices = nearest[:, :, 2]
    in_plane = nearest[:, :, :2]
    one_each = len(np.unique(slices[:, 0])) == len(frames) and bool((slices == slices[:, :1]).all())
    if not one_each or not bool(np.isin(in_plane, (0, *last[:2])).all()):
        raise _refused("slice_unaccounted", "a slice of the series is not in the image; send the series again")
    return residual_mm


def _run(inside: Path, out: Path, parameters: MriParameters) -> list[Path]:
    import dcm2niix

    command = [dcm2niix.bin, "-z", "i", f"-{parameters.gzip_level}", "-b", "y", "-ba", "y", "-c", "", "-g", "i"]
    command += ["-x", "i", "-f", "image", "-o", str(out), str(inside)]
    try:
        run_limited(
            command, timeout_s=parameters.convert_timeout_s, memory_bytes=parameters.child_memory_bytes, folder=out
        )
    except subprocess.TimeoutExpired as failure:
        raise _refused("converter_timeout", "the converter hangs on this series; send it again") from failure
    return sorted(out.glob("*.nii.gz"))


def _sidecar(out: Path) -> Mapping[str, Any]:
    written = next(iter(out.glob("*.json")), None)
    try:
        content = json.loads(written.read_text(encoding="utf-8", errors="replace"), strict=False) if written else {}
    except ValueError:
        # the image is what counts; odd text in a header may break the sidecar of the converter
        content = {}
    return content if isinstance(content, dict) else {}


def _clean_header(image: Path, level: int) -> None:
    """Blank the free text of the image's header; only where there is any is the file packed anew."""
    with gzip.open(image) as stream:
        header = stream.read(_HEADER_BYTES)
    if not any(_says_something(header[start : start + length]) for start, length in _TEXT_FIELDS):
        return
    cleaned = bytearray(header)
    for start, length in _TEXT_FIELDS:
        cleaned[start : start + length] = bytes(length)
    packed = image.with_suffix(".part")
    packer = zlib.compressobj(level, zlib.DEFLATED, _GZIP_NO_NAME)
    with gzip.open(image) as source, packed.open("wb") as target:
        source.seek(_HEADER_BYTES)
        target.write(packer.compress(bytes(cleaned)))
        while chunk := source.read(_CHUNK_BYTES):
            target.write(packer.compress(chunk))
        target.write(packer.flush())
    packed.replace(image)


def _says_something(text: bytes) -> bool:
    """Return whether a field holds more than echo time, blanked time and acceleration."""
    words = [word for word in text.rstrip(b"\0").split(b";") if word]
    return not all(
        word.startswith((b"TE=", b"mb=", b"phase=")) or word in (b"Time=0.000", b"Time=000000.000") for word in words
    )


def _told(count: int) -> str:
    if count:
        return f"the converter made {count} images of one stack; the slices do not belong together"
    return "the converter made no image of this series; send it again from the archive"


def _refused(code: str, message: str) -> RefusedError:
    return RefusedError(error(code, "series", message))
