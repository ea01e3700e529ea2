"""An archive on the network as a source of ingest: retrieved into a private folder that goes when all is done."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mri.bids import StudyFolder
from mri.problems import Problem, RefusedError, error, note
from pipeline.archive import (
    REFUSED,
    UNREACHABLE,
    Archive,
    BrokenTransferError,
    Incoming,
    Listing,
    RemoteImage,
    Source,
    incoming_name,
    parse_source,
)
from pipeline.console import Progress
from pipeline.parameters import PacsParameters

INCOMING = "incoming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieved:
    """What an archive gave: a folder of DICOM, and what a person should be told."""

    folder: Path
    problems: tuple[Problem, ...]


@contextmanager
def retrieved(text: str, folder: StudyFolder, parameters: PacsParameters) -> Iterator[Retrieved]:
    """Give the images of an archive as a private folder, which is removed once it was used without a failure.

    A transfer that breaks leaves what arrived in ``STUDY.private/incoming``, mode 0700; the same command asks only for
    the rest. A series of which the archive does not give every image is withheld whole.

    Parameters
    ----------
    text : str
        ``dimse://AET@host:port[?study=UID&patient=ID]`` or ``https://host/dicom-web[/studies/UID]``.
    folder : StudyFolder
    parameters : PacsParameters

    Raises
    ------
    RefusedError
        If the archive cannot be reached, refuses us, has nothing of what was asked, or the transfer broke.
    """
    source = parse_source(text)
    archive = open_archive(source, parameters)
    listing = _found(archive, source)
    incoming = Incoming(folder.private / INCOMING / incoming_name(source), parameters)
    incoming.expect(listing.images)
    _fetch_all(archive, source, incoming, parameters)
    problems = _not_given(incoming.missing(), incoming, listing, source)
    yield Retrieved(folder=incoming.folder, problems=tuple(problems))
    incoming.remove()


def open_archive(source: Source, parameters: PacsParameters) -> Archive:
    """Return what speaks with an archive; nothing is sent yet."""
    if source.scheme == "dimse":
        from pipeline.dimse import DimseArchive

        return DimseArchive(source, parameters)
    from pipeline.dicomweb import DicomwebArchive

    return DicomwebArchive(source, parameters)


def _found(archive: Archive, source: Source) -> Listing:
    try:
        listing = archive.find()
    except BrokenTransferError:
        message = "no archive answers there, or it broke off; check the address, and try again"
        raise RefusedError(error(UNREACHABLE, source, message)) from None
    if not listing.images:
        message = f"no MR image is found; check what is asked for ({listing.other_series} series of other kinds)"
        raise RefusedError(error("pacs_nothing", source, message))
    return listing


def _fetch_all(archive: Archive, source: Source, incoming: Incoming, parameters: PacsParameters) -> None:
    """Fetch what is missing, over new connections as long as each brings something."""
    left, reason = len(incoming.missing()), ""
    for attempt in range(parameters.attempts):
        if not left:
            return
        try:
            _fetch(archive, incoming, again=attempt > 0)
            return
        except BrokenTransferError as broken:
            reason = str(broken) or reason
        before, left = left, len(incoming.missing())
        if left == before:
            break
    if left:
        message = (
            f"the transfer broke off{reason}, {left} images did not arrive; give the same command again: "
            "what arrived is kept in the private folder beside the study and is not fetched again"
        )
        raise RefusedError(error("pacs_broken", source, message))


def _fetch(archive: Archive, incoming: Incoming, *, again: bool) -> None:
    """Fetch what is missing.

    Raises
    ------
    BrokenTransferError
        If the archive did not come to the end of it. One that let us in before (``again``) and does so no more is no
        other failure than a broken connection.
    """
    missing = incoming.missing()
    try:
        with Progress("retrieve", _series_count(missing)) as progress:
            archive.fetch(missing, incoming, progress.step)
    except RefusedError as refused:
        if again and refused.problems[0].code in (UNREACHABLE, REFUSED):
            raise BrokenTransferError from refused
        raise


def _not_given(missing: list[RemoteImage], incoming: Incoming, listing: Listing, source: Source) -> list[Problem]:
    problems = []
    if missing:
        series = incoming.withhold(missing)
        message = (
            f"the archive lists {len(missing)} images and does not give them; the {series} series they belong to "
            "are left out; ask its administrator, then give the command again"
        )
        problems.append(error("pacs_not_given", source, message))
        if incoming.is_empty():
            raise RefusedError(problems)
    if listing.other_series:
        message = f"{listing.other_series} series that are not MR were not asked for"
        problems.append(note("pacs_other_series", source, message))
    return problems


def _series_count(images: list[RemoteImage]) -> int:
    return len({(image.study, image.series) for image in images})
