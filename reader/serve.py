"""Serving the reading page on this machine's loopback until the reader ends it."""

import os
import re
import secrets
import socket
import sys
import webbrowser
from collections.abc import Callable
from contextlib import closing
from threading import Thread

from mri.bids import StudyFolder
from mri.problems import RefusedError, error
from reader.consensus import may_settle
from reader.page_files import HOW_TO_ADD, has_renderer
from reader.room import Room, Settings
from segmentation.annotation import CONSENSUS, is_reserved

HOST = "127.0.0.1"
TOKEN_BYTES = 32
_GRACE_S = 2
_KEEP_ALIVE_S = 600
"""A connection that is closed in the moment in which the page uses it again looks like a server that has gone."""
_BACKLOG = 64
_NAME = re.compile(r"[A-Za-z0-9]+")
_LONGEST_NAME = 32

Say = Callable[[str], None]


def check_reader(name: str) -> None:
    """Refuse a name that cannot stand in file names, or that is somebody else's.

    Raises
    ------
    RefusedError
    """
    if not _NAME.fullmatch(name) or not name.isascii() or len(name) > _LONGEST_NAME:
        message = f"write 1 to {_LONGEST_NAME} letters and digits, e.g. AB"
        raise RefusedError(error("reader_name_wrong", "--reader", message))
    if is_reserved(name) and name != CONSENSUS:
        mend = "auto is the program; name yourself, or write consensus for the read that two readers make"
        message = f"'{name}' stands for no person: {mend}"
        raise RefusedError(error("reader_name_taken", "--reader", message))


def serve(
    folder: StudyFolder, reader: str, settings: Settings, *, port: int, browser: bool, say: Say, warn: Say
) -> None:
    """Serve a study to one reader until interrupted.

    Parameters
    ----------
    folder : StudyFolder
    reader : str
    settings : Settings
    port : int
        0 for any free one.
    browser : bool
        Whether to open the page.
    say, warn : callable
        What is told to the person who started it.

    Raises
    ------
    RefusedError
        If the name is no reader's, the study has no sessions, or the port is taken.
    """
    import uvicorn

    from reader.app import make_app

    check_reader(reader)
    if not folder.studies():
        mend = "no session with images; see derivatives/ingest/series.csv"
        raise RefusedError(error("study_empty", folder.root.name, mend))
    room = Room(folder, reader, settings)
    if reader == CONSENSUS and not any(may_settle(room, listed.study) for listed in room.worklist):
        mend = "no session was signed by two readers yet; a consensus is read once both have signed"
        raise RefusedError(error("nothing_to_settle", folder.root.name, mend))
    with closing(listen(port)) as listening:
        port = listening.getsockname()[1]
        token = secrets.token_urlsafe(TOKEN_BYTES)
        app = make_app(room, port=port, token=token)
        if not has_renderer():
            warn(f"note: {HOW_TO_ADD}")
        url = f"http://{HOST}:{port}/#token={token}"
        say(url)
        if browser and has_screen():
            # a browser may take its time, or the terminal
            Thread(target=webbrowser.open, args=(url,), daemon=True).start()
        config = uvicorn.Config(
            app,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_S,
            timeout_keep_alive=_KEEP_ALIVE_S,
            lifespan="off",
            ws="none",
        )
        uvicorn.Server(config).run(sockets=[listening])


def has_screen() -> bool:
    """Return whether a browser with windows can open: without a screen a text browser would take the terminal."""
    return sys.platform != "linux" or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


def listen(port: int) -> socket.socket:
    """Return a socket on the loopback.

    Raises
    ------
    RefusedError
        If the port is taken.
    """
    # with its protocol named, so that answers are sent at once (asyncio sets TCP_NODELAY only then: 40 ms an answer)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        # the browser may be quicker than the server: its first request waits
        listening.listen(_BACKLOG)
    except OSError as failure:
        listening.close()
        mend = f"port {port} is taken ({failure.strerror}); leave --port out to use a free one"
        raise RefusedError(error("port_taken", "--port", mend)) from failure
    return listening
