"""A client that speaks to the application in this process, as the page would."""

import gzip
from collections.abc import Mapping
from typing import Any

import httpx
import numpy as np
from nibabel.nifti1 import Nifti1Image
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from reader.app import make_app
from reader.parameters import ReadingParameters
from reader.room import Room, Settings

PORT = 8899
TOKEN = "token-of-the-test"
BASE = f"http://127.0.0.1:{PORT}"
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
BYTES = {"Content-Type": "application/octet-stream"}


def client_of(
    folder: StudyFolder, reader: str = "AB", protocol: ReadingParameters | None = None, **headers: str
) -> TestClient:
    """Return a client of a fresh server; headers given replace the usual ones."""
    room = Room(folder, reader, Settings(reading=protocol or ReadingParameters()))
    return TestClient(make_app(room, port=PORT, token=TOKEN), base_url=BASE, headers={**AUTHORISED, **headers})


def nifti(array: np.ndarray[Any, Any], affine_lps: Any, *, packed: bool = True) -> bytes:
    """Return a mask as NIfTI bytes, made by nibabel and not by the program."""
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(affine_lps, dtype=float)
    content: bytes = Nifti1Image(array, ras).to_bytes()
    return gzip.compress(content) if packed else content


def opened(client: TestClient, case: str = "c1") -> dict[str, Any]:
    """Return the manifest of a case."""
    answer = client.get(f"/api/cases/{case}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def with_role(manifest: Mapping[str, Any], role: str) -> dict[str, Any]:
    """Return the series of a role."""
    found: dict[str, Any] = next(series for series in manifest["series"] if role in series["roles"])
    return found


def mask_url(series: Mapping[str, Any], region: str = "t2hyper", case: str = "c1") -> str:
    """Return where a mask is."""
    return f"/api/cases/{case}/masks/{region}/{series['series']}.nii.gz"


def put_mask(
    client: TestClient,
    series: Mapping[str, Any],
    array: np.ndarray[Any, Any],
    if_match: str | None = "none",
    **where: str,
) -> httpx.Response:
    """Save a mask."""
    headers = dict(BYTES) if if_match is None else {**BYTES, "If-Match": if_match}
    content = nifti(array, series["affine_lps"])
    return client.put(mask_url(series, **where), content=content, headers=headers)


def complete_answers(client: TestClient, case: str = "c1", lesion: str = "1") -> dict[str, Any]:
    """Return findings in which every required item is answered."""
    from segmentation.vocabulary import Scope, item

    required = [entry for entry in client.get("/api/vocabulary").json()["items"] if entry["required_in_follow_up"]]
    patient = client.get(f"/api/cases/{case}/findings").json()["patient"]
    lesions: dict[str, Any] = {lesion: {}}
    for entry in required:
        known = item(entry["name"])
        value = known.codes[-1] if known.codes else "C4" if known.kind == "level" else 1
        if known.name == "new_lesions_followup":
            value = "no"
        target = lesions[lesion] if known.scope is Scope.LESION else patient
        target[known.name] = {"value": value, "source": "reader"}
    lesions[lesion] |= {
        "enhancement_pattern": {"value": "homogeneous", "source": "reader"},
        "lesion_origin": {"value": "intramedullary", "source": "reader"},
    }
    return {"lesions": lesions, "patient": patient}


def read_and_sign(client: TestClient, case: str = "c1") -> httpx.Response:
    """Answer everything and sign."""
    etag = client.get(f"/api/cases/{case}/findings").json()["etag"]
    body = complete_answers(client, case)
    saved = client.put(f"/api/cases/{case}/findings", json=body, headers={"If-Match": etag})
    assert saved.status_code == 200, saved.text
    return client.post(f"/api/cases/{case}/sign", json={}, headers={"If-Match": saved.json()["etag"]})
