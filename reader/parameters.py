"""How a study is read, and what the reading server accepts; each with its unit and its reason."""

from dataclasses import dataclass
from typing import Literal

SuggestionMode = Literal["before", "after", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingParameters:
    """The protocol of reading, and the limits of the server.

    Attributes
    ----------
    suggestions : {'before', 'after', 'never'}
        When a computed finding or a lesion candidate is shown: at once, once the reader has answered, or not at all
        (agreement studies). The cord and the discs are anatomy and are always proposed.
    blinded : bool
        Whether follow-up sessions stay hidden until the sessions before them are signed: that a patient came again
        tells of survival. Other readers' marks, outcome and clinical table are never shown.
    levels_by_eye_first : bool
        Whether vertebral levels and segments are to be given by eye before the computed ones appear.
    order_seed : int or None
        Seed of the worklist's order, together with the reader's name; None: by participant and session.
    max_body_bytes : int
        Largest request, packed or unpacked: a mask of 512 × 512 × 120 voxels of two bytes is 60 MiB.
    max_json_bytes : int
        Largest JSON request: findings of 50 lesions with a comment on each item are below 1 MiB.
    cache_bytes : int
        Images, masks and contrasts kept in memory: one session of ten series of 512 × 512 × 20 is 200 MB.
    lock_wait_s : float
        How long a save waits for another one on the same session: a save takes a tenth of a second.
    """

    suggestions: SuggestionMode = "before"
    blinded: bool = True
    levels_by_eye_first: bool = False
    order_seed: int | None = None
    max_body_bytes: int = 64 * 1024 * 1024
    max_json_bytes: int = 4 * 1024 * 1024
    cache_bytes: int = 512 * 1024 * 1024
    lock_wait_s: float = 10.0


DEFAULTS = ReadingParameters()
"""Everything as it is without a configuration file."""
