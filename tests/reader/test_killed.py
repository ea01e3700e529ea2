"""A server that is killed in the middle of saving: every file whole, the log complete (READING, bad conditions)."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Timer

import httpx
import numpy as np
import pytest

from mri.bids import StudyFolder
from mri.nifti import read_label_map
from reader.audit import AuditLog, broken_lines
from reader.places import Places
from reader.room import Settings
from reader.shelf import etag_of
from segmentation.store import load_annotation
from tests.reader.client import BYTES, nifti
from tests.reader.small_study import FIRST

SAVES = 200
STARTS = 5
"""The server is killed this many times in the course of the saves."""
WAIT_S = 30.0


@contextmanager
def server(folder: StudyFolder, reader: str = "AB") -> Iterator[tuple[subprocess.Popen[str], httpx.Client]]:
    """Run the command as a user does, and give a client with the token that it printed."""
    command = [sys.executable, "-m", "pipeline.cli", "read", str(folder.root), "--reader", reader, "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        url, _, token = process.stdout.readline().strip().partition("/#token=")
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=WAIT_S) as client:
            try:
                yield process, client
            finally:
                process.kill()
                process.wait()


def test_killed_in_the_middle_of_saves_nothing_is_torn(folder: StudyFolder) -> None:
    """Two hundred saves, five kills at any moment: each file is whole and each version that stood has its line."""
    random = np.random.default_rng(1)
    acknowledged: list[str] = []
    saved = 0
    for start in range(STARTS):
        with server(folder) as (process, client):
            series = next(s for s in client.get("/api/cases/c1").json()["series"] if "t2_sag" in s["roles"])
            url = f"/api/cases/c1/masks/t2hyper/{series['series']}.nii.gz"
            got = client.get(url)
            etag = got.headers["ETag"]
            killer = Timer(random.uniform(0.2, 1.0), process.kill)
            if start < STARTS - 1:
                killer.start()
            while saved < SAVES:
                array = np.zeros(series["shape"], dtype=np.uint8)
                array[3:6, 20:30, 20:28] = random.integers(0, 2, (3, 10, 8))
                saved += 1
                try:
                    answer = client.put(
                        url, content=nifti(array, series["affine_lps"]), headers={**BYTES, "If-Match": etag}
                    )
                except httpx.TransportError:
                    break
                assert answer.status_code == 200, answer.text
                etag = answer.json()["etag"]
                acknowledged.append(etag)
            killer.cancel()
        path = next(folder.readings(FIRST).glob("*label-t2hyper_desc-AB_mask.nii.gz"), None)
        if path is not None:
            assert read_label_map(path).array.shape == tuple(series["shape"])
    assert saved >= SAVES
    assert path is not None
    log = Places(folder=folder, reader="AB").audit
    # a kill may cut a line where it crosses a page of memory; such a line was of a save that was not made
    versions = [line["after"] for line in AuditLog(log).lines() if line["event"] == "save"]
    assert broken_lines(log) == []
    assert set(acknowledged) <= set(versions)
    assert etag_of(path.read_bytes()) in versions
    assert load_annotation(folder, folder.load(FIRST), "AB").problems == ()


def test_an_interrupted_server_ends_cleanly(folder: StudyFolder) -> None:
    """Ctrl+C ends it within seconds with 0 or 130, and says nothing of a bug."""
    with server(folder) as (process, client):
        assert client.get("/api/session").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(WAIT_S) in (0, 130)
        assert process.stderr is not None
        said = process.stderr.read()
    assert "Traceback" not in said
    assert "internal error" not in said


def test_the_token_of_an_earlier_start_is_refused(folder: StudyFolder) -> None:
    """A tab that is left open from an earlier start is told to open the new URL."""
    with server(folder) as (_, client):
        old = dict(client.headers)
    with server(folder) as (_, client):
        assert client.get("/api/session").status_code == 200
        answer = client.get("/api/session", headers={"Authorization": old["authorization"]})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_wrong")


@pytest.mark.parametrize("reader", ["", "A B", "A/B", "auto", "Consensus", "Zoë", "x" * 33])
def test_a_name_that_is_no_readers_is_refused(folder: StudyFolder, reader: str) -> None:
    """What cannot stand in a file's name, or stands for no person, is refused before anything starts."""
    from pipeline.cli import status_of

    assert status_of(["read", str(folder.root), "--reader", reader, "--no-browser"]) == 2
    assert not folder.readings_log.exists()


def test_a_folder_that_is_no_study_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong folder is named, and nothing is made in it."""
    from pipeline.cli import status_of

    assert status_of(["read", str(tmp_path), "--reader", "AB", "--no-browser"]) == 2
    assert "no study folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_port_that_is_taken_is_said(folder: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """Another program on the port is no internal error."""
    from pipeline.cli import status_of
    from reader.serve import listen

    with listen(0) as taken:
        taken.listen()
        port = str(taken.getsockname()[1])
        assert status_of(["read", str(folder.root), "--reader", "AB", "--no-browser", "--port", port]) == 2
    assert "leave --port out" in capsys.readouterr().err


def test_a_protocol_that_is_not_known_is_refused(folder: StudyFolder, capsys: pytest.CaptureFixture[str]) -> None:
    """A word mistyped in iscm.toml does not silently show suggestions."""
    from pipeline.cli import status_of

    folder.config.write_text('[reading]\nsuggestions = "nevr"\n')
    assert status_of(["read", str(folder.root), "--reader", "AB", "--no-browser"]) == 2
    assert "reading.suggestions" in capsys.readouterr().err


def test_the_protocol_comes_from_the_study(folder: StudyFolder) -> None:
    """What iscm.toml says of reading is what the page is told."""
    folder.config.write_text('[reading]\nsuggestions = "never"\nblinded = false\norder_seed = 7\n')
    with server(folder) as (_, client):
        told = client.get("/api/session").json()["protocol"]
    assert told == {"suggestions": "never", "blinded": False, "levels_by_eye_first": False, "order_seed": 7}


@pytest.mark.parametrize(("asked", "screen", "opened"), [(True, True, 1), (True, False, 0), (False, True, 0)])
def test_the_browser_is_opened_where_there_is_a_screen(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch, asked: bool, screen: bool, opened: int
) -> None:
    """The printed address is the one that is opened, once the socket listens; without a screen it is only printed."""
    import uvicorn

    from reader import serve

    shown: list[str] = []
    said: list[str] = []
    ready = Event()

    def run(self: object, sockets: list[socket.socket]) -> None:
        with socket.create_connection(sockets[0].getsockname(), timeout=WAIT_S):
            ready.wait(1.0 if opened else 0.0)

    monkeypatch.setattr(uvicorn.Server, "run", run)
    monkeypatch.setattr(serve, "has_screen", lambda: screen)
    monkeypatch.setattr(serve.webbrowser, "open", lambda url: (shown.append(url), ready.set()))
    serve.serve(folder, "AB", Settings(), port=0, browser=asked, say=said.append, warn=lambda _: None)
    assert len(said) == 1
    assert said[0].startswith("http://127.0.0.1:")
    assert "/#token=" in said[0]
    assert shown == said * opened
