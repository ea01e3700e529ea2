"""What the server keeps between two edits changes no number: each is that of a server that has just been started."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from reader import numbers as live
from tests.reader.client import client_of, mask_url, opened, put_mask, with_role
from tests.reader.small_study import DISCS, OBLIQUE, inside

NUMBERS = "/api/cases/c1/numbers"


def told(client: TestClient) -> dict[str, Any]:
    """Return the numbers without the time that they took."""
    opened(client)
    found: dict[str, Any] = client.get(NUMBERS).json()
    found.pop("elapsed_ms")
    return found


def save(client: TestClient, series: dict[str, Any], region: str, array: np.ndarray[Any, Any]) -> None:
    """Save a mask over the one that is there."""
    before = client.get(mask_url(series, region)).headers["etag"].strip('"')
    assert put_mask(client, series, array, before, region=region).status_code == 200


def move_discs(client: TestClient, down_mm: float) -> None:
    """Save the discs somewhat lower."""
    points = {name: [x, y, z - down_mm] for name, (x, y, z) in DISCS.points.items()}
    etag = client.get("/api/cases/c1/discs").json()["etag"]
    body = {"frame": "LPS", "points": points}
    assert client.put("/api/cases/c1/discs", json=body, headers={"If-Match": etag}).status_code == 200


def test_numbers_after_each_edit_are_those_of_a_fresh_server(client: TestClient, folder: StudyFolder) -> None:
    """A stroke on the lesion, moved discs, a shorter cord, the cord as it was: nothing of before stays in a number."""
    series = with_role(opened(client), "t2_sag")
    put_mask(client, series, inside(OBLIQUE, "lesion").astype(np.uint8))
    cord = inside(OBLIQUE, "cord").astype(np.uint8)
    shorter = cord.copy()
    shorter[:, 40:, :] = 0
    smaller = inside(OBLIQUE, "lesion").astype(np.uint8)
    smaller[:, ::2, :] = 0
    seen = []
    edits: list[Callable[[], None]] = [
        lambda: save(client, series, "cord", cord),
        lambda: save(client, series, "t2hyper", smaller),
        lambda: move_discs(client, 4.0),
        lambda: save(client, series, "cord", shorter),
        lambda: save(client, series, "cord", cord),
        lambda: move_discs(client, 0.0),
    ]
    for edit in edits:
        edit()
        now = told(client)
        with client_of(folder) as fresh:
            assert now == told(fresh)
        seen.append(str(now["lesions"]))
    assert len(set(seen)) >= 4


def test_a_stroke_on_a_lesion_builds_no_frame_again(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cord and discs are placed once; that they were is what makes the numbers follow the hand."""
    series = with_role(opened(client), "t2_sag")
    put_mask(client, series, inside(OBLIQUE, "lesion").astype(np.uint8))

    def again(*_: object) -> None:
        raise AssertionError("the frame was built again")

    monkeypatch.setattr(live, "build_frame", again)
    smaller = inside(OBLIQUE, "lesion").astype(np.uint8)
    smaller[:, ::2, :] = 0
    save(client, series, "t2hyper", smaller)
    assert client.get(NUMBERS).status_code == 200
    with pytest.raises(AssertionError, match="500 == 200"):
        save(client, series, "cord", inside(OBLIQUE, "cord").astype(np.uint8))
