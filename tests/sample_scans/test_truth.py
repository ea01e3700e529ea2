"""truth.json: what is planted, in the words of the data dictionary."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sample_scans.cases import NAMED_PATIENTS
from sample_scans.truth import phantom_of


def truth(sample: Path, participant: str) -> dict[str, Any]:
    """Return a patient's truth."""
    content: dict[str, Any] = json.loads((sample / "truth" / participant / "truth.json").read_text(encoding="utf-8"))
    return content


def test_solitary_case(quick_sample: Path) -> None:
    """One lesion at T4; T2 from 9 to 14 is T2 to T6, five segments."""
    record = truth(quick_sample, "sample01")
    assert record["format"] == 1
    assert record["synthetic"] is True
    (session,) = record["sessions"]
    (lesion,) = session["lesions"]
    assert lesion["t2"]["v"] == [9.0, 14.0]
    assert lesion["t2"]["seg_frac"] == 5.0
    assert lesion["t2"]["levels"] == "T2-T6"
    assert lesion["enh"]["levels"] == "T4"
    assert lesion["lesion_basis"] == "both"
    assert lesion["rim_sign"] == "present"


def test_two_lesions_at_c2_and_l1(quick_sample: Path) -> None:
    """The upper has a flame sign; both stations are named in the series."""
    (session,) = truth(quick_sample, "sample02")["sessions"]
    assert [lesion["enh"]["levels"].split("-")[-1] for lesion in session["lesions"]] == ["C2", "L1"]
    assert [lesion["flame_sign"] for lesion in session["lesions"]] == ["present", "absent"]
    assert {one["station"] for one in session["series"]} == {"CT", "TL"}
    assert session["patient"]["vertebral_mets"] == "yes"
    assert session["patient"]["multiple"] is True


def test_eccentric_case(quick_sample: Path) -> None:
    """A small lesion at C3, left of the middle, with a flame at its upper pole; its centre lies to the left."""
    (session,) = truth(quick_sample, "sample03")["sessions"]
    (lesion,) = session["lesions"]
    assert (lesion["position"], lesion["position_side"], lesion["flame_site"]) == ("eccentric", "left", "superior")
    axis_x = session["phantom"]["spine"]["foramen_magnum_mm"][0]
    assert lesion["centre_mm"][0] - axis_x == pytest.approx(2.6, abs=0.1)
    assert np.floor(lesion["centre_v"]) == 3


def test_followed_patient(quick_sample: Path) -> None:
    """Two visits 106 days apart; the second lesion is new at the second."""
    record = truth(quick_sample, "sample04")
    first, second = record["sessions"]
    assert (first["session"], second["session"]) == ("01", "02")
    assert second["days_from_first"] - first["days_from_first"] == 106
    assert [lesion["new_at_followup"] for lesion in second["lesions"]] == [False, True]
    assert first["patient"]["new_lesions_followup"] == "yes"
    assert second["patient"]["new_lesions_followup"] == "no_followup_mri"


def test_discs_and_lengths_are_consistent(quick_sample: Path) -> None:
    """Lengths along the cord equal the difference of their ends; discs run from above to below."""
    for patient in NAMED_PATIENTS:
        for session in truth(quick_sample, patient.participant)["sessions"]:
            heights = [point[2] for point in session["discs"]["points"].values()]
            assert heights == sorted(heights, reverse=True)
            for lesion in session["lesions"]:
                for extent in (lesion["enh"], lesion["t2"]):
                    assert extent["length_mm"] == pytest.approx(extent["s_mm"][1] - extent["s_mm"][0], abs=0.002)


def test_phantom_comes_back_from_the_truth(quick_sample: Path) -> None:
    """The phantom made from truth.json equals the one that was scanned."""
    for patient in NAMED_PATIENTS:
        for session, record in zip(patient.sessions, truth(quick_sample, patient.participant)["sessions"], strict=True):
            assert phantom_of(record) == session.phantom


def test_series_have_their_number_and_motion(quick_sample: Path) -> None:
    """Each series folder is in the truth with a rigid matrix, the first one without motion."""
    for session in truth(quick_sample, "sample04")["sessions"]:
        folder = quick_sample / "dicom" / "case04" / f"visit{session['session']}"
        assert [f"{one['series_number']:03d}" for one in session["series"]] == sorted(p.name for p in folder.iterdir())
        assert np.array(session["series"][0]["motion"]) == pytest.approx(np.eye(4))
        for one in session["series"]:
            assert np.linalg.det(np.array(one["motion"])[:3, :3]) == pytest.approx(1.0, abs=1e-6)
