"""Which lesion has which number is kept beside the tables, so that nobody has to guess it from a binary mask."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from features.measure import CaseFeatures, failed_case, measure_case
from features.numbering import FILE, write_numbering
from features.parameters import FeatureParameters
from mri.study import StudyId
from segmentation.regions import Region
from tests.features.scene import case, cord_mask, mask, sagittal_grid, series, t1_gd, tube, z_at

OPTIONS = FeatureParameters(intervals=False)
T2, GD = series(sagittal_grid()), t1_gd(sagittal_grid())


def measured(session: str, *, numbered: bool = False) -> CaseFeatures:
    """Measure a session of two lesions, drawn from foot to head."""
    drawn = mask(Region.ENHANCING, GD, tube(14, 15, 3), tube(5, 6, 3), numbered=numbered)
    return measure_case(
        replace(case([cord_mask(T2), drawn]), study=StudyId(participant="P01", session=session)), OPTIONS
    )


def sessions(folder: Path) -> dict[str, dict[str, object]]:
    """Return the sessions of the record."""
    found: dict[str, dict[str, object]] = json.loads((folder / FILE).read_text("utf-8"))["sessions"]
    return found


def test_the_record_says_where_each_lesion_is_and_who_numbered_it(tmp_path: Path) -> None:
    """The program numbers a binary mask from the head downwards; an author's integers stay as they are."""
    write_numbering(tmp_path, [measured("01"), measured("02", numbered=True)])
    for name, numberer, first_v in (("sub-P01_ses-01", "program", 5.5), ("sub-P01_ses-02", "author", 14.5)):
        found = sessions(tmp_path)[name]
        assert found["numbered_by"] == numberer
        lesions = found["lesions"]
        assert isinstance(lesions, dict)
        assert list(lesions) == ["1", "2"]
        assert lesions["1"]["centre"] == pytest.approx([0.0, 0.0, z_at(first_v)], abs=2.0)


def test_sessions_that_are_not_measured_now_keep_their_record(tmp_path: Path) -> None:
    """Measuring one session again leaves the other's numbers; a session without lesions has none."""
    write_numbering(tmp_path, [measured("01"), measured("02")])
    before = sessions(tmp_path)["sub-P01_ses-01"]
    empty = failed_case(StudyId(participant="P01", session="02"), author="AB", status="failed", error="x")
    write_numbering(tmp_path, [empty])
    assert sessions(tmp_path)["sub-P01_ses-01"] == before
    assert sessions(tmp_path)["sub-P01_ses-02"] == {"author": "AB", "numbered_by": None, "lesions": {}}


def test_a_damaged_record_is_made_anew(tmp_path: Path) -> None:
    """Half a file is no reason to fail: it is written with the tables."""
    (tmp_path / FILE).write_text("{", "utf-8")
    write_numbering(tmp_path, [measured("01")])
    assert list(sessions(tmp_path)) == ["sub-P01_ses-01"]
