"""What the page is told: vocabulary, worklist, manifest, numbers; and how fast."""

import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from features.case_building import build_case
from features.measure import measure_case
from features.parameters import FeatureParameters
from mri.bids import StudyFolder, write_table
from mri.nifti import read_volume
from mri.register import RigidTransform, write_transform
from mri.study import StudyId
from reader.memory import Memory
from reader.page_files import RENDERER, page_files, page_folder
from segmentation.regions import Region
from segmentation.store import load_annotation
from segmentation.vocabulary import items
from tests.reader.client import client_of, opened, put_mask, with_role
from tests.reader.small_study import FIRST, FRAME, make_study

A_HUNDRED = 100


def test_the_vocabulary_is_the_command_lines(client: TestClient) -> None:
    """Every item with its codes, definition and rules, and every structure with its colour."""
    told = client.get("/api/vocabulary").json()
    assert [entry["name"] for entry in told["items"]] == [entry.name for entry in items()]
    rim = next(entry for entry in told["items"] if entry["name"] == "rim_sign")
    assert rim["codes"] == ["absent", "present"]
    assert rim["inapplicable_if"] == {"enhancement_pattern": ["absent", "ring"]}
    assert rim["needs"] == ["t1_sag_gd"]
    assert rim["required"] is True
    assert [region["region"] for region in told["regions"]] == [region.value for region in Region]
    assert told["discs"][2] == "C2-C3"
    assert told["vertebrae"][-1] == "S1"


def test_the_session_says_what_it_is(client: TestClient) -> None:
    """Reader, protocol, version and the notice that stands on every screen."""
    told = client.get("/api/session").json()
    assert told["reader"] == "AB"
    assert "Research use only" in told["notice"]
    assert "not a login" in told["notice"]
    assert told["protocol"]["suggestions"] == "before"
    assert told["niivue"] is (page_folder() / RENDERER).is_file()


def test_the_manifest_tells_each_series(client: TestClient) -> None:
    """Name, role, grid, window; the frame of reference under an opaque name; the cord's axis."""
    manifest = opened(client)
    by_role = {role: series for series in manifest["series"] for role in series["roles"]}
    assert set(by_role) == {"t2_ax", "t1_sag_pre", "t1_sag_gd", "t2_sag"}
    assert by_role["t1_sag_gd"]["name"] == "sag T1 + Gd C"
    assert {series["frame"] for series in manifest["series"]} == {"f1"}
    assert FRAME not in client.get("/api/cases/c1").text
    low, high = by_role["t2_sag"]["window"]
    assert 0 <= low < 100 < high <= 300
    s_mm = [row[3] for row in manifest["centreline"]]
    assert s_mm == sorted(s_mm)
    assert manifest["discs_from"] == "auto"
    assert manifest["etags"] == {"discs": "none", "findings": "none"}


def test_a_transform_between_series_is_told(client: TestClient, folder: StudyFolder) -> None:
    """A rigid transform that was found is given in LPS mm; a broken one is left out."""
    matrix = np.eye(4)
    matrix[:3, 3] = 1.0, 2.0, 3.0
    path = folder.transform(FIRST, "acq-axCT2", "acq-sagCT2")
    write_transform(
        path, RigidTransform(matrix=tuple(map(tuple, matrix.tolist())), method="test"), fixed="a", moving="b"
    )
    links = opened(client)["links"]
    assert [(link["from"], link["to"]) for link in links] == [("f1", "f1")]
    assert np.allclose(links[0]["matrix_lps"], matrix)
    path.write_text("{}")
    assert opened(client)["links"] == []


def test_an_untouched_sheet_is_filled_from_the_series(client: TestClient) -> None:
    """Which series there are stands in the form before anybody typed, as suggested."""
    patient = client.get("/api/cases/c1/findings").json()["patient"]
    assert (patient["series_t2_sag"]["value"], patient["series_t2_sag"]["source"]) == ("yes", "suggested")
    assert patient["series_gre_ax"]["value"] == "no"


def test_warnings_of_earlier_steps_are_in_the_worklist(client: TestClient, folder: StudyFolder) -> None:
    """What ingest or the proposals found odd is told; what was measured of a reading is not."""
    columns = ("participant_id", "session_id", "step", "code", "severity", "where", "message")
    usual = {"participant_id": "P1", "session_id": "01", "severity": "warning", "where": "x", "message": "look"}
    rows = [usual | {"step": "propose", "code": "odd"}, usual | {"step": "measure", "code": "secret"}]
    write_table(folder.features() / "problems.csv", columns, rows)
    assert client.get("/api/cases").json()["cases"][0]["warnings"] == [{"code": "odd", "message": "look"}]


def test_live_numbers_are_those_of_the_command_line(client: TestClient, folder: StudyFolder) -> None:
    """After each edit the rows equal those that measuring the saved files gives."""
    series = with_role(opened(client), "t2_sag")
    array = np.zeros(series["shape"], dtype=np.uint8)
    etag = "none"
    for rows in (30, 34):
        array[3:6, 20:rows, 20:28] = 1
        answer = put_mask(client, series, array, if_match=etag).json()
        etag = answer["etag"]
        study = folder.load(FIRST)
        annotations = [load_annotation(folder, study, author) for author in ("AB", "auto")]
        case = build_case(study, *annotations, volumes=lambda one: read_volume(folder.image(one)))
        expected = measure_case(case, FeatureParameters(intervals=False)).lesions[0]
        told = answer["numbers"]["lesions"][0]
        for name in ("t2_length_mm", "t2_volume_mm3", "t2_seg_frac"):
            assert told[name] == pytest.approx(expected[name])
        assert told["t2_levels"] == expected["t2_levels"]
        assert answer["numbers"]["elapsed_ms"] < 1000


def test_a_hundred_cases_are_listed_within_a_second(tmp_path: Path) -> None:
    """The worklist of a hundred sessions, some of them read, needs no image."""
    folder = make_study(tmp_path / "study", (FIRST,))
    client = client_of(folder)
    opened(client)
    client.put("/api/cases/c1/findings", json={"lesions": {}, "patient": {}}, headers={"If-Match": "none"})
    for number in range(2, A_HUNDRED + 1):
        study = StudyId(participant=f"Q{number}", session="01")
        place = folder.session(study)
        (place / "anat").mkdir(parents=True)
        shutil.copy(folder.scans_table(FIRST), folder.scans_table(study))
        findings = folder.findings(study, "AB")
        findings.parent.mkdir(parents=True)
        shutil.copy(folder.findings(FIRST, "AB"), findings)
    client = client_of(folder)
    client.get("/api/cases")
    began = time.perf_counter()
    told = client.get("/api/cases").json()
    assert time.perf_counter() - began < 1.0
    assert told["total"] == A_HUNDRED
    assert {case["state"] for case in told["cases"]} == {"in_work"}


def test_memory_forgets_what_was_used_longest_ago() -> None:
    """Beyond the limit the oldest goes; one value larger than the limit is still kept while it is used."""
    memory = Memory(100)
    made: list[str] = []

    def get(key: str, size: int) -> str:
        def make() -> str:
            made.append(key)
            return key.upper()

        return memory.get(key, make, lambda _: size)

    assert [get("a", 40), get("b", 40), get("a", 40), get("c", 40)] == ["A", "B", "A", "C"]
    assert memory.used_bytes == 80
    get("a", 40)
    get("b", 40)
    assert made == ["a", "b", "c", "b"]
    get("d", 500)
    assert memory.used_bytes == 500


def test_files_of_the_page_are_served_by_their_names(client: TestClient) -> None:
    """Each file of the page has its type; what is not in the list, or belongs to the checks, is not served."""
    for name in page_files():
        answer = client.get(f"/static/{name}")
        assert answer.status_code == 200
        if name.endswith(".js"):
            assert answer.headers["content-type"].startswith("text/javascript")
    assert client.get("/static/package.json").status_code == 404
    assert client.get("/static/check/tsconfig.json").status_code == 404


def test_a_missing_renderer_is_told_with_its_mend(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the build had no npm the page is told how to add the renderer."""
    from reader import page_files as module

    there = {name: path for name, path in module.page_files().items() if name != RENDERER}
    monkeypatch.setattr(module, "page_files", lambda: there)
    answer = client.get(f"/static/{RENDERER}")
    assert answer.status_code == 404
    assert "npm" in answer.json()["message"]


def test_a_damaged_session_does_not_hide_the_others(client: TestClient, folder: StudyFolder) -> None:
    """A table of one session that cannot be read is told when it is opened; the worklist stays."""
    folder.scans_table(FIRST).write_bytes(b"\xff\xfe")
    (folder.features()).mkdir(parents=True)
    (folder.features() / "problems.csv").write_bytes(b"\xff\xfe")
    told = client.get("/api/cases").json()["cases"]
    assert [case["n_series"] for case in told] == [0, 4]
    answer = client.get("/api/cases/c1")
    assert (answer.status_code, answer.json()["code"]) == (422, "table_not_utf8")


def test_a_row_of_the_scans_that_means_nothing_is_told(client: TestClient, folder: StudyFolder) -> None:
    """A word that no series has leaves the other series usable."""
    table = folder.scans_table(FIRST)
    table.write_text(table.read_text().replace("\tax\t", "\toblique\t"))
    manifest = opened(client)
    assert len(manifest["series"]) == 3
    assert "scan_row_wrong" in {warning["code"] for warning in manifest["warnings"]}


def test_a_session_without_a_usable_series_opens_and_says_so(client: TestClient, folder: StudyFolder) -> None:
    """All images gone: the case opens empty with the reasons, and every request of it has an answer."""
    for path in (folder.session(FIRST) / "anat").glob("*.nii.gz"):
        path.unlink()
    manifest = opened(client)
    assert manifest["series"] == []
    assert {warning["code"] for warning in manifest["warnings"]} >= {"scan_missing"}
    for url in ("numbers", "findings", "discs"):
        assert client.get(f"/api/cases/c1/{url}").status_code == 200
    assert client.post("/api/cases/c1/probe", json={"point": [0, 0, 0]}).json()["series"] == {}
    assert client.post("/api/cases/c1/discs/propose", json={"points": {"C2-C3": [0, 0, 0]}}).status_code == 422
