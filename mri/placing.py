"""Kept series into the study folder: convert, name, write; names once given stay."""

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from mri.account import Entry, Status
from mri.bids import StudyFolder, write_bytes, write_json
from mri.convert import Converted, convert
from mri.deidentify import scrub_sidecar
from mri.flags import VOXELS_UNCHECKED, with_flag, without_flag
from mri.judge import Work
from mri.parameters import MriParameters
from mri.problems import Problem, RefusedError, warning
from mri.study import Contrast, Series
from mri.trouble import TemporaryFullError, is_full

_RUN = re.compile(r"_run-(\d+)(?=_[A-Za-z0-9]+\.nii\.gz$)")
_IMAGE = ".nii.gz"
_SIDECAR = ".json"


def place_session(
    folder: StudyFolder, works: Iterable[Work], account: Mapping[str, Entry], parameters: MriParameters
) -> tuple[list[Entry], list[Problem]]:
    """Convert what is new or changed of one session and write it; return the final rows and what to tell.

    Parameters
    ----------
    folder : StudyFolder
    works : iterable of Work
        All of one session.
    account : Mapping
        Earlier rows by item.
    parameters : MriParameters
    """
    entries: list[Entry] = []
    problems: list[Problem] = []
    fresh: list[tuple[Work, Converted]] = []
    with tempfile.TemporaryDirectory(prefix="iscm-") as scratch:
        for work in works:
            earlier = account.get(work.entry.item)
            if work.series is None:
                entries.append(work.entry)
            elif earlier is not None and _is_there(folder, work, earlier):
                entries.append(replace(work.entry, filename=earlier.filename, residual_mm=earlier.residual_mm))
            else:
                try:
                    fresh.append((work, _convert(work, Path(scratch, work.entry.item), parameters)))
                except RefusedError as refused:
                    entries.append(_quarantined(work.entry, refused))
        entries += _write_fresh(folder, fresh, entries, account)
    problems += _remove_stale(folder, entries, account)
    return entries, problems


def _convert(work: Work, scratch: Path, parameters: MriParameters) -> Converted:
    try:
        scratch.mkdir()
        return convert(work.stack, scratch, parameters)
    except OSError as failure:
        if is_full(failure):
            raise TemporaryFullError from failure
        raise


def _quarantined(entry: Entry, refused: RefusedError) -> Entry:
    first = refused.problems[0]
    return replace(entry, status=Status.QUARANTINED, reason=first.code, mend=first.message)


def _is_there(folder: StudyFolder, work: Work, earlier: Entry) -> bool:
    """Return whether the very same files were converted under the name that they would get now."""
    if work.series is None or earlier.status != Status.KEPT or earlier.fingerprint != work.entry.fingerprint:
        return False
    same_name = _RUN.sub("", Path(earlier.filename).name) == f"{work.series.name}{_IMAGE}"
    return same_name and (folder.session(work.series.study) / earlier.filename).is_file()


def _write_fresh(
    folder: StudyFolder, fresh: list[tuple[Work, Converted]], entries: list[Entry], account: Mapping[str, Entry]
) -> list[Entry]:
    """Name the new images, in the order of their series numbers, and write them."""
    coming = {work.entry.item for work, _ in fresh}
    others = [entry for entry in entries if entry.status == Status.KEPT]
    seen = {entry.item for entry in entries} | coming
    others += [entry for entry in account.values() if entry.status == Status.KEPT and entry.item not in seen]
    named: list[Entry] = []
    for work, converted in sorted(fresh, key=_by_number):
        assert work.series is not None
        rivals = sum(other.series is not None and other.series.name == work.series.name for other, _ in fresh)
        series = _with_run(work.series, [*others, *named], rivals)
        named.append(_write(folder, series, work.entry, converted))
    return named


def _by_number(pair: tuple[Work, Converted]) -> tuple[float, float, str]:
    first = pair[0].stack.first
    # parts of one series follow each other as they were acquired
    instance = min(header.number("InstanceNumber") or 0.0 for header in pair[0].stack.headers)
    return (first.number("SeriesNumber") or 0.0, instance, pair[0].entry.item)


def _with_run(series: Series, others: Iterable[Entry], rivals: int) -> Series:
    """Give the next free run number where a name is taken or asked for twice; an image without one counts as run 1."""
    taken = [0]
    for entry in others:
        name = Path(entry.filename).name
        if _RUN.sub("", name) == f"{series.name}{_IMAGE}":
            run = _RUN.search(name)
            taken.append(int(run[1]) if run else 1)
    return series if rivals == 1 and len(taken) == 1 else replace(series, run=max(taken) + 1)


def _write(folder: StudyFolder, series: Series, entry: Entry, converted: Converted) -> Entry:
    image = folder.image(series)
    sidecar = scrub_sidecar(converted.sidecar)
    if series.contrast is Contrast.YES:
        sidecar["ContrastBolusIngredient"] = "GADOLINIUM"
    write_json(folder.sidecar(series), sidecar)
    write_bytes(image, converted.image.read_bytes())
    entry = without_flag(entry, VOXELS_UNCHECKED)
    if converted.unchecked:
        entry = with_flag(entry, VOXELS_UNCHECKED, converted.unchecked)
    return replace(
        entry,
        filename=image.relative_to(folder.session(series.study)).as_posix(),
        residual_mm=f"{converted.residual_mm:.2g}",
    )


def _remove_stale(folder: StudyFolder, entries: Iterable[Entry], account: Mapping[str, Entry]) -> list[Problem]:
    """Remove images whose series got another name or is no longer kept, and say which annotations stay behind."""
    problems = []
    in_use = {(e.participant_id, e.session_id, e.filename) for e in entries if e.status == Status.KEPT}
    for entry in entries:
        earlier = account.get(entry.item)
        if earlier is None or earlier.status != Status.KEPT or not earlier.filename:
            continue
        if (earlier.participant_id, earlier.session_id, earlier.filename) in in_use:
            continue
        session = folder.root / f"sub-{earlier.participant_id}" / f"ses-{earlier.session_id}"
        image = session / earlier.filename
        image.unlink(missing_ok=True)
        image.with_name(image.name.removesuffix(_IMAGE) + _SIDECAR).unlink(missing_ok=True)
        problems += _left_behind(folder, earlier)
    return problems


def _left_behind(folder: StudyFolder, earlier: Entry) -> list[Problem]:
    stem = Path(earlier.filename).name.removesuffix(_IMAGE).rpartition("_")[0]
    readings = folder.derivative("readings") / f"sub-{earlier.participant_id}" / f"ses-{earlier.session_id}" / "anat"
    if not any(readings.glob(f"{stem}_label-*")):
        return []
    message = f"the series is no longer called {stem}; rename or redo its masks in derivatives/readings"
    return [warning("readings_left", earlier.where, message)]
