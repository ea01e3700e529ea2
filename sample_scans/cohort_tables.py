"""The committed synthetic tables of 49 patients: short column names → the names of the data dictionary, once.

``source/diehn_like.csv`` and ``source/diehn_like_lesions.csv`` hold a cohort that was found by search, so that the
analyses of a published series give its published numbers. It proves rules and code; it is no evidence about patients.
The tables are made here without the code that measures and joins, so that a test can hold one against the other.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

FOLDER = Path(__file__).parent / "cohort"
SESSION = "01"
AUTHOR = "synthetic"
T2_CUTOFFS = {"t2_ge2": 2, "t2_ge3": 3}
"""Published dichotomies of the T2 extent, in whole vertebral segments."""
DAYS_PER_MONTH = 30.4375
"""A quarter of 4 × 365.25 days by 12: the mean month that the dictionary declares."""
AGE_CUTOFF_YEARS = 55
"""``age_gt55`` of the dictionary (published by Lv 2019)."""

FIRST_FOLLOWUP_DAYS = 28
"""Nobody of the source has an additional lesion earlier: an observation shorter than that is taken to hold no follow-up
MRI, which the source does not tell. The published row counts these patients as without an additional lesion."""

SEX = {"F": "female", "M": "male"}
SIGN = {"0": "absent", "1": "present"}
ANSWER = {"0": "no", "1": "yes"}
ENHANCEMENT_FINDINGS = ("enhancement_pattern", "rim_sign", "flame_sign")
INDEX_FINDINGS = (
    "position",
    "cord_expansion",
    "t2_signal",
    "t1_signal",
    "cystic_change",
    "hemorrhage",
    "enhancement_pattern",
)

Row = dict[str, str]


def build(source: Path = FOLDER / "source") -> dict[str, list[Row]]:
    """Make the four tables from the two source files.

    Parameters
    ----------
    source : Path
        Folder of ``diehn_like.csv`` (one row per patient) and ``diehn_like_lesions.csv`` (one row per lesion).

    Returns
    -------
    dict of str to list of rows
        ``lesions``, ``patients``, ``clinical`` and ``cohort``; every cell is text as it is written.
    """
    sources = read_rows(source / "diehn_like.csv")
    by_patient: dict[str, list[Row]] = {}
    for row in map(_lesion, read_rows(source / "diehn_like_lesions.csv")):
        by_patient.setdefault(row["participant_id"], []).append(row)
    patients = [_patient(row, by_patient[_participant(row)]) for row in sources]
    clinical = [_clinical(row) for row in sources]
    return {
        "lesions": [row for rows in by_patient.values() for row in rows],
        "patients": patients,
        "clinical": clinical,
        "cohort": [_cohort(p, c) for p, c in zip(patients, clinical, strict=True)],
    }


def write(folder: Path = FOLDER) -> list[Path]:
    """Write the four tables into `folder`, each whole or not at all; return their paths."""
    return [write_rows(folder / f"{name}.csv", rows) for name, rows in build().items()]


def _participant(row: Mapping[str, str]) -> str:
    return row["patient_id"].replace("-", "")


def _lesion(row: Mapping[str, str]) -> Row:
    enhanced, has_t2 = row["enh_segments"] != "", row["t2_segments"] != ""
    basis = {(True, True): "both", (True, False): "enhancement", (False, True): "t2"}[enhanced, has_t2]
    out = _identity(row) | {"lesion_id": row["lesion"], "author": AUTHOR, "lesion_basis": basis, "status": "ok"}
    out |= {"error": "", "flags": _flags(has_t2=has_t2, enhanced=enhanced)}
    out |= {"enh_si_mm": _number(row["si_mm"]), "enh_si_mm_reader": _number(row["si_mm"])}
    out |= {"enh_seg_count": _number(row["enh_segments"])} | _t2_extent(row["t2_segments"])
    out["ratio_seg_count"] = _ratio(row["t2_segments"], row["enh_segments"])
    out |= {name: row[name] for name in ("position", "t2_signal", "t1_signal")}
    out |= {"cord_expansion": SIGN[row["expansion"]], "cystic_change": SIGN[row["cystic"]]}
    out["hemorrhage"] = SIGN[row["hemorrhage"]]
    found = (row["pattern"], *(SIGN.get(_number(row[sign]), "") for sign in ("rim", "flame")))
    for name, value in zip(ENHANCEMENT_FINDINGS, found, strict=True):
        out[name] = value if enhanced else "not_assessable"
        out[f"{name}_na_reason"] = "" if enhanced else "sequence_missing"
    return out | {"synthetic": "1"}


def _patient(source: Mapping[str, str], lesions: list[Row]) -> Row:
    has_t2 = any(row["t2_seg_count"] for row in lesions)
    enhanced = any(row["enh_seg_count"] for row in lesions)
    longest = max((row for row in lesions if row["enh_si_mm"]), key=lambda r: float(r["enh_si_mm"]), default=None)
    index = longest or (lesions[0] if len(lesions) == 1 else {})
    out = _identity(source) | {"author": AUTHOR, "status": "ok", "error": ""}
    out |= {"flags": _flags(has_t2=has_t2, enhanced=enhanced), "mri_date": source["date_iscm_diagnosis"]}
    out |= {"n_lesions": str(len(lesions)), "multiple": _bit(len(lesions) > 1)}
    out |= {"has_sag_t2": _bit(has_t2), "has_enhanced_t1": _bit(enhanced)}
    out["longest_enh_lesion_id"] = longest["lesion_id"] if longest else ""
    out["enh_si_mm_max"] = _largest(lesions, "enh_si_mm")
    out["enh_seg_count_max"] = _largest(lesions, "enh_seg_count")
    out |= _t2_extent(_largest(lesions, "t2_seg_count"), suffix="_max")
    out["ratio_seg_count_longest"] = longest["ratio_seg_count"] if longest else ""
    out |= _signs(lesions, enhanced=enhanced)
    out |= {f"index_{name}": index.get(name, "").replace("not_assessable", "") for name in INDEX_FINDINGS}
    for name in ("noncord_cns_spinal_mets", "leptomeningeal_mets", "primary_or_noncns_mets"):
        out[name] = ANSWER[source[name]]
    out["new_lesions_followup"] = _followup(source)
    return out | {"first_new_lesion_date": source["date_additional_iscm"], "synthetic": "1"}


def _followup(source: Mapping[str, str]) -> str:
    """Return whether an additional lesion was seen; whoever was seen too briefly had no MRI to see it on."""
    is_brief = int(source["days_from_diagnosis"]) < FIRST_FOLLOWUP_DAYS
    answer = ANSWER[source["additional_iscm_followup"]]
    return "no_followup_mri" if is_brief and answer == "no" else answer


def _clinical(row: Mapping[str, str]) -> Row:
    dead = row["vital_status"] == "dead"
    return {
        "participant_id": _participant(row),
        "timeline": "shifted",
        "sex": SEX[row["sex"]],
        "age_at_diagnosis_years": row["age_at_diagnosis"],
        "primary_malignancy": row["primary_type"],
        "primary_diagnosis_date": row["date_primary_diagnosis"],
        "iscm_presentation_date": row["date_presentation"],
        "iscm_diagnosis_date": row["date_iscm_diagnosis"],
        "vital_status": row["vital_status"],
        "last_known_alive_date": "" if dead else row["date_last_known"],
        "death_date": row["date_last_known"] if dead else "",
        "pet_uptake": ANSWER.get(_number(row["pet_uptake"]), ""),
        "new_iscm_date": row["date_additional_iscm"],
        "synthetic": "1",
    }


def _cohort(patient: Row, clinical: Row) -> Row:
    """One row in days from the ISCM diagnosis: no date is left."""
    origin = clinical["iscm_diagnosis_date"]
    out = {"participant_id": patient["participant_id"], "reference_session_id": patient["session_id"]}
    out |= {"match": "both", "days_mri_to_diagnosis": _days(patient["mri_date"], origin), "entry_days": "0"}
    left_out = {"participant_id", "session_id", "mri_date", "timeline"}
    out |= _in_days(patient, origin, left_out) | _in_days(clinical, origin, left_out)
    return out | _derived(out)


def _derived(row: Mapping[str, str]) -> Row:
    end = int(row["death_days"] or row["last_known_alive_days"])
    presentation, primary = int(row["iscm_presentation_days"]), int(row["primary_diagnosis_days"])
    malignancy = row["primary_malignancy"]
    return {
        "pet_in_window": "",
        "time_presentation_days": str(end - presentation),
        "iscm_precedes_primary": _bit(primary > 0),
        "presentation_precedes_primary": _bit(presentation < primary),
        "iscm_first_sign": _bit(presentation <= primary),
        "interval_primary_to_iscm_months": f"{-primary / DAYS_PER_MONTH:.4f}".rstrip("0").rstrip("."),
        "lung_breast": _bit(malignancy in ("lung", "breast")),
        "melanoma": _bit(malignancy == "melanoma"),
        "cns_primary": _bit(malignancy == "cns"),
        "age_gt55": _bit(int(row["age_at_diagnosis_years"]) > AGE_CUTOFF_YEARS),
        "ps_3_4": "",
        "sites_2_4": "",
        "regions_2_4": "",
        "treated": "",
        "treatment_group": "",
        "iscm_pathology": "",
    }


def _identity(row: Mapping[str, str]) -> Row:
    return {"participant_id": _participant(row), "session_id": SESSION}


def _flags(*, has_t2: bool, enhanced: bool) -> str:
    reasons = {"enh_seg_count:no_sagittal_gd": enhanced, "t2_seg_count:no_sagittal_t2": has_t2}
    return ";".join(sorted(flag for flag, present in reasons.items() if not present))


def _t2_extent(segments: str, suffix: str = "") -> Row:
    count = _number(segments)
    cut = {name: _bit(int(count) >= least) if count else "" for name, least in T2_CUTOFFS.items()}
    return {f"t2_seg_count{suffix}": count} | cut


def _signs(lesions: Iterable[Row], *, enhanced: bool) -> Row:
    """Call a patient positive for a sign if any lesion is; without an enhanced series it is not known."""
    if not enhanced:
        return {"rim_sign_any": "", "flame_sign_any": "", "rim_flame": ""}
    rim, flame = (any(row[name] == "present" for row in lesions) for name in ("rim_sign", "flame_sign"))
    group = {(False, False): "neither", (True, False): "rim_only", (False, True): "flame_only", (True, True): "both"}
    return {"rim_sign_any": _bit(rim), "flame_sign_any": _bit(flame), "rim_flame": group[rim, flame]}


def _in_days(row: Mapping[str, str], origin: str, left_out: set[str]) -> Row:
    out = {}
    for name, value in row.items():
        if name.endswith("_date"):
            name, value = f"{name.removesuffix('_date')}_days", _days(value, origin)
        out[name] = value
    return {name: value for name, value in out.items() if name not in left_out | {"mri_days"}}


def _days(day: str, origin: str) -> str:
    return str((date.fromisoformat(day) - date.fromisoformat(origin)).days) if day else ""


def _largest(rows: Iterable[Row], column: str) -> str:
    return max((row[column] for row in rows if row[column]), key=float, default="")


def _ratio(t2_segments: str, enh_segments: str) -> str:
    return repr(float(t2_segments) / float(enh_segments)) if t2_segments and enh_segments else ""


def _number(text: str) -> str:
    return text.removesuffix(".0")


def _bit(value: bool) -> str:
    return str(int(value))


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[Row]) -> Path:
    """Write a CSV file whole or not at all; return its path."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    temporary = path.with_suffix(".part")
    temporary.write_text(text.getvalue(), encoding="utf-8", newline="")
    return temporary.replace(path)


if __name__ == "__main__":
    write()
