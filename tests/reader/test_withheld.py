"""What a protocol hides: suggestions, candidates, levels that are first to be given by eye."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from features.columns import columns
from mri.bids import StudyFolder
from reader.parameters import ReadingParameters
from reader.withheld import rests_on, shown_lesion, shown_patient
from segmentation.vocabulary import Scope, items
from tests.reader.client import client_of, opened, with_role

LESION = {"decision": "accept", "region": "t2hyper", "label": 1}
FINDINGS = "/api/cases/c1/findings"


def reading(folder: StudyFolder, **protocol: Any) -> TestClient:
    """Return a client of a reader who has drawn the T2 lesion and the enhancing one."""
    draws = client_of(folder)
    manifest = opened(draws)
    for region, role in (("t2hyper", "t2_sag"), ("enhancing", "t1_sag_gd")):
        body = LESION | {"region": region, "series": with_role(manifest, role)["series"]}
        assert draws.post("/api/cases/c1/candidates", json=body).status_code == 200
    return client_of(folder, protocol=ReadingParameters(**protocol))


def row(client: TestClient) -> dict[str, Any]:
    """Return the numbers of the lesion."""
    found: dict[str, Any] = client.get("/api/cases/c1/numbers").json()["lesions"][0]
    return found


def answered(client: TestClient, **values: str) -> None:
    """Answer items of lesion 1."""
    lesion = {name: {"value": value, "source": "reader"} for name, value in values.items()}
    etag = client.get(FINDINGS).json()["etag"]
    body = {"lesions": {"1": lesion}, "patient": {}}
    assert client.put(FINDINGS, json=body, headers={"If-Match": etag}).status_code == 200


def test_suggestions_before_are_shown_as_suggestions(folder: StudyFolder) -> None:
    """A computed word stands under its own name with its source, so that the page can mark it."""
    found = row(reading(folder))
    assert found["t2_signal_suggested"] == "hyper"
    assert found["t2_signal_source"] == "suggested"


@pytest.mark.parametrize("mode", ["after", "never"])
def test_suggestions_are_hidden_with_all_they_rest_on(folder: StudyFolder, mode: str) -> None:
    """No suggested word and no number that tells it is in the rows of an agreement study."""
    client = reading(folder, suggestions=mode)
    lesion, patient = row(client), client.get("/api/cases/c1/numbers").json()["patient"]
    suggested = [entry.name for entry in items(Scope.LESION) if entry.suggested]
    shown = [name for name in suggested if lesion[name] is not None or lesion[f"{name}_suggested"] is not None]
    assert shown == []
    assert [name for names in rests_on().values() for name in names if lesion[name] is not None] == []
    assert lesion["rim_flame"] is None
    assert patient["index_t2_signal"] is None
    assert patient["rim_flame"] is None
    assert lesion["t2_length_mm"] > 0


def test_after_an_answer_its_suggestion_is_shown(folder: StudyFolder) -> None:
    """In the mode after, answering one item shows the suggestion of that item only."""
    client = reading(folder, suggestions="after")
    answered(client, t2_signal="iso")
    found = row(client)
    assert (found["t2_signal"], found["t2_signal_suggested"]) == ("iso", "hyper")
    assert found["position_suggested"] is None


def test_the_numbers_of_a_suggestion_are_told_from_measurements() -> None:
    """Each number belongs to the item that it suggests; sizes and extents belong to none."""
    of = {name: item for item, names in rests_on().items() for name in names}
    known = {
        "position_eccentricity": "position",
        "cord_area_ratio": "cord_expansion",
        "t2_signal_z": "t2_signal",
        "cyst_voxels": "cystic_change",
        "hemorrhage_t2star_z": "hemorrhage",
        "enh_cv": "enhancement_pattern",
        "rim_shell_core_ratio": "rim_sign",
        "flame_inferior_taper_mm": "flame_sign",
    }
    assert known.items() <= of.items()
    measured = {column.name for column in columns("lesions") if "length" in column.name or "volume" in column.name}
    assert measured
    assert measured.isdisjoint(of)


@pytest.mark.parametrize(("mode", "seen"), [("before", True), ("never", False)])
def test_what_was_seen_is_stored(folder: StudyFolder, mode: str, seen: bool) -> None:
    """Whether the suggestion was on the screen is said with each answer."""
    client = client_of(folder, protocol=ReadingParameters(suggestions=mode))  # type: ignore[arg-type]
    answered(client, t2_signal="iso")
    assert client.get(FINDINGS).json()["lesions"]["1"]["t2_signal"]["suggestion_seen"] is seen


def test_candidates_are_hidden_where_the_protocol_says_never(folder: StudyFolder) -> None:
    """Neither the list nor the masks nor a decision shows a proposed lesion; cord and discs are still proposed."""
    client = client_of(folder, protocol=ReadingParameters(suggestions="never"))
    manifest = opened(client)
    assert {structure["region"] for structure in manifest["structures"]} == {"cord"}
    series = with_role(manifest, "t2_sag")["series"]
    for query in ("", "?proposed=true"):
        assert client.get(f"/api/cases/c1/masks/t2hyper/{series}.nii.gz{query}").status_code == 404
    body = LESION | {"series": series}
    assert client.post("/api/cases/c1/candidates", json=body).json()["code"] == "candidates_hidden"
    assert client.get("/api/cases/c1/discs").json()["from"] == "auto"


def test_candidates_are_shown_once_the_reader_has_counted(folder: StudyFolder) -> None:
    """In the mode after, the number of lesions comes first."""
    client = client_of(folder, protocol=ReadingParameters(suggestions="after"))
    assert {structure["region"] for structure in opened(client)["structures"]} == {"cord"}
    body = {"lesions": {}, "patient": {"n_lesions": {"value": 1, "source": "reader"}}}
    assert client.put(FINDINGS, json=body, headers={"If-Match": "none"}).status_code == 200
    assert {structure["region"] for structure in opened(client)["structures"]} == {"cord", "t2hyper", "enhancing"}


def test_levels_by_eye_come_first(folder: StudyFolder) -> None:
    """The computed levels appear for what was given by eye, not before; lengths in mm always do."""
    client = reading(folder, levels_by_eye_first=True)
    hidden = row(client)
    assert hidden["t2_levels"] is None
    assert hidden["enh_seg_frac"] is None
    assert hidden["ratio_seg_count"] is None
    assert hidden["t2_length_mm"] > 0
    assert client.get("/api/cases/c1/numbers").json()["patient"]["t2_seg_count_max"] is None
    answered(client, t2_level_from="C3", t2_level_to="C4")
    shown = row(client)
    assert shown["t2_levels"] is not None
    assert shown["enh_levels"] is None
    answered(client, t2_level_from="C3", t2_level_to="C4", enh_level_from="C3", enh_level_to="C4")
    assert row(client)["enh_levels"] is not None
    assert client.get("/api/cases/c1/numbers").json()["patient"]["t2_seg_count_max"] is not None


@pytest.mark.parametrize(("mode", "shown"), [("before", True), ("never", False)])
def test_a_flag_that_tells_a_suggestion_is_hidden_with_it(mode: str, shown: bool) -> None:
    """The flag of possible melanin says that a haemorrhage was suggested; the other flags stay."""
    protocol = ReadingParameters(suggestions=mode)  # type: ignore[arg-type]
    row = {"flags": "cord_from_auto;melanin_possible", "hemorrhage": "present", "hemorrhage_source": "suggested"}
    for kept in (shown_lesion(row, 1, None, protocol), shown_patient(row, protocol, levels_hidden=False)):
        assert ("melanin_possible" in str(kept["flags"])) is shown
        assert "cord_from_auto" in str(kept["flags"])
