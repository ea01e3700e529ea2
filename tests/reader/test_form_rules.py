"""The form's rules on the server: what an answer forces, derives and asks for, and what is refused."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from reader.parameters import ReadingParameters

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
