"""From a table to a folder: what is written, what is refused, and that small cohorts are no errors."""

import csv
import json
from pathlib import Path

import pytest

from mri.problems import RefusedError
from survival.analysis import AnalysisResult, analyse
from survival.plan import Plan, load_plan
from survival.report import SYNTHETIC, UNREAD, Section
from tests.survival.small_plan import OVERALL, SIGN, SIZE, make_plan

COHORT = Path(__file__).resolve().parents[2] / "sample_scans" / "cohort" / "cohort.csv"
FIGURES = [{"name": "km_sign", "row": "sign", "title": "By sign"}]
ADDED = ["time_days", "event", "origin", "in_analysis", "exclusion_reason"]


def _patient(i: int, **changes: str) -> dict[str, str]:
    row = {
        "participant_id": f"P{i}",
        "author": "reader",
        "n_lesions": "1",
        "vital_status": "dead",
        "iscm_diagnosis_days": "0",
        "iscm_presentation_days": "-10",
        "last_known_alive_days": "",
        "death_days": str(10 * i),
        "exclusion": "",
        "sign": str(i % 2),
        "size": str((i * 7) % 5),
    }
    return row | changes


def _write(folder: Path, rows: list[dict[str, str]]) -> Path:
    path = folder / "table.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def _plan(**changes: object) -> Plan:
    return make_plan(OVERALL, SIGN, SIZE, figures=FIGURES, **changes)


def _run(folder: Path, rows: list[dict[str, str]], plan: Plan | None = None) -> tuple[AnalysisResult, dict]:  # type: ignore[type-arg]
    result = analyse(_write(folder, rows), plan or _plan(), folder / "out")
    return result, json.loads((folder / "out" / "results.json").read_text(encoding="utf-8"))


def test_the_folder_holds_what_the_contract_says(tmp_path: Path) -> None:
    """Report, results, the copy of the cohort, a CSV per table, three pictures per figure, and nothing else."""
    result, _ = _run(tmp_path, [_patient(i) for i in range(1, 9)])
    expected = {
        "report.html",
        "results.json",
        "cohort.csv",
        "table_1.csv",
        "handover.py",
        "handover.R",
        "import.sas",
        "import.do",
    }
    expected |= {"beyond.csv", "checklist.csv", "tables.tex", "tables.docx", "methods.txt"}
    expected |= {f"{name}.{ending}" for name in ("km_sign", "forest") for ending in ("svg", "png", "pdf")}
    assert {path.name for path in (tmp_path / "out").iterdir()} == expected
    assert {path.name for path in result.files} == expected
    assert (tmp_path / "out" / "km_sign.png").read_bytes().startswith(b"\x89PNG")


def test_results_json(tmp_path: Path) -> None:
    """Format, plan, n, rows with their P on each group, figures, flow, and where it came from."""
    _, results = _run(tmp_path, [_patient(i) for i in range(1, 9)])
    assert (results["format"], results["plan"], results["n"]) == (1, "small", 8)
    groups = [row for row in results["rows"] if row["variable"] == "sign"]
    assert [row["group"] for row in groups] == ["No", "Yes"]
    assert groups[0]["p"] == groups[1]["p"]
    assert groups[0]["hr"] is None
    assert results["figures"][0]["files"] == ["km_sign.svg", "km_sign.png", "km_sign.pdf"]
    assert results["flow"][0]["n"] == 8
    assert len(results["provenance"]["input"]["sha256"]) == 64
    assert results["provenance"]["versions"]["lifelines"]


def test_the_copy_of_the_cohort_says_who_was_analysed(tmp_path: Path) -> None:
    """Every patient is in it, with the five added columns; the excluded one has a reason."""
    rows = [_patient(i) for i in range(1, 6)] + [_patient(6, exclusion="no_definite_mri")]
    _, results = _run(tmp_path, rows)
    with (tmp_path / "out" / "cohort.csv").open(encoding="utf-8", newline="") as handle:
        copy = list(csv.DictReader(handle))
    assert list(copy[0])[-5:] == ADDED
    assert [row["in_analysis"] for row in copy] == ["1"] * 5 + ["0"]
    assert copy[5]["exclusion_reason"] == "no_definite_mri"
    assert (copy[1]["time_days"], copy[1]["event"]) == ("20", "1")
    assert results["n"] == 5


def test_lost_patients_are_censored_or_excluded_as_the_plan_says(tmp_path: Path) -> None:
    """Diehn censors at last known alive, Lv leaves out."""
    lost = _patient(9, vital_status="lost", death_days="", last_known_alive_days="35")
    rows = [*(_patient(i) for i in range(1, 6)), lost]
    _, censored = _run(tmp_path, rows)
    assert (censored["rows"][0]["n"], censored["rows"][0]["events"]) == (6, 5)
    _, excluded = _run(tmp_path, rows, _plan(lost="excluded"))
    assert excluded["n"] == 5


def test_a_filter_of_the_plan_is_in_the_flow(tmp_path: Path) -> None:
    """Who does not meet it is left out, with the reason in the flow."""
    keep = {"label": "large lesions", "variable": "size", "at_least": 2}
    _, results = _run(tmp_path, [_patient(i) for i in range(1, 9)], _plan(filters=[keep]))
    kept = sum((i * 7) % 5 >= 2 for i in range(1, 9))
    assert results["n"] == kept
    assert any("large lesions" in item["reason"] for step in results["flow"] for item in step["excluded"])


@pytest.mark.parametrize("count", [1, 2, 4])
def test_few_patients_give_a_report(tmp_path: Path, count: int) -> None:
    """One, two or four patients: a whole folder, with NE where nothing can be estimated."""
    result, results = _run(tmp_path, [_patient(i) for i in range(1, count + 1)])
    assert results["n"] == count
    text = result.report.read_text(encoding="utf-8")
    assert "NE" in text
    assert "nan" not in text.lower().split()


def test_nobody_died(tmp_path: Path) -> None:
    """No event gives no median, no P, and says so."""
    alive = {"vital_status": "alive", "death_days": "", "last_known_alive_days": "50"}
    result, results = _run(tmp_path, [_patient(i, **alive) for i in range(1, 5)])
    assert all(row["median"] is None and row["p"] is None for row in results["rows"])
    assert "not estimable" in result.report.read_text(encoding="utf-8")


def test_bad_input_is_refused_whole_and_nothing_is_written(tmp_path: Path) -> None:
    """An unreadable day, a contradiction and a column that the plan needs come together; no folder appears."""
    rows = [_patient(1), _patient(2, death_days="soon"), _patient(3, vital_status="alive")]
    rows = [{k: v for k, v in row.items() if k != "size"} for row in rows]
    with pytest.raises(RefusedError) as refused:
        analyse(_write(tmp_path, rows), _plan(), tmp_path / "out")
    text = str(refused.value)
    assert "row 3, column death_days" in text
    assert "row 4" in text
    assert "size: the table has no column of this name" in text
    assert not (tmp_path / "out").exists()


def test_a_misspelt_variable_is_refused_alone_too(tmp_path: Path) -> None:
    """A sound table with a plan that names another column."""
    with pytest.raises(RefusedError, match="did you mean sign"):
        _run(tmp_path, [_patient(1)], make_plan({**SIGN, "variable": "sgn"}))
    assert not (tmp_path / "out").exists()


def test_nobody_to_analyse_is_refused_with_the_reason(tmp_path: Path) -> None:
    """All patients excluded: the counts of the reasons are told."""
    with pytest.raises(RefusedError, match="no patient who can be analysed") as refused:
        _run(tmp_path, [_patient(1, exclusion="no_definite_mri")])
    assert "1" in str(refused.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A path that is not there is named without its folder."""
    with pytest.raises(RefusedError, match=r"^none\.csv"):
        analyse(tmp_path / "none.csv", _plan(), tmp_path / "out")


def test_automatic_readings_are_stamped_unread(tmp_path: Path) -> None:
    """Author auto anywhere stamps every table and figure; a signed reader does not."""
    result, results = _run(tmp_path, [_patient(i, author="auto" if i == 2 else "reader") for i in range(1, 7)])
    assert UNREAD in result.report.read_text(encoding="utf-8")
    assert UNREAD in (tmp_path / "out" / "km_sign.svg").read_text(encoding="utf-8")
    assert "unread" in results["rows"][0]["flags"]
    result, _ = _run(tmp_path, [_patient(i) for i in range(1, 7)])
    assert UNREAD not in result.report.read_text(encoding="utf-8")


def test_a_plan_that_accepts_suggestions_is_stamped_unread(tmp_path: Path) -> None:
    """Suggested findings in the analysis make every figure unread, whoever signed the rest."""
    result, _ = _run(tmp_path, [_patient(i) for i in range(1, 7)], _plan(accept_suggested=True))
    assert UNREAD in result.report.read_text(encoding="utf-8")


def test_synthetic_patients_are_stamped(tmp_path: Path) -> None:
    """The stamp is in the report and in each picture."""
    result, _ = _run(tmp_path, [_patient(i, synthetic="1") for i in range(1, 7)])
    assert SYNTHETIC in result.report.read_text(encoding="utf-8")
    assert SYNTHETIC in (tmp_path / "out" / "km_sign.svg").read_text(encoding="utf-8")


def test_sections_and_provenance_of_the_caller_are_kept(tmp_path: Path) -> None:
    """The pipeline's case pages and versions stand in the report."""
    path = _write(tmp_path, [_patient(i) for i in range(1, 7)])
    section = Section(title="Case pages", html="<p>One page per patient</p>")
    result = analyse(path, _plan(), tmp_path / "out", sections=[section], provenance={"study": "demo"})
    text = result.report.read_text(encoding="utf-8")
    assert "<p>One page per patient</p>" in text
    assert json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))["provenance"]["study"] == "demo"


def test_the_same_input_gives_the_same_files(tmp_path: Path) -> None:
    """Byte for byte, so that a change of a result is a change of the input or of the code."""
    path = _write(tmp_path, [_patient(i) for i in range(1, 7)])
    one, two = analyse(path, _plan(), tmp_path / "a"), analyse(path, _plan(), tmp_path / "b")
    for first, second in zip(one.files, two.files, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_no_patient_is_named_in_the_report() -> None:
    """The report of a cohort holds no participant id of its own accord: only sections may."""
    from survival.intake import take_in
    from survival.tables import summarise

    plan = load_plan("diehn2015")
    patients = take_in(COHORT, plan).patients
    assert not any("SYN0" in line.text for line in summarise(plan, patients))


def test_the_flow_tells_solitary_from_solitary_for_certain(tmp_path: Path) -> None:
    """Where the table says for whom the whole cord was imaged, the flow counts them; else it has no such step."""
    plan = _plan(rows=[OVERALL, {**SIGN, "subset": "solitary"}, SIZE])
    rows = [_patient(i, n_lesions="1" if i < 7 else "2") for i in range(1, 9)]
    _, plain = _run(tmp_path, rows, plan)
    assert plain["flow"][-1] == {"step": "of these, solitary ISCM", "n": 6, "excluded": []}
    _, told = _run(tmp_path, [row | {"solitary_certain": str(int(i < 4))} for i, row in enumerate(rows)], plan)
    assert [step["n"] for step in told["flow"][-2:]] == [6, 4]
    assert "solitary for certain" in told["flow"][-1]["step"]
