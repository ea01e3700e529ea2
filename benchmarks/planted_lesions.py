"""One random lesion with its images and planted masks, small enough to make hundreds: for `classifications`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from features.case import Case
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from mri.volume import Volume
from sample_scans.lesion import F32, FLAME_MM, Pattern, PlantedLesion, Position
from sample_scans.phantom import Phantom
from sample_scans.protocol import AX_GRE, AX_T1_GD, AX_T2, SAG_T1, SAG_T1_GD, SAG_T2, Protocol, Station, prescribe
from sample_scans.rasterise import disc_points, rasterise
from sample_scans.scanner import ScannedSeries, scan_all
from sample_scans.seeds import stream
from sample_scans.shape import cord_half_mm
from sample_scans.spine import Spine
from sample_scans.tissue import RELAXATION, Relaxation, Tissue
from segmentation.annotation import Mask
from segmentation.regions import Region

STUDY = StudyId(participant="bench", session="01")
CLINICAL = Protocol(
    sequences=(SAG_T1, SAG_T2, AX_T2, AX_GRE, SAG_T1_GD, AX_T1_GD),
    sagittal_fov_mm=163.1,
    sagittal_matrix=144,
    sagittal_fov_ratio=0.4,
    sagittal_slices=7,
    axial_fov_mm=50.0,
    axial_matrix=60,
)
"""Voxels as in the sample's protocol (1.13 mm, slices every 3.3; axial 0.83 mm, slices every 4.4); a smaller view."""
FIELD_T = 1.5
NARROW, WIDE = (1.0, 1.04), (1.12, 1.25)
"""Planted cord diameter relative to normal, absent and present: nothing between, where a word is a coin's toss."""
T1_MS: Mapping[str, float] = {"iso": 1050.0, "hypo": 1500.0, "hyper": 700.0}
"""T1 of the lesion that gives it a signal on T1; the first is the usual one."""
T2_MS: Mapping[str, tuple[float, float]] = {"hyper": (116.0, 1050.0), "iso": (70.0, 967.0), "hypo": (45.0, 856.0)}
"""T2 of the lesion that gives it a signal on T2, and the T1 with which it stays as it was on T1."""
LEAST_MM, MOST_MM = 4.4, 6.4
"""Anteroposterior diameter, where the cord has room for it."""
_FILLED = 0.9
"""Share of the cord's diameter that a lesion may fill, so that a central one stays within it."""
_LESION_TISSUES = (Tissue.LESION, Tissue.LESION_STRONG, Tissue.LESION_WEAK)
_CORD_ONLY_V = (3.2, 18.8)
Reshape = Callable[[PlantedLesion, Spine], PlantedLesion]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlantedCase:
    """A case and the words that were planted in it, by finding; a finding that does not apply is not there."""

    case: Case
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ellipsoid(PlantedLesion):
    """A lesion whose section shrinks from its middle to both ends as an ellipsoid's does."""

    def section(self, spine: Spine, s: F32) -> F32:
        """Return the radius at arc lengths relative to that of the middle; 0 beyond the ends."""
        upper, lower = self.extent_mm(spine)
        along = (2 * s - upper - lower) / (lower - upper)
        radius: F32 = np.sqrt(np.clip(1 - along**2, 0, None)).astype(np.float32)
        return radius


def round_ended(lesion: PlantedLesion, _spine: Spine) -> Ellipsoid:
    """Return an ellipsoid of a lesion's extents, as metastases often are, without its flame."""
    return Ellipsoid(**({one.name: getattr(lesion, one.name) for one in fields(lesion)} | {"flame": ""}))


def spindle(lesion: PlantedLesion, spine: Spine) -> PlantedLesion:
    """Return a lesion with the same body and a flame at both poles; what does not enhance stays as it is."""
    if not lesion.enhances:
        return lesion
    upper, lower = lesion.body_mm(spine)
    first, last = (float(v) for v in spine.v_at(np.array([upper - FLAME_MM, lower + FLAME_MM])))
    t2 = (max(min(lesion.t2_v[0], first), 1.1), min(max(lesion.t2_v[1], last), 20.6))
    return replace(lesion, flame="both", enh_v=(first, last), t2_v=t2)


def planted_case(number: int, seed: int = 0, reshape: Reshape | None = None) -> PlantedCase:
    """Return the case of one random lesion, drawn as planted on sagittal T2 (cord, T2) and on T1 after contrast.

    Parameters
    ----------
    number, seed : int
    reshape : callable, optional
        Gives the lesion another shape: `round_ended` or `spindle`.
    """
    rng = stream(seed, "classifications", number)
    spine = Spine(
        scale=float(rng.uniform(0.95, 1.05)),
        curve_scale=float(rng.uniform(0.75, 1.1)),
        sideways_mm=float(rng.uniform(-2, 2)),
        foramen_magnum_mm=(float(rng.uniform(-3, 3)), float(rng.uniform(-5, 5)), 140.0),
    )
    lesion = random_lesion(rng, spine)
    if reshape is not None:
        lesion = reshape(lesion, spine)
    signals = _random_signals(rng, lesion)
    phantom = Phantom(spine=spine, lesions=(lesion,))
    station = Station(name="T", centre_v=sum(lesion.enh_v) / 2)
    planned = prescribe(phantom, (station,), CLINICAL, turn_deg=float(rng.uniform(-2.5, 2.5)))
    scans = scan_all(
        phantom, planned, field_t=FIELD_T, seed=seed, name=f"classifications/{number}", relaxation=_relaxation(signals)
    )
    return PlantedCase(case=_case(phantom, scans), words=_words(lesion, signals))


def random_lesion(rng: np.random.Generator, spine: Spine) -> PlantedLesion:
    """Return a lesion as in the sample's cohort, whose words fit where it lies at its level."""
    position = Position(rng.choice(["central", "eccentric", "exophytic"], p=[0.4, 0.3, 0.3]))
    pattern = Pattern(rng.choice(["homogeneous", "heterogeneous", "ring", "absent"], p=[0.48, 0.22, 0.18, 0.12]))
    flame = str(rng.choice(["", "superior", "inferior"], p=[0.6, 0.2, 0.2])) if pattern is not Pattern.ABSENT else ""
    kind = str(rng.choice(["", "rim", "cyst", "hemorrhage"], p=[0.4, 0.3, 0.15, 0.15]))
    length_mm = float(rng.uniform(10, 24)) + (FLAME_MM if flame else 0.0)
    middle = float(spine.s_at(rng.uniform(*_CORD_ONLY_V)))
    enh = spine.v_at(np.array([middle - length_mm / 2, middle + length_mm / 2]))
    spread = rng.uniform(0.1, 1.0, size=2)
    deep, _ = cord_half_mm(spine)
    room_mm = _FILLED * 2 * float(np.interp(middle, spine.s_mm, deep))
    size_mm = float(rng.uniform(min(LEAST_MM, room_mm), min(MOST_MM, room_mm)))
    side = "" if position is Position.CENTRAL or pattern is Pattern.ABSENT else str(rng.choice(["left", "right"]))
    made = PlantedLesion(
        enh_v=(float(enh[0]), float(enh[1])),
        t2_v=(max(float(enh[0] - spread[0]), 1.1), min(float(enh[1] + spread[1]), 20.6)),
        ap_mm=size_mm,
        tr_mm=size_mm * 1.1,
        position=position if side else Position.CENTRAL,
        side=side,
        pattern=pattern,
        rim=pattern is Pattern.HOMOGENEOUS and kind == "rim",
        flame=flame,
        cyst=pattern in (Pattern.HOMOGENEOUS, Pattern.HETEROGENEOUS) and kind == "cyst",
        hemorrhage=pattern is not Pattern.ABSENT and kind == "hemorrhage",
        expansion=float(rng.uniform(*(WIDE if rng.uniform() < 0.5 else NARROW))),
    )
    return replace(made, left_mm=_offset_mm(made, spine, middle))


def _offset_mm(lesion: PlantedLesion, spine: Spine, middle_mm: float) -> float:
    """Return how far to the left the lesion lies: half way to the cord's side, or on it where it is exophytic."""
    if not lesion.side:
        return 0.0
    _, half = cord_half_mm(spine, (lesion,))
    wide = float(np.interp(middle_mm, spine.s_mm, half))
    share = 0.5 if lesion.position is Position.ECCENTRIC else 1.0
    return share * wide * (1 if lesion.side == "left" else -1)


def _random_signals(rng: np.random.Generator, lesion: PlantedLesion) -> dict[str, str]:
    """Return the lesion's T1 and T2 signal: at most one unlike the usual, and none where the tissue is not its own."""
    signals = {"t1_signal": "iso", "t2_signal": "hyper"}
    if lesion.enhances and not lesion.hemorrhage and lesion.pattern is not Pattern.RING and rng.uniform() < 0.6:
        name, times = (("t1_signal", list(T1_MS)), ("t2_signal", list(T2_MS)))[int(rng.integers(2))]
        signals[name] = str(rng.choice(times[1:]))
    return signals


def _relaxation(signals: Mapping[str, str]) -> dict[Tissue, Relaxation]:
    t2_ms, t1_ms = T2_MS[signals["t2_signal"]]
    if signals["t1_signal"] != "iso":
        t1_ms = T1_MS[signals["t1_signal"]]
    usual = RELAXATION[Tissue.LESION]
    changed = dict(RELAXATION)
    for tissue in _LESION_TISSUES:
        own = RELAXATION[tissue]
        changed[tissue] = replace(own, t1_ms=own.t1_ms + t1_ms - usual.t1_ms, t2_ms=own.t2_ms + t2_ms - usual.t2_ms)
    return changed


def _words(lesion: PlantedLesion, signals: Mapping[str, str]) -> dict[str, str]:
    words = {
        **signals,
        "cord_expansion": _present(lesion.expansion >= WIDE[0]),
        "cystic_change": _present(lesion.cyst),
        "hemorrhage": _present(lesion.hemorrhage),
        "enhancement_pattern": lesion.pattern.value,
    }
    if lesion.pattern is Pattern.RING:
        # a necrotic centre is darker than cord on T1: no word was planted
        del words["t1_signal"]
    if lesion.enhances:
        words |= {"position": lesion.position.value, "flame_sign": _present(bool(lesion.flame))}
        if lesion.side:
            words["position_side"] = lesion.side
        if lesion.pattern is not Pattern.RING:
            words["rim_sign"] = _present(lesion.rim)
    return words


def _present(value: bool) -> str:
    return "present" if value else "absent"


def _case(phantom: Phantom, scans: list[ScannedSeries]) -> Case:
    volumes: dict[str, Volume] = {}
    series, masks = [], []
    for scan in scans:
        one = _series(scan)
        series.append(one)
        volumes[one.name] = scan.volume
        for region in _drawn_on(one):
            labels = rasterise(phantom, region, scan.volume.geometry, scan.motion)
            masks.append(Mask(region=region, series=one, labels=labels, author="planted"))
    return Case(
        study=STUDY,
        author="planted",
        masks=tuple(masks),
        discs=disc_points(phantom),
        series=tuple(series),
        volumes=lambda wanted: volumes[wanted.name],
    )


def _series(scan: ScannedSeries) -> Series:
    sequence = scan.prescription.sequence
    return Series(
        study=STUDY,
        acquisition=sequence.name,
        suffix="T1w" if sequence.weighting is Weighting.T1 else "T2w",
        weighting=sequence.weighting,
        plane=sequence.plane,
        contrast=Contrast.YES if sequence.gadolinium else Contrast.NO,
        geometry=scan.volume.geometry,
        series_number=scan.number,
    )


def _drawn_on(series: Series) -> tuple[Region, ...]:
    """Return what a reader draws: cord and T2 hyperintensity on sagittal T2, enhancement on T1 after contrast."""
    if series.weighting is Weighting.T2 and series.plane is Plane.SAGITTAL:
        return (Region.CORD, Region.T2HYPER)
    is_enhanced = series.weighting is Weighting.T1 and series.contrast is Contrast.YES
    return (Region.ENHANCING,) if is_enhanced else ()
