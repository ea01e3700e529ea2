"""A DICOMweb server in this process on loopback: who we are, what is fetched, and everything that may go wrong."""

import json
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mri.bids import StudyFolder
from mri.problems import RefusedError
from pipeline.commands import ingest_source
from tests.mri.dicom_files import PLANTED, ROOT, make_series, study_folder
from tests.pipeline.archives import HOST, SECRET, Stock, basic, config, refusal, same_study, serve, web_archive

STUDY, PATIENT = f"{ROOT}.2", PLANTED["PatientID"]


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start each test without any credentials of whoever runs it."""
    for name in ("TOKEN", "USER", "PASSWORD", "CREDENTIALS"):
        monkeypatch.delenv(f"ISCM_PACS_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def address(stock: Stock) -> Iterator[str]:
    """Give the address of the server while it runs."""
    with web_archive(stock) as where:
        yield where


@pytest.mark.parametrize("asked", ["", f"/studies/{STUDY}", f"?study={STUDY}", f"?patient={PATIENT}"])
def test_the_study_equals_that_of_the_folder(
    tmp_path: Path, source: Path, address: str, folder: StudyFolder, asked: str
) -> None:
    """However the examination is named, what is fetched makes the study of the folder, file by file."""
    ingest_source(address + asked, folder, config())
    plain = study_folder(tmp_path / "plain")
    ingest_source(source, plain, config())
    assert same_study(folder.root, plain.root)
    assert sorted(p.name for p in folder.private.iterdir()) == ["ids.csv", "key", "received.csv"]


def test_only_mr_of_the_patient_is_fetched(stock: Stock, address: str, folder: StudyFolder) -> None:
    """Another patient's images and another modality's stay where they are."""
    others = make_series(3, PatientID="other", StudyInstanceUID="1.9")
    stock.images |= {str(d.SOPInstanceUID): d for d in (*others, *make_series(4, Modality="CT"))}
    ingest_source(f"{address}?patient={PATIENT}", folder, config())
    assert len(stock.given) == 10


@pytest.mark.parametrize("endless", [False, True])
def test_answers_come_in_pages(stock: Stock, folder: StudyFolder, endless: bool) -> None:
    """Pages are asked for one by one; a server that gives everything each time is asked no more than twice."""
    with web_archive(stock, endless=endless) as address:
        assert ingest_source(address, folder, config(answers_per_page=2)).kept == 2
    assert len(stock.given) == 10
    assert len(stock.asked) < 30


def test_a_password_is_sent_as_basic_authorisation(
    stock: Stock, folder: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """User and password of the environment open the server, at every request."""
    monkeypatch.setenv("ISCM_PACS_USER", "anna")
    monkeypatch.setenv("ISCM_PACS_PASSWORD", SECRET)
    with web_archive(stock, accepts=[basic("anna", SECRET)]) as address:
        assert ingest_source(address, folder, config()).kept == 2
    assert set(stock.authorisations) == {basic("anna", SECRET)}


def test_a_token_is_sent_as_bearer(
    stock: Stock, folder: StudyFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The token wins over a general netrc file that names the same host."""
    (tmp_path / ".netrc").write_text(f"machine {HOST} login other password other\n")
    monkeypatch.setenv("ISCM_PACS_TOKEN", SECRET)
    with web_archive(stock, accepts=[f"Bearer {SECRET}"]) as address:
        assert ingest_source(address, folder, config()).kept == 2
    assert set(stock.authorisations) == {f"Bearer {SECRET}"}


def test_a_general_netrc_file_is_not_used(stock: Stock, address: str, folder: StudyFolder, tmp_path: Path) -> None:
    """What a user keeps for other programs is told to no archive."""
    (tmp_path / ".netrc").write_text(f"machine {HOST} login anna password {SECRET}\n")
    ingest_source(address, folder, config())
    assert set(stock.authorisations) == {""}


@pytest.mark.parametrize("token", ["", SECRET])
def test_a_closed_door_says_what_opens_it(
    stock: Stock, folder: StudyFolder, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """Without credentials, or with wrong ones, the setting is named and the secret is not."""
    monkeypatch.setenv("ISCM_PACS_TOKEN", token)
    with web_archive(stock, accepts=["Bearer another"]) as address:
        assert refusal(address, folder) == "pacs_unauthorised"
    assert not folder.root.exists()


def test_a_broken_transfer_goes_on_by_itself(stock: Stock, address: str, folder: StudyFolder) -> None:
    """After a failure of the server the rest is fetched, each image once."""
    stock.break_after = 3
    assert ingest_source(address, folder, config()).kept == 2
    assert len(stock.given) == len(set(stock.given)) == 10


def test_a_broken_transfer_resumes_with_the_same_command(stock: Stock, address: str, folder: StudyFolder) -> None:
    """What arrived is kept beside the study, and only the rest is asked for."""
    stock.break_after = 7
    assert refusal(address, folder, attempts=1) == "pacs_broken"
    assert not folder.root.exists()
    stock.given.clear()
    assert ingest_source(address, folder, config()).kept == 2
    assert len(stock.given) == 3
    assert not (folder.private / "incoming").exists()


def test_a_series_that_is_not_given_whole_is_left_out(stock: Stock, address: str, folder: StudyFolder) -> None:
    """The series of an image that is listed and not there is left out and named."""
    stock.refuse.add(f"{ROOT}.1.1.5")
    result = ingest_source(address, folder, config())
    assert result.kept == 1
    assert [p.code for p in result.problems if p.code.startswith("pacs")] == ["pacs_not_given"]


@pytest.mark.parametrize(
    "instead",
    [
        b"",
        b"<html>Zaphod</html>",
        b"\0" * 128 + b"DICM",
        b"\0" * 128 + b"DICM" + b"\x02\0\x10\0UI\xff\xff" + b"Zaphod" * 9,
    ],
)
def test_what_is_no_image_counts_as_not_given(
    stock: Stock, address: str, folder: StudyFolder, instead: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    """A page of a proxy, or a file cut short, in place of an image: its series is left out, the other is taken."""
    stock.spoil[f"{ROOT}.1.1.5"] = instead
    result = ingest_source(address, folder, config())
    assert result.kept == 1
    assert [p.code for p in result.problems if p.code.startswith("pacs")] == ["pacs_not_given"]
    assert "Zaphod" not in "".join(capfd.readouterr())


def test_another_image_than_was_asked_for_is_not_kept(
    stock: Stock, address: str, folder: StudyFolder, source: Path
) -> None:
    """A server that mixes up its images does not fill one series with another's."""
    stock.spoil[f"{ROOT}.1.1.5"] = (source / "0007.dcm").read_bytes()
    result = ingest_source(address, folder, config())
    assert result.kept == 1
    assert [p.code for p in result.problems if p.code.startswith("pacs")] == ["pacs_not_given"]


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_images": 6}, "pacs_too_many"),
        ({"max_studies": 0}, "pacs_too_many"),
        ({"max_image_bytes": 1500}, "pacs_too_large"),
        ({"max_total_bytes": 4000}, "pacs_too_large"),
    ],
)
def test_limits_end_a_retrieval(address: str, folder: StudyFolder, limits: dict[str, int], code: str) -> None:
    """Too many answers, too large an answer, too much in all."""
    assert refusal(address, folder, **limits) == code


def test_names_do_not_travel_unencrypted(folder: StudyFolder) -> None:
    """Plain http to another machine is refused before anything is sent; this machine itself may be asked."""
    assert refusal("http://pacs.example/dicom-web", folder) == "pacs_plain_http"


def test_nobody_there_is_told(folder: StudyFolder) -> None:
    """A port at which nothing listens is no long wait."""
    assert refusal(f"http://{HOST}:9/dicom-web", folder) == "pacs_unreachable"


def test_a_wrong_path_is_told(address: str, folder: StudyFolder) -> None:
    """The service's path is what is wrong, and the message says so."""
    with pytest.raises(RefusedError, match="path of the service"):
        ingest_source(address.replace("dicom-web", "nothing-here"), folder, config())


Application = Callable[[dict[str, Any], Callable[..., Any]], list[bytes]]


def answering(status: str, headers: list[tuple[str, str]], body: bytes) -> Application:
    """Return a server that gives the same answer to everything."""

    def application(_: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return application


@pytest.mark.parametrize(
    ("application", "code"),
    [
        (answering("200 OK", [("Content-Type", "text/html")], b"<html>Zaphod</html>"), "pacs_answer"),
        (answering("200 OK", [("Content-Type", "application/dicom+json")], b"[[[{{"), "pacs_answer"),
        (
            answering("200 OK", [("Content-Type", "application/dicom+json")], json.dumps([{"0020000D": 7}]).encode()),
            "pacs_answer",
        ),
        (
            answering(
                "200 OK",
                [("Content-Type", "application/dicom+json")],
                json.dumps([{"0020000D": {"vr": "UI", "Value": ["../../Zaphod"]}}]).encode(),
            ),
            "pacs_answer",
        ),
        (answering("302 Found", [("Location", "http://elsewhere.example/")], b""), "pacs_redirect"),
        (answering("500 Internal Server Error", [], b"Zaphod"), "pacs_unreachable"),
        (answering("418 Teapot", [], b"Zaphod"), "pacs_answer"),
        (answering("204 No Content", [], b""), "pacs_nothing"),
    ],
)
def test_a_server_that_answers_oddly_is_refused(folder: StudyFolder, application: Application, code: str) -> None:
    """Pages of a portal, broken answers and redirections end with a name, and none of their words are repeated."""
    with serve(application) as address:
        assert refusal(address, folder) == code
    assert not folder.root.exists()


def test_tls_is_checked_against_the_hospitals_authority(stock: Stock, folder: StudyFolder, tmp_path: Path) -> None:
    """A certificate nobody vouches for is refused; named as ca_file it is trusted."""
    if shutil.which("openssl") is None:
        pytest.skip("makes its certificate by openssl, which is not here")
    certificate, key = tmp_path / "ca.pem", tmp_path / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=test"]
    command += ["-addext", f"subjectAltName=IP:{HOST}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with web_archive(stock, tls=context) as address:
        assert address.startswith("https://")
        assert refusal(address, folder) == "pacs_certificate"
        assert ingest_source(address, folder, config(ca_file=str(certificate))).kept == 2
