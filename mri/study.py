"""What a study is: one patient, one calendar day, some series. No arrays here."""

import re
from dataclasses import dataclass
from enum import StrEnum

from mri.geometry import Geometry
from mri.problems import RefusedError, error

_LABEL = re.compile(r"[A-Za-z0-9]+")


class Weighting(StrEnum):
    """What the signal of a series mainly depends on."""

    T1 = "T1"
    T2 = "T2"
    STIR = "STIR"
    GRE = "GRE"
    UNKNOWN = "unknown"


class Plane(StrEnum):
    """Orientation of the slices; isotropic series can be cut any way."""

    SAGITTAL = "sag"
    AXIAL = "ax"
    CORONAL = "cor"
    ISOTROPIC = "iso"


class Contrast(StrEnum):
    """Whether gadolinium had been given when a series was acquired."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class StudyId:
    """A participant and a session: one patient on one calendar day."""

    participant: str
    session: str

    def __post_init__(self) -> None:
        for name in (self.participant, self.session):
            if not _LABEL.fullmatch(name):
                raise RefusedError(
                    error("id_not_alphanumeric", "id", f"'{name}' must be made of letters and digits only")
                )

    def __str__(self) -> str:
        return f"sub-{self.participant}_ses-{self.session}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One kept image series: what it is and where its voxels are.

    Attributes
    ----------
    study : StudyId
    acquisition : str
        BIDS ``acq-`` label: plane, stations, contrast, e.g. ``"sagCT2"``.
    suffix : str
        BIDS suffix: ``T1w``, ``T2w`` or ``T2starw``.
    weighting, plane, contrast
        The classification, see the enums.
    geometry : Geometry
    run : int or None
        Number of a repeat, from 1; None where there is one only.
    stations : str
        Regions of the spine covered, of ``C``, ``T``, ``L`` in this order; empty if not judged.
    frame_of_reference : str
        Series of one frame share patient coordinates; the empty string is a frame of its own kind: "not stated".
    fat_suppressed : bool or None
        None where it was not judged.
    field_strength_t : float or None
        Of the scanner, in tesla, where the header says it.
    series_number : int or None
        The scanner's number, kept because it identifies nobody and links to the source.
    flags : tuple of str
        What is to be known of it, e.g. ``possibly_incomplete``.
    """

    study: StudyId
    acquisition: str
    suffix: str
    weighting: Weighting
    plane: Plane
    contrast: Contrast
    geometry: Geometry
    run: int | None = None
    stations: str = ""
    frame_of_reference: str = ""
    fat_suppressed: bool | None = None
    field_strength_t: float | None = None
    series_number: int | None = None
    flags: tuple[str, ...] = ()

    @property
    def entities(self) -> str:
        """The BIDS name without its suffix, e.g. ``sub-a_ses-01_acq-sagCT1_ce-gadolinium_run-2``."""
        parts = [str(self.study), f"acq-{self.acquisition}"]
        if self.contrast is Contrast.YES:
            parts.append("ce-gadolinium")
        if self.run is not None:
            parts.append(f"run-{self.run}")
        return "_".join(parts)

    @property
    def name(self) -> str:
        """The BIDS name with its suffix and without extension."""
        return f"{self.entities}_{self.suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One session of one participant and its kept series."""

    id: StudyId
    series: tuple[Series, ...]
