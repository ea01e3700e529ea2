"""Saving: nothing is overwritten unseen, nothing is lost, nothing is half-written."""

import errno
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nibabel.nifti1 import Nifti1Image
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from mri.nifti import read_label_map
from reader.audit import AuditLog, broken_lines
from reader.places import Places
from segmentation.store import load_annotation
from tests.reader.client import client_of, complete_answers, mask_url, opened, put_mask, read_and_sign, with_role
from tests.reader.small_study import FIRST, series_of

FINDINGS = "/api/cases/c1/findings"


def drawn(series: dict[str, Any], label: int = 1) -> np.ndarray[Any, Any]:
    """Return a mask with a small box drawn."""
    array = np.zeros(series["shape"], dtype=np.uint8)
    array[3:6, 20:30, 20:28] = label
    return array


def test_a_saved_mask_is_the_sent_one_on_the_grid_of_its_series(client: TestClient, folder: StudyFolder) -> None:
    """What nibabel reads from the saved file has the voxels that were sent and the affine of the series."""
    series = with_role(opened(client), "t2_sag")
    answer = put_mask(client, series, drawn(series))
    assert answer.status_code == 200, answer.text
    source = next(s for s in series_of(FIRST) if s.name == series["file"])
    saved = Nifti1Image.from_filename(folder.mask(source, "t2hyper", "AB"))
    assert np.array_equal(np.asarray(saved.dataobj), drawn(series))
    original = Nifti1Image.from_filename(folder.image(source))
    assert np.allclose(saved.affine, original.affine, atol=1e-5)
    assert int(saved.header["sform_code"]) == int(original.header["sform_code"])


def test_the_header_is_written_anew(client: TestClient, folder: StudyFolder) -> None:
    """A name that a client wrote into the header of a mask does not enter the study."""
    import gzip

    series = with_role(opened(client), "t2_sag")
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.array(series["affine_lps"])
    named = Nifti1Image(drawn(series), ras)
    named.header["descrip"] = b"Doe^Jane"
    headers = {"Content-Type": "application/octet-stream", "If-Match": "none"}
    assert client.put(mask_url(series), content=gzip.compress(named.to_bytes()), headers=headers).status_code == 200
    path = next(folder.readings(FIRST).glob("*label-t2hyper_desc-AB_mask.nii.gz"))
    assert b"Doe" not in gzip.decompress(path.read_bytes())


def test_the_command_line_reads_what_the_page_saved(client: TestClient, folder: StudyFolder) -> None:
    """Masks, discs and findings of the page are an annotation like any other."""
    manifest = opened(client)
    series = with_role(manifest, "t2_sag")
    put_mask(client, series, drawn(series, 3))
    discs = client.get("/api/cases/c1/discs").json()
    client.put("/api/cases/c1/discs", json={"frame": "LPS", "points": discs["points"]}, headers={"If-Match": "none"})
    client.put(FINDINGS, json=complete_answers(client, lesion="3"), headers={"If-Match": "none"})
    annotation = load_annotation(folder, folder.load(FIRST), "AB")
    assert annotation.problems == ()
    assert annotation.masks[0].labels.labels() == (3,)
    assert annotation.discs is not None
    assert set(annotation.discs.points) == set(discs["points"])
    assert annotation.findings is not None
    assert annotation.findings.of_lesion(3, "enhancement_pattern").value == "homogeneous"


@pytest.mark.parametrize("url", ["mask", "discs", "findings"])
def test_a_save_must_say_what_it_replaces(client: TestClient, url: str) -> None:
    """Without If-Match nothing is saved: 428."""
    series = with_role(opened(client), "t2_sag")
    if url == "mask":
        answer = put_mask(client, series, drawn(series), if_match=None)
    elif url == "discs":
        answer = client.put("/api/cases/c1/discs", json={"points": {"C2-C3": [0, 0, 0]}})
    else:
        answer = client.put(FINDINGS, json=complete_answers(client))
    assert (answer.status_code, answer.json()["code"]) == (428, "if_match_missing")


def test_a_stale_save_is_refused_and_both_versions_are_kept(client: TestClient, folder: StudyFolder) -> None:
    """Of two tabs the second is told; what it sent lies aside whole, and the first is untouched."""
    series = with_role(opened(client), "t2_sag")
    first = put_mask(client, series, drawn(series, 1))
    second = put_mask(client, series, drawn(series, 2))
    assert (second.status_code, second.json()["code"]) == (412, "version_stale")
    assert second.json()["etag"] == first.json()["etag"]
    kept = folder.readings_log / "conflicts" / second.json()["kept"]
    assert read_label_map(kept).labels() == (2,)
    saved = next(folder.readings(FIRST).glob("*label-t2hyper_desc-AB_mask.nii.gz"))
    assert read_label_map(saved).labels() == (1,)
    again = put_mask(client, series, drawn(series, 2), if_match=second.json()["etag"])
    assert again.status_code == 200


def test_a_save_that_is_repeated_succeeds(client: TestClient) -> None:
    """An answer lost on the network is no conflict: the same content is there already."""
    series = with_role(opened(client), "t2_sag")
    first = put_mask(client, series, drawn(series))
    second = put_mask(client, series, drawn(series))
    assert second.status_code == 200
    assert second.json()["etag"] == first.json()["etag"]


def test_two_servers_of_one_reader_conflict_too(folder: StudyFolder) -> None:
    """Two processes on one study see each other's saves."""
    one, two = client_of(folder), client_of(folder)
    series = with_role(opened(one), "t2_sag")
    opened(two)
    assert put_mask(one, series, drawn(series, 1)).status_code == 200
    assert put_mask(two, series, drawn(series, 2)).status_code == 412


def test_two_readers_do_not_meet(folder: StudyFolder) -> None:
    """Each reader has files of their own."""
    one, two = client_of(folder, "AB"), client_of(folder, "CD")
    series = with_role(opened(one), "t2_sag")
    assert put_mask(one, series, drawn(series, 1)).status_code == 200
    structures = opened(two)["structures"]
    assert all(structure["from"] == "auto" for structure in structures)
    assert put_mask(two, series, drawn(series, 2)).status_code == 200


def test_of_twenty_writers_one_wins_and_none_is_lost(client: TestClient, folder: StudyFolder) -> None:
    """Twenty tabs save over the same version at once: one is saved, nineteen are kept aside, all different."""
    series = with_role(opened(client), "t2_sag")
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda k: put_mask(client, series, drawn(series, k)), range(1, 21)))
    assert sorted(answer.status_code for answer in answers) == [200, *[412] * 19]
    kept = [folder.readings_log / "conflicts" / a.json()["kept"] for a in answers if a.status_code == 412]
    saved = next(folder.readings(FIRST).glob("*label-t2hyper_desc-AB_mask.nii.gz"))
    labels = {read_label_map(path).labels() for path in [*kept, saved]}
    assert labels == {(k,) for k in range(1, 21)}
    assert broken_lines(Places(folder=folder, reader="AB").audit) == []


def test_a_full_disk_is_said_and_nothing_changes(
    client: TestClient, folder: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the write gives 507; the version before is whole, and saving works once there is space."""
    series = with_role(opened(client), "t2_sag")
    before = put_mask(client, series, drawn(series, 1)).json()["etag"]
    fsync = os.fsync

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    answer = put_mask(client, series, drawn(series, 2), if_match=before)
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert "free space" in answer.json()["message"]
    monkeypatch.setattr(os, "fsync", fsync)
    saved = next(folder.readings(FIRST).glob("*label-t2hyper_desc-AB_mask.nii.gz"))
    assert read_label_map(saved).labels() == (1,)
    assert not list(folder.readings(FIRST).glob(".part-*"))
    assert broken_lines(Places(folder=folder, reader="AB").audit) == []
    assert put_mask(client, series, drawn(series, 2), if_match=before).status_code == 200


def test_a_real_full_disk_is_said(client: TestClient, folder: StudyFolder) -> None:
    """A limit on file size, which the system itself enforces, is told like a full disk."""
    import resource
    import signal

    series = with_role(opened(client), "t2_sag")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    noise = np.random.default_rng(0).integers(0, 255, series["shape"], dtype=np.uint8)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
        answer = put_mask(client, series, noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert not list(folder.readings(FIRST).glob("*desc-AB*"))
    assert not list(folder.readings(FIRST).glob(".part-*"))


def test_a_study_changed_underneath_is_said(client: TestClient, folder: StudyFolder) -> None:
    """A series that another program wrote anew stops saving until the case is opened again; ids stay."""
    manifest = opened(client)
    series = with_role(manifest, "t2_sag")
    source = next(s for s in series_of(FIRST) if s.name == series["file"])
    path = folder.image(source)
    os.utime(path, ns=(1, 1))
    answer = put_mask(client, series, drawn(series))
    assert (answer.status_code, answer.json()["code"]) == (409, "study_changed")
    assert {s["file"]: s["series"] for s in opened(client)["series"]} == {
        s["file"]: s["series"] for s in manifest["series"]
    }
    assert put_mask(client, series, drawn(series)).status_code == 200


def test_a_mask_that_another_program_wrote_is_not_overwritten(client: TestClient, folder: StudyFolder) -> None:
    """A mask imported while the page was open counts as another version."""
    series = with_role(opened(client), "t2_sag")
    etag = put_mask(client, series, drawn(series, 1)).json()["etag"]
    saved = next(folder.readings(FIRST).glob("*label-t2hyper_desc-AB_mask.nii.gz"))
    auto = next(folder.readings(FIRST).glob("*label-t2hyper_desc-auto_mask.nii.gz"))
    saved.write_bytes(auto.read_bytes())
    assert put_mask(client, series, drawn(series, 2), if_match=etag).status_code == 412


def test_a_series_that_cannot_be_read_leaves_the_others_usable(client: TestClient, folder: StudyFolder) -> None:
    """One damaged and one missing image are named; the case opens with the rest."""
    images = {series.name: folder.image(series) for series in series_of(FIRST)}
    damaged = next(path for name, path in images.items() if "axCT2" in name)
    damaged.write_bytes(damaged.read_bytes()[:600])
    missing = next(path for name, path in images.items() if name.endswith("sagCT1_T1w"))
    missing.unlink()
    manifest = opened(client)
    codes = {warning["code"] for warning in manifest["warnings"]}
    assert {"voxels_unreadable", "scan_missing"} <= codes
    assert len(manifest["series"]) == 3
    axial = with_role(manifest, "t2_ax")
    assert axial["window"] is None
    assert put_mask(client, with_role(manifest, "t2_sag"), drawn(with_role(manifest, "t2_sag"))).status_code == 200


def test_findings_that_cannot_be_read_are_not_overwritten(client: TestClient, folder: StudyFolder) -> None:
    """Whether a read is signed stands in its findings: while they are unreadable nothing is saved."""
    path = folder.findings(FIRST, "AB")
    series = with_role(opened(client), "t2_sag")
    path.write_text("{")
    assert client.get("/api/cases").json()["cases"][0]["state"] == "in_work"
    answer = put_mask(client, series, drawn(series))
    assert (answer.status_code, answer.json()["code"]) == (409, "findings_unreadable")
    assert path.read_text() == "{"


def test_the_log_tells_every_save(client: TestClient, folder: StudyFolder) -> None:
    """Each line has the time, the version before and after, and the hash of the line before."""
    series = with_role(opened(client), "t2_sag")
    first = put_mask(client, series, drawn(series, 1)).json()["etag"]
    second = put_mask(client, series, drawn(series, 2), if_match=first).json()["etag"]
    log = Places(folder=folder, reader="AB").audit
    saves = [line for line in map(json.loads, log.read_text().splitlines()) if line["event"] == "save"]
    assert [(line["before"], line["after"]) for line in saves] == [("none", first), (first, second)]
    assert saves[-1]["labels"] == [2]
    assert broken_lines(log) == []
    lines = log.read_text().splitlines()
    log.write_text("\n".join([lines[0], lines[1].replace("none", "None"), *lines[2:]]) + "\n")
    assert broken_lines(log) == [3]


def test_the_log_goes_on_after_a_line_was_cut_off(tmp_path: Path) -> None:
    """A machine that failed while a line was written leaves a torn line; the next one holds its hash."""
    log = AuditLog(tmp_path / "log.jsonl")
    log.append("open", "a")
    with (tmp_path / "log.jsonl").open("ab") as stream:
        stream.write(b'{"event": "sa')
    log.append("save", "a")
    assert [line["event"] for line in log.lines()] == ["open", "save"]
    assert broken_lines(tmp_path / "log.jsonl") == []


def test_a_long_line_is_found_as_the_last(tmp_path: Path) -> None:
    """A line longer than what is read at first from the end is hashed whole."""
    log = AuditLog(tmp_path / "log.jsonl")
    log.append("save", "a", labels=list(range(30_000)))
    log.append("save", "a")
    log.append("save", "b")
    assert broken_lines(tmp_path / "log.jsonl") == []
    assert len(list(log.lines("a"))) == 2


def test_the_log_of_a_case_is_the_readers_own(folder: StudyFolder) -> None:
    """One reader does not see what another did."""
    one, two = client_of(folder, "AB"), client_of(folder, "CD")
    opened(one)
    assert two.get("/api/audit/c1").json()["lines"] == []
    assert [line["event"] for line in one.get("/api/audit/c1").json()["lines"]] == ["open"]


def test_a_signed_read_cannot_be_changed(client: TestClient) -> None:
    """After signing neither masks nor discs nor findings nor candidates are taken."""
    series = with_role(opened(client), "t2_sag")
    etag = put_mask(client, series, drawn(series)).json()["etag"]
    assert read_and_sign(client).status_code == 200
    refused = [
        put_mask(client, series, drawn(series, 2), if_match=etag),
        client.put("/api/cases/c1/discs", json={"points": {"C2-C3": [0, 0, 0]}}, headers={"If-Match": "none"}),
        client.put(FINDINGS, json=complete_answers(client), headers={"If-Match": "x"}),
        client.post("/api/cases/c1/approve", json={"what": "cord"}),
        client.post("/api/cases/c1/sign", json={}, headers={"If-Match": "x"}),
        client.post(
            "/api/cases/c1/candidates",
            json={"decision": "reject", "region": "t2hyper", "series": series["series"], "label": 1},
        ),
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, "read_signed")}
    assert opened(client)["locked"] is True


def test_check_names_an_altered_log_and_versions_that_wait(client: TestClient, folder: StudyFolder) -> None:
    """`iscm check` finds a line that was changed after it was written, and what was kept aside."""
    from pipeline.checks import check_path

    series = with_role(opened(client), "t2_sag")
    put_mask(client, series, drawn(series, 1))
    assert check_path(folder.root) == ()
    kept = put_mask(client, series, drawn(series, 2)).json()["kept"]
    log = Places(folder=folder, reader="AB").audit
    log.write_text(log.read_text().replace("t2hyper", "cord", 1))
    found = {(problem.code, problem.where) for problem in check_path(folder.root)}
    assert found == {("audit_altered", f"{log.name}, line 3"), ("version_refused", kept)}
