"""A DICOMweb server: QIDO-RS to ask, WADO-RS to fetch. Alone imports dicomweb-client and requests."""

import ipaddress
import logging
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mri.problems import RefusedError, error
from mri.tags import quiet_pydicom
from pipeline.archive import (
    MR_MODALITIES,
    Arrived,
    BrokenTransferError,
    Incoming,
    Listing,
    RemoteImage,
    Source,
    checked_count,
    checked_uid,
)
from pipeline.credentials import Credentials, credentials_for
from pipeline.parameters import PacsParameters

if TYPE_CHECKING:
    from dicomweb_client.api import DICOMwebClient
    from requests import PreparedRequest, Response, Session

_STUDY, _SERIES, _IMAGE, _MODALITY = "0020000D", "0020000E", "00080018", "00080060"
_ANY_SYNTAX = (("application/dicom", "*"),)
_NOT_THERE = "pacs_not_found"
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    struct.error,
)
"""What the libraries raise for an answer that is not what it should be; pydicom raises NotImplementedError for a value
representation that it does not know."""
_CHUNK_BYTES = 1 << 20
_UNAUTHORISED, _NOT_FOUND = (401, 403), (404, 410)
_TRY_AGAIN = (408, 429, 500, 502, 503, 504)
_LOGGERS = ("dicomweb_client", "urllib3", "requests")


class DicomwebArchive:
    """A DICOMweb service that is asked for what it has and gives image by image."""

    def __init__(self, source: Source, parameters: PacsParameters) -> None:
        self._source, self._parameters = source, parameters
        _check_transport(source, parameters)
        self._credentials = credentials_for(source.host)

    def find(self) -> Listing:
        """Return the MR images of the query: studies, then their series, then the images of each."""
        images: list[RemoteImage] = []
        others = 0
        with _quiet(), self._client() as client:
            for study in self._studies(client):
                for series in self._pages(client.search_for_series, study_instance_uid=study):
                    if str(_value(series, _MODALITY) or "") not in MR_MODALITIES:
                        others += 1
                        continue
                    images += self._images(client, study, checked_uid(_value(series, _SERIES), self._source))
                    checked_count(len(images), self._parameters.max_images, "images", "max_images", self._source)
        return Listing(images=tuple(images), other_series=others)

    def fetch(self, wanted: Sequence[RemoteImage], incoming: Incoming, arrived: Arrived) -> None:
        """Fetch image by image; what arrives is kept at once, and one that the server lacks is passed over.

        Raises
        ------
        BrokenTransferError
            If the connection broke.
        RefusedError
            If the server refuses us, or sends more than is allowed.
        """
        with _quiet(), self._client() as client:
            for _, group in groupby(wanted, key=lambda image: (image.study, image.series)):
                images = list(group)
                for image in images:
                    self._fetch(client, image, incoming)
                arrived(f"{len(images)} images")

    def _studies(self, client: "DICOMwebClient") -> list[str]:
        asked = {"PatientID": self._source.patient} if self._source.patient else {}
        if self._source.study:
            asked["StudyInstanceUID"] = self._source.study
        found = self._pages(client.search_for_studies, search_filters=asked)
        studies = {checked_uid(_value(answer, _STUDY), self._source) for answer in found}
        checked_count(len(studies), self._parameters.max_studies, "examinations", "max_studies", self._source)
        return sorted(studies)

    def _images(self, client: "DICOMwebClient", study: str, series: str) -> list[RemoteImage]:
        found = self._pages(client.search_for_instances, study_instance_uid=study, series_instance_uid=series)
        uids = {checked_uid(_value(answer, _IMAGE), self._source) for answer in found}
        return [RemoteImage(study=study, series=series, uid=uid) for uid in sorted(uids)]

    def _pages(self, search: Callable[..., Any], **asked: Any) -> list[Mapping[str, Any]]:
        """Return every answer, page by page, also of a server that knows no pages and gives all each time."""
        size, found = self._parameters.answers_per_page, []  # type: int, list[Mapping[str, Any]]
        while True:
            with self._failures():
                page = list(search(limit=size, offset=len(found), **asked))
            if not page or page[0] in found:
                return found
            found += page
            checked_count(len(found), self._parameters.max_images, "answers", "max_images", self._source)
            if len(page) != size:
                return found

    def _fetch(self, client: "DICOMwebClient", image: RemoteImage, incoming: Incoming) -> None:
        """Keep one image; one that the server lacks, or that is no DICOM, counts as not given."""
        from pydicom.errors import InvalidDicomError

        content = BytesIO()
        try:
            with self._failures():
                try:
                    dataset = client.retrieve_instance(image.study, image.series, image.uid, media_types=_ANY_SYNTAX)
                    dataset.save_as(content, enforce_file_format=True)
                except (InvalidDicomError, *_UNREADABLE):
                    return
        except RefusedError as refused:
            if refused.problems[0].code == _NOT_THERE:
                return
            raise
        if str(dataset.get("SOPInstanceUID", "")) == image.uid:
            incoming.keep(image.uid, content.getvalue())
        if incoming.refusal is not None:
            raise RefusedError(error(incoming.refusal.code, self._source, incoming.refusal.message))

    @contextmanager
    def _client(self) -> "Iterator[DICOMwebClient]":
        from dicomweb_client.api import DICOMwebClient

        limits = self._parameters
        with _session(self._credentials, limits) as session:
            # settings of the surroundings, such as proxies, are not for what never leaves this machine
            session.trust_env = not _is_this_machine(self._source.host)
            with self._failures():
                client = DICOMwebClient(
                    str(self._source), session=session, timeout=(limits.connect_timeout_s, limits.answer_timeout_s)
                )
            client.set_http_retry_params(retry=False)
            yield client

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what the libraries raise into what a person can mend; their own words may hold what was asked."""
        from requests import HTTPError, RequestException, TooManyRedirects
        from requests.exceptions import InvalidJSONError, SSLError

        try:
            yield
        except _TooLargeError:
            message = "an answer is larger than allowed; raise max_image_bytes in [pacs]"
            raise RefusedError(error("pacs_too_large", self._source, message)) from None
        except HTTPError as failure:
            raise self._http_failure(failure) from failure
        except SSLError:
            message = "its certificate is not trusted; name the hospital's authority as ca_file in [pacs]"
            raise RefusedError(error("pacs_certificate", self._source, message)) from None
        except TooManyRedirects:
            message = "the server sends us elsewhere; name its final address"
            raise RefusedError(error("pacs_redirect", self._source, message)) from None
        except (InvalidJSONError, *_UNREADABLE):
            message = "the answer is no DICOMweb; check the path of the service, such as /dicom-web"
            raise RefusedError(error("pacs_answer", self._source, message)) from None
        except (RequestException, OSError):
            raise BrokenTransferError from None

    def _http_failure(self, failure: Any) -> Exception:
        status = failure.response.status_code if failure.response is not None else 0
        if status in _TRY_AGAIN:
            return BrokenTransferError()
        if status in _UNAUTHORISED:
            given = "refuses the token or password given" if self._credentials != Credentials() else "asks who we are"
            message = (
                f"the server {given}; set ISCM_PACS_TOKEN, or ISCM_PACS_USER and ISCM_PACS_PASSWORD, "
                "or write them into the file that ISCM_PACS_CREDENTIALS names"
            )
            return RefusedError(error("pacs_unauthorised", self._source, message))
        if status in _NOT_FOUND:
            message = "the server has nothing there; check the path of the service and the study"
            return RefusedError(error(_NOT_THERE, self._source, message))
        message = f"the server refuses the request (HTTP {status}); ask its administrator"
        return RefusedError(error("pacs_answer", self._source, message))


class _TooLargeError(Exception):
    """An answer went past the limit."""


def _check_transport(source: Source, parameters: PacsParameters) -> None:
    """Refuse to carry patients' images unencrypted to another machine, unless that was allowed."""
    if source.scheme == "https" or parameters.plain_http or _is_this_machine(source.host):
        return
    message = "without TLS names and images can be read on the way; write https, or set plain_http = true in [pacs]"
    raise RefusedError(error("pacs_plain_http", source, message))


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _session(credentials: Credentials, limits: PacsParameters) -> "Session":
    import requests

    def authorise(request: "PreparedRequest") -> "PreparedRequest":
        # given as a function also where there is nothing to give, so that no general netrc file is looked into
        if credentials.token:
            request.headers["Authorization"] = f"Bearer {credentials.token}"
        return request

    def bounded(response: "Response", **_: Any) -> None:
        content = bytearray()
        for chunk in response.iter_content(_CHUNK_BYTES):
            content += chunk
            if len(content) > limits.max_image_bytes:
                response.close()
                raise _TooLargeError
        response._content = bytes(content)

    session = requests.Session()
    session.auth = (credentials.user, credentials.password) if credentials.user else authorise
    session.hooks["response"].append(bounded)
    session.max_redirects = 0
    if limits.ca_file:
        session.verify = limits.ca_file
    return session


def _value(answer: Mapping[str, Any], tag: str) -> Any:
    element = answer.get(tag) if isinstance(answer, Mapping) else None
    values = element.get("Value") if isinstance(element, Mapping) else None
    return values[0] if isinstance(values, list) and values else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Let no library tell what is asked and answered."""
    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with quiet_pydicom():
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
