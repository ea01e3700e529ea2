"""What every request must pass first: host, origin, site, token, size; and the headers that every answer has.

The server listens on the loopback only, but every web page that the user opens can send requests there, and a name that
resolves to 127.0.0.1 lets such a page read the answers. So the host must be ours, with its port, the page must be ours,
and the token, which stands in the fragment of the URL and so is never sent by a browser itself, must be right.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from hmac import compare_digest
from http import HTTPStatus
from typing import Any

from reader.answers import refusal
from reader.failures import RequestError, refuse

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_LOG = logging.getLogger(__name__)

PROTECTED = "/api"
"""Everything below needs the token; the page itself holds nothing of the study."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self' data: blob:; worker-src 'self' blob:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
}


class Gate:
    """An ASGI application around another one.

    Parameters
    ----------
    app : callable
    port : int
        Where the server listens; hosts are told apart by it too.
    token : str
    max_body_bytes : int
        Largest body, whatever its header says.
    """

    def __init__(self, app: App, *, port: int, token: str, max_body_bytes: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))
        self._origins = frozenset(f"http://{host}" for host in self._hosts)
        self._expected = b"Bearer " + token.encode()
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            # no web sockets here
            await send({"type": "websocket.close", "code": 1008})
            return
        answering = _Answering(send)
        try:
            self._check(scope)
            await self._app(scope, self._limited(receive), answering)
        except RequestError as refused:
            await answering.instead(refused, scope, receive)
        except Exception as bug:  # noqa: BLE001 - whatever it is, the page gets an answer and the log no patient
            _LOG.error("internal error %s in %s", type(bug).__name__, scope["method"])
            await answering.instead(internal_error(bug), scope, receive)

    def _check(self, scope: Scope) -> None:
        headers = _headers(scope)
        hosts = headers.get("host", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            raise refuse(HTTPStatus.MISDIRECTED_REQUEST, "host_unknown", "Host", "open the page by the printed URL")
        if any(origin not in self._origins for origin in headers.get("origin", [])):
            raise refuse(HTTPStatus.FORBIDDEN, "origin_foreign", "Origin", "another web page may not ask this server")
        if any(site not in ("same-origin", "none") for site in headers.get("sec-fetch-site", [])):
            raise refuse(HTTPStatus.FORBIDDEN, "site_foreign", "Sec-Fetch-Site", "open the page by the printed URL")
        if _is_protected(scope["path"]):
            self._check_token(headers.get("authorization", []))
        self._check_length(headers.get("content-length", []))

    def _check_token(self, given: list[str]) -> None:
        if len(given) != 1 or not compare_digest(given[0].encode("latin-1"), self._expected):
            message = "the token is missing or of an earlier start; open the URL that iscm read printed last"
            raise refuse(HTTPStatus.UNAUTHORIZED, "token_wrong", "Authorization", message)

    def _check_length(self, given: list[str]) -> None:
        if len(given) > 1 or not all(value.isascii() and value.isdigit() for value in given):
            raise refuse(HTTPStatus.BAD_REQUEST, "length_wrong", "Content-Length", "is no number")
        # a number of that many digits is too large without being read
        if given and (len(given[0]) > len(str(self._max_body_bytes)) or int(given[0]) > self._max_body_bytes):
            raise too_large(self._max_body_bytes)

    def _limited(self, receive: Receive) -> Receive:
        """Count what comes: a chunked body has no length to be checked."""
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._max_body_bytes:
                raise too_large(self._max_body_bytes)
            return message

        return counted


class _Answering:
    """Send an answer with the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send, self._started = send, False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            own = {name.encode() for name in HEADERS}
            kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in own]
            message = {**message, "headers": [*kept, *((n.encode(), v.encode()) for n, v in HEADERS.items())]}
        await self._send(message)

    async def instead(self, failure: RequestError, scope: Scope, receive: Receive) -> None:
        """Answer a request that was refused; an answer that has begun is left cut off."""
        if not self._started:
            await refusal(failure)(scope, receive, self)


def internal_error(bug: Exception) -> RequestError:
    """Return what is said of a bug: its kind, and nothing of what it was about."""
    message = f"a bug ({type(bug).__name__}); what was saved before is kept; please report it"
    return refuse(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", "server", message)


def too_large(limit: int) -> RequestError:
    """Return the refusal of a body that is too large."""
    message = f"more than {limit >> 20} MiB; a mask of one series is smaller"
    return refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "body", message)


def _is_protected(path: str) -> bool:
    return path == PROTECTED or path.startswith(PROTECTED + "/")


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found
