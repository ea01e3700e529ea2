"""The states of a read, blinding, the form's rules on the server, and what a signature needs."""

from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from mri.nifti import read_label_map
from reader.parameters import ReadingParameters
from segmentation.findings import parse_findings
from segmentation.store import load_annotation, save_annotation
from tests.reader.client import (
    client_of,
    complete_answers,
    opened,
    put_mask,
    read_and_sign,
    with_role,
)
from tests.reader.small_study import FIRST, FOLLOW_UP, proposal

FINDINGS = "/api/cases/c1/findings"
SHOWN = ReadingParameters(blinded=False)


def said(value: object, **more: object) -> dict[str, object]:
    """Return an answer of the reader."""
    return {"value": value, "source": "reader", **more}


def saved(client: TestClient, lesion: dict[str, Any], patient: dict[str, Any] | None = None) -> dict[str, Any]:
    """Save the answers of lesion 1, and return what the server says."""
    etag = client.get(FINDINGS).json()["etag"]
    body = {"lesions": {"1": lesion}, "patient": patient or {}}
    answer = client.put(FINDINGS, json=body, headers={"If-Match": etag})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stored(client: TestClient) -> dict[str, Any]:
    """Return the answers of lesion 1 as they are saved."""
    found: dict[str, Any] = client.get(FINDINGS).json()["lesions"]["1"]
    return found


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
    image = {"series": "s1", "slice": 3, "point": [0.0, 1.0, 2.0], "note": "lesion"}
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


def test_an_absent_pattern_makes_rim_and_flame_not_applicable(client: TestClient) -> None:
    """The server enters what the rules force, also where the page said otherwise, and says so."""
    answer = saved(client, {"enhancement_pattern": said("absent"), "rim_sign": said("present")})
    assert answer["forced"]["lesions"]["1"]["rim_sign"] == "not_applicable"
    assert stored(client)["rim_sign"]["value"] == "not_applicable"
    assert stored(client)["flame_sign"]["value"] == "not_applicable"
    assert stored(client)["rim_sign_extent"]["value"] == "not_applicable"


def test_what_no_rule_forces_any_more_is_taken_back(client: TestClient) -> None:
    """A pattern corrected to ring frees the flame sign, and keeps the rim excluded."""
    saved(client, {"enhancement_pattern": said("absent")})
    before = stored(client)
    answer = saved(client, before | {"enhancement_pattern": said("ring")})
    assert "flame_sign" not in stored(client)
    assert stored(client)["rim_sign"]["value"] == "not_applicable"
    assert "flame_sign" not in answer["forced"]["lesions"]["1"]


def test_a_missing_series_makes_its_items_not_assessable_and_back(client: TestClient) -> None:
    """No gadolinium: the pattern is not assessable, with the reason; a corrected sheet takes that back."""
    none = {"series_t1_sag_gd": said("no"), "series_t1_ax_gd": said("no"), "series_iso3d": said("no")}
    saved(client, {"lesion_basis": said("t2")}, none)
    pattern = stored(client)["enhancement_pattern"]
    assert (pattern["value"], pattern["na_reason"]) == ("not_assessable", "sequence_missing")
    saved(client, stored(client), none | {"series_t1_sag_gd": said("yes")})
    assert "enhancement_pattern" not in stored(client)
    by_hand = said("not_assessable", na_reason="artefact")
    saved(client, {"enhancement_pattern": by_hand}, {"series_t1_sag_gd": said("yes")})
    assert stored(client)["enhancement_pattern"]["value"] == "not_assessable"


def test_leptomeningeal_disease_makes_the_derived_item_yes(client: TestClient) -> None:
    """A derived item is the server's: what a page says of it is dropped."""
    patient = {"leptomeningeal_mets": said("yes"), "noncord_cns_spinal_mets": said("no")}
    assert saved(client, {}, patient)["derived"]["noncord_cns_spinal_mets"] == "yes"
    assert "noncord_cns_spinal_mets" not in client.get(FINDINGS).json()["patient"]


@pytest.mark.parametrize(
    "lesion",
    [
        {"rim_sign": said("maybe")},
        {"position": said("central", confidence=4)},
        {"position": said("not_assessable")},
        {"no_such_item": said("yes")},
        {"vertebral_mets": said("yes")},
        {"enh_ap_mm_reader": said(10**400)},
        {"enh_ap_mm_reader": {"value": 1, "source": "reader", "other": 2}},
        {"position": "central"},
    ],
)
def test_what_the_vocabulary_does_not_know_is_refused(client: TestClient, lesion: dict[str, Any]) -> None:
    """The same words as on the command line: a wrong code, reason, confidence, item or shape is 422."""
    answer = client.put(FINDINGS, json={"lesions": {"1": lesion}, "patient": {}}, headers={"If-Match": "none"})
    assert answer.status_code == 422
    assert client.get(FINDINGS).json()["etag"] == "none"


@pytest.mark.parametrize(
    "body", [b"[]", b"3", b'{"lesions": {"0": {}}}', b'{"lesions": {"1e3": {}}}', b'{"lesions": 3}']
)
def test_findings_of_another_shape_are_refused(client: TestClient, body: bytes) -> None:
    """A body that is no findings.json is 422 whatever it is."""
    headers = {"If-Match": "none", "Content-Type": "application/json"}
    assert client.put(FINDINGS, content=body, headers=headers).status_code == 422


@pytest.mark.parametrize("body", [b"", b"{", b"NaN", b'{"a": 1e999}', b"[" * 100_000, b'{"\\ud800": 1}', b"\xff\xfe"])
def test_json_that_is_none_is_refused(client: TestClient, body: bytes) -> None:
    """Nesting without end, numbers without end and broken text are refused, not tried."""
    headers = {"If-Match": "none", "Content-Type": "application/json"}
    assert client.put(FINDINGS, content=body, headers=headers).status_code == 422
    assert client.post("/api/cases/c1/grow", content=body, headers=headers).status_code in (400, 422)


def test_a_follow_up_is_hidden_until_the_first_is_signed(client: TestClient) -> None:
    """That a patient came again tells of survival: neither the list nor an id leads there before."""
    assert [case["session"] for case in client.get("/api/cases").json()["cases"]] == ["01", "01"]
    hidden = client.get("/api/cases/c2")
    assert (hidden.status_code, hidden.json()["code"]) == (403, "session_hidden")
    assert client.get("/api/cases/c2/numbers").status_code == 403
    read_and_sign(client)
    listed = client.get("/api/cases").json()["cases"]
    assert [(case["participant"], case["session"]) for case in listed] == [("P1", "01"), ("P1", "02"), ("P2", "01")]
    assert opened(client, "c2")["prior"] == "c1"
    assert opened(client, "c1")["prior"] is None


def test_the_order_of_sessions_is_that_of_their_days(folder: StudyFolder) -> None:
    """A session whose number is higher may be the earlier one: sessions.tsv says so, not the number."""
    table = folder.sessions_table("P1")
    table.write_text("session_id\tacq_time\nses-01\t2012-01-01T00:00:00\nses-02\t2011-01-01T00:00:00\n")
    listed = client_of(folder).get("/api/cases").json()["cases"]
    assert [(case["participant"], case["session"]) for case in listed] == [("P1", "02"), ("P2", "01")]


def test_without_blinding_every_session_is_listed(folder: StudyFolder) -> None:
    """A study that is no survival study may show all."""
    assert client_of(folder, protocol=SHOWN).get("/api/cases").json()["total"] == 3


def test_the_seed_and_the_reader_set_the_order(folder: StudyFolder) -> None:
    """The same seed gives the same order to the same reader, and another to another."""

    def order(reader: str, seed: int | None) -> list[str]:
        protocol = ReadingParameters(blinded=False, order_seed=seed)
        cases = client_of(folder, reader, protocol).get("/api/cases").json()["cases"]
        return [f"{case['participant']}{case['session']}" for case in cases]

    assert order("AB", None) == ["P101", "P102", "P201"]
    assert order("AB", 5) == order("AB", 5)
    assert len({tuple(order(reader, 5)) for reader in ("AB", "CD", "EF", "GH")}) > 1
    assert len({tuple(order("AB", seed)) for seed in range(6)}) > 1


def test_nothing_of_another_reader_is_told(folder: StudyFolder) -> None:
    """Neither marks nor findings nor the name of a reader who signed are in any answer to another."""
    first = client_of(folder, "XAVERIA")
    series = with_role(opened(first), "t2_sag")
    put_mask(first, series, np.ones(series["shape"], dtype=np.uint8))
    read_and_sign(first)
    second = client_of(folder, "CD")
    urls = ["/api/session", "/api/cases", *(f"/api/cases/c1{part}" for part in ("", "/findings", "/discs", "/numbers"))]
    said_to_second = "".join(second.get(url).text for url in (*urls, "/api/audit/c1"))
    assert "XAVERIA" not in said_to_second
    assert second.get("/api/cases").json()["cases"][0]["state"] == "untouched"


def test_no_outcome_and_no_day_is_told(client: TestClient, folder: StudyFolder) -> None:
    """The clinical table and the days of the sessions stay out of every answer."""
    (folder.analysis).mkdir(parents=True)
    folder.cohort.write_text("participant_id,os_months\nP1,314.15926\n")
    told = "".join(client.get(url).text for url in ("/api/cases", "/api/cases/c1", "/api/cases/c1/numbers"))
    assert "314.159" not in told
    assert "2010-01" not in told


def test_a_case_that_is_not_there_is_unknown(client: TestClient) -> None:
    """Neither a case nor a series nor a structure is made up."""
    assert client.get("/api/cases/c99").status_code == 404
    assert client.get("/api/cases/c1/series/s99.nii.gz").status_code == 404
    assert client.get("/api/cases/c1/masks/brain/s1.nii.gz").status_code == 404
    assert client.get("/api/cases/c1/masks/cyst/s1.nii.gz").json()["code"] == "not_drawn"


def test_an_approved_proposal_becomes_the_readers_own(client: TestClient, folder: StudyFolder) -> None:
    """Cord and discs that were looked at are copied, so that the reading stands by itself, without auto's flags."""
    opened(client)
    for what in ("cord", "discs"):
        assert client.post("/api/cases/c1/approve", json={"what": what, "edited": False}).status_code == 200
    annotation = load_annotation(folder, folder.load(FIRST), "AB")
    assert annotation.findings is not None
    assert [approval.what for approval in annotation.findings.approvals] == ["cord", "discs"]
    assert len(annotation.masks) == 2
    assert annotation.discs is not None
    flags = client.get("/api/cases/c1/numbers").json()["patient"]["flags"] or ""
    assert "from_auto" not in flags
    manifest = opened(client)
    assert {s["from"] for s in manifest["structures"] if s["region"] == "cord"} == {"author"}
    assert all(s["approved"] for s in manifest["structures"] if s["region"] == "cord")


def test_a_candidate_is_taken_over_or_refused(client: TestClient, folder: StudyFolder) -> None:
    """An accepted lesion has its number in the reader's mask; a refused one is remembered; both are in the log."""
    manifest = opened(client)
    t2, gd = with_role(manifest, "t2_sag"), with_role(manifest, "t1_sag_gd")
    url = "/api/cases/c1/candidates"
    one = {"decision": "accept", "region": "t2hyper", "series": t2["series"], "label": 1}
    accepted = client.post(url, json=one)
    assert accepted.status_code == 200
    assert accepted.json()["numbers"]["lesions"][0]["lesion_id"] == 1
    client.post(url, json={"decision": "reject", "region": "enhancing", "series": gd["series"], "label": 1})
    assert client.post(url, json=one | {"label": 9}).status_code == 404
    assert client.post(url, json=one | {"region": "cord"}).status_code == 404
    again = opened(client)
    assert {(d["region"], d["series"], d["label"], d["decision"]) for d in again["decisions"]} == {
        ("t2hyper", t2["series"], 1, "accept"),
        ("enhancing", gd["series"], 1, "reject"),
    }
    events = [line["event"] for line in client.get("/api/audit/c1").json()["lines"]]
    assert events.count("candidate") == 2
    read_and_sign(client)
    found = load_annotation(folder, folder.load(FIRST), "AB").findings
    assert found is not None
    assert found.record is not None
    assert found.record.started_from == "auto"


def test_the_second_session_of_a_patient_needs_the_follow_up_item(client: TestClient) -> None:
    """New lesions are asked for in a later read only."""
    read_and_sign(client, "c1")
    body = complete_answers(client, "c2")
    del body["patient"]["new_lesions_followup"]
    etag = client.put("/api/cases/c2/findings", json=body, headers={"If-Match": "none"}).json()["etag"]
    answer = client.post("/api/cases/c2/sign", json={}, headers={"If-Match": etag})
    assert [problem["where"] for problem in [answer.json()]] == ["patient: new_lesions_followup"]
    assert FOLLOW_UP.session == "02"


def test_other_readers_are_shown_once_both_have_signed(folder: StudyFolder) -> None:
    """Marks, findings and agreement of the other; before either signature nothing, not even the name."""
    one, two = client_of(folder, "AB"), client_of(folder, "CD")
    series = with_role(opened(one), "t2_sag")
    opened(two)
    array = np.zeros(series["shape"], dtype=np.uint8)
    array[3:6, 20:30, 20:28] = 1
    put_mask(one, series, array)
    array[5, 20:30, 20:28] = 0
    put_mask(two, series, array)
    url = "/api/cases/c1/others"
    theirs = f"/api/cases/c1/masks/t2hyper/{series['series']}.nii.gz?author="
    assert one.get(url).json()["code"] == "others_hidden"
    assert one.get(theirs + "CD").json()["code"] == "others_hidden"
    read_and_sign(one)
    assert one.get(url).json()["others"] == []
    assert one.get(theirs + "CD").status_code == 404
    read_and_sign(two)
    told = one.get(url).json()["others"]
    assert [other["reader"] for other in told] == ["CD"]
    assert told[0]["findings"]["state"] == "signed"
    assert told[0]["structures"] == [{"region": "t2hyper", "series": series["series"], "dice": 0.8}]
    assert one.get(theirs + "CD").status_code == 200
    assert one.get(theirs + "auto").status_code == 404


def test_a_read_unlocked_after_the_others_were_seen_is_not_blinded(folder: StudyFolder) -> None:
    """The record says so, and the log too."""
    one, two = client_of(folder, "AB"), client_of(folder, "CD")
    for client in (one, two):
        opened(client)
        read_and_sign(client)
    one.get("/api/cases/c1/others")
    one.post("/api/cases/c1/unlock", json={"reason": "compared"})
    record = one.get(FINDINGS).json()["record"]
    assert "other_reader" not in record["blinded_to"]
    assert "others_seen" in [line["event"] for line in one.get("/api/audit/c1").json()["lines"]]
    two.post("/api/cases/c1/unlock", json={"reason": "typing slip"})
    assert "other_reader" in two.get(FINDINGS).json()["record"]["blinded_to"]


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


@pytest.mark.parametrize(("basis", "asked"), [("both", 4), ("t2", 2), ("enhancement", 2)])
def test_levels_by_eye_are_asked_for_what_a_lesion_shows(basis: str, asked: int) -> None:
    """A lesion that does not enhance has no enhancing extent to be given by eye."""
    from reader.required import BY_EYE, unanswered
    from segmentation.answers import Answer

    lesion = {1: {"lesion_basis": Answer(value=basis, source="reader")}}
    protocol = ReadingParameters(levels_by_eye_first=True)
    missing = [problem.where for problem in unanswered(lesion, {}, (), protocol)]
    assert sum(f"lesion 1: {name}" in missing for name in BY_EYE) == asked
    assert not any(f"lesion 1: {name}" in [p.where for p in unanswered(lesion, {}, (), SHOWN)] for name in BY_EYE)


def test_an_accepted_lesion_never_takes_the_place_or_number_of_a_drawn_one(client: TestClient) -> None:
    """A reader's own lesion 1 stays; the proposed lesion 1 becomes 2, the same in both of its regions."""
    manifest = opened(client)
    t2, gd = with_role(manifest, "t2_sag"), with_role(manifest, "t1_sag_gd")
    url = f"/api/cases/c1/masks/t2hyper/{t2['series']}.nii.gz"
    import gzip

    from nibabel.nifti1 import Nifti1Image

    proposed = np.asarray(Nifti1Image.from_bytes(gzip.decompress(client.get(url).content)).dataobj) == 1
    own = np.zeros(t2["shape"], dtype=np.uint8)
    own[tuple(np.argwhere(proposed)[0])] = 1
    own[0, 0, 0] = 1
    put_mask(client, t2, own)
    numbers = []
    for region, series in (("t2hyper", t2), ("enhancing", gd)):
        body = {"decision": "accept", "region": region, "series": series["series"], "label": 1}
        numbers.append(client.post("/api/cases/c1/candidates", json=body).json()["label"])
    assert numbers == [2, 2]
    after = np.asarray(Nifti1Image.from_bytes(gzip.decompress(client.get(url).content)).dataobj)
    assert np.array_equal(after == 1, own == 1)
    assert np.array_equal(after == 2, proposed & (own == 0))


def test_proposals_that_were_made_anew_are_not_taken_over_unseen(client: TestClient, folder: StudyFolder) -> None:
    """Cord, discs or a lesion proposed after the case was opened are to be looked at first; marks are still saved."""
    series = with_role(opened(client), "t2_sag")
    save_annotation(folder, proposal(FIRST))
    body = {"decision": "accept", "region": "t2hyper", "series": series["series"], "label": 1}
    refused = [
        client.post("/api/cases/c1/approve", json={"what": "cord"}),
        client.post("/api/cases/c1/approve", json={"what": "discs"}),
        client.post("/api/cases/c1/candidates", json=body),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, "proposals_changed")}
    assert put_mask(client, series, np.zeros(series["shape"], dtype=np.uint8)).status_code == 200
    opened(client)
    assert client.post("/api/cases/c1/approve", json={"what": "cord"}).status_code == 200
