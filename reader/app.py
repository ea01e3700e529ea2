"""The application: routes, and how every failure is said."""

from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response

from mri.problems import RefusedError, error
from mri.version import software_version
from reader import page_files, routes_marks, routes_study, routes_tools
from reader.answers import refusal
from reader.failures import RequestError, refuse, unusable
from reader.gate import Gate, internal_error
from reader.room import Room

_LONGEST_PLACE = 100


def make_app(room: Room, *, port: int, token: str) -> Gate:
    """Return the application behind its gate.

    Parameters
    ----------
    room : Room
    port : int
        Where it will listen; a request that names another host or port is refused.
    token : str
    """
    inner = bare_app(room)
    return Gate(inner, port=port, token=token, max_body_bytes=room.protocol.max_body_bytes)


def bare_app(room: Room) -> FastAPI:
    """Return the application without its gate, for what reads its description."""
    app = FastAPI(
        title="iscm reading page", version=software_version(), docs_url=None, redoc_url=None, openapi_url=None
    )
    app.state.room = room
    for module in (page_files, routes_study, routes_marks, routes_tools):
        app.include_router(module.router)
    app.add_exception_handler(RequestError, _refused)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    for status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
        app.add_exception_handler(status, _refused)
    app.add_exception_handler(Exception, _bug)
    return app


def _refused(request: Request, failure: Exception) -> Response:
    """Return the answer of a refused request; what was sent is never repeated in it."""
    return refusal(_as_request_error(failure))


def _as_request_error(failure: Exception) -> RequestError:
    if isinstance(failure, RequestError):
        return failure
    if isinstance(failure, RefusedError):
        return unusable(failure)
    if isinstance(failure, RequestValidationError):
        problems = [error("shape_wrong", _place(fault["loc"]), str(fault["msg"])) for fault in failure.errors()]
        return RequestError(HTTPStatus.UNPROCESSABLE_ENTITY, problems[:20])
    said = HTTPStatus(getattr(failure, "status_code", HTTPStatus.BAD_REQUEST))
    return refuse(said, said.name.lower(), "request", said.phrase)


def _bug(request: Request, failure: Exception) -> Response:
    return refusal(internal_error(failure))


def _place(parts: tuple[object, ...]) -> str:
    return ".".join(str(part) for part in parts)[:_LONGEST_PLACE]
