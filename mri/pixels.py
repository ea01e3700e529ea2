"""What the bytes of a DICOM file must hold for the size its header claims; no pixel is decoded here.

A claim is checked before anything is decoded: a header of a few bytes may ask for gigabytes.
"""

import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

from mri.tags import TagValue

IMPLICIT_SYNTAX = "1.2.840.10008.1.2"
EXPLICIT_SYNTAX = "1.2.840.10008.1.2.1"
NATIVE_SYNTAXES = (IMPLICIT_SYNTAX, EXPLICIT_SYNTAX, "1.2.840.10008.1.2.2")
"""Implicit and explicit little endian and explicit big endian: the pixels lie in the file as they are."""
DEFLATED_SYNTAX = "1.2.840.10008.1.2.1.99"
FAULTS: Mapping[str, str] = {
    "file_truncated": "a file ends before its pixels do; send the series again from the archive",
    "pixels_missing": "an image has no pixels; send the series again from the archive",
    "pixels_mismatch": "the pixels of a file are not as many as its header says; send the original series",
    "pixels_too_large": "a header claims more pixels than its file can hold; nothing was decoded, send the original",
}
"""Why the pixels of a file are not used."""
MOST_CLAIMED_BYTES = 4 << 30
"""A whole-body series of 2,000 slices of 1024 × 1024 is as large; nothing larger is one file of a spine."""
MOST_DECODED_BYTES = 1 << 30
"""Compressed files are decoded as a whole in memory: 2,000 slices of 512 × 512."""
MOST_RATIO = 1000
"""Lossless codecs reach 2 to 5 on MRI; RLE cannot exceed 64, an empty slice in JPEG-LS some hundreds."""
RATIO_MATTERS_BYTES = 64 << 20
"""Below this any ratio is harmless."""
_MAGIC_BYTES, _META_HEAD_BYTES = 132, 12
_HEAD_LIMIT_BYTES = 8 << 20
"""The header of an enhanced file of 1,000 frames is some 2 MB."""
_CHUNK_BYTES = 1 << 20
_UNDEFINED_LENGTH = 0xFFFFFFFF
_END_OF_FRAGMENTS = b"\xfe\xff\xdd\xe0"
_TAIL_BYTES = 65536
_PIXEL_TAG = (0x7FE0, 0x0010)
_PIXEL_TAGS = (
    ("Rows", 0.0),
    ("Columns", 0.0),
    ("NumberOfFrames", 1.0),
    ("SamplesPerPixel", 1.0),
    ("BitsAllocated", 16.0),
)
"""What the length of the pixels is made of, and what holds where a value is absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelData:
    """Where the pixels of a file begin, and the code of what is wrong with them (a key of `FAULTS`, or empty)."""

    at: int
    fault: str


def examine(
    stream: BinaryIO, at: int, *, size: int, syntax: str, implicit: bool, tags: Mapping[str, TagValue]
) -> PixelData:
    """Hold the pixel element of a file against its header.

    Parameters
    ----------
    stream : binary file
        The file, or the start of an inflated one.
    at : int
        Offset in bytes of the pixel element.
    size : int
        Length of the file in bytes.
    syntax : str
        Transfer syntax UID.
    implicit : bool
        Whether the elements state no value representation.
    tags : Mapping
        Values of the header.
    """
    claimed = claimed_bytes(tags)
    if claimed > MOST_CLAIMED_BYTES:
        return PixelData(at=at, fault="pixels_too_large")
    head = _pixel_element(stream, at, implicit, ">" if syntax == NATIVE_SYNTAXES[2] else "<")
    if head is None:
        return PixelData(at=at, fault="pixels_missing" if size - at > _META_HEAD_BYTES else "file_truncated")
    start, length = head
    if syntax in (*NATIVE_SYNTAXES, DEFLATED_SYNTAX):
        return PixelData(at=start, fault=_native_fault(claimed, length, size - start, syntax))
    too_large = claimed > MOST_DECODED_BYTES or claimed > max(RATIO_MATTERS_BYTES, MOST_RATIO * size)
    if too_large:
        return PixelData(at=start, fault="pixels_too_large")
    stream.seek(max(start, size - _TAIL_BYTES))
    return PixelData(at=start, fault="" if _END_OF_FRAGMENTS in stream.read() else "file_truncated")


def claimed_bytes(tags: Mapping[str, TagValue]) -> float:
    """Return how many bytes the pixels take by what the header says."""
    bits = 1.0
    for keyword, default in _PIXEL_TAGS:
        value = tags.get(keyword, default)
        bits *= float(value) if isinstance(value, int | float) else default
    return bits / 8


def inflated_head(stream: BinaryIO) -> bytes | None:
    """Return the start of a deflated file as if it were not, within 8 MiB; None if the file is not deflated.

    The rest is left as it is: a megabyte may hold gigabytes.
    """
    meta = _deflated_meta(stream)
    if meta is None:
        return None
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    return meta + inflater.decompress(stream.read(_HEAD_LIMIT_BYTES), _HEAD_LIMIT_BYTES)


def inflate(source: BinaryIO, target: BinaryIO, most_bytes: float) -> bool:
    """Write a deflated file as a plain one, chunk by chunk; return False once it would be longer than allowed."""
    meta = _deflated_meta(source) or b""
    target.write(meta)
    inflater, left = zlib.decompressobj(-zlib.MAX_WBITS), most_bytes - len(meta)
    while not inflater.eof and (packed := inflater.unconsumed_tail or source.read(_CHUNK_BYTES)):
        plain = inflater.decompress(packed, _CHUNK_BYTES)
        left -= len(plain)
        if left < 0:
            return False
        target.write(plain)
    return True


def _deflated_meta(stream: BinaryIO) -> bytes | None:
    """Return everything before the deflated part, with the plain transfer syntax in its place."""
    stream.seek(0)
    start = stream.read(_MAGIC_BYTES + _META_HEAD_BYTES)
    if start[128:132] != b"DICM" or start[132:138] != b"\x02\0\0\0UL":
        return None
    meta = stream.read(min(struct.unpack("<I", start[140:144])[0], _TAIL_BYTES))
    deflated = DEFLATED_SYNTAX.encode()
    if deflated not in meta:
        return None
    return start + meta.replace(deflated, EXPLICIT_SYNTAX.encode().ljust(len(deflated), b"\0"))


def _pixel_element(stream: BinaryIO, at: int, implicit: bool, order: str) -> tuple[int, int] | None:
    """Return where the pixels begin and how long they say they are."""
    stream.seek(at, os.SEEK_SET)
    head = stream.read(12)
    length_at = 4 if implicit else 8
    if len(head) < length_at + 4 or struct.unpack(f"{order}HH", head[:4]) != _PIXEL_TAG:
        return None
    return at + length_at + 4, int(struct.unpack(f"{order}I", head[length_at : length_at + 4])[0])


def _native_fault(claimed: float, length: int, left: int, syntax: str) -> str:
    if syntax != DEFLATED_SYNTAX and left < min(claimed, length):
        return "file_truncated"
    # elements have an even length, so a byte may follow the last pixel
    if length == _UNDEFINED_LENGTH or not claimed <= length <= claimed + 1:
        return "pixels_mismatch"
    return ""
