"""What the server refuses before it looks at anything: hosts, origins, sites, tokens, sizes (READING, Safety)."""

import gzip
import io
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from reader.app import bare_app
from reader.gate import CONTENT_SECURITY_POLICY
from reader.room import Room
from reader.serve import HOST, TOKEN_BYTES, listen
from tests.reader.client import BASE, BYTES, PORT, TOKEN, client_of, mask_url, nifti, opened, put_mask, with_role

MIB = 1 << 20


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1", f"127.0.0.1:{PORT + 1}", f"evil.example:{PORT}", ""])
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    """A name that resolves to this machine, or no port, does not lead to the study."""
    assert client.get("/api/session", headers={"Host": host}).status_code == 421
    assert client.get("/", headers={"Host": host}).status_code == 421


def test_localhost_is_this_machine(client: TestClient) -> None:
    """The usual name of this machine is accepted with its port."""
    assert client.get("/api/session", headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", f"http://127.0.0.1:{PORT + 1}", f"https://127.0.0.1:{PORT}"]
)
def test_another_origin_is_refused(client: TestClient, origin: str) -> None:
    """A page from elsewhere may not ask, nor one without an origin."""
    answer = client.get("/api/session", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["code"] == "origin_foreign"


def test_own_origin_is_accepted(client: TestClient) -> None:
    """The page itself may ask."""
    assert client.get("/api/session", headers={"Origin": BASE, "Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_is_refused(client: TestClient, site: str) -> None:
    """A browser that says that another site asks is believed."""
    assert client.get("/", headers={"Sec-Fetch-Site": site}).status_code == 403


@pytest.mark.parametrize("given", [None, "", "Bearer ", f"Bearer {TOKEN}x", f"bearer {TOKEN}", TOKEN, "Bearer ünknown"])
def test_a_wrong_token_is_refused(folder: StudyFolder, given: str | None) -> None:
    """Without the token of this start nothing of the study is told, whether a case exists or not."""
    client = client_of(folder)
    del client.headers["Authorization"]
    headers = {} if given is None else {"Authorization": given.encode("latin-1")}
    for path in ("/api/session", "/api/cases/c1", "/api/cases/c99", "/api/nothing"):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["code"] == "token_wrong"
        assert "printed last" in answer.json()["message"]


def test_the_page_itself_needs_no_token(folder: StudyFolder) -> None:
    """A browser sends no token for the page, which holds nothing of the study."""
    client = client_of(folder)
    del client.headers["Authorization"]
    assert client.get("/healthz").status_code == 200
    assert client.get("/").status_code in (200, 404)


def test_tokens_are_compared_in_constant_time_and_are_long() -> None:
    """The token cannot be guessed, nor measured letter by letter."""
    import inspect

    from reader import gate

    assert "compare_digest" in inspect.getsource(gate.Gate._check_token)
    assert TOKEN_BYTES >= 32


def test_every_answer_has_the_headers(client: TestClient) -> None:
    """Refused or not, every answer carries the policy that keeps other code out."""
    for answer in (
        client.get("/api/session"),
        client.get("/api/session", headers={"Host": "x"}),
        client.get("/nothing"),
    ):
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers
    assert "default-src 'none'" in CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY


@pytest.mark.parametrize(
    "path",
    [
        "/static/../gate.py", "/static/..%2fgate.py", "/static/%2e%2e/gate.py", "/static//etc/passwd",
        "/static/%2fetc%2fpasswd", "/api/cases/..%2f..%2fetc/series/s1.nii.gz", "/api/cases/c1%00/findings",
        "/api/cases/c1/series/..%2f..%2fx.nii.gz",
        "/api/cases/c1/masks/..%2fcord/s1.nii.gz", "/api/cases/P1/findings", "/api/audit/..%2f..%2fkey",
    ],
)  # fmt: skip
def test_no_path_is_made_of_what_a_request_says(client: TestClient, path: str) -> None:
    """Names in URLs are looked up in a list; what is not in it does not exist."""
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert "root:" not in answer.text
    assert "import" not in answer.text


def test_a_large_upload_is_refused_before_it_is_sent(client: TestClient) -> None:
    """600 MB are refused by what the header says; not one byte of the body is asked for."""
    series = with_role(opened(client), "t2_sag")
    asked = 0

    def chunks() -> Iterator[bytes]:
        nonlocal asked
        asked += 1
        yield b"\0"

    headers = {**BYTES, "If-Match": "none", "Content-Length": str(600 * MIB)}
    answer = client.put(mask_url(series), content=chunks(), headers=headers)
    assert answer.status_code == 413
    assert "64 MiB" in answer.json()["message"]


def test_a_large_upload_without_a_length_is_cut_off(client: TestClient) -> None:
    """A chunked body is counted as it comes, and refused at the limit."""
    series = with_role(opened(client), "t2_sag")

    def chunks() -> Iterator[bytes]:
        for _ in range(70):
            yield bytes(MIB)

    answer = client.put(mask_url(series), content=chunks(), headers={**BYTES, "If-Match": "none"})
    assert answer.status_code == 413


def test_a_bomb_is_refused_without_being_unpacked(client: TestClient) -> None:
    """600 MB of zeros in 600 kB are refused after as many bytes as the series can need."""
    series = with_role(opened(client), "t2_sag")
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as stream:
        for _ in range(600):
            stream.write(bytes(MIB))
    answer = client.put(mask_url(series), content=packed.getvalue(), headers={**BYTES, "If-Match": "none"})
    assert answer.status_code == 413


@pytest.mark.parametrize("length", ["-1", "a", "1, 2", "9" * 40])
def test_a_length_that_is_none_is_refused(client: TestClient, length: str) -> None:
    """A length that cannot be is no way around the limit."""
    answer = client.put("/api/cases/c1/findings", content=b"{}", headers={"Content-Length": length})
    assert answer.status_code in (400, 413)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_nifti"),
        (b"hello" * 200, "not_nifti"),
        (b"\x1f\x8bxxxx", "not_gzip"),
        (gzip.compress(b"x" * 400, mtime=0)[:-9], "not_gzip"),
    ],
)
def test_what_is_no_nifti_is_refused(client: TestClient, content: bytes, code: str) -> None:
    """Damaged or foreign bytes are named as such, and nothing is written."""
    series = with_role(opened(client), "t2_sag")
    answer = client.put(mask_url(series), content=content, headers={**BYTES, "If-Match": "none"})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_mask_of_another_grid_is_refused(client: TestClient) -> None:
    """A mask drawn elsewhere, or turned, lies on another grid."""
    manifest = opened(client)
    series, other = with_role(manifest, "t2_sag"), with_role(manifest, "t2_ax")
    moved = np.array(series["affine_lps"])
    moved[0, 3] += 1.0
    empty = np.zeros(series["shape"], dtype=np.uint8)
    headers = {**BYTES, "If-Match": "none"}
    for content in (nifti(np.zeros(other["shape"], dtype=np.uint8), other["affine_lps"]), nifti(empty, moved)):
        answer = client.put(mask_url(series), content=content, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "mask_other_grid")


def test_an_unknown_label_is_refused(client: TestClient) -> None:
    """A cord is 0 and 1; a lesion is at most 255; neither is negative or a colour."""
    series = with_role(opened(client), "t2_sag")
    array = np.zeros(series["shape"], dtype=np.int16)
    array[0, 0, 0] = 2
    assert put_mask(client, series, array, region="cord").json()["code"] == "label_unknown"
    array[0, 0, 0] = 256
    assert put_mask(client, series, array).json()["code"] == "label_unknown"
    array[0, 0, 0] = -1
    assert put_mask(client, series, array).json()["code"] == "mask_negative"
    colour = np.zeros(series["shape"], dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert put_mask(client, series, colour).json()["code"] == "labels_not_integer"


def test_another_type_of_content_is_refused(client: TestClient) -> None:
    """A form that another page could send without asking first is no upload."""
    series = with_role(opened(client), "t2_sag")
    headers = {"Content-Type": "text/plain", "If-Match": "none"}
    assert client.put(mask_url(series), content=b"x", headers=headers).status_code == 415
    assert client.put("/api/cases/c1/findings", content=b"{}", headers=headers).status_code == 415


def test_the_listening_socket_is_on_the_loopback_only() -> None:
    """Nobody else on the network can connect."""
    with listen(0) as listening:
        assert listening.getsockname()[0] == HOST == "127.0.0.1"


def test_a_bug_becomes_an_answer_and_no_identifier_is_logged(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever fails, the page is told, and the log holds no word of a patient."""
    from reader import routes_study

    def broken(*_: object) -> object:
        raise KeyError("sub-P1 Doe^Jane 1950-01-01")

    monkeypatch.setattr(routes_study, "numbers", broken)
    caplog.set_level(logging.DEBUG)
    answer = client_of(folder).get("/api/cases/c1/numbers")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    said = answer.text + caplog.text
    assert "Doe" not in said
    assert "KeyError" in said


def test_an_answer_never_repeats_what_was_sent(client: TestClient) -> None:
    """A refused request does not come back in the answer: it could hold anything."""
    answer = client.post("/api/cases/c1/grow", json={"region": "<script>", "series": "Doe", "foreground": "Jane"})
    assert answer.status_code == 422
    assert "Jane" not in answer.text
    assert answer.headers["content-type"] == "application/json"


def test_nothing_describes_the_routes_to_others(folder: StudyFolder) -> None:
    """The description of the interface is not served."""
    app = bare_app(Room(folder, "AB"))
    assert app.openapi_url is None
    assert app.docs_url is None


def test_the_page_holds_no_foreign_address() -> None:
    """Nothing of the page is fetched from elsewhere: the policy would refuse it, and a reading room has no network."""
    page = Path(__file__).resolve().parents[2] / "reader" / "page"
    sources = [path for path in page.rglob("*") if path.suffix in (".html", ".css") and "vendor" not in path.parts]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    assert texts
    assert not any("http://" in text or "https://" in text for text in texts)
