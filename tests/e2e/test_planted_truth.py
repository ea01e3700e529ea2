"""With the planted truth's masks as annotations, every number comes out as it was planted."""

import pytest

from pipeline.compare import Compared, compare
from pipeline.config import Config
from pipeline.flow import Workers, measure_all
from pipeline.planted import PLANTED, save_planted
from tests.e2e.conftest import SampleRun

pytestmark = pytest.mark.xdist_group("sample_run")

SEGMENT_TOLERANCE = 0.25


@pytest.fixture(scope="module")
def planted(sample_run: SampleRun) -> list[Compared]:
    """Measure the planted annotations of every session and compare."""
    folder = sample_run.folder
    for study in folder.studies():
        save_planted(folder, folder.load(study), sample_run.truths[study.participant, study.session])
    measure_all(folder, folder.studies(), Config(), Workers(), lambda _: None, author=PLANTED)
    tables = (sample_run.table("lesions", PLANTED), sample_run.table("patients", PLANTED))
    return list(compare(sample_run.truths, *tables))


def test_every_lesion_is_counted(planted: list[Compared]) -> None:
    """Lesion counts of all five sessions are the planted ones."""
    counts = [row for row in planted if row.what == "lesions (n)"]
    assert len(counts) == 5
    assert [row.difference for row in counts] == [0] * 5


def test_extents_are_within_a_quarter_segment(planted: list[Compared]) -> None:
    """Enhancing and T2 extents of every lesion are within 0.25 segment of the planted ones."""
    extents = [row for row in planted if row.what.endswith("segments")]
    assert len(extents) == 14
    assert {row for row in extents if row.difference is None or abs(row.difference) > SEGMENT_TOLERANCE} == set()


def test_levels_are_the_planted_ones(planted: list[Compared]) -> None:
    """Every lesion is at the levels where it was planted."""
    levels = [row for row in planted if row.what.endswith("levels")]
    assert [row.measured for row in levels] == [row.planted for row in levels]


def test_lengths_and_sizes_are_within_a_voxel(planted: list[Compared], sample_run: SampleRun) -> None:
    """Each extent is within its own resolution of the planted one: one voxel in the direction it was measured."""
    column_of = {
        "enhancing length (mm)": "enh_length_res_mm",
        "T2 length (mm)": "t2_length_res_mm",
        "AP size (mm)": "enh_ap_res_mm",
        "TR size (mm)": "enh_tr_res_mm",
    }
    rows = {(r["participant_id"], r["session_id"], r["lesion_id"]): r for r in sample_run.table("lesions", PLANTED)}
    beyond = []
    for one in planted:
        if one.what in column_of:
            resolution = float(rows[one.participant, one.session, one.lesion][column_of[one.what]])
            if one.difference is None or abs(one.difference) > resolution:
                beyond.append((one, resolution))
    assert beyond == []


def test_the_published_extent_is_five_segments(planted: list[Compared]) -> None:
    """Oedema from the T1-T2 to the T6-T7 disc is 5.0 segments, T2-T6 (Diehn 2015, Figure 3)."""
    first = {row.what: row for row in planted if row.participant == "sample01"}
    assert abs(float(first["T2 segments"].measured) - 5.0) <= SEGMENT_TOLERANCE
    assert first["T2 levels"].measured == "T2-T6"
