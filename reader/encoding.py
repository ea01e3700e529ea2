"""Masks on the way to and from the page: the box that holds them, packed."""

import base64
import binascii
import zlib
from collections.abc import Mapping
from http import HTTPStatus

import numpy as np
from numpy.typing import NDArray

from reader.failures import refuse

Box = tuple[int, int, int, int, int, int]
"""First index and the index after the last, along each axis."""


def packed(array: NDArray[np.integer]) -> Mapping[str, object]:
    """Return labels as the page takes them: ``box``, its ``shape``, and ``data``: base64 of zlib, bytes in C order."""
    box = _box(array)
    inside = array[box[0] : box[3], box[1] : box[4], box[2] : box[5]].astype(np.uint8)
    return {
        "box": box,
        "shape": inside.shape,
        "data": base64.b64encode(zlib.compress(np.ascontiguousarray(inside).tobytes(), 1)).decode(),
    }


def unpacked(box: Box, data: str, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return labels on a grid from what `packed` made.

    Raises
    ------
    RequestError
        422 if the box is not inside the grid or does not fit the data.
    """
    low, high = np.array(box[:3]), np.array(box[3:])
    if (low < 0).any() or (high <= low).any() or (high > shape).any():
        raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "box_outside", "mask", "the box is not inside the series")
    size = [int(n) for n in high - low]
    wanted = size[0] * size[1] * size[2]
    try:
        machine = zlib.decompressobj()
        content = machine.decompress(base64.b64decode(data, validate=True), wanted + 1)
    except (binascii.Error, ValueError, zlib.error) as failure:
        mend = "the data are no base64 of zlib; send them again"
        raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "data_unreadable", "mask", mend) from failure
    if len(content) != wanted:
        raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "data_wrong_size", "mask", f"the box needs {wanted} bytes")
    array = np.zeros(shape, dtype=np.uint8)
    array[box[0] : box[3], box[1] : box[4], box[2] : box[5]] = np.frombuffer(content, dtype=np.uint8).reshape(size)
    return array


def _box(array: NDArray[np.integer]) -> Box:
    if not array.any():
        return 0, 0, 0, 0, 0, 0
    ends = []
    for axis in range(3):
        used = np.flatnonzero(array.any(axis=tuple(k for k in range(3) if k != axis)))
        ends.append((int(used[0]), int(used[-1]) + 1))
    (i0, i1), (j0, j1), (k0, k1) = ends
    return i0, j0, k0, i1, j1, k1
