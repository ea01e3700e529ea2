"""Options of the clinical table and the cohort: a codebook, and another reader's cohort."""

import csv
from pathlib import Path

import pytest

from mri.problems import RefusedError
from pipeline.checks import check_path
from pipeline.cli import status_of
from pipeline.config import Config
from pipeline.ending import DONE, REFUSED
from pipeline.prognosis import declared_codebook
from survival.parameters import SurvivalParameters

DICTIONARY = (
    ("Variable / Field Name", "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels"),
    ("participant_id", "text", "Participant", ""),
    ("timeline", "text", "Timeline", ""),
    ("primary_malignancy", "radio", "Primary", "1, Lung | 2, Breast"),
    ("vital_status", "radio", "Status", "0, Alive | 1, Dead"),
    ("iscm_diagnosis_days", "text", "Day of diagnosis", ""),
    ("death_days", "text", "Day of death", ""),
)
EXPORT = (("participant_id", "timeline", "primary_malignancy", "vital_status", "iscm_diagnosis_days", "death_days"),)


def _write(path: Path, lines: tuple[tuple[str, ...], ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows(lines)
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Write a raw export of one patient and the project's dictionary beside it."""
    _write(tmp_path / "dictionary.csv", DICTIONARY)
    return _write(tmp_path / "export.csv", (*EXPORT, ("P1", "days", "2", "1", "0", "90")))


def test_check_reads_raw_codes_with_the_codebook(export: Path) -> None:
    """Without it 2 and 1 are no codes; with it they are breast and dead."""
    book = export.parent / "dictionary.csv"
    assert status_of(["check", str(export)]) == REFUSED
    assert status_of(["check", str(export), "--codebook", str(book)]) == DONE


def test_the_configuration_may_declare_the_codebook(export: Path) -> None:
    """Seen from the folder of the study, or of the table that is checked."""
    config = Config(survival=SurvivalParameters(codebook="dictionary.csv"))
    assert declared_codebook(config, export.parent) == export.parent / "dictionary.csv"
    assert declared_codebook(Config(), export.parent) is None
    assert not [p for p in check_path(export, config=config) if p.severity == "error"]


def test_another_readers_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Named, before anything is written."""
    from pipeline.commands import analyse_path

    cohort = Path(__file__).resolve().parents[2] / "sample_scans" / "cohort" / "cohort.csv"
    with pytest.raises(RefusedError, match=r"nobody\.csv"):
        analyse_path(cohort, "diehn2015", tmp_path / "out", Config(), tmp_path / "nobody.csv")
    assert not (tmp_path / "out").exists()


def test_check_knows_the_plans_that_ship_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As analyse does; another name without a file is refused, and a folder of that name comes first."""
    monkeypatch.chdir(tmp_path)
    assert check_path(Path("diehn2015")) == ()
    with pytest.raises(RefusedError, match="no such file"):
        check_path(Path("diehn2016"))
    (tmp_path / "diehn2015").mkdir()
    assert check_path(Path("diehn2015")) != ()
