"""Measured beside planted."""

from typing import Any

from pipeline.compare import compare


def planted(enh: tuple[float, float], t2: tuple[float, float], number: int = 1) -> dict[str, Any]:
    """Return a planted lesion as truth.json has it."""

    def extent(v: tuple[float, float]) -> dict[str, Any]:
        return {"v": list(v), "length_mm": 20 * (v[1] - v[0]), "seg_frac": v[1] - v[0], "levels": "C3"}

    return {"lesion_id": number, "enh": extent(enh), "t2": extent(t2), "ap_mm": 5.0, "tr_mm": 6.0}


def measured(enh: tuple[float, float], **more: str) -> dict[str, str]:
    """Return a row of lesions.csv as text."""
    row = {"participant_id": "p1", "session_id": "01", "enh_v_from": str(enh[0]), "enh_v_to": str(enh[1])}
    return {**row, "enh_seg_frac": str(enh[1] - enh[0]), **more}


TRUTH = {("p1", "01"): {"n_lesions": 1, "lesions": [planted((3.1, 4.0), (3.0, 4.0))]}}
PATIENT = [{"participant_id": "p1", "session_id": "01", "n_lesions": "1"}]


def test_differences_are_measured_minus_planted() -> None:
    """A lesion measured 0.2 segments longer has the difference +0.2."""
    rows = {r.what: r for r in compare(TRUTH, [measured((3.0, 4.1), enh_ap_mm="5.5")], PATIENT)}
    assert rows["lesions (n)"].difference == 0
    assert abs(rows["enhancing segments"].difference - 0.2) < 1e-9
    assert rows["AP size (mm)"].difference == 0.5


def test_a_lesion_that_was_not_found_is_shown_as_missing() -> None:
    """A planted lesion that nothing overlaps has dashes, not zeros."""
    rows = {r.what: r for r in compare(TRUTH, [measured((10.0, 11.0))], PATIENT)}
    assert rows["enhancing segments"].measured == "-"
    assert rows["enhancing segments"].difference is None


def test_the_partner_is_the_lesion_at_the_same_levels() -> None:
    """With an extra candidate above, the planted lesion is still compared with the one that overlaps it."""
    rows = [measured((1.0, 1.5)), measured((3.1, 4.0), enh_levels="C4")]
    found = {r.what: r for r in compare(TRUTH, rows, PATIENT)}
    assert abs(found["enhancing segments"].difference) < 1e-9
    assert found["enhancing levels"].difference == 1
