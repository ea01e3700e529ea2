"""Headers in the manner of three makers are told for what they are."""

from pathlib import Path

import pytest

from mri.geometry import Geometry
from mri.headers import Identity, ImageHeader
from mri.sequence import (
    Finding,
    acquisition_label,
    classify,
    order_of,
    plane_of,
    settle_contrast,
)
from mri.stacks import Stack
from mri.study import Plane, Weighting
from mri.tags import Frame
from tests.mri.test_geometry import plain

PLACE = Frame(position_mm=(0, 0, 0), orientation=(0, 1, 0, 0, 0, -1), spacing_mm=(1, 1))


def stack(*, orientations: int = 1, slices: int = 12, **tags: object) -> Stack:
    """Return a stack whose header holds these tags and otherwise those of a spin echo."""
    values: dict[str, object] = {"Modality": "MR", "ImageType": ("ORIGINAL", "PRIMARY"), "ScanningSequence": "SE"}
    values |= tags
    header = ImageHeader(
        path=Path("x"),
        size_bytes=0,
        transfer_syntax="",
        identity=Identity(patient_id="", issuer="", day="", words=frozenset()),
        tags={k: v for k, v in values.items() if v is not None},  # type: ignore[misc]
        frames=(PLACE,) * slices,
        time_spans=(),
    )
    return Stack(headers=(header,), name="x", orientations=orientations)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"EchoTime": 9.6, "RepetitionTime": 580.0}, "T1"),
        ({"EchoTime": 12.0, "RepetitionTime": 780.0, "ScanningSequence": "RM"}, "T1"),
        ({"EchoTime": 102.0, "RepetitionTime": 3500.0}, "T2"),
        ({"EchoTime": 120.0, "RepetitionTime": 1500.0}, "T2"),
        ({"EchoTime": 30.0, "RepetitionTime": 2500.0}, "unknown"),
        (
            {"EchoTime": 68.0, "RepetitionTime": 4000.0, "ScanningSequence": ("SE", "IR"), "InversionTime": 160.0},
            "STIR",
        ),
        ({"EchoTime": 40.0, "RepetitionTime": 4000.0, "ScanningSequence": "IR", "InversionTime": 220.0}, "STIR"),
        ({"EchoTime": 9.0, "RepetitionTime": 2000.0, "ScanningSequence": ("SE", "IR"), "InversionTime": 860.0}, "T1"),
        ({"EchoTime": 90.0, "RepetitionTime": 9000.0, "ScanningSequence": "IR", "InversionTime": 2500.0}, "unknown"),
        ({"EchoTime": 17.0, "RepetitionTime": 600.0, "ScanningSequence": "GR", "FlipAngle": 25.0}, "GRE"),
        (
            {
                "EchoTime": 2.4,
                "RepetitionTime": 6.0,
                "ScanningSequence": "GR",
                "SequenceVariant": ("SK", "SP"),
                "FlipAngle": 10.0,
            },
            "T1",
        ),
        ({"EchoTime": 2.1, "RepetitionTime": 5.0, "ScanningSequence": "GR", "SequenceVariant": "SS"}, "unknown"),
        ({"EchoTime": 80.0, "RepetitionTime": 4000.0, "ScanningSequence": "EP"}, "unknown"),
        ({"SeriesDescription": "T2_STIR_sag"}, "STIR"),
        ({"SeriesDescription": "sag t2 fse"}, "T2"),
        ({"SeriesDescription": "ax T2* merge"}, "GRE"),
        ({"SeriesDescription": "protocol 12"}, "unknown"),
    ],
)
def test_weighting(tags: dict[str, object], expected: str) -> None:
    """Times speak first, words only where the times are silent."""
    found = classify(stack(**tags)).weighting
    assert found.value == expected
    assert found.evidence


def test_words_do_not_overrule_times() -> None:
    """A T1 by its times is one, whatever it is called."""
    assert classify(stack(EchoTime=10.0, RepetitionTime=600.0, SeriesDescription="t2 copy")).weighting.value == "T1"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, "image"),
        ({"Modality": "CT"}, "other_modality"),
        ({"BurnedInAnnotation": "YES"}, "burned_in_text"),
        ({"ImageType": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "localizer"),
        ({"SeriesDescription": "3-plane loc"}, "localizer"),
        ({"SeriesDescription": "t1_sag_SUB"}, "subtraction"),
        ({"ImageType": ("ORIGINAL", "PRIMARY", "P", "ND")}, "phase"),
        ({"ImageType": ("DERIVED", "PRIMARY", "DIXON", "WATER")}, "dixon_part"),
        ({"ImageType": ("DERIVED", "SECONDARY", "MPR")}, "reformat"),
        ({"ImageType": ("DERIVED", "PRIMARY")}, "derived"),
        ({"ImageType": ("DERIVED", "SECONDARY")}, "secondary_capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "secondary_capture"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7.3", "BurnedInAnnotation": "NO"}, "image"),
        ({"DiffusionBValue": 800.0}, "diffusion"),
    ],
)
def test_role(tags: dict[str, object], expected: str) -> None:
    """What is no original image is told by name."""
    assert classify(stack(**tags)).role.value == expected


def test_few_slices_in_several_directions_are_a_localizer() -> None:
    """A scout that does not say so is known by its shape; a second block of an axial series is not."""
    assert classify(stack(orientations=3, slices=5)).role.value == "localizer"
    assert classify(stack(orientations=3, slices=12)).role.value == "image"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, "unknown"),
        ({"ContrastBolusAgent": "Gadovist"}, "yes"),
        ({"ContrastBolusAgent": "NONE"}, "no"),
        ({"ContrastBolusVolume": 7.5}, "yes"),
        ({"SeriesDescription": "SAG T1 FSE +C", "ProtocolName": "SPINE W-WO"}, "yes"),
        ({"SeriesDescription": "t1_tse_sag_KM"}, "yes"),
        ({"SeriesDescription": "T1 sag post Gd"}, "yes"),
        ({"SeriesDescription": "t1 sag pre"}, "no"),
        ({"SeriesDescription": "t1_sag_c"}, "unknown"),
        ({"SeriesDescription": "t1 sag w/o"}, "no"),
        ({"ContrastBolusAgent": "Dotarem", "SeriesDescription": "t1 native"}, "conflict"),
    ],
)
def test_contrast_of_one_header(tags: dict[str, object], expected: str) -> None:
    """Tags first, then words; a lone c is the neck, not contrast."""
    assert classify(stack(**tags)).contrast.value == expected


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("t1_tse_sag_c", "C"),
        ("t1_tse_sag_th", "T"),
        ("SAG T2 L-SPINE", "L"),
        ("T2 HWS sag", "C"),
        ("SAG T1 FSE +C", ""),
        ("sag T1 C+", ""),
        ("t2 whole spine", "CTL"),
        ("t1_tse_sag_448_hf_p2 cc_th", "CT"),
        ("t2 sag", ""),
    ],
)
def test_stations_in_words(description: str, expected: str) -> None:
    """Regions are read from the usual words and never from the sign of contrast."""
    assert classify(stack(SeriesDescription=description)).stations.value == expected


def test_body_part_is_weak() -> None:
    """BodyPartExamined speaks only where it names a part of the spine and nothing else does."""
    assert classify(stack(BodyPartExamined="HEAD")).stations.value == ""
    assert classify(stack(BodyPartExamined="LSPINE")).stations.value == "L"
    assert classify(stack(BodyPartExamined="LSPINE", SeriesDescription="t2 cerv")).stations.value == "C"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"ScanOptions": ("PFP", "FS")}, "yes"),
        ({"ScanOptions": "PFP"}, "no"),
        ({}, "unknown"),
        ({"SeriesDescription": "t1 fs post"}, "yes"),
    ],
)
def test_fat_suppression(tags: dict[str, object], expected: str) -> None:
    """No only where the options are stated."""
    assert classify(stack(**tags)).fat.value == expected


def test_evidence_never_repeats_the_header() -> None:
    """A name written into the description does not come out as evidence."""
    found = classify(stack(SeriesDescription="t1 sag Plantagenet +C", ContrastBolusAgent="Plantagenet"))
    told = " ".join(f.evidence for f in (found.role, found.weighting, found.fat, found.contrast, found.stations))
    assert "antagenet" not in told


def finding(value: str) -> Finding:
    """Return a bare answer."""
    return Finding(value=value, evidence="header")


def test_contrast_stays_for_the_session() -> None:
    """Before the first series with an agent is no, after it yes, at the same moment or time unknown: unknown."""
    own = [finding(v) for v in ("unknown", "yes", "unknown", "unknown", "unknown")]
    settled = settle_contrast(own, [1.0, 2.0, 3.0, 2.0, float("nan")])
    assert [f.value for f in settled] == ["no", "yes", "yes", "unknown", "unknown"]


def test_contrast_without_any_agent_is_unknown() -> None:
    """A session in which nothing is stated tells nothing."""
    assert settle_contrast([finding("unknown")], [1.0])[0].value == "unknown"


def test_contradictions_are_unknown_and_say_so() -> None:
    """'Pre' after a series with agent, or with an agent, is not believed either way."""
    late, both = settle_contrast([finding("no"), finding("conflict"), finding("yes")], [5.0, 1.0, 2.0])[:2]
    assert late.value == both.value == "unknown"
    assert "after a series with contrast" in late.evidence


def test_order_is_read_from_either_time() -> None:
    """Seconds of the day, from a time or a date and time."""
    assert order_of(stack(AcquisitionTime="010203.5").first) == 3723
    assert order_of(stack(AcquisitionDateTime="20200101010203").first) == 3723
    assert order_of(stack().first) != order_of(stack().first)


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        (((0.0, 1.0, 0.0), (0.0, 0.0, -1.0), (-1.0, 0.0, 0.0)), Plane.SAGITTAL),
        (((1.0, 0.0, 0.0), (0.0, 0.0, -1.0), (0.0, 1.0, 0.0)), Plane.CORONAL),
        (((1.0, 0.0, 0.0), (0.0, 0.8, 0.6), (0.0, -0.6, 0.8)), Plane.AXIAL),
    ],
)
def test_plane_is_that_of_the_normal(axes: tuple[tuple[float, float, float], ...], expected: Plane) -> None:
    """Oblique slices take the nearest plane."""
    assert plane_of(plain(axes=axes), 1.5) is expected


def test_fine_images_are_isotropic() -> None:
    """Small spacing everywhere makes the direction of the slices unimportant."""
    grid: Geometry = plain(spacing_mm=(1.0, 1.0, 1.2))
    assert plane_of(grid, 1.5) is Plane.ISOTROPIC


def test_acquisition_labels() -> None:
    """Labels are letters and digits in the fixed spelling."""
    assert acquisition_label(Plane.SAGITTAL, "CT", Weighting.STIR) == "sagCTStir"
    assert acquisition_label(Plane.AXIAL, "", Weighting.GRE) == "axGre"
