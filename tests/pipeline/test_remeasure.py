"""Measuring a study whose tables are there already."""

import json
from pathlib import Path

import numpy as np
import pytest
from pyarrow import parquet

from features.rows import empty_row
from features.table import read_rows, write_rows
from mri.nifti import read_geometry, write_label_map
from mri.volume import LabelMap
from pipeline.cli import status_of
from tests.pipeline.small_study import STUDY, make_study


def tables(root: Path) -> Path:
    """Write a study, and tables with the row of another session; return their folder."""
    folder, _ = make_study(root)
    out = folder.features()
    row = {"participant_id": "p0", "session_id": "01", "status": "ok"}
    write_rows(out, "lesions", [empty_row("lesions") | row | {"lesion_id": 1}])
    write_rows(out, "patients", [empty_row("patients") | row])
    return out


def test_tables_of_an_earlier_version_are_gone_on_from(tmp_path: Path) -> None:
    """They lack a column that is new: other sessions keep their rows, with that column empty."""
    out = tables(tmp_path / "study")
    for table in ("lesions", "patients"):
        path = out / f"{table}.parquet"
        parquet.write_table(parquet.read_table(path).drop_columns(["synthetic"]), path)
    assert status_of(["measure", str(tmp_path / "study")]) == 0
    rows = {str(row["participant_id"]): row for row in read_rows(out / "patients.csv", "patients")}
    assert {name: (row["status"], row["synthetic"]) for name, row in rows.items()}["p0"] == ("ok", None)
    assert rows["p1"]["status"] == "not_annotated"


@pytest.mark.parametrize("table", ["lesions", "patients"])
def test_a_damaged_table_is_refused_before_anything_is_measured(
    table: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named with what to do, nothing written; once it is deleted the study is measured again."""
    out = tables(tmp_path / "study")
    path = out / f"{table}.parquet"
    path.write_bytes(path.read_bytes()[:1000])
    before = {one.name: one.read_bytes() for one in out.iterdir()}
    assert status_of(["measure", str(tmp_path / "study")]) == 2
    said = capsys.readouterr().err
    assert f"{path.name}: the table cannot be read; delete it" in said
    assert "measure 1" not in said
    assert {one.name: one.read_bytes() for one in out.iterdir()} == before
    path.unlink()
    assert status_of(["measure", str(tmp_path / "study")]) == 0


def test_a_fault_of_the_discs_names_its_session(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Among many sessions the missing disc alone is not to be found; a file's own name says its session already."""
    folder, _ = make_study(tmp_path / "study")
    drawn_on = folder.session(STUDY) / "anat" / f"{STUDY}_acq-sagCT2_T2w.nii.gz"
    grid = read_geometry(drawn_on)
    inside = np.zeros(grid.shape, dtype=np.uint8)
    inside[8:16, :, 2:5] = 1
    readings = folder.readings(STUDY)
    for region in ("cord", "t2hyper"):
        mask = readings / f"{STUDY}_acq-sagCT2_label-{region}_desc-AB_mask.nii.gz"
        write_label_map(mask, LabelMap(array=inside, geometry=grid))
    points = {"C2-C3": [0, -9, 25], "C3-C4": [0, -9, 15], "C5-C6": [0, -9, -5]}
    discs = {"format": 1, "frame": "LPS", "points": points}
    (readings / f"{STUDY}_desc-AB_discs.json").write_text(json.dumps(discs), encoding="utf-8")
    assert status_of(["measure", str(folder.root), "--author", "AB"]) == 1
    assert f"{STUDY}, discs: no disc between C3-C4 and C5-C6; mark C4-C5" in capsys.readouterr().err
