"""The page's own files: plain modules, styles and the renderer that the build took from the npm registry."""

from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import Response

from reader.failures import refuse

router = APIRouter(include_in_schema=False)

RENDERER = "vendor/niivue.js"
HOW_TO_ADD = (
    "the page's renderer is missing, so that no image can be shown: with a network that reaches the npm registry, "
    "install iscm again (pip install --force-reinstall --no-deps iscm, or its folder; make in a checkout)"
)
_TYPES: Mapping[str, str] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@cache
def page_folder() -> Path:
    """Return where the page's files are."""
    return Path(str(files("reader"))) / "page"


def has_renderer() -> bool:
    """Return whether images can be shown."""
    return (page_folder() / RENDERER).is_file()


def page_files() -> Mapping[str, Path]:
    """Return every file of the page by its name in URLs; no path is ever made of what a request says."""
    root = page_folder()
    found = (path for path in root.rglob("*") if path.suffix in _TYPES and path.is_file())
    return {
        path.relative_to(root).as_posix(): path
        for path in found
        if not {"node_modules", "types"} & set(path.relative_to(root).parts)
    }


@router.get("/")
def index() -> Response:
    """Return the page."""
    return _file("index.html")


@router.get("/static/{name:path}")
def static(name: str) -> Response:
    """Return a file of the page."""
    return _file(name)


@router.get("/healthz")
def health() -> Response:
    """Say that the server runs."""
    return Response("ok\n", media_type="text/plain")


def _file(name: str) -> Response:
    path = page_files().get(name)
    if path is None:
        message = HOW_TO_ADD if name == RENDERER else "no such file of the page"
        raise refuse(HTTPStatus.NOT_FOUND, "page_file_missing", "page", message)
    return Response(path.read_bytes(), media_type=_TYPES[path.suffix])
