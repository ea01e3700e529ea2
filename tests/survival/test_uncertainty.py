"""Results under every assignment of the ambiguous patients: a case worked by hand, draws, readers, and the files."""

import csv
import json
import math
from pathlib import Path

import pytest

from mri.problems import RefusedError
from survival.analysis import analyse
from survival.plan import Plan, load_plan
from survival.results import Patients
from survival.uncertainty import (
    MOST_ASSIGNMENTS,
    UNCERTAIN_COLUMNS,
    Doubt,
    UncertainRow,
    assignments,
    has_ranges,
    uncertainty,
)
from survival.uncertainty_table import ranges_of
from tests.survival.small_plan import make_plan

COHORT = Path(__file__).resolve().parents[2] / "sample_scans" / "cohort" / "cohort.csv"
LONG = {
    "id": "long",
    "table": "Table 1",
    "label": "T2 extent",
    "kind": "categoric",
    "variable": "t2_ge3",
    "test": "logrank",
    "groups": ({"label": "Below 3", "codes": [0]}, {"label": "3 or more", "codes": [1]}),
}
BY_CUT = {
    **LONG,
    "variable": "t2_seg_count_max",
    "groups": ({"label": "Below 3", "below": 3}, {"label": "3 or more", "at_least": 3}),
}
PER_LEVEL = {**LONG, "kind": "continuous", "variable": "t2_seg_count_max", "test": "cox_wald", "groups": ()}
EXTENT = {
    "t2_ge3": ("0", "0", "1", "1"),
    "t2_seg_count_max": ("1", "2", "3", "6"),
    "t2_seg_count_max_low": ("1", "2", "2", "5"),
    "t2_seg_count_max_high": ("2", "3", "3", "8"),
}
# log-rank of 4 deaths on days 1 to 4, short against long, by hand: (O - E)² / V
TOGETHER = (7 / 6) ** 2 / (1 / 4 + 2 / 9)
SECOND_LONG = (3 / 4) ** 2 / (3 / 16)
THIRD_SHORT = (3 - (3 / 4 + 2 / 3 + 1 / 2)) ** 2 / (3 / 16 + 2 / 9 + 1 / 4)
BOTH = (2 - (1 / 2 + 1 / 3 + 1 / 2)) ** 2 / (1 / 4 + 2 / 9 + 1 / 4)


def _p(statistic: float) -> float:
    """Return the tail of chi-square with one degree of freedom."""
    return math.erfc(math.sqrt(statistic / 2))


def _patients(**columns: tuple[str, ...]) -> Patients:
    """Return four patients who die on days 1 to 4; the second and third may be short or long."""
    ids = {"participant_id": ("A1", "A2", "A3", "A4")}
    times = (1.0, 2.0, 3.0, 4.0)
    return Patients(
        columns=ids | EXTENT | columns,
        time_days={"iscm_diagnosis": times, "iscm_presentation": times},
        event=(1, 1, 1, 1),
    )


def _rows(plan_row: dict[str, object], other: Patients | None = None, **columns: tuple[str, ...]) -> list[UncertainRow]:
    return list(uncertainty(make_plan(plan_row), _patients(**columns), other))


@pytest.mark.parametrize("row", [LONG, BY_CUT])
def test_the_case_by_hand(row: dict[str, object]) -> None:
    """Two ambiguous patients give four assignments, worked out above; a group of one patient has no median."""
    short, long = _rows(row)
    assert (short.method, short.assignments, short.n_ambiguous, short.n) == ("exact", 4, 2, 2)
    assert short.p == pytest.approx(_p(TOGETHER), abs=1e-12)
    assert short.p_min == pytest.approx(_p(SECOND_LONG), abs=1e-12)
    assert short.p_max == pytest.approx(_p(BOTH), abs=1e-12)
    assert short.p_a == pytest.approx(_p(THIRD_SHORT), abs=1e-12)
    assert short.p_b == pytest.approx(_p(SECOND_LONG), abs=1e-12)
    assert (short.median, short.median_min, short.median_max) == (1.5, 1.5, 2.0)
    assert (long.median, long.median_min, long.median_max) == (3.5, 3.0, 3.5)
    assert (short.n_min, short.n_max, long.n_min, long.n_max) == (1, 3, 1, 3)
    assert (short.p, short.p_max) == (long.p, long.p_max)


def test_a_missing_range_leaves_the_patient_as_measured() -> None:
    """Without the range of the third patient only the second is ambiguous."""
    short, _ = _rows(LONG, t2_seg_count_max_low=("1", "2", "", "5"))
    assert (short.assignments, short.n_ambiguous) == (2, 1)
    assert short.p_max == pytest.approx(_p(TOGETHER), abs=1e-12)


def test_without_ranges_there_is_nothing() -> None:
    """No column of a range: no row, and the report can say so."""
    plan = make_plan(LONG)
    bare = Patients(columns={"t2_ge3": EXTENT["t2_ge3"]}, time_days=_patients().time_days, event=(1, 1, 1, 1))
    assert uncertainty(plan, bare) == ()
    assert not has_ranges(plan, bare)
    assert has_ranges(plan, _patients())


def test_whole_numbers_are_enumerated_one_by_one() -> None:
    """2 × 2 × 2 × 4 whole numbers lie in the four ranges: all 32 are computed, and the ends are among them."""
    (row,) = _rows(PER_LEVEL)
    assert (row.method, row.assignments, row.n_ambiguous) == ("exact", 32, 4)
    assert row.group is None
    assert row.median_min is None
    assert row.hr_min is not None
    assert row.hr_max is not None
    for end in (row.hr, row.hr_a, row.hr_b):
        assert end is None or row.hr_min <= end <= row.hr_max


def test_a_span_is_drawn_with_a_seed() -> None:
    """Numbers that are no whole ones have no end of assignments: a stated number is drawn, the same each time."""
    doubts = [Doubt(place=0, span=(1.5, 2.5)), Doubt(place=1, choices=("0", "1"), chances=(0.25, 0.75))]
    method, drawn = assignments(doubts)
    assert (method, len(drawn)) == ("monte_carlo", MOST_ASSIGNMENTS)
    assert all(1.5 <= float(one[0]) <= 2.5 for one in drawn)
    assert sum(one[1] == "1" for one in drawn) == pytest.approx(48, abs=12)
    assert assignments(doubts)[1] == drawn
    assert assignments(doubts, seed=1)[1] != drawn


def test_more_than_the_most_is_drawn_with_the_share_of_the_masks() -> None:
    """Seven ambiguous patients have 128 assignments: 64 are drawn; a share of 1 in t2_ge3_prob leaves no doubt."""
    n = 8
    same = {
        "participant_id": tuple(f"B{i}" for i in range(n)),
        "t2_ge3": ("0",) * n,
        "t2_seg_count_max": ("2",) * n,
        "t2_seg_count_max_low": ("2",) * n,
        "t2_seg_count_max_high": ("3",) * (n - 1) + ("2",),
        "t2_ge3_prob": ("1",) * (n - 1) + ("0",),
    }
    times = tuple(float(i + 1) for i in range(n))
    patients = Patients(columns=same, time_days={"iscm_diagnosis": times, "iscm_presentation": times}, event=(1,) * n)
    short, long = uncertainty(make_plan(LONG), patients)
    assert (short.method, short.assignments, short.n_ambiguous) == ("monte_carlo", MOST_ASSIGNMENTS, 7)
    assert (short.n_min, long.n_max) == (1, 7)
    assert short.p is None
    assert short.n_not_estimable == 0


def test_two_readers_are_settled_either_way() -> None:
    """They differ on the second patient and the fourth: this reader, the other, and both mixtures."""
    other = _patients(t2_ge3=("0", "1", "1", "0"))
    alone = dict.fromkeys(("t2_seg_count_max_low", "t2_seg_count_max_high"), ("",) * 4)
    rows = [row for row in _rows(LONG, other, **alone) if row.source == "reader"]
    assert (rows[0].assignments, rows[0].n_ambiguous) == (4, 2)
    assert (rows[0].end_a, rows[0].end_b) == ("this reader", "the other reader")
    assert rows[0].p == rows[0].p_a == pytest.approx(_p(TOGETHER), abs=1e-12)
    assert (rows[0].median_b, rows[1].median_b) == (2.5, 2.5)


def test_readers_who_agree_have_no_row() -> None:
    """Nothing between them, nothing to say; a participant whom the other did not read keeps this reader's value."""
    other = _patients()
    assert [row.source for row in _rows(LONG, other)] == ["measurement", "measurement"]
    absent = Patients(
        columns={"participant_id": ("A9",), "t2_ge3": ("1",)}, time_days={"iscm_diagnosis": (1.0,)}, event=(1,)
    )
    assert [row.source for row in _rows(LONG, absent)] == ["measurement", "measurement"]


def test_a_value_that_only_this_reader_has_is_missing_at_the_other_end() -> None:
    """The other reader could not assess the first patient: one fewer at that end, nobody ambiguous."""
    other = _patients(t2_ge3=("not_assessable", "0", "1", "1"))
    rows = [row for row in _rows(LONG, other) if row.source == "reader"]
    assert (rows[0].n_ambiguous, rows[0].n_min, rows[0].n_max) == (0, 1, 2)


def test_the_printed_lines() -> None:
    """P with its range and both ends, medians per group, in words what was done."""
    plan = make_plan(LONG)
    (table,) = ranges_of(plan, uncertainty(plan, _patients()))
    head, short, long = table.lines
    assert (head.label, head.ambiguous) == ("T2 extent", "2 of 4")
    assert (head.p, head.p_range, head.p_ends) == (".090", ".083 to .433", ".182; .083")
    assert head.detail == "all patients; all 4 assignments"
    assert (short.n_range, short.median, short.median_range) == ("1–3", "2", "2")
    assert (long.n_range, long.median_range) == ("1–3", "3 to 4")
    assert table.ends == "all at the lower end; all at the upper end"


def _with_ranges(folder: Path, name: str, shift: int) -> Path:
    """Write the synthetic cohort with a range of one level about each T2 extent, shifted for another reader."""
    with COHORT.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    for i, row in enumerate(rows):
        if row["t2_seg_count_max"]:
            extent = max(int(row["t2_seg_count_max"]) + (shift if i % 9 == 0 else 0), 1)
            row |= {"t2_seg_count_max": str(extent), "t2_ge2": str(int(extent > 1)), "t2_ge3": str(int(extent > 2))}
            wide = i % 6 == 0
            row["t2_seg_count_max_low"] = str(max(extent - wide, 0))
            row["t2_seg_count_max_high"] = str(extent + wide)
    path = folder / name
    columns = list(dict.fromkeys(column for row in rows for column in row))
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture(scope="module")
def small_diehn() -> Plan:
    """Return diehn2015 with its rows of T2 extent only and without pictures, which other tests draw."""
    plan = load_plan("diehn2015")
    rows = tuple(row for row in plan.rows if row.variable in ("t2_ge3", "t2_seg_count_max", "lung_breast"))
    return plan.model_copy(update={"rows": rows, "figures": (), "swimmers": ()})


def test_the_analysis_writes_the_ranges(tmp_path: Path, small_diehn: Plan) -> None:
    """uncertainty.csv, the key of results.json and the section of the report, from both sources."""
    own, other = _with_ranges(tmp_path, "own.csv", 0), _with_ranges(tmp_path, "other.csv", 2)
    out = tmp_path / "out"
    analyse(own, small_diehn, out, other_reader=other)
    with (out / "uncertainty.csv").open(newline="", encoding="utf-8") as handle:
        lines = list(csv.DictReader(handle))
    assert tuple(lines[0]) == UNCERTAIN_COLUMNS
    assert {line["source"] for line in lines} == {"measurement", "reader"}
    assert {line["variable"] for line in lines} == {"t2_ge3", "t2_seg_count_max"}
    assert all(float(line["p_min"]) <= float(line["p"]) <= float(line["p_max"]) for line in lines)
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    assert len(results["uncertainty"]) == len(lines)
    assert len(results["provenance"]["other_reader"]["sha256"]) == 64
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Results within the perturbation ranges" in page
    assert "Results between two readers" in page
    assert "A range, not a confidence interval" in page


def test_a_second_reader_of_other_patients_is_refused(tmp_path: Path, small_diehn: Plan) -> None:
    """Nobody in common is another study; a few not read twice are counted in a warning."""
    own = _with_ranges(tmp_path, "own.csv", 0)
    lines = own.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "few.csv").write_text("".join([lines[0], *lines[4:]]), encoding="utf-8")
    (tmp_path / "strangers.csv").write_text("".join(line.replace("SYN", "ELSE") for line in lines), encoding="utf-8")
    with pytest.raises(RefusedError, match="none of the participants"):
        analyse(own, small_diehn, tmp_path / "out", other_reader=tmp_path / "strangers.csv")
    assert not (tmp_path / "out").exists()
    result = analyse(own, small_diehn, tmp_path / "out", other_reader=tmp_path / "few.csv")
    assert [p.message for p in result.problems if p.code == "not_read_twice"] == [
        "3 of 49 participants are not in it: they keep this reader's values"
    ]
