"""What was planted, as truth.json: independent of any voxel grid."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from sample_scans.anatomy_tables import CONUS_TIP_V
from sample_scans.lesion import Pattern, PlantedLesion, Position
from sample_scans.patient import Patient, Session
from sample_scans.phantom import Phantom
from sample_scans.scanner import ScannedSeries
from sample_scans.spine import Spine
from sample_scans.variants import LateralCurve, own_v
from segmentation.levels import STANDARD, LevelScheme

FORMAT = 1

EXPANSION_PRESENT = 1.1
"""Planted cord diameter relative to normal from which expansion counts as present."""

_LEVEL_SHARE = 0.25
"""A level is named when at least this much of it is covered, as in the definition of the segment count."""


def truth_of(patient: Patient, scans: Mapping[str, list[ScannedSeries]]) -> dict[str, Any]:
    """Return the content of a patient's truth.json.

    Parameters
    ----------
    patient : Patient
    scans : mapping of str to list of ScannedSeries
        The acquired series by session label.
    """
    return {
        "format": FORMAT,
        "synthetic": True,
        "use": "research use only; no real person",
        "participant": patient.participant,
        "source_patient_id": patient.identity.patient_id,
        "sessions": [
            session_truth(patient, session, scans[patient.session_label(session)]) for session in patient.sessions
        ],
    }


def session_truth(patient: Patient, session: Session, scans: list[ScannedSeries]) -> dict[str, Any]:
    """Return what was planted at one visit."""
    phantom = session.phantom
    return {
        "session": patient.session_label(session),
        "date": patient.session_date(session).isoformat(),
        "days_from_first": session.days,
        "field_t": session.scanner.field_t,
        "manufacturer": session.scanner.manufacturer,
        "discs": {"frame": "LPS", "points": {name: _rounded(p) for name, p in phantom.discs().points.items()}},
        "conus_tip_v": own_v(phantom.spine.scheme, CONUS_TIP_V),
        "n_lesions": len(phantom.lesions),
        "lesions": [
            lesion_truth(phantom.spine, lesion, k, new=k in session.new_lesions)
            for k, lesion in enumerate(phantom.lesions, start=1)
        ],
        "patient": patient_findings(patient, session),
        "series": [series_truth(scan) for scan in scans],
        "phantom": phantom_record(phantom),
    }


def lesion_truth(spine: Spine, lesion: PlantedLesion, number: int, *, new: bool = False) -> dict[str, Any]:
    """Return one lesion's planted facts; lengths in mm along the cord, levels as vertebral coordinates."""
    upper, lower = lesion.extent_mm(spine)
    centre = spine.to_world((upper + lower) / 2, lesion.behind_mm, lesion.left_mm)
    return {
        "lesion_id": number,
        "lesion_basis": "both" if lesion.enhances else "t2",
        "lesion_origin": "intramedullary",
        "centre_mm": _rounded(centre),
        "centre_v": round(float(spine.v_at((upper + lower) / 2)), 4),
        "enh": _extent(spine, lesion.enh_v) if lesion.enhances else None,
        "t2": _extent(spine, lesion.t2_v),
        "ap_mm": lesion.ap_mm,
        "tr_mm": lesion.tr_mm,
        "position": lesion.position.value,
        "position_side": lesion.side or None,
        "cord_expansion": _presence(lesion.expansion >= EXPANSION_PRESENT),
        "cord_diameter_ratio": lesion.expansion,
        "t2_signal": "hyper",
        "t1_signal": "iso",
        "enhancement_pattern": lesion.pattern.value,
        "rim_sign": _sign(lesion, lesion.rim),
        "flame_sign": _sign(lesion, bool(lesion.flame)),
        "flame_site": lesion.flame or None,
        "cystic_change": _presence(lesion.cyst),
        "hemorrhage": _presence(lesion.hemorrhage),
        "new_at_followup": new,
    }


def patient_findings(patient: Patient, session: Session) -> dict[str, Any]:
    """Return the planted findings of the whole visit, in the words of the data dictionary."""
    phantom = session.phantom
    first = session is patient.sessions[0]
    followed = first and len(patient.sessions) > 1
    later_new = any(later.new_lesions for later in patient.sessions[1:])
    return {
        "multiple": len(phantom.lesions) > 1,
        "vertebral_mets": _yes(bool(phantom.bone_metastases)),
        "vertebral_mets_levels": [phantom.spine.scheme.vertebrae[k - 1] for k in phantom.bone_metastases],
        "leptomeningeal_mets": _yes(phantom.pial_v is not None),
        "epidural_disease": "no",
        "primary_visible": "no",
        "noncns_mets_visible": "no",
        "new_lesions_followup": _yes(later_new) if followed else "no_followup_mri",
    }


def series_truth(scan: ScannedSeries) -> dict[str, Any]:
    """Return what identifies a series, and the motion planted in it."""
    sequence = scan.prescription.sequence
    return {
        "series_number": scan.number,
        "plane": sequence.plane.value,
        "weighting": sequence.weighting.value,
        "contrast": "yes" if sequence.gadolinium else "no",
        "station": scan.prescription.station,
        "motion": [[float(x) for x in row] for row in scan.motion],
    }


def phantom_record(phantom: Phantom) -> dict[str, Any]:
    """Return the settings from which `phantom_of` makes the same phantom again."""
    return {
        "spine": _spine_record(phantom.spine),
        "lesions": [asdict(lesion) for lesion in phantom.lesions],
        "bone_metastases": list(phantom.bone_metastases),
        "pial_v": list(phantom.pial_v) if phantom.pial_v else None,
    }


def phantom_of(record: Mapping[str, Any]) -> Phantom:
    """Return the phantom of a session of truth.json (or of its ``phantom`` entry)."""
    record = record.get("phantom", record)
    pial = record["pial_v"]
    return Phantom(
        spine=_spine_of(record["spine"]),
        lesions=tuple(_lesion_of(entry) for entry in record["lesions"]),
        bone_metastases=tuple(record["bone_metastases"]),
        pial_v=(float(pial[0]), float(pial[1])) if pial else None,
    )


def _spine_record(spine: Spine) -> dict[str, Any]:
    """Return the settings of a spine; what only a variant has is left out where it is as usual."""
    values = asdict(spine)
    usual = {"scheme": asdict(STANDARD), "fused": (), "curves": ()}
    return {name: value for name, value in values.items() if name not in usual or value != usual[name]}


def _spine_of(entry: Mapping[str, Any]) -> Spine:
    values = dict(entry)
    values["foramen_magnum_mm"] = tuple(values["foramen_magnum_mm"])
    values["scheme"] = LevelScheme(**values.get("scheme", {}))
    values["fused"] = tuple(values.get("fused", ()))
    values["curves"] = tuple(LateralCurve(**curve) for curve in values.get("curves", ()))
    return Spine(**values)


def _lesion_of(entry: Mapping[str, Any]) -> PlantedLesion:
    values = dict(entry)
    values["enh_v"], values["t2_v"] = tuple(values["enh_v"]), tuple(values["t2_v"])
    values["position"], values["pattern"] = Position(values["position"]), Pattern(values["pattern"])
    return PlantedLesion(**values)


def _extent(spine: Spine, v: tuple[float, float]) -> dict[str, Any]:
    upper, lower = (float(s) for s in spine.s_at(v))
    covered = [
        name
        for number, name in enumerate(spine.scheme.vertebrae, start=1)
        if min(v[1], number + 1) - max(v[0], number) >= min(_LEVEL_SHARE, v[1] - v[0]) - 1e-9
    ]
    return {
        "v": [v[0], v[1]],
        "s_mm": [round(upper, 3), round(lower, 3)],
        "length_mm": round(lower - upper, 3),
        "seg_frac": round(v[1] - v[0], 4),
        "levels": f"{covered[0]}-{covered[-1]}" if len(covered) > 1 else (covered[0] if covered else None),
    }


def _rounded(point: Any) -> list[float]:
    return [round(float(x), 4) for x in np.asarray(point)]


def _presence(value: bool) -> str:
    return "present" if value else "absent"


def _sign(lesion: PlantedLesion, value: bool) -> str:
    return _presence(value) if lesion.enhances else "not_applicable"


def _yes(value: bool) -> str:
    return "yes" if value else "no"
