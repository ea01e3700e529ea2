"""Whole sessions of phantoms without a click: lesions found and invented, and extents beside the planted ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.clock import print_table
from benchmarks.planted_spines import as_series
from features.case import Case
from features.measure import measure_case
from mri.study import Study
from mri.volume import Volume
from pipeline.console import say
from sample_scans.cohort import patients, random_lesions, stations_for
from sample_scans.lesion import Pattern, PlantedLesion
from sample_scans.phantom import Phantom
from sample_scans.protocol import SAG_T1, SAG_T1_GD, SAG_T2, Protocol, Station, prescribe
from sample_scans.scanner import ScannedSeries, scan_all
from sample_scans.seeds import stream
from sample_scans.sequences import signal
from sample_scans.spine import Spine
from sample_scans.tissue import RELAXATION, Relaxation, Tissue
from segmentation.annotation import Annotation
from segmentation.propose import propose_session
from segmentation.regions import Region

SAGITTAL = Protocol(sequences=(SAG_T1, SAG_T2, SAG_T1_GD))
FIELD_T = 1.5
COUNT, SAMPLE_PATIENTS, SEED = 100, 20, 2026
ENHANCEMENT = 0.5
"""Signal of the lesion after contrast, above the cord's."""
NEAR_MM = 5.0
"""A proposed region this near to a planted one is it (DEFINITIONS 3-4)."""
WITHIN = 0.5
"""Segments by which an extent may differ."""
LESION_SHARES = (0.25, 0.35, 0.25, 0.15)
"""Share of phantoms with none, one, two and three lesions."""
_LESION_TISSUES = (Tissue.LESION, Tissue.LESION_STRONG, Tissue.LESION_WEAK)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Visit:
    """One session as scanned, with what was planted."""

    phantom: Phantom
    study: Study
    volumes: Mapping[str, Volume]
    proposed: Annotation


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one session gave: planted, found by enhancement, found at all, and candidates that are none."""

    planted: int
    enhancing: int
    found: int
    false_enhancing: int
    false: int


def visit(phantom: Phantom, scans: Sequence[ScannedSeries]) -> Visit:
    """Propose a session."""
    series = [as_series(scan) for scan in scans]
    volumes = {one.name: scan.volume for one, scan in zip(series, scans, strict=True)}
    study = Study(id=series[0].study, series=tuple(series))
    return Visit(
        phantom=phantom, study=study, volumes=volumes, proposed=propose_session(study, lambda one: volumes[one.name])
    )


def spans_mm(one: Visit, region: Region) -> dict[int, tuple[float, float]]:
    """Return, for each proposed lesion number, its ends along the phantom's own axis."""
    spans: dict[int, tuple[float, float]] = {}
    for mask in one.proposed.masks:
        if mask.region is not region:
            continue
        for number in mask.labels.labels():
            index = np.argwhere(mask.labels.array == number)
            s = one.phantom.spine.to_local(mask.labels.geometry.to_world(index))[0]
            low, high = spans.get(number, (np.inf, -np.inf))
            spans[number] = (min(low, float(s.min())), max(high, float(s.max())))
    return spans


def counted(one: Visit) -> Found:
    """Count the planted lesions that were found, and the proposed ones that are none."""
    spine = one.phantom.spine
    body = [lesion.extent_mm(spine) for lesion in one.phantom.lesions]
    whole = [
        (min(b[0], lesion.t2_extent_mm(spine)[0]), max(b[1], lesion.t2_extent_mm(spine)[1]))
        for b, lesion in zip(body, one.phantom.lesions, strict=True)
    ]
    enhancing, t2 = spans_mm(one, Region.ENHANCING), spans_mm(one, Region.T2HYPER)
    every = {k: enhancing.get(k, t2.get(k, (0.0, 0.0))) for k in {*enhancing, *t2}}
    return Found(
        planted=len(body),
        enhancing=sum(any(_meets(span, b) for span in enhancing.values()) for b in body),
        found=sum(any(_meets(span, w) for span in every.values()) for w in whole),
        false_enhancing=sum(not any(_meets(span, b, NEAR_MM) for b in body) for span in enhancing.values()),
        false=sum(not any(_meets(span, w, NEAR_MM) for w in whole) for span in every.values()),
    )


def _meets(one: tuple[float, float], other: tuple[float, float], margin_mm: float = 0.0) -> bool:
    return min(one[1], other[1]) + margin_mm > max(one[0], other[0])


def enhanced_by(excess: float) -> dict[Tissue, Relaxation]:
    """Return tissues where every lesion is so much brighter than cord on T1 after contrast."""
    cord = signal(RELAXATION[Tissue.WHITE], SAG_T1_GD, FIELD_T)
    usual = RELAXATION[Tissue.LESION]
    doses = np.linspace(0.0, 2.0, 401)
    signals = [signal(replace(usual, gadolinium_mmol_l=float(dose)), SAG_T1_GD, FIELD_T) for dose in doses]
    dose = float(np.interp((1 + excess) * cord, signals, doses))
    changed = dict(RELAXATION)
    changed |= {tissue: replace(RELAXATION[tissue], gadolinium_mmol_l=dose) for tissue in _LESION_TISSUES}
    return changed


def candidate_phantom(number: int, seed: int = SEED) -> Phantom:
    """Return a phantom with none to three lesions that enhance evenly."""
    rng = stream(seed, "candidates", number)
    spine = Spine(
        scale=float(rng.uniform(0.95, 1.05)),
        curve_scale=float(rng.uniform(0.75, 1.1)),
        sideways_mm=float(rng.uniform(-2, 2)),
        foramen_magnum_mm=(0.0, 0.0, 140.0),
    )
    wanted = int(np.searchsorted(np.cumsum(LESION_SHARES), (number * 0.618034) % 1.0))
    lesions: tuple[PlantedLesion, ...] = ()
    while len(lesions) < wanted:
        apart = sorted((*lesions, *random_lesions(rng, spine)), key=lambda one: one.enh_v)
        clear = [k for k in range(1, len(apart)) if apart[k].enh_v[0] - apart[k - 1].enh_v[1] < 1.0]
        lesions = tuple(one for k, one in enumerate(apart) if k not in clear)[:3]
    chosen = tuple(replace(one, pattern=Pattern.HOMOGENEOUS, rim=False, hemorrhage=False) for one in lesions[:wanted])
    return Phantom(spine=spine, lesions=chosen)


def candidates(number: int, excess: float = ENHANCEMENT, seed: int = SEED) -> Found:
    """Return what is found in one phantom, at the sample's resolution, without a click."""
    phantom = candidate_phantom(number, seed)
    stations = stations_for(phantom.lesions) or (Station(name="T", centre_v=(6.7, 13.2, 17.7)[number % 3]),)
    planned = prescribe(phantom, stations, SAGITTAL)
    scans = scan_all(
        phantom, planned, field_t=FIELD_T, seed=seed, name=f"candidates/{number}", relaxation=enhanced_by(excess)
    )
    return counted(visit(phantom, scans))


def extents(count: int = SAMPLE_PATIENTS, seed: int = 0) -> list[dict[str, object]]:
    """Return planted and measured extents of every lesion of the first visits of a sample study, proposed and measured.

    Sagittal series only: those from which extents along the cord are measured.
    """
    rows: list[dict[str, object]] = []
    for patient in patients(count, seed):
        session = patient.sessions[0]
        planned = prescribe(session.phantom, session.stations, SAGITTAL, session.turn_deg)
        name = f"{patient.participant}/{patient.session_label(session)}"
        scans = scan_all(session.phantom, planned, field_t=session.scanner.field_t, seed=seed, name=name)
        one = visit(session.phantom, scans)
        measured = _measured(one)
        for number, lesion in enumerate(session.phantom.lesions, start=1):
            rows.append({"patient": patient.participant, "lesion": number, **_compared(one, lesion, measured)})
    return rows


def _measured(one: Visit) -> dict[int, Mapping[str, object]]:
    case = Case(
        study=one.study.id,
        author="auto",
        masks=one.proposed.masks,
        discs=one.proposed.discs,
        series=one.study.series,
        volumes=lambda wanted: one.volumes[wanted.name],
    )
    return {int(str(row["lesion_id"])): row for row in measure_case(case).lesions}


def _compared(one: Visit, lesion: PlantedLesion, rows: Mapping[int, Mapping[str, object]]) -> dict[str, object]:
    spine = one.phantom.spine
    result: dict[str, object] = {}
    ranges = {
        "enh": (lesion.enh_v, lesion.extent_mm(spine), Region.ENHANCING),
        "t2": (lesion.t2_v, lesion.t2_extent_mm(spine), Region.T2HYPER),
    }
    for stem, (v, ends, region) in ranges.items():
        spans = {k: span for k, span in spans_mm(one, region).items() if _meets(span, ends)}
        best = max(spans, key=lambda k: min(spans[k][1], ends[1]) - max(spans[k][0], ends[0]), default=None)
        row = rows.get(best, {}) if best is not None else {}
        value = row.get(f"{stem}_seg_frac")
        result[f"{stem}_planted"] = v[1] - v[0]
        result[f"{stem}_measured"] = float(value) if isinstance(value, int | float) else None
        result[f"{stem}_length_off_mm"] = _off(row.get(f"{stem}_length_mm"), ends[1] - ends[0])
        result[f"{stem}_v"] = v
    return result


def _off(value: object, planted: float) -> float | None:
    return float(value) - planted if isinstance(value, int | float) else None


def report(count: int = COUNT, sample: int = SAMPLE_PATIENTS) -> None:
    """Print sensitivity and false candidates, then how often extents come out as planted."""
    found = [candidates(k) for k in range(1, count + 1)]
    planted = sum(one.planted for one in found)
    rows = [
        ("by enhancement", _share(sum(o.enhancing for o in found), planted), _rate([o.false_enhancing for o in found])),
        ("by any series", _share(sum(o.found for o in found), planted), _rate([o.false for o in found])),
    ]
    title = f"Lesions without a click on {count} phantoms with none to three, enhancing by {ENHANCEMENT:.0%}"
    print_table(title, ("found", "sensitivity", "false per patient"), rows)
    say()
    lesions = extents(sample)
    table = []
    for stem, name in (("enh", "enhancement"), ("t2", "T2 hyperintensity")):
        off = [_difference(row, stem) for row in lesions]
        seen = np.array([value for value in off if value is not None])
        within = int((np.abs(seen) <= WITHIN).sum())
        spread = f"{np.median(np.abs(seen)):.2f} ({np.percentile(np.abs(seen), 90):.2f})" if len(seen) else ""
        table.append((name, len(lesions), _share(within, len(lesions)), spread, sum(value is None for value in off)))
    header = ("extent", "lesions", f"within {WITHIN} segment", "median error (90th percentile)", "not found")
    print_table(f"Proposed, then measured: {sample} patients of the sample study", header, table)


def _difference(row: Mapping[str, object], stem: str) -> float | None:
    measured, planted = row[f"{stem}_measured"], row[f"{stem}_planted"]
    return measured - planted if isinstance(measured, float) and isinstance(planted, float) else None


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2f} ({part} of {whole})" if whole else ""


def _rate(numbers: Sequence[int]) -> str:
    return f"{np.mean(numbers):.2f}"
