"""Everything random comes from one seed and a name, so that each thing keeps its numbers when others are added."""

import hashlib

import numpy as np

_UID_ROOT = "2.25."
"""Root of UIDs made from a 128-bit number (DICOM PS3.5 B.2)."""


def _digest(seed: int, names: tuple[object, ...]) -> bytes:
    return hashlib.sha256("|".join(str(k) for k in (seed, *names)).encode()).digest()


def stream(seed: int, *names: object) -> np.random.Generator:
    """Return the random generator of one named thing."""
    return np.random.default_rng(int.from_bytes(_digest(seed, names)[:16], "big"))


def uid(seed: int, *names: object) -> str:
    """Return the DICOM UID of one named thing."""
    return _UID_ROOT + str(int.from_bytes(_digest(seed, ("uid", *names))[:16], "big"))


def number(seed: int, digits: int, *names: object) -> str:
    """Return a decimal number with a fixed count of digits, none of them leading zeros."""
    low = 10 ** (digits - 1)
    return str(low + int.from_bytes(_digest(seed, ("number", *names))[:8], "big") % (9 * low))
