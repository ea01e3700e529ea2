"""Random spines, usual and unusual, scanned on sagittal T2 in stations: for `proposals`."""

from dataclasses import dataclass

import numpy as np

from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import Volume
from sample_scans.lesion import PlantedLesion
from sample_scans.phantom import Phantom
from sample_scans.protocol import SAG_T2, Protocol, Station, prescribe
from sample_scans.scanner import ScannedSeries, scan_all
from sample_scans.seeds import stream
from sample_scans.sequences import Sequence
from sample_scans.spine import Spine
from sample_scans.variants import LateralCurve
from segmentation.levels import STANDARD, LevelScheme

STUDY = StudyId(participant="bench", session="01")
FIELD_T = 1.5
KINDS = ("usual", "scoliosis", "fused", "transitional")
SHARES = (0.4, 0.2, 0.2, 0.2)
SCHEMES = (
    LevelScheme(n_thoracic=13),
    LevelScheme(n_thoracic=11),
    LevelScheme(n_lumbar=6),
    LevelScheme(n_lumbar=4),
)
_SACRUM_V = 2.3
"""The lowest station is centred so many levels above the lumbosacral disc, so that the sacrum is in view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantedSpine:
    """A spine with its kind, one of KINDS."""

    kind: str
    phantom: Phantom


def planted_spine(number: int, seed: int, lesions: tuple[PlantedLesion, ...] = ()) -> PlantedSpine:
    """Return one spine; the kinds follow each other in their shares, whatever the seed."""
    rng = stream(seed, "spines", number)
    kind = KINDS[int(np.searchsorted(np.cumsum(SHARES), (number * 0.618034) % 1.0))]
    curves: tuple[LateralCurve, ...] = ()
    fused: tuple[int, ...] = ()
    scheme = STANDARD
    if kind == "scoliosis":
        curves = _curves(rng)
    elif kind == "fused":
        fused = tuple(sorted({int(value) for value in rng.integers(4, 19, size=int(rng.integers(1, 3)))}))
    elif kind == "transitional":
        scheme = SCHEMES[int(rng.integers(len(SCHEMES)))]
    spine = Spine(
        scale=float(rng.uniform(0.92, 1.08)),
        curve_scale=float(rng.uniform(0.7, 1.15)),
        sideways_mm=float(rng.uniform(-2, 2)),
        foramen_magnum_mm=(float(rng.uniform(-3, 3)), float(rng.uniform(-5, 5)), 140.0),
        scheme=scheme,
        fused=fused,
        curves=curves,
    )
    return PlantedSpine(kind=kind, phantom=Phantom(spine=spine, lesions=lesions))


def whole_spine(phantom: Phantom) -> tuple[Station, ...]:
    """Return three stations of 290 mm, from the foramen magnum into the sacrum."""
    lowest = len(phantom.spine.scheme.discs)
    return (
        Station(name="CT", centre_v=6.7),
        Station(name="T", centre_v=14.5),
        Station(name="TL", centre_v=lowest - _SACRUM_V),
    )


def _curves(rng: np.random.Generator) -> tuple[LateralCurve, ...]:
    """Return a thoracic curve of 10 to 30°, half of the time with a smaller one the other way below."""
    side = 1 if rng.uniform() < 0.5 else -1
    main = float(rng.uniform(10, 30))
    upper = LateralCurve(
        apex_v=float(rng.uniform(12, 15)), length_mm=float(rng.uniform(130, 190)), cobb_deg=side * main
    )
    if rng.uniform() < 0.5:
        return (upper,)
    return (upper, LateralCurve(apex_v=20.5, length_mm=130.0, cobb_deg=-side * main * float(rng.uniform(0.4, 0.8))))


def scanned(
    phantom: Phantom, stations: tuple[Station, ...], sequences: tuple[Sequence, ...], *, seed: int, name: str
) -> list[ScannedSeries]:
    """Return sagittal series at the sample's resolution: 1.13 mm, slices of 3 mm every 3.3 mm."""
    rng = stream(seed, name, "turn")
    protocol = Protocol(sequences=sequences)
    planned = prescribe(phantom, stations, protocol, turn_deg=float(rng.uniform(-2.5, 2.5)))
    return scan_all(phantom, planned, field_t=FIELD_T, seed=seed, name=name)


def as_series(scan: ScannedSeries) -> Series:
    """Return the description of a scanned series, as ingest would give it."""
    sequence = scan.prescription.sequence
    return Series(
        study=STUDY,
        acquisition=f"{scan.prescription.station}{sequence.name}{scan.number}",
        suffix="T1w" if sequence.weighting is Weighting.T1 else "T2w",
        weighting=sequence.weighting,
        plane=Plane.SAGITTAL,
        contrast=Contrast.YES if sequence.gadolinium else Contrast.NO,
        geometry=scan.volume.geometry,
        series_number=scan.number,
    )


def readable(scans: list[ScannedSeries]) -> dict[Series, Volume]:
    """Return each series with its image."""
    return {as_series(scan): scan.volume for scan in scans}


ONE_T2 = (SAG_T2,)
