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
LEAST_CONTRAST = 1e-9
"""Keeps a flat image from a division by zero."""
WINDOW_PERCENTILES = (1.0, 99.5)
"""Grey levels below are black, above white: hot pixels and air do not set the window."""


def window_limits(pixels: NDArray[Any]) -> tuple[float, float]:
    """Return the values shown black and white: two percentiles of the pixels, else their range."""
    values = _finite(pixels)
    low, high = (float(v) for v in np.percentile(values, WINDOW_PERCENTILES))
    return (low, high) if high > low else (float(values.min()), float(values.max()))


def windowed(pixels: NDArray[Any], black: float, white: float) -> NDArray[np.uint8]:
    """Return the pixels as grey levels 0–255; a flat image is black."""
    scaled = (_finite(pixels) - black) / max(white - black, LEAST_CONTRAST)
    return np.asarray(np.clip(scaled, 0, 1) * 255, dtype=np.uint8)


def _finite(pixels: NDArray[Any]) -> NDArray[np.float64]:
    return np.nan_to_num(np.asarray(pixels, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)


def picture_address(pixels: NDArray[Any], share: int, limits: tuple[float, float] | None = None) -> str:
    """Return a data address of the windowed pixels as WebP of at most ``share`` bytes.

    ``limits`` are the values of black and white, `window_limits` of all pixels if not given. First the quality is
    lowered, then the pixels are thinned: a noisy image costs most and is worth least.
    """
    black, white = limits or window_limits(pixels)
    thinned = _thinned(np.asarray(pixels), LONGEST_PIXELS)
    while True:
        encode = _encoder(windowed(thinned, black, white))
        address = next((made for made in map(encode, QUALITIES) if len(made) <= share), None)
        if address is not None or max(thinned.shape) <= LEAST_PIXELS:
            return address or encode(QUALITIES[-1])
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
