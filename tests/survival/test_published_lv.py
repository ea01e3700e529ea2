"""The synthetic cohort of 61 under ``lv2019`` gives the printed counts to the digit and Table 7 as it was found."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from survival.analysis import AnalysisResult, analyse
from survival.formats import rounded
from survival.plan import load_plan

COHORT = Path(__file__).resolve().parents[2] / "sample_scans" / "cohort_lv" / "cohort.csv"
COUNTS = {
    "sex_counts": "31 (50.82) 30 (49.18)",
    "primary_counts": "41 (67.21) 9 (14.75) 3 (4.92) 2 (3.28) 2 (3.28) 1 (1.64) 1 (1.64) 1 (1.64) 1 (1.64) 0 (0.00)",
    "subtype_counts": "24 (39.34) 8 (13.11) 1 (1.64) 1 (1.64) 1 (1.64) 1 (1.64) 5 (8.20) 2 (3.28)",
    "pathology_counts": "4 (6.56) 57 (93.44)",
    "interval_counts": "6 (9.84)",
    "ecog_counts": "1 (1.64) 13 (21.31) 13 (21.31) 21 (34.43) 13 (21.31) 34 (55.74)",
    "paraplegia_counts": "26 (43.33) 34 (56.67)",
    "control_counts": "20 (34.48) 28 (48.28) 2 (3.45) 8 (13.79)",
    "region_counts": "24 (39.34) 47 (77.05) 21 (34.43) 4 (6.56)",
    "n_region_counts": "34 (55.74) 20 (32.79) 6 (9.84) 1 (1.64)",
    "site_counts": "3 (5.17) 10 (17.24) 44 (75.86) 36 (62.07) 14 (24.14) 7 (12.07) 2 (3.45) 2 (3.45) 2 (3.45) 2 (3.45) "
    "1 (1.72)",
    "n_site_counts": "16 (27.59) 24 (41.38) 13 (22.41) 5 (8.62)",
    "treatment_counts": "4 (8.51) 39 (82.98) 17 (36.17) 1 (2.13)",
    "treatment_status_counts": "47 (77.05) 13 (21.31) 0 (0.00)",
    "response_rt_alone": "2 (9.52) 11 (52.38) 6 (28.57) 2 (9.52) 13 (61.90) 19 (90.48)",
    "response_combinations": "8 (50.00) 6 (37.50) 2 (12.50) 0 (0.00) 1 (6.25) 1 (6.25) 0 (0.00) 0 (0.00) "
    "4 (25.00) 2 (12.50) 1 (6.25) 1 (6.25) 1 (6.25) 0 (0.00) 1 (6.25) 0 (0.00) 2 (12.50) 1 (6.25) 0 (0.00) 1 (6.25)",
    "response_multimodal": "0 (0.00) 10 (62.50) 4 (25.00) 2 (12.50) 10 (62.50) 14 (87.50)",
}
MEANS = {"age_mean": ("57.90", "35", "78"), "interval_mean": ("18.77", "0", "10"), "paraplegia_mean": ("22.85",)}
ROWS = {
    "sex": "sex",
    "age": "age",
    "PS": "performance_status",
    "sites": "sites",
    "levels": "regions",
    "treatment": "treatment",
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> AnalysisResult:
    """Return the analysis of the committed cohort."""
    return analyse(COHORT, load_plan("lv2019"), tmp_path_factory.mktemp("lv") / "lv2019")


@pytest.fixture(scope="module")
def written(result: AnalysisResult) -> Mapping[str, list[dict[str, object]]]:
    """Return ``results.json``."""
    content: Mapping[str, list[dict[str, object]]] = json.loads(
        (result.report.parent / "results.json").read_text(encoding="utf-8")
    )
    return content


@pytest.mark.parametrize("part", COUNTS)
def test_counts_of_tables_2_to_6(written: Mapping[str, list[dict[str, object]]], part: str) -> None:
    """Number and percentage of each line, over all 61 patients."""
    lines = [line for line in written["counts"] if line["part_id"] == part]
    printed = " ".join(f"{line['n']} ({rounded(float(str(line['percent'])), 2)})" for line in lines)
    assert printed == COUNTS[part]


@pytest.mark.parametrize("part", MEANS)
def test_means_of_table_2(written: Mapping[str, list[dict[str, object]]], part: str) -> None:
    """Mean to two decimals, and the range where the paper prints one."""
    line = next(line for line in written["counts"] if line["part_id"] == part)
    numbers = (rounded(float(str(line["mean"])), 2), *(rounded(float(str(line[end]))) for end in ("low", "high")))
    assert numbers[: len(MEANS[part])] == MEANS[part]


def test_figures_1_to_5(written: Mapping[str, list[dict[str, object]]]) -> None:
    """Three bar charts with the printed counts, the overall curve, six curves in months; forest and swimmer plot."""
    assert [figure["number"] for figure in written["figures"]] == [
        "Figure 1",
        "Figure 2",
        "Figure 3",
        "Figure 4",
        *(f"Figure 5{letter}" for letter in "abcdef"),
        None,
        None,
    ]
    bars = [[line["n"] for line in figure["lines"]] for figure in written["figures"][:3]]  # type: ignore[attr-defined]
    assert bars[1:] == [[34, 20, 6, 1], [16, 24, 13, 5]]
    assert bars[0] == [41, 9, 3, 2, 2, 1, 1, 1, 1, 0]


def test_the_lost_are_counted_but_not_analysed(written: Mapping[str, list[dict[str, object]]]) -> None:
    """58 in the survival analysis, overall median 4.0 months."""
    assert written["n"] == 58
    overall = next(row for row in written["rows"] if row["row_id"] == "overall")
    assert (overall["n"], overall["months"]) == (58, 4.0)


@pytest.mark.real_data
def test_table_7(shared_data: Path, written: Mapping[str, list[dict[str, object]]]) -> None:
    """Medians, Mantel–Haenszel hazard ratios with limits and both P, all as found."""
    with (shared_data / "survival" / "lv_match_table.csv").open(encoding="utf-8", newline="") as handle:
        expected = list(csv.DictReader(handle))
    for line in expected:
        first, second = (row for row in written["rows"] if row["row_id"] == ROWS[line["var"]])
        assert (first["n"], second["n"]) == (int(line["n1"]), int(line["n2"]))
        assert (first["months"], second["months"]) == (float(line["med1"]), float(line["med2"]))
        for mine, theirs in (("hr", "HR"), ("hr_low", "lo"), ("hr_high", "hi")):
            assert first[mine] == pytest.approx(float(line[theirs]), rel=5.1e-4), (line["var"], mine)
        assert first["p"] == pytest.approx(float(line["P_lr"]), abs=5.1e-5)
        assert first["p_second"] == pytest.approx(float(line["P_gbw"]), abs=5.1e-5)
        assert second["reference"] == second["group"]


def test_the_report_prints_as_the_paper(result: AnalysisResult) -> None:
    """Four significant digits, P with four decimals, months; treatment is called immortal time."""
    text = result.report.read_text(encoding="utf-8")
    assert "1.259 (0.7081–2.240)" in text
    assert ".0063" in text
    assert "Median survival, months" in text
    assert "Gehan–<br>Breslow–<br>Wilcoxon" in text
    assert "neither group" in text
    assert "Immortal time" in text
    assert "Synthetic, constructed to match; no evidence." in text


def test_subsets_that_are_only_counted_are_not_in_the_flow(written: Mapping[str, list[dict[str, object]]]) -> None:
    """Treated patients are counted in Tables 5 and 6; the survival analysis does not pass through them."""
    assert [step["n"] for step in written["flow"]] == [61, 61, 58]
