"""The synthetic cohort under ``diehn2015`` gives what the paper printed, number by number."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from survival.analysis import analyse
from survival.formats import p_value, rounded
from survival.plan import load_plan
from survival.results import ResultRow
from survival.tables import csv_records

COHORT = Path(__file__).resolve().parents[2] / "sample_scans" / "cohort" / "cohort.csv"
FROZEN = Path(__file__).parent / "frozen_diehn2015.csv"
Rows = Mapping[tuple[str, str | None], ResultRow]

GROUPS = {
    "all from diagnosis": ("overall_diagnosis", "All"),
    "all from presentation": ("overall_presentation", "All"),
    "age": ("age", None),
    "age row": ("age", None),
    "lung": ("primary_malignancy", "Lung"),
    "breast": ("primary_malignancy", "Breast"),
    "melanoma": ("primary_malignancy", "Melanoma"),
    "cns": ("primary_malignancy", "CNS"),
    "renal": ("primary_malignancy", "Renal"),
    "other": ("primary_malignancy", "Other"),
    "nonLB": ("lung_breast", "No"),
    "LB": ("lung_breast", "Yes"),
    "nonmel": ("melanoma", "No"),
    "nonCNS": ("cns_primary", "No"),
    "precedes no": ("iscm_precedes_primary", "No"),
    "precedes yes": ("iscm_precedes_primary", "Yes"),
    "LB solitary": ("lung_breast_solitary", "Yes"),
    "nonLB solitary": ("lung_breast_solitary", "No"),
    "lung solitary": ("primary_malignancy_solitary", "Lung"),
    "breast solitary": ("primary_malignancy_solitary", "Breast"),
    "solitary": ("multiple", "Solitary"),
    "multiple": ("multiple", "Multiple"),
    "noncord no": ("noncord_cns_spinal_mets", "No"),
    "noncord yes": ("noncord_cns_spinal_mets", "Yes"),
    "lepto no": ("leptomeningeal_mets", "No"),
    "lepto yes": ("leptomeningeal_mets", "Yes"),
    "primary/non-CNS no": ("primary_or_noncns_mets", "No"),
    "primary/non-CNS yes": ("primary_or_noncns_mets", "Yes"),
    "T2>=2 no": ("t2_ge2", "No"),
    "T2>=2 yes": ("t2_ge2", "Yes"),
    "T2>=3 no": ("t2_ge3", "No"),
    "T2>=3 yes": ("t2_ge3", "Yes"),
    "T2 available": ("t2_segments", None),
    "T2 segments": ("t2_segments", None),
    "enh available mm": ("enh_si_mm", None),
    "SI mm": ("enh_si_mm", None),
    "enh available seg": ("enh_segments", None),
    "enh segments": ("enh_segments", None),
    "ratio available": ("ratio_segments", None),
    "ratio": ("ratio_segments", None),
    "rim no": ("rim_sign", "No"),
    "rim yes": ("rim_sign", "Yes"),
    "flame no": ("flame_sign", "No"),
    "flame yes": ("flame_sign", "Yes"),
    "neither": ("rim_flame", "Neither"),
    "rim only": ("rim_flame", "Rim only"),
    "flame only": ("rim_flame", "Flame only"),
    "both": ("rim_flame", "Both"),
    "PET uptake": ("pet_uptake", "Yes"),
    "additional yes": ("new_lesions_followup", "Yes"),
    "additional no": ("new_lesions_followup", "No"),
    "additional yes solitary": ("new_lesions_followup_solitary", "Yes"),
    "additional no solitary": ("new_lesions_followup_solitary", "No"),
}
P_VALUES = {
    "primary 6 groups P": "primary_malignancy",
    "LB P": "lung_breast",
    "melanoma P": "melanoma",
    "CNS P": "cns_primary",
    "precedes P": "iscm_precedes_primary",
    "LB solitary P": "lung_breast_solitary",
    "primary solitary P": "primary_malignancy_solitary",
    "number of ISCM P": "multiple",
    "noncord P": "noncord_cns_spinal_mets",
    "lepto P": "leptomeningeal_mets",
    "primary/non-CNS P": "primary_or_noncns_mets",
    "T2>=2 P": "t2_ge2",
    "T2>=3 P": "t2_ge3",
    "T2>=2 all 49 P": "t2_ge2_all",
    "T2>=3 all 49 P": "t2_ge3_all",
    "primary/non-CNS all 49 P": "primary_or_noncns_mets_all",
    "rim P": "rim_sign",
    "flame P": "flame_sign",
    "rim/flame P": "rim_flame",
    "position P": "index_position",
    "expansion P": "index_cord_expansion",
    "T2 signal P": "index_t2_signal",
    "T1 signal P": "index_t1_signal",
    "hemorrhage P": "index_hemorrhage",
    "pattern P": "index_enhancement_pattern",
    "PET P": "pet_uptake",
    "additional P (printed ? .001)": "new_lesions_followup",
    "additional solitary P": "new_lesions_followup_solitary",
}
STATISTICS: dict[str, Callable[[ResultRow], float | None]] = {
    " median": lambda row: row.median,
    " CI low": lambda row: row.ci_low,
    " CI high": lambda row: row.ci_high,
    " months": lambda row: row.months,
    " HR low": lambda row: row.hr_low,
    " HR high": lambda row: row.hr_high,
    " HR": lambda row: row.hr,
    " Wald P": lambda row: row.p,
    " n": lambda row: row.n,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the analysis of the committed cohort."""
    out = tmp_path_factory.mktemp("published") / "diehn2015"
    analyse(COHORT, load_plan("diehn2015"), out)
    return out


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Return every computed row by its id and group."""
    result = analyse(COHORT, load_plan("diehn2015"), tmp_path_factory.mktemp("rows"))
    return {(row.row_id, row.group): row for row in result.rows}


def _computed(rows: Rows, item: str) -> float | None:
    if item in P_VALUES:
        return next(row.p for (row_id, _), row in rows.items() if row_id == P_VALUES[item])
    for ending, statistic in STATISTICS.items():
        name = item.removesuffix(ending)
        if name != item and name in GROUPS:
            return statistic(rows[GROUPS[name]])
    if item == "PET n":
        return sum(row.n for (row_id, _), row in rows.items() if row_id == "pet_uptake")
    raise KeyError(item)


def _agrees(computed: float, published: str) -> bool:
    """Return whether the number rounds to the printed one, a half to either side (763.5 is printed 763)."""
    if published.startswith("<"):
        return computed < float(published[1:])
    decimals = len(published.partition(".")[2])
    return abs(computed - float(published)) <= 0.5 * 10**-decimals + 1e-9


@pytest.mark.real_data
def test_every_published_number_that_can_hold(shared_data: Path, rows: Rows) -> None:
    """All numbers of Table 1, Table 2 and the text that the cohort was found to match."""
    summary = {"deaths", "ISCM total", "age mean", "age median"}
    with (shared_data / "survival" / "match_table.csv").open(encoding="utf-8", newline="") as handle:
        table = [row for row in csv.DictReader(handle) if row["match"] == "1" and row["item"] not in summary]
    wrong = [
        (row["item"], row["published"], computed)
        for row in table
        if (computed := _computed(rows, row["item"])) is None or not _agrees(computed, row["published"])
    ]
    assert len(table) > 220
    assert wrong == []


R_TESTS = {
    "primary6": "primary_malignancy",
    "LB": "lung_breast",
    "melanoma": "melanoma",
    "cns": "cns_primary",
    "precedes": "iscm_precedes_primary",
    "multi": "multiple",
    "LB_sol": "lung_breast_solitary",
    "primary_sol": "primary_malignancy_solitary",
    "noncord": "noncord_cns_spinal_mets",
    "lepto": "leptomeningeal_mets",
    "pn": "primary_or_noncns_mets",
    "t2ge2": "t2_ge2",
    "t2ge3": "t2_ge3",
    "rim": "rim_sign",
    "flame": "flame_sign",
    "combo": "rim_flame",
    "t2ge2_all": "t2_ge2_all",
    "t2ge3_all": "t2_ge3_all",
    "pn_all": "primary_or_noncns_mets_all",
    "addl": "new_lesions_followup",
    "addl_sol": "new_lesions_followup_solitary",
}
R_COX = {"age": "age", "t2": "t2_segments", "mm": "enh_si_mm", "enh": "enh_segments", "ratio": "ratio_segments"}


@pytest.mark.real_data
def test_the_same_cohort_in_r(shared_data: Path, rows: Rows) -> None:
    """R's log-rank and Cox results on the source of the cohort, to 1e-9: the mapping of names changed no number."""
    path = shared_data / "survival" / "r_reference" / "diehn_like_R.json"
    r = json.loads(path.read_text(encoding="utf-8"))
    by_id = {row_id: row for (row_id, _), row in rows.items()}
    assert set(r["logrank"]) == set(R_TESTS)
    for name, (_, _, p) in r["logrank"].items():
        assert by_id[R_TESTS[name]].p == pytest.approx(p, abs=1e-9), name
    for name, (_, _, hr, low, high, p, *_) in r["cox_breslow"].items():
        row = by_id[R_COX[name]]
        # R read the ratio with six decimals, the cohort holds it in full.
        tolerance = 1e-7 if name == "ratio" else 1e-9
        assert (row.hr, row.hr_low, row.hr_high, row.p) == pytest.approx((hr, low, high, p), abs=tolerance), name


def test_the_headline_numbers(rows: Rows) -> None:
    """The numbers by which this analysis is accepted, always tested."""
    overall = rows["overall_diagnosis", "All"]
    assert [rounded(v or 0) for v in (overall.median, overall.ci_low, overall.ci_high)] == ["104", "48", "156"]
    expected = {
        ("lung_breast", "Yes"): ("57", "<.001"),
        ("lung_breast", "No"): ("308", "<.001"),
        ("multiple", "Solitary"): ("121", ".022"),
        ("multiple", "Multiple"): ("53", ".022"),
        ("t2_ge3", "Yes"): ("111", ".018"),
        ("t2_ge3", "No"): ("184", ".018"),
        ("primary_or_noncns_mets", "Yes"): ("96", ".012"),
        ("primary_or_noncns_mets", "No"): ("316", ".012"),
    }
    for key, (median, p) in expected.items():
        assert (rounded(rows[key].median or 0), p_value(rows[key].p)) == (median, p), key


def test_holm_leaves_lung_or_breast_and_bh_adds_the_primary(rows: Rows) -> None:
    """Of the 19 P values of both tables, no MRI feature survives a correction."""
    family = {row.row_id: row for row in rows.values() if row.p_holm is not None}
    assert len(family) == 19
    assert [name for name, row in family.items() if (row.p_holm or 1) <= 0.05] == ["lung_breast"]
    assert sorted(name for name, row in family.items() if (row.p_bh or 1) <= 0.05) == [
        "lung_breast",
        "primary_malignancy",
    ]


def test_immortal_time_is_flagged(rows: Rows) -> None:
    """Every row on lesions found at follow-up, and no other."""
    flagged = {row_id for (row_id, _), row in rows.items() if "immortal_time" in row.flags}
    assert flagged == {row.row_id for row in rows.values() if row.variable == "new_lesions_followup"}


def test_every_row_as_frozen(rows: Rows) -> None:
    """Each number of each row is what it was when the analysis was accepted (and compared with R)."""
    with FROZEN.open(newline="", encoding="utf-8") as handle:
        frozen = list(csv.DictReader(handle))
    computed = csv_records(rows.values())
    assert len(computed) == len(frozen)
    for mine, theirs in zip(computed, frozen, strict=True):
        for name, text in theirs.items():
            value = mine[name]
            where = f"{theirs['row_id']} {theirs['group']} {name}"
            if isinstance(value, float):
                assert value == pytest.approx(float(text), rel=1e-9), where
            else:
                assert ("" if value is None else str(value)) == text, where


def test_the_cohort_is_described_as_in_the_paper(folder: Path) -> None:
    """70 lesions, mean and median age 58, 47 deaths."""
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    values = {line["label"]: line["values"] for line in results["summary"]}
    assert values["ISCMs in all"]["sum"] == 70
    assert round(values["Age at ISCM diagnosis"]["mean"]) == values["Age at ISCM diagnosis"]["median"] == 58
    assert values["Vital status"] == {"dead": 47, "alive": 1, "lost": 1, "n_missing": 0}


def test_the_sensitivity_row_leaves_out_who_had_no_follow_up_mri(rows: Rows) -> None:
    """Nine patients were seen too briefly for one: the paper counts them as no, the sensitivity row as missing."""
    published, missing = rows["new_lesions_followup", "No"], rows["new_lesions_followup_missing", "No"]
    assert (published.n, published.n_na_recoded, published.n_missing) == (38, 9, 0)
    assert (missing.n, missing.n_na_recoded, missing.n_missing) == (29, 0, 9)
    assert published.p is not None
    assert missing.p is not None
    assert published.p < missing.p
