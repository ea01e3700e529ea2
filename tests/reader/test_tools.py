"""Regions from clicks, corrections, discs: what the server works out is what the command line's functions give."""

import base64
import time
import zlib
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from mri.bids import StudyFolder
from mri.nifti import read_label_map, read_volume, write_label_map
from mri.study import Series
from mri.volume import LabelMap
from reader.encoding import packed, unpacked
from reader.failures import RequestError
from segmentation.annotation import AUTO
from segmentation.centreline import fit_centreline
from segmentation.grow import grow
from tests.reader.client import opened, put_mask, with_role
from tests.reader.small_study import CORD_AT_MM, DISCS, FIRST, LESION_MM, inside, label_map, series_of

TOOLS = "/api/cases/c1"


def decoded(answer: dict[str, Any], shape: list[int]) -> np.ndarray[Any, Any]:
    """Return the labels of an answer on the whole grid, unpacked independently of the program."""
    i0, j0, k0, i1, j1, k1 = answer["box"]
    whole = np.zeros(shape, dtype=np.uint8)
    inner = np.frombuffer(zlib.decompress(base64.b64decode(answer["data"])), dtype=np.uint8)
    whole[i0:i1, j0:j1, k0:k1] = inner.reshape(answer["shape"])
    return whole


def asked(client: TestClient, tool: str, **body: Any) -> dict[str, Any]:
    """Ask for something, and return the answer."""
    answer = client.post(f"{TOOLS}/{tool}", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def overlap(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    """Return the Dice coefficient."""
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


@pytest.mark.parametrize(("role", "region"), [("t2_sag", "t2hyper"), ("t1_sag_gd", "enhancing")])
def test_one_click_gives_what_the_function_gives(
    client: TestClient, folder: StudyFolder, role: str, region: str
) -> None:
    """The region of a click is that of `segmentation.grow` on the same cord, and the planted lesion; label as asked."""
    series = with_role(opened(client), role)
    answer = asked(client, "grow", region=region, series=series["series"], foreground=[LESION_MM], label=7)
    got = decoded(answer, series["shape"])
    assert set(np.unique(got)) == {0, 7}
    source = next(one for one in series_of(FIRST) if one.name == series["file"])
    truth = inside(source.geometry, "lesion")
    assert overlap(got == 7, truth) > 0.8
    cord = label_map(source, "cord")
    others = [label_map(one, "cord") for one in series_of(FIRST) if one.plane == "sag" and _has_cord(one)]
    axis = fit_centreline(others)
    expected = grow(read_volume(folder.image(source)), cord, axis, LESION_MM).labels.array
    assert overlap(got == 7, expected == 1) > 0.98
    assert answer["score"] > 3
    assert answer["flags"] == []


def _has_cord(series: Any) -> bool:
    return bool(series.weighting == "T2" or series.contrast == "yes")


def test_further_clicks_and_limits_shape_the_region(client: TestClient) -> None:
    """A click outside takes away, a limit along the cord cuts."""
    series = with_role(opened(client), "t1_sag_gd")
    usual = {"region": "enhancing", "series": series["series"], "foreground": [LESION_MM]}
    whole = decoded(asked(client, "grow", **usual), series["shape"]).sum()
    x, y, z = LESION_MM
    less = decoded(asked(client, "grow", **usual, background=[[x, y, z + 7.5]]), series["shape"]).sum()
    assert 0 < less < whole
    axis = opened(client)["centreline"]
    s_mm = min(axis, key=lambda row: abs(row[2] - z))[3]
    cut = decoded(asked(client, "grow", **usual, limits={"inferior_mm": s_mm}), series["shape"]).sum()
    assert 0.3 * whole < cut < 0.7 * whole
    crossed = client.post(f"{TOOLS}/grow", json=usual | {"limits": {"superior_mm": 9, "inferior_mm": 3}})
    assert crossed.json()["code"] == "limits_crossed"


def test_a_preview_is_the_same_lesion(client: TestClient) -> None:
    """Half height finds the same place at once."""
    series = with_role(opened(client), "t1_sag_gd")
    usual = {"region": "enhancing", "series": series["series"], "foreground": [LESION_MM]}
    rough, fine = (decoded(asked(client, tool, **usual), series["shape"]) > 0 for tool in ("preview", "grow"))
    assert overlap(rough, fine) > 0.7


def test_a_lesion_may_reach_out_of_the_cord_if_asked(client: TestClient) -> None:
    """With inside_cord off the search goes a little beyond the cord; with it on, never."""
    series = with_role(opened(client), "t1_sag_gd")
    edge = [CORD_AT_MM[0], CORD_AT_MM[1] + 5.9, LESION_MM[2]]
    usual = {"region": "enhancing", "series": series["series"], "foreground": [edge]}
    assert client.post(f"{TOOLS}/grow", json=usual).json()["code"] == "click_outside"
    assert client.post(f"{TOOLS}/grow", json=usual | {"inside_cord": False}).status_code == 200


def without_the_lesion(folder: StudyFolder) -> dict[str, Any]:
    """Make the proposed cord of the sagittal T2 run along the lesion's inner edge; return what to ask there."""
    source = next(one for one in series_of(FIRST) if one.weighting == "T2" and one.plane == "sag")
    missed = inside(source.geometry, "lesion")
    points = source.geometry.to_world(np.stack(np.indices(source.geometry.shape), axis=-1))
    missed |= (points[..., 1] < LESION_MM[1] + 2) & (np.abs(points[..., 2] - LESION_MM[2]) < 10)
    array = (inside(source.geometry, "cord") & ~missed).astype(np.uint8)
    write_label_map(folder.mask(source, "cord", AUTO), LabelMap(array=array, geometry=source.geometry))
    return {"region": "t2hyper", "foreground": [LESION_MM]}


def test_a_click_beside_the_proposed_cord_finds_it_again(client: TestClient, folder: StudyFolder) -> None:
    """Where the proposed cord leaves out the lesion, a click in the lesion is one in the cord, and it says so."""
    usual = without_the_lesion(folder)
    series = with_role(opened(client), "t2_sag")
    answer = asked(client, "grow", series=series["series"], **usual)
    assert answer["flags"] == ["cord_found_again"]
    source = next(one for one in series_of(FIRST) if one.name == series["file"])
    assert overlap(decoded(answer, series["shape"]) == 1, inside(source.geometry, "lesion")) > 0.6
    x, y, z = LESION_MM
    far = client.post(f"{TOOLS}/grow", json=usual | {"series": series["series"], "foreground": [[x, y - 14, z]]})
    assert far.json()["code"] == "click_outside"


def test_a_cord_that_a_reader_drew_is_not_found_again(client: TestClient, folder: StudyFolder) -> None:
    """A click beside the reader's own cord is refused: what a person drew holds."""
    usual = without_the_lesion(folder)
    series = with_role(opened(client), "t2_sag")
    drawn = read_label_map(folder.mask(_source(series), "cord", AUTO)).array
    assert put_mask(client, series, drawn, region="cord").status_code == 200
    answer = client.post(f"{TOOLS}/grow", json=usual | {"series": series["series"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "click_outside")


def _source(series: dict[str, Any]) -> Series:
    return next(one for one in series_of(FIRST) if one.name == series["file"])


def test_a_click_on_a_series_without_a_cord_uses_that_of_others(client: TestClient) -> None:
    """The cord drawn on other series of the frame is carried over; without any the mend is named."""
    series = with_role(opened(client), "t1_sag_pre")
    usual = {"region": "enhancing", "series": series["series"], "foreground": [LESION_MM]}
    assert client.post(f"{TOOLS}/grow", json=usual).status_code == 200


def test_without_a_cord_the_mend_is_named(client: TestClient, folder: StudyFolder) -> None:
    """Nothing is grown without a cord to compare with."""
    for path in folder.readings(FIRST).glob("*label-cord*"):
        path.unlink()
    series = with_role(opened(client), "t2_sag")
    body = {"region": "t2hyper", "series": series["series"], "foreground": [LESION_MM]}
    answer = client.post(f"{TOOLS}/grow", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "cord_missing")
    assert "draw" in answer.json()["message"]


def test_a_click_takes_less_than_a_third_of_a_second(client: TestClient) -> None:
    """Once a case is open a further click answers at once."""
    series = with_role(opened(client), "t2_sag")
    body = {"region": "t2hyper", "series": series["series"], "foreground": [LESION_MM]}
    client.post(f"{TOOLS}/grow", json=body)
    times = []
    for _ in range(3):
        began = time.perf_counter()
        client.post(f"{TOOLS}/grow", json=body)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.3


def test_the_cord_is_corrected_near_a_click_only(client: TestClient) -> None:
    """A click moves the sections near it; what is far stays as it was."""
    series = with_role(opened(client), "t2_sag")
    before = np.zeros(series["shape"], dtype=np.uint8)
    source = next(one for one in series_of(FIRST) if one.name == series["file"])
    before[inside(source.geometry, "cord")] = 1
    answer = asked(client, "cord", series=series["series"], clicks=[[1.5, 21.0, 30.0]])
    after = decoded(answer, series["shape"])
    changed = np.argwhere(after != before)
    assert 0 < len(answer["sections"]) < series["shape"][answer["axis"]]
    assert set(changed[:, answer["axis"]]) <= set(answer["sections"])


def test_empty_slices_are_filled_from_what_the_page_shows(client: TestClient) -> None:
    """A lesion drawn on the first and last slice, not saved yet, is completed between them."""
    series = with_role(opened(client), "t2_sag")
    drawn = np.zeros(series["shape"], dtype=np.uint8)
    drawn[2, 20:30, 20:28] = drawn[6, 22:32, 20:28] = 3
    sent = {name: value for name, value in packed(drawn).items() if name in ("box", "data")}
    body = {"region": "t2hyper", "series": series["series"], "label": 3, "axis": 0, "mask": sent}
    got = decoded(asked(client, "fill", **body), series["shape"])
    assert [bool(got[k].any()) for k in range(9)] == [False, False, True, True, True, True, True, False, False]
    assert np.array_equal(got[2], drawn[2])
    part = decoded(asked(client, "fill", **body, to_slice=5), series["shape"])
    assert np.array_equal(part, drawn)


def test_nothing_drawn_cannot_be_filled(client: TestClient) -> None:
    """The answer says what to do first."""
    series = with_role(opened(client), "t2_sag")
    answer = client.post(f"{TOOLS}/fill", json={"region": "cyst", "series": series["series"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_drawn")


@pytest.mark.parametrize("clicks", [1, 2])
def test_a_lesion_is_divided(client: TestClient, clicks: int) -> None:
    """Across the cord at one click, or between two; the new part gets a number that no mask of the reader uses."""
    series = with_role(opened(client), "t2_sag")
    source = next(one for one in series_of(FIRST) if one.name == series["file"])
    array = inside(source.geometry, "lesion").astype(np.uint8)
    assert put_mask(client, series, array).status_code == 200
    x, y, z = LESION_MM
    points = [[x, y, z]] if clicks == 1 else [[x, y, z + 6], [x, y, z - 6]]
    answer = asked(client, "split", region="t2hyper", series=series["series"], label=1, clicks=points)
    got = decoded(answer, series["shape"])
    assert answer["new_labels"] == [2]
    assert np.array_equal(got > 0, array > 0)
    upper, lower = (source.geometry.to_world(np.argwhere(got == k))[:, 2].mean() for k in (1, 2))
    assert lower < z < upper
    missing = {"region": "t2hyper", "series": series["series"], "label": 9, "clicks": points}
    assert client.post(f"{TOOLS}/split", json=missing).json()["code"] == "label_missing"


def test_named_discs_stay_where_they_were_put(client: TestClient) -> None:
    """A named disc is the anchor of the others and is not moved."""
    opened(client)
    known = {"C3-C4": DISCS.points["C3-C4"]}
    answer = asked(client, "discs/propose", points=known)
    assert answer["points"]["C3-C4"] == list(DISCS.points["C3-C4"])
    assert set(answer) >= {"points", "scores", "margin", "flags"}
    assert client.post(f"{TOOLS}/discs/propose", json={"points": {"C9-T1": [0, 0, 0]}}).json()["code"] == "disc_unknown"


def test_discs_are_shifted_and_a_vertebra_is_inserted(client: TestClient) -> None:
    """A shift names each disc one level lower or higher; a T13 changes the names below it and no place."""
    opened(client)
    points = {"T11-T12": [0.0, 0.0, 40.0], "T12-L1": [0.0, 0.0, 15.0], "L1-L2": [0.0, 0.0, -15.0]}
    down = asked(client, "discs/shift", points=points, by=1)["points"]
    assert down == {"T12-L1": points["T11-T12"], "L1-L2": points["T12-L1"], "L2-L3": points["L1-L2"]}
    assert asked(client, "discs/shift", points=down, by=-1)["points"] == points
    answer = asked(client, "discs/insert", points=points, variant="T13", at="T12-L1")
    assert answer["points"] == {
        "T11-T12": points["T11-T12"],
        "T12-T13": points["T12-L1"],
        "T13-L1": points["L1-L2"],
    }
    assert answer["scheme"] == {"n_thoracic": 13, "n_lumbar": 5}
    beyond = client.post(f"{TOOLS}/discs/shift", json={"points": {"C2-C3": [0, 0, 0]}, "by": -1})
    assert beyond.json()["code"] == "disc_beyond"


def test_discs_with_a_variant_are_saved_and_read_back(client: TestClient) -> None:
    """What the page saves of a spine with a T13 is what it gets back."""
    opened(client)
    body = {
        "frame": "LPS",
        "points": {"T12-T13": [0, 0, 15], "T13-L1": [0, 0, -15]},
        "scheme": {"n_thoracic": 13, "n_lumbar": 5},
    }
    saved = client.put(f"{TOOLS}/discs", json=body, headers={"If-Match": "none"})
    assert saved.status_code == 200
    again = client.get(f"{TOOLS}/discs").json()
    assert again["points"] == {"T12-T13": [0, 0, 15], "T13-L1": [0, 0, -15]}
    assert (again["from"], again["etag"]) == ("author", saved.json()["etag"])


@pytest.mark.parametrize(
    "body",
    [{"frame": "RAS", "points": {}}, {"points": {"C2-C3": [0, 0]}}, {"points": {"X": [0, 0, 0]}}, {"points": []}, []],
)
def test_discs_of_another_shape_are_refused(client: TestClient, body: object) -> None:
    """Another frame, a point of two numbers, an unknown disc are 422."""
    assert client.put(f"{TOOLS}/discs", json=body, headers={"If-Match": "none"}).status_code == 422


def test_a_box_travels_whole() -> None:
    """Packed and unpacked again a mask is the same; an empty one is an empty box."""
    array = np.zeros((5, 6, 7), dtype=np.uint8)
    assert packed(array)["box"] == (0, 0, 0, 0, 0, 0)
    array[1, 2, 3] = array[3, 2, 5] = 9
    made: Any = packed(array)
    assert made["box"] == (1, 2, 3, 4, 3, 6)
    assert np.array_equal(unpacked(made["box"], made["data"], array.shape), array)


@pytest.mark.parametrize(
    ("box", "data"),
    [
        ((0, 0, 0, 9, 1, 1), "eJw="),
        ((0, 0, 0, 1, 1, 1), "no base64!"),
        ((0, 0, 0, 1, 1, 1), base64.b64encode(zlib.compress(bytes(100))).decode()),
        ((1, 1, 1, 1, 1, 1), "eJw="),
    ],
)
def test_a_box_that_does_not_fit_is_refused(box: tuple[int, int, int, int, int, int], data: str) -> None:
    """A box outside the grid, foreign text, or other than the box's number of bytes."""
    with pytest.raises(RequestError) as refused:
        unpacked(box, data, (5, 5, 5))
    assert refused.value.status == 422
