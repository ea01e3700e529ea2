"""What a series is: role, weighting, plane, fat suppression, contrast phase, told from a header by rules kept as data.

The rules are in ``sequence_rules.toml``. Every answer comes with its evidence, in our own words: text of a header may
name a patient and is never repeated.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from mri.geometry import Geometry
from mri.headers import ImageHeader
from mri.stacks import Stack
from mri.study import Contrast, Plane, Weighting

ROLE_IMAGE = "image"
"""The role of a series that is kept; any other is set aside."""
ROLE_DYNAMIC = "dynamic"
"""A series of many volumes at one place: perfusion or function, not anatomy."""
MOST_LOCALIZER_SLICES = 9
"""A series of several directions with at most this many slices each is a localizer; oblique disc stacks have more
slices or are one direction each."""
SUFFIXES: Mapping[Weighting, str] = {
    Weighting.T1: "T1w",
    Weighting.T2: "T2w",
    Weighting.STIR: "T2w",
    Weighting.GRE: "T2starw",
}
"""BIDS suffix of each weighting that is kept; BIDS has none for STIR, which the ``acq-`` label tells."""
_DESCRIPTIONS = ("SeriesDescription", "ProtocolName")
"""The second only where the first is empty: some scanners name the whole examination there ("with and without")."""
_SPACED = re.compile(r"[_\-.,;:()\[\]]+")


SAME_SPACING = 0.05
"""Spacings that differ by less than this share are alike: in-plane pixels are not always quite square."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An answer and what it rests on."""

    value: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """What one header says of its series; contrast and stations are settled with the other series of the session."""

    role: Finding
    weighting: Finding
    fat: Finding
    contrast: Finding
    stations: Finding


def classify(stack: Stack) -> Classification:
    """Apply the rules to the first header of a stack."""
    facts = _facts(stack)
    role = _first("role", facts)
    if role.value == ROLE_IMAGE and stack.orientations > 1 and len(stack.frames) <= MOST_LOCALIZER_SLICES:
        role = Finding(value="localizer", evidence=f"{stack.orientations} directions of few slices")
    stations = _first("stations", facts)
    return Classification(
        role=role,
        weighting=_first("weighting", facts),
        fat=_first("fat", facts),
        contrast=_first("contrast", facts),
        stations=stations if stations.value else _first("body_part", facts),
    )


@cache
def roles() -> frozenset[str]:
    """Return every role that the rules give."""
    return frozenset(str(rule["value"]) for rule in _rules()["role"]) | {ROLE_DYNAMIC}


def plane_of(geometry: Geometry, isotropic_mm: float) -> Plane:
    """Return the plane of the slices; ``iso`` where every spacing is small, so that any cut is as good."""
    return Plane.ISOTROPIC if geometry.is_isotropic(isotropic_mm) else slice_plane(geometry)


def slice_plane(geometry: Geometry) -> Plane:
    """Return the plane across the thickest axis, whatever the order in which a file stores its axes.

    Where no axis is thicker than the others it is the plane across the last one, as converters store slices.
    """
    spacing = np.array(geometry.spacing_mm)
    thickest = np.flatnonzero(spacing >= spacing.max() * (1 - SAME_SPACING))[-1]
    normal = np.abs(np.array(geometry.axes[int(thickest)]))
    return (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)[int(np.argmax(normal))]


def settle_contrast(own: Sequence[Finding], order: Sequence[float]) -> list[Finding]:
    """Settle the contrast phase of the series of one session.

    Parameters
    ----------
    own : sequence of Finding
        What each header says: yes, no, unknown or conflict.
    order : sequence of float
        When each series was acquired, on any scale; gadolinium stays in the patient for the rest of the session.

    Returns
    -------
    list of Finding
        ``yes``, ``no`` or ``unknown`` with the evidence.
    """
    given = [when for finding, when in zip(own, order, strict=True) if finding.value == Contrast.YES]
    settled = []
    for finding, when in zip(own, order, strict=True):
        if finding.value == "conflict":
            finding = Finding(value=Contrast.UNKNOWN, evidence=finding.evidence)
        elif finding.value == Contrast.UNKNOWN and given and not np.isnan(when):
            finding = _after_first(min(given), when)
        elif finding.value == Contrast.NO and given and when > min(given):
            finding = Finding(
                value=Contrast.UNKNOWN, evidence=f"{finding.evidence}, but acquired after a series with contrast"
            )
        settled.append(finding)
    return settled


def acquisition_label(plane: Plane, stations: str, weighting: Weighting) -> str:
    """Return the BIDS ``acq-`` label: plane, stations, weighting, e.g. ``sagCT2``."""
    return f"{plane.value}{stations}{weighting.value.capitalize()}"


def order_of(header: ImageHeader) -> float:
    """Return when a series was acquired within its session: seconds of the day, NaN where not stated."""
    for keyword in ("AcquisitionTime", "AcquisitionDateTime", "SeriesTime"):
        digits = header.text(keyword)
        digits = digits[8:] if keyword == "AcquisitionDateTime" else digits
        if re.match(r"\d{6}", digits):
            return int(digits[:2]) * 3600.0 + int(digits[2:4]) * 60.0 + int(digits[4:6])
    return float("nan")


def _after_first(first: float, when: float) -> Finding:
    if when > first:
        return Finding(value=Contrast.YES, evidence="acquired after a series with contrast agent")
    if when < first:
        return Finding(value=Contrast.NO, evidence="no agent stated; acquired before the first series with it")
    return Finding(value=Contrast.UNKNOWN, evidence="no agent stated; acquired with the first series that states it")


def _facts(stack: Stack) -> dict[str, Any]:
    header = stack.first
    facts: dict[str, Any] = dict(header.tags)
    text = next((text for keyword in _DESCRIPTIONS if (text := header.text(keyword))), "").casefold()
    facts["description"] = " ".join(_SPACED.sub(" ", text).split())
    facts["geometry"] = "COMPLETE" if all(frame.is_complete for frame in stack.frames) else "INCOMPLETE"
    return facts


@cache
def rules_version() -> str:
    """Return what names the present rules: the start of their digest."""
    return hashlib.sha256(_rules_text().encode()).hexdigest()[:8]


@cache
def _rules() -> Mapping[str, Any]:
    return tomllib.loads(_rules_text())


def _rules_text() -> str:
    return files("mri").joinpath("sequence_rules.toml").read_text(encoding="utf-8")


def _first(table: str, facts: Mapping[str, Any]) -> Finding:
    for rule in _rules()[table]:
        if all(_holds(condition, facts) for condition in rule["when"]):
            return Finding(value=rule["value"], evidence=rule["evidence"])
    raise LookupError(f"the table {table} of sequence_rules.toml has no last rule without conditions")


def _holds(condition: Mapping[str, Any], facts: Mapping[str, Any]) -> bool:
    value = facts.get(condition["tag"])
    if condition.get("absent"):
        return value is None
    items = value if isinstance(value, tuple) else () if value is None else (value,)
    words = {str(item).upper() for item in items}
    checks = (
        "any" not in condition or bool(words & set(condition["any"])),
        "none" not in condition or (bool(words) and not words & set(condition["none"])),
        "match" not in condition or any(re.search(condition["match"], str(item).casefold()) for item in items),
        ("min" not in condition and "max" not in condition) or _in_range(condition, items),
    )
    return all(checks)


def _in_range(condition: Mapping[str, Any], items: Sequence[Any]) -> bool:
    numbers = [float(item) for item in items if isinstance(item, int | float)]
    return bool(numbers) and condition.get("min", -np.inf) <= numbers[0] <= condition.get("max", np.inf)
