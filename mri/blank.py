"""Files that are no DICOM or were filled with zeros, told before they are parsed.

A parser takes zeros for elements of no length, eight bytes at a time: 64 MB of them would hold a scan for 40 s. Foreign
volumes are full of them, and so is a file whose transfer reserved its room and then broke off.
"""

import os
import re
from typing import BinaryIO

MARK, MARK_END = b"DICM", 132
_FIRST_GROUPS = (b"\x02\0", b"\x08\0", b"\0\x08")
"""Groups of the first element of a file without the mark, the last one big-endian: tags come in order, and every image
has a SOPClassUID (0008,0016)."""
_TAG_BYTES = 4
_TAIL_BYTES = 4096
_CHUNK_BYTES = 1 << 16
_HEAD_BYTES = 8 << 20
"""More than any header of the files that were seen; only read where no pixels follow."""
_SPARE = bytes(64)
"""Zeros that are left behind the last other byte, as they may be the end of a number."""
_PIXELS = re.compile(rb"\xe0\x7f[\x08-\x10]\0|\x7f\xe0\0[\x08-\x10]")
"""Tag of the pixels, whole numbers or floating point, in either byte order."""
_OF_PIXELS = b"\x7f"


def may_be_dicom(stream: BinaryIO) -> bool:
    """Return whether a file begins as DICOM may: with the mark, or as old exports with group 2 or 8."""
    stream.seek(0)
    start = stream.read(MARK_END)
    if start[MARK_END - len(MARK) :] == MARK:
        return True
    return start[:2] in _FIRST_GROUPS and any(start[2:8])


def head_before_zeros(stream: BinaryIO) -> bytes | None:
    """Return the start of a file that ends in zeros and holds no pixels, without the zeros; None for any other file."""
    stream.seek(0, os.SEEK_END)
    stream.seek(max(stream.tell() - _TAIL_BYTES, 0))
    if stream.read().strip(b"\0") or _has_pixels(stream):
        return None
    stream.seek(0)
    return stream.read(_HEAD_BYTES).rstrip(b"\0") + _SPARE


def _has_pixels(stream: BinaryIO) -> bool:
    stream.seek(0)
    before = b""
    while chunk := stream.read(_CHUNK_BYTES):
        chunk = before + chunk
        # looked for by one byte first, which zeros lack and which takes a tenth of the time
        if _OF_PIXELS in chunk and _PIXELS.search(chunk):
            return True
        before = chunk[-_TAG_BYTES:]
    return False
