"""What a client sends of the form is bounded: words, series and pictures that no page sends are refused by item."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from mri.bids import StudyFolder, read_table
from reader.said import LONGEST_COMMENT, LONGEST_NOTE, LONGEST_REMARK, MOST_KEY_IMAGES
from tests.reader.client import opened
from tests.reader.small_study import FIRST

FINDINGS = "/api/cases/c1/findings"
SAID = {"value": "yes", "source": "reader"}


def put(client: TestClient, body: dict[str, Any]) -> httpx.Response:
    """Send a form over what is saved."""
    etag = client.get(FINDINGS).json()["etag"]
    answer: httpx.Response = client.put(FINDINGS, json=body, headers={"If-Match": etag})
    return answer


def commented(comment: str) -> dict[str, Any]:
    """Return a form with a comment on one item of the patient."""
    return {"patient": {"vertebral_mets": SAID | {"comment": comment}}}


def pictured(**given: Any) -> dict[str, Any]:
    """Return a form with a key image."""
    return {"record": {"key_images": [{"series": "", "slice": 0, "point": None, "note": None} | given]}}


def test_a_series_of_no_session_is_refused_by_its_item(client: TestClient) -> None:
    """'Read on' is one of the session's series; the answer names the item, and nothing is saved."""
    bad = put(client, {"lesions": {"1": {"rim_sign": SAID | {"value": "present", "series": "sub-P2_ses-01_T2w"}}}})
    assert bad.status_code == 422
    assert bad.json()["code"] == "series_unknown"
    assert "lesion 1, rim_sign" in bad.json()["message"]
    assert "P2" not in bad.json()["message"]
    assert "rim_sign" not in client.get(FINDINGS).json()["lesions"].get("1", {})
    name = opened(client)["series"][0]["file"]
    good = put(client, {"lesions": {"1": {"rim_sign": SAID | {"value": "present", "series": name}}}})
    assert good.status_code == 200


def test_a_series_that_was_saved_may_stay(client: TestClient, folder: StudyFolder) -> None:
    """A study ingested anew takes no answer back whose series is gone: the form can still be saved."""
    name = opened(client)["series"][0]["file"]
    body = {"patient": {"vertebral_mets": SAID | {"series": name}}}
    assert put(client, body).status_code == 200
    saved = next(folder.root.rglob(f"*{FIRST.participant}*_desc-AB_findings.json"))
    saved.write_text(saved.read_text().replace(name, "gone"), encoding="utf-8")
    assert put(client, {"patient": {"vertebral_mets": SAID | {"series": "gone"}}}).status_code == 200
    assert put(client, {"patient": {"vertebral_mets": SAID | {"series": "never"}}}).status_code == 422


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        (commented("x" * (LONGEST_COMMENT + 1)), "text_too_long", "patient, vertebral_mets"),
        (commented("a\x00b"), "text_not_plain", "patient, vertebral_mets"),
        (commented("a\nb"), "text_not_plain", "patient, vertebral_mets"),
        (commented("a\u202eb"), "text_not_plain", "patient, vertebral_mets"),
        ({"record": {"comment": "x" * (LONGEST_REMARK + 1)}}, "text_too_long", "comment on the whole read"),
        ({"record": {"comment": "a\x1bb"}}, "text_not_plain", "comment on the whole read"),
        (pictured(series="elsewhere"), "series_unknown", "key image 1"),
        (pictured(note="x" * (LONGEST_NOTE + 1)), "text_too_long", "key image 1"),
        (pictured(point=[0, 0, 1e9]), "series_unknown", "key image 1"),
        ({"record": {"key_images": MOST_KEY_IMAGES * [{"series": "", "slice": 0}] * 2}}, "too_many", "key images"),
    ],
)
def test_what_is_out_of_bounds_is_refused_by_name(client: TestClient, body: Any, code: str, named: str) -> None:
    """Each is 422 with what it is and where; nothing is saved of it."""
    answer = put(client, body)
    assert answer.status_code == 422
    assert answer.json()["code"] == code
    assert named in answer.json()["message"]
    assert client.get(FINDINGS).json()["state"] == "untouched"


@pytest.mark.parametrize(("at", "code"), [(59, 200), (60, 422), (-1, 422)])
def test_a_key_image_shows_a_slice_that_is_there(client: TestClient, at: int, code: int) -> None:
    """No slice beyond the longest side of its series."""
    series = next(one for one in opened(client)["series"] if max(one["shape"]) == 60)
    assert put(client, pictured(series=series["file"], slice=at)).status_code == code


def test_a_point_far_from_every_patient_is_refused(client: TestClient) -> None:
    """A key image points at something within reach of a scanner."""
    series = opened(client)["series"][0]["file"]
    answer = put(client, pictured(series=series, point=[0, 0, 1e9]))
    assert (answer.status_code, answer.json()["code"]) == (422, "point_wrong")


def test_a_comment_on_the_read_may_have_lines(client: TestClient) -> None:
    """What is typed in a field of several lines is kept as it was typed."""
    assert put(client, {"record": {"comment": "one\ntwo"}}).status_code == 200
    assert client.get(FINDINGS).json()["record"]["comment"] == "one\ntwo"


TEXTS = st.text(max_size=LONGEST_COMMENT + 20)
SERIES = st.none() | st.text(max_size=8) | st.just("a series")


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(comment=TEXTS, remark=TEXTS, series=SERIES)
def test_whatever_is_sent_is_kept_as_it_was_or_refused(
    client: TestClient, folder: StudyFolder, comment: str, remark: str, series: str | None
) -> None:
    """No text is cut or changed on the way, and what is saved is a line of a table that reads back the same."""
    name = opened(client)["series"][0]["file"]
    sent = name if series == "a series" else series
    body = commented(comment) | {"record": {"comment": remark}}
    body["patient"]["vertebral_mets"]["series"] = sent
    answer = put(client, json.loads(json.dumps(body)))
    allowed = sent in (None, name) and len(comment) <= LONGEST_COMMENT and comment.isprintable()
    assert answer.status_code in (200, 422)
    if allowed and remark.isprintable():
        assert answer.status_code == 200
    if answer.status_code == 422:
        said = answer.json()["message"]
        assert "vertebral_mets" in said or "record" in said
        return
    found = client.get(FINDINGS).json()
    assert (found["patient"]["vertebral_mets"]["comment"], found["record"]["comment"]) == (comment, remark)
    assert sent in (None, name)
    table = folder.root / "said.tsv"
    table.write_text(f"a\tb\n{comment}x\ty\n", encoding="utf-8")
    if not set(comment) & set('\t"'):
        assert read_table(table) == [{"a": f"{comment}x", "b": "y"}]
