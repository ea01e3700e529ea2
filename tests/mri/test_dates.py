"""The day of a visit is one of the calendar, or it is said that there is none."""

from pathlib import Path
from typing import Any

import pytest

from mri.bids import read_table
from mri.deidentify import shift_day
from mri.headers import DATE_TAGS
from mri.ingest import ingest
from tests.mri.dicom_files import KEY, ROOT, make_series, save, study_folder


@pytest.mark.parametrize(
    ("dates", "code", "day"),
    [
        ({"StudyDate": "20191399"}, "date_invalid", "20190314"),
        ({"StudyDate": "20191399", "SeriesDate": None, "AcquisitionDate": "20190315"}, "date_invalid", "20190315"),
        ({"StudyDate": None}, None, "20190314"),
        ({"StudyDate": None, "SeriesDate": "20190313"}, None, "20190313"),
        ({"ContentDate": "00010101"}, None, "20190314"),
        (dict.fromkeys(DATE_TAGS), "date_missing", ""),
        (dict.fromkeys(DATE_TAGS, "20190230"), "date_missing", ""),
        (dict.fromkeys(DATE_TAGS, "18581117"), "date_missing", ""),
    ],
)
def test_a_date_that_is_none_gives_way_to_the_next_with_a_warning(
    tmp_path: Path, dates: dict[str, Any], code: str | None, day: str
) -> None:
    """Of study, series, acquisition and content, in this order; without any the session says so."""
    folder = study_folder(tmp_path)
    result = ingest(save(tmp_path / "in", make_series(1, **dates)), folder)
    assert {p.code for p in result.problems if p.code.startswith("date")} == ({code} - {None})
    (study,) = result.studies
    (row,) = read_table(folder.scans_table(study))
    assert row["acq_time"][:10] == shift_day(KEY, study.participant, day)


def test_visits_without_a_date_get_no_order(tmp_path: Path) -> None:
    """Each is told, and neither stands before the other in the table of sessions."""
    undated: dict[str, Any] = dict.fromkeys(DATE_TAGS)
    one, other = make_series(1, **undated), make_series(2, **undated, StudyInstanceUID=f"{ROOT}.5")
    folder = study_folder(tmp_path)
    result = ingest(save(tmp_path / "in", one, other, make_series(3, StudyInstanceUID=f"{ROOT}.6")), folder)
    assert [p.code for p in result.problems].count("date_missing") == 2
    rows = read_table(folder.sessions_table(result.studies[0].participant))
    assert sorted(row["date_order"] for row in rows) == ["", "", "1"]
