"""Proposals and candidates that a reader takes over, or refuses."""

import numpy as np
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from segmentation.store import load_annotation, save_annotation
from tests.reader.client import opened, put_mask, read_and_sign, with_role
from tests.reader.small_study import FIRST, STRAIGHT, inside, proposal


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


def test_a_proposal_of_a_lesion_that_is_drawn_elsewhere_keeps_its_number(client: TestClient) -> None:
    """Lesion 2, drawn after contrast, is not counted twice when its T2 hyperintensity is accepted."""
    manifest = opened(client)
    t2, gd = with_role(manifest, "t2_sag"), with_role(manifest, "t1_sag_gd")
    drawn = inside(STRAIGHT, "lesion").astype(np.uint8) * np.uint8(2)
    drawn[4, 20, 5] = 1
    assert put_mask(client, gd, drawn, region="enhancing").status_code == 200
    body = {"decision": "accept", "region": "t2hyper", "series": t2["series"], "label": 1}
    assert client.post("/api/cases/c1/candidates", json=body).json()["label"] == 2


def test_a_lesion_beside_a_proposal_is_another_one(client: TestClient) -> None:
    """Neither a lesion far from the proposal nor a dab at its edge gives it a number."""
    manifest = opened(client)
    t2, gd = with_role(manifest, "t2_sag"), with_role(manifest, "t1_sag_gd")
    lesion = inside(STRAIGHT, "lesion")
    drawn = np.zeros(lesion.shape, dtype=np.uint8)
    drawn[tuple(np.argwhere(lesion)[0])] = 1
    drawn[:, :, :3] = 1
    assert put_mask(client, gd, drawn, region="enhancing").status_code == 200
    body = {"decision": "accept", "region": "t2hyper", "series": t2["series"], "label": 1}
    assert client.post("/api/cases/c1/candidates", json=body).json()["label"] == 2
