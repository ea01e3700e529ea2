"""The states of a read: untouched, in work, signed; what may be seen and changed in each."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from mri.problems import Problem
from reader.cases import Listed, OpenCase
from reader.consensus import may_settle
from reader.failures import RequestError, refuse, written
from reader.form import fill, findings_of
from reader.marks import check_unsigned, json_bytes, saved_findings, touched
from reader.numbers import computed_sheet
from reader.progress import load_progress, now, save_progress
from reader.required import unanswered
from reader.room import Room
from reader.shelf import content_of, etag_of
from segmentation.annotation import CONSENSUS
from segmentation.answers import Answer, Approval, ReadRecord, State
from segmentation.findings import Findings, findings_as_json
from segmentation.regions import LESION_REGIONS
from segmentation.store import write_description

Blinding = Literal["outcome", "clinical", "other_reader", "followup"]
_LONGEST_REASON = 500


def state_of(room: Room, listed: Listed) -> State:
    """Return how far a session is read; a findings file that cannot be read counts as in work."""
    problems: list[Problem] = []
    found = room.findings(listed.study, room.reader, problems)
    if found is not None:
        return found.state
    begun = bool(problems) or load_progress(room.places, listed.study).started is not None
    return "in_work" if begun else "untouched"


def is_hidden(room: Room, listed: Listed) -> bool:
    """Return whether a session may not be seen yet: a follow-up whose earlier sessions are not all signed.

    A consensus is read of what two readers have signed, and of nothing else.
    """
    if room.reader == CONSENSUS:
        return not may_settle(room, listed.study)
    if not room.protocol.blinded:
        return False
    earlier = (room.worklist.of(study) for study in listed.earlier)
    return any(state_of(room, one) != "signed" for one in earlier if one is not None)


def open_case(room: Room, case: str, *, anew: bool = False) -> OpenCase:
    """Return a session that may be seen.

    Raises
    ------
    RequestError
        403 if it is hidden; 404; 409 if the study was changed since it was opened.
    """
    if is_hidden(room, room.worklist.one(case)):
        message = "a later session is read once the earlier ones are signed; sign those first"
        if room.reader == CONSENSUS:
            message = "a consensus is read once two readers have signed this session"
        raise refuse(HTTPStatus.FORBIDDEN, "session_hidden", case, message)
    return room.worklist.open(case, anew=anew)


def findings_etag(room: Room, case: OpenCase) -> str:
    """Return the etag of the reader's findings."""
    return etag_of(content_of(room.folder.findings(case.study, room.reader)))


def shown_findings(room: Room, case: OpenCase) -> Mapping[str, Any]:
    """Return the findings as the form shows them; before anything is answered the sheet is filled from the series."""
    return findings_as_json(saved_findings(room, case) or _untouched(room, case))


def _untouched(room: Room, case: OpenCase) -> Findings:
    """Return findings before anything is answered: the study sheet says what the kept series say."""
    sheet = {name: Answer(value=value, source="suggested") for name, value in computed_sheet(room, case).items()}
    return Findings(author=room.reader, state="untouched", lesions={}, patient=sheet, record=_record(room, case))


def save_findings(room: Room, case: OpenCase, body: object, if_match: str | None) -> Mapping[str, object]:
    """Save the form, with what its rules force, and return the new etag and what was forced.

    Raises
    ------
    RequestError
        409 in a signed read, 412, 422, 428, 507.
    """
    with room.shelf.alone(case.study):
        check_unsigned(room, case)
        before = saved_findings(room, case)
        filled = fill(body, before, room.protocol.suggestions, case.shapes)
        with written():
            write_description(room.folder)
            touched(room, case)
        approvals = () if before is None else before.approvals
        # the time at work goes on while the page sends the same again: it alone makes no new version
        made = findings_of(filled, room.reader, _record(room, case), approvals)
        etag = _put(room, case, _as_before(made, before), if_match, event_of=filled.forced)
    missing = _unanswered(room, case, made)
    return {
        "etag": etag,
        "forced": filled.forced,
        "derived": filled.derived,
        "unanswered": [problem.as_record() for problem in missing],
        "problems": [],
        "state": made.state,
    }


def approve(room: Room, case: OpenCase, what: str, *, edited: bool) -> str:
    """Record the reader's word that something proposed is right, and return the etag of the findings."""
    with room.shelf.alone(case.study):
        check_unsigned(room, case)
        before = saved_findings(room, case) or _untouched(room, case)
        with written():
            write_description(room.folder)
            touched(room, case)
        approval = Approval(what=what, at=now(), edited=edited)
        made = replace(before, state="in_work", approvals=(*before.approvals, approval))
        return _put(room, case, made, findings_etag(room, case), event_of={"approved": what, "edited": edited})


def sign(room: Room, case: OpenCase, if_match: str | None) -> Mapping[str, object]:
    """Sign a read: from then on nothing of it can be changed.

    Raises
    ------
    RequestError
        409 if it is signed already; 412; 422 with every item that is not answered; 428.
    """
    with room.shelf.alone(case.study):
        check_unsigned(room, case)
        before = saved_findings(room, case)
        empty = Findings(author=room.reader, lesions={}, patient={})
        missing = _unanswered(room, case, before or empty)
        if missing:
            raise RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, missing)
        assert before is not None
        with written():
            touched(room, case)
        record = _record(room, case, before.record)
        filled = fill(findings_as_json(before), before, room.protocol.suggestions, case.shapes)
        made = findings_of(filled, room.reader, record, before.approvals, signed=True)
        etag = _put(room, case, made, if_match, event_of={"signed": True})
        with written():
            signed = {path.name: etag_of(content_of(path)) for path in _own_files(room, case)}
            room.log.append("sign", str(case.study), read=record.read_number, files=signed)
    return {"state": made.state, "etag": etag}


def unlock(room: Room, case: OpenCase, reason: str) -> Mapping[str, object]:
    """Open a signed read again; the signed one is kept as it was.

    Raises
    ------
    RequestError
        409 if it is not signed; 422 without a reason.
    """
    if not reason.strip() or len(reason) > _LONGEST_REASON:
        message = f"say in 1 to {_LONGEST_REASON} characters why the signed read is opened again"
        raise refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "reason_missing", "reason", message)
    with room.shelf.alone(case.study):
        before = saved_findings(room, case)
        if before is None or not before.signed:
            raise refuse(HTTPStatus.CONFLICT, "not_signed", case.study, "only a signed read can be unlocked")
        progress = load_progress(room.places, case.study)
        with written():
            _keep_version(room, case, progress.read_number)
            room.log.append("unlock", str(case.study), reason=reason, read=progress.read_number)
            save_progress(room.places, case.study, replace(progress, read_number=progress.read_number + 1))
        made = replace(before, state="in_work", record=_record(room, case, before.record))
        etag = _put(room, case, made, findings_etag(room, case), event_of={"unlocked": True})
    return {"state": made.state, "etag": etag}


def note_activity(room: Room, case: OpenCase, seconds: float, event: str, series: tuple[str, ...]) -> None:
    """Add time at work, and log what was done."""
    with room.shelf.alone(case.study):
        progress = load_progress(room.places, case.study)
        found = saved_findings(room, case)
        with written():
            room.log.append("activity", str(case.study), seconds=seconds, what=event, series=series)
            if found is None or not found.signed:
                save_progress(
                    room.places, case.study, replace(progress, active_seconds=progress.active_seconds + seconds)
                )


def _put(room: Room, case: OpenCase, made: Findings, if_match: str | None, event_of: Mapping[str, object]) -> str:
    path = room.folder.findings(case.study, room.reader)
    content = json_bytes(findings_as_json(made))
    return room.shelf.save(case.study, path, content, if_match, state=made.state, changed=event_of)


def _as_before(made: Findings, before: Findings | None) -> Findings:
    """Return the findings with the record that is saved, where nothing but the time at work has changed."""
    if before is None or made.record is None or before.record is None:
        return made
    calm = replace(made, record=replace(made.record, active_seconds=before.record.active_seconds))
    return before if findings_as_json(calm) == findings_as_json(before) else made


def _record(room: Room, case: OpenCase, known: ReadRecord | None = None) -> ReadRecord:
    """Return how the read was made so far."""
    progress = load_progress(room.places, case.study)
    hidden: tuple[Blinding, ...] = ("outcome", "clinical")
    if not progress.saw_others:
        hidden = (*hidden, "other_reader")
    return ReadRecord(
        read_number=progress.read_number,
        order_index=case.listed.place,
        started=progress.started,
        active_seconds=round(progress.active_seconds, 1),
        suggestion_mode=room.protocol.suggestions,
        started_from=progress.started_from or "empty",
        blinded_to=(*hidden, "followup") if room.protocol.blinded else hidden,
        key_images=() if known is None else known.key_images,
        comment=None if known is None else known.comment,
    )


def _unanswered(room: Room, case: OpenCase, found: Findings) -> list[Problem]:
    drawn = {label for mask in room.own(case).masks if mask.region in LESION_REGIONS for label in mask.labels.labels()}
    follow_up = bool(case.listed.earlier)
    return list(unanswered(found.lesions, found.patient, drawn, room.protocol, follow_up=follow_up))


def _keep_version(room: Room, case: OpenCase, number: int) -> None:
    """Copy the files of a signed read; the copy is complete before it has its name."""
    target = room.places.version(case.study, number)
    if target.exists():
        return
    partial = target.with_name(f".part-{target.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for path in _own_files(room, case):
        shutil.copy2(path, partial / path.name)
    partial.rename(target)


def _own_files(room: Room, case: OpenCase) -> list[Path]:
    """Return everything that the reader has drawn and said."""
    return sorted(room.folder.readings(case.study).glob(f"*_desc-{room.reader}_*"))
