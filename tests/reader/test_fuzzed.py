"""Requests that nobody would send: whatever comes, no answer is an internal error (READING, Safety)."""

import json
import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from reader.app import bare_app
from reader.room import Room
from tests.reader.client import client_of, opened

CASES_EACH = int(os.environ.get("ISCM_FUZZ_CASES", "60"))
"""For each route; the routes of a case are asked again with the ids of one that is there."""
FINISHED = {200, 204, 400, 401, 403, 404, 405, 409, 412, 413, 415, 421, 422, 428}


def described(folder: StudyFolder) -> Any:
    """Return the description of the interface, as the tool reads it."""
    text = json.dumps(bare_app(Room(folder, "AB")).openapi())
    # ids of a case that is there, so that what lies behind the look-up is reached
    text = text.replace('"^c[0-9]{1,6}$"', '"^c1$"').replace('"^s[0-9]{1,6}$"', '"^s[1-5]$"')
    text = text.replace('"^[cs][0-9]{1,6}$"', '"^s[1-5]$"')
    text = text.replace('"^[a-z0-9]{1,32}$"', '"^(cord|canal|enhancing|t2hyper|cyst|brain)$"')
    return schemathesis.openapi.from_dict(json.loads(text))


def ask(client: TestClient, case: Any) -> int:
    """Send one made request and return the status of its answer."""
    said = case.as_transport_kwargs(base_url=str(client.base_url))
    kept = {name: value for name, value in said.items() if name in ("method", "url", "params", "json", "data")}
    headers = {str(name): str(value) for name, value in (said.get("headers") or {}).items()}
    headers = {name: value for name, value in headers.items() if value.isascii() and value.isprintable()}
    data = kept.pop("data", None)
    content = data.encode() if isinstance(data, str) else data if isinstance(data, bytes) else None
    if isinstance(kept.get("json"), bytes):
        content = kept.pop("json")
    headers.pop("Authorization", None)
    return int(client.request(**kept, content=content, headers=headers).status_code)


def test_no_made_request_is_an_internal_error(folder: StudyFolder) -> None:
    """A thousand requests and more, made from the description of every route, right and wrong ones."""
    client = client_of(folder)
    opened(client)
    statuses: dict[int, int] = {}
    bad: list[str] = []

    def one(operation: Any) -> None:
        @seed(1)
        @settings(
            max_examples=CASES_EACH,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def run(case: Any) -> None:
            status = ask(client, case)
            statuses[status] = statuses.get(status, 0) + 1
            if status not in FINISHED:
                bad.append(f"{status} {operation.label}")

        run()

    for result in described(folder).get_all_operations():
        one(result.ok())
    assert bad == []
    assert sum(statuses.values()) >= 1000, statuses
    assert statuses.get(200, 0) > 100, statuses
