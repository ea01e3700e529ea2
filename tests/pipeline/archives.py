"""A PACS and a DICOMweb server in this process, on loopback, that speak what real ones do and fail where told."""

import base64
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    MRImageStorage,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
)

from mri.bids import StudyFolder
from mri.problems import RefusedError
from pipeline.commands import ingest_source
from pipeline.config import Config
from pipeline.parameters import DEFAULTS
from tests.mri.dicom_files import PLANTED, ROOT

HOST = "127.0.0.1"
TITLE = "ARCHIVE"
SECRET = "geheimes-wort"
LIMITS = replace(DEFAULTS, connect_timeout_s=5.0, answer_timeout_s=5.0)
_LEVELS = {
    "STUDY": ("StudyInstanceUID", "PatientID"),
    "SERIES": ("StudyInstanceUID", "SeriesInstanceUID", "Modality"),
    "IMAGE": ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"),
}
_PENDING, _SUCCESS = 0xFF00, 0x0000


@dataclass
class Stock:
    """What an archive holds, what it was asked, and where it is to fail.

    Attributes
    ----------
    break_after : int
        Images after which the connection is cut, once; -1: never.
    refuse : set of str
        SOPInstanceUIDs that are listed and never given.
    leave : bool
        After a break nobody is let in any more.
    spoil : dict
        What the web gives instead of an image, by SOPInstanceUID.
    """

    images: dict[str, Dataset] = field(default_factory=dict)
    given: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    authorisations: list[str] = field(default_factory=list)
    break_after: int = -1
    refuse: set[str] = field(default_factory=set)
    leave: bool = False
    spoil: dict[str, bytes] = field(default_factory=dict)

    def fill(self, folder: Path) -> "Stock":
        """Take every DICOM file of a folder."""
        for path in sorted(folder.rglob("*.dcm")):
            dataset = dcmread(path)
            self.images[str(dataset.SOPInstanceUID)] = dataset
        return self

    def matching(self, level: str, asked: dict[str, Any]) -> list[Dataset]:
        """Return one answer of a level for each thing that matches, each keyed as the level is."""
        found: dict[tuple[str, ...], Dataset] = {}
        for image in self.images.values():
            wanted = {k: [str(v)] if isinstance(v, str) else [str(u) for u in v] for k, v in asked.items() if v}
            if all(str(image.get(keyword, "")) in values for keyword, values in wanted.items()):
                found.setdefault(tuple(str(image[key].value) for key in _LEVELS[level] if key.endswith("UID")), image)
        answers = []
        for image in found.values():
            answer = Dataset()
            for keyword in _LEVELS[level]:
                setattr(answer, keyword, image.get(keyword, ""))
            answers.append(answer)
        return answers

    def give(self, uid: str) -> Dataset | None:
        """Return an image, None where it is not given; raises where the connection is to break."""
        if self.break_after == 0:
            self.break_after = -1
            raise ConnectionResetError
        if uid in self.refuse or uid not in self.images:
            return None
        self.break_after -= self.break_after > 0
        self.given.append(uid)
        return self.images[uid]


@contextmanager
def dimse_archive(
    stock: Stock, *, callers: Sequence[str] = (), services: Sequence[str] = ("find", "get", "store")
) -> Iterator[str]:
    """Give the address of a PACS that is called ARCHIVE and knows only some callers, where any are named."""
    entity = AE(ae_title=TITLE)
    entity.require_called_aet = True
    entity.require_calling_aet = list(callers)
    if "find" in services:
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    if "get" in services:
        entity.add_supported_context(StudyRootQueryRetrieveInformationModelGet)
    entity.add_supported_context(MRImageStorage, ALL_TRANSFER_SYNTAXES, scu_role=True, scp_role=True)
    handlers = [
        (evt.EVT_C_FIND, _find, [stock]),
        (evt.EVT_C_GET, _get, [stock]),
        (evt.EVT_C_STORE, _store, [stock]),
        (evt.EVT_CONN_OPEN, _without_delay),
    ]
    server = entity.start_server((HOST, 0), block=False, evt_handlers=handlers)
    try:
        yield f"dimse://{TITLE}@{HOST}:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()


def _without_delay(event: Any) -> None:
    event.assoc.dul.socket.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _find(event: Any, stock: Stock) -> Iterator[tuple[int, Dataset | None]]:
    query = event.identifier
    asked = {e.keyword: e.value for e in query if e.keyword != "QueryRetrieveLevel"}
    stock.asked.append(query.QueryRetrieveLevel)
    for answer in stock.matching(query.QueryRetrieveLevel, asked):
        answer.QueryRetrieveLevel = query.QueryRetrieveLevel
        yield _PENDING, answer


def _get(event: Any, stock: Stock) -> Iterator[Any]:
    uids = event.identifier.SOPInstanceUID
    wanted = [uids] if isinstance(uids, str) else list(uids)
    yield len(wanted)
    for uid in wanted:
        try:
            image = stock.give(uid)
        except ConnectionResetError:
            if stock.leave:
                event.assoc.ae.require_calling_aet = ["NOBODY"]
            event.assoc.abort()
            return
        if image is None:
            yield _PENDING, None
        else:
            yield _PENDING, image


def _store(event: Any, stock: Stock) -> int:
    stock.images[str(event.request.AffectedSOPInstanceUID)] = dcmread(BytesIO(event.encoded_dataset()))
    return _SUCCESS


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web_archive(
    stock: Stock, *, accepts: Sequence[str] = (), endless: bool = False, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Give the address of a DICOMweb service; where ``accepts`` is named, only with one of these authorisations."""
    with serve(_web(stock, accepts, endless), tls) as address:
        yield address


@contextmanager
def serve(application: Callable[..., list[bytes]], tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Give the address of a web server while it runs."""
    server = make_server(HOST, 0, application, handler_class=_Silent)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://{HOST}:{server.server_port}/dicom-web"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def basic(user: str, password: str) -> str:
    """Return the header of a user and password."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _web(stock: Stock, accepts: Sequence[str], endless: bool) -> Callable[..., list[bytes]]:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        authorisation = environ.get("HTTP_AUTHORIZATION", "")
        stock.authorisations.append(authorisation)
        stock.asked.append(environ["PATH_INFO"])
        if accepts and authorisation not in accepts:
            start("401 Unauthorized", [("Content-Length", "0")])
            return []
        parts = environ["PATH_INFO"].removeprefix("/dicom-web").strip("/").split("/")
        asked = {key: values[0] for key, values in parse_qs(environ["QUERY_STRING"]).items()}
        if len(parts) % 2 == 0:
            return _wado(stock, parts[-1], start)
        return _qido(stock, parts, {} if endless else asked, asked, start)

    return application


def _qido(
    stock: Stock, parts: list[str], paging: dict[str, str], asked: dict[str, str], start: Callable[..., Any]
) -> list[bytes]:
    level = {"studies": "STUDY", "series": "SERIES", "instances": "IMAGE"}.get(parts[-1])
    if level is None:
        start("404 Not Found", [("Content-Length", "0")])
        return []
    wanted = dict(zip(("StudyInstanceUID", "SeriesInstanceUID"), parts[1::2], strict=False))
    wanted |= {key: value for key, value in asked.items() if key in ("StudyInstanceUID", "PatientID")}
    answers = stock.matching(level, wanted)
    first = int(paging.get("offset", 0))
    answers = answers[first : first + int(paging.get("limit", len(answers)))]
    if not answers:
        start("204 No Content", [("Content-Length", "0")])
        return []
    body = json.dumps([answer.to_json_dict() for answer in answers]).encode()
    start("200 OK", [("Content-Type", "application/dicom+json"), ("Content-Length", str(len(body)))])
    return [body]


def _wado(stock: Stock, uid: str, start: Callable[..., Any]) -> list[bytes]:
    try:
        image = stock.give(uid)
    except ConnectionResetError:
        start("503 Service Unavailable", [("Content-Length", "0")])
        return []
    if image is None:
        start("404 Not Found", [("Content-Length", "0")])
        return []
    content = BytesIO()
    image.save_as(content, enforce_file_format=True)
    sent = stock.spoil.get(uid, content.getvalue())
    body = b"--cut\r\nContent-Type: application/dicom\r\n\r\n" + sent + b"\r\n--cut--\r\n"
    kind = 'multipart/related; type="application/dicom"; boundary=cut'
    start("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


def same_study(one: Path, other: Path) -> bool:
    """Return whether two studies hold the same files with the same bytes; shows the first that differ."""
    first, second = ({p.relative_to(r): p.read_bytes() for p in r.rglob("*") if p.is_file()} for r in (one, other))
    differ = sorted(str(name) for name in first.keys() | second.keys() if first.get(name) != second.get(name))
    assert differ == [], differ
    return True


def config(**limits: object) -> Config:
    """Return a configuration with short waits and some limits."""
    return Config(pacs=replace(LIMITS, **limits))  # type: ignore[arg-type]


def refusal(address: str, folder: StudyFolder, **limits: object) -> str:
    """Return the code of the one problem that a retrieval is refused for; it names neither a patient nor a password."""
    with pytest.raises(RefusedError) as refused:
        ingest_source(address, folder, config(**limits))
    (problem,) = refused.value.problems
    assert not any(word in str(problem) for word in (*PLANTED.values(), ROOT, SECRET))
    return problem.code
