"""From stacks to decisions: what each series is, whose, of which session, whether it is kept. Nothing is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from mri.account import Entry, Status, evidence_of, usable, with_edits
from mri.completeness import Lacks, shorter_than
from mri.deidentify import keyed_uid, token
from mri.flags import POSSIBLY_INCOMPLETE, SYNTHETIC, with_flag, with_flags_of
from mri.geometry import Geometry
from mri.parameters import MriParameters
from mri.people import People
from mri.problems import Problem, RefusedError, error, note, warning
from mri.sequence import (
    ROLE_DYNAMIC,
    ROLE_IMAGE,
    SUFFIXES,
    Classification,
    Finding,
    acquisition_label,
    classify,
    order_of,
    plane_of,
    rules_version,
    settle_contrast,
)
from mri.stacks import Stack, place
from mri.stations import Extent, extent_of, settle_stations
from mri.study import Contrast, Plane, Series, StudyId, Weighting

_EDIT = "edit its row in derivatives/ingest/series.csv and ingest again"
_SILENT = Finding(value="", evidence="")
_NOWHERE = Extent(frame="", low_mm=0.0, high_mm=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A stack, its row in the account as decided so far, and its place in the study if it is to be kept."""

    stack: Stack
    entry: Entry
    series: Series | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A stack with what is known of it before its session is looked at as a whole."""

    stack: Stack
    entry: Entry
    found: Classification
    geometry: Geometry | None
    refusal: Problem | None


def judge(
    stacks: Sequence[Stack],
    people: People,
    account: Mapping[str, Entry],
    lacks: Lacks,
    parameters: MriParameters,
) -> tuple[list[Work], list[Problem]]:
    """Decide on every stack.

    Parameters
    ----------
    stacks : sequence of Stack
    people : People
        Is given the sessions of new visits.
    account : Mapping
        Earlier rows by item; their edits and what they found in a fuller session are kept.
    lacks : Lacks
        What speaks against the wholeness of series.
    parameters : MriParameters
    """
    bases = [_base(stack, people) for stack in stacks]
    lacks = replace(lacks, shared=_of_two_patients(stacks, bases))
    people.number((b.participant_id, b.session_date, b.study) for b in bases)
    drafts = [_draft(s, b, people, lacks, parameters) for s, b in zip(stacks, bases, strict=True)]
    sessions: dict[StudyId, list[_Draft]] = {}
    for draft in drafts:
        study = StudyId(participant=draft.entry.participant_id, session=draft.entry.session_id)
        sessions.setdefault(study, []).append(draft)
    works: list[Work] = []
    problems: list[Problem] = []
    for study in sorted(sessions):
        settled = _beside_each_other(sessions[study], _settle(sessions[study], parameters), parameters)
        for draft, entry in zip(sessions[study], settled, strict=True):
            earlier = account.get(entry.item)
            if earlier is not None and _is_fuller(earlier, entry):
                message = f"{entry.files} of its {earlier.files} files came again; the fuller series is kept"
                problems.append(warning("series_shorter", entry.where, message))
                works.append(Work(stack=draft.stack, entry=usable(earlier)))
                continue
            edited, wrong = with_edits(_remembered(entry, earlier), earlier)
            problems += [*wrong, *_parted(draft, edited)]
            works.append(_decide(draft, edited, study, parameters))
    return works, problems


def _of_two_patients(stacks: Sequence[Stack], bases: Sequence[Entry]) -> frozenset[str]:
    """Return the SeriesInstanceUIDs, which name one series of one patient, that stand under two participants."""
    owners: dict[str, set[str]] = {}
    for stack, base in zip(stacks, bases, strict=True):
        owners.setdefault(stack.first.text("SeriesInstanceUID"), set()).add(base.participant_id)
    return frozenset(uid for uid, names in owners.items() if uid and len(names) > 1)


def undated(works: Iterable[Work]) -> list[Problem]:
    """Return what is not known of the dates of kept series."""
    told: dict[StudyId, Problem] = {}
    for work in works:
        if work.series is None:
            continue
        study = work.series.study
        if not work.entry.session_date:
            message = (
                "no valid date in its headers: no interval to it is known, and neither is its order among the sessions "
                "of the participant; set StudyDate right at the archive and send it again"
            )
            told[study] = warning("date_missing", study, message)
        elif any(header.identity.has_invalid_day for header in work.stack.headers):
            message = "a date of its headers is none, and the next best one was taken; see that the interval is right"
            told.setdefault(study, warning("date_invalid", study, message))
    return [told[study] for study in sorted(told)]


def problem_of(entry: Entry) -> Problem | None:
    """Return what a person should be told of a row: an error if quarantined, less if set aside."""
    if entry.status == Status.KEPT:
        return None
    make = error if entry.status == Status.QUARANTINED else warning if entry.reason == "weighting_unknown" else note
    return make(entry.reason, entry.where, entry.mend)


def unjudged(entries: Iterable[Entry]) -> list[Problem]:
    """Return what could not be told of the kept series of each session, for a person to look at."""
    told: list[Problem] = []
    sessions: dict[StudyId, list[Entry]] = {}
    for entry in entries:
        if entry.status == Status.KEPT:
            sessions.setdefault(StudyId(participant=entry.participant_id, session=entry.session_id), []).append(entry)
    for study, kept in sorted(sessions.items()):
        phase = [e for e in kept if e.contrast == Contrast.UNKNOWN and e.weighting == Weighting.T1]
        region = [e for e in kept if not e.stations]
        if phase:
            message = f"whether contrast agent was given before T1 {_listed(phase)} is not known; {_EDIT}"
            told.append(warning("contrast_unknown", study, message))
        if region:
            message = f"the region of the spine in {_listed(region)} is not known before levels are marked"
            told.append(note("stations_unknown", study, message))
    return told


def _listed(entries: Sequence[Entry]) -> str:
    ordered = sorted(entries, key=lambda entry: (len(entry.series_number), entry.series_number, entry.item))
    return "series " + ", ".join(entry.series_number or entry.item for entry in ordered)


def _base(stack: Stack, people: People) -> Entry:
    header, key = stack.first, people.key
    content = sorted(f"{h.text('SOPInstanceUID')}:{h.size_bytes - h.meta_bytes}" for h in stack.headers)
    return Entry(
        item=token(key, "series", stack.name),
        kind="series",
        status=Status.KEPT,
        participant_id=people.participant(header.identity),
        session_date=people.day(header.identity),
        study=people.study_token(header.text("StudyInstanceUID")),
        fingerprint=token(key, "content", *content),
        series_number=_number(header.number("SeriesNumber")),
        files=str(len(stack.headers)),
        slices=str(len(stack.frames)),
        rows=_number(header.number("Rows")),
        columns=_number(header.number("Columns")),
        echo_time_ms=_number(header.number("EchoTime")),
        repetition_time_ms=_number(header.number("RepetitionTime")),
        inversion_time_ms=_number(header.number("InversionTime")),
        field_strength_t=_number(header.number("MagneticFieldStrength")),
        frame_of_reference=keyed_uid(key, header.text("FrameOfReferenceUID")),
        rules=rules_version(),
    )


def _draft(stack: Stack, base: Entry, people: People, lacks: Lacks, parameters: MriParameters) -> _Draft:
    session = people.session(base.participant_id, base.session_date, base.study)
    geometry, refusal = None, None
    try:
        geometry = place(stack, parameters)
    except RefusedError as refused:
        refusal = refused.problems[0]
    uid = stack.first.text("SeriesInstanceUID")
    if uid in lacks.counted and refusal is None:
        refusal = error("series_incomplete", "series", f"{lacks.counted[uid]}; send the whole series again")
    if uid in lacks.lost:
        refusal = error("file_truncated", "series", "a file of the series is cut short; send the series again")
    if uid in lacks.shared:
        message = (
            "its files name two patients, so nobody can tell whose it is; set it right at the archive, send it again"
        )
        refusal = error("series_of_two_patients", "series", message)
    entry = replace(base, session_id=session)
    if uid in lacks.suspected:
        entry = with_flag(entry, POSSIBLY_INCOMPLETE, lacks.suspected[uid])
    if stack.first.is_synthetic:
        entry = with_flag(entry, SYNTHETIC, "the comment on the patient says so")
    if geometry is not None:
        entry = replace(
            entry,
            plane=plane_of(geometry, parameters.isotropic_mm),
            pixel_spacing_mm=_number(max(geometry.spacing_mm[:2])),
            slice_spacing_mm=_number(geometry.spacing_mm[2]),
        )
    return _Draft(stack=stack, entry=entry, found=_found(stack, parameters), geometry=geometry, refusal=refusal)


def _found(stack: Stack, parameters: MriParameters) -> Classification:
    found = classify(stack)
    if found.role.value != ROLE_IMAGE or stack.time_points <= parameters.most_time_points:
        return found
    return replace(found, role=Finding(value=ROLE_DYNAMIC, evidence=f"{stack.time_points} volumes at one place"))


def _settle(drafts: Sequence[_Draft], parameters: MriParameters) -> list[Entry]:
    """Settle what only the whole session tells: contrast phase and stations."""
    contrast = settle_contrast([d.found.contrast for d in drafts], [order_of(d.stack.first) for d in drafts])
    spine = [d.geometry is not None and d.found.role.value == ROLE_IMAGE for d in drafts]
    stations = settle_stations(
        [d.found.stations if counts else _SILENT for d, counts in zip(drafts, spine, strict=True)],
        [
            extent_of(d.geometry, d.entry.frame_of_reference) if counts and d.geometry else _NOWHERE
            for d, counts in zip(drafts, spine, strict=True)
        ],
        parameters,
    )
    return [
        _with_findings(draft, phase, regions) for draft, phase, regions in zip(drafts, contrast, stations, strict=True)
    ]


def _beside_each_other(drafts: Sequence[_Draft], entries: Sequence[Entry], parameters: MriParameters) -> list[Entry]:
    """Flag series that lack slices at one end of another series of the session which was planned as they were."""
    whole = [
        (draft.geometry, entry)
        for draft, entry in zip(drafts, entries, strict=True)
        if draft.geometry is not None and draft.refusal is None and entry.role == ROLE_IMAGE
    ]
    flagged = []
    for draft, entry in zip(drafts, entries, strict=True):
        for geometry, other in whole if draft.geometry is not None else ():
            same_frame = entry.frame_of_reference == other.frame_of_reference != ""
            lacking = shorter_than(draft.geometry, geometry, parameters) if same_frame and draft.geometry else 0
            if lacking:
                evidence = f"series {other.series_number} has the same slices and {lacking} more at one end"
                entry = with_flag(entry, POSSIBLY_INCOMPLETE, evidence)
                break
        flagged.append(entry)
    return flagged


def _with_findings(draft: _Draft, contrast: Finding, stations: Finding) -> Entry:
    found = draft.found
    return replace(
        draft.entry,
        role=found.role.value,
        role_found=found.role.value,
        role_evidence=found.role.evidence,
        weighting=found.weighting.value,
        weighting_found=found.weighting.value,
        weighting_evidence=found.weighting.evidence,
        contrast=contrast.value,
        contrast_found=contrast.value,
        contrast_evidence=contrast.evidence,
        stations=stations.value,
        stations_found=stations.value,
        stations_evidence=stations.evidence,
        fat_suppression=found.fat.value,
        fat_evidence=found.fat.evidence,
    )


def _parted(draft: _Draft, entry: Entry) -> list[Problem]:
    if not draft.stack.part or draft.found.role.value == ROLE_DYNAMIC:
        return []
    kind = "time points" if draft.stack.time_points > 1 else "blocks of slices far apart"
    message = f"the series holds several volumes ({kind}); each is taken by itself, with a row of its own"
    return [note("series_split", entry.where, message)]


def _remembered(entry: Entry, earlier: Entry | None) -> Entry:
    """Keep what was found when these same files were first seen, perhaps among more series of the session.

    What other rules found is kept only where the present ones cannot tell.
    """
    if earlier is None or earlier.fingerprint != entry.fingerprint:
        return entry
    entry = with_flags_of(entry, earlier)
    same_rules = earlier.rules == entry.rules
    if same_rules or entry.contrast == Contrast.UNKNOWN:
        found, evidence = earlier.contrast_found, earlier.contrast_evidence
        entry = replace(entry, contrast=found, contrast_found=found, contrast_evidence=evidence)
    if same_rules or not entry.stations:
        found, evidence = earlier.stations_found, earlier.stations_evidence
        entry = replace(entry, stations=found, stations_found=found, stations_evidence=evidence)
    return entry


def _is_fuller(earlier: Entry, entry: Entry) -> bool:
    return earlier.status == Status.KEPT and int(earlier.files or 0) > int(entry.files)


def _decide(draft: _Draft, entry: Entry, study: StudyId, parameters: MriParameters) -> Work:
    verdict = _verdict(draft, entry, parameters)
    if verdict is not None or draft.geometry is None:
        return Work(stack=draft.stack, entry=replace(entry, **(verdict or {}), flags="", flags_evidence=""))
    weighting, plane = Weighting(entry.weighting), Plane(entry.plane)
    series = Series(
        study=study,
        acquisition=acquisition_label(plane, entry.stations, weighting),
        suffix=SUFFIXES[weighting],
        weighting=weighting,
        plane=plane,
        contrast=Contrast(entry.contrast),
        geometry=draft.geometry,
    )
    return Work(stack=draft.stack, entry=entry, series=series)


def _verdict(draft: _Draft, entry: Entry, parameters: MriParameters) -> dict[str, str] | None:
    """Return why an entry is not kept, or None."""
    if entry.role != ROLE_IMAGE:
        why = evidence_of(entry, "role")
        return _aside(entry.role, f"{why}; if it is an image to measure, write 'image' as role: {_EDIT}")
    if entry.weighting == Weighting.UNKNOWN:
        return _aside(
            "weighting_unknown", f"{evidence_of(entry, 'weighting')}; write T1, T2, STIR or GRE as weighting: {_EDIT}"
        )
    if draft.refusal is not None:
        return {"status": Status.QUARANTINED, "reason": draft.refusal.code, "mend": draft.refusal.message}
    if len(draft.stack.frames) < parameters.fewest_slices:
        return _aside("too_few_slices", f"fewer than {parameters.fewest_slices} slices show no volume")
    return None


def _aside(reason: str, mend: str) -> dict[str, str]:
    return {"status": Status.SET_ASIDE, "reason": reason, "mend": mend}


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def sexes(works: Iterable[Work]) -> dict[str, str]:
    """Return the sex that the headers state for each participant, as BIDS writes it."""
    words = {"M": "male", "F": "female", "O": "other"}
    return {
        work.entry.participant_id: words[sex]
        for work in works
        if (sex := work.stack.first.text("PatientSex").upper()) in words
    }
