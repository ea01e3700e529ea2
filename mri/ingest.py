"""Ingest: DICOM becomes a BIDS study in which every received file is accounted for.

Scan, group, classify, name, convert behind the gate, de-identify, write. A series that fails is quarantined by name and
the others go on. The source is never changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mri.account import Entry, Status, read_account, usable, write_account
from mri.bids import StudyFolder
from mri.completeness import lacks_of
from mri.deidentify import read_ids
from mri.flags import flagged
from mri.headers import Progress
from mri.judge import Work, judge, problem_of, sexes, undated, unjudged
from mri.parameters import DEFAULTS, MriParameters
from mri.people import People
from mri.placing import place_session
from mri.problems import Problem, RefusedError, warning
from mri.received import ReceivedFile, nothing_usable, received_files, write_received
from mri.scanning import Scan, scan
from mri.sources import Source, opened, shown
from mri.stacks import group, repeats
from mri.study import StudyId
from mri.study_key import key_problems, study_key, write_key_check
from mri.study_tables import write_descriptions, write_participants, write_scans
from mri.trouble import on_the_way, trouble_of


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestResult:
    """What an ingest did.

    Attributes
    ----------
    studies : tuple of StudyId
        Sessions that hold at least one kept series of this source.
    kept, set_aside, quarantined : int
        Series and single files of this source by what became of them.
    problems : tuple of Problem
        Errors for what was quarantined, warnings for what a user can mend, notes for the rest.
    """

    studies: tuple[StudyId, ...]
    kept: int
    set_aside: int
    quarantined: int
    problems: tuple[Problem, ...]


def ingest(
    source: Path,
    folder: StudyFolder,
    *,
    ids: Path | None = None,
    key: Path | None = None,
    progress: Progress | None = None,
    parameters: MriParameters = DEFAULTS,
) -> IngestResult:
    """Take the DICOM files of a source into a study folder; the same files again change nothing.

    Parameters
    ----------
    source : Path
        A folder (searched whole, links not followed), one file, a DICOMDIR (its folder is searched instead) or a zip.
    folder : StudyFolder
        Made if it is not there.
    ids : Path, optional
        ids.csv with ``source_patient_id,participant_id``; a patient without a row is named by the key.
    key : Path, optional
        Where the key is, instead of beside the study.
    progress : callable, optional
        Told (what, done, total).
    parameters : MriParameters

    Raises
    ------
    RefusedError
        If the source holds no DICOM, or the ids or the key are not usable; nothing was written then.
    """
    table = read_ids(ids) if ids is not None else {}
    with opened(source, parameters) as files:
        received = _receive(files, shown(source), progress)
        # without ids.csv a patient who is known keeps the name that was given before
        known = read_ids(folder.made_ids) if ids is None and folder.made_ids.is_file() else {}
        is_new = not (key or folder.key).exists()
        people = People(key=study_key(folder, key, create=True), ids=table, known=known)
        result = _take(files, received, folder, people, progress, parameters)
    of_key = key_problems(folder, key, made=is_new)
    return replace(result, problems=(*of_key, *result.problems, *people.problems(ids)))


def _receive(files: Source, name: str, progress: Progress | None) -> Scan:
    received = scan(files.root, progress)
    received = replace(received, rejected=(*received.rejected, *files.refused))
    if not received.headers:
        raise RefusedError(nothing_usable(files, received.rejected, name))
    return received


def _take(
    source: Source,
    received: Scan,
    folder: StudyFolder,
    people: People,
    progress: Progress | None,
    parameters: MriParameters,
) -> IngestResult:
    written = read_account(folder.received_table)
    account = {item: usable(entry) for item, entry in written.items()}
    people.recall(account.values())
    once, copies = repeats(received.headers)
    lacks = lacks_of(once, received.rejected, source.name_of)
    works, problems = judge(group(once, parameters), people, written, lacks, parameters)
    files = received_files(source, received, copies, people.key)

    write_descriptions(folder)
    write_key_check(folder, people.key)
    with on_the_way():
        done, told = _place_all(folder, works, account, progress, parameters)
        _write_all(folder, account, written, works, done, files, source, people)
    problems += told + [p for entry in done if (p := problem_of(entry)) is not None]
    unlisted = [] if len(done) < len(works) else _unlisted(folder, account)
    return _result(done, files, [*problems, *undated(works), *unjudged(done), *flagged(done), *unlisted])


def _write_all(
    folder: StudyFolder,
    account: dict[str, Entry],
    written: Mapping[str, Entry],
    works: Sequence[Work],
    done: Sequence[Entry],
    files: Sequence[ReceivedFile],
    source: Source,
    people: People,
) -> None:
    """Write the tables and the private lists, of what was done."""
    items = {entry.item for entry in done}
    works = [work for work in works if work.entry.item in items]
    earlier = [account[item] for item in items if item in account]
    account |= {entry.item: entry for entry in (*done, *(file.entry for file in files))}
    _write_tables(folder, account, written, (*earlier, *done), sexes(works))
    people.write_ids(folder.made_ids)
    write_received(folder.private / "received.csv", source, works, done, files)


def _unlisted(folder: StudyFolder, account: Mapping[str, Entry]) -> list[Problem]:
    """Return the images of the study that no row lists, as where somebody removed rows or the whole account."""
    listed = {(e.participant_id, e.session_id, e.filename) for e in account.values() if e.status == Status.KEPT}
    mend = "no row of series.csv lists this image; remove it, or put back a copy of series.csv and ingest again"
    return [
        warning("image_unlisted", f"{study} {image.name}", mend)
        for study in folder.studies()
        for image in sorted((folder.session(study) / "anat").glob("*.nii.gz"))
        if (study.participant, study.session, f"anat/{image.name}") not in listed
    ]


def _place_all(
    folder: StudyFolder,
    works: Sequence[Work],
    account: dict[str, Entry],
    progress: Progress | None,
    parameters: MriParameters,
) -> tuple[list[Entry], list[Problem]]:
    sessions: dict[tuple[str, str], list[Work]] = {}
    for work in works:
        sessions.setdefault((work.entry.participant_id, work.entry.session_id), []).append(work)
    entries: list[Entry] = []
    problems: list[Problem] = []
    for session in sessions.values():
        try:
            done, told = place_session(folder, session, account, parameters)
        except OSError as failure:
            trouble = trouble_of(failure)
            if trouble is None:
                raise
            # what went before is listed; the rest is done by the next ingest
            return entries, [*problems, trouble]
        entries += done
        problems += told
        if progress is not None:
            progress("series", len(entries), len(works))
    return entries, problems


def _write_tables(
    folder: StudyFolder,
    account: Mapping[str, Entry],
    written: Mapping[str, Entry],
    changed: Iterable[Entry],
    sex_of: Mapping[str, str],
) -> None:
    touched = {(entry.participant_id, entry.session_id) for entry in changed}
    for participant, session in sorted(touched):
        own = [e for e in account.values() if (e.participant_id, e.session_id) == (participant, session)]
        write_scans(folder, StudyId(participant=participant, session=session), own)
    write_participants(folder, account.values(), sex_of)
    write_account(folder.received_table, account.values(), written)


def _result(done: Sequence[Entry], files: Sequence[ReceivedFile], problems: Sequence[Problem]) -> IngestResult:
    status = [entry.status for entry in (*done, *(file.entry for file in files))]
    studies = {
        StudyId(participant=entry.participant_id, session=entry.session_id)
        for entry in done
        if entry.status == Status.KEPT
    }
    return IngestResult(
        studies=tuple(sorted(studies)),
        kept=status.count(Status.KEPT),
        set_aside=status.count(Status.SET_ASIDE),
        quarantined=status.count(Status.QUARANTINED),
        problems=(*problems, *(file.problem for file in files)),
    )
