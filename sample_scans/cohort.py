"""Random patients with planted features and outcomes; the first four are the named ones."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from sample_scans.cases import DATA_CUTOFF, NAMED_PATIENTS
from sample_scans.lesion import FLAME_MM, Pattern, PlantedLesion, Position
from sample_scans.patient import ClinicalValue, Identity, Patient, Session
from sample_scans.phantom import Phantom
from sample_scans.protocol import Station
from sample_scans.seeds import number, stream
from sample_scans.spine import Spine
from sample_scans.vendors import SCANNERS

FAMILY_NAMES = ("ARKWRIGHT", "BELACQUA", "CARDEW", "DRYSDALE", "EGERTON", "FAIRWEATHER", "GOSLING", "HAVERSHAM")
GIVEN_NAMES = ("AMABEL", "BARNABY", "CLEMENCY", "DESMOND", "EUDORA", "FERGUS", "GWENDOLEN", "HORATIO")

CERVICAL_THIRD = Station(name="CT", centre_v=6.7)
THORACIC_THIRD = Station(name="T", centre_v=13.2)
LUMBAR_THIRD = Station(name="TL", centre_v=17.7)
_STATION_LIMITS_V = ((9.0, CERVICAL_THIRD), (16.0, THORACIC_THIRD), (99.0, LUMBAR_THIRD))
"""The station that shows a lesion centred above this level."""

APART_V = 3.0
"""Least distance between the centres of two lesions; more than 20 mm between their ends at any level."""

_PRIMARIES = (("lung", 0.40), ("breast", 0.15), ("melanoma", 0.12), ("renal", 0.11), ("cns", 0.08), ("other", 0.14))
_MEDIAN_DAYS = {True: 70.0, False: 240.0}
"""Planted median survival of lung or breast cancer, and of the others."""

_MULTIPLE_HAZARD = 2.0
"""Planted hazard ratio of more than one lesion."""

_ENTRY_YEARS = (2006, 2016)


def patients(count: int, seed: int) -> list[Patient]:
    """Return the named patients and as many random ones as are wanted.

    Parameters
    ----------
    count : int
        How many in all.
    seed : int
        Each patient depends on it and on its own number only.
    """
    named = list(NAMED_PATIENTS[:count])
    return named + [random_patient(index, seed) for index in range(len(named) + 1, count + 1)]


def random_patient(index: int, seed: int) -> Patient:
    """Return one random patient; ``index`` is counted from 1."""
    name = f"sample{index:02d}"
    rng = stream(seed, name, "patient")
    first_visit = date(int(rng.integers(*_ENTRY_YEARS)), 1, 1) + timedelta(days=int(rng.integers(365)))
    spine = Spine(
        scale=round(float(rng.uniform(0.95, 1.05)), 3),
        curve_scale=round(float(rng.uniform(0.75, 1.1)), 3),
        sideways_mm=round(float(rng.uniform(-2, 2)), 2),
        foramen_magnum_mm=(round(float(rng.uniform(-3, 3)), 2), round(float(rng.uniform(-5, 5)), 2), 140.0),
    )
    lesions = random_lesions(rng, spine)
    bone = (int(rng.integers(9, 21)),) if rng.uniform() < 0.3 else ()
    pial_v = (9.0, 13.0) if rng.uniform() < 0.1 else None
    session = Session(
        days=0,
        phantom=Phantom(spine=spine, lesions=lesions, bone_metastases=bone, pial_v=pial_v),
        stations=stations_for(lesions),
        scanner=SCANNERS[int(rng.integers(len(SCANNERS)))],
        turn_deg=round(float(rng.uniform(-2.5, 2.5)), 2),
    )
    return Patient(
        participant=name,
        identity=_identity(rng, name, seed),
        first_visit=first_visit,
        sessions=(session,),
        clinical=_outcome(rng, first_visit, len(lesions)),
    )


def stations_for(lesions: tuple[PlantedLesion, ...]) -> tuple[Station, ...]:
    """Return the stations that hold the lesions, rostral to caudal."""
    chosen: list[Station] = []
    for lesion in lesions:
        middle = sum(lesion.enh_v) / 2
        station = next(station for limit, station in _STATION_LIMITS_V if middle < limit)
        if station not in chosen:
            chosen.append(station)
    return tuple(chosen)


def random_lesions(rng: np.random.Generator, spine: Spine) -> tuple[PlantedLesion, ...]:
    """Return one to three lesions from rostral to caudal, well apart."""
    wanted = int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))
    centres: list[float] = []
    while len(centres) < wanted:
        candidate = float(rng.uniform(3.0, 19.8))
        if all(abs(candidate - other) >= APART_V for other in centres):
            centres.append(candidate)
    return tuple(_random_lesion(rng, spine, centre) for centre in sorted(centres))


def _random_lesion(rng: np.random.Generator, spine: Spine, centre_v: float) -> PlantedLesion:
    position = Position(rng.choice(["central", "eccentric", "exophytic"], p=[0.6, 0.3, 0.1]))
    size_mm = float(rng.uniform(4.4, 5.6)) - (0.6 if position is not Position.CENTRAL else 0.0)
    offset_mm = {Position.CENTRAL: 0.0, Position.ECCENTRIC: 2.0, Position.EXOPHYTIC: 4.0}[position]
    left = rng.uniform() < 0.5
    flame = str(rng.choice(["", "superior", "inferior"], p=[0.6, 0.2, 0.2]))
    length_mm = float(rng.uniform(9, 24)) + (FLAME_MM if flame else 0.0)
    middle = float(spine.s_at(centre_v))
    enh = spine.v_at(np.array([middle - length_mm / 2, middle + length_mm / 2]))
    spread = rng.uniform(0.1, 1.0, size=2)
    pattern = Pattern(rng.choice(["homogeneous", "heterogeneous", "ring"], p=[0.5, 0.35, 0.15]))
    return PlantedLesion(
        enh_v=(round(float(enh[0]), 3), round(float(enh[1]), 3)),
        t2_v=(round(max(float(enh[0] - spread[0]), 1.1), 3), round(min(float(enh[1] + spread[1]), 20.6), 3)),
        ap_mm=round(size_mm, 2),
        tr_mm=round(size_mm * 1.1, 2),
        left_mm=offset_mm * (1 if left else -1),
        position=position,
        side="" if position is Position.CENTRAL else ("left" if left else "right"),
        pattern=pattern,
        rim=pattern is Pattern.HOMOGENEOUS and bool(rng.uniform() < 0.4),
        flame=flame,
        hemorrhage=bool(rng.uniform() < 0.05),
        expansion=round(float(rng.uniform(1.0, 1.2)), 2),
    )


def _identity(rng: np.random.Generator, name: str, seed: int) -> Identity:
    family, given = rng.choice(FAMILY_NAMES), rng.choice(GIVEN_NAMES)
    return Identity(
        name=f"{family}-{number(seed, 4, name, 'suffix')}^{given}",
        patient_id="SX" + number(seed, 8, name, "patient id"),
        birth_date=date(int(rng.integers(1930, 1975)), 1, 1) + timedelta(days=int(rng.integers(365))),
        sex=str(rng.choice(["M", "F"])),
        referring_physician=f"{rng.choice(FAMILY_NAMES)}-REF^{rng.choice(GIVEN_NAMES)}",
        institution="Merrowdale General",
    )


def _outcome(rng: np.random.Generator, first_visit: date, n_lesions: int) -> dict[str, ClinicalValue]:
    names, shares = zip(*_PRIMARIES, strict=True)
    primary = str(rng.choice(names, p=shares))
    median = _MEDIAN_DAYS[primary in ("lung", "breast")] / (_MULTIPLE_HAZARD if n_lesions > 1 else 1)
    survival = int(rng.exponential(median / np.log(2))) + 1
    diagnosis = first_visit + timedelta(days=1)
    end = min(diagnosis + timedelta(days=survival), DATA_CUTOFF)
    dead = end < DATA_CUTOFF and rng.uniform() > 0.05
    values: dict[str, Any] = {
        "diagnosis_basis": "mri_clinical",
        "primary_malignancy": primary,
        "primary_diagnosis_date": diagnosis - timedelta(days=int(rng.integers(-30, 1500))),
        "iscm_presentation_date": diagnosis - timedelta(days=int(rng.integers(3, 60))),
        "iscm_diagnosis_date": diagnosis,
        "vital_status": "dead" if dead else "alive",
        "death_date": end if dead else None,
        "last_known_alive_date": end,
        "symptomatic_at_diagnosis": int(rng.uniform() > 0.08),
        "ecog_ps": int(rng.integers(0, 5)),
        "treatment_status": "treated" if rng.uniform() < 0.8 else "refused",
        "followup_mri_n": 0,
    }
    return values
