"""Slices as small pictures: grey levels between two percentiles, WebP, as an address that a page can hold."""

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

QUALITIES = (82, 65, 45)
"""WebP qualities tried in turn until a picture fits its share."""
LONGEST_PIXELS = 512
"""A thumbnail is shown about 300 pixels wide; more than this is not seen."""
LEAST_PIXELS = 128
"""No picture is thinned below this: it would show nothing."""
WINDOW_PERCENTILES = (1.0, 99.5)
"""Grey levels below are black, above white: hot pixels and air do not set the window."""


def windowed(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Return the pixels as grey levels 0–255 between two percentiles of the finite values; a flat image is black."""
    values = np.nan_to_num(np.asarray(pixels, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = np.percentile(values, WINDOW_PERCENTILES)
    if high <= low:
        low, high = float(values.min()), float(values.max())
    scaled = (values - low) / max(high - low, 1e-9)
    return np.asarray(np.clip(scaled, 0, 1) * 255, dtype=np.uint8)


def picture_address(pixels: NDArray[Any], share: int) -> str:
    """Return a data address of the windowed pixels as WebP of at most ``share`` bytes.

    First the quality is lowered, then the pixels are thinned: a noisy image costs most and is worth least.
    """
    thinned = _thinned(np.asarray(pixels), LONGEST_PIXELS)
    while True:
        address = next((a for a in map(_encoder(windowed(thinned)), QUALITIES) if len(a) <= share), None)
        if address is not None or max(thinned.shape) <= LEAST_PIXELS:
            return address or _encoder(windowed(thinned))(QUALITIES[-1])
        thinned = _thinned(thinned, max(thinned.shape) // 2)


def _encoder(grey: NDArray[np.uint8]) -> Callable[[int], str]:
    from matplotlib.image import imsave

    colour = np.dstack([grey, grey, grey, np.full_like(grey, 255)])

    def encode(quality: int) -> str:
        buffer = io.BytesIO()
        imsave(buffer, colour, format="webp", pil_kwargs={"quality": quality, "method": 4})
        return "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")

    return encode


def _thinned(pixels: NDArray[Any], longest: int) -> NDArray[Any]:
    """Average neighbouring pixels until the longest side fits."""
    from skimage.measure import block_reduce

    factor = -(-max(pixels.shape) // longest)
    if factor == 1:
        return pixels
    reduced = block_reduce(pixels, (factor, factor), np.mean)  # type: ignore[no-untyped-call]
    return np.asarray(reduced)
