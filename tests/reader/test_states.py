"""The states of a read, its record, and what a signature and an unlocking need."""

import numpy as np
import pytest
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from mri.nifti import read_label_map
from segmentation.findings import parse_findings
from segmentation.store import load_annotation
from tests.reader.client import complete_answers, opened, put_mask, read_and_sign, with_role
from tests.reader.small_study import FIRST, FOLLOW_UP

FINDINGS = "/api/cases/c1/findings"


def test_a_read_goes_from_untouched_over_in_work_to_signed(client: TestClient) -> None:
    """The worklist tells the state; a first mark is work, a signature ends it."""
    states = []
    series = with_role(opened(client), "t2_sag")
    states.append(client.get("/api/cases").json()["cases"][0]["state"])
    array = np.zeros(series["shape"], dtype=np.uint8)
    array[3:6, 20:30, 20:28] = 1
    put_mask(client, series, array)
    states.append(client.get("/api/cases").json()["cases"][0]["state"])
    assert read_and_sign(client).json()["state"] == "signed"
    listed = client.get("/api/cases").json()
    states.append(listed["cases"][0]["state"])
    assert states == ["untouched", "in_work", "signed"]
    assert listed["done"] == 1


def test_a_signature_names_every_item_without_an_answer(client: TestClient) -> None:
    """A drawn lesion that nobody described, and each patient item left out, are named."""
    series = with_role(opened(client), "t2_sag")
    put_mask(client, series, np.ones(series["shape"], dtype=np.uint8))
    body = complete_answers(client, lesion="2")
    del body["patient"]["vertebral_mets"]
    body["patient"]["primary_visible"] = {"value": "yes", "source": "suggested"}
    etag = client.put(FINDINGS, json=body, headers={"If-Match": "none"}).json()["etag"]
    answer = client.post("/api/cases/c1/sign", json={}, headers={"If-Match": etag})
    assert answer.status_code == 422
    where = {problem["where"] for problem in answer.json()["problems"]}
    assert {"patient: vertebral_mets", "patient: primary_visible", "lesion 1: rim_sign"} <= where
    assert not any(place.startswith("lesion 2") for place in where)


def test_a_signature_is_of_the_version_that_was_seen(client: TestClient) -> None:
    """What another tab saved meanwhile is not signed unseen."""
    opened(client)
    client.put(FINDINGS, json=complete_answers(client), headers={"If-Match": "none"})
    assert client.post("/api/cases/c1/sign", json={}).status_code == 428
    assert client.post("/api/cases/c1/sign", json={}, headers={"If-Match": "0" * 32}).status_code == 412
    assert opened(client)["state"] == "in_work"


def test_unlocking_needs_a_reason_and_keeps_the_first_read(client: TestClient, folder: StudyFolder) -> None:
    """The signed files lie aside as they were, the log holds the reason, and the next read is number 2."""
    series = with_role(opened(client), "t2_sag")
    array = np.zeros(series["shape"], dtype=np.uint8)
    array[3:6, 20:30, 20:28] = 1
    etag = put_mask(client, series, array).json()["etag"]
    read_and_sign(client)
    assert client.post("/api/cases/c1/unlock", json={"reason": " "}).status_code == 422
    assert client.post("/api/cases/c1/unlock", json={"reason": "clicked too early"}).json()["state"] == "in_work"
    kept = folder.readings_log / "versions" / f"{FIRST}_desc-AB_read-1"
    masks = list(kept.glob("*_mask.nii.gz"))
    assert [read_label_map(path).labels() for path in masks] == [(1,)]
    import json

    findings = parse_findings(json.loads(next(kept.glob("*_findings.json")).read_text()), "kept")
    assert findings.signed
    assert put_mask(client, series, array * 2, if_match=etag).status_code == 200
    lines = client.get("/api/audit/c1").json()["lines"]
    assert next(line["reason"] for line in lines if line["event"] == "unlock") == "clicked too early"
    assert opened(client)["read_number"] == 2
    assert client.post("/api/cases/c1/unlock", json={"reason": "again"}).status_code == 409


def test_the_record_of_the_read_is_the_servers(client: TestClient, folder: StudyFolder) -> None:
    """Who read, when, how long and what was hidden is entered by the server, whatever the page says."""
    opened(client)
    client.post("/api/cases/c1/activity", json={"seconds": 30.5, "series": ["s1"], "event": "scroll"})
    client.post("/api/cases/c1/activity", json={"seconds": 12})
    body = complete_answers(client)
    body |= {"author": "XX", "state": "signed", "approvals": [{"what": "cord", "at": "x", "edited": False}]}
    image = {"series": opened(client)["series"][0]["file"], "slice": 3, "point": [0.0, 1.0, 2.0], "note": "lesion"}
    body["record"] = {"active_seconds": 1, "key_images": [image], "comment": "motion"}
    answer = client.put(FINDINGS, json=body, headers={"If-Match": "none"})
    assert answer.status_code == 200, answer.text
    found = load_annotation(folder, folder.load(FIRST), "AB").findings
    assert found is not None
    assert found.record is not None
    assert (found.author, found.state, found.approvals) == ("AB", "in_work", ())
    assert (found.record.active_seconds, found.record.order_index, found.record.read_number) == (42.5, 1, 1)
    assert found.record.suggestion_mode == "before"
    assert set(found.record.blinded_to) == {"outcome", "clinical", "other_reader", "followup"}
    assert found.record.key_images[0].note == "lesion"
    assert found.record.comment == "motion"
    assert client.get("/api/cases").json()["cases"][0]["minutes_active"] == pytest.approx(0.7)


def test_a_case_that_is_not_there_is_unknown(client: TestClient) -> None:
    """Neither a case nor a series nor a structure is made up."""
    assert client.get("/api/cases/c99").status_code == 404
    assert client.get("/api/cases/c1/series/s99.nii.gz").status_code == 404
    assert client.get("/api/cases/c1/masks/brain/s1.nii.gz").status_code == 404
    assert client.get("/api/cases/c1/masks/cyst/s1.nii.gz").json()["code"] == "not_drawn"


def test_the_second_session_of_a_patient_needs_the_follow_up_item(client: TestClient) -> None:
    """New lesions are asked for in a later read only."""
    read_and_sign(client, "c1")
    body = complete_answers(client, "c2")
    del body["patient"]["new_lesions_followup"]
    etag = client.put("/api/cases/c2/findings", json=body, headers={"If-Match": "none"}).json()["etag"]
    answer = client.post("/api/cases/c2/sign", json={}, headers={"If-Match": etag})
    assert [problem["where"] for problem in [answer.json()]] == ["patient: new_lesions_followup"]
    assert FOLLOW_UP.session == "02"


def test_a_signature_logs_the_hash_of_each_file(client: TestClient, folder: StudyFolder) -> None:
    """What was signed can be told from what lies there later."""
    import hashlib

    series = with_role(opened(client), "t2_sag")
    put_mask(client, series, np.ones(series["shape"], dtype=np.uint8))
    read_and_sign(client)
    lines = client.get("/api/audit/c1").json()["lines"]
    signed = next(line["files"] for line in lines if line["event"] == "sign")
    on_disk = {
        p.name: hashlib.sha256(p.read_bytes()).hexdigest()[:32] for p in folder.readings(FIRST).glob("*desc-AB*")
    }
    assert signed == on_disk
    assert len(signed) == 3
