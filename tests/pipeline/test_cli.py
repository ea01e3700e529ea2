"""The command line: exit statuses, messages, and no slow start."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer

from mri.nifti import write_label_map
from mri.volume import LabelMap
from pipeline import cli
from pipeline.cli import status_of
from tests.pipeline.masks import tube


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """The help lists the commands that scripts rely on and says research use only."""
    assert status_of(["--help"]) == 0
    out = capsys.readouterr().out
    for command in ("sample", "ingest", "check", "propose", "propose-case", "measure", "measure-case", "join"):
        assert f"  {command} " in out
    assert "Research use only" in out


def test_help_imports_nothing_heavy() -> None:
    """Neither pandas, matplotlib, SimpleITK, scipy nor lifelines is loaded by the help."""
    heavy = "{'pandas', 'matplotlib', 'SimpleITK', 'scipy', 'lifelines'}"
    code = f"import sys, pipeline.cli; print(sorted({heavy} & {{*sys.modules}}))"
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert out.strip() == "[]"


@pytest.mark.parametrize("arguments", [["nonsense"], ["measure"], ["run", "a"], ["sample", "x", "--patients", "0"]])
def test_bad_usage_is_status_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command line is refused with a message and status 2."""
    assert status_of(arguments) == 2
    assert capsys.readouterr().err


def test_every_command_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    """Each command's help shows one line that can be copied."""
    names = [*typer.main.get_command(cli.app).commands]
    assert {"ingest", "measure", "measure-case", "analyse"} < {*names}
    for name in names:
        assert status_of([name, "--help"]) == 0
        assert f"Example: iscm {name}" in capsys.readouterr().out


def test_a_bug_is_status_3_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An unforeseen exception is reported by type and place only: its text may hold an identifier."""

    def broken(_: str) -> str:
        raise KeyError("Doe^Jane")

    monkeypatch.setattr("pipeline.checks.whole_dictionary", broken)
    assert status_of(["dictionary"]) == 3
    err = capsys.readouterr().err
    assert "KeyError" in err
    assert "Doe" not in err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_of_few_letters_is_told_all_the_same(encoding: str) -> None:
    """The dictionary holds – and −; where the output does not take them the command ends well, and JSON stays JSON."""
    commands = ("dictionary",), ("dictionary", "--json")
    (text, _), (summary, _) = (_told(encoding, *command) for command in commands)
    assert "enh_length_mm" in text
    assert ("–" in text) == (encoding == "utf-8")
    assert json.loads(summary)["format"] == 1


def _told(encoding: str, *arguments: str) -> tuple[str, str]:
    """Return what a command prints in an encoding; it must end well."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.cli", *arguments],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode(encoding), done.stderr.decode(encoding)


def test_interrupted_is_status_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl+C ends with 130."""

    def stopped(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.checks.whole_dictionary", stopped)
    assert status_of(["dictionary"]) == 130


def test_measure_case_without_a_mask_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to measure is status 2 with the options that would mend it."""
    assert status_of(["measure-case", "--json"]) == 2
    assert "--enhancing" in capsys.readouterr().err


def test_measure_case_prints_rows_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lesion and a cord give one row of lesions.csv; without discs the segments are null, with the flag."""
    write_label_map(tmp_path / "cord.nii.gz", tube(radius_mm=5, low_mm=-40, high_mm=40))
    write_label_map(tmp_path / "lesion.nii.gz", tube(radius_mm=2, low_mm=-6, high_mm=6))
    arguments = ["--enhancing", str(tmp_path / "lesion.nii.gz"), "--cord", str(tmp_path / "cord.nii.gz"), "--json"]
    assert status_of(["measure-case", *arguments]) == 0
    printed = json.loads(capsys.readouterr().out)
    (lesion,) = printed["lesions"]
    assert abs(lesion["enh_length_mm"] - 12) <= lesion["enh_length_res_mm"]
    assert lesion["enh_seg_frac"] is None
    assert "no_levels" in lesion["flags"]
    assert set(printed) == {"format", "lesions", "patient", "problems", "provenance"}
    assert str(tmp_path) not in json.dumps(printed)


def test_measure_case_names_every_unreadable_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two bad files are both named at once, and the status is 2."""
    (tmp_path / "a.nii.gz").write_text("no image")
    arguments = ["--enhancing", str(tmp_path / "a.nii.gz"), "--cord", str(tmp_path / "b.nii.gz")]
    assert status_of(["measure-case", *arguments]) == 2
    err = capsys.readouterr().err
    assert "a.nii.gz" in err
    assert "b.nii.gz" in err


def test_measure_case_refuses_a_mask_on_another_grid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A mask that does not fit the image it is said to lie on is refused by name, with the mend."""
    write_label_map(tmp_path / "lesion.nii.gz", tube(radius_mm=2, low_mm=-6, high_mm=6))
    write_label_map(tmp_path / "t1.nii.gz", tube(radius_mm=2, low_mm=-6, high_mm=6, spacing_mm=0.7))
    arguments = ["--enhancing", str(tmp_path / "lesion.nii.gz"), "--t1post", str(tmp_path / "t1.nii.gz")]
    assert status_of(["measure-case", *arguments]) == 2
    err = capsys.readouterr().err
    assert "lesion.nii.gz" in err
    assert "resample" in err


def test_dictionary_in_each_format(capsys: pytest.CaptureFixture[str]) -> None:
    """CSV, JSON and Markdown all hold a computed, a clinical and a reader's column."""
    for option in ("--csv", "--json", "--md"):
        assert status_of(["dictionary", option]) == 0
        out = capsys.readouterr().out
        for column in ("t2_seg_count_max", "primary_malignancy", "rim_sign"):
            assert column in out


def test_check_names_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A clinical table without an id column is refused with the column's name and the mend."""
    table = tmp_path / "clinical.csv"
    table.write_text("age_at_diagnosis_years\n61\n")
    assert status_of(["check", str(table)]) == 2
    err = capsys.readouterr().err
    assert "participant_id" in err
    assert "clinical.csv" in err


@pytest.mark.parametrize("command", ["propose", "measure"])
def test_a_folder_that_is_no_study_is_refused(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message names the folder and how to make a study, and nothing is written."""
    assert status_of([command, str(tmp_path)]) == 2
    assert "iscm ingest" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_run_without_dicom_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without DICOM is refused by name; no study folder is left behind."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "notes.txt").write_text("hello")
    assert status_of(["run", str(source), str(tmp_path / "study")]) == 2
    assert "no DICOM" in capsys.readouterr().err
    assert not (tmp_path / "study").exists()


def test_run_refuses_a_bad_plan_and_table_before_it_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Source, clinical table and plan are looked at first, and all that is wrong is said at once."""
    table = tmp_path / "clinical.csv"
    table.write_text("age_at_diagnosis_years\n61\n")
    arguments = [
        "run",
        str(tmp_path / "nowhere"),
        str(tmp_path / "study"),
        "--clinical",
        str(table),
        "--plan",
        "nobody2099",
    ]
    assert status_of(arguments) == 2
    err = capsys.readouterr().err
    for word in ("SOURCE: no such file", "participant_id", "nobody2099"):
        assert word in err
    assert not (tmp_path / "study").exists()


def test_a_study_is_not_made_in_a_strangers_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that holds something else, the source itself and a folder in it are refused, and stay as they were."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "notes.txt").write_text("hello")
    strange = tmp_path / "mine"
    strange.mkdir()
    (strange / "thesis.txt").write_text("work")
    for study in (strange, source, source / "study"):
        assert status_of(["ingest", str(source), str(study)]) == 2
    err = capsys.readouterr().err
    assert "folder_not_a_study" in err
    assert "study_in_source" in err
    assert [path.name for path in strange.iterdir()] == ["thesis.txt"]
    assert [path.name for path in source.iterdir()] == ["notes.txt"]


def test_swapped_arguments_leave_nothing_in_the_source(tmp_path: Path) -> None:
    """`iscm run STUDY DICOM` is refused and leaves no lock in the raw folder."""
    raw = tmp_path / "dicom"
    raw.mkdir()
    (raw / "IM0001").write_bytes(b"x")
    assert status_of(["run", str(tmp_path / "study"), str(raw)]) == 2
    assert [path.name for path in raw.iterdir()] == ["IM0001"]


def test_an_image_given_as_a_mask_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Intensities are no lesions: one line says so."""
    image = tube(radius_mm=5, low_mm=-40, high_mm=40)
    values = np.arange(image.array.size, dtype=np.int32).reshape(image.array.shape)
    write_label_map(tmp_path / "t2.nii.gz", LabelMap(array=values, geometry=image.geometry))
    assert status_of(["measure-case", "--enhancing", str(tmp_path / "t2.nii.gz")]) == 2
    assert "looks like an image, not a mask of enhancing lesions" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "patient,id\n", "source_patient_id,participant_id\n,p1\n", None])
def test_faulty_ids_are_refused_not_a_bug(text: str | None, tmp_path: Path) -> None:
    """A missing, empty or wrong ids.csv is status 2 for ingest and run."""
    source = tmp_path / "in"
    source.mkdir()
    (source / "IM0001").write_bytes(b"x")
    ids = tmp_path / "ids.csv"
    if text is not None:
        ids.write_text(text)
    for command in ("ingest", "run"):
        assert status_of([command, str(source), str(tmp_path / "study"), "--ids", str(ids)]) == 2


def test_a_plan_is_looked_at_without_a_clinical_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A plan that does not exist is refused before any work."""
    source = tmp_path / "in"
    source.mkdir()
    assert status_of(["run", str(source), str(tmp_path / "study"), "--plan", "nobody2099"]) == 2
    assert "nobody2099" in capsys.readouterr().err


def test_check_knows_a_configuration_by_what_it_sets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error in a configuration of any name is named with the mend, not judged as a plan."""
    path = tmp_path / "mine.toml"
    path.write_text("[features]\nt2_reach = 4\n")
    assert status_of(["check", str(path)]) == 2
    err = capsys.readouterr().err
    assert "features.t2_reach" in err
    assert "is not known" in err
