"""A PACS over DICOM's own network: C-FIND, C-GET and C-STORE. Alone imports pynetdicom.

Nothing of what is asked or answered is logged: requests and answers hold patients' names and ids.
"""

import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mri.problems import Problem, RefusedError, error
from mri.tags import quiet_pydicom
from pipeline.archive import (
    MR_MODALITIES,
    REFUSED,
    UNREACHABLE,
    Arrived,
    BrokenTransferError,
    Incoming,
    Listing,
    RemoteImage,
    Source,
    checked_count,
    checked_uid,
)
from pipeline.parameters import PacsParameters

if TYPE_CHECKING:
    from pydicom.dataset import Dataset
    from pynetdicom import AE
    from pynetdicom.association import Association

_IMAGE_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.4",  # MR image
    "1.2.840.10008.5.1.4.1.1.4.1",  # enhanced MR
    "1.2.840.10008.5.1.4.1.1.4.3",  # enhanced MR colour
    "1.2.840.10008.5.1.4.1.1.4.4",  # legacy converted enhanced MR
    "1.2.840.10008.5.1.4.1.1.7",  # secondary capture, as some archives store reformatted MR
)
_SYNTAXES = (
    "1.2.840.10008.1.2.1",  # explicit little endian
    "1.2.840.10008.1.2",  # implicit little endian
    "1.2.840.10008.1.2.4.50",  # JPEG baseline
    "1.2.840.10008.1.2.4.57",  # JPEG lossless
    "1.2.840.10008.1.2.4.70",  # JPEG lossless, first-order
    "1.2.840.10008.1.2.4.80",  # JPEG-LS lossless
    "1.2.840.10008.1.2.4.90",  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91",  # JPEG 2000
    "1.2.840.10008.1.2.5",  # RLE
)
_UTF8 = "ISO_IR 192"
_PENDING = (0xFF00, 0xFF01)
_SUCCESS, _SOME_FAILED, _NO_RESOURCES, _NOT_ASKED = 0x0000, 0xB000, 0xA700, 0xA900
_NONE_GIVEN = 0xA702
"""Not one image of the request could be sent: the connection is sound, and other series may come."""
_CANNOT = 0xC
"""First figure of the statuses by which an archive says that it failed, for whatever reason."""
_WARNINGS = (0xB000, 0xB006, 0xB007)
_CALLING_UNKNOWN, _CALLED_UNKNOWN = 3, 7


class DimseArchive:
    """A PACS that is asked by C-FIND and gives by C-GET, over one association at a time."""

    def __init__(self, source: Source, parameters: PacsParameters) -> None:
        self._source, self._parameters = source, parameters

    def find(self) -> Listing:
        """Return the MR images of the query: studies, then their series, then the images of each."""
        from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as FindModel  # type: ignore[attr-defined]

        images: list[RemoteImage] = []
        others = 0
        with _quiet(), self._associated(FindModel) as peer:
            for study in self._studies(peer):
                for series in self._answers(peer, "SERIES", ("SeriesInstanceUID", "Modality"), StudyInstanceUID=study):
                    if str(series.get("Modality", "") or "") not in MR_MODALITIES:
                        others += 1
                        continue
                    images += self._images(peer, study, checked_uid(series.get("SeriesInstanceUID"), self._source))
                    checked_count(len(images), self._parameters.max_images, "images", "max_images", self._source)
        return Listing(images=tuple(images), other_series=others)

    def fetch(self, wanted: Sequence[RemoteImage], incoming: Incoming, arrived: Arrived) -> None:
        """Get images series by series; what arrives is kept at once.

        Raises
        ------
        BrokenTransferError
            If the connection broke.
        RefusedError
            If the archive does not offer C-GET, or sends more than is allowed.
        """
        from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelGet as GetModel  # type: ignore[attr-defined]

        with _quiet(), self._associated(GetModel, incoming) as peer:
            for (study, series), images in groupby(wanted, key=lambda image: (image.study, image.series)):
                uids = [image.uid for image in images]
                size = self._parameters.images_per_request
                for first in range(0, len(uids), size):
                    query = _query("IMAGE", StudyInstanceUID=study, SeriesInstanceUID=series)
                    query.SOPInstanceUID = uids[first : first + size]
                    self._get(peer, query, GetModel, incoming)
                arrived(f"{len(uids)} images")

    def _studies(self, peer: "Association") -> list[str]:
        asked = {"PatientID": self._source.patient} if self._source.patient else {}
        if self._source.study:
            asked["StudyInstanceUID"] = self._source.study
        answers = self._answers(peer, "STUDY", ("StudyInstanceUID",), **asked)
        studies = [checked_uid(answer.get("StudyInstanceUID"), self._source) for answer in answers]
        checked_count(len(studies), self._parameters.max_studies, "examinations", "max_studies", self._source)
        return sorted(set(studies))

    def _images(self, peer: "Association", study: str, series: str) -> list[RemoteImage]:
        asked = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
        answers = self._answers(peer, "IMAGE", ("SOPInstanceUID",), **asked)
        uids = {checked_uid(answer.get("SOPInstanceUID"), self._source) for answer in answers}
        return [RemoteImage(study=study, series=series, uid=uid) for uid in sorted(uids)]

    def _answers(self, peer: "Association", level: str, wanted: tuple[str, ...], **asked: str) -> "list[Dataset]":
        from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as FindModel  # type: ignore[attr-defined]

        query = _query(level, **(dict.fromkeys(wanted, "") | asked))
        answers: list[Dataset] = []
        for status, answer in peer.send_c_find(query, FindModel):
            code = status.get("Status")
            if code in _PENDING and answer is not None:
                answers.append(answer)
                checked_count(len(answers), self._parameters.max_images, "answers", "max_images", self._source)
            elif code != _SUCCESS:
                raise self._no_answer(code)
        return answers

    def _get(self, peer: "Association", query: "Dataset", model: Any, incoming: Incoming) -> None:
        if not peer.is_established:
            raise BrokenTransferError
        for status, _ in peer.send_c_get(query, model):
            if incoming.refusal is not None:
                raise RefusedError(error(incoming.refusal.code, self._source, incoming.refusal.message))
            code = status.get("Status")
            if code is None:
                raise BrokenTransferError
            if code != _NONE_GIVEN and (code >> 12 == _CANNOT or code >> 8 == _NO_RESOURCES >> 8):
                raise BrokenTransferError(f" (status {code:04X})")
            if code not in (*_PENDING, _SUCCESS, _SOME_FAILED, _NONE_GIVEN):
                raise self._no_answer(code)

    @contextmanager
    def _associated(self, model: Any, incoming: Incoming | None = None) -> "Iterator[Association]":
        """Open an association for one service, with every kind of MR image where images are to come."""
        from pynetdicom import build_role, evt

        entity = _entity(self._parameters)
        entity.add_requested_context(model)
        roles = []
        if incoming is not None:
            for image_class in _IMAGE_CLASSES:
                roles.append(build_role(image_class, scp_role=True))
                for syntax in _SYNTAXES:
                    entity.add_requested_context(image_class, syntax)
        handlers: list[Any] = [] if incoming is None else [(evt.EVT_C_STORE, _received, [incoming])]
        with _association(entity, self._source, self._parameters, ext_neg=roles, evt_handlers=handlers) as peer:
            if not any(context.abstract_syntax == model for context in peer.accepted_contexts):
                service = "C-FIND" if incoming is None else "C-GET"
                message = f"the archive does not offer {service}; ask its administrator to allow it to our AE title"
                raise RefusedError(error("pacs_no_service", self._source, message))
            yield peer

    def _no_answer(self, code: int | None) -> Exception:
        if code is None:
            return BrokenTransferError()
        message = f"the archive refuses the request (status {code:04X}); ask its administrator"
        return RefusedError(error("pacs_answer", self._source, message))


def send_files(files: Sequence[Path], source: Source, parameters: PacsParameters) -> list[Problem]:
    """Send DICOM files to a PACS by C-STORE, and return one problem for each that it does not take.

    Parameters
    ----------
    files : sequence of Path
        Named in problems by their file names alone.
    source : Source
        The receiving entity.
    parameters : PacsParameters

    Raises
    ------
    RefusedError
        If the archive cannot be reached or refuses the association.
    """
    from pydicom import dcmread

    with _quiet():
        entity = _entity(parameters)
        kinds: set[tuple[str, str]] = set()
        for path in files:
            meta = dcmread(path, stop_before_pixels=True, specific_tags=["SOPClassUID"]).file_meta
            kinds.add((meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID))
        for image_class, syntax in sorted(kinds):
            entity.add_requested_context(image_class, syntax)
        with _association(entity, source, parameters) as peer:
            sent = [(path, _sent(peer, path)) for path in files]
    return [
        error("pacs_not_stored", path.name, f"the archive did not take it ({why}); ask its administrator")
        for path, why in sent
        if why
    ]


def _sent(peer: "Association", path: Path) -> str:
    """Return why a file was not taken; empty if it was."""
    if not peer.is_established:
        return "connection lost"
    try:
        code = peer.send_c_store(path).get("Status")
    except (ValueError, RuntimeError, AttributeError) as failure:
        return type(failure).__name__
    return "" if code in (_SUCCESS, *_WARNINGS) else "connection lost" if code is None else f"status {code:04X}"


def _received(event: Any, incoming: Incoming) -> int:
    """Keep one image of a C-GET as it was sent, byte for byte."""
    if incoming.keep(str(event.request.AffectedSOPInstanceUID), event.encoded_dataset()):
        return _SUCCESS
    return _NO_RESOURCES if incoming.refusal is not None else _NOT_ASKED


def _without_delay(event: Any) -> None:
    """Send each part at once: waiting for more costs 40 ms per message, as command and data set go one by one."""
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _query(level: str, **values: str) -> "Dataset":
    from pydicom.dataset import Dataset

    query = Dataset()
    query.QueryRetrieveLevel = level
    if not "".join(values.values()).isascii():
        query.SpecificCharacterSet = _UTF8
    for keyword, value in values.items():
        setattr(query, keyword, value)
    return query


def _entity(parameters: PacsParameters) -> "AE":
    from pynetdicom import AE

    entity = AE(ae_title=parameters.ae_title)
    entity.maximum_pdu_size = parameters.max_pdu_bytes
    entity.connection_timeout = parameters.connect_timeout_s
    entity.acse_timeout = parameters.connect_timeout_s
    entity.dimse_timeout = parameters.answer_timeout_s
    entity.network_timeout = parameters.answer_timeout_s
    return entity


@contextmanager
def _association(entity: "AE", source: Source, parameters: PacsParameters, **options: Any) -> "Iterator[Association]":
    from pynetdicom import evt

    options["evt_handlers"] = [*options.get("evt_handlers", ()), (evt.EVT_CONN_OPEN, _without_delay)]
    peer = entity.associate(
        source.host, source.port, ae_title=source.ae_title, max_pdu=parameters.max_pdu_bytes, **options
    )
    if not peer.is_established:
        raise RefusedError(_why_not(peer, source, parameters))
    try:
        yield peer
        peer.release()
    finally:
        if peer.is_established:
            peer.abort()


def _why_not(peer: "Association", source: Source, parameters: PacsParameters) -> Problem:
    """Return why there is no association, and who can mend it."""
    if not peer.is_rejected:
        answered = peer.acceptor.primitive is not None
        code = "pacs_no_service" if answered else UNREACHABLE
        message = "the archive accepts none of our requests" if answered else "no PACS answers there"
        return error(code, source, f"{message}; check host, port and AE title, and that the archive is running")
    reason = getattr(peer.acceptor.primitive, "diagnostic", None)
    if reason == _CALLED_UNKNOWN:
        message = f"the archive is not called {source.ae_title}; check the AE title before the @"
    elif reason == _CALLING_UNKNOWN:
        message = f"the archive does not know {parameters.ae_title}; ask its administrator to enter this AE title"
    else:
        message = "the archive refuses the connection; ask its administrator, or try again later"
    return error(REFUSED, source, message)


@contextmanager
def _quiet() -> Iterator[None]:
    """Let neither library tell what it sends and receives."""
    logger = logging.getLogger("pynetdicom")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        with quiet_pydicom():
            yield
    finally:
        logger.setLevel(level)
