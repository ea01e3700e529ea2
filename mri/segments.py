"""A mask as another program wrote it: named segments, in layers where they overlap."""

from dataclasses import dataclass

from mri.volume import LabelMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One structure of a mask file.

    Attributes
    ----------
    number : int
        Its number in the file; for plain label images the integer itself.
    name : str
        What the file calls it; empty where it gives no names. Written by a person: never stored, never logged.
    layer : int
        Which layer holds it.
    value : int
        The integer that stands for it there.
    """

    number: int
    name: str
    layer: int
    value: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForeignMask:
    """The content of a mask file; nothing else of the file is kept, no patient's name, id or date.

    Attributes
    ----------
    kind : str
        ``NIfTI``, ``NRRD`` or ``DICOM SEG``.
    layers : tuple of LabelMap
        One, or several where segments may overlap; all on one grid, LPS mm.
    segments : tuple of Segment
    """

    kind: str
    layers: tuple[LabelMap, ...]
    segments: tuple[Segment, ...]
