"""Scanners, and how the makers write their headers (in manner only: no file of theirs is reproduced)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mri.study import Plane, Weighting
from sample_scans.sequences import Kind, Sequence

HeaderValue = str | float | int | list[str]

GADOLINIUM_AGENT: Mapping[str, str] = {"SIEMENS": "Gadovist", "GE MEDICAL SYSTEMS": "MULTIHANCE", "Philips": "DOTAREM"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """One machine.

    Attributes
    ----------
    manufacturer, model, software, serial, station_name : str
    field_t : float
    receive_coil : str
    style : callable
        Sequence → attributes that this maker writes in its own manner.
    private_creator : tuple of (int, str)
        Group and creator of a private block in which this maker keeps free text.
    """

    manufacturer: str
    model: str
    software: str
    serial: str
    station_name: str
    field_t: float
    receive_coil: str
    style: Callable[[Sequence], dict[str, HeaderValue]]
    private_creator: tuple[int, str]


_SIEMENS_PLANE = {Plane.SAGITTAL: "sag", Plane.AXIAL: "tra"}
_PLANE = {Plane.SAGITTAL: "SAG", Plane.AXIAL: "AX"}
_PHILIPS_PLANE = {Plane.SAGITTAL: "SAG", Plane.AXIAL: "TRA"}


def siemens_style(sequence: Sequence) -> dict[str, HeaderValue]:
    """Return Siemens-like attributes, e.g. ``t2_tse_sag`` with ``*tse2d1_17``."""
    plane = _SIEMENS_PLANE[sequence.plane]
    stem = {
        Weighting.T1: "t1_tse",
        Weighting.T2: "t2_tse",
        Weighting.STIR: "t2_tirm",
        Weighting.GRE: "t2_me2d",
    }[sequence.weighting]
    name = {
        Kind.SPIN_ECHO: f"*tse2d1_{sequence.echo_train}",
        Kind.INVERSION_RECOVERY: f"*tir2d1_{sequence.echo_train}",
        Kind.GRADIENT_ECHO: "*me2d1r4",
    }[sequence.kind]
    gradient = sequence.kind is Kind.GRADIENT_ECHO
    description = f"{stem}_{plane}" + ("_KM" if sequence.gadolinium else "")
    return {
        "SeriesDescription": description,
        "ProtocolName": description,
        "SequenceName": name,
        "ScanningSequence": ["SE", "IR"] if sequence.kind is Kind.INVERSION_RECOVERY else sequence.kind.value,
        "SequenceVariant": ["SP", "OSP"] if gradient else ["SK", "SP", "OSP"],
        "ScanOptions": ["PFP", "SAT1"] if sequence.plane is Plane.SAGITTAL else ["PFP"],
        "ImageType": ["ORIGINAL", "PRIMARY", "M", "ND", "NORM"],
        "AngioFlag": "N",
    }


def ge_style(sequence: Sequence) -> dict[str, HeaderValue]:
    """Return GE-like attributes, e.g. ``SAG T2 FRFSE`` with ``FAST_GEMS`` and without a sequence name."""
    words = {
        Weighting.T1: "T1 FSE",
        Weighting.T2: "T2 FRFSE",
        Weighting.STIR: "STIR",
        Weighting.GRE: "MERGE",
    }[sequence.weighting]
    description = f"{_PLANE[sequence.plane]} {words}" + (" +C" if sequence.gadolinium else "")
    gradient = sequence.kind is Kind.GRADIENT_ECHO
    return {
        "SeriesDescription": description,
        "ProtocolName": "SPINE METS W-WO",
        "ScanningSequence": ["SE", "IR"] if sequence.kind is Kind.INVERSION_RECOVERY else sequence.kind.value,
        "SequenceVariant": ["SS", "SP"] if gradient else "SK",
        "ScanOptions": ["EDR_GEMS", "FILTERED_GEMS"] if gradient else ["FAST_GEMS", "EDR_GEMS", "TRF_GEMS", "SAT_GEMS"],
        "ImageType": ["ORIGINAL", "PRIMARY", "OTHER"],
    }


def philips_style(sequence: Sequence) -> dict[str, HeaderValue]:
    """Return Philips-like attributes, e.g. ``T2W_TSE SAG`` with image type ``M_SE``."""
    words = {
        Weighting.T1: "T1W_TSE",
        Weighting.T2: "T2W_TSE",
        Weighting.STIR: "STIR_longTE",
        Weighting.GRE: "T2W_FFE",
    }[sequence.weighting]
    contrast = {Kind.SPIN_ECHO: "SE", Kind.INVERSION_RECOVERY: "IR", Kind.GRADIENT_ECHO: "FFE"}[sequence.kind]
    description = f"{words} {_PHILIPS_PLANE[sequence.plane]}" + (" Gd" if sequence.gadolinium else "")
    return {
        "SeriesDescription": description,
        "ProtocolName": description,
        "ScanningSequence": sequence.kind.value,
        "SequenceVariant": "SP" if sequence.kind is Kind.GRADIENT_ECHO else "SK",
        "ScanOptions": "OTHER",
        "ImageType": ["ORIGINAL", "PRIMARY", f"M_{contrast}", "M", contrast],
        "AcquisitionContrast": {Weighting.T1: "T1", Weighting.GRE: "T2_STAR"}.get(sequence.weighting, "T2"),
    }


SIEMENS_15T = Scanner(
    manufacturer="SIEMENS", model="Avanto", software="syngo MR B19", serial="267184", station_name="MRWESTWING2",
    field_t=1.5, receive_coil="SpineMatrix_A", style=siemens_style, private_creator=(0x0029, "SIEMENS MEDCOM OOG"),
)  # fmt: skip
GE_15T = Scanner(
    manufacturer="GE MEDICAL SYSTEMS", model="Signa HDxt", software="24\\LX\\MR Software release:HD16.0_V03",
    serial="0000314159271828", station_name="GEHDXTROOM4", field_t=1.5, receive_coil="CTLTOP",
    style=ge_style, private_creator=(0x0009, "GEMS_IDEN_01"),
)  # fmt: skip
PHILIPS_3T = Scanner(
    manufacturer="Philips", model="Achieva", software="3.2.3", serial="88017", station_name="ACHIEVABASEMENT",
    field_t=3.0, receive_coil="SENSE-Spine-15", style=philips_style, private_creator=(0x2001, "Philips Imaging DD 001"),
)  # fmt: skip

SCANNERS = (SIEMENS_15T, GE_15T, PHILIPS_3T)
