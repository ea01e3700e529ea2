"""What a reader is not told: follow-up, outcome, the order of the study, and other readers before both have signed."""

import numpy as np
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from reader.parameters import ReadingParameters
from tests.reader.client import client_of, opened, put_mask, read_and_sign, with_role

FINDINGS = "/api/cases/c1/findings"
SHOWN = ReadingParameters(blinded=False)


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
