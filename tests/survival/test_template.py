"""The template plan has every key, runs as it stands, and a misspelt key is named with the right one."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from mri.problems import RefusedError
from survival import plan as plans
from survival.analysis import analyse
from survival.plan import load_plan, shipped_plans

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "survival" / "plans" / "template.toml"
UNSHOWN = {"text", "sha256", "measure", "also", "columns", "unit_divisor", "range_divisor", "range_unit", "missing_if"}
"""Written by the program, or rare keys that the how-to page and the shipped plans show."""


def test_three_plans_ship() -> None:
    """Both published series and the template."""
    assert shipped_plans() == ("diehn2015", "lv2019", "template")


@pytest.mark.parametrize(
    "part", ["Plan", "Row", "Model", "Counts", "Figure", "Bars", "Print", "Subset", "Table", "Summary", "Swimmer"]
)
def test_every_key_is_in_the_template(part: str) -> None:
    """A key that a user cannot see in the template is a key that a user does not have."""
    model: type[BaseModel] = getattr(plans, part)
    text = TEMPLATE.read_text(encoding="utf-8")
    missing = [name for name in model.model_fields if name not in text and name not in UNSHOWN]
    assert missing == []


def test_the_template_runs_as_it_stands(tmp_path: Path) -> None:
    """On the synthetic cohort: its rows, its figure and its counts."""
    result = analyse(ROOT / "sample_scans" / "cohort" / "cohort.csv", load_plan(TEMPLATE), tmp_path / "out")
    models = {"adjusted", "new_lesions_landmark", "new_lesions_in_time"}
    assert {row.row_id for row in result.rows} == {"overall", "multiple", "t2_length", "age", "new_lesions", *models}
    assert {row.row_id for row in result.rows if row.hr is None and row.row_id in models and "No" in str(row.group)}
    assert all(row.p_second for row in result.rows if row.row_id in models)
    assert (tmp_path / "out" / "km_t2_length.svg").is_file()
    assert (tmp_path / "out" / "bars_sex.png").is_file()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("second_test", "secnd_test", "did you mean second_test"),
        ('table = "Features"', 'table = "Feature"', "'Feature' is not declared"),
        ('counts = "sex_counts"', 'counts = "sexes"', "'sexes' is not declared"),
        ('name = "bars_sex"', 'name = "sex"', "bars_"),
        ('time_unit = "days"', 'time_unit = "weeks"', "days"),
        ("post_baseline = true ", "post_baseline = false ", "exposed_from needs"),
        ('kind = "mean_range"', 'kind = "counts"', "lines are needed"),
        ('covariates = ["multiple", "age"]', 'covariates = ["multiple", "ages"]', "'ages' is no row"),
    ],
)
def test_an_error_in_an_edited_template_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    """What it is and where, with the name of the entry."""
    text = TEMPLATE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "mine.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RefusedError, match=message):
        load_plan(path)


def test_what_is_said_of_a_papers_numbers_is_said_of_its_patients() -> None:
    """Such a note is printed beside another cohort as well; and only the two published plans have any."""
    for name in ("diehn2015", "lv2019"):
        plan = load_plan(name)
        notes = [*plan.notes, *(row.note for row in plan.rows), *(table.note for table in plan.tables)]
        printed = [note for note in notes if " prints " in note or "lower limit" in note or "curves cross" in note]
        assert printed
        assert all(note.startswith("Of the paper's patients: ") for note in printed)
    template = load_plan("template")
    assert "paper's patients" not in " ".join([*template.notes, *(row.note for row in template.rows)])
