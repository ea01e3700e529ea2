"""What the page is told of a session when it opens it, and of all of them in the worklist."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from features.views import plane_of
from mri.bids import read_table
from mri.problems import Problem, RefusedError, Severity
from mri.study import Contrast, Plane, Series, StudyId, Weighting
from reader.cases import Listed, OpenCase
from reader.marks import current_etag, saved_findings
from reader.progress import load_progress
from reader.reading import findings_etag, is_hidden, state_of
from reader.room import Room
from reader.shelf import NONE, content_of, etag_of
from reader.spine import Spine, spine_of
from segmentation.annotation import AUTO, Annotation
from segmentation.disc_files import read_json
from segmentation.findings import Findings
from segmentation.frame_links import read_links
from segmentation.regions import LESION_REGIONS, Region
from segmentation.store import mask_sidecar

_READERS = 2
"""Images are unpacked two at a time."""
_SHOWN_AT_FIRST = (Region.CORD, Region.ENHANCING, Region.T2HYPER)
_PLANES = {Plane.SAGITTAL: "sag", Plane.AXIAL: "ax", Plane.CORONAL: "cor", Plane.ISOTROPIC: "3D"}


def worklist(room: Room) -> Mapping[str, object]:
    """Return every session that the reader may see, in the reader's order."""
    shown = [listed for listed in room.worklist if not is_hidden(room, listed)]
    warnings = _warnings(room)
    cases = [_entry(room, listed, warnings) for listed in shown]
    return {"cases": cases, "done": sum(case["state"] == "signed" for case in cases), "total": len(cases)}


def _entry(room: Room, listed: Listed, warnings: Mapping[tuple[str, str], list[dict[str, str]]]) -> dict[str, Any]:
    progress = load_progress(room.places, listed.study)
    return {
        "case": listed.id,
        "participant": listed.study.participant,
        "session": listed.study.session,
        "state": state_of(room, listed),
        "read_number": progress.read_number,
        "n_series": len(_rows(room.folder.scans_table(listed.study))),
        "follow_up": bool(listed.earlier),
        "warnings": warnings.get((listed.study.participant, listed.study.session), []),
        "minutes_active": round(progress.active_seconds / 60, 1),
    }


def _rows(table: Path) -> list[dict[str, str]]:
    """Return the rows of a table; none where it cannot be read: one bad table must not hide the other sessions."""
    try:
        return read_table(table) if table.is_file() else []
    except RefusedError:
        return []


def _warnings(room: Room) -> Mapping[tuple[str, str], list[dict[str, str]]]:
    """Return what the steps before found odd, by participant and session; not what was measured of any reading."""
    path = room.folder.features() / "problems.csv"
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in _rows(path):
        if row.get("step") in ("ingest", "propose") and row.get("severity") != Severity.NOTE.value:
            key = (row.get("participant_id", ""), row.get("session_id", ""))
            found.setdefault(key, []).append({"code": row.get("code", ""), "message": row.get("message", "")})
    return found


def case_view(room: Room, case: OpenCase) -> Mapping[str, object]:
    """Return all that the page needs to show a session."""
    own, auto = room.own(case), room.auto(case)
    spine = spine_of(room, case)
    findings = saved_findings(room, case)
    state = state_of(room, case.listed)
    windows, unread = _windows(room, case)
    noticed = [*case.problems, *own.problems, *auto.problems, *spine.problems, *unread]
    return {
        "case": case.listed.id,
        "participant": case.study.participant,
        "session": case.study.session,
        "state": state,
        "locked": state == "signed",
        "read_number": load_progress(room.places, case.study).read_number,
        "series": [_series(room, case, key, one, windows[key]) for key, one in case.series.items()],
        "structures": list(_structures(room, case, own, auto, findings)),
        "links": list(_links(room, case)),
        "etags": etags(room, case),
        "discs_from": discs_from(room, case),
        "centreline": centreline(spine),
        "approvals": [] if findings is None else [approval.what for approval in findings.approvals],
        "decisions": list(_decisions(room, case)),
        "warnings": [{"code": p.code, "where": p.where, "message": p.message} for p in noticed],
        "prior": _prior(room, case.listed),
    }


def etags(room: Room, case: OpenCase) -> Mapping[str, str]:
    """Return the etags of the reader's discs and findings."""
    discs = etag_of(content_of(room.folder.discs(case.study, room.reader)))
    return {"discs": discs, "findings": findings_etag(room, case)}


def discs_from(room: Room, case: OpenCase) -> str | None:
    """Return whose discs are shown."""
    if room.folder.discs(case.study, room.reader).is_file():
        return "author"
    return AUTO if room.folder.discs(case.study, AUTO).is_file() else None


def centreline(spine: Spine) -> list[list[float]]:
    """Return the cord's axis as rows of x, y, z (LPS mm) and arc length in mm."""
    if spine.axis is None:
        return []
    rows: list[list[float]] = np.round(np.column_stack([spine.axis.points_mm, spine.axis.s_mm]), 3).tolist()
    return rows


def may_see_candidates(room: Room, findings: Findings | None) -> bool:
    """Return whether the proposed lesions may be shown: at once, once the reader has counted, or never."""
    if room.protocol.suggestions == "after":
        return findings is not None and findings.of_patient("n_lesions").value is not None
    return room.protocol.suggestions == "before"


def _series(
    room: Room, case: OpenCase, key: str, series: Series, window: tuple[float, float] | None
) -> dict[str, object]:
    geometry = series.geometry
    return {
        "series": key,
        "name": _name(series),
        "file": series.name,
        "weighting": series.weighting.value,
        "plane": plane_of(series, room.features).value,
        "contrast": series.contrast.value,
        "stations": series.stations,
        "frame": _frame(case, series),
        "shape": geometry.shape,
        "spacing_mm": geometry.spacing_mm,
        "affine_lps": geometry.affine,
        "url": f"/api/cases/{case.listed.id}/series/{key}.nii.gz",
        "window": window,
        "roles": list(_roles(room, series)),
    }


def _windows(room: Room, case: OpenCase) -> tuple[dict[str, tuple[float, float] | None], list[Problem]]:
    """Return the window of each series, and which images cannot be read."""
    problems: list[Problem] = []

    def one(series: Series) -> tuple[float, float] | None:
        try:
            return room.window(series)
        except RefusedError as refused:
            problems.extend(refused.problems)
            return None

    with ThreadPoolExecutor(_READERS) as pool:
        found = dict(zip(case.series, pool.map(one, case.series.values()), strict=True))
    return found, problems


def _name(series: Series) -> str:
    """Return a short name, e.g. ``sag T1 + Gd CT 2``."""
    gadolinium = "+ Gd" if series.contrast is Contrast.YES else ""
    run = "" if series.run is None else str(series.run)
    parts = (_PLANES[series.plane], series.weighting.value, gadolinium, series.stations, run)
    return " ".join(part for part in parts if part)


def _frame(case: OpenCase, series: Series) -> str:
    """Return an opaque name of the frame of reference."""
    frames = list(dict.fromkeys(one.frame_of_reference for one in case.series.values()))
    return f"f{frames.index(series.frame_of_reference) + 1}"


def _roles(room: Room, series: Series) -> Iterator[str]:
    """Yield which series of the study sheet this one is."""
    plane = plane_of(series, room.features)
    if plane is Plane.ISOTROPIC:
        yield "iso3d"
        return
    end = {Plane.SAGITTAL: "sag", Plane.AXIAL: "ax"}.get(plane)
    names = {Weighting.T2: "t2", Weighting.STIR: "stir", Weighting.GRE: "gre"}
    if end is None:
        return
    if series.weighting in names:
        yield f"{names[series.weighting]}_{end}"
    elif series.weighting is Weighting.T1:
        yield f"t1_{end}_gd" if series.contrast is Contrast.YES else f"t1_{end}_pre"


def _structures(
    room: Room, case: OpenCase, own: Annotation, auto: Annotation, findings: Findings | None
) -> Iterator[dict[str, object]]:
    """Yield each structure that is drawn or proposed; a proposed lesion where it may be seen."""
    mine = {(mask.series.name, mask.region) for mask in own.masks}
    proposed = {(mask.series.name, mask.region) for mask in auto.masks}
    if not may_see_candidates(room, findings):
        proposed = {key for key in proposed if key[1] not in LESION_REGIONS}
    approved = set() if findings is None else {approval.what for approval in findings.approvals}
    for key, series in case.series.items():
        for region in Region:
            at = (series.name, region)
            if at in mine or at in proposed:
                yield {
                    "region": region.value,
                    "series": key,
                    "from": "author" if at in mine else AUTO,
                    "etag": current_etag(room, series, region) if at in mine else NONE,
                    "approved": region.value in approved,
                    "visible_default": region in _SHOWN_AT_FIRST,
                    "candidates": _candidates(room, series, region) if at in proposed else [],
                }


def _candidates(room: Room, series: Series, region: Region) -> list[dict[str, object]]:
    """Return the proposed lesions of one mask with their scores, and whether the reader refused them."""
    if region not in LESION_REGIONS:
        return []
    mask = room.mask(series, region, AUTO)
    sidecar = mask_sidecar(room.folder.mask(series, region.value, AUTO))
    try:
        record = read_json(sidecar) if sidecar.is_file() else {}
        known = {one["lesion_id"]: one for one in record["provenance"]["lesions"]}
    except (RefusedError, KeyError, TypeError):
        known = {}
    rejected = load_progress(room.places, series.study).rejected
    return [
        {
            "label": label,
            "rejected": f"{region.value}:{series.name}:{label}" in rejected,
            "scores": known.get(label, {}).get("t2" if region is Region.T2HYPER else "enhancing", []),
        }
        for label in (mask.labels.labels() if mask is not None else ())
    ]


def _decisions(room: Room, case: OpenCase) -> Iterator[dict[str, object]]:
    """Yield what the reader decided of proposed lesions."""
    progress = load_progress(room.places, case.study)
    for decision, names in (("accept", progress.accepted), ("reject", progress.rejected)):
        for name in names:
            region, series, label = name.split(":")
            if series in case.ids:
                yield {"region": region, "series": case.ids[series], "label": int(label), "decision": decision}


def _links(room: Room, case: OpenCase) -> Iterator[dict[str, object]]:
    """Yield the rigid transforms between series of the session: ``to = matrix · from``, LPS mm."""
    by_entities = {series.entities: series for series in case.series.values()}
    links, _ = read_links(room.folder, case.loaded)
    for link in links:
        ends = [_frame(case, by_entities[name]) for name in (link.source, link.target)]
        yield {"from": ends[0], "to": ends[1], "matrix_lps": link.transform.matrix}


def _prior(room: Room, listed: Listed) -> str | None:
    """Return the session before, to be shown beside a follow-up."""
    before: StudyId | None = listed.earlier[-1] if listed.earlier else None
    found = None if before is None else room.worklist.of(before)
    return None if found is None else found.id
